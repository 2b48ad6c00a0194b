"""Six wrong files: each gives an error at the right line with a hint, exit 1, and leaves an earlier output as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.building import ROOT, run

_RACK = """edition 2026
from std.servers import CxlHost
from std.cables import CxlCopper8
from std.interfaces import Cxl2

tray Box {
  height = 1 U
  port a[2]: Cxl2
}

rack R: std.racks.Eia48 {
  box[3]: Box at u(1..3)
  connect box[0].a[0] -- box[1].a[0] : CxlCopper8
}

design Main { rack: R }
"""

#: What is changed, and the line, the code and a word of the hint that must come.
_WRONG = {
    "a misspelt part": (("box[3]: Box at", "box[3]: Bax at"), 12, "E0202", "did you mean `Box`"),
    "a port used twice": (
        ("  connect box[0]", "  connect box[0].a[0] -- box[2].a[1] : CxlCopper8\n  connect box[0]"),
        14, "E0401", "rack.box[0].a[1] is free",
    ),
    "watts added to metres": (("  height = 1 U", "  height = 1 U\n  tdp = 300 W + 2 m"), 8, "E0301", "300 W (power)"),
    "an index out of range": (("box[1].a[0]", "box[5].a[0]"), 13, "E0302", "it has 3: [0] to [2]"),
    "an unclosed block": (("  port a[2]: Cxl2\n}\n", "  port a[2]: Cxl2\n"), 8, "E0103", "add a `}`"),
}  # fmt: skip


def _build(folder: Path, text: str) -> tuple[int, str]:
    (folder / "d.rack").write_text(text, encoding="utf-8")
    done = run("build", "d.rack", "-o", "out", "--target", "plan", cwd=folder)
    return done.returncode, done.stderr


def _expect(folder: Path, good: str, wrong: str, line: int, code: str, hint: str) -> None:
    status, errors = _build(folder, good)
    assert status == 0, errors
    before = {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}
    status, errors = _build(folder, wrong)
    assert status == 1
    assert f"error[{code}]" in errors.splitlines()[0]
    assert f"d.rack:{line}:" in errors
    assert hint in errors
    assert "= hint:" in errors
    assert {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_file(tmp_path: Path, name: str) -> None:
    change, line, code, hint = _WRONG[name]
    assert change[0] in _RACK
    _expect(tmp_path, _RACK, _RACK.replace(*change, 1), line, code, hint)


def test_a_pool_on_an_expansion_only_leo(tmp_path: Path) -> None:
    good = (ROOT / "examples" / "leo_pool.rack").read_text(encoding="utf-8")
    wrong = good.replace("LeoA1000", "LeoE")
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "controllers =" in text)
    (tmp_path / "traces").mkdir()
    trace = ROOT / "examples" / "traces" / "conversation.jsonl.gz"
    (tmp_path / "traces" / trace.name).write_bytes(trace.read_bytes())
    _expect(tmp_path, good, wrong, line, "E0701", "use a controller that pools")
