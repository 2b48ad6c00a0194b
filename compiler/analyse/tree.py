"""A switched fabric read as a tree of groups: what its tiers hold, and what each group can send beyond itself.

The tier of a switch is its distance from the nearest end, and a group of tier k is what the links among tiers up to k
join: an end, a leaf with its ends, a pod, the whole. Edges within a tier are no part of the tree.

*From above.* Put all switches of a group on one side: a cut of the tree, where the edge of a group weighs all links
from it to the next tier (`all_up`), is a cut of the fabric, if no link lies within a tier.

*From below.* Let whatever leaves a child c of a group G go over the top switches u of G in shares s(u) that are the
same for all children, x(t, u) of it along the link from its own top switch t. Over all t that is s(u); over all u it
is s(t), the share in which c gathers at t what leaves it. Then a flow in the tree is a flow in the fabric: at u the
share s(u) of all that children send meets the share s(u) of all that they get, and of what goes beyond G. It fits where
c sends no more than the least of capacity(t, u) / x(t, u), which is `spread_up`. A cut is no less than a flow: the
least cut of the tree with these weights is a lower bound. In a regular Clos fabric the two are one number.

Shares are those of the least capacity that any child has to a switch, so that what one child lacks is left out for
all; within a child they go by capacity. From the top down, each group's shares give those within its children.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.components import components

#: Splits of more ends than this are not counted through all sizes.
MOST_COUNTED: Final = 2_000


#: Lower end, upper end and bandwidth of edges from one tier to the next.
Edges = tuple[Ints, Ints, Floats]


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
    edges = [(low[tier[low] == k], high[tier[low] == k], room[tier[low] == k]) for k in range(tops)]
    usable, weights = _usable(tier, groups, edges)
    levels = _levels(tier, groups, edges, weights, usable)
    return Tree(tier, tuple(groups), levels, bool(rising.all()))


def _groups(tier: Ints, low: Ints, high: Ints, k: int) -> Ints:
    """Return the group of tier k of each node up to that tier, numbered by first node."""
    inside = tier[high] <= k
    label = components(len(tier), low[inside], high[inside])
    known = (tier >= 0) & (tier <= k)
    firsts = np.flatnonzero(known & (label == np.arange(len(tier))))
    return np.where(known, np.searchsorted(firsts, label), -1)


def _usable(tier: Ints, groups: list[Ints], edges: list[Edges]) -> tuple[Floats, list[Floats]]:
    """Return, for each switch, the least capacity that a child of its group has to it, and what of a child's each edge is.

    From the bottom up: a switch that some child does not reach counts for none, and links that lead from it neither.
    """
    usable = np.where(tier == 0, 1.0, 0.0)
    weights: list[Floats] = []
    for k, (low, high, room) in enumerate(edges):
        child = groups[k][low]
        weight = np.where(usable[low] > 0, room, 0.0)
        keys, at = np.unique(child * len(tier) + high, return_inverse=True)
        total = np.bincount(at, weight, len(keys))
        weights.append(np.divide(weight, total[at], out=np.zeros(len(low)), where=total[at] > 0))
        reached = keys[total > 0] % len(tier)
        least = np.full(len(tier), np.inf)
        np.minimum.at(least, reached, total[total > 0])
        whole = np.bincount(reached, minlength=len(tier)) == _children(groups[k], groups[k + 1])[groups[k + 1]]
        usable = np.where((tier == k + 1) & whole & np.isfinite(least), least, usable)
    return usable, weights


def _children(group: Ints, above: Ints) -> Ints:
    """Return how many groups each group of the next tier holds."""
    holder = np.zeros(int(group.max()) + 1, np.int64)
    holder[group[group >= 0]] = above[group >= 0]
    return np.bincount(holder, minlength=int(above.max()) + 1)


def _levels(
    tier: Ints, groups: list[Ints], edges: list[Edges], weights: list[Floats], usable: Floats
) -> tuple[Level, ...]:
    """Return the levels, shares settled from the top down."""
    share = np.where(tier == len(edges), usable, 0.0)
    share = share / share.sum() if share.any() else share
    levels: list[Level] = []
    for k in reversed(range(len(edges))):
        low, high, room = edges[k]
        count = int(groups[k].max()) + 1
        child, part = groups[k][low], share[high] * weights[k]
        sent, used = np.full(count, np.inf), part > 0
        np.minimum.at(sent, child[used], room[used] / part[used])
        holder = np.zeros(count, np.int64)
        holder[groups[k][groups[k] >= 0]] = groups[k + 1][groups[k] >= 0]
        levels.append(Level(
            np.bincount(groups[k][tier == 0], minlength=count), holder,
            np.bincount(child, room, count).astype(float), np.where(np.isinf(sent), 0.0, sent),
        ))  # fmt: skip
        share = share + np.bincount(low, part, len(tier))
    return tuple(reversed(levels))


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


def spread_rate(tree: Tree) -> float:
    """Return what each pair of ends gets, each way, when all send to all: n(N - n) pairs cross the edge of a group."""
    total = int(tree.levels[0].ends.sum())
    return min(_each_pair(level.spread_up, level.ends, total) for level in tree.levels)


def cut_rate(of: Fabric, tree: Tree) -> float:
    """Return what each pair can get at most: all that crosses the border of a group shares the links that do."""
    total = int(tree.levels[0].ends.sum())
    rates = []
    for group, level in zip(tree.group, tree.levels, strict=False):
        out = np.flatnonzero(group[of.a] != group[of.b])
        crossing = np.zeros(len(level.ends))
        for node in (of.a[out], of.b[out]):
            inside = group[node] >= 0
            crossing += np.bincount(group[node][inside], of.capacity[out][inside], len(crossing))
        rates.append(_each_pair(crossing, level.ends, total))
    return min(rates)


def _each_pair(room: Floats, ends: Ints, total: int) -> float:
    shared = (ends > 0) & (ends < total)
    return float((room[shared] / (ends[shared] * (total - ends[shared]))).min(initial=np.inf))


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
