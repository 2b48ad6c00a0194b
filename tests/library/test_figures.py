"""Every figure of the library names its source or says that it is an assumption."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.dsl import tree
from rackc.dsl.parser import parse
from rackc.dsl.source import Source

LIBRARY = Path(__file__).parents[2] / "dsl" / "library"
FILES = sorted(LIBRARY.rglob("*.rack"))

#: Facts of form that no one measures: sizes in units of a rack, names, counts, and what a parameter passes on.
FORM = {
    "height", "lanes", "generation", "units", "retimers", "links_per_unit", "bytes", "prices", "lengths", "supplies",
    "dimm_slots", "channels", "version",
}  # fmt: skip


def _figures(block: tree.Block) -> list[tree.Assign]:
    found = []
    for statement in block.statements:
        if isinstance(statement, tree.Assign) and _measures(statement.value):
            found.append(statement)
        if isinstance(statement, tree.Definition | tree.For | tree.If):
            found += _figures(statement.body if not isinstance(statement, tree.If) else statement.yes)
    return found


def _measures(value: tree.Expr) -> bool:
    match value:
        case tree.Measure():
            return True
        case tree.Binary(left=left, right=right):
            return _measures(left) or _measures(right)
        case tree.ListOf(items=items):
            return any(_measures(item) for item in items)
        case _:
            return False


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_figures_carry_their_source(path: Path) -> None:
    parsed = parse(Source(str(path), path.read_text(encoding="utf-8")))
    assert not parsed.diagnostics
    bare = [
        f"{definition.name}.{assign.target.name}"
        for definition in parsed.tree.statements
        if isinstance(definition, tree.Definition)
        for assign in _figures(definition.body)
        if isinstance(assign.target, tree.Name) and not assign.cites and assign.target.name not in FORM
    ]
    assert not bare
