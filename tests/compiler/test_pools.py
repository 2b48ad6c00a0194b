"""Pools that must be refused, or measured right: small designs, one behaviour each."""

from __future__ import annotations

import pytest

import rackc

_BASE = """edition 2026
from std.memory import rdimm_64, rdimm_256
from std.servers import CxlHost
from std.shelves import CxlShelf
from std.cables import CxlCopper8
from std.carriers import BoardTrace
from astera.leo import LeoA1000
{before}
rack P: std.racks.Eia48 {{
  host[2]: CxlHost(cxl = {cxl}) at u(1, 5)
  jbom: CxlShelf(slots = 4, card = LeoA1000, heads = {heads}) at u(9)
  {pool}
  {more}
}}
workload W on rack.host[*] {{ demand d: Steady({demand}) by cpu }}
design Main {{ rack: P; load: W }}
"""
_POOL = """pool {name} {{
    members = {members}; controllers = {controllers}
    modules = [{modules}]; cables = [{cables}]
    demand = W.d
    {bound}
  }}"""


def _pool(
    name: str = "kv", members: str = "host[*]", controllers: str = "jbom.card[*]", modules: str = "rdimm_64",
    cables: str = "CxlCopper8", bound: str = "",
) -> str:  # fmt: skip
    return _POOL.format(
        name=name, members=members, controllers=controllers, modules=modules, cables=cables, bound=bound
    )


def _compile(
    pool: str, more: str = "", before: str = "", cxl: int = 2, heads: int = 2, demand: str = "bytes = 100 GiB"
) -> rackc.Result:
    return rackc.compile(_BASE.format(before=before, cxl=cxl, heads=heads, pool=pool, more=more, demand=demand))


def _codes(result: rackc.Result) -> list[str]:
    return [d.code.value for d in result.diagnostics]


def test_the_base_builds() -> None:
    result = _compile(_pool())
    assert _codes(result) == []
    assert result.plan is not None
    assert result.plan.pools[0].capacity_gib >= 200


def test_two_pools_do_not_share() -> None:
    result = _compile(_pool("a") + "\n  " + _pool("b"))
    assert _codes(result) == ["E0703"]
    assert "is in two pools, rack.a and rack.b" in result.diagnostics[0].message


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        (_pool(controllers="[jbom.card[0], jbom.card[0], jbom.card[1]]"), "rack.jbom.card[0] is listed twice"),
        (_pool(members="[host[0], host[0]]"), "rack.host[0] is listed twice"),
    ],
)
def test_nothing_is_listed_twice(pool: str, words: str) -> None:
    result = _compile(pool)
    assert _codes(result) == ["E0703"]
    assert words in result.diagnostics[0].message


def test_a_connected_card_is_no_candidate() -> None:
    result = _compile(_pool(), "connect host[0].cpu[0].cxl_port[0] -- jbom.card[0].head[0] : CxlCopper8")
    assert _codes(result) == ["E0703"]
    assert "connected already" in result.diagnostics[0].message


def test_of_two_kinds_of_candidates_the_cheaper_is_fitted() -> None:
    before = "part Small(heads = 2): LeoA1000(heads = heads) { price = 1 USD }"
    more = "sm: CxlShelf(slots = 4, card = Small, heads = 2) at u(15)"
    result = _compile(more + "\n  " + _pool(controllers="[jbom.card[*], sm.card[*]]"), before=before)
    assert _codes(result) == []
    assert result.plan is not None
    fitted = [c for c in result.plan.pools[0].controllers if c.populated]
    assert {result.plan.instances[c.instance].part.name for c in fitted} == {"Small"}


def test_latency_counts_the_cable_that_is_bought() -> None:
    before = """link Long { medium = "cable"; protocols = ["CXL"]; connector = "MCIO"; lanes = 8; field = true
  lengths = [7 m]; prices = [10 USD]; reach = 7 m; delay = 4.6 ns/m }"""
    result = _compile(_pool(cables="Long, CxlCopper8", bound="latency <= 362 ns"), before=before)
    assert _codes(result) == []
    assert result.plan is not None
    pool = result.plan.pools[0]
    assert {result.plan.carriers[result.plan.links[k].carrier].part.name for k in pool.links} == {"CxlCopper8"}
    assert pool.latency_ns is not None
    assert pool.latency_ns.high.to("ns") <= 362


def test_a_controller_without_a_price_is_not_free() -> None:
    more = "x: CxlShelf(slots = 4, card = F, heads = 2) at u(15)"
    free = _compile(
        more + "\n  " + _pool(controllers="x.card[*]"),
        before="part F(heads = 2): LeoA1000(heads = heads) { price = none }",
    )
    assert _codes(free) == ["E0306"]


def test_a_ranged_price_counts_as_typical() -> None:
    more = "x: CxlShelf(slots = 4, card = F, heads = 2) at u(15)"
    before = "part F(heads = 2): LeoA1000(heads = heads) { price = 1000..2000 USD typ 1500 USD }"
    ranged = _compile(more + "\n  " + _pool(controllers="x.card[*]"), before=before)
    plain = _compile(more + "\n  " + _pool(controllers="x.card[*]"), before=before.replace("1000..2000 USD typ ", ""))
    assert ranged.plan is not None
    assert plain.plan is not None
    assert ranged.plan.pools[0].cost_cents == plain.plan.pools[0].cost_cents


def test_heads_that_can_never_meet_the_ports_are_said_so() -> None:
    result = _compile(_pool(), heads=1)
    assert _codes(result) == ["E0404"]
    assert "x8 meets x16" in result.diagnostics[0].message


@pytest.mark.parametrize("way", ["read", "write"])
def test_rates_are_spread_so_that_they_fit_the_lower_reading_of_each_card(way: str) -> None:
    result = _compile(_pool(modules="rdimm_256"), cxl=1, demand=f"bytes = 60 GiB, {way} = 18 GB/s")
    assert _codes(result) == []
    assert result.plan is not None
    assert sum(c.populated for c in result.plan.pools[0].controllers) == 2


def test_memory_is_spread_so_that_its_traffic_fits_the_links() -> None:
    demand = "bytes = [200 GiB, 40 GiB], read = [30 GB/s, 0 GB/s]"
    result = _compile(_pool(modules="rdimm_256"), demand=demand)
    assert _codes(result) == []
    assert result.plan is not None
    pool = result.plan.pools[0]
    held = [gib for k, gib in enumerate(pool.slices_gib[0]) if pool.link_host[k] == 0]
    assert sum(held) == 200
    assert max(held) / 200 * 30 <= 16.2


def test_modules_of_the_pool_are_weighed() -> None:
    result = _compile(_pool())
    assert result.plan is not None
    assert result.report is not None
    cards = [c for c in result.plan.pools[0].controllers if c.populated]
    modules = sum(c.modules for c in cards)
    empty = 2 * (40 + 8 * 1.6) + 18
    assert result.report.racks[0].mass_kg == pytest.approx(empty + 0.9 * len(cards) + 0.05 * modules)


def test_a_trace_does_not_leave_its_tray() -> None:
    statement = "connect host[0].cpu[0].cxl_port[0] -- jbom.card[3].head[0] : BoardTrace"
    result = _compile(_pool(controllers="jbom.card[0..2]"), statement)
    assert _codes(result) == ["E0408"]
    assert "cannot leave its tray" in result.diagnostics[0].message
