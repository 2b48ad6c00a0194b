"""What the report and the findings say of power and heat, in words."""

from __future__ import annotations

import json

import rackc
from rackc.backends.report import emit

_RACK = """part Uqd { role = "coupling"; flow_limit = 2 L/min; cv = 0.5 }
part M { role = "manifold"; mass = 1 kg; flow_limit = 50 L/min; outlet[4]: Uqd }
shelf S(feed) {
  role = "power-shelf"; height = 1 U; mass = 30 kg; rating = 10 kW; supplies = 4; supply_rating = 2.5 kW
  efficiency = 80 %; output_voltage = 50 V; output_current = 250 A; ac_voltage = 400 V; phases = 1; ac_current = 40 A
}
tray T { height = 1 U; mass = 10 kg; tdp = 2 kW; liquid = 50 %; uqd[2]: Uqd }
rack R {
  units = 9; frame_mass = 79 kg; feet = 4; bus_voltage = 50 V; busbar_current = 300 A
  coolant = "PG25"; coolant_rise = 10 K; air_rise = 11 K
  a[2]: S("A") at u(1, 2)
  t[4]: T at u(3..6)
  b[2]: S("B") at u(7, 8)
  m: M at u(9)
  require cooling.airflow < 960 CFM
}
design Main { r[3]: R }
"""


def test_the_report_tells_all_of_a_rack() -> None:
    result = rackc.compile(_RACK, solve=False)
    assert result.plan is not None
    assert result.report is not None
    files = emit(result.plan, result.report).files
    text = files["report.txt"].decode()
    table = text[text.index("Power, cooling and weight") : text.index("\nCost")].splitlines()
    assert [" ".join(line.split()) for line in table if line] == [
        "Power, cooling and weight",
        "r[0] and 2 like it",
        "given load drawn, AC busbar",
        "all supplies running 40.0 kW 8.0 kW 10.0 kW 80 A above unit 2",
        "1 supply lost 37.5 kW 8.0 kW 10.0 kW 85 A above unit 2",
        "1 shelf lost 30.0 kW 8.0 kW 10.0 kW 107 A above unit 2",
        "1 feed lost 20.0 kW 8.0 kW 10.0 kW 160 A above unit 2",
        "output of S: 80.0 A of 250.0 A at most, 1 feed lost (r[0].a[0])",
        "inlet of S: 12.5 A of 40.0 A at most, 1 feed lost (r[0].a[0])",
        "heat: 4.0 kW to PG25 (6.0 L/min at a rise of 10 K), 6.0 kW to air (960 CFM at a rise of 11 K)",
        "r[0].t[0]: 2 pairs of quick disconnects, 1.50 of 4.00 L/min, 1.1 kPa in each",
        "mass: 161 kg, 60 kg on each foot with the frame",
    ]
    rack = json.loads(files["report.json"])["report"]["racks"][0]
    assert rack["cooling"]["flow_l_min"] == 6
    assert rack["cases"][3]["busbar_a"] == 160
    assert rack["kg_per_foot"] == 60


def test_a_broken_rule_tells_the_airflow_in_cfm() -> None:
    (found,) = rackc.compile(_RACK, solve=False).diagnostics
    assert found.notes == ("`cooling.airflow` is 960 CFM",)


def test_graver_losses_are_notes_of_the_mildest() -> None:
    text = """shelf S(feed) { role = "power-shelf"; height = 1 U; mass = 1 kg; rating = 10 kW; supplies = 2; supply_rating = 5 kW }
tray T { height = 1 U; mass = 1 kg; tdp = 35 kW; peak = 36 kW }
rack R {
  units = 9; bus_voltage = 50 V; busbar_current = 300 A
  a[2]: S("A") at u(1, 2)
  b[2]: S("B") at u(3, 4)
  t: T at u(9)
}
design Main { r: R }
"""
    found = {d.code.value: (d.message, d.notes) for d in rackc.compile(text, solve=False).diagnostics}
    assert found["W0651"] == (
        "r, 1 supply lost: 35.0 kW for a peak of 36.0 kW",
        ("1 shelf lost: 30.0 kW for a peak of 36.0 kW", "1 feed lost: 20.0 kW for a peak of 36.0 kW"),
    )
    assert found["E0602"] == (
        "r, all supplies running: 720 A flow along the busbar above unit 4",
        tuple(f"1 {what} lost: {amps} A flow along the busbar above unit {unit}"
              for what, amps, unit in (("supply", 700, 4), ("shelf", 600, 3), ("feed", 400, 2))),
    )  # fmt: skip
