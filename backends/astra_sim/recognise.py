"""Recognise a scale-up fabric as one of ASTRA-sim's dimensions, or say why it is none.

ASTRA-sim's analytical network knows rings, full meshes and switches with equal links; it cannot hold a graph. A fabric
that is not exactly one of them is refused: an approximation would print a plausible number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rackc.compiler.analyse.graph import Graph, Trunk, capacity_graph, is_scale_up, weak_backing
from rackc.compiler.plan import Plan

Topology = Literal["Switch", "FullyConnected"]


@dataclass(frozen=True, slots=True)
class Fabric:
    """A recognised fabric. `bytes_per_s` and `latency_ns` are of one NPU's connection, each way.

    For a switch that is the NPU's trunk to the bundle, of `chips` chips in part `switch`; in a full mesh, that to one
    peer. `links` counts the links of one such connection. `assumed` says what `latency_ns` leaves out or takes on
    weak ground.
    """

    topology: Topology
    npus: int
    bytes_per_s: float
    latency_ns: float
    chips: int
    links: int
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Attachment:
    """How one GPU reaches one switch or bundle; `chiplets` it passes on the way."""

    bytes_per_s: Fraction
    latency_ns: float
    links: int
    chiplets: int


def recognise(plan: Plan) -> Fabric | str:
    """Return the scale-up fabric over all GPUs, or why there is none that ASTRA-sim can hold."""
    graph = capacity_graph(plan)
    gpus = [gpu.index for gpu in plan.with_role("gpu")]
    if len(gpus) < 2:
        return f"the design has {len(gpus)} GPU{'s' if len(gpus) != 1 else ''}; a collective needs two or more"
    between = {pair: trunk for pair, trunk in graph.trunks.items() if set(pair) <= set(gpus) and _is_fast(trunk)}
    attached = {gpu: _attachments(graph, gpu) for gpu in gpus}
    if not between and not any(attached.values()):
        return "no scale-up fabric joins the GPUs (PCIe, CXL, Ethernet and InfiniBand are not scale-up)"
    if between and any(attached.values()):
        return "irregular fabric: GPUs are joined both directly and by switches"
    return _mesh(gpus, between) if between else _switch(plan, graph, attached)


def _is_fast(trunk: Trunk) -> bool:
    return any(map(is_scale_up, trunk.protocols))


def _attachments(graph: Graph, gpu: int) -> dict[int, _Attachment]:
    """Return the scale-up switches that a GPU reaches by its own links, or by those of a chiplet of its own."""
    found: dict[int, list[_Attachment]] = defaultdict(list)
    for other in graph.neighbours.get(gpu, ()):
        trunk, node = graph.trunk(gpu, other), graph.nodes[other]
        if node.role == "switch" and _is_fast(trunk):
            found[other].append(_Attachment(trunk.bytes_per_s, trunk.latency_ns, len(trunk.links), 0))
        if node.role == "chiplet" and node.forwards and _gpus_at(graph, other) == [gpu]:
            for switch in (key for key in graph.neighbours[other] if graph.nodes[key].role == "switch"):
                far = graph.trunk(other, switch)
                speed, latency = min(trunk.bytes_per_s, far.bytes_per_s), trunk.latency_ns + far.latency_ns
                found[switch].append(_Attachment(speed, latency, len(far.links), 1))
    return {switch: _together(ways) for switch, ways in found.items()}


def _gpus_at(graph: Graph, chiplet: int) -> list[int]:
    return [key for key in graph.neighbours[chiplet] if graph.nodes[key].role == "gpu"]


def _together(ways: list[_Attachment]) -> _Attachment:
    return _Attachment(
        sum((way.bytes_per_s for way in ways), Fraction(0)),
        max(way.latency_ns for way in ways),
        sum(way.links for way in ways),
        sum(way.chiplets for way in ways),
    )


def _switch(plan: Plan, graph: Graph, attached: dict[int, dict[int, _Attachment]]) -> Fabric | str:
    bundles = sorted({switch for ways in attached.values() for switch in ways})
    if len(bundles) > 1:
        return (
            f"irregular fabric: {len(bundles)} switches or groups of switches differ in the GPUs or bandwidths that "
            f"they join ({_some(plan, bundles)}); only one group of twins is a Switch"
        )
    missing = [gpu for gpu, ways in attached.items() if not ways]
    if missing:
        return (
            f"irregular fabric: {len(missing)} of {len(attached)} GPUs have no link to its switches "
            f"({_some(plan, missing)})"
        )
    ways = [found[bundles[0]] for found in attached.values()]
    speeds = sorted({way.bytes_per_s for way in ways})
    if len(speeds) > 1:
        listed = ", ".join(f"{float(speed) / 1e9:g}" for speed in speeds)
        return f"irregular fabric: GPUs are attached at unequal bandwidths ({listed} GB/s)"
    through, assumed = _switch_latency(plan, bundles[0])
    assumed += _link_latency(ways)
    behind = sum(way.chiplets > 0 for way in ways)
    if behind:
        assumed += (f"{behind} GPUs reach the switches through a chiplet, at the bandwidth of the narrower side",)
    return Fabric(
        topology="Switch",
        npus=len(ways),
        bytes_per_s=float(speeds[0]),
        # ASTRA-sim counts a switch as two hops of this latency each, so a hop takes half of the switch's own.
        latency_ns=max(way.latency_ns for way in ways) + through / 2,
        chips=len(graph.nodes[bundles[0]].members),
        links=ways[0].links,
        assumed=assumed,
    )


def _mesh(gpus: list[int], between: dict[tuple[int, int], Trunk]) -> Fabric | str:
    pairs = len(gpus) * (len(gpus) - 1) // 2
    if len(between) < pairs:
        return f"irregular fabric: {len(between)} of {pairs} pairs of GPUs are joined directly, and there is no switch"
    speeds = {trunk.bytes_per_s for trunk in between.values()}
    if len(speeds) > 1:
        return "irregular fabric: pairs of GPUs are joined at unequal bandwidths"
    first = between[_pair(gpus[0], gpus[1])]
    latency = max(trunk.latency_ns for trunk in between.values())
    return Fabric("FullyConnected", len(gpus), float(first.bytes_per_s), latency, 0, len(first.links), ())


def _switch_latency(plan: Plan, switch: int) -> tuple[float, tuple[str, ...]]:
    """Return a switch part's latency in ns, and what is weak about it."""
    part = plan.instances[switch].part
    latency = part.typ("latency", "ns")
    if latency is None:
        return 0.0, (f"the latency of the switch {part.name} is not stated: 0 ns is used",)
    if confidence := weak_backing(part, "latency"):
        return latency, (f"the latency of the switch {part.name}, {latency:g} ns, has weak backing ({confidence})",)
    return latency, ()


def _link_latency(ways: Iterable[_Attachment]) -> tuple[str, ...]:
    stated = any(way.latency_ns for way in ways)
    return () if stated else ("the plan gives the scale-up links no latency: 0 ns is used of them",)


def _pair(a: int, b: int) -> tuple[int, int]:
    return min(a, b), max(a, b)


def _some(plan: Plan, indices: Collection[int]) -> str:
    shown = [re.sub(r"\s+", " ", plan.instances[index].address) for index in sorted(indices)[:3]]
    return ", ".join(shown) + (", ..." if len(indices) > 3 else "")
