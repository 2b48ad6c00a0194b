"""A pool, or expansion cards, as ASTRA-sim's remote memory: one first-in-first-out server."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rackc.compiler.analyse.flows import TRANSFER_BYTES, Flow, rates_over
from rackc.compiler.analyse.graph import Graph, capacity_graph
from rackc.compiler.analyse.scenarios import expansion_cards, expansion_gpu, pool_readers
from rackc.compiler.plan import Plan


@dataclass(frozen=True, slots=True)
class RemoteMemory:
    """`bytes_per_s` is what all readers get at once; `what` says of what, `losses` what the model leaves out."""

    bytes_per_s: float
    latency_ns: float
    what: str
    losses: tuple[str, ...]


def remote_memory(plan: Plan) -> RemoteMemory | None:
    """Return the first pool, else all expansion cards together, None where nothing can be read."""
    graph = capacity_graph(plan)
    if plan.pools and (flows := pool_readers(plan, graph, plan.pools[0])):
        pool = plan.pools[0]
        others = (f"{len(plan.pools) - 1} more pools are left out",) if len(plan.pools) > 1 else ()
        stated = pool.latency_ns
        latency, weak = (stated.typ.to("ns"), ()) if stated is not None else _latency(plan, graph, flows[0])
        return _memory(graph, flows, latency, f"pool {pool.address}", (*others, *weak))
    flows = tuple(_expansion_flows(plan, graph))
    if not flows:
        return None
    latency, weak = _latency(plan, graph, flows[0])
    cards = f"{len(flows)} expansion card{'s' if len(flows) != 1 else ''}"
    return _memory(graph, flows, latency, cards, weak)


def _expansion_flows(plan: Plan, graph: Graph) -> list[Flow]:
    found = []
    for card, cpu in expansion_cards(plan):
        gpu = expansion_gpu(plan, graph, card, cpu)
        found.append(Flow(card, cpu if gpu is None else gpu, TRANSFER_BYTES, ""))
    return found


def _memory(graph: Graph, flows: tuple[Flow, ...], latency: float, what: str, losses: tuple[str, ...]) -> RemoteMemory:
    model = (
        f"remote memory is {what} as one first-in-first-out server for the whole system, at what all {len(flows)} "
        "readers get at once: no topology, capacity, interleave or fair sharing, and no fetch in the trace"
    )
    return RemoteMemory(sum(rates_over(graph, flows)), latency, what, (model, *losses))


def _latency(plan: Plan, graph: Graph, flow: Flow) -> tuple[float, tuple[str, ...]]:
    """Return one way's link latencies plus the controller's own."""
    path = graph.path(flow.source, flow.target) or ()
    links = sum(graph.trunk(a, b).latency_ns for a, b in pairwise(path))
    part = plan.instances[flow.source].part
    own = part.typ("latency", "ns")
    if own is None:
        return links, (f"the latency of {part.name} is not stated: remote memory has the latency of its links only",)
    return links + own, ()
