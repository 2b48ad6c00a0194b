"""The planted conflicts of the benchmark, at 8 hosts: named at their lines, and the changes proposed, written down, build."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from typing import Any

import pytest

from tests.conftest import ROOT

KINDS = ("ports", "power under one loss", "slots, ports, latency")


@cache
def planted() -> Any:
    """Return the benchmark that plants them."""
    found = importlib.util.spec_from_file_location("planted", ROOT / "benchmarks" / "conflicts.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["planted"] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_named_in_few_words_at_its_lines(kind: str) -> None:
    one = planted().kinds(8)[kind]
    text = planted().design(8, [one])
    result, _ = planted().built(text)
    (conflict,) = result.conflicts
    (found,) = [d for d in result.diagnostics if d.is_error]
    assert found.code == "E0708"
    assert len(found.message) <= 160
    assert conflict.smallest
    assert len(conflict.requirements) <= 5
    assert all(f"`{name}" in found.message for name in one.named)
    lines = {text[label.span.start : label.span.end] for label in (found.at, *found.also)}
    assert len(lines) == len(conflict.requirements)
    assert any("survive 1 controller" in line for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_each_change_written_down_builds(kind: str) -> None:
    text = planted().design(8, [planted().kinds(8)[kind]])
    result, _ = planted().built(text)
    for way in result.conflicts[0].relaxations:
        again, _ = planted().built(planted().followed(text, [way]))
        assert again.plan is not None, way
        assert not again.failed, way


def test_of_four_racks_only_those_in_conflict_are_told() -> None:
    kinds = planted().kinds(8)
    result, _ = planted().built(planted().design(8, list(kinds.values())))
    told = [d.message.split()[0] for d in result.diagnostics if d.code == "E0708"]
    assert told == ["r1.kv", "r2.kv", "r3.kv"]


def test_a_change_without_an_edit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no edit for"):
        planted().followed("", ["paint it red"])
