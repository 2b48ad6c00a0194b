"""What a full report tells of fabrics: tiers, ways and every single failure, of designs whose figures are plain."""

from __future__ import annotations

import json
from functools import cache

import pytest

import rackc
from rackc.backends.report import emit
from rackc.backends.report.summary import headline
from rackc.compiler.analyse.depth import depth
from rackc.compiler.analyse.report import Bounds, Depth, Report, WayReport
from rackc.compiler.plan import Plan
from tests.effort import steps
from tests.examples.building import ROOT

PARTS = """
interface I { protocol = "X"; lanes = 1; bandwidth = 1 GB/s }
interface M { protocol = "CXL"; lanes = 1; bandwidth = 1 GB/s }
link C { medium = "cartridge"; protocols = ["X", "CXL"]; delay = 4..6 ns/m typ 5 ns/m; mean_length = 2 m }
part E { role = "gpu"; hbm = 10 GiB; port a: I }
part S { role = "switch"; forwards = true; latency = 100..300 ns typ 200 ns; port a[8]: I }
part Cpu { role = "cpu"; forwards = true; memory = 100 GiB; port m[2]: M }
part Dimm { role = "memory"; capacity = 64 GiB }
part Card { role = "memory-controller"; port m[2]: M; dimm[2]: Dimm }
tray Node { height = 1 U; e[2]: E }
tray Box { height = 1 U; s: S }
"""
#: Two racks of two nodes with two ends each; a leaf a rack, two spines.
DESIGN = f"""{PARTS}
rack R {{ units = 42; pitch = "U"; node[2]: Node at u(1, 2); leaf: Box at u(3)
  connect node[*].e[*].a -- leaf.s.a[0..3] : C
}}
rack Top {{ units = 42; pitch = "U"; box[2]: Box at u(1, 2) }}
design Main {{
  r[2]: R; top: Top
  connect r[*].leaf.s.a[4..5] -- top.box[*].s.a[0..1] : C by all_to_all
}}
"""


@cache
def of_text(text: str) -> tuple[Plan, Report, Depth]:
    result = rackc.compile(text)
    assert result.plan is not None, [d.message for d in result.diagnostics]
    assert result.report is not None
    return result.plan, result.report, depth(result.plan, result.report)


def test_tiers() -> None:
    _, _, found = of_text(DESIGN)
    assert [(t.fabric, t.tier, t.switches, t.down_each_way, t.up_each_way, t.worst) for t in found.tiers] == [
        ("X", 1, 2, 8e9, 4e9, 2.0),
        ("X", 2, 2, 4e9, 0.0, None),
    ]


def test_ways_by_where_the_ends_stand() -> None:
    """One link: 8 to 12 ns, typically 10; one switch: 100 to 300 ns, typically 200."""
    _, _, found = of_text(DESIGN)
    assert found.ways == (
        WayReport("X", "gpu to gpu", "in a tray", 4, 2, 2, Bounds(116.0, 324.0), 220.0, 1e9, 1, 1),
        WayReport("X", "gpu to gpu", "in a rack", 8, 2, 2, Bounds(116.0, 324.0), 220.0, 1e9, 1, 1),
        WayReport("X", "gpu to gpu", "between racks", 16, 4, 4, Bounds(332.0, 948.0), 640.0, 1e9, 1, 1),
    )


def test_failures_are_told_once_for_all_that_come_to_the_same() -> None:
    """All to all, what leaves a leaf is 16 pairs' over 2 GB/s, or over 1; with a leaf lost its four ends are cut off."""
    _, _, found = of_text(DESIGN)
    told = [(row.what, row.of, row.count, row.cut_off, row.pair_left, row.example) for row in found.failures]
    assert told == [
        ("X link", "E to S", 8, 1, 1.0, "r[0].node[0].e[0] -- r[0].leaf.s"),
        ("X link", "S to S", 4, 0, 1.0, "r[0].leaf.s -- top.box[0].s"),
        ("X switch", "S", 2, 4, 1.0, "r[0].leaf.s"),
        ("X switch", "S", 2, 0, 1.0, "top.box[0].s"),
    ]
    halved = [row.all_to_all_left for row in found.failures if row.cut_off == 0]
    assert [(share.low, share.high) for share in halved if share is not None] == [pytest.approx((0.5, 0.5))] * 2


def test_memory_is_lost_with_its_card_or_the_last_link_to_it() -> None:
    text = f"""{PARTS}
tray T {{ cpu[2]: Cpu; card[2]: Card
  connect cpu[0].m[0] -- card[0].m[0] : C; connect cpu[1].m[0] -- card[0].m[1] : C; connect cpu[1].m[1] -- card[1].m[0] : C
}}
design Main {{ t: T }}
"""
    _, report, found = of_text(text)
    total = sum(gib for _, gib in report.memory_gib)
    assert total == 2 * 100 + 4 * 64
    told = {(row.what, row.count, row.example): row.memory_left_gib for row in found.failures}
    assert told == {
        ("CXL link", 2, "t.cpu[0] -- t.card[0]"): total,  # the other of the two reaches it
        ("CXL link", 1, "t.cpu[1] -- t.card[1]"): total - 128,
        ("memory controller", 2, "t.card[0]"): total - 128,
    }


def test_power_is_told_with_what_is_left_of_it() -> None:
    text = """
from std.power import RackPdu
tray T { height = 1 U; tdp = 2 kW; g: G }
part G { role = "gpu"; hbm = 10 GiB }
rack R { units = 42; a: RackPdu(feed = "A"); t: T at u(1) }
design Main { r[3]: R }
"""
    _, _, found = of_text(text)
    (feed, *_) = found.failures
    assert (feed.what, feed.count, feed.cut_off, feed.memory_left_gib, feed.spare_w) == ("1 feed", 3, 1, 20.0, -2000.0)


def test_an_nvl72_is_looked_at_in_full_and_quickly() -> None:
    result = rackc.compile(ROOT / "examples" / "nvl72.rack", solve=False)
    assert result.plan is not None
    assert result.report is not None
    plan, report = result.plan, result.report
    assert steps(lambda: depth(plan, report)) < 10_000_000
    found = depth(plan, report)
    link, switch = (row for row in found.failures if row.what.startswith("NVLink"))
    assert (link.count, switch.count) == (1296, 18)
    for row in (link, switch):
        assert not row.sampled
        assert row.pair_left == pytest.approx(17 / 18)
        assert row.all_to_all_left is not None
        assert row.all_to_all_left.exact
        assert row.all_to_all_left.high == pytest.approx(17 / 18)
    assert {(way.bandwidth_each_way, way.paths, way.separate_paths) for way in found.ways} == {(900e9, 18, 18)}
    assert [(way.place, way.pairs) for way in found.ways] == [
        ("in a tray", 18 * 6),
        ("in a rack", 72 * 71 // 2 - 18 * 6),
    ]


def test_domains_of_many_kinds_are_told_in_few_lines() -> None:
    """Ten trays of two to eleven ends, five times each, and one of two: the largest kinds are told, the rest summed."""
    text = f"""{PARTS}
tray T(ends: whole) {{ e[ends]: E; s: W(ends); connect e[*].a -- s.a : C }}
part W(ends: whole) {{ role = "switch"; forwards = true; port a[ends]: I }}
design Main {{
  for n in 2..11 {{ for k in 0..4 {{ t[10 * n + k]: T(n) }} }}
  last: T(2)
}}
"""
    plan, report, found = of_text(text)
    (row,) = report.fabrics
    assert [(domain.alike, domain.endpoints, domain.diameter) for domain in row.domains] == [
        (5, n, 2) for n in (11, 10, 9, 8, 7, 6)
    ]
    links = [row for row in found.failures if row.what == "X link"]
    assert [(row.count, row.cut_off) for row in links] == [(n * 5 + (2 if n == 2 else 0), 1) for n in (2, 3, 4, 5)]
    lines = [line for line in headline(plan, report) if "domains" in line]
    assert lines[0] == "  5 domains of 11 endpoints each: 11 links, bisection 5 GB/s each way, diameter 2 links"
    assert lines[-1] == "  and 21 more domains, with 72 endpoints"
    assert len(lines) == 7


def test_the_report_holds_it() -> None:
    plan, report, found = of_text(DESIGN)
    files = emit(plan, report).files
    data = json.loads(files["report.json"])["depth"]
    assert {key: len(rows) for key, rows in data.items()} == {
        "widths": 1,
        "tiers": 2,
        "ways": 3,
        "failures": len(found.failures),
    }
    text = files["report.txt"].decode()
    for line in ("X 1 2 8 GB/s 4 GB/s 2 2", "X 2 2 4 GB/s 0 B/s - -", "X link E to S 8 1 100.0% 100.0% r[0].node[0].e[0] -- r[0].leaf.s",
                 "X gpu to gpu between racks 16 4 332 to 948 ns (typ 640) 1 GB/s 1 1"):  # fmt: skip
        assert line in [" ".join(row.split()) for row in text.splitlines()]
