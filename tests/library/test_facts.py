"""The library against the facts it was made from: no cited figure differs without a stated reason.

`facts.csv` holds the facts, `mapping.csv` says which of them each cited figure of the library is (see README.md here).
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import pytest

from rackc.dsl import tree
from tests.library.reading import Reading, both_ways, of_fact, of_library, worked_out
from tests.library.stated import FILES, Stated, definitions, leaves, stated

HERE = Path(__file__).parent
#: A figure worked out may differ from the stated one by its rounding.
ROUNDING = 0.005


@dataclass(frozen=True)
class Fact:
    part: str
    attribute: str
    value: str
    unit: str
    source: str
    confidence: str
    note: str

    @property
    def text(self) -> str:
        return f"{self.value} {self.unit}"


@dataclass(frozen=True)
class Row:
    """Which fact a figure is: `read` are the words of it that are meant, `formula` works it out, `reason` says why it differs."""

    part: str
    attribute: str
    fact: str
    read: str
    formula: str
    reason: str

    @property
    def address(self) -> str:
        return f"{self.part}.{self.attribute}"


@cache
def facts() -> dict[str, Fact]:
    with (HERE / "facts.csv").open(encoding="utf-8", newline="") as file:
        return {f"{row['part']}.{row['attribute']}": Fact(**row) for row in csv.DictReader(file)}


@cache
def rows() -> tuple[Row, ...]:
    with (HERE / "mapping.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Row(**row) for row in csv.DictReader(file))


@cache
def cited() -> dict[str, list[Stated]]:
    """Every figure of the library that cites a source, by its address; one stated in two branches is there twice."""
    found: dict[str, list[Stated]] = {}
    for path in FILES:
        for one in stated(path):
            if one.source[1] not in ("", "assumption"):
                found.setdefault(one.address, []).append(one)
    return found


@cache
def defaults() -> dict[str, dict[str, tree.Expr | None]]:
    return {name: {p.name: p.default for p in d.params} for path in FILES for name, d in definitions(path)}


def _default(part: str, name: str) -> tree.Expr | None:
    return defaults().get(part, {}).get(name)


def _reading(one: Stated) -> Reading:
    return of_library(one.value, partial(_default, one.part))


def _suggestion(one: Stated) -> str:
    """A row for `mapping.csv`: the facts of the same source that come to the same."""
    mine = _reading(one)
    same = [name for name, fact in facts().items() if fact.source == one.source[0]
            and mine == of_fact(fact.text if mine.numbers else fact.value, as_words=not mine.numbers)]  # fmt: skip
    return f"{one.part},{one.name},{' or '.join(same) or '?'},,,"


def test_every_cited_figure_is_mapped_and_nothing_else() -> None:
    mapped = Counter(row.address for row in rows())
    missing = [_suggestion(one) for address, ones in cited().items() for one in ones[:1] if address not in mapped]
    assert not missing, "add to mapping.csv:\n" + "\n".join(missing)
    assert mapped.keys() - cited().keys() == set()
    assert max(mapped.values()) == 1


def _differs(row: Row, one: Stated) -> list[str]:
    """What a figure has otherwise than its fact, or than what its formula comes to."""
    found = []
    if row.formula and not _comes_to(one, worked_out(row.formula, {name: f.value for name, f in facts().items()})):
        found.append(f"it is worked out as {worked_out(row.formula, {name: f.value for name, f in facts().items()}):g}")
    if not row.fact:
        return found if row.formula else [*found, "no fact"]
    fact = facts()[row.fact]
    mine = _reading(one)
    text = row.read or (fact.text if mine.numbers else fact.value)
    if not row.formula and mine != of_fact(text, as_words=not mine.numbers):
        found.append(f"the fact says {text}")
    if one.source != (fact.source, fact.confidence):
        found.append(f"it cites {one.source}, the fact is of {(fact.source, fact.confidence)}")
    ways = "bidir" in f"{fact.unit} {fact.attribute}", "per direction" in fact.unit
    if any(ways) and both_ways(one.value) != ways[0]:
        found.append("the directions that it counts")
    return found


def _comes_to(one: Stated, value: float) -> bool:
    """Whether a figure, in the unit that its author wrote, is what a formula comes to."""
    numbers = [float(leaf.value) for leaf in leaves(one.value) if isinstance(leaf, tree.Measure | tree.Number)]
    return len(numbers) == 1 and numbers[0] == pytest.approx(value, rel=ROUNDING)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.address)
def test_a_figure_is_its_fact_or_says_why_not(row: Row) -> None:
    assert not row.fact or row.fact in facts()
    for one in cited().get(row.address, ()):
        found = _differs(row, one)
        assert not found or row.reason, f"{row.address} = {_reading(one)}: {'; '.join(found)}"
        assert found or not row.reason, f"{row.address} needs no reason: it is as its fact says"


@pytest.mark.parametrize("row", [row for row in rows() if row.read], ids=lambda row: row.address)
def test_what_is_read_of_a_fact_stands_in_it(row: Row) -> None:
    fact = facts()[row.fact]
    text = f"{fact.part} {fact.value} {fact.unit} {fact.note}".lower()
    numbers = row.read.replace("-", " ").lower().split()
    assert [word for word in numbers if word not in text] == []


@pytest.mark.parametrize("address", [a for a, ones in cited().items() if ones[0].source[0] == "CALC"])
def test_what_is_calculated_is_calculated_again(address: str) -> None:
    assert next(row.formula for row in rows() if row.address == address)
