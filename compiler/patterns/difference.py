"""Block designs from differences: base blocks whose shifts through a group meet every pair equally often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from math import isqrt, prod
from typing import Final

import numpy as np

from rackc.compiler.patterns.geometry import Blocks

#: Groups larger than this are not searched.
MAX_GROUP: Final = 120
#: So many subgroups are tried as a short base block: most of the others are alike.
_MAX_SHORTS: Final = 2


@dataclass(slots=True)
class Effort:
    """Steps that searches may still take: counted, not timed, so that the answer is the same everywhere.

    One search takes at most half of them, so that the next has its chance.
    """

    left: int


@dataclass(frozen=True, slots=True)
class Group:
    """An abelian group as tables of differences and sums; elements are numbered, 0 is the neutral one."""

    order: int
    minus: list[list[int]]
    plus: list[list[int]]


def group_of(sizes: tuple[int, ...]) -> Group:
    """Return the group of sums modulo `sizes`."""
    elements = np.array(list(product(*(range(size) for size in sizes))), np.int64)
    weights = np.array([prod(sizes[at + 1 :]) for at in range(len(sizes))], np.int64)

    def table(sign: int) -> list[list[int]]:
        rows: list[list[int]] = ((elements[:, None] + sign * elements) % np.array(sizes) @ weights).tolist()
        return rows

    return Group(len(elements), table(-1), table(1))


def groups(order: int) -> Iterator[Group]:
    """Yield the abelian groups of an order, the cyclic one first."""
    if order <= MAX_GROUP:
        yield from map(group_of, _factors(order, 1))


def _factors(order: int, before: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write an order as factors of which each divides the next: one for each abelian group."""
    if order % before == 0:
        yield (order,)
    for first in range(max(2, before), isqrt(order) + 1):
        if order % first == 0 and first % before == 0:
            yield from ((first, *rest) for rest in _factors(order // first, first))


def family(points: int, size: int, times: int, effort: Effort) -> Blocks | None:
    """Return a design of `points` whose blocks of `size` meet each pair `times`, from a group of all points."""
    for group in groups(points):
        for short in _shorts(group, size, times):
            bases = _search(group, size, times, short, effort)
            if bases is not None:
                return [*_shifts(group, bases), *_cosets(group, short)]
    return None


def family_with_fixed_point(points: int, size: int, times: int, effort: Effort) -> Blocks | None:
    """Return a design from a group of all points but the last, which every shift leaves where it is."""
    if times != 1:
        return None
    for group in groups(points - 1):
        for short in islice(_subgroups(group, size - 1), _MAX_SHORTS):
            bases = _search(group, size, times, short, effort)
            if bases is not None:
                return [*_shifts(group, bases), *((*coset, points - 1) for coset in _cosets(group, short))]
    return None


def _shorts(group: Group, size: int, times: int) -> Iterator[tuple[int, ...]]:
    """Yield what a short base block may be: none, or a subgroup, whose shifts repeat."""
    if times * (group.order - 1) % (size * (size - 1)) == 0:
        yield ()
    if times == 1 and (group.order - size) % (size * (size - 1)) == 0:
        yield from islice(_subgroups(group, size), _MAX_SHORTS)


def _subgroups(group: Group, order: int) -> Iterator[tuple[int, ...]]:
    """Yield subgroups of an order with one generator or two."""
    if group.order % order:
        return
    seen: set[tuple[int, ...]] = set()
    for a in range(group.order):
        for b in range(a + 1):
            found = _generated(group, (a, b), order)
            if len(found) == order and found not in seen:
                seen.add(found)
                yield found


def _generated(group: Group, by: tuple[int, ...], most: int) -> tuple[int, ...]:
    found, new = {0}, [0]
    while new and len(found) <= most:
        at = new.pop()
        for step in by:
            after = group.plus[at][step]
            if after not in found:
                found.add(after)
                new.append(after)
    return tuple(sorted(found))


def _shifts(group: Group, bases: list[tuple[int, ...]]) -> Blocks:
    return [tuple(sorted(group.plus[x][by] for x in base)) for base in bases for by in range(group.order)]


def _cosets(group: Group, short: tuple[int, ...]) -> Blocks:
    return sorted({tuple(sorted(group.plus[x][by] for x in short)) for by in range(group.order)}) if short else []


def _search(
    group: Group, size: int, times: int, short: tuple[int, ...], effort: Effort
) -> list[tuple[int, ...]] | None:
    """Return base blocks that hold every difference `times`, those inside `short` excepted; None where none are found.

    Each block begins with 0 and the least difference still wanted; the rest of it ascends.
    """
    wanted = [times] * group.order
    wanted[0] = 0
    for x in short:
        wanted[x] = 0
    bases: list[tuple[int, ...]] = []
    rest = effort.left // 2

    def begin() -> bool:
        least = next((d for d in range(1, group.order) if wanted[d]), None)
        if least is None:
            return True
        taken = _take(group, wanted, (0,), least)
        if taken is None:
            return False
        if extend((0, least), 1):
            return True
        _give_back(wanted, taken)
        return False

    def extend(block: tuple[int, ...], above: int) -> bool:
        if len(block) == size:
            bases.append(block)
            if begin():
                return True
            bases.pop()
            return False
        for x in range(above, group.order):
            effort.left -= 1
            if effort.left < rest:
                return False
            if x in block:
                continue
            taken = _take(group, wanted, block, x)
            if taken is None:
                continue
            if extend((*block, x), x + 1):
                return True
            _give_back(wanted, taken)
        return False

    return bases if begin() else None


def _take(group: Group, wanted: list[int], block: tuple[int, ...], x: int) -> list[int] | None:
    """Count the differences of x with a block; None, and nothing counted, where one is not wanted any more."""
    taken: list[int] = []
    for y in block:
        for d in (group.minus[x][y], group.minus[y][x]):
            if not wanted[d]:
                _give_back(wanted, taken)
                return None
            wanted[d] -= 1
            taken.append(d)
    return taken


def _give_back(wanted: list[int], taken: list[int]) -> None:
    for d in taken:
        wanted[d] += 1
