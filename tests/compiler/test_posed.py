"""What a pool says, as the problem that it becomes and the Plan that it comes to: promises, budgets, groups, rates, switches."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rackc
from rackc.compiler.choices import Choices
from rackc.compiler.modules import design_of, link_modules
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.optimize.problem import Limit, Loss
from rackc.compiler.pipeline import elaborate
from rackc.compiler.plan import Pool, PoolSharing
from rackc.compiler.pool_rates import WAYS, rates_of_controllers, rates_of_links
from rackc.compiler.pool_regions import weights_of
from rackc.compiler.settings import DEFAULTS
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source
from rackc.loader import FileLoader

_TEXT = """edition 2026
from astera.leo import LeoA1000
from cxl.modules import CxlModule
from cxl.switches import CxlSwitch
from intel.hosts import XeonHost
from std.cables import AriesSmartCable8, CxlCopper8
from std.carriers import CardSlot
from std.interfaces import Cxl2
from std.memory import rdimm_64
from std.shelves import CxlShelf
part Device: CxlModule(256 GiB) {
  uses = ["pooling"]; price = 900 USD; tdp = 30 W; latency = 200..300 ns
  read_bandwidth = 20..25 GB/s; logical_devices = 6
}
part Switch: CxlSwitch {
  price = 5_000 USD; tdp = 50 W; latency = 100..150 ns
  port port[8]: Cxl2
  port bay[4]:  Cxl2(8, "E3.S", "down")
}
shelf Box {
  role = "memory-shelf"; height = 2 U; tdp = 9 W; mass = 9 kg
  switch: Switch
  device[4]: Device at slot(1..4)
  connect switch.bay -- device[*].head : CardSlot
}
rack R: std.racks.Eia48 {
  host[4]: XeonHost at u(1..7 step 2)
  jbom[2]: CxlShelf(slots = 4, card = LeoA1000) at u(9, 25)
  box[2]:  Box at u(13, 15)
  pool kv {
    members = MEMBERS; controllers = CANDIDATES
    cables = [CxlCopper8]; demand = W.d
    SAID
  }
}
workload W { demand d: Steady(DEMAND) by cpu }
design Main { rack: R; load: W }
"""
_CARDS, _SWITCHED = "jbom[*].card[*]", "box[*].device[*]"


def _text(said: str, candidates: str, demand: str, members: str) -> str:
    modules = "modules = [rdimm_64]\n    " if candidates == _CARDS else ""
    filled = _TEXT.replace("MEMBERS", members).replace("CANDIDATES", candidates).replace("DEMAND", demand)
    return filled.replace("SAID", modules + said)


def posed(said: str = "", candidates: str = _CARDS, demand: str = "64 GiB", members: str = "host[*]") -> PosedPool:
    """Return the one pool of a rack of four hosts, two shelves of cards and two boxes with a switch."""
    program = link_modules(Source("<text>", _text(said, candidates, demand, members)), FileLoader(Path()))
    design = design_of(program, "")
    assert not isinstance(design, Diagnostic)
    done = elaborate(program, design, Choices({}, {}), DEFAULTS)
    assert not done.failed, [d.message for d in done.diagnostics]
    return done.posed[0]


@cache
def decided(said: str, demand: str, candidates: str = _CARDS, members: str = "host[0]") -> Pool:
    """Return the pool as the Plan has it, solved."""
    result = rackc.compile(_text(said, candidates, demand, members))
    assert result.plan is not None, [d.message for d in result.diagnostics]
    return result.plan.pools[0]


def test_every_promise_stands_for_itself() -> None:
    problem = posed("survive 1 controller for host\n survive 2 link for capacity\n survive 1 shelf for data").problem
    assert problem.losses == (Loss("controller", 1, "host"), Loss("link", 2, "capacity"), Loss("shelf", 1, "data"))
    assert {site.shelf for site in problem.sites} == {0, 1}


def test_budgets_are_in_whole_units_of_the_solver() -> None:
    said = "cost <= 60_000 USD\n power <= 900.5 W\n capacity <= 4 TiB\n controllers <= 10\n cable.length <= 40.5 m"
    assert set(posed(said).problem.limits) == {
        Limit("cost", 6_000_000), Limit("power", 900_500), Limit("capacity", 4096), Limit("controllers", 10),
        Limit("cable.length", 40_500),
    }  # fmt: skip


def test_bounds_on_links_are_those_of_each_host() -> None:
    hosts = posed("links <= 3\n links >= 2").problem.hosts
    assert {(host.least_links, host.most_links) for host in hosts} == {(2, 3)}
    assert {(host.least_links, host.most_links) for host in posed().problem.hosts} == {(0, None)}


def test_groups_and_shapes_go_by_the_place_of_a_host() -> None:
    pool = posed("isolate = [host[2..3], host[0]]\n shape = ring()").problem
    assert [host.group for host in pool.hosts] == ["isolate[1]", "", "isolate[0]", "isolate[0]"]
    assert set(pool.allowed) == {(0, 1), (1, 2), (2, 3), (0, 3)}
    shared = posed('sharing = [host[2..3]]\n coherence = "software"').problem
    assert [group.hosts for group in shared.sharing] == [(2, 3)]


def test_a_changed_link_has_its_price() -> None:
    assert posed("churn = 100 USD").problem.churn_cents == 10_000
    assert posed("churn = 0 USD").problem.churn_cents == 0
    assert posed().problem.churn_cents == 2_500


def test_rates_are_rounded_against_the_pool() -> None:
    pool = posed("utilisation = 50 %", demand="64 GiB, read = 1.0000001 GB/s, write = 0.5 GB/s").problem
    assert {(host.read_mbps, host.write_mbps) for host in pool.hosts} == {(1001, 500)}
    assert {(site.read_mbps, site.write_mbps) for site in pool.sites} == {(16_000, 14_000)}  # 32 and 28 GB/s
    assert pool.link_mbps == 12_608  # 8 lanes x 3.94 GB/s x 0.8


def test_a_switch_is_one_candidate_with_its_devices() -> None:
    pool = posed(candidates=_SWITCHED).problem
    assert [one.address for one in pool.controllers] == ["rack.box[0].switch", "rack.box[1].switch"]
    assert pool.controllers[0].devices == tuple(f"rack.box[0].device[{n}]" for n in range(4))
    assert pool.controllers[0].heads == tuple(f"rack.box[0].switch.port[{n}]" for n in range(8))
    site = pool.sites[0]
    assert (site.heads, site.devices, site.populations, site.max_capacity_gib) == (6, 4, (1,), 256)
    assert (site.cost_cents, site.power_mw) == (500_000, 50_000)
    assert (site.device_cost_cents, site.device_power_mw) == (0, 0)  # memory of its own: a device is its one module
    (module,) = pool.modules
    assert (module.name, module.gib, module.cost_cents, module.power_mw) == ("Device", 256, 90_000, 30_000)
    assert site.read_mbps == int(4 * 20_000 * 0.8)  # the lower reading of four devices


def test_a_read_crosses_a_switch_twice_and_its_cable_both_ways() -> None:
    pool = posed(candidates=_SWITCHED)
    assert pool.latency_ns is not None
    longest = max(c.length_mm for site in pool.problem.sites for c in site.cables if c is not None) / 1000
    low, high = pool.latency_ns.low.to("ns"), pool.latency_ns.high.to("ns")
    assert low == pytest.approx(200 + 2 * 100 + 2 * 4.6 * longest, abs=0.1)
    assert high == pytest.approx(300 + 2 * 150 + 2 * 4.6 * longest, abs=0.1)


def test_only_the_used_switches_and_devices_are_populated_and_paid() -> None:
    pool = decided("minimize cost", "300 GiB", candidates=_SWITCHED)
    (fitted,) = [one for one in pool.controllers if one.populated]
    assert len(fitted.devices) == 2
    assert (fitted.capacity_gib, fitted.module, fitted.modules) == (512, None, 0)
    assert (pool.cost_cents - 590_000 - 90_000) % 100 == 0
    assert pool.power_w == 50 + 2 * 30


def test_a_lost_device_takes_no_link_with_it() -> None:
    pool = decided("survive 1 controller for capacity", "300 GiB", candidates=_SWITCHED)
    (fitted,) = [one for one in pool.controllers if one.populated]
    assert (len(fitted.devices), len(pool.links)) == (3, 1)  # 2 of 256 GiB are left


def test_a_cable_that_only_the_latency_bound_forbids_is_told() -> None:
    near, far = (posed(f"latency <= {most} ns").problem for most in (700, 361))
    assert not any(site.slow for site in near.sites)
    for loose, site in zip(near.sites, far.sites, strict=True):
        lost = {host for host, cable in enumerate(site.cables) if cable is None and loose.cables[host] is not None}
        assert {one.host for one in site.slow} == lost
        assert all(one.cable == loose.cables[one.host] for one in site.slow)
        assert all(one.latency_ns > 361 for one in site.slow)
    assert any(site.slow for site in far.sites)


@pytest.mark.parametrize(("said", "ways"), [
    ("links >= 2", 2),
    ("links >= 2\n survive 1 controller for host", 1),
    ("links >= 2\n assignment = relet(delay = 30 s, granule = 1 GiB)", 1),
])  # fmt: skip
def test_a_host_interleaves_what_lies_alike_and_stays(said: str, ways: int) -> None:
    (region,) = decided(said, "256 GiB").regions
    assert (region.host, region.ways) == (0, ways)
    assert sum(region.weights) >= 1


def test_three_ways_are_a_capability_that_cards_must_state() -> None:
    (region,) = decided("links >= 3\n links <= 3", "384 GiB").regions
    assert (region.ways, region.weights) == (1, (1, 1, 1))


@given(st.lists(st.lists(st.integers(0, 100_000), min_size=3, max_size=3), min_size=1, max_size=4))
def test_weights_are_bytes_in_the_order_of_memory(rows: list[list[int]]) -> None:
    weights, fullest = weights_of(rows), max(rows, key=sum)
    assert all(0 <= weight <= 255 for weight in weights)
    assert [weight > 0 for weight in weights] == [gib > 0 for gib in fullest]
    inside = sorted(zip(fullest, weights, strict=True))
    assert all(a[1] <= b[1] for a, b in pairwise(inside))


_LINKS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 500)), min_size=1, max_size=9)


def _pool(links: list[tuple[int, int, int]], demand: tuple[int, ...], **more: Any) -> Pool:
    """Return a pool of three hosts with links (host, controller, GiB), each host at 6 GB/s both ways."""
    base = decided("links >= 2", "256 GiB")
    return replace(
        base, hosts=(0, 1, 2), links=tuple(range(len(links))), link_host=tuple(h for h, _, _ in links),
        link_controller=tuple(c for _, c, _ in links), slices_gib=(tuple(gib for _, _, gib in links),), demand_gib=(demand,),
        read_bytes_per_s=(6e9,) * 3, write_bytes_per_s=(6e9,) * 3, **more,
    )  # fmt: skip


@given(_LINKS.map(lambda links: list({one[:2]: one for one in links}.values())))
def test_what_a_host_reads_crosses_its_links(links: list[tuple[int, int, int]]) -> None:
    demand = tuple(sum(gib for host, _, gib in links if host == at) for at in range(3))
    pool = _pool(links, demand)
    for way in WAYS:
        of_links, of_controllers = rates_of_links(pool, way), rates_of_controllers(pool, way)
        for at in range(3):
            crossing = sum(rate for k, rate in of_links.items() if links[k][0] == at)
            assert crossing == pytest.approx(6e9 if demand[at] else 0.0)
        assert sum(of_links.values()) == pytest.approx(sum(of_controllers.values()))


def test_of_copies_one_is_read_and_all_are_written() -> None:
    pool = _pool([(0, 0, 50), (0, 1, 50)], (50, 0, 0))
    assert rates_of_links(pool, "read") == {0: 3e9, 1: 3e9}
    assert rates_of_links(pool, "write") == {0: 6e9, 1: 6e9}


def test_blocks_in_common_are_read_where_they_lie() -> None:
    common = (PoolSharing((0, 1), (1,), ((30,),)),)
    pool = _pool([(0, 0, 30), (0, 1, 0), (1, 1, 0)], (30, 0, 0), sharing=common)
    assert rates_of_links(pool, "read") == {0: 3e9, 1: 3e9, 2: 6e9}
    assert rates_of_controllers(pool, "read") == {0: 3e9, 1: 9e9}
