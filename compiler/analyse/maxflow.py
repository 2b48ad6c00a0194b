"""Maximum flow between two nodes, and what follows from it: bandwidth of a pair, and ways that share nothing.

Dinic's algorithm: as long as a way is left, block all shortest ones at once. An edge that may be used either way is a
pair of arcs, each the way back of the other; by the max-flow min-cut theorem the value is that of the least cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Flags, Floats, Ints

#: Less than this share of the greatest capacity is rounding, not room.
_ROUNDING: Final = 1e-11


class Network:
    """Arcs with capacities; arc k leads to `heads[k]`, its way back is k ^ 1."""

    def __init__(self, nodes: int) -> None:
        self.out: list[list[int]] = [[] for _ in range(nodes)]
        self.heads: list[int] = []
        self.room: list[float] = []

    def join(self, tails: Sequence[int], heads: Sequence[int], room: Sequence[float], back: Sequence[float]) -> None:
        """Add edges that hold `room` one way and `back` the other."""
        for tail, head, there, again in zip(tails, heads, room, back, strict=True):
            at = len(self.heads)
            self.out[tail].append(at)
            self.out[head].append(at + 1)
            self.heads += (head, tail)
            self.room += (there, again)

    def flow(self, source: int, sink: int, enough: float = float("inf")) -> float:
        """Return the greatest flow, leaving what room is left; stop once it comes to `enough`."""
        tiny = _ROUNDING * max(self.room, default=0.0)
        total = 0.0
        while total < enough - tiny:
            level = self._levels(source, sink, tiny)
            if level[sink] < 0:
                break
            total += self._block(source, sink, level, tiny)
        return min(total, enough)

    def reached(self, source: int) -> list[bool]:
        """Return what there is still room to reach: after a flow, the side of the source in a least cut."""
        tiny = _ROUNDING * max(self.room, default=0.0)
        return [level >= 0 for level in self._levels(source, -1, tiny)]

    def _levels(self, source: int, sink: int, tiny: float) -> list[int]:
        level = [-1] * len(self.out)
        level[source] = 0
        front = [source]
        while front and (sink < 0 or level[sink] < 0):
            beyond = []
            for node in front:
                for arc in self.out[node]:
                    head = self.heads[arc]
                    if level[head] < 0 and self.room[arc] > tiny:
                        level[head] = level[node] + 1
                        beyond.append(head)
            front = beyond
        return level

    def _block(self, source: int, sink: int, level: list[int], tiny: float) -> float:
        """Send along ways of the levels until none is left; `at` is the next arc to try from each node."""
        at = [0] * len(self.out)
        way: list[int] = []
        node, total = source, 0.0
        while True:
            if node == sink:
                sent = min(self.room[arc] for arc in way)
                total += sent
                for arc in way:
                    self.room[arc] -= sent
                    self.room[arc ^ 1] += sent
                full = next(k for k, arc in enumerate(way) if self.room[arc] <= tiny)
                node = self.heads[way[full] ^ 1]
                del way[full:]
                continue
            arc = self._next(node, level, at, tiny)
            if arc >= 0:
                way.append(arc)
                node = self.heads[arc]
            elif not way:
                return total
            else:
                arc = way.pop()
                node = self.heads[arc ^ 1]
                at[node] += 1

    def _next(self, node: int, level: list[int], at: list[int], tiny: float) -> int:
        out, wanted = self.out[node], level[node] + 1
        while at[node] < len(out):
            arc = out[at[node]]
            if self.room[arc] > tiny and level[self.heads[arc]] == wanted:
                return arc
            at[node] += 1
        return -1


def bandwidth(of: Fabric, start: int, end: int) -> float:
    """Return the most that one node can send another over all ways at once, bytes per second."""
    return _between(of, start, end, of.capacity)


def disjoint_paths(of: Fabric, start: int, end: int) -> int:
    """Return how many ways share no link (Menger: the flow where each link holds one); parallel links are told apart."""
    return round(_between(of, start, end, of.links.astype(float)))


def separate_paths(of: Fabric, start: int, end: int) -> int:
    """Return how many ways share nothing between their ends, no node and no link; each direct link is one.

    Every node but the ends is two, with an arc of one way from where traffic enters to where it leaves.
    """
    sub, ends = of.through(np.array([start, end]))
    n = len(sub)
    one = [1.0] * n
    inside = np.full(len(sub.a), 1.0)
    direct = np.isin(sub.a, ends) & np.isin(sub.b, ends)
    inside[direct] = sub.links[direct]
    made = Network(2 * n)
    made.join(range(n), range(n, 2 * n), one, [0.0] * n)
    for a, b in ((sub.a, sub.b), (sub.b, sub.a)):
        made.join((a + n).tolist(), b.tolist(), inside.tolist(), [0.0] * len(a))
    return round(made.flow(int(ends[0]) + n, int(ends[1])))


def _between(of: Fabric, start: int, end: int, room: Floats) -> float:
    """Return a flow from start to end. Often the shortest ways alone hold all that an end can take: they are tried first."""
    keep = of.forwards.copy()
    keep[[start, end]] = True
    inside = keep[of.a] & keep[of.b]
    most = min(float(room[inside & ((of.a == end_) | (of.b == end_))].sum()) for end_ in (start, end))
    if most and inside.sum() > 500:
        short = _shortest(of, start, end) & inside
        if _network(len(of), of.a[short], of.b[short], room[short]).flow(start, end, most) >= most:
            return most
    return _network(len(of), of.a[inside], of.b[inside], room[inside]).flow(start, end, most)


def _shortest(of: Fabric, start: int, end: int) -> Flags:
    """Return the edges on shortest ways from start to end."""
    near, far = distances(of, np.array([start])), distances(of, np.array([end]))
    least = near[end]
    there = (near[of.a] >= 0) & (far[of.b] >= 0) & (near[of.a] + 1 + far[of.b] == least)
    back = (near[of.b] >= 0) & (far[of.a] >= 0) & (near[of.b] + 1 + far[of.a] == least)
    either: Flags = there | back
    return either


def _network(nodes: int, a: Ints, b: Ints, room: Floats) -> Network:
    made = Network(nodes)
    both = room.tolist()
    made.join(a.tolist(), b.tolist(), both, both)
    return made


def least_cut(of: Fabric, left: Flags, right: Flags) -> tuple[float, Flags]:
    """Return the least bandwidth whose loss parts `left` from `right`, and the side of each node (true: with `left`).

    All nodes that are on neither side must forward. The nodes of a side are made one first.
    """
    number = np.arange(len(of)) + 2
    number[left], number[right] = 0, 1
    a, b = number[of.a], number[of.b]
    across = a != b
    made = _network(len(of) + 2, a[across], b[across], of.capacity[across])
    value = made.flow(0, 1)
    reached = np.array(made.reached(0))
    return value, reached[number]
