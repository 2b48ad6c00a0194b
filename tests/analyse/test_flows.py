"""The compiler's bandwidth arithmetic against figures worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.analyse.flows import Flow, canonical_flows, capacities, fair_rates, resources_of
from rackc.compiler.analyse.graph import capacity_graph
from rackc.compiler.plan import Plan
from tests.targets.sample_plans import CARD, CPU, GPU, PCIE_SWITCH, UNLIMITED_CARD, Sketch

from tests.targets.sample_plans import bare, expansion, mesh, part, pooled, scale_up  # isort: skip

GIB = 2**30


def at(plan: Plan, address: str) -> int:
    """Return the index of an address."""
    return next(i.index for i in plan.instances if i.address == address)


def rates(plan: Plan, *pairs: tuple[str, str]) -> list[float]:
    """Return fair rates in GB/s between addresses."""
    flows = [Flow(at(plan, a), at(plan, b), GIB, "") for a, b in pairs]
    return [rate / 1e9 for rate in fair_rates(plan, flows)]


def scenario_rates(plan: Plan) -> dict[str, list[float]]:
    """Return GB/s of each canonical scenario."""
    return {s.name: [rate / 1e9 for rate in fair_rates(plan, s.flows)] for s in canonical_flows(plan)}


def test_a_transfer_is_striped_over_twin_switch_chips() -> None:
    plan = scale_up(trays=2, gpus_each=2, chips=18)
    assert rates(plan, ("rack.compute[0].gpu[0]", "rack.compute[1].gpu[1]")) == [900.0]
    graph = capacity_graph(plan)
    assert [len(node.members) for node in graph.nodes.values() if node.role == "switch"] == [18]


def test_a_management_port_does_not_tell_twins_apart() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    gpus = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    for chip in range(2):
        asic = s.add(root, f"asic[{chip}]", PCIE_SWITCH)
        s.join(asic, s.add(root, f"bmc[{chip}]", part("Bmc")), "PCIe", 1)
        for gpu in gpus:
            s.join(gpu, asic, "NVLink", 50)
    assert rates(s.plan(), ("rack.gpu[0]", "rack.gpu[1]")) == [100.0]


@pytest.mark.parametrize("protocol", ["Ethernet", "InfiniBand", "PCIe", "CXL"])
def test_switches_of_one_path_protocols_are_not_bundled(protocol: str) -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    gpus = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    for chip in range(2):
        asic = s.add(root, f"asic[{chip}]", PCIE_SWITCH)
        for gpu in gpus:
            s.join(gpu, asic, protocol, 50)
    assert rates(s.plan(), ("rack.gpu[0]", "rack.gpu[1]")) == [50.0]


def test_unlike_switches_are_not_bundled() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    gpus = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    for chip, speed in enumerate((50, 60)):
        asic = s.add(root, f"asic[{chip}]", PCIE_SWITCH)
        for gpu in gpus:
            s.join(gpu, asic, "NVLink", speed)
    assert rates(s.plan(), ("rack.gpu[0]", "rack.gpu[1]")) == [50.0]


def test_flows_into_one_gpu_share_and_the_rest_is_filled() -> None:
    plan = scale_up(trays=2, gpus_each=2, chips=2)
    a, b, c, d = (f"rack.compute[{t}].gpu[{g}]" for t in range(2) for g in range(2))
    # a->d and b->d share d's 100 GB/s; b->c takes what b has left.
    assert rates(plan, (a, d), (b, d), (b, c)) == [50.0, 50.0, 50.0]
    assert rates(plan, (a, d), (b, d), (c, d), (a, c)) == pytest.approx([100 / 3, 100 / 3, 100 / 3, 200 / 3])


def test_each_direction_has_its_own_bandwidth() -> None:
    plan = scale_up()
    a, d = "rack.compute[0].gpu[0]", "rack.compute[1].gpu[1]"
    assert rates(plan, (a, d), (d, a)) == [100.0, 100.0]


def test_a_controller_limits_reads_and_writes_apart() -> None:
    plan = expansion()
    assert rates(plan, ("rack.host.card", "rack.host.cpu")) == [40.0]  # two links of 25, read limit 40
    assert rates(plan, ("rack.host.cpu", "rack.host.card")) == [20.0]
    assert rates(plan, ("rack.host.card", "rack.host.gpu")) == [32.0]
    both = rates(plan, ("rack.host.card", "rack.host.cpu"), ("rack.host.cpu", "rack.host.card"))
    assert both == [40.0, 20.0]
    assert rates(expansion(UNLIMITED_CARD), ("rack.host.card", "rack.host.cpu")) == [50.0]


def test_only_parts_that_forward_are_passed() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    cpus = [s.add(root, f"cpu[{i}]", CPU) for i in range(2)]
    gpu = s.add(root, "gpu", GPU)
    for cpu in cpus:
        s.join(cpu, gpu, "C2C", 450)
    assert rates(s.plan(), ("rack.cpu[0]", "rack.cpu[1]")) == [0.0]
    assert "cross-socket" not in scenario_rates(s.plan())
    assert rates(mesh(), ("rack.gpu[0]", "rack.gpu[3]")) == [64.0]


def test_of_equal_hops_the_lower_latency_is_taken() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    ends = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    for speed, latency in ((10, 300), (20, 100)):
        middle = s.add(root, f"switch[{speed}]", PCIE_SWITCH)
        for end in ends:
            s.join(end, middle, "PCIe", speed, latency)
    assert rates(s.plan(), ("rack.gpu[0]", "rack.gpu[1]")) == [20.0]


def test_links_without_bandwidth_are_no_path() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    cpus = [s.add(root, f"cpu[{i}]", CPU) for i in range(2)]
    s.join(cpus[0], cpus[1], "busbar", 0)
    assert rates(s.plan(), ("rack.cpu[0]", "rack.cpu[1]")) == [0.0]


def test_scenarios_of_a_scale_up_rack() -> None:
    assert scenario_rates(scale_up(chips=18)) == {"gpu-to-gpu": [900.0], "all-pairs-shift": [900.0] * 4}
    first = canonical_flows(scale_up())[0].flows[0]
    assert first.name == "rack.compute[0].gpu[0] -> rack.compute[1].gpu[1]"


def test_scenarios_of_a_pool() -> None:
    # Two heads of 25 GB/s, a read limit of 40: alone 25, together 20 each.
    expected = {"pool-one-reader": [25.0], "pool-two-readers": [20.0, 20.0], "cross-socket": [48.0]}
    found = scenario_rates(pooled())
    assert {name: found[name] for name in expected} == expected
    readers = {s.name: s.flows for s in canonical_flows(pooled())}["pool-two-readers"]
    assert [f.name for f in readers] == ["rack.card[0] -> rack.host[0].gpu[0]", "rack.card[0] -> rack.host[1].gpu[0]"]
    by_cpu = {s.name: s.flows for s in canonical_flows(pooled("cpu"))}["pool-two-readers"]
    assert [f.name for f in by_cpu] == ["rack.card[0] -> rack.host[0].cpu[0]", "rack.card[0] -> rack.host[1].cpu[0]"]


def test_scenarios_of_an_expansion_card() -> None:
    assert scenario_rates(expansion()) == {"expansion-read": [40.0], "expansion-read-by-gpu": [32.0]}


def test_a_bare_design_asks_nothing() -> None:
    assert canonical_flows(bare()) == ()


def test_more_than_128_gpus_are_not_shifted() -> None:
    assert "all-pairs-shift" not in scenario_rates(scale_up(trays=65, gpus_each=2, chips=1))


PLANS = (scale_up(), mesh(), pooled(), pooled(gpu_gb_per_s=12.5), expansion())


@st.composite
def traffic(draw: st.DrawFn) -> tuple[Plan, list[Flow]]:
    """Some flows between the endpoints of one sample plan."""
    plan = draw(st.sampled_from(PLANS))
    ends = [i.index for i in plan.instances if i.part.role in ("gpu", "cpu", "memory-controller")]
    pair = st.lists(st.sampled_from(ends), min_size=2, max_size=2, unique=True)
    return plan, [Flow(a, b, GIB, "") for a, b in draw(st.lists(pair, min_size=1, max_size=12))]


@settings(max_examples=60, deadline=None)
@given(traffic())
def test_rates_fit_and_no_flow_can_be_raised_alone(case: tuple[Plan, list[Flow]]) -> None:
    plan, flows = case
    graph, found = capacity_graph(plan), fair_rates(plan, flows)
    crossed = [resources_of(graph, flow) for flow in flows]
    limits = capacities(graph)
    used = {r: sum(rate for rate, path in zip(found, crossed, strict=True) if r in path) for r in limits}
    full = {r for r, limit in limits.items() if used[r] >= float(limit) * (1 - 1e-9)}
    assert all(used[r] <= float(limit) * (1 + 1e-9) for r, limit in limits.items())
    for rate, path in zip(found, crossed, strict=True):
        assert (rate > 0) == bool(path)
        # Max-min: each flow has a full resource on which nobody is faster.
        fastest = [max(x for x, p in zip(found, crossed, strict=True) if r in p) for r in path if r in full]
        assert not path or any(rate >= top * (1 - 1e-9) for top in fastest)


def test_no_path_passes_an_endpoint() -> None:
    for plan in PLANS:
        graph = capacity_graph(plan)
        for a, b in pairwise(graph.nodes):
            path = graph.path(a, b) or ()
            assert all(graph.nodes[node].forwards for node in path[1:-1])


def test_the_card_of_the_samples_states_its_limits() -> None:
    assert CARD.typ("read_bandwidth", "B/s") == 40e9
