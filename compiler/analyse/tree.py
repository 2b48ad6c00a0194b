"""A switched fabric read as a tree of groups: what its tiers hold, and what each group can send beyond itself.

The tier of a switch is its distance from the nearest end, and a group of tier k is what the links among tiers up to k
join: an end, a leaf with its ends, a pod, the whole. Edges within a tier are no part of the tree.

*From above.* Put all switches of a group on one side: a cut of the tree, where the edge of a group weighs all links
from it to the next tier (`all_up`), is a cut of the fabric, if no link lies within a tier.

*From below.* Suppose each child c of a group G spreads whatever leaves it over the top switches u of G in shares
s(u) that are the same for all children: x(t, u) of it along the link from its own top switch t to u, where the sum
over u is what t gets of it, and that over t is s(u). Then a flow in the tree is a flow in the fabric: at u the share
s(u) of all that children send meets the share s(u) of all that they get, and the same share of what goes beyond G. It
fits where c sends no more than the least of capacity(t, u) / x(t, u), which is `spread_up`. A cut is no less than a
flow: the least cut of the tree with these weights is a lower bound. In a regular Clos fabric the two are one number.

The shares are those of the capacities, x(t, u) = share(t) * capacity(t, u) / capacity(t). Where they do not agree among
children with one top switch each, s(u) goes by the least capacity that any child has to u: a spine that one leaf lacks
is left out for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.components import components

#: Shares that differ by less than this are the same: they are quotients of floats.
_SAME: Final = 1e-9
#: Splits of more ends than this are not counted through all sizes.
MOST_COUNTED: Final = 2_000


@dataclass(frozen=True)
class Level:
    """The groups of one tier: `ends` in each, the group of the next tier that holds it, and what it sends up."""

    ends: Ints
    up: Ints
    all_up: Floats
    spread_up: Floats


@dataclass(frozen=True)
class Tree:
    """Levels from single ends (0) to the whole; `group[k]` is the group of tier k of each node, -1 for one above it.

    `plain` says that no edge lies within a tier.
    """

    tier: Ints
    group: tuple[Ints, ...]
    levels: tuple[Level, ...]
    plain: bool


def tree_of(of: Fabric, ends: Ints) -> Tree | None:
    """Return a fabric, all of which but `ends` forwards, as a tree over these; None where it does not hang together."""
    tier = distances(of, ends)
    rising = (tier[of.a] >= 0) & (tier[of.a] != tier[of.b])
    falls = tier[of.a] > tier[of.b]
    low, high = np.where(falls, of.b, of.a)[rising], np.where(falls, of.a, of.b)[rising]
    room = of.capacity[rising]
    tops = int(tier.max(initial=0))
    groups = [np.where(tier == 0, np.cumsum(tier == 0) - 1, -1)]
    groups += [_groups(tier, low, high, k) for k in range(1, tops + 1)]
    if groups[-1].max(initial=-1) != 0:
        return None
    levels: list[Level] = []
    share = np.where(tier == 0, 1.0, 0.0)
    for k in range(tops):
        here = tier[low] == k
        level, share = _level(tier, groups[k], groups[k + 1], (low[here], high[here], room[here]), share)
        levels.append(level)
    return Tree(tier, tuple(groups), tuple(levels), bool(rising.all()))


def _groups(tier: Ints, low: Ints, high: Ints, k: int) -> Ints:
    """Return the group of tier k of each node up to that tier, numbered by first node."""
    inside = tier[high] <= k
    label = components(len(tier), low[inside], high[inside])
    known = (tier >= 0) & (tier <= k)
    firsts = np.flatnonzero(known & (label == np.arange(len(tier))))
    return np.where(known, np.searchsorted(firsts, label), -1)


def _level(
    tier: Ints, group: Ints, above: Ints, edges: tuple[Ints, Ints, Floats], share: Floats
) -> tuple[Level, Floats]:
    """Return the groups of a tier, and the share of each top switch of the groups above."""
    low, high, room = edges
    count = int(group.max(initial=-1)) + 1
    held = np.zeros(count, np.int64)
    held[group[group >= 0]] = above[group >= 0]
    child = group[low]
    of_switch = np.bincount(low, room, len(tier))
    part = np.divide(share[low] * room, of_switch[low], out=np.zeros(len(low)), where=of_switch[low] > 0)
    shares, agreed = _shares(child, high, part, held, len(tier))
    if not agreed.all():
        alone = ~agreed[held[child]] & (share[low] >= 1 - _SAME)
        by_least = _by_the_least(high[alone], room[alone], held, held[child[alone]], len(tier))
        part = np.where(agreed[held[child]], part, np.where(alone, by_least[high], 0.0))
        shares = shares + by_least
    used = part > 0
    sent = np.full(count, np.inf)
    np.minimum.at(sent, child[used], room[used] / part[used])
    sent[np.bincount(child, part, count) < 1 - _SAME] = 0.0  # some of it finds no way up
    return Level(
        np.bincount(group[tier == 0], minlength=count), held, np.bincount(child, room, count).astype(float), sent
    ), shares


def _shares(child: Ints, high: Ints, part: Floats, held: Ints, nodes: int) -> tuple[Floats, Flags]:
    """Return the share of each top switch, and which groups have children that agree on all of theirs."""
    groups = int(held.max(initial=-1)) + 1
    keys, at = np.unique(child * nodes + high, return_inverse=True)
    got, switch = np.bincount(at, part, len(keys)), keys % nodes
    least, most = np.full(nodes, np.inf), np.zeros(nodes)
    np.minimum.at(least, switch, got)
    np.maximum.at(most, switch, got)
    tops, group = _tops(high, held[child])
    joined = np.bincount(switch, minlength=nodes)[tops] == np.bincount(held, minlength=groups)[group]
    same = joined & (most[tops] - least[tops] <= _SAME * most[tops])
    agreed = np.bincount(group, ~same, groups) == 0
    return _placed(tops, np.where(agreed[group], most[tops], 0.0), nodes), agreed


def _by_the_least(high: Ints, room: Floats, held: Ints, parent: Ints, nodes: int) -> Floats:
    """Return shares by the least capacity that any child has to a top switch; each child comes up at one node."""
    least = np.full(nodes, np.inf)
    np.minimum.at(least, high, room)
    tops, group = _tops(high, parent)
    groups = int(held.max(initial=-1)) + 1
    missed = np.bincount(high, minlength=nodes)[tops] < np.bincount(held, minlength=groups)[group]
    weight = np.where(missed, 0.0, least[tops])
    total = np.bincount(group, weight, groups)[group]
    return _placed(tops, np.divide(weight, total, out=np.zeros(len(tops)), where=total > 0), nodes)


def _tops(high: Ints, parent: Ints) -> tuple[Ints, Ints]:
    """Return the switches that edges lead up to, and the group of each."""
    tops, first = np.unique(high, return_index=True)
    return tops, parent[first]


def _placed(at: Ints, values: Floats, count: int) -> Floats:
    column = np.zeros(count)
    column[at] = values
    return column


def hose(tree: Tree) -> float:
    """Return what each end may send and get, whoever the peers are, so that it fits: a lower bound.

    A group with n of N ends then sends up no more than min(n, N - n) times that.
    """
    total = int(tree.levels[0].ends.sum())
    rates = [
        np.divide(level.spread_up, np.minimum(level.ends, total - level.ends), where=level.ends < total,
                  out=np.full(len(level.ends), np.inf)).min(initial=np.inf)
        for level in tree.levels
    ]  # fmt: skip
    return float(min(rates, default=0.0))


def all_to_all(tree: Tree) -> tuple[float, float]:
    """Return bounds of what each pair of ends gets, each way, when all send to all: n(N - n) pairs cross a group's edge.

    The lower one fits; the upper one holds of any fabric, for all that leaves a group crosses its links, and is
    infinite where links within a tier may lead out of it too.
    """
    total = int(tree.levels[0].ends.sum())
    bounds = []
    for column in ("spread_up", "all_up"):
        shares = [
            np.divide(getattr(level, column), level.ends * (total - level.ends), where=level.ends < total,
                      out=np.full(len(level.ends), np.inf)).min(initial=np.inf)
            for level in tree.levels
        ]  # fmt: skip
        bounds.append(float(min(shares, default=0.0)))
    return bounds[0], bounds[1] if tree.plain else float("inf")


def least_halving(tree: Tree, column: str) -> float:
    """Return the least cut of the tree between halves of its ends; `column` is the weight, `spread_up` or `all_up`.

    Counted from the ends up: `cut[side][k]` is the least that a group with k ends on the left costs, its switches on
    that side. Groups that are alike are counted once.
    """
    known: dict[tuple[bytes, ...], Floats] = {}
    below = [np.array([[0.0, np.inf], [np.inf, 0.0]])] * len(tree.levels[0].ends)
    for level, above in zip(tree.levels, (*tree.levels[1:], None), strict=True):
        weights = getattr(level, column)
        children: list[list[Floats]] = [[] for _ in range(len(above.ends) if above is not None else 1)]
        for at, cut in enumerate(below):
            children[int(level.up[at])].append(np.minimum(cut, cut[::-1] + weights[at]))
        below = [_joined(group, known) for group in children]
    half = int(tree.levels[0].ends.sum()) // 2
    return float(below[0][:, half].min())


def _joined(cuts: list[Floats], known: dict[tuple[bytes, ...], Floats]) -> Floats:
    """Return the cut of a group from those of its children: the sums, for each number of ends on the left."""
    key = tuple(sorted(cut.tobytes() for cut in cuts))
    if key not in known:
        total = np.zeros((2, 1))
        for cut in cuts:
            total = _sums(total, cut)
        known[key] = total
    return known[key]


def _sums(a: Floats, b: Floats) -> Floats:
    """Return, on either side, the least a[i] + b[j] for each i + j."""
    if a.shape[1] < b.shape[1]:
        a, b = b, a
    total = np.full((2, a.shape[1] + b.shape[1] - 1), np.inf)
    for j in range(b.shape[1]):
        here = total[:, j : j + a.shape[1]]
        np.minimum(here, a + b[:, j : j + 1], out=here)
    return total


def contiguous_half(tree: Tree) -> Flags:
    """Return half of the nodes' ends (false for all other nodes), whole groups as far as they go."""
    ends = np.flatnonzero(tree.tier == 0)
    order = np.lexsort([ends, *(group[ends] for group in tree.group[1:])])
    chosen = np.zeros(len(tree.tier), bool)
    chosen[ends[order[: len(ends) // 2]]] = True
    return chosen


def sides(tree: Tree, left: Flags) -> Flags:
    """Return a side for every node, the switches of a group together, so that the cut of the tree is least."""
    costs = [np.stack((left[tree.tier == 0], ~left[tree.tier == 0])).astype(float)]
    costs[0][costs[0] > 0] = np.inf
    for level in tree.levels:
        through = np.minimum(costs[-1], costs[-1][::-1] + level.all_up)
        groups = int(level.up.max()) + 1
        costs.append(np.stack([np.bincount(level.up, side, groups) for side in through]))
    chosen = left.copy()
    side = costs[-1][1] <= costs[-1][0]
    for k in range(len(tree.levels), 0, -1):
        here = (tree.tier == k) & (tree.group[k] >= 0)
        chosen[here] = side[tree.group[k][here]]
        level = tree.levels[k - 1]
        above = side[level.up]
        own, other = (
            np.where(above, costs[k - 1][1], costs[k - 1][0]),
            np.where(above, costs[k - 1][0], costs[k - 1][1]),
        )
        side = np.where(own <= other + level.all_up, above, ~above)
    return chosen
