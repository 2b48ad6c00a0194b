"""Laws that hold for any design: counts multiply, every target emits, bytes repeat, what is written reads back."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

import rackc
from rackc.backends import TARGETS
from rackc.compiler.plan import Plan


@dataclass(frozen=True)
class Shape:
    """A random scale-up rack: `trays` of `gpus`, `switches` trays of `chips`, `links` from each GPU to each chip."""

    trays: int
    gpus: int
    switches: int
    chips: int
    links: int

    def text(self) -> str:
        """The design."""
        ends, middle = self.gpus * self.trays, self.chips * self.switches
        return f"""edition 2026
interface L {{ protocol = "NVLink"; generation = 5; lanes = 2; connector = "x"; bandwidth = 50 GB/s }}
link C {{ medium = "cartridge"; protocols = ["NVLink"]; field = true; price = 7 USD }}
part G {{ role = "gpu"; tdp = 3 W; price = 11 USD; port p[{middle * self.links}]: L }}
part S {{ role = "switch"; forwards = true; tdp = 5 W; port p[{ends * self.links}]: L }}
tray T {{ height = 1 U; role = "compute-tray"; mass = 2 kg; gpu[{self.gpus}]: G }}
tray W {{ height = 1 U; role = "switch-tray"; mass = 3 kg; chip[{self.chips}]: S }}
rack R: std.racks.Eia(units = 400) {{
  t[{self.trays}]: T at u(1..{self.trays})
  w[{self.switches}]: W at u({self.trays + 1}..{self.trays + self.switches})
  connect t[*].gpu[*].p -- w[*].chip[*].p : C by all_to_all(links = {self.links})
}}
design D {{ r: R }}
"""


shapes = st.builds(
    Shape,
    st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3),
)  # fmt: skip


def _plan(shape: Shape) -> tuple[Plan, rackc.Result]:
    result = rackc.compile(shape.text())
    assert not [d for d in result.diagnostics if d.is_error], result.diagnostics
    assert result.plan is not None
    return result.plan, result


@settings(max_examples=40, deadline=None)
@given(shapes)
def test_counts_multiply(shape: Shape) -> None:
    plan, result = _plan(shape)
    assert result.report is not None
    gpus, chips = shape.trays * shape.gpus, shape.switches * shape.chips
    assert len(plan.links) == gpus * chips * shape.links
    degree = Counter(plan.ports[end].owner for link in plan.links for end in (link.a, link.b))
    assert {degree[i.index] for i in plan.with_role("gpu")} == {chips * shape.links}
    assert {degree[i.index] for i in plan.with_role("switch")} == {gpus * shape.links}
    (rack,) = result.report.racks
    assert rack.peak_w == gpus * 3 + chips * 5
    assert rack.mass_kg == shape.trays * 2 + shape.switches * 3
    assert result.report.cost_cents == 100 * (gpus * 11 + len(plan.links) * 7 + 2500)
    (fabric,) = result.report.fabrics
    assert (fabric.bisection_each_way or 0.0) == gpus // 2 * chips * shape.links * 50e9


@settings(max_examples=15, deadline=None)
@given(shapes)
def test_every_target_emits_the_same_bytes_twice(shape: Shape) -> None:
    plan, first = _plan(shape)
    again, second = _plan(shape)
    assert first.report is not None
    assert second.report is not None
    for name, (_, load) in TARGETS.items():
        assert load()(plan, first.report).files == load()(again, second.report).files, name


@settings(max_examples=15, deadline=None)
@given(shapes)
def test_plan_json_reads_back_to_the_same_graph(shape: Shape) -> None:
    plan, result = _plan(shape)
    assert result.report is not None
    document = json.loads(TARGETS["plan"][1]()(plan, result.report).files["plan.json"])
    owner = {port["address"]: port["owner"] for port in document["ports"]}
    read = Counter(frozenset((owner[link["a"]], owner[link["b"]])) for link in document["links"])
    address = {i.index: i.address for i in plan.instances}
    meant = Counter(
        frozenset((address[plan.ports[link.a].owner], address[plan.ports[link.b].owner])) for link in plan.links
    )
    assert read == meant


@settings(max_examples=15, deadline=None)
@given(shapes)
def test_the_simgrid_platform_keeps_every_gpus_bandwidth(shape: Shape) -> None:
    plan, result = _plan(shape)
    assert result.report is not None
    root = ET.fromstring(TARGETS["simgrid"][1]()(plan, result.report).files["platform.xml"])
    bandwidth = {link.get("id"): float(str(link.get("bandwidth")).removesuffix("GBps")) for link in root.iter("link")}
    graph = nx.MultiGraph()
    for route in root.iter("route"):
        for part in route.iter("link_ctn"):
            graph.add_edge(route.get("src"), route.get("dst"), gb=bandwidth[part.get("id")])
    gpus = [h.get("id") for h in root.iter("host") if any(p.get("value") == "gpu" for p in h.iter("prop"))]
    assert len(gpus) == shape.trays * shape.gpus
    for gpu in gpus:
        total = sum(data["gb"] for _, _, data in graph.edges(gpu, data=True))
        assert round(total, 6) == shape.switches * shape.chips * shape.links * 50
