"""How far apart the nodes of a fabric are, in links, through what forwards."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.columns import Flags, Ints

Words = npt.NDArray[np.uint64]

#: Words of 64 searches that run side by side over one edge at a time: what fits in fast memory.
_WORDS_AT_ONCE: Final = 2**22


def spread(starts: Ints, rows: Ints) -> Ints:
    """Return the positions of all that several rows of a table by rows hold, row after row."""
    counts = starts[rows + 1] - starts[rows]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    positions: Ints = np.arange(total) + np.repeat(starts[rows] - (ends - counts), counts)
    return positions


def distances(of: Fabric, starts: Ints) -> Ints:
    """Return the number of links from the nearest of `starts` to each node, -1 where none reaches it."""
    begins, heads, _ = of.around
    distance = np.full(len(of), -1)
    distance[starts] = 0
    front, steps = np.unique(starts), 0
    while len(front):
        steps += 1
        reached = heads[spread(begins, front)]
        reached = np.unique(reached[distance[reached] < 0])
        distance[reached] = steps
        front = reached[of.forwards[reached]]
    return distance


def farthest(of: Fabric, starts: Ints, goals: Ints) -> int | None:
    """Return the most links on a shortest way from any of `starts` to any of `goals`; None where a way is missing."""
    starts, goals = np.unique(starts), np.unique(goals)
    if not len(starts) or not len(goals):
        return 0
    sub, ends = of.through(np.union1d(starts, goals))
    number = np.full(len(of), -1)
    number[np.union1d(starts, goals)] = ends
    return _farthest(sub, number[starts], number[goals])


def searches(of: Fabric, starts: Ints) -> int:
    """Return how many edges a step of `farthest` looks at, for all searches: what it costs, before it is asked."""
    sub, ends = of.through(np.unique(starts))
    lifted = _lifted(sub, ends, ends)
    sub, ends = (lifted[0], lifted[1]) if lifted is not None else (sub, ends)
    merged, starting, _, _ = _without_twins(sub, ends, ends)
    return len(merged.a) * 2 * -(-len(starting) // 64)


def _farthest(of: Fabric, starts: Ints, goals: Ints) -> int | None:
    lifted = _lifted(of, starts, goals)
    if lifted is not None:
        sub, from_switches, to_switches = lifted
        if len(starts) == len(goals) == 1 and starts[0] == goals[0]:
            return 0
        beyond = _farthest(sub, from_switches, to_switches)
        return None if beyond is None else beyond + 2
    merged, from_nodes, to_nodes, between_twins = _without_twins(of, starts, goals)
    if between_twins is None:
        return None
    found = _side_by_side(merged, from_nodes, to_nodes)
    return None if found is None else max(found, between_twins)


def _lifted(of: Fabric, starts: Ints, goals: Ints) -> tuple[Fabric, Ints, Ints] | None:
    """Where every end hangs on one forwarding node and passes nothing on, return the fabric of what forwards.

    A way from end to end is then one from node to node and a link at either end.
    """
    begins, heads, _ = of.around
    ends = np.union1d(starts, goals)
    if of.forwards[ends].any() or (np.diff(begins)[ends] != 1).any() or not of.forwards[heads[begins[ends]]].all():
        return None
    sub, number = of.only(of.forwards)
    return sub, np.unique(number[heads[begins[starts]]]), np.unique(number[heads[begins[goals]]])


def _without_twins(of: Fabric, starts: Ints, goals: Ints) -> tuple[Fabric, Ints, Ints, int | None]:
    """Return the fabric with one of each set of twins: nodes that have the same neighbours and pass on, or not, alike.

    What is as far from one as from the other need be searched once. Two twins are two links apart over a neighbour
    that forwards: that, 0 where no twins are start and goal, and None where no neighbour forwards, is the last value.
    """
    begins, heads, _ = of.around
    starting, ending = np.zeros(len(of), bool), np.zeros(len(of), bool)
    starting[starts], ending[goals] = True, True
    marks = of.forwards + 2 * starting + 4 * ending
    twin = twins(of, marks)
    both = np.flatnonzero((twin != np.arange(len(of))) & starting & ending)
    between: int | None = 0
    if len(both):
        counts = np.diff(begins)[both]
        passing = of.forwards[heads[spread(begins, both)]]
        reached = np.bincount(np.repeat(np.arange(len(both)), counts), passing, len(both)) > 0
        between = 2 if reached.all() else None
    sub, number = of.only(twin == np.arange(len(of)))
    return sub, np.unique(number[twin[starts]]), np.unique(number[twin[goals]]), between


def twins(of: Fabric, marks: Ints, profile: Ints | None = None) -> Ints:
    """Return, for each node, the first with the same mark and neighbours, over edges of the same profile: itself, mostly.

    Neighbours are compared by a hash first, and then one by one: the answer does not rest on the hash.
    """
    begins, heads, edges = of.around
    over = profile[edges] if profile is not None else np.zeros(len(heads), np.int64)
    degree = np.diff(begins)
    digest = np.zeros(len(of), np.uint64)
    linked = np.flatnonzero(degree)
    if len(linked):
        each = mixed(heads.astype(np.uint64) + (over.astype(np.uint64) << np.uint64(32)))
        digest[linked] = np.add.reduceat(each, begins[linked])
    order = np.lexsort((digest, degree, marks))
    fresh = np.ones(len(of), bool)
    fresh[1:] = np.any([np.diff(column[order]) != 0 for column in (digest, degree, marks)], axis=0)
    first = np.empty(len(of), np.int64)
    first[order] = order[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    others = np.flatnonzero(first != np.arange(len(of)))
    mine, theirs = spread(begins, others), spread(begins, first[others])
    same = (heads[mine] == heads[theirs]) & (over[mine] == over[theirs])
    differing = np.bincount(np.repeat(np.arange(len(others)), degree[others]), ~same, len(others)) > 0
    first[others[differing]] = others[differing]
    return first


def mixed(values: Words) -> Words:
    """Return well-spread hashes of numbers (the finalizer of splitmix64)."""
    values = (values + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _side_by_side(of: Fabric, starts: Ints, goals: Ints) -> int | None:
    """Search from all starts at once, a bit each: how many steps it takes until every goal has every bit."""
    wide = max(1, _WORDS_AT_ONCE // max(2 * len(of.a), 1)) * 64
    found = [_steps(of, starts[at : at + wide], goals) for at in range(0, len(starts), wide)]
    known = [steps for steps in found if steps is not None]
    return max(known, default=0) if len(known) == len(found) else None


def _steps(of: Fabric, starts: Ints, goals: Ints) -> int | None:
    begins, heads, _ = of.around
    linked = np.flatnonzero(np.diff(begins))
    row, bit = np.divmod(np.arange(len(starts)), 64)
    front = np.zeros((len(of), int(row[-1]) + 1), np.uint64)
    np.bitwise_or.at(front, (starts, row), np.uint64(1) << bit.astype(np.uint64))
    everyone = np.bitwise_or.reduce(front, axis=0)
    reached, steps = front.copy(), 0
    passing: Flags = np.ones(len(of), bool)
    while (reached[goals] != everyone).any():
        steps += 1
        front[~passing] = 0
        fresh = np.zeros_like(front)
        if len(linked):
            fresh[linked] = np.bitwise_or.reduceat(front[heads], begins[linked], axis=0)
        fresh &= ~reached
        if not fresh.any():
            return None
        reached |= fresh
        front, passing = fresh, of.forwards
    return steps
