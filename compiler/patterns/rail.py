"""Rail-optimised networks: interface k of every node meets a leaf switch of rail k."""

from __future__ import annotations

import numpy as np

from rackc.compiler.patterns.joining import Bundles, Given, Joining, Pairs, counted, lengths
from rackc.compiler.values import Offsets


def rail(joining: Joining, given: Given) -> Pairs:
    """Join rail k of each node to a leaf of rail k; nodes fill the groups of leaves in order.

    A left bundle of `rails` ports is a node, its port k on rail k; else `rails` bundles in a row are a node, all ports
    of bundle k on rail k. Right bundle g * rails + k is the leaf of rail k for group g of nodes; a node takes its next
    free ports. Ports of a leaf may stay free, but no leaf may stay without a link.
    """
    rails, leaves = given.counts["rails"], joining.others
    nodes = _nodes(joining, rails)
    if len(leaves) % rails:
        raise joining.unequal(
            f"{counted(len(leaves), 'leaf', 'leaves')} on the right cannot be shared by {counted(rails, 'rail')}",
            f"left over: {joining.owners(leaves[len(leaves) // rails * rails :])}",
            f"{_near(len(leaves), rails)} leaves come out",
        )  # fmt: skip
    group, place = _seats(joining, leaves, rails, *nodes.shape[::2])
    starts = (np.cumsum(lengths(leaves)) - lengths(leaves)).reshape(-1, rails)
    width = nodes.shape[2]
    seats = starts[group][:, :, None] + (place * width)[:, None, None] + np.arange(width)
    return nodes.ravel(), np.concatenate(leaves)[seats.ravel()]


def _nodes(joining: Joining, rails: int) -> Offsets:
    """Return the ports of the left as node x rail x port."""
    bundles = joining.left
    sizes = lengths(bundles)
    if (sizes == rails).all():
        return np.concatenate(bundles).reshape(len(bundles), rails, 1)
    if len(bundles) % rails:
        odd = bundles[int(np.flatnonzero(sizes != rails)[0])]
        raise joining.unequal(
            f"a node of {counted(rails, 'rail')} is one bundle of as many ports, or as many bundles: there are {len(bundles)}",
            f"{joining.owner(odd)} has {counted(len(odd), 'port')}",
            f"index {rails} ports of each node, or set `rails` to what it has",
        )  # fmt: skip
    width = int(sizes[0])
    odd_ones = np.flatnonzero(sizes != width)
    if len(odd_ones):
        odd = bundles[int(odd_ones[0])]
        raise joining.unequal(
            f"each bundle on the left is one rail of a node: {joining.owner(bundles[0])} has {counted(width, 'port')}, "
            f"{joining.owner(odd)} {len(odd)}", "all need one count", "index the ports that take part",
        )  # fmt: skip
    return np.concatenate(bundles).reshape(-1, rails, width)


def _seats(joining: Joining, leaves: Bundles, rails: int, nodes: int, width: int) -> tuple[Offsets, Offsets]:
    """Return the group of each node and its place there: groups are filled in order."""
    room = lengths(leaves).reshape(-1, rails).min(axis=1) // width
    ends = np.cumsum(room)
    total = int(ends[-1])
    if nodes > total:
        raise joining.unequal(
            f"{counted(nodes, 'node')} on the left, and the leaves of {counted(len(room), 'group')} take {total}",
            f"{nodes - total} would be left over",
            f"each leaf needs {counted(-(-nodes // len(room)) * width, 'port')} for nodes, or add leaves, {rails} at a time",
        )  # fmt: skip
    idle = np.flatnonzero((ends - room >= nodes) | (room == 0))
    if len(idle):
        spare = [leaves[at * rails + k] for at in idle.tolist() for k in range(rails)]
        each = -(-nodes // len(room))
        spread = f", or index the leaves' ports, `[0..<{each * width}]`" if (len(room) - 1) * each < nodes else ""
        raise joining.unequal(
            f"{counted(nodes, 'node')} on the left cannot reach {len(idle)} of {counted(len(room), 'group')} of leaves",
            f"no link would reach {joining.owners(spare)}",
            f"leave them out{spread}",
        )  # fmt: skip
    node = np.arange(nodes)
    group = np.searchsorted(ends, node, side="right")
    return group, node - (ends - room)[group]


def _near(count: int, step: int) -> str:
    low = count // step * step
    return f"{low} or {low + step}" if low else f"{step}"
