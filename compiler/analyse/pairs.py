"""The least bandwidth between any of some ends and any of others, and what it is when one thing is lost.

What can be exchanged in the fabric without changing it is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import numpy as np

from rackc.compiler.analyse import tree
from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.losses import Before, Loss, Lost, cut_off, lost
from rackc.compiler.analyse.maxflow import bandwidth
from rackc.compiler.analyse.routes import farthest
from rackc.compiler.analyse.symmetry import numbered, orbits
from rackc.compiler.columns import Ints

T = TypeVar("T", int, float, bool)

#: Edges that may be looked at in all flows together, before a question is given up.
MOST_EDGES: Final = 2e7


def least_bandwidth(of: Fabric, starts: Ints, goals: Ints) -> float | None:
    """Return the least bandwidth of any pair; None where too many pairs differ."""
    starts, goals = np.unique(starts), np.unique(goals)
    least = _weakest(of, starts, goals)
    sub, ends = of.through(np.union1d(starts, goals))
    if len(ends) > 2 and _everyone_gets(sub, ends, least):
        return least
    pairs = list(unlike_pairs(of, starts, goals))
    if len(pairs) * len(of.a) > MOST_EDGES:
        return None
    return min((bandwidth(of, a, b) for a, b in pairs), default=0.0)


def _weakest(of: Fabric, starts: Ints, goals: Ints) -> float:
    """Return what the weakest end has in all: no pair with it can have more."""
    total = np.bincount(of.a, of.capacity, len(of)) + np.bincount(of.b, of.capacity, len(of))
    return float(total[np.union1d(starts, goals)].min())


def _everyone_gets(of: Fabric, ends: Ints, rate: float) -> bool:
    """Whether a flow in the tree of groups shows that every pair gets so much."""
    shape = tree.tree_of(of, ends)
    total = len(ends)
    return shape is not None and all(
        bool((level.spread_up[level.ends < total] >= rate * (1 - 1e-12)).all()) for level in shape.levels
    )


def unlike_pairs(of: Fabric, starts: Ints, goals: Ints) -> Iterator[tuple[int, int]]:
    """Yield a pair of different nodes, a start and a goal, for all that can be exchanged with it."""
    found = orbits(of, _marked(of, starts, goals))
    for a in firsts(found.of_node, starts):
        for near in (True, False):
            there = goals[(goals != a) & ((found.anchor[goals] == found.anchor[a]) == near)]
            for b in firsts(found.of_node, there):
                yield a, b


def firsts(found: Ints, nodes: Ints) -> list[int]:
    """Return the first of each class among some nodes."""
    return nodes[np.unique(found[nodes], return_index=True)[1]].tolist()  # type: ignore[no-any-return]


def least_after(of: Fabric, starts: Ints, goals: Ints, loss: Loss) -> float | None:
    """Return the least bandwidth of any pair after any one loss; None where too many differ."""
    return _after(of, starts, goals, loss, lambda _, one: least_bandwidth(one.left, starts, goals), min)


def joined_after(of: Fabric, starts: Ints, goals: Ints, loss: Loss) -> bool | None:
    """Whether all starts reach all goals after any one loss; None where too many differ."""
    return _after(of, starts, goals, loss, lambda _, one: farthest(one.left, starts, goals) is not None, min)


def most_cut_off(of: Fabric, ends: Ints, loss: Loss) -> int | None:
    """Return how many ends, at most, are parted from the rest once any one thing is lost."""
    return _after(of, ends, ends, loss, lambda before, one: int(cut_off(before, one).sum()), max)


def _after(
    of: Fabric,
    starts: Ints,
    goals: Ints,
    loss: Loss,
    ask: Callable[[Before, Lost], T | None],
    worst: Callable[[T, T], T],
) -> T | None:
    """Return the worst answer after any one loss; None where one is not known, or too many losses differ."""
    before = Before(of, np.union1d(starts, goals), _marked(of, starts, goals), certain=True)
    found: T | None = None
    if not (len(of.a) if loss == "link" else (of.switches & of.forwards).any()):
        return ask(before, Lost(loss, -1, 0, of))  # there is none to lose
    for count, one in enumerate(lost(before, loss), 1):
        answer = ask(before, one) if count * len(of.a) <= MOST_EDGES else None
        if answer is None:
            return None
        found = answer if found is None else worst(found, answer)
    return found


def _marked(of: Fabric, starts: Ints, goals: Ints) -> Ints:
    nodes = np.arange(len(of))
    return numbered(of.forwards, of.switches, np.isin(nodes, starts), np.isin(nodes, goals))
