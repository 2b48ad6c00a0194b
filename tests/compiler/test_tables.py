"""A Plan's rows and its tables say the same, and what one link of many is given holds for all that are like it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from rackc.api import compile
from rackc.compiler.columns import Columns, columns_of
from rackc.compiler.plan import Plan

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "examples").glob("*.rack")), *sorted((ROOT / "tests" / "corpus" / "check").glob("ok_*.rack"))]

#: Racks in two rows, and one beside them; cables within a rack, to the next rack but one, and to another row.
ROWS = """edition 2026
interface I { protocol = "Ethernet"; lanes = 1; bandwidth = 1 GB/s; connector = "Q" }
link Cable { medium = "cable"; protocols = ["Ethernet"]; field = true; lengths = [1 m, 2 m, 3 m, 5 m, 9 m] }
tray T { height = 2 U; port p[6]: I }
rack R: std.racks.Eia48 { t[3]: T at u(1, 5, 30); connect t[0].p[0] -- t[2].p[0] : Cable }
row Row {
  r[4]: R
  connect r[0..2].t[1].p[1] -- r[1..3].t[0].p[2] : Cable
  connect r[0].t[1].p[3] -- r[3].t[2].p[3] : Cable
}
design Main {
  row[2]: Row
  lone: R
  connect row[0].r[0].t[0].p[5] -- row[1].r[0].t[0].p[5] : Cable  # warning: W0455
}
"""


def plan_of(path: Path) -> Plan:
    plan = compile(path, solve=False).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_rows_and_tables_agree(path: Path) -> None:
    plan = plan_of(path)
    rows = columns_of(tuple(plan.instances), tuple(plan.ports), tuple(plan.links))
    for one in fields(Columns):
        mine, theirs = getattr(plan.columns, one.name), getattr(rows, one.name)
        if one.name == "part":
            mine, theirs = ([of.parts[i] for i in of.part] for of in (plan.columns, rows))
        elif one.name == "interface":
            mine, theirs = ([of.interfaces[i].name for i in of.interface] for of in (plan.columns, rows))
        elif one.name == "protocol":
            mine, theirs = ([of.protocols[i] for i in of.protocol] for of in (plan.columns, rows))
        elif one.name in ("parts", "interfaces", "protocols"):
            continue
        elif one.name in ("rack", "unit", "height"):
            placed = plan.columns.rack >= 0
            mine, theirs = np.where(placed, mine, -1), np.where(placed, theirs, -1)
        if isinstance(mine, list):
            assert mine == theirs, one.name
        else:
            np.testing.assert_array_equal(mine, theirs, one.name)


def test_cables_have_the_length_of_their_own_way() -> None:
    """Counted by hand: middles 1 m and more apart, a rack's 0.45 m at the ends, 0.6 m a rack stepped over."""
    result = compile(ROWS, solve=False)
    plan = result.plan
    assert plan is not None
    assert [d.code.value for d in result.diagnostics] == ["W0455"]
    found = {f"{plan.ports[x.a].address} {plan.ports[x.b].address}": (x.routed_m, x.length_m) for x in plan.links}
    assert len(found) == 9 + 2 * 4 + 1
    unit = 0.04445
    for rack in [f"row[{i}].r[{j}]" for i in range(2) for j in range(4)] + ["lone"]:
        routed, length = found[f"{rack}.t[0].p[0] {rack}.t[2].p[0]"]
        assert routed == pytest.approx(29 * unit + 0.45, abs=1e-6)
        assert length == 2
    for i in range(2):
        for j in range(3):
            routed, length = found[f"row[{i}].r[{j}].t[1].p[1] row[{i}].r[{j + 1}].t[0].p[2]"]
            assert routed == pytest.approx(4 * unit + 0.45 + 0.6, abs=1e-6)
            assert length == 2
        routed, length = found[f"row[{i}].r[0].t[1].p[3] row[{i}].r[3].t[2].p[3]"]
        assert routed == pytest.approx(25 * unit + 0.45 + 1.8, abs=1e-6)
        assert length == 5
    assert found["row[0].r[0].t[0].p[5] row[1].r[0].t[0].p[5]"] == (None, None)


def test_rows_that_say_how_far_they_stand_apart() -> None:
    """Two rows on: twice the pitch, and two racks along; of another hall nothing is known."""
    text = ROWS.replace("row Row {", "row Row {\n  row_pitch = 1.5 m").replace(", 9 m]", ", 9 m]; reach = 20 m")
    text = (
        text[: text.index("design Main")]
        + """
pod Pod {
  row[3]: Row
  connect row[0].r[1].t[0].p[4] -- row[2].r[3].t[1].p[4] : Cable
}
design Main {
  a: Pod; b: Pod
  connect a.row[0].r[0].t[0].p[5] -- b.row[0].r[0].t[0].p[5] : Cable
}
"""
    )
    result = compile(text, solve=False)
    assert [d.code.value for d in result.diagnostics] == ["W0455"]
    assert result.plan is not None
    found = {result.plan.ports[x.a].address: x.routed_m for x in result.plan.links}
    assert found["a.row[0].r[1].t[0].p[4]"] == pytest.approx(2 * 1.5 + 2 * 0.6 + 4 * 0.04445 + 0.45, abs=1e-6)
    assert found["b.row[0].r[1].t[0].p[4]"] == found["a.row[0].r[1].t[0].p[4]"]
    assert found["a.row[0].r[0].t[0].p[5]"] is None
    assert found["a.row[1].r[0].t[1].p[1]"] == pytest.approx(4 * 0.04445 + 0.45 + 0.6, abs=1e-6)


def test_rows_behave_as_a_tuple_of_them() -> None:
    plan = plan_of(ROOT / "examples" / "nvl72.rack")
    assert plan.instances == tuple(plan.instances)
    assert plan.instances[-1].index == len(plan.instances) - 1
    assert [i.index for i in plan.instances[3:9:2]] == [3, 5, 7]
    assert plan.ports[5] is plan.ports[5]
    with pytest.raises(IndexError):
        plan.links[len(plan.links)]


def test_racks_that_are_alike_are_told_once() -> None:
    heavy = "tray T { height = 1 U; mass = 2_000 kg }\nrack R: std.racks.Eia42 { t: T at u(1) }\n"
    result = compile(f"edition 2026\n{heavy}row Row {{ r[5]: R }}\ndesign Main {{ row[2]: Row }}\n", solve=False)
    (found,) = result.diagnostics
    assert found.message == "row[0].r[0] (and 9 like it) carries 2,000 kg; its payload is 1,360 kg"
    assert result.report is not None
    assert [len(row.alike) for row in result.report.racks] == [10]
