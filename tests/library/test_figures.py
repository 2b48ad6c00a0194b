"""Every figure of the library names its source or says that it is an assumption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rackc.dsl import tree
from tests.library.stated import FILES, LIBRARY, Stated, definitions, leaves, stated

#: Facts of form: a part with another one of these would be another part. All else is a figure, whatever its value.
FORM = {
    # what a thing is and who makes it
    "role", "vendor", "fusion", "forwards", "pitch", "height",
    # what a port or a cable speaks, and its form
    "protocol", "protocols", "generation", "version", "lanes", "flit", "connector", "connectors", "direction", "modes", "mode",
    "medium", "field", "construction", "rate", "ways", "transceivers", "links_per_unit", "phases", "ac_connector",
    # a count of what the very definition holds, and the size of one number
    "units", "bytes",
}  # fmt: skip


def _bare(one: Stated, given: set[str]) -> bool:
    """Whether an attribute is a figure without source: one that only passes on what its user must give is none."""
    passed_on = isinstance(one.value, tree.Name) and one.value.name in given
    return not one.cites and one.name not in FORM and not passed_on


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_figures_carry_their_source(path: Path) -> None:
    given = {name: {p.name for p in d.params if p.default is None} for name, d in definitions(path)}
    bare = [one.address for one in stated(path) if _bare(one, given.get(one.part, set()))]
    assert not bare


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_a_source_has_words(path: Path) -> None:
    assert [one.address for one in stated(path) if one.cites and not one.source[0].strip()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_defaults_that_are_figures_end_in_a_figure_with_a_source(path: Path) -> None:
    """`power = 350 W` is a figure too: it must come to stand in an attribute that says where it is from, or in a rule."""
    loose = [f"{name}({param.name})" for name, d in definitions(path) for param in d.params
             if param.default is not None and _measures(param.default) and param.name not in _answered(d)]  # fmt: skip
    assert not loose


def _measures(value: tree.Expr) -> bool:
    """Whether an expression holds a figure with a unit, other than a height, which is form."""
    return any(isinstance(leaf, tree.Measure) and leaf.unit not in ("U", "OU") for leaf in leaves(value))


def _answered(definition: tree.Definition) -> set[str]:
    """Names that attributes with a source, or rules, are made of."""
    found: set[str] = set()
    for value in _sourced(definition.body):
        found |= {leaf.name for leaf in leaves(value) if isinstance(leaf, tree.Name)}
    return found


def _sourced(block: tree.Block) -> Iterator[tree.Expr]:
    for statement in block.statements:
        match statement:
            case tree.Assign(value=value, cites=cites) if cites:
                yield value
            case tree.Require(test=test):
                yield test
            case tree.For(body=body):
                yield from _sourced(body)
            case tree.If(yes=yes, no=no):
                yield from _sourced(yes)
                yield from _sourced(no) if no is not None else ()
            case _:
                pass


def _keys() -> dict[str, str]:
    rows = (line.split("|") for line in (LIBRARY / "SOURCES.md").read_text(encoding="utf-8").splitlines())
    return {row[1].strip(): row[2].strip() for row in rows if len(row) == 4 and row[1].strip() not in ("key", "---")}


def test_every_key_has_a_row_of_its_own() -> None:
    used = {one.source[0] for path in FILES for one in stated(path) if one.source[1] not in ("", "assumption")}
    assert used - _keys().keys() == set()
    assert list(_keys()) == sorted(_keys())
    assert all(_keys().values())
