"""The reference: its example builds, and its tables name what there is."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import rackc
from rackc.api import run_tests
from rackc.compiler.checks.readings import READ
from rackc.compiler.functions import PLAIN
from rackc.compiler.patterns import PATTERNS
from rackc.compiler.types import TYPE_NAMES
from rackc.dsl import tree
from rackc.dsl.parser import parse
from rackc.dsl.source import Source
from rackc.dsl.units import UNIT_NAMES
from rackc.dsl.words import FUNCTIONS, KINDS, QUESTIONS

TEXT = (Path(__file__).parents[2] / "dsl" / "REFERENCE.md").read_text(encoding="utf-8")

#: Read, but of no use to an author beyond what the table says.
UNSAID = {"base_power", "frame_mass", "fusion",
          "trace", "instances", "slice", "local", "prefill", "decode", "spread", "seed", "provision"}  # fmt: skip


BLOCKS = re.findall(r"```rack\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda text: text.strip().splitlines()[0][:30])
def test_every_example_builds(block: str) -> None:
    """Nothing is found but what a comment in the example asks for; its tests pass."""
    result = rackc.compile(block)
    wanted = re.findall(r"# (?:error|warning|note): (\w+)", block)
    assert [d.code.value for d in result.diagnostics] == wanted, [d.message for d in result.diagnostics]
    assert [test.name for test, outcome in run_tests(block) if outcome.failed] == []


def test_the_first_example_is_what_it_says() -> None:
    report = rackc.compile(BLOCKS[0]).report
    assert report is not None
    assert dict(report.counts)["gpu"] == 3 * 4 + 2 * 2


def test_units_functions_patterns_and_kinds_are_all_named() -> None:
    units = set(re.search(r"Units: (.*?); and quotients", TEXT, re.DOTALL).group(1).replace(";", " ").split())  # type: ignore[union-attr]
    assert units == set(UNIT_NAMES)
    for name in (*FUNCTIONS, *QUESTIONS, *PATTERNS, *KINDS, *TYPE_NAMES):
        assert re.search(rf"\b{name}\b", TEXT), name


def test_the_words_for_functions_are_those_the_compiler_has() -> None:
    assert set(FUNCTIONS) == set(PLAIN)
    asked = "".join(f"require {name}() " + "\n" for name in QUESTIONS)
    result = rackc.compile(f"part P {{\n{asked}}}\ndesign Main {{ p: P }}\n", solve=False)
    assert [d.code.value for d in result.diagnostics] == ["E0208"] * len(
        QUESTIONS
    )  # known, and called without arguments


@pytest.mark.parametrize(
    "statement", [s for s in tree.Statement.__args__ if s not in (tree.Edition,)], ids=lambda s: s.__name__
)
def test_every_statement_is_in_an_example(statement: type) -> None:
    def inside(node: object) -> bool:
        if isinstance(node, statement):
            return True
        children = (
            (getattr(node, f.name) for f in fields(node))
            if is_dataclass(node)
            else node
            if isinstance(node, tuple)
            else ()
        )
        return any(inside(child) for child in children)

    assert any(inside(parse(Source("", block)).tree) for block in BLOCKS)


def test_every_attribute_with_a_meaning_is_in_the_table() -> None:
    table = TEXT[TEXT.index("## Attributes") : TEXT.index("## Pools")]
    assert READ - UNSAID - {"model"} <= set(re.findall(r"`(\w+)`", table))
