"""Direct networks: rings, grids, tori and full meshes, where the nodes are joined with each other."""

from __future__ import annotations

from math import prod

import numpy as np

from rackc.compiler.patterns.joining import Bundles, Given, Joining, Pairs, counted
from rackc.compiler.values import Fault, Offsets


def ring(joining: Joining, given: Given) -> Pairs:
    """Join node i to node i + 1, the last to the first, by `links` links.

    One side: bundles of 2 * links ports; ports 0 to links - 1 go to the next node, to its ports links to 2 * links - 1.
    Two sides: the left holds each node's ports to the next, the right those to the one before, `links` each, port l to
    port l. Two nodes get two parallel links for each of `links`.
    """
    return _grid(joining, (len(joining.left),), given.counts["links"], closed=True)


def torus(joining: Joining, given: Given) -> Pairs:
    """Join the nodes of a grid of these sizes to their neighbours, with the ends of each dimension joined.

    Nodes are numbered with the last dimension fastest, as nested arrays are: in torus(4, 4, 2), node 8x + 2y + z. One
    side: bundles of 2 * links ports a dimension, in order of dimension: `links` towards the higher coordinate, which
    meet the neighbour's `links` towards the lower. Two sides: the left holds the ports towards the higher coordinate,
    the right those towards the lower, `links` a dimension, port l to port l. A dimension of two gives its pairs of
    nodes two parallel links for each of `links`; a dimension of one is an error.
    """
    return _grid(joining, given.sizes, given.counts["links"], closed=True)


def mesh(joining: Joining, given: Given) -> Pairs:
    """Join all nodes with each other, or those of a grid with their neighbours.

    mesh(links = n): one side; bundles of (nodes - 1) * links ports; the peers of a node come in order without itself,
    `links` ports each. mesh(4, 4): ports and numbering as in a torus, without the links that close a dimension: the
    ports that would leave the grid stay free.
    """
    if given.sizes:
        return _grid(joining, given.sizes, given.counts["links"], closed=False)
    nodes, links = len(joining.left), given.counts["links"]
    if joining.right is not None:
        raise joining.unequal("a full mesh joins one set with itself", "two sides",
                              "write `connect a by mesh`, or `by all_to_all` for two sides")  # fmt: skip
    _check_several(joining, nodes, "a mesh")
    table = joining.exactly(joining.left, "", (nodes - 1) * links, f"{links} to each of the {nodes - 1} others",
                            lambda n: _uses(n, nodes - 1, links, "mesh"))  # fmt: skip
    return full_mesh(table.reshape(1, nodes, nodes - 1, links))


def full_mesh(table: Offsets) -> Pairs:
    """Join each node of a group with each other one of its group; `table` is group x node x peer x link.

    Peers are numbered in order without the node itself.
    """
    first, second = np.triu_indices(table.shape[1], 1)
    return table[:, first, second - 1].ravel(), table[:, second, first].ravel()


def _grid(joining: Joining, sizes: tuple[int, ...], links: int, closed: bool) -> Pairs:
    what = "a torus" if closed and len(sizes) > 1 else "a ring" if closed else "a mesh"
    lefts, rights = joining.left, joining.left if joining.right is None else joining.right
    if len(lefts) != len(rights):
        raise joining.unequal(f"{what} needs each node once on either side: {len(lefts)} on the left, "
                              f"{len(rights)} on the right", "not the same nodes", "name the same nodes on both sides")  # fmt: skip
    _check_sizes(joining, sizes, len(lefts), what)
    ups, downs = _tables(joining, lefts, rights, len(sizes), links, what)
    number = np.arange(len(lefts)).reshape(sizes)
    pairs = [_along(ups[:, at], downs[:, at], number, at, closed) for at in range(len(sizes))]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _along(ups: Offsets, downs: Offsets, number: Offsets, axis: int, closed: bool) -> Pairs:
    """Join each node to the next along one dimension; `ups` and `downs` are node x link."""
    nodes = np.moveaxis(number, axis, -1)
    after = np.roll(nodes, -1, axis=-1)
    if not closed:
        nodes, after = nodes[..., :-1], after[..., :-1]
    return ups[nodes.ravel()].ravel(), downs[after.ravel()].ravel()


def _tables(
    joining: Joining, lefts: Bundles, rights: Bundles, dimensions: int, links: int, what: str
) -> tuple[Offsets, Offsets]:
    """Return the ports towards the higher and the lower coordinate, each as node x dimension x link."""
    over = f" in each of {dimensions} dimensions" if dimensions > 1 else ""
    name = what.split()[-1]
    if joining.right is None:
        table = joining.exactly(lefts, "", 2 * dimensions * links, f"{links} to either neighbour{over}",
                                lambda n: _uses(n, 2 * dimensions, links, name))  # fmt: skip
        both = table.reshape(len(lefts), dimensions, 2, links)
        return both[:, :, 0], both[:, :, 1]
    sides = [
        joining.exactly(bundles, side, dimensions * links, f"{links} to the {which} neighbour{over}",
                        lambda n: _uses(n, dimensions, links, name)).reshape(len(bundles), dimensions, links)
        for bundles, side, which in ((lefts, "left", "next"), (rights, "right", "previous"))
    ]  # fmt: skip
    return sides[0], sides[1]


def _uses(ports: int, peers: int, links: int, name: str) -> str:
    if ports and ports % peers == 0:
        return f"`{name}(links = {ports // peers})` uses all of them" if name != "torus" else \
               f"`links = {ports // peers}` uses all of them"  # fmt: skip
    return f"index the ports that take part: `[0..<{peers * links}]`" if ports > peers * links else \
           "give each as many ports as it has neighbours"  # fmt: skip


def _check_several(joining: Joining, nodes: int, what: str) -> None:
    if nodes < 2:
        raise joining.unequal(f"{what} of one would join {joining.owner(joining.left[0])} to itself", "one node",
                              "name several, as in `node[*].port`")  # fmt: skip


def _check_sizes(joining: Joining, sizes: tuple[int, ...], nodes: int, what: str) -> None:
    if what == "a ring":
        _check_several(joining, nodes, what)
    if 1 in sizes:
        raise joining.unequal(f"a dimension of one has no neighbours: {_said(sizes)}", "size 1", "leave it out")
    if prod(sizes) != nodes:
        raise _other_count(joining, sizes, nodes)


def _other_count(joining: Joining, sizes: tuple[int, ...], nodes: int) -> Fault:
    wanted = prod(sizes)
    rest = prod(sizes[:-1])
    hint = f"{_said((*sizes[:-1], nodes // rest))} comes out" if nodes % rest == 0 and nodes > rest else \
           f"name {wanted} nodes, or sizes whose product is {nodes}"  # fmt: skip
    label = f"left over: {joining.owners(joining.left[wanted:])}" if nodes > wanted else f"{wanted - nodes} missing"
    return joining.unequal(f"{_said(sizes)} is {counted(wanted, 'node')}, there are {nodes}", label, hint)


def _said(sizes: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in sizes)
