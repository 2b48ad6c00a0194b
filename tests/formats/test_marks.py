"""Marks stand under what they mean, whatever the text is made of."""

from __future__ import annotations

import pytest

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label
from rackc.dsl.render import render
from rackc.dsl.source import Source, Span


def shown(
    text: str, marked: str, *, source: str = "d.rack", fix: str | None = None, hints: tuple[str, ...] = ()
) -> str:
    """Return the finding that marks a part of a text."""
    code = Source(source, text)
    at = text.index(marked)
    span = Span(source, code.byte_of(at), code.byte_of(at + len(marked)))
    edit = None if fix is None else Fix(span, fix)
    return render(Diagnostic(Code.TYPE, "x", Label(span, "here"), hints=hints, fix=edit), {source: code})


#: Texts, and how many cells a terminal gives them; what it would obey is replaced by one sign.
_BEFORE = {
    "": 0, "c ": 2, "ö": 1, "\t\t": 2, "世界 ": 5, "🐍 ": 3, "e\u0301": 1, "\u202e": 1, "\x07": 1, "\uff46\uff55": 4,
    "c\u00add": 3,
}  # fmt: skip
_MARKED = {"ab": 2, "é": 1, "漢": 2, "🦀x": 3, "a\tb": 3}


@pytest.mark.parametrize("before", _BEFORE, ids=ascii)
@pytest.mark.parametrize("marked", _MARKED, ids=ascii)
def test_marks_stand_under_what_they_mean(before: str, marked: str) -> None:
    lines = shown(f"{before}{marked}; rest", marked).splitlines()
    assert lines[4] == f"  | {' ' * _BEFORE[before]}{'^' * _MARKED[marked]} here"
    assert lines[1].endswith(f"d.rack:1:{len(before) + 1}")


def test_a_span_over_lines_is_marked_at_both_ends() -> None:
    lines = shown("a {\n  b = [\n    1,\n    2,\n  ]\n}\n", "b = [\n    1,\n    2,\n  ]").splitlines()
    assert lines[3:] == ["2 |   b = [", "  |   ^^^^^ here", "  :", "5 |   ]", "  |   ^"]


def test_the_newline_at_its_end_is_not_part_of_it() -> None:
    assert shown("a = 1\nb\n", "a = 1\n").splitlines()[3:] == ["1 | a = 1", "  | ^^^^^ here"]


def test_the_end_of_the_file_can_be_marked() -> None:
    text = render(Diagnostic(Code.UNCLOSED, "x", Label(Span("d", 2, 2), "here")), {"d": Source("d", "é")})
    assert text.splitlines()[3:] == ["1 | é", "  |  ^ here"]


def test_of_a_long_line_the_part_that_matters_is_shown() -> None:
    lines = shown(f"{'a' * 500}XY{'b' * 500}", "XY").splitlines()
    assert len(lines[3]) < 180
    at = lines[3].index("XY")
    assert lines[4].index("^^") == at


@pytest.mark.parametrize(
    ("fix", "hints", "said"),
    [
        ("tdp", (), "= hint: write `tdp` instead of `tpd`"),
        ("", (), "= hint: remove `tpd`"),
        ("tdp", ("did you mean `tdp`?",), None),
        ("", ("remove it",), None),
    ],
)
def test_a_fix_is_said_once(fix: str, hints: tuple[str, ...], said: str | None) -> None:
    lines = [line.strip() for line in shown("tpd = 3 W", "tpd", fix=fix, hints=hints).splitlines() if "= hint" in line]
    assert lines == [said or f"= hint: {hints[0]}"]
