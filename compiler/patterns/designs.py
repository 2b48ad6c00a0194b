"""Block designs by their parameters: constructions in turn, each result proved by counting every pair."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from rackc.compiler.patterns.difference import Effort, family, family_with_fixed_point
from rackc.compiler.patterns.geometry import MAX_POINTS, Blocks, affine_lines, projective_lines, space_of

#: All subsets of a size are taken as blocks up to so many.
_MAX_SUBSETS: Final = 5_000
#: Steps to search for a design that is asked for, and for one to propose.
_SEARCH: Final = 600_000
_GLANCE: Final = 100_000


def design(points: int, size: int, times: int, effort: Effort | None = None) -> Blocks | None:
    """Return blocks of `size` points in which each pair of points is `times`; None where no construction is known.

    Points are numbered from 0, and a block is in ascending order.
    """
    effort = effort or Effort(_SEARCH)
    for ways in (_DIRECT, _DERIVED):
        for way in ways:
            blocks = way(points, size, times, effort)
            if blocks is not None:
                assert is_design(blocks, points, size, times), way
                return blocks
    return None


def is_design(blocks: Blocks, points: int, size: int, times: int) -> bool:
    """Whether every block has `size` points and every pair of points is in `times` blocks: all pairs are counted."""
    if any(len(set(block)) != size for block in blocks):
        return False
    meets = np.zeros((points, len(blocks)), np.int64)
    for at, block in enumerate(blocks):
        meets[list(block), at] = 1
    pairs = meets @ meets.T
    return bool((pairs[~np.eye(points, dtype=bool)] == times).all())


def _all_points(points: int, size: int, times: int, _: Effort) -> Blocks | None:
    return [tuple(range(points))] * times if size == points else None


def _subsets(points: int, size: int, times: int, _: Effort) -> Blocks | None:
    """Take all subsets of a size: each pair is in comb(points - 2, size - 2) of them."""
    fits = points <= MAX_POINTS and comb(points, size) <= _MAX_SUBSETS and times == comb(points - 2, size - 2)
    return list(combinations(range(points), size)) if fits else None


def _geometry(points: int, size: int, times: int, _: Effort) -> Blocks | None:
    """Take the lines of a plane or space: two points lie on one line."""
    space = space_of(points, size) if times == 1 else None
    if space is None:
        return None
    kind, order, dimension = space
    return affine_lines(order, dimension) if kind == "affine" else projective_lines(order, dimension)


def _repeated(points: int, size: int, times: int, effort: Effort) -> Blocks | None:
    """Take a design with fewer blocks several times over."""
    for copies in range(times, 1, -1):
        if times % copies == 0 and whole(points, size, times // copies):
            blocks = design(points, size, times // copies, effort)
            if blocks is not None:
                return blocks * copies
    return None


def _complement(points: int, size: int, times: int, effort: Effort) -> Blocks | None:
    """Take the points that the blocks of a smaller design leave out."""
    rest = points - size
    if not 2 <= rest < size:
        return None
    replication = times * (points - 1) // (size - 1)
    blocks = points * replication // size
    both = blocks - 2 * replication + times
    found = design(points, rest, both, effort) if both > 0 else None
    return [tuple(p for p in range(points) if p not in block) for block in found] if found is not None else None


def _residual(points: int, size: int, times: int, effort: Effort) -> Blocks | None:
    """Take a symmetric design without the points of its last block."""
    replication = times * (points - 1) // (size - 1)
    if replication != size + times or times == 1:
        return None
    large = family(points + replication, replication, times, effort)
    if large is None:
        return None
    *others, last = large
    kept = [p for p in range(points + replication) if p not in last]
    number = {p: at for at, p in enumerate(kept)}
    return [tuple(number[p] for p in block if p in number) for block in others]


def whole(points: int, size: int, times: int) -> bool:
    """Whether the counts of blocks come out whole, and Fisher's inequality holds: no fewer blocks than points."""
    if size < 2 or times * (points - 1) % (size - 1):
        return False
    replication = times * (points - 1) // (size - 1)
    return points * replication % size == 0 and (size == points or replication >= size)


def near(points: int, size: int, times: int) -> list[int]:
    """Return `points` if there is a design for so many, else the nearest counts below and above that have one."""
    if points >= size and whole(points, size, times) and _known_directly(points, size, times):
        return [points]
    found: list[int] = []
    for counts in (range(points - 1, max(size - 1, points - _AROUND), -1), range(points + 1, points + _AROUND)):
        for count in counts:
            if count >= size and whole(count, size, times) and _known_directly(count, size, times):
                found.append(count)
                break
    return found


def _known_directly(points: int, size: int, times: int) -> bool:
    effort = Effort(_GLANCE)
    return any(way(points, size, times, effort) is not None for way in _DIRECT)


Way = Callable[[int, int, int, Effort], Blocks | None]
_AROUND: Final = 60
_DIRECT: Final[tuple[Way, ...]] = (_all_points, _subsets, _geometry, family, family_with_fixed_point)
_DERIVED: Final[tuple[Way, ...]] = (_complement, _residual, _repeated)
