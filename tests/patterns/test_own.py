"""Patterns through a design: which addresses a connection joins, and what is told of a body at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

import rackc
from rackc.compiler.pipeline import Result
from rackc.dsl.diagnostics import Code

_HEAD = """
interface Net { protocol = "Ethernet"; lanes = 4 }
link Wire { medium = "board trace"; protocols = ["Ethernet"] }
part N(p) { port p[p]: Net }
"""


def compiled(patterns: str, things: str, *connections: str) -> Result:
    """Compile a tray with these things and connections."""
    body = "; ".join((things, *(f"connect {c}" for c in connections)))
    return rackc.compile(f"{_HEAD}{patterns}\ntray T {{ {body} }}\ndesign Main {{ t: T }}\n", solve=False)


def links(patterns: str, things: str, *connections: str) -> list[str]:
    """Return the links as `a -- b`, as seen from the tray; the design must be clean."""
    result = compiled(patterns, things, *connections)
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    assert result.plan is not None
    ports = [port.address.removeprefix("t.") for port in result.plan.ports]
    return [f"{ports[link.a]} -- {ports[link.b]}" for link in result.plan.links]


def test_a_built_in_pattern_joins_addresses() -> None:
    assert links("", "a[3]: N(2)", "a[*].p : Wire by ring") == [
        "a[0].p[0] -- a[1].p[1]", "a[1].p[0] -- a[2].p[1]", "a[2].p[0] -- a[0].p[1]",
    ]  # fmt: skip


def test_an_index_takes_its_share_of_each_bundle() -> None:
    assert links("", "a[2]: N(3); b[2]: N(2)", "a[*].p[1..2] -- b[*].p : Wire by all_to_all") == [
        "a[0].p[1] -- b[0].p[0]", "a[0].p[2] -- b[1].p[0]", "a[1].p[1] -- b[0].p[1]", "a[1].p[2] -- b[1].p[1]",
    ]  # fmt: skip


def test_take_gives_each_port_once_and_in_order() -> None:
    pattern = "pattern x { for b in left { connect take(b, 1) -- take(right[0], 1); connect take(b, 1) -- take(right[1], 1) } }"
    assert links(pattern, "a[2]: N(2); b[2]: N(2)", "a[*].p -- b[*].p : Wire by x") == [
        "a[0].p[0] -- b[0].p[0]", "a[0].p[1] -- b[1].p[0]", "a[1].p[0] -- b[0].p[1]", "a[1].p[1] -- b[1].p[1]",
    ]  # fmt: skip


def test_take_passes_over_ports_that_are_joined_already() -> None:
    pattern = "pattern x { connect left[0][1] -- right[0][0]; connect take(left[0], 2) -- take(right[0], 2) }"
    assert links(pattern, "a: N(3); b: N(3)", "a.p -- b.p : Wire by x") == [
        "a.p[1] -- b.p[0]", "a.p[0] -- b.p[1]", "a.p[2] -- b.p[2]",
    ]  # fmt: skip


def test_what_was_taken_is_not_taken_again() -> None:
    pattern = "pattern x { let one = take(left[0], 1); let two = take(left[0][0..1], 1); connect [one, two] -- right }"
    assert links(pattern, "a: N(2); b: N(2)", "a.p -- b.p : Wire by x") == ["a.p[0] -- b.p[0]", "a.p[1] -- b.p[1]"]


def test_a_pattern_goes_by_another_and_by_a_parameter() -> None:
    patterns = """
    pattern turned { for i in 0..<len(left) { connect left[i] -- right[len(right) - 1 - i] } }
    pattern halves(how) { connect left[0..1] -- right[0..1] by how; connect left[2..3] -- right[2..3] by turned }
    """
    assert links(patterns, "a[4]: N(1); b[4]: N(1)", "a[*].p -- b[*].p : Wire by halves(turned)") == [
        f"a[{i}].p[0] -- b[{j}].p[0]" for i, j in ((0, 1), (1, 0), (2, 3), (3, 2))
    ]


def test_the_right_is_empty_where_there_is_one_side() -> None:
    pattern = (
        "pattern x { if len(right) == 0 { connect left[0] -- left[1] } else { connect left -- right by one_to_one } }"
    )
    assert links(pattern, "a[2]: N(1); b[2]: N(1); c[2]: N(1)", "a[*].p : Wire by x", "b[*].p -- c[*].p : Wire by x") == [
        "a[0].p[0] -- a[1].p[0]", "b[0].p[0] -- c[0].p[0]", "b[1].p[0] -- c[1].p[0]",
    ]  # fmt: skip


def test_names_of_the_place_of_use_mean_nothing_inside() -> None:
    result = compiled("pattern x { connect a.p -- right }", "a: N(1); b: N(1)", "a.p -- b.p : Wire by x")
    assert [(d.code, d.message) for d in result.diagnostics] == [(Code.UNKNOWN_NAME, "no thing here is called `a`")]


def test_a_fault_inside_names_every_connection_on_the_way() -> None:
    patterns = "pattern inner { connect left[3] -- right }\npattern outer { connect left -- right by inner }"
    result = compiled(patterns, "a: N(1); b: N(1)", "a.p -- b.p : Wire by outer")
    (found,) = result.diagnostics
    text = next(iter(result.sources.values())).text
    assert found.code == Code.INDEX
    assert [(text[label.span.start : label.span.end], label.text) for label in found.also] == [
        ("inner", "used here"), ("outer", "used here"),
    ]  # fmt: skip


def test_a_fault_in_a_loop_is_told_once_and_the_next_one_too() -> None:
    pattern = "pattern x { for i in 0..9 { connect left[0][i + 5] -- right[0][0] }; connect 3 -- right }"
    result = compiled(pattern, "a: N(2); b: N(2)", "a.p -- b.p : Wire by x")
    assert [d.code for d in result.diagnostics] == [Code.INDEX, Code.TYPE]


def test_a_requirement_that_does_not_hold_ends_the_run() -> None:
    pattern = 'pattern x { if true { require len(left) == 2, "a pair is wanted" }; connect left[1] -- right[1] }'
    result = compiled(pattern, "a: N(1); b: N(1)", "a.p -- b.p : Wire by x")
    assert [d.message for d in result.diagnostics] == ["a pair is wanted (x)"]
    assert [label.text for label in result.diagnostics[0].also] == ["used here"]


def test_a_port_used_twice_shows_both_statements() -> None:
    pattern = 'pattern x { spare = "both"; connect left[0][0] -- right[0][0]; connect left[0][1] -- right[0][0] }'
    result = compiled(pattern, "a: N(2); b: N(2)", "a.p -- b.p : Wire by x")
    (found,) = result.diagnostics
    assert (found.code, found.message) == (Code.PORT_TAKEN, "port b.p[0] already carries a link")
    assert found.at.text == "second link"
    assert [label.text for label in found.also] == ["first link", "used here"]
    assert found.also[0].span.start < found.at.span.start


@pytest.mark.parametrize(
    ("spare", "connection", "left_over"),
    [
        ("left", "a.p -- b[0].p[0] : Wire by x", ""),
        ("left", "a.p[0] -- b[0].p : Wire by x", "b[0].p[1]"),
        ("right", "a.p[0] -- b[0].p : Wire by x", ""),
        ("right", "a.p -- b[0].p[0] : Wire by x", "a.p[1]"),
        ("both", "a.p -- b[0].p : Wire by x", ""),
    ],
)
def test_spare_says_which_side_may_keep_ports(spare: str, connection: str, left_over: str) -> None:
    pattern = f'pattern x {{ spare = "{spare}"; connect left[0][0] -- right[0][0] }}'
    found = compiled(pattern, "a: N(2); b[1]: N(2)", connection).diagnostics
    assert [d.at.text for d in found] == ([f"left over: {left_over}"] if left_over else [])


def test_what_is_left_over_is_named_with_the_pattern() -> None:
    result = compiled("pattern x { connect left[0] -- right[0] }", "a[3]: N(2); b: N(2)", "a[*].p -- b.p : Wire by x")
    (found,) = result.diagnostics
    assert found.code == Code.UNEQUAL
    assert found.message == "`x` leaves ports without a link: 4 on the left"
    assert found.at.text == "left over: a[1].p[0] to a[2].p[1]"
    assert [label.text for label in found.also] == ["the pattern"]


def test_steps_run_out_inside_a_pattern() -> None:
    for body in (
        "for i in 0..99_999 { for j in 0..99_999 { let k = i } }",
        "for i in 0..99_999 { let b = take(left[0], 0) }",
    ):
        result = compiled(f'pattern x {{ spare = "both"; {body} }}', "a: N(9000); b: N(1)", "a.p -- b.p : Wire by x")
        assert [d.code for d in result.diagnostics] == [Code.LIMIT]


def test_names_of_keyed_and_nested_things_are_addresses() -> None:
    things = 'for site in ["west", "east"] { n[site]: Box }; b: N(5)'
    result = compiled("part Box { m[2]: N(1) }", things, "n[*].m[*].p -- b.p : Wire")
    (found,) = result.diagnostics
    assert found.at.text == "1 on the right would be left over: b.p[4]"
    result = compiled("part Box { m[2]: N(2) }", things, "n[*].m[*].p -- b.p : Wire")
    assert result.diagnostics[0].at.text == ("3 on the left would be left over: n[east].m[0].p[1] to n[east].m[1].p[1]")


def test_a_pattern_comes_from_another_file(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "patterns.rack").write_text(
        "let first = 0\npattern snake(by_one = 1) { spare = \"left\"\n"
        "for i in first..<len(left) - 1 { connect left[i][by_one] -- left[i + 1][0] } }\n", encoding="utf-8",
    )  # fmt: skip
    for start, name in (("from house.patterns import snake\n", "snake"), ("", "house.patterns.snake")):
        text = f"{start}{_HEAD}tray T {{ a[3]: N(2); connect a[*].p : Wire by {name} }}\ndesign Main {{ t: T }}\n"
        (tmp_path / "main.rack").write_text(text, encoding="utf-8")
        result = rackc.compile(tmp_path / "main.rack", solve=False)
        assert not result.diagnostics
        assert result.plan is not None
        assert len(result.plan.links) == 2
