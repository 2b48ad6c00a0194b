"""What is left of a rack's sources and what flows then, against trying every way in which a loss can come about."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rackc
from rackc.compiler.analyse.report import PowerCase, RackReport
from rackc.compiler.analyse.supply import available, sources


@dataclass(frozen=True)
class Shelf:
    """A power shelf: its feed, rating in kW, supplies, and what each gives."""

    feed: str
    rating: int
    supplies: int
    each: int

    def text(self, name: str, unit: int) -> str:
        return (
            f'  {name}: S("{self.feed}", {self.rating} kW, {self.supplies}, {self.each} kW) at u({unit})\n'
            if self.supplies
            else f'  {name}: P("{self.feed}", {self.rating} kW) at u({unit})\n'
        )

    def gives(self, lost: int) -> int:
        """What is left, kW, with some supplies lost; one that states none is lost with the first."""
        if not self.supplies:
            return 0 if lost else self.rating
        return min(self.rating, max(self.supplies - lost, 0) * self.each)


_PARTS = """shelf S(feed, rating, supplies, supply_rating) {
  role = "power-shelf"; height = 1 U; mass = 1 kg; efficiency = 80 %
}
shelf P(feed, rating) { role = "power-shelf"; height = 1 U; mass = 1 kg }
tray T(tdp) { height = 1 U; mass = 1 kg }
"""

shelves = st.builds(Shelf, st.sampled_from("ABC"), st.integers(1, 9), st.integers(1, 3), st.integers(1, 4))
maybe_bare = st.builds(Shelf, st.sampled_from("ABC"), st.integers(1, 9), st.integers(0, 3), st.integers(1, 4))


def rack_of(parts: list[Shelf], trays: list[int], more: str = "") -> tuple[rackc.Result, RackReport]:
    """Return what comes of a rack with shelves and trays in turn from the floor: shelf, tray, shelf, tray …"""
    standing = [shelf.text(f"s{at}", 2 * at + 1) for at, shelf in enumerate(parts)]
    standing += [f"  t{at}: T({load} kW) at u({2 * at + 2})\n" for at, load in enumerate(trays)]
    body = "".join(standing)
    text = f"{_PARTS}rack R {{\n  units = 40; bus_voltage = 50 V; {more}\n{body}}}\ndesign Main {{ r: R }}\n"
    result = rackc.compile(text, solve=False)
    assert result.report is not None, result.diagnostics
    return result, result.report.racks[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(maybe_bare, min_size=1, max_size=3), st.integers(0, 4))
def test_supplies_are_lost_where_it_hurts_most(parts: list[Shelf], count: int) -> None:
    result, rack = rack_of(parts, [1])
    assert result.plan is not None
    ways = product(*(range((p.supplies or 1) + 1) for p in parts))
    count = min(count, sum(p.supplies or 1 for p in parts))
    least = min(sum(p.gives(n) for p, n in zip(parts, way, strict=True)) for way in ways if sum(way) == count)
    found = available(sources(result.plan, rack.instance), (count, "supplies"))
    assert found == pytest.approx(1000 * least)


def _ways(parts: list[Shelf], case: str) -> list[list[float]]:
    """Return what each shelf gives, kW, in every way in which a case comes about."""
    full = [float(p.gives(0)) for p in parts]
    match case:
        case "all supplies running":
            return [full]
        case "1 supply lost":
            return [[float(p.gives(at == k)) for k, p in enumerate(parts)] for at in range(len(parts))]
        case "1 shelf lost":
            return [[0.0 if at == k else full[k] for k in range(len(parts))] for at in range(len(parts))]
        case _:
            return [
                [0.0 if p.feed == feed else w for p, w in zip(parts, full, strict=True)]
                for feed in {p.feed for p in parts}
            ]


def _busbar(given_kw: list[float], trays: list[int]) -> float:
    """Return the greatest current along the busbar, A: each shelf is one unit below the tray of its number.

    The trays draw no more than the shelves give.
    """
    load = float(min(sum(trays), sum(given_kw)))
    worst = below = 0.0
    for at in range(max(len(given_kw), len(trays))):
        below += load * given_kw[at] / sum(given_kw) if at < len(given_kw) else 0.0
        worst = max(worst, abs(below))
        below -= load * trays[at] / sum(trays) if at < len(trays) else 0.0
        worst = max(worst, abs(below))
    return 1000 * worst / 50


@settings(max_examples=60, deadline=None)
@given(st.lists(shelves, min_size=1, max_size=5), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_every_case_is_the_worst_of_its_ways(parts: list[Shelf], trays: list[int]) -> None:
    _, rack = rack_of(parts, trays)
    feeds = [p.feed for p in parts]
    names = ["all supplies running", "1 supply lost", "1 shelf lost", "1 feed lost"]
    if len(set(feeds)) == len(feeds):
        names.remove("1 shelf lost")  # to lose the only shelf of a feed and to lose the feed is one event
    assert [case.name for case in rack.cases] == names
    for case in rack.cases:
        ways = _ways(parts, case.name)
        assert case.available_w == pytest.approx(1000 * min(sum(way) for way in ways))
        flowing = [_busbar(way, trays) for way in ways if sum(way)]
        assert (case.busbar_a is None) == (not flowing)
        assert case.busbar_a is None or case.busbar_a == pytest.approx(max(flowing))
        if flowing:
            drawn = max(min(1000 * sum(way), case.peak_w) for way in ways)
            assert case.drawn_w == pytest.approx(drawn / 0.8)


def _case(rack: RackReport, name: str) -> PowerCase:
    return next(case for case in rack.cases if case.name == name)


def test_the_feed_that_is_lost_matters_to_the_busbar() -> None:
    """Feed A on top: without B, which has as much, all of the load comes past the upper end; without A past the lower."""
    text = f"""{_PARTS}rack R {{
  units = 8; bus_voltage = 50 V; busbar_current = 900 A
  b: S("B", 30 kW, 6, 5 kW) at u(1)
  low: T(5 kW) at u(2)
  high: T(20 kW) at u(3)
  a: S("A", 30 kW, 6, 5 kW) at u(4)
}}
design Main {{ r: R }}
"""
    report = rackc.compile(text, solve=False).report
    assert report is not None
    case = _case(report.racks[0], "1 feed lost")
    assert (case.busbar_a, case.busbar_unit) == (500, 1)


def test_a_budget_beyond_the_parts_flows_where_the_parts_are() -> None:
    _, rack = rack_of([Shelf("A", 30, 6, 5)], [1, 2], "power_budget = 12 kW;")
    assert _case(rack, "all supplies running").busbar_a == 12_000 / 50


def test_a_shelf_without_a_feed_or_supplies_leaves_those_cases_untold() -> None:
    text = f"""{_PARTS}shelf Q {{ role = "power-shelf"; height = 1 U; rating = 9 kW }}
rack R {{ units = 8; busbar_current = 1 A; a: Q at u(1); b: S("B", 9 kW, 3, 3 kW) at u(2); t: T(4 kW) at u(3) }}
design Main {{ r: R }}
"""
    report = rackc.compile(text, solve=False).report
    assert report is not None
    assert [case.name for case in report.racks[0].cases] == ["all supplies running", "1 shelf lost"]


@pytest.mark.parametrize(("stated", "typical", "steady", "peak", "transient"), [
    ("tdp = 2..3 kW", 2.5, 3, 3, 3),
    ("tdp = 2..3 kW typ 2 kW; peak = 5 kW", 2, 3, 5, 5),
    ("tdp = 2 kW; power_budget = 9..12 kW typ 9 kW", 9, 12, 12, 12),
    ("tdp = 2 kW; power_budget = 9 kW; peak = 11 kW", 9, 9, 11, 11),
    ("tdp = 2 kW; power_budget = 9 kW; peak = 11 kW; transient = 1.4", 9, 9, 11, 12.6),
    ("tdp = 2 kW; power_budget = 9 kW; peak = 11 kW; p: P", 9, 9, 11, 11),
    ("tdp = 2 kW; peak = 7 kW; transient = 2", 2, 2, 7, 7),
    ("tdp = 2 kW; transient = 3; p: P", 3, 3, 3, 9),
    ("tdp = 2 kW; p: P { transient = 4 }", 3, 3, 3, 6),
    ("tdp = 2 kW; p: P { peak = 3 kW }", 3, 3, 5, 5),
])  # fmt: skip
def test_loads(stated: str, typical: float, steady: float, peak: float, transient: float) -> None:
    """What a thing draws typically, for as long as it likes, at peak and for moments, kW."""
    rules = "; ".join(
        f"require power.{name} == {value} kW"
        for name, value in (("typical", typical), ("steady", steady), ("peak", peak), ("transient", transient))
    )
    text = f"part P {{ tdp = 1 kW }}\ntray T {{ {stated}; {rules} }}\ndesign Main {{ t: T }}\n"
    result = rackc.compile(text, solve=False)
    assert not result.diagnostics
    assert result.rules_held == 4


def test_a_published_rack_rides_through_a_supply_and_not_through_a_feed() -> None:
    """GB300 NVL72: 135 kW, 155 kW at peak (NV-LENOVO), on eight shelves of 33 kW (NV-FACTS)."""
    _, rack = rack_of(
        [Shelf("AB"[at % 2], 33, 6, 5) for at in range(8)], [], "power_budget = 135 kW; peak = 155 kW; transient = 1.4"
    )
    feed, moment = _case(rack, "1 feed lost"), _case(rack, "transient peak")
    assert (feed.available_w, feed.peak_w) == (120_000, 155_000)
    assert moment.available_w == 240_000
    assert moment.peak_w == pytest.approx(189_000)


_CIRCUIT = """part F(feed, rating) {{ role = "pdu"; ac_voltage = 400 V; phases = {phases}; power_factor = 0.9 }}
part W {{ role = "whip"; rated_current = 100 A }}
part K {{ role = "breaker"; rated_current = 50 A; continuous_share = 0.8 }}
tray T {{ height = 1 U; mass = 1 kg; tdp = 12 kW; peak = 18 kW }}
rack R {{
  units = 4
  a: F("A", 20 kW) {{ w[2]: W }}
  b: F("B", 40 kW) {{ w: W {{ k: K }} }}
  k[4]: K {{ feed = "A" }}
  t: T at u(1)
}}
design Main {{ r: R }}
"""


@pytest.mark.parametrize(("phases", "volts"), [(1, 400), (3, 400 * 3**0.5)])
def test_what_flows_through_whips_and_breakers(phases: int, volts: float) -> None:
    """A feed alone carries the whole load, in two whips or one and in four breakers or one; the breakers count 80 %."""
    result = rackc.compile(_CIRCUIT.format(phases=phases), solve=False)
    assert result.report is not None
    rows = {row.what: row for row in result.report.racks[0].currents}
    each = 1000 / (volts * 0.9)
    assert rows["whip"].amps == pytest.approx(18 * each)
    assert rows["breaker"].amps == pytest.approx(18 * each)
    assert rows["breaker"].limit_a == 50
    assert {row.case for row in rows.values()} == {"1 feed lost"}
    assert {row.what: row.things for row in rows.values()} == {"whip": 3, "breaker": 5}


def test_the_inlet_and_the_output_of_a_shelf_at_their_lowest_voltage() -> None:
    text = """shelf S(feed) {
  role = "power-shelf"; height = 1 U; rating = 18 kW; efficiency = 90 %; mass = 1 kg
  ac_voltage = 360..400 V; phases = 1; ac_current = 100 A; output_voltage = 45..51 V; output_current = 900 A
}
part U { role = "power-shelf" }
tray T { height = 1 U; mass = 1 kg; tdp = 9 kW }
rack R { units = 4; bus_voltage = 50 V; busbar_current = 900 A; a: S("A") at u(1); t: T at u(2) }
rack Q { units = 4; bus_voltage = 50 V; busbar_current = 900 A; a: S("A") at u(1); t: T at u(2); u: U }
design Main { r: R; q: Q }
"""
    report = rackc.compile(text, solve=False).report
    assert report is not None
    r, q = report.racks
    assert {row.what: row.amps for row in r.currents} == pytest.approx({"output": 9000 / 45, "inlet": 9000 / 0.9 / 360})
    assert q.currents == ()  # one source of unknown rating, and nothing is known of how they share


def test_the_continuous_share_holds_for_the_steady_load() -> None:
    result = rackc.compile(_CIRCUIT.format(phases=1).replace("peak = 18 kW", "peak = 13 kW"), solve=False)
    assert result.report is not None
    row = next(row for row in result.report.racks[0].currents if row.what == "breaker")
    assert row.limit_a == pytest.approx(40)
    assert row.amps == pytest.approx(12_000 / (400 * 0.9))
