"""Bisection: the least bandwidth between two halves of a fabric's ends, exact or between bounds.

Traffic passes through what forwards alone, so that all else but the ends is left out. A cut is then a side for every
node, and its bandwidth that of the edges across; finding the least one over all halves is hard in general. Exact are
few ends, which are enumerated, and whatever fabric makes an upper and a lower bound meet: ends that join all switches
alike, Clos fabrics, full meshes, rings and tori of even size among them.

Any halving with any sides is an upper bound. Lower bounds are those of `_alone`, `tree` and `spreading`; `grids` are
known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np

from rackc.compiler.analyse import spreading, tree
from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.grids import grid_of
from rackc.compiler.analyse.maxflow import least_cut
from rackc.compiler.analyse.report import Bounds
from rackc.compiler.analyse.routes import distances
from rackc.compiler.analyse.tree import Tree
from rackc.compiler.columns import Flags, Floats, Ints

#: Halves of more ends than this are not enumerated.
MOST_ENUMERATED: Final = 16
#: Nor are those of so many, where the switches between are too entangled for anything but a flow each.
_MOST_BY_FLOW: Final = 12
#: Additions that an enumeration may take: within a check, and where a rule asks.
_ADDITIONS: Final = {False: 2e6, True: 4e8}
#: Nodes up to which bounds are computed with matrices.
_MOST_DENSE: Final = {False: 100, True: 600}
#: Edges up to which a cut is computed as a flow.
_MOST_CUT: Final = 4_000
#: A gain smaller than this share is rounding.
_ROUNDING: Final = 1e-9


def bisection(of: Fabric, among: Ints, *, thorough: bool = True) -> Bounds:
    """Return the least bandwidth each way between two halves of `among`, of which one may be smaller by one.

    Without `thorough` only what takes milliseconds is tried.
    """
    sub, ends = of.through(np.unique(among))
    if len(ends) < 2:
        return Bounds(0.0, 0.0)
    found = _enumerated(sub, ends, thorough=thorough)
    if found is not None:
        return Bounds(found, found)
    low, high = 0.0, float("inf")
    shape = tree.tree_of(sub, ends)
    for bound, is_low in _bounds(sub, ends, shape, thorough=thorough):
        low, high = (max(low, bound), high) if is_low else (low, min(high, bound))
        if Bounds(low, high).exact:
            return Bounds(high, high)
    return Bounds(min(low, high), high)


def _bounds(of: Fabric, ends: Ints, shape: Tree | None, *, thorough: bool) -> Iterator[tuple[float, bool]]:
    """Yield bounds, and whether each is a lower one, the cheap ones first."""
    grid = grid_of(of) if len(ends) == len(of) else None
    if grid is not None:
        yield grid.bisection, True
        yield grid.bisection, False
    yield _alone(of, ends), True
    if shape is not None:
        yield tree.hose(shape) * (len(ends) // 2), True
        yield _cut(of, tree.sides(shape, tree.contiguous_half(shape))), False
        if len(ends) <= tree.MOST_COUNTED:
            yield tree.least_halving(shape, "spread_up"), True
            if shape.plain:
                yield tree.least_halving(shape, "all_up"), False
    tried = []
    for left in _halves(of, ends):
        tried.append((_least(of, ends, left), left))
        yield tried[-1][0], False
    if len(of) > _MOST_DENSE[thorough]:
        return
    yield spreading.halving(of, ends), True
    bound, order = spreading.by_spectrum(of, ends)
    yield bound, True
    left = _flags(len(of), order[: len(ends) // 2])
    tried.append((_least(of, ends, left), left))
    yield tried[-1][0], False
    tried.sort(key=lambda one: one[0])
    for _, left in tried if thorough else tried[:1]:
        yield _least(of, ends, _exchanged(of, ends, left)), False


def _cut(of: Fabric, side: Flags) -> float:
    """Return the bandwidth between two sides."""
    return float(of.capacity[side[of.a] != side[of.b]].sum())


def _least(of: Fabric, ends: Ints, left: Flags) -> float:
    """Return the least cut with these ends on the left and the others on the right, or one near it in a large fabric."""
    right = np.zeros(len(of), bool)
    right[ends] = True
    right &= ~left
    if len(of.a) <= _MOST_CUT:
        return least_cut(of, left, right)[0]
    side, fixed = left.copy(), left | right
    for _ in range(4):  # each other node goes where most of its bandwidth is
        pull = np.bincount(of.a, np.where(side[of.b], 1, -1) * of.capacity, len(of))
        pull += np.bincount(of.b, np.where(side[of.a], 1, -1) * of.capacity, len(of))
        side = np.where(fixed, left, pull > 0)
    return _cut(of, side)


def _alone(of: Fabric, ends: Ints) -> float:
    """Return a lower bound: each switch cut by itself, as if links among switches held nothing, and direct links.

    A switch has ends on both sides, and the lesser of the two is no less than the half of all ends that join it least.
    Edges between ends count likewise: halves of n ends have (n // 2) * (n - n // 2) pairs across.
    """
    n, half = len(ends), len(ends) // 2
    ending = np.zeros(len(of), bool)
    ending[ends] = True
    direct = np.sort(of.capacity[ending[of.a] & ending[of.b]])
    across = half * (n - half) - (n * (n - 1) // 2 - len(direct))
    total = float(direct[: max(across, 0)].sum())
    mixed = ending[of.a] != ending[of.b]
    switch = np.where(ending[of.a], of.b, of.a)[mixed]
    room = of.capacity[mixed]
    order = np.lexsort((room, switch))
    switch, room = switch[order], room[order]
    joined = np.bincount(switch, minlength=len(of))
    place = np.arange(len(switch)) - (np.cumsum(joined) - joined)[switch]
    return total + float(room[place < half - (n - joined[switch])].sum())


def _halves(of: Fabric, ends: Ints) -> Iterator[Flags]:
    """Yield halves worth trying: the first ends in order, every other one, and those nearest to the first, to the last."""
    orders = [ends, np.concatenate((ends[::2], ends[1::2]))]
    for start in (ends[:1], ends[-1:]):
        away = distances(of, start)[ends]
        orders.append(ends[np.argsort(np.where(away < 0, len(of), away), kind="stable")])
    for order in orders:
        left = np.zeros(len(of), bool)
        left[order[: len(ends) // 2]] = True
        yield left


def _exchanged(of: Fabric, ends: Ints, left: Flags) -> Flags:
    """Exchange ends between the halves as long as that narrows the cut (Kernighan and Lin, one pair at a time).

    Nodes that are no ends go where most of their bandwidth is, after each exchange.
    """
    room = spreading.matrix(of)
    fixed = np.zeros(len(of), bool)
    fixed[ends] = True
    side = left.copy()
    for _ in range(4 * len(ends)):
        for _ in range(3):
            side = np.where(fixed, side, room @ np.where(side, 1.0, -1.0) > 0)
        pull = room @ np.where(side, 1.0, -1.0)
        ours, theirs = ends[side[ends]], ends[~side[ends]]
        gain = -pull[ours][:, None] + pull[theirs][None, :] - 2 * room[np.ix_(ours, theirs)]
        best = int(np.argmax(gain))
        if gain.flat[best] <= _ROUNDING * room.max():
            break
        side[ours[best // len(theirs)]], side[theirs[best % len(theirs)]] = False, True
    return side & fixed


# -------- few ends


@cache
def _splits(n: int) -> Flags:
    """Return the halvings of n ends, a row each; of an even number each once, with the first end on the left."""
    chosen = (
        [(0, *rest) for rest in combinations(range(1, n), n // 2 - 1)] if n % 2 == 0 else combinations(range(n), n // 2)
    )
    rows = np.array(list(chosen), np.int64)
    split = np.zeros((len(rows), n), bool)
    split[np.arange(len(rows))[:, None], rows] = True
    return split


def _enumerated(of: Fabric, ends: Ints, *, thorough: bool) -> float | None:
    """Return the least cut over all halvings, None where there are too many ends or too entangled switches.

    Given sides for enough switches that no two others are joined, each other one takes the cheaper side for itself: only
    those few are tried both ways.
    """
    if len(ends) > MOST_ENUMERATED or len(of) > _MOST_DENSE[True]:
        return None
    splits = _splits(len(ends))
    room, free = _merged(spreading.matrix(of), ends)
    tried = _cover(room, free)
    rest = [node for node in free if node not in tried]
    if len(splits) * 2.0 ** len(tried) * (len(rest) + len(tried) + 4) <= _ADDITIONS[thorough]:
        return _least_of_all(room, splits, ends, np.array(tried, np.int64), np.array(rest, np.int64))
    if not thorough or len(ends) > _MOST_BY_FLOW:
        return None
    return min(_least(of, ends, _flags(len(of), ends[split])) for split in splits)


def _flags(count: int, at: Ints) -> Flags:
    flags = np.zeros(count, bool)
    flags[at] = True
    return flags


def _merged(room: Floats, ends: Ints) -> tuple[Floats, list[int]]:
    """Return capacities with switches that have the same neighbours in the same proportions made one, and those left.

    What is the cheaper side for one of them is so for the other.
    """
    room = room.copy()
    is_end = _flags(len(room), ends)
    left: dict[bytes, int] = {}
    for node in np.flatnonzero(~is_end & (room.sum(axis=1) > 0)).tolist():
        first = left.setdefault((room[node] / room[node].sum()).tobytes(), node)
        if first != node:
            room[first] += room[node]
            room[:, first] += room[:, node]
            room[node] = room[:, node] = 0.0
    return room, sorted(left.values())


def _cover(room: Floats, free: list[int]) -> list[int]:
    """Return switches such that no two of the others are joined, those with most neighbours first."""
    joined = room[np.ix_(free, free)] > 0
    chosen: list[int] = []
    while joined.any():
        busiest = int(np.argmax(joined.sum(axis=1)))
        chosen.append(free[busiest])
        joined[busiest] = joined[:, busiest] = False
    return chosen


def _least_of_all(room: Floats, splits: Flags, ends: Ints, tried: Ints, rest: Ints) -> float:
    x = splits.astype(float)
    among = ((x @ room[np.ix_(ends, ends)]) * (1 - x)).sum(axis=1)
    to_rest, rest_total = x @ room[np.ix_(ends, rest)], room[np.ix_(rest, np.concatenate((ends, tried)))].sum(axis=1)
    to_tried, from_tried = x @ room[np.ix_(ends, tried)], (1 - x) @ room[np.ix_(ends, tried)]
    inside, beyond = room[np.ix_(tried, tried)], room[np.ix_(tried, rest)]
    least = np.inf
    for sides in range(2 ** len(tried)):
        y = (sides >> np.arange(len(tried)) & 1).astype(float)
        ours = to_rest + y @ beyond
        cut = among + to_tried @ (1 - y) + from_tried @ y + y @ inside @ (1 - y)
        least = min(least, float((cut + np.minimum(ours, rest_total - ours).sum(axis=1)).min()))
    return least
