"""What every way to a place must pass: the nodes whose loss cuts others off, for all of them at once, on arrays.

Blocks (parts that no single node's loss takes apart) are found as Tarjan and Vishkin do: a tree by breadth, its nodes
numbered so that what hangs below one is a run, and its edges joined where another edge closes a circle over them. A round
is a level of the tree; all else is linear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rackc.compiler.columns import Flags, Ints
from rackc.compiler.components import components


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree by breadth from a root: `parent` and `level` of every node, -1 for those that it does not reach.

    `levels` are its nodes, level by level, the root first.
    """

    parent: Ints
    level: Ints
    levels: tuple[Ints, ...]


def gates(count: int, a: Ints, b: Ints, root: int) -> Ints:
    """Return, for every node, the last one that each of its ways to the root must pass; -1 for those with no way.

    Edges `a[k]` -- `b[k]` lead both ways. The root's gate is the root; following gates from a node names all whose loss
    cuts it off.
    """
    apart = a != b
    a, b = a[apart], b[apart]
    tree = by_breadth(count, a, b, root)
    order, size = _numbered(tree)
    in_tree = (tree.parent[a] == b) | (tree.parent[b] == a)
    reached = tree.level[a] >= 0
    block = _blocks(tree, order, size, a[~in_tree & reached], b[~in_tree & reached])
    top = np.full(count, count)
    below = np.flatnonzero(tree.level > 0)
    np.minimum.at(top, block[below], tree.level[below])
    gate = np.where(tree.level < 0, -1, root)
    # The block's highest edge hangs from the node that all of the block must pass.
    highest = below[tree.level[below] == top[block[below]]]
    holder = np.full(count, root)
    holder[block[highest]] = tree.parent[highest]
    gate[below] = holder[block[below]]
    return gate


def by_breadth(count: int, a: Ints, b: Ints, root: int) -> Tree:
    """Return the tree that a search by breadth leaves."""
    ends, starts = _adjacency(count, a, b)
    parent, level = np.full(count, -1), np.full(count, -1)
    level[root] = 0
    levels = [np.array([root])]
    while len(levels[-1]):
        here = levels[-1]
        degree = starts[here + 1] - starts[here]
        come = np.repeat(here, degree)
        at = np.arange(degree.sum()) - np.repeat(np.cumsum(degree) - degree, degree) + np.repeat(starts[here], degree)
        there = ends[at]
        fresh = level[there] < 0
        parent[there[fresh][::-1]] = come[fresh][::-1]
        found = np.unique(there[fresh])
        level[found] = len(levels)
        levels.append(found)
    return Tree(parent, level, tuple(levels[:-1]))


def _adjacency(count: int, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Return the neighbours of all nodes, in order of node, and where each node's begin."""
    left, right = np.concatenate((a, b)), np.concatenate((b, a))
    order = np.argsort(left, kind="stable")
    return right[order], np.searchsorted(left[order], np.arange(count + 1))


def _numbered(tree: Tree) -> tuple[Ints, Ints]:
    """Return the number of every node, such that it and what hangs below are a run from it on, and how many these are."""
    size = np.ones(len(tree.parent), np.int64)
    for nodes in reversed(tree.levels[1:]):
        np.add.at(size, tree.parent[nodes], size[nodes])
    number = np.zeros(len(tree.parent), np.int64)
    for nodes in tree.levels[1:]:
        nodes = nodes[np.argsort(tree.parent[nodes], kind="stable")]
        before = np.cumsum(size[nodes]) - size[nodes]
        first = np.concatenate(([True], tree.parent[nodes][1:] != tree.parent[nodes][:-1]))
        of_first = np.maximum.accumulate(np.where(first, np.arange(len(nodes)), 0))
        number[nodes] = number[tree.parent[nodes]] + 1 + before - before[of_first]
    return number, size


def _blocks(tree: Tree, number: Ints, size: Ints, a: Ints, b: Ints) -> Ints:
    """Return the block of every node's edge to its parent, given the edges outside the tree."""
    low, high = number.copy(), number.copy()
    for here, there in ((a, b), (b, a)):
        np.minimum.at(low, here, number[there])
        np.maximum.at(high, here, number[there])
    for nodes in reversed(tree.levels[1:]):
        np.minimum.at(low, tree.parent[nodes], low[nodes])
        np.maximum.at(high, tree.parent[nodes], high[nodes])
    # An edge outside the tree that leads from one branch to another closes a circle over the edges above both ends.
    across = (number[a] + size[a] <= number[b]) | (number[b] + size[b] <= number[a])
    below = np.flatnonzero(tree.level > 1)
    above = tree.parent[below]
    closed = (low[below] < number[above]) | (high[below] >= number[above] + size[above])
    left, right = np.concatenate((a[across], below[closed])), np.concatenate((b[across], above[closed]))
    return components(len(number), left, right)


def meeting(gate: Ints, left: Ints, right: Ints) -> Ints:
    """Return, for pairs of nodes, the first gate that both must pass; -1 where either has no way."""
    depth = _depth(gate)
    left, right = left.copy(), right.copy()
    while True:
        lower = np.where(depth[left] >= depth[right], 0, 1)
        moving = left != right
        moving &= (left >= 0) & (right >= 0)
        if not moving.any():
            return np.where(left == right, left, -1)
        both = depth[left] == depth[right]
        up_left, up_right = moving & ((lower == 0) | both), moving & ((lower == 1) | both)
        left, right = np.where(up_left, gate[left], left), np.where(up_right, gate[right], right)


def _depth(gate: Ints) -> Ints:
    """Return how many gates lie between every node and the root."""
    depth = np.zeros(len(gate), np.int64)
    at = np.flatnonzero((gate >= 0) & (gate != np.arange(len(gate))))
    here = gate[at]
    while len(at):
        depth[at] += 1
        going = gate[here] != here
        at, here = at[going], gate[here[going]]
    return depth


def gates_of_ends(count: int, a: Ints, b: Ints, root: int, passes: Flags) -> Ints:
    """Return gates where only some nodes pass traffic on: every other one, but for the root, is an end of ways."""
    open_ = passes.copy()
    open_[root] = True
    within = open_[a] & open_[b]
    gate = gates(count, a[within], b[within], root)
    end = np.concatenate((a[~open_[a] & open_[b]], b[~open_[b] & open_[a]]))
    near = np.concatenate((b[~open_[a] & open_[b]], a[~open_[b] & open_[a]]))
    end, near = end[gate[near] >= 0], near[gate[near] >= 0]
    order = np.argsort(end, kind="stable")
    end, near = end[order], near[order]
    firsts = np.flatnonzero(np.concatenate(([True], end[1:] != end[:-1]))) if len(end) else np.zeros(0, np.int64)
    found = near[firsts]
    for step in range(1, int(np.diff(np.append(firsts, len(end))).max(initial=1))):
        more = np.flatnonzero(firsts + step < np.append(firsts[1:], len(end)))
        found[more] = meeting(gate, found[more], near[firsts[more] + step])
    gate[~open_] = -1
    gate[end[firsts]] = found
    return gate
