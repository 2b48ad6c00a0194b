"""Values of the language: what counts as the same, and what large arrays cost."""

from __future__ import annotations

import pytest

from rackc.api import compile
from rackc.compiler.operators import same
from rackc.compiler.plan import Interval
from rackc.compiler.values import Whole, described
from rackc.dsl.units import number, quantity
from tests.effort import steps


def test_figures_are_the_same_by_what_they_measure() -> None:
    assert same(quantity(1, "kW"), quantity(1000, "W"))
    assert same((quantity(1, "GB"),), (quantity(1000, "MB"),))
    assert not same(quantity(1, "GB"), quantity(1, "GiB"))
    assert not same(number(1), True)
    low, high = quantity(1, "W"), quantity(2, "W")
    assert same(Interval(low, high, low), Interval(low, high, high))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Acme", 'the text "Acme"'),
        (True, "true"),
        (None, "nothing"),
        (quantity(3, "W"), "3 W (power)"),
        (Whole(1, 3), "a range of numbers"),
    ],
)
def test_values_are_described_in_words(value: object, words: str) -> None:
    assert described(value) == words


def test_a_range_counts_without_being_made() -> None:
    assert Whole(0, 10**30).count == 10**30 + 1
    assert Whole(3, 1).count == 0
    assert Whole(0, 9, 4).count == 3


def test_an_array_is_one_thing_however_long() -> None:
    def taken(count: int) -> int:
        text = f"part P {{ tdp = 1 W }}\ntray T {{ p[{count}]: P }}\ndesign Main {{ t: T }}\n"
        return steps(lambda: compile(text, solve=False))

    taken(10)
    assert taken(16_000) < 1.1 * taken(2_000)
