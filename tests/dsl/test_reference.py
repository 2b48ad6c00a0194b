"""The reference: its example builds, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import rackc
from rackc.compiler.checks.figures import _READ
from rackc.compiler.functions import PLAIN
from rackc.compiler.patterns import PATTERNS
from rackc.dsl.units import UNIT_NAMES
from rackc.dsl.words import KINDS

TEXT = (Path(__file__).parents[2] / "dsl" / "REFERENCE.md").read_text(encoding="utf-8")

#: Read, but of no use to an author beyond what the table says.
UNSAID = {"cxl", "version", "base_power", "hbm_bandwidth", "memory_bandwidth", "frame_mass", "fusion",
          "trace", "instances", "slice", "local", "prefill"}  # fmt: skip


def test_the_example_builds() -> None:
    (design,) = re.findall(r"```rack\n(.*?)```", TEXT, re.DOTALL)
    result = rackc.compile(design)
    assert not result.diagnostics
    assert result.report is not None
    assert dict(result.report.counts)["gpu"] == 3 * 4 + 2 * 2


def test_units_functions_patterns_and_kinds_are_all_named() -> None:
    units = set(re.search(r"Units: (.*?); and quotients", TEXT, re.DOTALL).group(1).replace(";", " ").split())  # type: ignore[union-attr]
    assert units == set(UNIT_NAMES)
    for name in (*PLAIN, *PATTERNS, *KINDS):
        assert re.search(rf"\b{name}\b", TEXT), name


def test_every_attribute_with_a_meaning_is_in_the_table() -> None:
    table = TEXT[TEXT.index("## Attributes") : TEXT.index("## Pools")]
    assert _READ - UNSAID - {"model"} <= set(re.findall(r"`(\w+)`", table))
