"""What headline numbers rest on: the weakest of their figures, and no figure that does not enter them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import rackc
from rackc.backends.report import emit
from rackc.compiler.analyse.backing import MADE_OF, ORDER
from rackc.compiler.analyse.report import WEAK, Backing, Report
from rackc.compiler.settings import Settings
from rackc.dsl.diagnostics import Code

_RACK = """
interface I {{ protocol = "X"; lanes = 1; bandwidth = 1 GB/s @cite("A", {port}) }}
link L {{ medium = "board trace"; protocols = ["X"]; delay = 5 ns/m @cite("A", {delay}) }}
part Gpu {{ role = "gpu"; tdp = 300 W @cite("A", {tdp}); mass = 2 kg @cite("A", high); hbm = 96 GB @cite("A", {hbm}); port p: I }}
part Fan {{ mass = 1 kg @cite("A", {fan}) }}
tray T {{
  gpu[4]: Gpu
  fan: Fan
  price = 100 USD @cite("A", {price})
  {more}
  connect gpu[0].p -- gpu[1].p : L
}}
design Main {{ t: T }}
"""
_HIGH = dict.fromkeys(("port", "delay", "tdp", "hbm", "fan", "price"), "high")


def _report(more: str = "", **confidences: str) -> Report:
    result = rackc.compile(_RACK.format(**{**_HIGH, "more": more, **confidences}), solve=False)
    assert result.report is not None, result.diagnostics
    return result.report


def _backed(report: Report) -> dict[str, tuple[str, str]]:
    return {row.headline: (row.confidence, row.figure) for row in report.backing}


def test_each_headline_has_the_weakest_of_its_own_figures() -> None:
    report = _report(port="derived", delay="unverified", tdp="medium", hbm="low", fan="assumption", price="high")
    assert _backed(report) == {
        "mass": ("assumption", "Fan.mass"), "power": ("medium", "Gpu.tdp"), "cost": ("high", "T.price"),
        "memory": ("low", "Gpu.hbm"), "latency": ("unverified", "L.delay"), "X bandwidth": ("derived", "I.bandwidth"),
    }  # fmt: skip


def test_of_equally_weak_figures_the_one_that_weighs_most_is_named() -> None:
    (mass,) = [row for row in _report().backing if row.headline == "mass"]
    assert (mass.figure, mass.others, mass.value) == ("Gpu.mass", 1, "2 kg")  # four of 2 kg against one of 1 kg


def test_a_part_that_does_not_stand_in_the_design_backs_nothing() -> None:
    assert _backed(_report('if false { extra: Fan { mass = 9 kg @assume("guess") } }'))["mass"][0] == "high"
    assert _backed(_report('extra: Fan { mass = 9 kg @assume("guess") }'))["mass"][0] == "assumption"


def test_a_budget_stands_for_what_is_inside() -> None:
    assert _backed(_report('power_budget = 2 kW @cite("B", medium)', tdp="assumption"))["power"] == (
        "medium",
        "T.power_budget",
    )
    exceeded = _backed(_report('power_budget = 1 kW @cite("B", medium)', tdp="assumption"))
    assert exceeded["power"] == ("assumption", "Gpu.tdp")


def test_what_feeds_a_rack_backs_the_supply_and_no_port_does() -> None:
    text = """
    interface I { protocol = "X"; lanes = 1; bandwidth = 1 GB/s; efficiency = 0.8 @cite("A", unverified) }
    link L { medium = "board trace"; protocols = ["X"] }
    shelf Psu { role = "power-shelf"; height = 1 U; rating = 9 kW @cite("A", low); efficiency = 97 % @cite("A", high); mass = 9 kg }
    part Bbu { role = "bbu"; rating = 5 kW @assume("no source of the rack's"); port p[2]: I }
    tray T { height = 1 U; tdp = 1 kW; bbu[2]: Bbu; connect bbu[0].p -- bbu[1].p : L }
    rack R {
      units = 9; liquid = 0.5 @cite("A", low); coolant_rise = 10 K @cite("A", high)
      psu: Psu at u(1); t: T at u(2)
    }
    design Main { r: R }
    """
    report = rackc.compile(text, solve=False).report
    assert report is not None
    found = _backed(report)
    assert found["supply"] == ("low", "Psu.rating")
    assert found["X bandwidth"] == ("unverified", "I.efficiency")
    assert found["cooling"] == ("low", "R.liquid")


def test_a_port_without_a_link_backs_no_bandwidth() -> None:
    lonely = _RACK.format(**{**_HIGH, "more": ""}).replace("  connect gpu[0].p -- gpu[1].p : L\n", "")
    report = rackc.compile(lonely, solve=False).report
    assert report is not None
    assert not {"X bandwidth", "latency"} & set(_backed(report))


_WORKLOAD = """
from astera.leo import LeoA1000
from std.cables import CxlCopper8
from std.memory import rdimm_64
from std.servers import CxlHost
from std.shelves import CxlShelf
model m {{ layers = 4 @cite("A", {layers}); kv_heads = 8; head_dim = 128; bytes = 2 B }}
rack R: std.racks.Eia48 {{
  host[2]: CxlHost(cxl = 2) at u(1, 5)
  jbom: CxlShelf(slots = 4, card = LeoA1000, heads = 2) at u(9)
  pool kv {{
    members = host[*]; controllers = jbom.card[*]; modules = [rdimm_64]; cables = [CxlCopper8]; demand = W.d
  }}
}}
workload W on r.host[*] {{
  model = m; trace = "t.jsonl"; instances = [1, 1]; slice = 60 s; local = 1 GiB @cite("A", {local})
  prefill = 8_000 tokens/s @assume("one instance")
  demand d: KvPrefix(model, keep = 5 min) by gpu
}}
design Main {{ r: R; w: W }}
"""


def test_figures_of_workloads_and_their_models_count(tmp_path: Path) -> None:
    trace = "".join(json.dumps({"timestamp": t, "hash_ids": [t, t + 1]}) + "\n" for t in range(0, 5000, 1000))
    (tmp_path / "t.jsonl").write_text(trace, encoding="utf-8")
    for layers, local, expected in (
        ("low", "high", ("low", "m.layers")),
        ("high", "unverified", ("unverified", "W.local")),
    ):
        (tmp_path / "d.rack").write_text(_WORKLOAD.format(layers=layers, local=local), encoding="utf-8")
        report = rackc.compile(tmp_path / "d.rack", solve=False).report
        assert report is not None
        assert _backed(report)["demand"] == expected
        assert _backed(report)["recompute"] == ("assumption", "W.prefill")
        assert ("W", "prefill") in {(a.part, a.name) for a in report.assumptions}


def test_a_demand_that_says_what_it_is_rests_on_no_model(tmp_path: Path) -> None:
    text = _WORKLOAD.format(layers="low", local="low")
    text = text.replace(
        "demand d: KvPrefix(model, keep = 5 min) by gpu",
        "demand d: Steady(64 GiB, read = 1 GB/s, write = 1 GB/s) by cpu",
    )
    (tmp_path / "d.rack").write_text(text, encoding="utf-8")
    report = rackc.compile(tmp_path / "d.rack", solve=False).report
    assert report is not None
    assert not {"demand", "recompute"} & set(_backed(report))


@given(st.lists(st.sampled_from(ORDER), min_size=1, max_size=6))
def test_a_number_is_as_weak_as_its_weakest_figure(confidences: list[str]) -> None:
    """Over any confidences: the minimum, whatever their order, and adding a figure never makes a number stronger."""

    def mass(of: list[str]) -> str:
        cites = [f'@cite("A", {c})' if c != "unstated" else "" for c in of]
        parts = "".join(f"part P{at} {{ mass = {at + 1} kg {cite} }}\n" for at, cite in enumerate(cites))
        held = "; ".join(f"p{at}: P{at}" for at in range(len(of)))
        result = rackc.compile(f"{parts}design Main {{ {held} }}\n", solve=False)
        assert result.report is not None
        return next(row.confidence for row in result.report.backing if row.headline == "mass")

    weakest = min(confidences, key=ORDER.index)
    assert mass(confidences) == mass(confidences[::-1]) == weakest
    assert ORDER.index(mass([*confidences, "high"])) <= ORDER.index(weakest)


def test_confidences_are_ordered_and_the_weak_ones_are_the_first() -> None:
    assert tuple(WEAK) == ORDER[: len(WEAK)]
    assert ORDER[-1] == "unstated"


def test_the_report_says_it_beside_the_numbers() -> None:
    result = rackc.compile(_RACK.format(**{**_HIGH, "more": "", "price": "low", "hbm": "unverified"}), solve=False)
    assert result.plan is not None
    assert result.report is not None
    text = emit(result.plan, result.report).files["report.txt"].decode()
    assert "known prices add up to 100 USD (rests on a figure of low confidence: T.price)" in text
    assert "Memory (rests on an unverified figure: Gpu.hbm)" in text
    assert text.count("rests on") == 2
    data = json.loads(emit(result.plan, result.report).files["report.json"])
    assert {"headline": "cost", "confidence": "low", "figure": "T.price", "value": "100 USD", "source": "A", "others": 0} \
        in data["report"]["backing"]  # fmt: skip


def test_words_for_several() -> None:
    one = Backing("mass", "assumption", "T.mass", "1 kg", "why", 0)
    assert str(one) == "an assumption: T.mass"
    assert str(replace(one, others=3)) == "an assumption: T.mass and 3 more"
    assert not replace(one, confidence="derived").is_weak


def test_the_lint_is_off_until_it_is_asked_for_and_can_be_allowed() -> None:
    text = 'part P { mass = 1 kg @assume("so") }\ndesign Main { p: P }  # rackc: allow N0861 we weigh it next week\n'
    assert rackc.compile(text, solve=False).diagnostics == ()
    asked = rackc.compile(text, solve=False, severities={"N0861": "warning"})
    assert (asked.diagnostics, [d.code for d in asked.allowed]) == ((), [Code.WEAK])
    failing = rackc.compile(text.split("  #")[0] + "\n", solve=False, severities={"N0861": "error"})
    assert failing.failed
    assert [d.message for d in failing.diagnostics] == ["mass rests on an assumption: P.mass"]
    assert Settings().level(Code.WEAK) == "off"


def test_every_attribute_belongs_to_one_headline_of_parts() -> None:
    names = [name for headline, of in MADE_OF.items() if headline not in ("demand", "recompute") for name in of]
    assert len(names) == len(set(names))
