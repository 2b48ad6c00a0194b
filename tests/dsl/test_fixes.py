"""A fix is certain: applied to the file it makes the finding go away, and brings about no other."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from rackc.api import compile
from rackc.dsl.diagnostics import Code, Diagnostic, unknown
from rackc.dsl.source import Source, Span
from tests.dsl.test_corpus import CORPUS, FILES

#: Each name written wrongly at one place; `…` stands for the wrong text, and what it is mended to.
_SLIPS = {
    "a type with arguments": ("Nod(gpus = 2)", "Node(gpus = 2)"),
    "a type of a module": ("std.racks.Eia4", None),  # Eia42 and Eia48 are alike
    "a name in a rule": ("require gpus_in_al ", "require gpus_in_all "),
    "a member": ("node[0].hieght", "node[0].height"),
    "an argument": ("Node(gpu = 2)", "Node(gpus = 2)"),
    "a pattern": ("by one_to_on", "by one_to_one"),
}
_DESIGN = """edition 2026
from std.interfaces import Pcie5
from std.carriers import BoardTrace
part Gpu { tdp = 300 W; port a: Pcie5(16, connector = "board"); port b: Pcie5(16, connector = "board") }
tray Node(gpus = 4) { height = 1 U; gpu[gpus]: Gpu; connect gpu[0].a -- gpu[1].b : BoardTrace by one_to_one }
rack R: std.racks.Eia48 {
  node[2]: Node(gpus = 2) at u(1, 2)
  gpus_in_all = 4
  require gpus_in_all == 4 and node[0].height == 1 U
}
design Main { rack: R }
"""


def mended(text: str, found: Diagnostic) -> str:
    """Return a text with the fix of a finding applied."""
    assert found.fix is not None
    raw, span = text.encode(), found.fix.span
    return (raw[: span.start] + found.fix.text.encode() + raw[span.end :]).decode()


def test_the_design_is_sound() -> None:
    assert not compile(_DESIGN, solve=False).diagnostics


@pytest.mark.parametrize("name", _SLIPS)
def test_a_misspelt_name_is_mended_where_one_alone_is_close(name: str) -> None:
    wrong, right = _SLIPS[name]
    if right is None:
        text = _DESIGN.replace("std.racks.Eia48", wrong)
        assert {d.fix for d in compile(text, solve=False).diagnostics} == {None}
        return
    assert right in _DESIGN
    text = _DESIGN.replace(right, wrong, 1)
    found = [d for d in compile(text, solve=False).diagnostics if d.fix]
    assert found
    assert mended(text, found[0]) == _DESIGN


def test_fixes_of_the_corpus_mend(tmp_path: Path) -> None:
    """Applying the fix of a finding removes it, and all that remains was there before."""
    folder = tmp_path / "check"
    shutil.copytree(CORPUS / "check", folder)
    tried = 0
    for path in (folder / path.name for path in FILES if path.parent.name == "check"):
        text = path.read_text(encoding="utf-8")
        found = compile(path, solve=False).diagnostics
        for one in found:
            if one.fix is None or one.fix.span.source != str(path):
                continue
            tried += 1
            path.write_text(mended(text, one), encoding="utf-8")
            after = compile(path, solve=False).diagnostics
            # A design that gets further judges more of its comments.
            further = () if one.code is Code.ALLOW_UNUSED else (Code.ALLOW_UNUSED,)
            left = Counter((d.code, d.message) for d in found if d is not one and d.code not in further)
            now = Counter((d.code, d.message) for d in after if d.code not in further)
            # A connection that finds its pattern is judged by it.
            assert now >= left if "pattern" in one.message else now == left, (path.name, one.message)
            assert now[one.code, one.message] < sum((d.code, d.message) == (one.code, one.message) for d in found)
            path.write_text(text, encoding="utf-8")
    assert tried >= 12


def test_no_fix_where_the_span_holds_more_than_the_name() -> None:
    source = Source("d", "abcde(1)")
    assert unknown(Code.UNKNOWN_NAME, "thing", "abcde", ["abcdf"], Span(source.name, 0, 8)).fix is None
    assert unknown(Code.UNKNOWN_NAME, "thing", "abcde", ["abcdf"], Span(source.name, 0, 5)).fix is not None
    assert unknown(Code.UNKNOWN_NAME, "thing", "abcde", ["abcdf", "abcdg"], Span(source.name, 0, 5)).fix is None
