"""The formatter keeps trees, comments and line breaks, says the same when asked twice, and looks at words alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.dsl import tree
from rackc.dsl.format import format_text
from rackc.dsl.parser import parse
from rackc.dsl.printer import print_tree
from rackc.dsl.source import Source
from tests.dsl.scatter import respaced, scattered
from tests.dsl.trees import ROOT, bare, designs, trees
from tests.effort import steps

SHIPPED = designs("examples", "dsl")
CORPUS = designs("tests")
FOLDER = ROOT / "tests" / "corpus" / "fmt"

quickly = settings(max_examples=150, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def formatted(text: str) -> str:
    """Return a text without faults formatted."""
    found = format_text(Source("t", text))
    assert isinstance(found, str), found
    return found


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in paths]


def comments(text: str) -> list[str]:
    """Return the comments of a text, without the space that the formatter may add."""
    return [re.sub(r"^#\s+(?=\S)", "#", c.text.rstrip()) for c in parse(Source("t", text)).comments]


def keeps_its_promise(text: str) -> str:
    """Check what holds for every text without faults; return it formatted."""
    assert not parse(Source("t", text)).diagnostics, text
    after = formatted(text)
    assert bare(parse(Source("t", after)).tree) == bare(parse(Source("t", text)).tree), text
    assert comments(after) == comments(text)
    assert formatted(after) == after, text
    assert after == "" or re.search(r"[^\n]\n\Z", after)
    assert not re.search(r"\A\n|\n\n\n", after)
    assert not [line for line in after.split("\n") if line != line.rstrip(" \t\r")]
    return after


# ---------------------------------------------------------------- any file


@given(trees, seeds)
@quickly
def test_carelessly_written_files(whole: tree.Tree, seed: int) -> None:
    keeps_its_promise(scattered(print_tree(whole), seed))


@given(trees, seeds)
@quickly
def test_old_spaces_do_not_matter(whole: tree.Tree, seed: int) -> None:
    text = print_tree(whole)
    assert formatted(respaced(text, seed)) == formatted(text)


@pytest.mark.parametrize("path", named([*SHIPPED, *CORPUS]))
def test_files(path: Path) -> None:
    text = path.read_bytes().decode()
    faults = parse(Source("t", text)).diagnostics
    if faults:
        assert format_text(Source("t", text)) == faults
        return
    seed = len(text)
    after = keeps_its_promise(text)
    keeps_its_promise(scattered(text, seed))
    if "\\\n" not in text:
        assert formatted(respaced(text, seed)) == after


@pytest.mark.parametrize("path", named(SHIPPED))
def test_what_is_shipped_is_formatted(path: Path) -> None:
    text = path.read_bytes().decode()
    assert formatted(text) == text


# ---------------------------------------------------------------- its form


@pytest.mark.parametrize("path", named(sorted(FOLDER.glob("*.rack"))))
def test_form(path: Path, update: bool) -> None:
    after = keeps_its_promise(path.read_bytes().decode())
    golden = path.with_name(f"{path.name}.expected")
    if update:
        golden.write_bytes(after.encode())
    assert after == golden.read_bytes().decode()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", ""), ("\n\n", ""), (";;\n;", ""), ("\ufeff\r\n", ""), ("# a", "# a\n"), ("\n\n#a\n\n\n\n#b\n\n", "# a\n\n# b\n"),
        ("\ufeffpart P {\r\n\ttdp = 1 W\t# a\r\n\r\n}\r\n", "part P {\n  tdp = 1 W  # a\n}\n"),
        ("let x=1+ \\\n\t2", "let x = 1 + \\\n  2\n"), ("let x = 1 \\\n\nlet y = 2", "let x = 1\n\nlet y = 2\n"),
        ("part P { \\\n a = 1 \\\n}", "part P {\n  a = 1\n}\n"), ("let x = a - -  - b..- c", "let x = a - - -b..-c\n"),
        ("let x = - not+a", "let x = -not +a\n"), ("let x=5  m", "let x = 5 m\n"), ("let x=5m  /s", "let x = 5 m / s\n"),
        ("let x=5%", "let x = 5 %\n"), ("let x = 1.8TB/s   both\tways", "let x = 1.8 TB/s both ways\n"),
        ("let x = a(1)(b , c =2)[ * , 1 ] . d", "let x = a(1)(b, c = 2)[*, 1].d\n"),
        ("connect a--b:C by d", "connect a -- b : C by d\n"), ("connect[\na]--b:C", "connect [\n  a] -- b : C\n"),
        ("part P{connect a -- b\nx :T}", "part P { connect a -- b\n  x: T }\n"), ("part P {}", "part P { }\n"),
        ("part P{;a=1;;b=2;}", "part P { a = 1; b = 2 }\n"), ("x=f(;1)", "x = f(1)\n"),
        ("if a {\n}\n\nelse{ b=1 }", "if a {\n} else { b = 1 }\n"),
        ("a: A { ## x\n\n}; part B { }", "a: A {  ## x\n\n}; part B { }\n"),
        ("if a { ## x\n}\nelse { part B { } }", "if a {  ## x\n}\nelse { part B { } }\n"),
        ("if a { } # c\nelse { } # d", "if a { }  # c\nelse { }  # d\n"),
        ("part P { a = 1; b = [\n1\n] }", "part P { a = 1; b = [\n  1\n] }\n"),
        ("if a { } # c\n# d\nelse { }", "if a { }  # c\n# d\nelse { }\n"), ("x = if a then 1\nelse 2", "x = if a then 1\n  else 2\n"),
        ("part A { ## x\n\npart B { }\n}", "part A {  ## x\n\n  part B { }\n}\n"), ("part A { # x\n\na=1\n\n#y\n\n}", "part A {  # x\n  a = 1\n\n  # y\n}\n"),
    ],
)  # fmt: skip
def test_small_forms(text: str, after: str) -> None:
    assert keeps_its_promise(text) == after


def test_a_faulty_file_is_left_alone() -> None:
    text = "part P {\n  a 3\n}\n"
    assert format_text(Source("t", text)) == parse(Source("t", text)).diagnostics != ()


def test_four_thousand_lines() -> None:
    part = "\n".join(f'  figure_{at} = {at} W   @cite("K", low) # {at}' for at in range(98))
    text = "".join(f"part P{at} {{\n{part}\n}}\n" for at in range(40))
    assert steps(lambda: formatted(text)) < 30_000_000  # twice what it takes


def test_columns_of_many_widths_take_no_more() -> None:
    """Lines that each stand out of the column of those before them are the worst there is."""
    text = "".join(f"x{'y' * (45 * at)} = 1\n" for at in range(300))
    assert steps(lambda: formatted(text)) < 10_000_000  # twice what it takes
