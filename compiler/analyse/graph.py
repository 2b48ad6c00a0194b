"""The capacity graph of a Plan: who is linked to whom, how fast each way, and who passes traffic on.

Nodes are instances that own a linked port; a *trunk* is every parallel link between two nodes, added up, because one
transfer is striped over them. Scale-up switch chips that are twins form one node (a *bundle*): a GPU with one 50 GB/s
link to each of 18 such chips reaches the bundle at 18 x 50 = 900 GB/s, and by symmetry the sum is exact.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rackc.compiler.plan import Instance, Link, PartType, Plan

#: Protocols whose transfers keep to one path: a switch of these is never bundled with its twins.
ONE_PATH = frozenset({"pcie", "cxl", "ethernet", "infiniband"})


def is_scale_up(protocol: str) -> bool:
    """Whether one transfer over this protocol is striped over parallel switch chips."""
    return protocol.casefold() not in ONE_PATH


@dataclass(frozen=True, slots=True)
class Node:
    """One instance, or a bundle of twins; `key` is the lowest index of `members`.

    A memory controller's `read_limit` and `write_limit` (bytes per second) bind flows that start or end at it;
    None where its part states none, or zero.
    """

    key: int
    members: tuple[int, ...]
    role: str
    forwards: bool
    read_limit: Fraction | None
    write_limit: Fraction | None


@dataclass(frozen=True, slots=True)
class Trunk:
    """All links between nodes `a` < `b`: `bytes_per_s` each way is their sum, `latency_ns` that of the slowest."""

    a: int
    b: int
    links: tuple[int, ...]
    bytes_per_s: Fraction
    latency_ns: float
    protocols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by key, trunks by ordered pair of keys, neighbours in order, and the node of each instance."""

    nodes: Mapping[int, Node]
    trunks: Mapping[tuple[int, int], Trunk]
    neighbours: Mapping[int, tuple[int, ...]]
    node_of: Mapping[int, int]

    def trunk(self, a: int, b: int) -> Trunk:
        """Return the trunk between two neighbours, in either order."""
        return self.trunks[min(a, b), max(a, b)]

    def path(self, source: int, target: int) -> tuple[int, ...] | None:
        """Return node keys of the best path between two instances, None where there is none.

        Best is fewest hops, then least latency, then the lowest node keys. Only nodes that forward are passed.
        """
        start, goal = self.node_of.get(source), self.node_of.get(target)
        if start is None or goal is None or start == goal:
            return None
        return _best_path(self, start, goal)

    def free_paths(self, source: int, target: int) -> tuple[int, int]:
        """Return hops of, and the number of, shortest paths were every node to pass traffic on (0, 0: none)."""
        return _count_paths(self, self.node_of[source], self.node_of[target])


def capacity_graph(plan: Plan) -> Graph:
    """Build the graph from the links that carry data (power and coolant have no bandwidth)."""
    links = [link for link in plan.links if link.bandwidth_each_way > 0 and _ends(plan, link) is not None]
    node_of = _bundles(plan, links)
    trunks = _trunks(plan, links, node_of)
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in trunks:
        near[a].append(b)
        near[b].append(a)
    members: dict[int, list[int]] = defaultdict(list)
    for instance, key in sorted(node_of.items()):
        members[key].append(instance)
    nodes = {key: _node(plan.instances[key], tuple(inside)) for key, inside in sorted(members.items())}
    return Graph(nodes, trunks, {key: tuple(sorted(near[key])) for key in nodes}, node_of)


def weak_backing(part: PartType, name: str) -> str:
    """Return the confidence of a figure where it is too low to rest on without saying so, else an empty text."""
    figure = part.figures.get(name)
    weak = figure is not None and figure.confidence in ("assumption", "unverified", "low", "unstated")
    return figure.confidence if figure is not None and weak else ""


def exact(value: float) -> Fraction:
    """Return a float figure as a fraction, so that sums and shares have no rounding of their own."""
    return Fraction(value)


def _ends(plan: Plan, link: Link) -> tuple[int, int] | None:
    """Return the two instances of a link, None for a loop back to its own."""
    a, b = plan.ports[link.a].owner, plan.ports[link.b].owner
    return None if a == b else (a, b)


def _node(first: Instance, members: tuple[int, ...]) -> Node:
    limited = first.part.role == "memory-controller"
    read = first.part.typ("read_bandwidth", "B/s") if limited else None
    write = first.part.typ("write_bandwidth", "B/s") if limited else None
    return Node(
        key=first.index,
        members=members,
        role=first.part.role,
        forwards=first.part.flag("forwards"),
        read_limit=exact(read) if read else None,
        write_limit=exact(write) if write else None,
    )


def _bundles(plan: Plan, links: Iterable[Link]) -> dict[int, int]:
    """Return the node key of each linked instance; twins share the lowest index among them.

    Twins: role `switch`, one part, and over their scale-up links the same neighbours at the same bandwidths. Their
    other links (a management port) do not tell them apart.
    """
    near: dict[int, Counter[tuple[int, float]]] = defaultdict(Counter)
    linked: set[int] = set()
    for link in links:
        a, b = plan.ports[link.a].owner, plan.ports[link.b].owner
        linked |= {a, b}
        if is_scale_up(link.protocol):
            near[a][b, link.bandwidth_each_way] += 1
            near[b][a, link.bandwidth_each_way] += 1
    first: dict[tuple[str, str, tuple[tuple[tuple[int, float], int], ...]], int] = {}
    node_of: dict[int, int] = {}
    for index in sorted(linked):
        part = plan.instances[index].part
        if part.role != "switch" or index not in near:
            node_of[index] = index
            continue
        node_of[index] = first.setdefault((part.package, part.name, tuple(sorted(near[index].items()))), index)
    return node_of


def _trunks(plan: Plan, links: Iterable[Link], node_of: Mapping[int, int]) -> dict[tuple[int, int], Trunk]:
    grouped: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        a, b = node_of[plan.ports[link.a].owner], node_of[plan.ports[link.b].owner]
        if a != b:
            grouped[min(a, b), max(a, b)].append(link)
    return {
        (a, b): Trunk(
            a,
            b,
            links=tuple(sorted(link.index for link in parallel)),
            bytes_per_s=sum((exact(link.bandwidth_each_way) for link in parallel), Fraction(0)),
            latency_ns=max(link.latency_ns for link in parallel),
            protocols=tuple(sorted({link.protocol for link in parallel})),
        )
        for (a, b), parallel in sorted(grouped.items())
    }


def _best_path(graph: Graph, start: int, goal: int) -> tuple[int, ...] | None:
    """Dijkstra over (hops, latency in ps, keys passed): the whole key is compared, so ties fall one way only."""
    queue: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, (start,))]
    done: set[int] = set()
    while queue:
        hops, latency, path = heapq.heappop(queue)
        here = path[-1]
        if here == goal:
            return path
        if here in done or (here != start and not graph.nodes[here].forwards):
            continue
        done.add(here)
        for there in graph.neighbours[here]:
            if there not in done:
                step = round(graph.trunk(here, there).latency_ns * 1000)
                heapq.heappush(queue, (hops + 1, latency + step, (*path, there)))
    return None


def _count_paths(graph: Graph, start: int, goal: int) -> tuple[int, int]:
    level, seen, hops = {start: 1}, {start}, 0
    while level and goal not in level:
        reached: dict[int, int] = defaultdict(int)
        for here, ways in level.items():
            for there in graph.neighbours[here]:
                if there not in seen:
                    reached[there] += ways
        level, hops = reached, hops + 1
        seen |= set(reached)
    return (hops, level[goal]) if goal in level else (0, 0)
