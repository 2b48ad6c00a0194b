"""Trees print back to text that parses to the same tree, with no bracket too many."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

from rackc.dsl import tree
from rackc.dsl.lexer import lex
from rackc.dsl.parser import parse
from rackc.dsl.printer import print_tree
from rackc.dsl.source import NOWHERE, Source
from tests.dsl.trees import bare, designs, exprs, kinds, random_tree, trees

FILES = designs("examples", "dsl", "tests")
NODES = {name for name, kind in vars(tree).items() if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__")}

quickly = settings(max_examples=300, deadline=None, derandomize=True)


def reads_back(whole: tree.Tree) -> None:
    printed = print_tree(whole)
    again = parse(Source(whole.source, printed))
    assert not again.diagnostics, (printed, again.diagnostics[0].message)
    assert bare(again.tree) == bare(whole), printed


@given(trees)
@quickly
def test_a_tree_reads_back(whole: tree.Tree) -> None:
    reads_back(whole)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_tree_of_a_file_reads_back(path: Path) -> None:
    reads_back(parse(Source("t", path.read_bytes().decode())).tree)


def test_random_trees_hold_every_kind_of_node() -> None:
    assert set().union(*(kinds(random_tree(seed, 60)) for seed in range(200))) == NODES


def let(value: tree.Expr) -> str:
    """Return how a value prints."""
    return print_tree(tree.Tree("t", (tree.Let(NOWHERE, "x", value),))).removeprefix("let x = ").removesuffix("\n")


@given(exprs)
@quickly
def test_no_bracket_could_be_left_out(value: tree.Expr) -> None:
    """Taking away a pair of brackets around an operand changes what is said, or leaves nothing that can be read."""
    printed = f"let x = {let(value)}\n"
    tokens = lex(Source("t", printed)).written
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.type == "LPAR":
            opened.append(at)
        elif token.type == "RPAR":
            start = opened.pop()
            if tokens[start - 1].type in ("NAME", "RPAR", "RSQB"):
                continue  # of a call
            data = printed.encode()
            parts = data[: tokens[start].start], data[tokens[start].end : token.start], data[token.end :]
            again = parse(Source("t", " ".join(part.decode() for part in parts)))
            assert again.diagnostics or bare(again.tree) != bare(parse(Source("t", printed)).tree), printed


@pytest.mark.parametrize(
    "text",
    [
        "(1 + 2) * 3", "1 - (2 - 3)", "8 / (2 / 2)", "-(1 + 2)", "- -a", "-a.b", "not a == b", "(not a) == b", "not a and b",
        "(1 + not a) == b", "1 + not a == b", "a and not b or c", "(if a then b else c) + 1", "if if a then b else c then d else e",
        "1..4 step 2 typ 1", "0..<n + 1", "(1..4) + 1", "50 V +/- 5 % typ 5 V", "a in [b, c]", "[x for x in y if x > 1]",
        "[k + v for k, v in y]", "gpu[*].p[1, 2](3, at = 4)", "1.8 TB/s both ways", "5 m", "5 feeds", '"{{}} {a + 1}{b}"',
        '"{(at)} {if a then b else c}"', '"\\"\\\\\\n\\t"', "8000", "0.25", "12345678901234567890123e30", "1e-60", "0.0001e-60",
    ],
)  # fmt: skip
def test_it_is_written_as_a_person_would(text: str) -> None:
    parsed = parse(Source("t", f"let x = {text}\n"))
    assert not parsed.diagnostics
    assert print_tree(parsed.tree) == f"let x = {text}\n"


def test_statements() -> None:
    text = """edition 2026
from std.memory import rdimm_64, rdimm_96 as big
from "parts/gpu.rack" import Gpu
import std.racks as stock
import std.cables
## Where a link ends
enum Side { near, far }
## A part
part P(n: Int = 3, card, m = 2): A, b.C(1) on x.y {
  a = 1 W @cite("K", low) @assume("why")
  latency <= 700 ns
  x[i, "k"].y: T(n = 2) at u(1..4) {
    tdp = 3 W
  }
  port p[4]: Net
  connect a -- b : Wire by rail(2)
  connect a by ring
  demand d: Steady(3) by gpu
  choose c: Card in [A, B]
  for k, v in list {
    if a {
      b = 1
    } else if c {
      d = 2
    } else {
      e = 3
    }
  }
  require a == b, "a message"
  prefer a weight 2, "{a} and so on"
  survive 1 controller for capacity
  minimize cost then power
  pool kv { }
}
test T {
  expect E0601, W0651
}
"""
    assert print_tree(parse(Source("t", text)).tree) == text


@pytest.mark.parametrize(
    "text",
    [
        "part P { in: T\n  a = 3\n}\n", "part P { else = 3\n}\n", "enum E { connect\n  if\n  a, in }\n", "enum E { in\n  not }\n",
        "##\n## a\n##\npart P { }\n", "survive 2 x for for\n", "from in import as as by\n", "minimize then then then\n",
    ],
)  # fmt: skip
def test_words_that_are_names_only_there(text: str) -> None:
    parsed = parse(Source("t", text))
    assert not parsed.diagnostics
    assert print_tree(parsed.tree) == text


def test_a_number_without_decimal_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no decimal form"):
        let(tree.Number(NOWHERE, Fraction(1, 3)))
