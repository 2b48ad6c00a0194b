"""What a long or hopeless design costs: work grows with its length, and findings end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rackc.api import compile
from rackc.compiler.elaborate import MAX_FINDINGS
from tests.effort import steps

_TAIL = "design Main { p: P }\n"
_LONG: dict[str, Callable[[int], str]] = {
    "attributes": lambda n: "part P {\n" + "".join(f"  alpha{i} = {i}\n" for i in range(n)) + "}\n",
    "attributes nearly known": lambda n: "part P {\n" + "".join(f"  tdp{i} = {i}\n" for i in range(n)) + "}\n",
    "ports": lambda n: (
        'interface I { protocol = "X" }\npart P {\n' + "".join(f"  port a{i}: I\n" for i in range(n)) + "}\n"
    ),
    "children": lambda n: "part Q { }\npart P {\n" + "".join(f"  c{i}: Q\n" for i in range(n)) + "}\n",
    "keys": lambda n: f"part Q {{ }}\npart P {{ for i in 0..<{n} {{ c[i]: Q }} }}\n",
    "keys at once": lambda n: f"part Q {{ }}\npart P {{ c[0..<{n}]: Q }}\n",
    "unknown names": lambda n: "part P {\n" + "".join(f"  a{i} = ab{i}\n" for i in range(n)) + "}\n",
    "definitions": lambda n: "".join(f"part P{i} {{ }}\n" for i in range(n)) + "part P { }\n",
}


def taken(make: Callable[[int], str], count: int) -> int:
    """Return the steps of checking a design."""
    text = make(count) + _TAIL
    return steps(lambda: compile(text, solve=False))


@pytest.mark.parametrize("name", _LONG)
def test_work_grows_with_the_length_not_with_its_square(name: str) -> None:
    taken(_LONG[name], 10)
    short = taken(_LONG[name], 500)  # before the long one, which would leave what it looked up behind
    assert taken(_LONG[name], 4_000) < 12 * short  # eight times as long


def test_hopeless_designs_end_in_so_many_findings() -> None:
    found = compile(_LONG["unknown names"](1_000) + _TAIL, solve=False).diagnostics
    assert len(found) == MAX_FINDINGS + 1
    assert [d.code.value for d in found].count("E0305") == 1
