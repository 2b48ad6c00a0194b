"""Bills of materials: totals add up, quantities multiply down the levels, spreadsheets evaluate nothing."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from rackc.backends.bom import _cell
from tests.examples.building import built, plan, role_of

NAMES = ("nvl72", "leo_pool", "fusion")


def _bom(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built(name) / "bom" / "bom.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_quantities_multiply_down_the_levels(name: str) -> None:
    lines = {line["find_no"]: line for line in _bom(name)["lines"]}
    for number, line in lines.items():
        if line["level"] < 2:
            continue
        parent = lines[number.rpartition(".")[0]]
        assert parent["level"] == line["level"] - 1
        assert line["ext_qty"] == pytest.approx(
            float(Fraction(line["qty_per"]).limit_denominator(10**6)) * parent["ext_qty"], rel=1e-3
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_populated_instance_is_on_exactly_one_line(name: str) -> None:
    listed = Counter(ref for line in _bom(name)["lines"] for ref in line["ref_des"])
    for row in plan(name)["instances"][1:]:
        inside_left_out = any(
            row["address"] == c["address"] and not c["populated"] for p in plan(name)["pools"] for c in p["controllers"]
        )
        assert listed[row["address"]] == (0 if inside_left_out else 1), row["address"]


@pytest.mark.parametrize("name", NAMES)
def test_find_numbers_are_unique_and_the_root_is_level_0(name: str) -> None:
    lines = _bom(name)["lines"]
    assert len({line["find_no"] for line in lines}) == len(lines)
    assert [line["find_no"] for line in lines if line["level"] == 0] == ["0"]


@pytest.mark.parametrize("name", NAMES)
def test_costs_add_up_and_unknown_ones_stay_blank(name: str) -> None:
    bom = _bom(name)
    for lines in (bom["lines"], bom["buy_list"]):
        assert sum(line["ext_cost"] or 0 for line in lines) == pytest.approx(bom["known_cost"])
        assert all(line["unit_cost"] is None or line["unit_cost"] > 0 for line in lines)
        assert all((line["ext_cost"] is None) == (line["unit_cost"] is None) for line in lines)
    report = json.loads((built(name) / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["report"]["cost_cents"] == round(bom["known_cost"] * 100)


@pytest.mark.parametrize("name", NAMES)
def test_the_buy_list_holds_the_same_pieces(name: str) -> None:
    bom = _bom(name)
    indented = Counter({line["item_no"]: 0 for line in bom["lines"][1:]})
    for line in bom["lines"][1:]:
        indented[line["item_no"]] += line["ext_qty"]
    bought: Counter[str] = Counter()
    for line in bom["buy_list"]:
        bought[line["item_no"]] += line["ext_qty"]
    assert indented == bought


def test_field_installed_carriers_and_nothing_else_are_bought() -> None:
    bought: Counter[str] = Counter()
    for line in _bom("nvl72")["buy_list"]:
        bought[line["item_no"]] += line["ext_qty"]
    assert bought["CopperCartridge"] == 4
    assert bought["Cat6"] == 35
    assert "BoardTrace" not in bought


def test_modules_of_the_pool_are_bought() -> None:
    pool = plan("leo_pool")["pools"][0]
    fitted: Counter[str] = Counter()
    for controller in pool["controllers"]:
        if controller["populated"]:
            fitted[controller["module"]] += controller["modules"]
    bought = {line["item_no"]: line["ext_qty"] for line in _bom("leo_pool")["buy_list"]}
    assert {name: bought[name] for name in fitted} == dict(fitted)
    assert bought["LeoA1000"] == sum(c["populated"] for c in pool["controllers"])


@pytest.mark.parametrize("name", NAMES)
def test_csv_reads_back(name: str) -> None:
    text = (built(name) / "bom" / "bom.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    lines = _bom(name)["lines"]
    assert [(r["find_no"], r["item_no"], int(r["ext_qty"])) for r in rows] == [
        (line["find_no"], line["item_no"], line["ext_qty"]) for line in lines
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert _cell(text) == f"'{text}"
    assert _cell(-1.5) == -1.5


def test_roles_of_the_plan_are_categories() -> None:
    categories = {line["category"] for line in _bom("nvl72")["lines"]}
    assert set(role_of(plan("nvl72")).values()) - {""} <= categories
