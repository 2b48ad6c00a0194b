"""The compiler's own bandwidth arithmetic: which flow gets what when flows share links.

Max-min fairness by progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2). With resources r of
capacity C(r), and U(r) the flows that cross r:

1.  share(r) = (C(r) - sum of rates already fixed in U(r)) / number of flows of U(r) not fixed yet
2.  every unfixed flow through a resource with the least share gets that share, and is fixed
3.  repeat until all are fixed

The outcome: no flow can be raised without lowering one that is no faster. Resources are each direction of each trunk,
and the read and write limits of a memory controller at which a flow starts or ends. Latency, protocol headers beyond
the link's stated bandwidth, and congestion control are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from rackc.compiler.analyse.graph import Graph, capacity_graph
from rackc.compiler.analyse.scenarios import canonical_flows
from rackc.compiler.analyse.traffic import TRANSFER_BYTES, Flow, Scenario
from rackc.compiler.plan import Plan

__all__ = [
    "TRANSFER_BYTES", "Flow", "Resource", "Scenario", "canonical_flows", "capacities", "fair_rates",
    "rates_over", "resources_of",
]  # fmt: skip


class Resource(NamedTuple):
    """What flows share: `link` from node a to node b, or the `read` or `write` side of node a (then b is a)."""

    kind: Literal["link", "read", "write"]
    a: int
    b: int


def fair_rates(plan: Plan, flows: Sequence[Flow]) -> tuple[float, ...]:
    """Return the max-min fair rate of each flow in bytes per second, all running at once; 0.0 where no path exists."""
    return rates_over(capacity_graph(plan), flows)


def rates_over(graph: Graph, flows: Sequence[Flow]) -> tuple[float, ...]:
    """As `fair_rates`, over a graph already built."""
    crossed = [resources_of(graph, flow) for flow in flows]
    limits = capacities(graph)
    shares = _fill({i: path for i, path in enumerate(crossed) if path}, limits)
    return tuple(float(shares.get(i, Fraction(0))) for i in range(len(flows)))


def capacities(graph: Graph) -> dict[Resource, Fraction]:
    """Return every resource and its capacity in bytes per second."""
    limits: dict[Resource, Fraction] = {}
    for (a, b), trunk in graph.trunks.items():
        limits[Resource("link", a, b)] = limits[Resource("link", b, a)] = trunk.bytes_per_s
    for key, node in graph.nodes.items():
        if node.read_limit is not None:
            limits[Resource("read", key, key)] = node.read_limit
        if node.write_limit is not None:
            limits[Resource("write", key, key)] = node.write_limit
    return limits


def resources_of(graph: Graph, flow: Flow) -> tuple[Resource, ...]:
    """Return what a flow crosses, in order from its source; empty where no path exists."""
    path = graph.path(flow.source, flow.target)
    if path is None:
        return ()
    source, target = graph.nodes[path[0]], graph.nodes[path[-1]]
    read = (Resource("read", source.key, source.key),) if source.read_limit is not None else ()
    write = (Resource("write", target.key, target.key),) if target.write_limit is not None else ()
    return (*read, *(Resource("link", a, b) for a, b in pairwise(path)), *write)


def _fill(crossed: Mapping[int, Sequence[Resource]], limits: Mapping[Resource, Fraction]) -> dict[int, Fraction]:
    """Progressive filling, exact; `crossed` holds the resources of each flow."""
    left: dict[Resource, Fraction] = {}
    waiting: dict[Resource, set[int]] = defaultdict(set)
    for flow, resources in crossed.items():
        for resource in resources:
            left[resource] = limits[resource]
            waiting[resource].add(flow)
    rates: dict[int, Fraction] = {}
    while waiting:
        share = {resource: left[resource] / len(flows) for resource, flows in waiting.items()}
        least = min(share.values())
        fixed = {flow for resource, flows in waiting.items() if share[resource] == least for flow in flows}
        for flow in fixed:
            rates[flow] = least
            for resource in crossed[flow]:
                left[resource] -= least
                waiting[resource].discard(flow)
        waiting = defaultdict(set, {resource: flows for resource, flows in waiting.items() if flows})
    return rates
