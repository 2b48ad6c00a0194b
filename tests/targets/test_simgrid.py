"""The SimGrid target: the platform and the flows, read back without SimGrid."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

from rackc.backends.simgrid import emit
from rackc.backends.simgrid.platform import safe_names
from rackc.compiler.plan import Plan
from tests.targets.sample_plans import CPU, EMPTY_REPORT, GPU, PCIE_SWITCH, SERVER, UNLIMITED_CARD, Sketch

from tests.targets.sample_plans import bare, expansion, part, pooled, renamed, scale_up  # isort: skip


def platform(plan: Plan) -> ElementTree.Element:
    """Return the emitted platform's one zone."""
    root = ElementTree.fromstring(emit(plan, EMPTY_REPORT).files["platform.xml"])
    assert (root.tag, root.get("version")) == ("platform", "4.1")
    [zone] = root
    return zone


def bandwidths(zone: ElementTree.Element) -> dict[str, str]:
    """Return each link's bandwidth."""
    return {link.get("id", ""): link.get("bandwidth", "") for link in zone.iter("link")}


def flows(plan: Plan) -> dict[str, list[float]]:
    """Return the expected rates of each scenario in flows.json."""
    document = json.loads(emit(plan, EMPTY_REPORT).files["flows.json"])
    return {s["name"]: [f["expected_gb_per_s"] for f in s["flows"]] for s in document["scenarios"]}


def test_twin_chips_are_one_router_and_their_links_one_link() -> None:
    zone = platform(scale_up(chips=18))
    assert [router.get("id") for router in zone.iter("router")] == ["rack.asic-0"]
    assert len(list(zone.iter("host"))) == 4
    assert set(bandwidths(zone).values()) == {"900GBps"}
    assert bandwidths(zone).keys() >= {"rack.compute-0.gpu-0--rack.asic-0"}
    losses = emit(scale_up(chips=18), EMPTY_REPORT).losses
    assert any(line.startswith("18 twin switch chips are 1 router") for line in losses)
    assert any(line.startswith("72 parallel links are 4 links") for line in losses)


def test_there_is_one_route_for_each_edge() -> None:
    zone = platform(pooled())
    assert zone.get("routing") == "Floyd"
    edges = [(r.get("src"), r.get("dst")) for r in zone.iter("route")]
    assert len(edges) == len(set(edges)) == 2 + 4 + 2 + 2  # sockets, GPUs, heads, read and write sides


def test_a_controller_is_a_host_behind_one_way_limits() -> None:
    zone = platform(pooled())
    assert bandwidths(zone)["rack.card-0~read"] == "40GBps"
    assert bandwidths(zone)["rack.card-0~write"] == "20GBps"
    one_way = {(r.get("src"), r.get("dst")): r.get("symmetrical") for r in zone.iter("route")}
    assert one_way["rack.card-0", "rack.card-0~port"] == "NO"
    assert one_way["rack.card-0~port", "rack.card-0"] == "NO"
    props = {p.get("id"): p.get("value") for h in zone.iter("host") if h.get("id") == "rack.card-0" for p in h}
    assert props == {"address": "rack.card[0]", "part": "Card", "role": "memory-controller", "capacity_gib": "256"}


def test_a_controller_that_states_no_limits_is_a_plain_host() -> None:
    zone = platform(expansion(UNLIMITED_CARD))
    assert not any("~" in name for name in bandwidths(zone))
    assert flows(expansion(UNLIMITED_CARD))["expansion-read"] == [50.0]


def test_flows_carry_the_expected_rates_and_names_that_the_platform_has() -> None:
    assert flows(pooled())["pool-two-readers"] == [20.0, 20.0]
    for plan in (scale_up(), pooled(), expansion()):
        hosts = {host.get("id") for host in platform(plan).iter("host")}
        document = json.loads(emit(plan, EMPTY_REPORT).files["flows.json"])
        rows = [flow for scenario in document["scenarios"] for flow in scenario["flows"]]
        assert all({row["source"], row["target"]} <= hosts for row in rows)
        assert all(row["size_bytes"] >= 8 * 2**30 for row in rows)
        assert "not validation" in document["note"]


def two_ways() -> Plan:
    """Two GPUs with two paths of equal hops: the slower one first."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    ends = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    for speed, latency in ((10, 300), (20, 100)):
        middle = s.add(root, f"switch[{speed}]", PCIE_SWITCH)
        for end in ends:
            s.join(end, middle, "PCIe", speed, latency)
    return s.plan()


def short_cut() -> Plan:
    """CPU to CPU in three hops, or in two through a GPU, which forwards nothing."""
    s = Sketch()
    root = s.add(-1, "host", SERVER)
    cpus = [s.add(root, f"cpu[{i}]", CPU) for i in range(2)]
    switches = [s.add(root, f"switch[{i}]", PCIE_SWITCH) for i in range(2)]
    gpu = s.add(root, "gpu", GPU)
    for cpu in cpus:
        s.join(cpu, gpu, "C2C", 450)
    for a, b in ((cpus[0], switches[0]), (switches[0], switches[1]), (switches[1], cpus[1])):
        s.join(a, b, "PCIe", 64)
    return s.plan()


def test_a_path_that_is_one_of_several_is_written_out() -> None:
    zone = platform(two_ways())
    pinned = [r for r in zone.iter("route") if r.get("symmetrical") == "NO"]
    assert [(r.get("src"), r.get("dst")) for r in pinned] == [
        ("rack.gpu-0", "rack.gpu-1"),
        ("rack.gpu-1", "rack.gpu-0"),
    ]
    assert [step.get("direction") for step in pinned[0]] == ["UP", "DOWN"]
    assert "switch-20" in str(pinned[0][0].get("id"))


def test_where_a_short_cut_passes_a_gpu_only_the_flows_are_routed() -> None:
    zone = platform(short_cut())
    assert zone.get("routing") == "Full"
    assert [len(route) for route in zone.iter("route")] == [3, 3]
    assert any("only the 2 routes" in line for line in emit(short_cut(), EMPTY_REPORT).losses)


def test_a_bare_design_is_a_valid_platform_without_flows() -> None:
    assert list(platform(bare())) == []
    assert flows(bare()) == {}
    assert any("no flow to ask about" in line for line in emit(bare(), EMPTY_REPORT).losses)


def test_names_are_safe_and_never_alike() -> None:
    names = safe_names({0: "a[1]", 1: "a-1", 2: 'site["<&\'$é"].gpu[0]', 3: "a[1"})
    assert len(set(names.values())) == 4
    assert names[0] == "a-1"
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) for name in names.values())


def test_hostile_text_stays_text() -> None:
    evil = ['x"/><host id="y" speed="1Gf', "a'''\n__import__('os')", "\x00\ud800]]>", "${jndi}", "{{ 7 * 7 }}"]
    plan = renamed(scale_up(), evil)
    plan = replace(plan, design='D"""\nimport os')
    made = emit(plan, EMPTY_REPORT).files
    zone = platform(plan)
    assert len(list(zone.iter("host"))) == 4
    shown = {p.get("value") for p in zone.iter("prop") if p.get("id") == "address"}
    assert "{{ 7 * 7 }}" in shown
    json.loads(made["flows.json"])
    assert made["run_flows.py"] == emit(bare(), EMPTY_REPORT).files["run_flows.py"]  # no text of the design's


def test_the_driver_is_python_and_needs_only_simgrid() -> None:
    tree = ast.parse(emit(bare(), EMPTY_REPORT).files["run_flows.py"])
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names == {"argparse", "importlib.util", "json", "pathlib", "simgrid", "subprocess", "sys"}


def test_the_order_of_links_changes_no_byte() -> None:
    plan = scale_up(chips=3)
    turned = replace(plan, links=tuple(replace(link, index=i) for i, link in enumerate(reversed(plan.links))))
    assert emit(turned, EMPTY_REPORT) == emit(plan, EMPTY_REPORT)


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert emit(pooled(), EMPTY_REPORT) == emit(pooled(), EMPTY_REPORT)
