"""Faults in the text: each is reported at its line, and none hides the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.api import compile
from rackc.dsl import tree
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.parser import MAX_CHARACTERS, parse
from rackc.dsl.source import Source
from tests.effort import steps

EIGHT = """edition 2026
part A {
  tdp 300 W
  mass = = 3 kg
  vendor = "open
  port x[2 : Net
}
tray B {
  a: A at
  connect a.x -- : Wire
  height = 1 U §
  for i 0..3 { let y = i }
  b: A
}
design Main { b: B }
"""


def faults(text: str) -> list[tuple[int, str]]:
    """Return line and code of each finding of the parser."""
    source = Source("x.rack", text)
    return [(source.line_of(d.at.span.start), d.code.value) for d in parse(source).diagnostics]


def unclosed(text: str) -> tuple[int, Diagnostic]:
    """Return the line where the one unclosed block opens, and the finding."""
    source = Source("x.rack", text)
    found = [d for d in parse(source).diagnostics if d.code.value == "E0103"]
    assert len(found) == 1
    opened = next(label for label in (found[0].at, *found[0].also) if label.text == "opened here")
    return source.line_of(opened.span.start), found[0]


def test_eight_faults_give_eight_reports() -> None:
    assert faults(EIGHT) == [
        (3, "E0102"), (4, "E0102"), (5, "E0104"), (6, "E0102"), (9, "E0102"), (10, "E0102"), (11, "E0101"), (12, "E0102"),
    ]  # fmt: skip


def test_what_is_sound_is_kept() -> None:
    parsed = parse(Source("x.rack", EIGHT)).tree
    names = [s.name for s in parsed.statements if isinstance(s, tree.Definition)]
    assert names == ["A", "B", "Main"]
    tray = parsed.statements[2]
    assert isinstance(tray, tree.Definition)
    assert any(
        isinstance(s, tree.Instance) and isinstance(s.target, tree.Name) and s.target.name == "b"
        for s in tray.body.statements
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("part A {\n  tdp = 1 W\n\npart B {\n  tdp = 2 W\n}\ndesign Main { a: A }\n", 1),
        ("part A {\n  tdp = 1 W\n}\npart B {\n  tdp = 2 W\n\ndesign Main { a: A }\n", 4),
        ("rack R {\n  pool kv {\n    members = a\n  x = 3\n}\ndesign Main { r: R }\n", 2),
        ("rack R {\n  for i in 0..1 {\n    a[i]: T\n  b: T\n}\ntray T {\n}\ndesign Main { r: R }\n", 2),
        ("design Main {\n", 1),
        ("rack R {\n  if true {\n    x = 3\n  } else {\n    x = 4\n  y = 3\n}\ndesign Main { r: R }\n", 4),
    ],
)
def test_unclosed_blocks_are_named(text: str, line: int) -> None:
    assert unclosed(text)[0] == line


def test_an_extra_brace_is_named_where_it_stands() -> None:
    assert faults("part A { x = 1 }\n}\npart B { y 2 }\n") == [(2, "E0102"), (3, "E0102")]


def test_an_open_bracket_ends_with_its_statement() -> None:
    assert faults("part A {\n  x = (1 + 2\n  port y: Net\n  z 3\n}\n") == [(2, "E0102"), (4, "E0102")]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\n\n  \n# a\n\t# b\n", "\ufeff", ";;;\n;", "\r\n\r\n"])
def test_nothing_is_no_fault_of_the_text(text: str) -> None:
    assert faults(text) == []
    assert [d.code.value for d in compile(text + "\n", solve=False).diagnostics] == ["E0207"]


def test_tabs_carriage_returns_and_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeffpart P {\r\n\ttdp = 1 W\t# a\r\n\tmass\t=\t2 kg ; price = 3 USD\r\n}\r\ndesign Main { p: P }\r\n"
    assert faults(text) == []
    path = tmp_path / "x.rack"
    path.write_bytes(text.encode())
    assert not compile(path, solve=False).diagnostics


def test_columns_count_tabs_as_one() -> None:
    source = Source("x.rack", "part P {\n\t\ttdp 3 W\n}\n")
    label = parse(source).diagnostics[0].at
    assert (source.line_of(label.span.start), source.column_of(label.span.start)) == (2, 7)


def test_null_bytes_are_named_not_fatal() -> None:
    assert faults("part\0 P { tdp = \0\0 1 W }\ndesign Main { p: P }\n") == [(1, "E0101"), (1, "E0101")]


@pytest.mark.parametrize(
    "inside",
    ["(" * 5_000, "[" * 300 + "]" * 300, "f(" * 200 + ")" * 200, "not " * 5_000 + "true", "- " * 5_000 + "1", "1" + " + 1" * 5_000,
     "a" + ".b" * 5_000, "a" + "[0]" * 500, "if a then 1 else " * 500 + "1", "if " * 300 + "a" + " then 1 else 2" * 300],
)  # fmt: skip
def test_deep_expressions_are_refused(inside: str) -> None:
    found: list[tuple[int, str]] = []
    assert steps(lambda: found.extend(faults(f"part P {{ x = {inside} }}\n"))) < 1_000_000
    assert "E0105" in [code for _, code in found]


@pytest.mark.parametrize(
    "inside", ["(" * 40 + "1" + ")" * 40, "1" + " + 1" * 200, "[" * 40 + "]" * 40, "not " * 40 + "true"]
)
def test_what_a_person_writes_is_not(inside: str) -> None:
    assert not compile(f"part P {{ x = {inside} }}\ndesign Main {{ p: P }}\n", solve=False).diagnostics


def test_deep_blocks_are_refused() -> None:
    assert [code for _, code in faults("part P { " + "if true { " * 3_000 + "}" * 3_001)] == ["E0105"]


@pytest.mark.parametrize(
    "filler",
    ["x" * 5_000, "9" * 5_000, '"' + "y" * 5_000 + '"', "# " + "z" * 5_000, "x " * 2_500, "§" * 5_000, "1 " * 2_500],
)
def test_long_lines(filler: str) -> None:
    text = f"part P {{ a = 1 }}\npart Q {{ b = {filler}\n}}\ndesign Main {{ p: P }}\n"
    assert steps(lambda: compile(text, solve=False)) < 1_000_000


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert [code for _, code in faults("# " + "x" * MAX_CHARACTERS)] == ["E0105"]


def test_a_thousand_faults_end_in_fifty_reports() -> None:
    found: list[tuple[int, str]] = []
    assert steps(lambda: found.extend(faults("part A { tdp 3 W }\n" * 1_000))) < 10_000_000
    assert len(found) == 50


def test_a_statement_that_begins_wrong_says_so() -> None:
    assert parse(Source("x", "part A {\n  3 = x\n}\n")).diagnostics[0].message == "a statement cannot begin with `3`"
