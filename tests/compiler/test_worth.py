"""A rule that does not hold says what every name in it is worth."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rackc.api import compile

_DESIGN = """edition 2026
from std.power import RackPdu
part Gpu {{ tdp = 700 W; hbm = 90..96 GB typ 94 GB }}
tray T(n = 4, limit = 2 kW) {{
  height = 1 U
  name   = "node"
  rows   = [1 m, 2 m, 3 m, 4 m, 5 m]
  gpu[n]: Gpu
  require {rule}
}}
rack R {{ units = 42; a: RackPdu(feed = "A"); b: RackPdu(feed = "B"); t: T at u(1) }}
design Main {{ rack: R }}
"""


@pytest.mark.parametrize(
    ("rule", "notes"),
    [
        ("1 == 2", []),
        ("n < 3", ["`n` is 4"]),
        ("sum(gpu[*].tdp) + 50 W <= limit", [
            "`sum(gpu[*].tdp) + 50 W` is 2,850 W", "`sum(gpu[*].tdp)` is 2,800 W", "`gpu[*].tdp` is 4 times 700 W",
            "`limit` is 2 kW",
        ]),
        ("n < 3 and limit < 1 kW or n == 5", ["`n` is 4", "`limit` is 2 kW"]),
        ("not (n in [1, n])", ["`n` is 4", "`[1, n]` is [1, 4]"]),
        ("gpu[n - 2].tdp < 300 W", ["`gpu[n - 2].tdp` is 700 W", "`n` is 4"]),
        ("gpu[0].hbm < 95 GB", ["`gpu[0].hbm` is 90 GB to 96 GB"]),
        ("(if n > 9 then gpu[9].tdp else limit) < 1 kW", [
            "`(if n > 9 then gpu[9].tdp else limit)` is 2 kW", "`n` is 4", "`limit` is 2 kW",
        ]),
        ("all([g.tdp < limit / 4 for g in gpu[*]])", [
            "`all([g.tdp < limit / 4 for g in gpu[*]])` is false", "`gpu[*]` is 4 Gpu", "`limit / 4` is 0.5 kW",
            "`limit` is 2 kW",
        ]),
        ('name == "{n} nodes"', ['`name` is "node"', '`"{n} nodes"` is "4 nodes"', "`n` is 4"]),
        ("max(rows) < 3 m", ["`max(rows)` is 5 m", "`rows` is [1 m, 2 m, 3 m, 4 m, … (5 in all)]"]),
        ("power.peak < 1 kW", ["`power.peak` is 2.8 kW"]),
    ],
)  # fmt: skip
def test_names_and_values(rule: str, notes: list[str]) -> None:
    (found,) = compile(_DESIGN.format(rule=rule), solve=False).diagnostics
    assert found.code == "E0801"
    assert list(found.notes) == notes


def test_rules_of_what_stands_nowhere_say_it_too() -> None:
    text = (
        "link L { reach = 3 m; require reach < 2 m }\ntray T { height = 1 U; spare = L.reach }\ndesign Main { t: T }\n"
    )
    (found,) = compile(text, solve=False).diagnostics
    assert found.notes == ("`reach` is 3 m",)


def test_what_awaits_a_decision_is_left_out(root: Path, tmp_path: Path) -> None:
    """What is not decided yet is no reason to say nothing of the rest."""
    shutil.copytree(root / "examples", tmp_path / "examples")
    design = tmp_path / "examples" / "leo_pool.rack"
    text = design.read_text(encoding="utf-8")
    odd = "policy Odd { require count(rack.host[*]) > 9 and rack.kv.cost < 1 USD }\ndesign Main { odd: Odd; "
    design.write_text(text.replace("design Main { ", odd), encoding="utf-8")
    (found,) = [d for d in compile(design, solve=False).diagnostics if d.is_error]
    assert found.notes == ("`count(rack.host[*])` is 8", "`rack.host[*]` is 8 CxlHost")
