"""Target `simgrid`: who gets what bandwidth when flows share links, asked of SimGrid 3.32 or later."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from rackc.backends.simgrid.platform import Platform, platform_of
from rackc.backends.target import Emitted
from rackc.compiler.analyse.flows import Flow, Scenario, canonical_flows, rates_over
from rackc.compiler.analyse.graph import Graph, capacity_graph, is_scale_up, weak_backing
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan

#: With these, and latencies at zero, SimGrid's network model is plain max-min sharing of the stated bandwidths.
EXACT_OPTIONS = (
    "network/model:CM02",
    "network/bandwidth-factor:1",
    "network/latency-factor:1",
    "network/weight-S:0",
    "network/TCP-gamma:0",
    "network/crosstraffic:0",
)

NOTE = (
    "Expected rates are the compiler's own max-min arithmetic over the same bandwidths. "
    "Agreement is consistency, not validation: neither side was measured on hardware."
)


def emit(plan: Plan, report: Report) -> Emitted:  # noqa: ARG001 (the signature is every target's)
    """Write platform.xml, flows.json and run_flows.py."""
    return emit_scenarios(plan, canonical_flows(plan))


def emit_scenarios(plan: Plan, scenarios: Sequence[Scenario]) -> Emitted:
    """As `emit`, for scenarios of one's own; every flow must have a path."""
    graph = capacity_graph(plan)
    flows = [flow for scenario in scenarios for flow in scenario.flows]
    platform = platform_of(plan, graph, flows)
    return Emitted(
        {
            "flows.json": _flows_json(plan, graph, scenarios, platform).encode(),
            "platform.xml": _render("platform.xml.j2", platform=platform).encode(),
            "run_flows.py": _render("run_flows.py.j2", options=EXACT_OPTIONS).encode(),
        },
        tuple(_losses(plan, graph, scenarios, platform)),
    )


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=PackageLoader("rackc.backends.simgrid"),
        undefined=StrictUndefined,
        autoescape=template.endswith(".xml.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["literal"] = repr
    return environment.get_template(template).render(**values)


def _flows_json(plan: Plan, graph: Graph, scenarios: Sequence[Scenario], platform: Platform) -> str:
    def row(flow: Flow, rate: float) -> dict[str, object]:
        return {
            "name": flow.name,
            "source": platform.names[graph.node_of[flow.source]],
            "target": platform.names[graph.node_of[flow.target]],
            "size_bytes": flow.size_bytes,
            "expected_gb_per_s": rate / 1e9,
        }

    document = {
        "design": plan.design,
        "note": NOTE,
        "scenarios": [
            {
                "name": scenario.name,
                "question": scenario.question,
                "flows": [
                    row(flow, rate)
                    for flow, rate in zip(scenario.flows, rates_over(graph, scenario.flows), strict=True)
                ],
            }
            for scenario in scenarios
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _losses(plan: Plan, graph: Graph, scenarios: Sequence[Scenario], platform: Platform) -> list[str]:
    bundles = [node for node in graph.nodes.values() if len(node.members) > 1]
    merged = [trunk for trunk in graph.trunks.values() if len(trunk.links) > 1]
    silent = len(plan.links) - sum(len(trunk.links) for trunk in graph.trunks.values())
    lines = []
    if bundles:
        chips = sum(len(node.members) for node in bundles)
        lines.append(
            f"{chips:,} twin switch chips are {len(bundles):,} router{_s(len(bundles))}: "
            "a transfer is striped over all of them, so a lost chip or an uneven spread cannot be shown"
        )
    if split := _split_gpus(graph):
        lines.append(
            f"{split:,} GPU{_s(split)} reach unlike scale-up switches: a transfer is given one of them, not striped over "
            "all, so its rate is too low"
        )
    if merged:
        count = sum(len(trunk.links) for trunk in merged)
        lines.append(
            f"{count:,} parallel links are {len(merged):,} link{_s(len(merged))} of summed bandwidth and the longest latency"
        )
    if silent:
        lines.append(f"{silent:,} link{_s(silent)} without bandwidth (power, coolant) or between twins left out")
    if any(node.role == "memory-controller" for node in graph.nodes.values()):
        lines.append(
            "memory controllers are a host behind one-way read and write limits: "
            "no modules, channels, interleave, caches or coherence; capacity is a note"
        )
        lines += _weak_limits(plan, graph)
    if platform.routing == "Full":
        lines.append(
            f"only the {platform.pinned:,} routes of the flows and their ways back are written: SimGrid routes through "
            f"devices that do not forward, and its Floyd tables grow with the cube of {len(graph.nodes):,} nodes"
        )
    lines.append(
        "the driver sets latencies to zero by default, because SimGrid's CM02 shares a link in inverse proportion to "
        "latency; bandwidths carry no congestion control and no packets"
    )
    if not scenarios:
        lines.append("the design has no flow to ask about: no GPUs, pool, expansion card or second CPU with a path")
    return lines


def _weak_limits(plan: Plan, graph: Graph) -> list[str]:
    parts = {}
    for node in graph.nodes.values():
        part = plan.instances[node.key].part
        words = {weak_backing(part, name) for name in ("read_bandwidth", "write_bandwidth")} - {""}
        if words and node.role == "memory-controller":
            parts[part.name] = ", ".join(sorted(words))
    return [f"the bandwidth limits of {name} have weak backing ({words})" for name, words in sorted(parts.items())]


def _split_gpus(graph: Graph) -> int:
    """Count GPUs that join two or more scale-up switches that are no twins."""

    def ways(gpu: int) -> int:
        switches = [other for other in graph.neighbours[gpu] if graph.nodes[other].role == "switch"]
        return sum(any(map(is_scale_up, graph.trunk(gpu, other).protocols)) for other in switches)

    return sum(ways(node.key) > 1 for node in graph.nodes.values() if node.role == "gpu")


def _s(count: int) -> str:
    return "" if count == 1 else "s"
