"""Heat is all the power there is, split as stated; flows follow the published rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rackc
from rackc.compiler.analyse.cooling import COOLANTS, pressure_drop
from rackc.compiler.analyse.report import CoolingReport

_DESIGN = """part G(tdp, liquid) {{ }}
shelf S(feed) {{ role = "power-shelf"; height = 1 U; mass = 1 kg; rating = 90 kW; efficiency = 96 % }}
tray T {{ height = 1 U; mass = 1 kg; tdp = {own} W; g[{gpus}]: G({gpu} W, {share}); fan: F }}
part F {{ tdp = 7 W }}
rack R {{
  units = 9; busbar_current = 1 A; coolant = "{coolant}"; coolant_rise = {rise} K; air_rise = 15 K
  {more}
  a: S("A") at u(1)
  b: S("B") at u(2)
  t[{trays}]: T at u(3..{last})
}}
design Main {{ r: R }}
"""


def cooled(**figures: object) -> CoolingReport:
    """Return the cooling of a rack of so many trays of so many GPUs."""
    said = {
        "own": 50,
        "gpus": 2,
        "gpu": 900,
        "share": "1",
        "coolant": "PG25",
        "rise": 10,
        "more": "",
        "trays": 2,
    } | figures
    report = rackc.compile(_DESIGN.format(**said, last=2 + int(str(said["trays"]))), solve=False).report
    assert report is not None
    assert report.racks[0].cooling is not None
    return report.racks[0].cooling


whole = st.integers(1, 2000)


@settings(max_examples=40, deadline=None)
@given(own=whole, gpus=st.integers(1, 4), gpu=whole, percent=st.integers(0, 100), trays=st.integers(1, 4),
       rack=st.integers(0, 100))  # fmt: skip
def test_all_that_is_drawn_becomes_heat(own: int, gpus: int, gpu: int, percent: int, trays: int, rack: int) -> None:
    """The losses of the shelves too; what states no share has that of the thing around it."""
    found = cooled(own=own, gpus=gpus, gpu=gpu, share=f"{percent} %", trays=trays, more=f"liquid = {rack} %")
    each, rest = gpus * gpu, own + 7
    load = trays * (each + rest)
    assert found.liquid_w + found.air_w == pytest.approx(load / 0.96)
    assert found.liquid_w == pytest.approx(
        trays * (each * percent + rest * rack) / 100 + (load / 0.96 - load) * rack / 100
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.integers(1, 50), st.sampled_from(sorted(COOLANTS)), st.integers(1, 40))
def test_a_range_counts_against_both_sides(low: int, more: int, coolant: str, rise: int) -> None:
    found = cooled(share=f"{low} %..{low + more} %", own=0, coolant=coolant, rise=rise)
    assert found.liquid_w == pytest.approx(3600 * (low + more) / 100)
    assert found.air_w == pytest.approx(3600 * (1 - low / 100) + 14 + 3614 * (1 / 0.96 - 1))
    product = COOLANTS[coolant].density * COOLANTS[coolant].specific_heat
    assert found.flow_l_min == pytest.approx(found.liquid_w * 60 / (product * 1000 * rise))
    assert found.airflow_cfm == pytest.approx(1.76 * found.air_w / 15)


def test_pg25_at_ten_kelvin_is_a_litre_and_a_half_for_each_kilowatt() -> None:
    """OCP-LIQ; water carries a little more."""
    assert 1000 * COOLANTS["PG25"].flow(10) == pytest.approx(1.5)
    assert 1000 * COOLANTS["water"].flow(10) == pytest.approx(1.44, abs=0.005)


def test_the_budget_of_a_rack_is_heat_as_well() -> None:
    found = cooled(more="power_budget = 10 kW; liquid = 50 %", share="1")
    assert found.liquid_w + found.air_w == pytest.approx(10_000 / 0.96)
    assert found.liquid_w == pytest.approx(3600 + (6400 + 10_000 * (1 / 0.96 - 1)) / 2)


def test_a_peak_of_moments_is_not_what_cooling_is_sized_for() -> None:
    found = cooled(more="peak = 99 kW; power_budget = 9 kW")
    assert [found.liquid_w, found.air_w] == pytest.approx([3600, 9000 / 0.96 - 3600])


def test_a_shelf_that_states_its_own_load_has_said_what_it_loses() -> None:
    text = """shelf S { role = "power-shelf"; height = 1 U; rating = 9 kW; efficiency = 50 %; tdp = 10 W }
tray T { height = 1 U; tdp = 1 kW }
rack R { units = 4; a: S at u(1); t: T at u(2); require cooling.air == 1.01 kW }
design Main { r: R }
"""
    assert rackc.compile(text, solve=False).rules_held == 1


@pytest.mark.parametrize(
    ("flow", "cv", "kpa"), [(2.1, 0.25, 33.4), (6.4, 0.8, 31.1), (11.4, 1.6, 24.2), (17.8, 2.5, 24.4)]
)
def test_pressure_in_a_quick_disconnect(flow: float, cv: float, kpa: float) -> None:
    """UQD 02 to 08 at their rated flow (OCP-LIQ), whose litres are rounded from gallons."""
    assert pressure_drop(flow, cv) == pytest.approx(kpa, rel=0.02)


def test_a_row_needs_the_flow_of_its_racks_and_its_cdus_must_give_it() -> None:
    text = """part C { role = "cdu"; flow_limit = 44 L/min; rating = 40 kW; mass = 1 kg }
tray T { height = 1 U; mass = 1 kg; tdp = 10 kW; liquid = 1 }
rack R(coolant_rise) { units = 4; t: T at u(1) }
row Row { coolant = "PG25"; a: R(10 K); b: R(5 K); c: C; require cooling.flow == 45 L/min and cooling.liquid == 20 kW }
design Main { row: Row }
"""
    result = rackc.compile(text, solve=False)
    assert [(d.code.value, d.message) for d in result.diagnostics] == [
        ("E0608", "row needs 45.0 L/min; its CDUs give 44.0 L/min")
    ]


def test_what_comes_out_even_is_enough() -> None:
    """Three times 700 W are 3.15 L/min, whatever the last digit of their sum."""
    text = """tray T { height = 1 U; mass = 1 kg; tdp = 700 W; liquid = 1 }
rack R { units = 4; coolant = "PG25"; coolant_rise = 10 K; coolant_flow = 3.15 L/min; t[3]: T at u(1..3) }
design Main { r: R }
"""
    assert rackc.compile(text, solve=False).diagnostics == ()


def test_racks_that_are_alike_are_told_once() -> None:
    text = """part Q { role = "coupling"; flow_limit = 2 L/min }
tray T { height = 1 U; mass = 90 kg; tdp = 2 kW; liquid = 1; airflow = 1 CFM; inlet_max = 30 degC; q: Q }
rack R { units = 4; shelf_limit = 80 kg; coolant_flow = 1 L/min; air_rise = 10 K; t[2]: T at u(1, 2) }
design Main { coolant = "PG25"; coolant_rise = 10 K; coolant_inlet = 40 degC; r[50]: R }
"""
    found = sorted((d.code.value, d.message) for d in rackc.compile(text, solve=False).diagnostics)
    assert found == [
        ("E0506", "r[0].t[0] (and 99 like it) weighs 90.0 kg; a set of supports holds 80 kg"),
        ("E0608", "r[0] (and 49 like it) needs 6.00 L/min; it has 1.00 L/min"),
        ("E0609", "r[0].t[0] (and 99 like it) needs 3.00 L/min; its 1 pair of quick disconnects pass 2.00 L/min"),
        ("E0610", "coolant comes to r[0].t[0] (and 99 like it) at 40 degC; it takes 30 degC at most"),
    ]
