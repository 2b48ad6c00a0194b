"""Fabrics of a Plan: links of one protocol, how far apart their endpoints are, and their bisection.

Bandwidths are each way. A fabric in which every endpoint joins every switch alike has a bisection of half its
endpoints times what one endpoint has; others are cut exactly where they have few endpoints, and left open beyond.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Final

from rackc.compiler.analyse.report import FabricReport
from rackc.compiler.analyse.routes import Fabric, distances, fabric
from rackc.compiler.plan import Plan

#: Beyond this many endpoints an irregular fabric's bisection is not enumerated.
MAX_ENUMERATED: Final = 12


def endpoints(of: Fabric) -> tuple[int, ...]:
    """Return what the switches join, in order."""
    return tuple(sorted(i for i in of.neighbours if i not in of.switches))


def _usual(of: Fabric) -> dict[int, float] | None:
    """Return the switches that nearly all endpoints join, and how; None where there is no such rule."""
    rows = [of.neighbours[e] for e in endpoints(of)]
    profiles = Counter(tuple(sorted(row.items())) for row in rows)
    if not profiles or not of.switches:
        return None
    usual, count = profiles.most_common(1)[0]
    return dict(usual) if len(rows) >= 4 and count * 4 >= len(rows) * 3 else None


def odd_ones(of: Fabric) -> tuple[int, ...]:
    """Return the endpoints wired unlike the others, where at least three in four are wired alike."""
    usual = _usual(of)
    return tuple(e for e in endpoints(of) if of.neighbours[e] != usual) if usual is not None else ()


def unlike(plan: Plan, of: Fabric, endpoint: int) -> str:
    """Return in words how an endpoint's wiring differs from the usual one."""
    usual, own = _usual(of) or {}, of.neighbours[endpoint]
    less = [plan.instances[s].address for s in sorted(usual) if own.get(s, 0.0) < usual[s]]
    more = [plan.instances[s].address for s in sorted(own) if own[s] > usual.get(s, 0.0)]
    words = [f"has less to {_few(less)}"] if less else []
    return " and ".join([*words, *([f"has more to {_few(more)}"] if more else [])])


def _few(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def diameter(plan: Plan, of: Fabric, among: Sequence[int]) -> int | None:
    """Return the greatest number of links between two of `among`, through what forwards; None where one is cut off."""
    wanted = set(among)
    greatest = 0
    for start in among:
        distance = distances(plan, of, start)
        if not wanted <= distance.keys():
            return None
        greatest = max(greatest, max(distance[other] for other in among))
    return greatest


def bisection(of: Fabric, among: Sequence[int]) -> float | None:
    """Return the least bandwidth each way between two halves of `among`; None where it is not known exactly."""
    uniform = _uniform(of, among)
    if uniform is not None:
        return uniform
    if not 2 <= len(among) <= MAX_ENUMERATED:
        return None
    rest = list(among)
    halves = combinations(rest[1:], len(rest) // 2 - 1) if len(rest) % 2 == 0 else combinations(rest, len(rest) // 2)
    keep = [rest[0]] if len(rest) % 2 == 0 else []
    return min(_cut(of, set(half) | set(keep), set(rest)) for half in halves)


def _uniform(of: Fabric, among: Sequence[int]) -> float | None:
    if not among or not of.switches:
        return None
    first = of.neighbours.get(among[0], {})
    alike = all(of.neighbours.get(e) == first and set(first) <= of.switches for e in among)
    return len(among) // 2 * sum(first.values()) if alike and first else None


def _cut(of: Fabric, left: Collection[int], among: set[int]) -> float:
    """Return the minimum cut between `left` and the rest of `among` (max-flow)."""
    import networkx as nx  # only irregular fabrics need it

    graph = nx.DiGraph()
    for a, row in of.neighbours.items():
        for b, bandwidth in row.items():
            graph.add_edge(a, b, capacity=bandwidth)
    for end in among:
        graph.add_edge("left", end) if end in left else graph.add_edge(end, "right")
    return float(nx.maximum_flow_value(graph, "left", "right"))


def fabrics(plan: Plan) -> tuple[FabricReport, ...]:
    """Return one row a protocol, in order of name."""
    rows = []
    for protocol in sorted({link.protocol for link in plan.links}):
        of = fabric(plan, protocol)
        ends = endpoints(of)
        switched = bool(of.switches) and protocol != "Ethernet"
        rows.append(FabricReport(
            protocol, len(of.links), len(ends), sum(link.bandwidth_each_way for link in of.links),
            bisection(of, ends) if switched else None, diameter(plan, of, ends) if switched else None,
            sum(1 for link in of.links if plan.carriers[link.carrier].field_installed),
        ))  # fmt: skip
    return tuple(rows)
