"""What the loss of a link or of a switch does to the ends of a fabric.

A fabric of few ends is looked at pair by pair, all that can be exchanged once; of a larger one each class of links and
switches (`symmetry.colours`) is, with some pairs near what is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import numpy as np

from rackc.compiler.analyse import spreading, tree
from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.maxflow import bandwidth
from rackc.compiler.analyse.report import Bounds
from rackc.compiler.analyse.routes import distances, farthest, spread
from rackc.compiler.analyse.symmetry import Orbits, colours, edge_classes, numbered, orbits
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.components import components

#: What can be lost: a link of the fabric, or a switch with all its links.
Loss = Literal["link", "switch"]
#: Ends up to which all pairs are looked at, and classes of things to lose, and nodes for bounds by matrices.
MOST_ENDS: Final = 128
_MOST_CLASSES: Final = 256
_MOST_DENSE: Final = 128
#: Of a larger fabric: ends near what is lost, and others, that make pairs.
_NEAR: Final = 2
_OTHERS: Final = 4


@dataclass(frozen=True, slots=True)
class Effect:
    """What comes of a loss; see `report.FailureReport`."""

    cut_off: int
    pair_left: float | None
    all_to_all_left: Bounds | None


@dataclass(frozen=True)
class Lost:
    """Edge or node that is lost, how many come to the same, and the fabric that is left."""

    loss: Loss
    at: int
    alike: int
    left: Fabric


@dataclass(frozen=True)
class Before:
    """A fabric and the ends that are asked about, before anything is lost.

    `sides` tell apart ends that are not asked the same; `certain` wants every loss that cannot be exchanged for another.
    """

    of: Fabric
    ends: Ints
    sides: Ints | None = None
    certain: bool = False
    _flows: dict[int, float] = field(default_factory=dict, repr=False)

    @cached_property
    def marks(self) -> Ints:
        """What tells nodes apart whatever they are joined to."""
        asked = np.isin(np.arange(len(self.of)), self.ends) if self.sides is None else self.sides
        return numbered(self.of.forwards, self.of.switches, asked)

    @cached_property
    def orbits(self) -> Orbits:
        """What can be exchanged."""
        return orbits(self.of, self.marks)

    @cached_property
    def small(self) -> bool:
        """Whether every pair and every class that is certain is looked at."""
        if self.certain or len(self.ends) > MOST_ENDS:
            return self.certain
        return len(np.unique(edge_classes(self.of, self.orbits.of_node))) <= _MOST_CLASSES

    @cached_property
    def reach(self) -> Ints:
        """How many other ends each end reaches."""
        return reached(self.of, self.ends)

    @cached_property
    def rate(self) -> Bounds:
        """What each end gets when all send to all."""
        return all_to_all(self.of, self.ends)


def lost(before: Before, loss: Loss) -> Iterator[Lost]:
    """Yield what can be lost, one of each class."""
    of = before.of
    node_class = before.orbits.of_node if before.small else colours(of, before.marks)
    if loss == "link":
        classes = edge_classes(of, node_class)
        for edge in np.sort(np.unique(classes, return_index=True)[1]).tolist():
            alike = int(of.links[classes == classes[edge]].sum())
            yield Lost("link", edge, alike, of.without(np.array([edge]), links=1))
        return
    switches = np.flatnonzero(of.switches & of.forwards)
    for first in np.sort(np.unique(node_class[switches], return_index=True)[1]).tolist():
        node = int(switches[first])
        alike = int((node_class[switches] == node_class[node]).sum())
        yield Lost("switch", node, alike, of.without(of.neighbours(node)[1]))


def effect(before: Before, one: Lost) -> Effect:
    """Return what a loss does."""
    cut = cut_off(before, one)
    staying = before.ends[~cut]
    now = all_to_all(one.left, staying)
    rate = before.rate
    share = Bounds(now.low / rate.high, min(1.0, now.high / rate.low)) if rate.low and len(staying) > 1 else None
    return Effect(int(cut.sum()), _pair_left(before, one), share)


def cut_off(before: Before, one: Lost) -> Flags:
    """Return which ends are parted from the rest: those that the end which still reaches most no longer reaches.

    Of several such ends it is the one that lost fewest, the first of them.
    """
    if not len(before.ends):
        return np.zeros(0, bool)
    after = reached(one.left, before.ends)
    best = int(np.lexsort((before.reach - after, -after))[0])
    start = before.ends[best : best + 1]
    was, now = distances(before.of, start)[before.ends], distances(one.left, start)[before.ends]
    cut: Flags = (was >= 0) & (now < 0)
    return cut


def reached(of: Fabric, ends: Ints) -> Ints:
    """Return how many other ends each end reaches."""
    if len(ends) <= MOST_ENDS:
        return np.array(
            [int((distances(of, ends[at : at + 1])[ends] >= 0).sum()) - 1 for at in range(len(ends))], np.int64
        )
    inner = of.forwards[of.a] & of.forwards[of.b]
    part = components(len(of), of.a[inner], of.b[inner])
    begins, heads, _ = of.around
    pairs = np.stack((np.repeat(np.arange(len(ends)), np.diff(begins)[ends]), heads[spread(begins, ends)]))
    pairs = pairs[:, of.forwards[pairs[1]]]
    touched = np.unique(np.stack((pairs[0], part[pairs[1]])), axis=1)
    return _in_parts(touched, len(ends))


def _in_parts(touched: Ints, count: int) -> Ints:
    """Return how many other ends share a part with each end; `touched` are pairs of end and part."""
    groups: dict[tuple[int, ...], list[int]] = {}
    begins = np.searchsorted(touched[0], np.arange(count + 1)).tolist()
    parts = touched[1].tolist()
    for end in range(count):
        groups.setdefault(tuple(parts[begins[end] : begins[end + 1]]), []).append(end)
    found = np.zeros(count, np.int64)
    for own, members in groups.items():
        found[members] = sum(len(others) for key, others in groups.items() if not set(own).isdisjoint(key)) - 1
    return np.maximum(found, 0)


def all_to_all(of: Fabric, ends: Ints) -> Bounds:
    """Return bounds of what each end gets, each way, when all ends send to all at once."""
    if len(ends) < 2:
        return Bounds(0.0, 0.0)
    sub, at = of.through(ends)
    if farthest(sub, at, at) is None:
        return Bounds(0.0, 0.0)
    low, high = 0.0, _half_rate(sub, at)
    shape = tree.tree_of(sub, at)
    if shape is not None:
        low, high = tree.spread_rate(shape), min(high, tree.cut_rate(sub, shape))
    if len(sub) <= _MOST_DENSE and not Bounds(low, high).exact:
        low = max(low, spreading.per_pair(sub, at))
    others = len(ends) - 1
    return Bounds(min(low, high) * others, high * others)


def _half_rate(of: Fabric, ends: Ints) -> float:
    """Return what each pair can get at most: by what the weakest end has, and by what joins the first ends to all else."""
    room = np.bincount(of.a, of.capacity, len(of)) + np.bincount(of.b, of.capacity, len(of))
    half = len(ends) // 2
    left = np.zeros(len(of), bool)
    left[ends[:half]] = True
    across = float(of.capacity[left[of.a] != left[of.b]].sum())
    return min(float(room[ends].min()) / (len(ends) - 1), across / (half * (len(ends) - half)))


# -------- pairs


def _pair_left(before: Before, one: Lost) -> float | None:
    """Return the least share that a pair keeps, of those that still reach each other; None where none does."""
    pairs = _all_pairs(before, one.left) if before.small else _some_pairs(before, one)
    least: float | None = None
    after: dict[int, float] = {}
    for a, b, was, now in pairs:
        if now not in after:
            after[now] = bandwidth(one.left, a, b)
        if not after[now]:
            continue
        if was not in before._flows:
            before._flows[was] = bandwidth(before.of, a, b)
        share = min(1.0, after[now] / before._flows[was])
        least = share if least is None else min(least, share)
    return least


def _all_pairs(before: Before, left: Fabric) -> Iterator[tuple[int, int, int, int]]:
    """Yield a pair of each kind, before and after, with the number of either kind."""
    ends = before.ends
    a, b = (ends[at] for at in np.triu_indices(len(ends), 1))
    kinds = [_kinds(orbit, a, b) for orbit in (before.orbits, orbits(left, before.marks))]
    first = np.unique(numbered(*kinds), return_index=True)[1]
    yield from zip(*(column[first].tolist() for column in (a, b, *kinds)), strict=True)


def _kinds(found: Orbits, a: Ints, b: Ints) -> Ints:
    """Number pairs by what they can be exchanged with: the same number for the same kind, whichever pairs are given."""
    ends = np.sort(np.stack((found.of_node[a], found.of_node[b])), axis=0)
    near = (found.anchor[a] == found.anchor[b]).astype(np.int64)
    kinds: Ints = (ends[0] * (int(found.of_node.max(initial=0)) + 1) + ends[1]) * 2 + near
    return kinds


def _some_pairs(before: Before, one: Lost) -> Iterator[tuple[int, int, int, int]]:
    """Yield some ends near what is lost with some others: the next, and some spread over all."""
    of, ends = before.of, before.ends
    touched = np.array([one.at]) if one.loss == "switch" else np.array([of.a[one.at], of.b[one.at]])
    away = distances(of, touched)[ends]
    order = ends[np.argsort(np.where(away < 0, len(of), away), kind="stable")]
    others = np.unique(np.concatenate((order[_NEAR : _NEAR + 1], ends[:: max(1, len(ends) // _OTHERS)])))
    for a in order[:_NEAR].tolist():
        for b in others.tolist():
            if a != b:
                key = a * len(of) + b
                yield a, b, key, key
