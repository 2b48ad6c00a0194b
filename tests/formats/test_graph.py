"""`rackc graph`: networkx reads what it wrote as the same multigraph, and DOT quotes whatever names hold."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.backends.graph import FORMATS, LEVELS, graph_of
from rackc.backends.graph.dot import quoted
from rackc.compiler.plan import Plan
from tests.examples.building import ROOT, run
from tests.targets.sample_plans import Sketch, part, pooled, scale_up

#: Quotes, backslashes, markup and what a terminal would obey.
ODD = ('"', "\\", '\\"', "a\\", "<b>&amp;", "line\nbreak", "\x07bell", "\u202eover", "é漢🦀", "{x}", "--")


def odd(name: str) -> Plan:
    """Return two things of an odd role, joined by two links beside each other and one of another protocol."""
    sketch = Sketch()
    root = sketch.add(-1, "rack", part("Rack"))
    a, b = (sketch.add(root, f"x[{at}]", part("P", name)) for at in range(2))
    for protocol in ("CXL", "CXL", name):
        sketch.join(a, b, protocol, 10.0)
    return sketch.plan()


def text(plan: Plan, form: str, level: str = "parts", *protocols: str) -> str:
    return "".join(FORMATS[form](graph_of(plan, level, protocols)))


def read(plan: Plan, form: str, level: str = "parts") -> nx.MultiGraph:
    """Return the graph as networkx reads it."""
    written = text(plan, form, level)
    if form == "json":
        return nx.node_link_graph(json.loads(written), edges="edges")
    return nx.read_graphml(io.BytesIO(written.encode()), force_multigraph=True)


def wanted(plan: Plan, level: str = "parts") -> nx.MultiGraph:
    graph = graph_of(plan, level)
    made = nx.MultiGraph()
    made.add_nodes_from(graph.nodes)
    made.add_edges_from(graph.edges)
    return made


def same(a: nx.MultiGraph, b: nx.MultiGraph) -> bool:
    """Whether two graphs have the same nodes, edges, keys and all that is told of them; ends in either order."""

    def edges(graph: nx.MultiGraph) -> list[tuple[list[str], str, dict[str, Any]]]:
        found = [(sorted((x, y)), key, data) for x, y, key, data in graph.edges(keys=True, data=True)]
        return sorted(found, key=lambda edge: edge[1])

    return dict(a.nodes(data=True)) == dict(b.nodes(data=True)) and edges(a) == edges(b)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("form", ["graphml", "json"])
@pytest.mark.parametrize("plan", [scale_up(chips=3), pooled(), odd("it\u0007")], ids=["scale-up", "pooled", "odd"])
def test_networkx_reads_the_same_multigraph_back(plan: Plan, form: str, level: str) -> None:
    assert same(read(plan, form, level), wanted(plan, level))


def test_every_link_is_an_edge_and_addresses_are_names() -> None:
    plan = odd("Other")
    made = read(plan, "graphml")
    assert set(made) == {"rack.x[0]", "rack.x[1]"}
    assert made.number_of_edges("rack.x[0]", "rack.x[1]") == 3
    assert Counter(data["protocol"] for *_, data in made.edges(data=True)) == {"CXL": 2, "Other": 1}
    assert {key for *_, key in made.edges(keys=True)} == {
        f"{plan.ports[link.a].address} -- {plan.ports[link.b].address}" for link in plan.links
    }
    (data,) = (data for *_, data in made.edges(data=True) if data["protocol"] == "Other")
    assert (data["bandwidth_bytes_per_s"], data["length_m"], data["carrier"], data["kind"]) == (
        10e9,
        1.0,
        "Cable",
        "link",
    )


def test_levels_gather_nodes_and_say_what_they_leave_out() -> None:
    plan = scale_up(trays=2, gpus_each=2, chips=2)
    trays = graph_of(plan, "trays")
    assert [name for name, _ in trays.nodes] == ["rack.compute[0]", "rack.compute[1]", "rack.asic[0]", "rack.asic[1]"]
    assert (len(trays.edges), trays.inside) == (8, 0)
    racks = graph_of(plan, "racks")
    assert (len(racks.edges), racks.inside) == (8, 0)  # chips stand nowhere: they stand for themselves
    assert graph_of(pooled(), "trays", ("PCIe",)).inside == 4
    ports = graph_of(plan, "ports")
    assert len(ports.nodes) == 6 + 16
    assert Counter(told["kind"] for *_, told in ports.edges) == {"link": 8, "port": 16}


def test_protocols_are_picked() -> None:
    plan = odd("Other")
    assert {told["protocol"] for *_, told in graph_of(plan, "parts", ("Other",)).edges} == {"Other"}
    assert graph_of(plan, "parts", ("None",)).nodes == ()


_STRING = r'"(?:[^"\\]|\\.)*"'


@pytest.mark.parametrize("name", ODD)
def test_dot_holds_any_name(name: str) -> None:
    lines = text(odd(name), "dot").splitlines()
    assert re.fullmatch(rf"graph {_STRING} \{{", lines[0])
    assert lines[-1] == "}"
    told = rf"\[\w+={_STRING}(?:, \w+={_STRING})*\];"
    for line in lines[1:-1]:
        assert re.fullmatch(rf"  {_STRING}(?: -- {_STRING})? {told}", line), line
    assert len(lines) == 2 + 2 + 3


@settings(max_examples=200)
@given(st.text())
def test_what_is_quoted_is_read_back(name: str) -> None:
    """Graphviz reads `\\"` as a quote and `\\\\` as a backslash in a label."""
    shown = quoted(name)
    assert re.fullmatch(_STRING, shown, re.DOTALL)
    assert re.sub(r"\\(.)", r"\1", shown[1:-1], flags=re.DOTALL) == name


def test_the_command_writes_to_standard_output() -> None:
    done = run("graph", str(ROOT / "examples" / "nvl72.rack"), "--format", "json", "--protocol", "NVLink")
    assert done.returncode == 0
    made = nx.node_link_graph(json.loads(done.stdout), edges="edges")
    assert made.number_of_edges() == 1296
    assert Counter(data["role"] for _, data in made.nodes(data=True)) == {"gpu": 72, "switch": 18}
    assert made.nodes["rack.compute[0].gpu[0]"] == {
        "kind": "part", "part": "B200", "role": "gpu", "rack": "rack", "tray": "rack.compute[0]",
    }  # fmt: skip


def test_the_command_says_what_it_leaves_out_and_what_it_does_not_know() -> None:
    done = run("graph", str(ROOT / "examples" / "nvl72.rack"), "--level", "trays", "--format", "dot")
    assert "left out: 180 links" in done.stderr
    assert done.stdout.startswith('graph "Main" {\n')
    done = run("graph", str(ROOT / "examples" / "nvl72.rack"), "--protocol", "NVlink")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `NVLink`?" in done.stderr
