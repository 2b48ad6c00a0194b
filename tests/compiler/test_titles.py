"""A thing without a title of its own has that of the nearest definition that it descends from."""

from __future__ import annotations

import pytest

import rackc

TEXT = """edition 2026
## Far
part A { }
## Near
part B: A { }
part C: B { }
## Own
part D: B { }
trait U { }
part E: U, A { }
part F: U { }
"""


@pytest.mark.parametrize(("name", "title"), [("A", "Far"), ("C", "Near"), ("D", "Own"), ("E", "Far"), ("F", "")])
def test_the_nearest_title_counts(name: str, title: str) -> None:
    result = rackc.compile(f"{TEXT}design Main {{ x: {name} }}\n", solve=False)
    assert result.plan is not None
    assert result.plan.instances[1].part.title == title
