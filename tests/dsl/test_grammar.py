"""The grammar: LALR(1) without conflicts, and every keyword still free to be a name."""

from __future__ import annotations

import re

import pytest
from lark import Lark

from rackc.api import compile
from rackc.dsl import tree
from rackc.dsl.lexer import lex
from rackc.dsl.parser import grammar_text, lark_options, parse
from rackc.dsl.source import Source
from rackc.dsl.words import KEYWORDS

#: The language's constants are values wherever they stand; `else` and `in` only ever continue something.
TAKES_A_LIST = (
    "connect",
    "require",
    "prefer",
    "minimize",
    "if",
)  # `require [true][0]` is a rule, so `require[2]: T` is none
RESERVED = ("true", "false", "none", "else", "in")
FREE = [word for word in KEYWORDS if word not in RESERVED]


def test_no_conflicts_in_strict_mode() -> None:
    """Strict mode refuses shift/reduce conflicts that Lark would otherwise settle without a word."""
    assert Lark(grammar_text(), strict=True, **lark_options()).terminals is not None


def test_strict_mode_sees_conflicts() -> None:
    ambiguous = grammar_text().replace("paren: ", "paren: NAME | ", 1)
    with pytest.raises(Exception, match=r"(?i)collision|conflict"):
        Lark(ambiguous, strict=True, **lark_options())


def test_every_terminal_the_lexer_makes_is_declared() -> None:
    declared = set(re.findall(r"[A-Z_]+", " ".join(re.findall(r"^%declare (.*)$", grammar_text(), re.MULTILINE))))
    text = 'edition 2026\nfrom a import b as c\npart P(a = 1): B on x { a[1] <= 2 W each way @c("x"); port p: T at u(1) }\n'
    kinds = {t.type for t in lex(Source("", text)).tokens} - {"EOF"}
    assert kinds <= declared | {
        "LPAR",
        "RPAR",
        "LSQB",
        "RSQB",
        "LBRACE",
        "RBRACE",
        "COMMA",
        "COLON",
        "EQUAL",
        "AT",
        "DOT",
    }


def assigned(text: str) -> list[str]:
    """Return the attribute names of the first definition, which must parse without a fault."""
    parsed = parse(Source("", text))
    assert not parsed.diagnostics, parsed.diagnostics
    definition = parsed.tree.statements[0]
    assert isinstance(definition, tree.Definition)
    return [
        s.target.name
        for s in definition.body.statements
        if isinstance(s, tree.Assign) and isinstance(s.target, tree.Name)
    ]


@pytest.mark.parametrize("word", FREE)
def test_a_keyword_can_be_an_attribute(word: str) -> None:
    assert assigned(f"part P {{ {word} = 3 W }}\n") == [word]
    assert assigned(f"part P {{\n  {word} = 3 W\n  x = 4 W\n}}\n") == [word, "x"]


@pytest.mark.parametrize("word", KEYWORDS)
def test_a_keyword_can_follow_a_dot(word: str) -> None:
    for text in (
        f"part P {{ x = q.{word} }}\n",
        f"part P {{ x = q.{word} + 2 * q.{word} }}\n",
        f"part P {{ x = f(q.{word}, a = q.{word}) }}\n",
    ):
        assert assigned(text) == ["x"]


@pytest.mark.parametrize("word", FREE)
def test_a_keyword_can_name_instances_ports_and_arguments(word: str) -> None:
    statements = [f"{word}: T", f"port {word}: T", f"port {word}[2]: T", f"x: T({word} = 3)", f"let {word} = 3"]
    if word not in TAKES_A_LIST:
        statements.append(f"{word}[2]: T")
    for statement in statements:
        parsed = parse(Source("", f"part P {{ {statement} }}\n"))
        assert not parsed.diagnostics, (statement, parsed.diagnostics[0].message)


@pytest.mark.parametrize("word", [w for w in FREE if w not in ("mod", "and", "or", "not", "if", "step", "typ")])
def test_a_keyword_attribute_can_be_used(word: str) -> None:
    result = compile(
        f"part P {{ {word} = 3 W }}\ntray T {{ p: P; require p.{word} == 3 W }}\ndesign Main {{ t: T }}\n", solve=False
    )
    assert [d.message for d in result.diagnostics if "is a text" not in d.message] == []


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"), ("1 - 2 - 3", "((1 - 2) - 3)"), ("8 / 2 / 2", "((8 / 2) / 2)"), ("-1 + 2", "((- 1) + 2)"),
        ("not a == b", "(not (a == b))"), ("a and b or c", "((a and b) or c)"), ("a or b and c", "(a or (b and c))"),
        ("1 .. 9 step 2", "((1 .. 9) step 2)"), ("0 ..< n + 1", "(0 ..< (n + 1))"), ("a + 1 == b mod 2", "((a + 1) == (b mod 2))"),
        ("1 .. 2 typ 1", "((1 .. 2) typ 1)"), ("50 +/- 5 typ 1", "((50 +/- 5) typ 1)"), ("a in 1 .. 3", "(a in (1 .. 3))"),
    ],
)  # fmt: skip
def test_precedence(text: str, grouped: str) -> None:
    parsed = parse(Source("", f"let x = {text}\n"))
    statement = parsed.tree.statements[0]
    assert isinstance(statement, tree.Let)
    assert spelled(statement.value) == grouped


def spelled(expr: tree.Expr | tree.Every) -> str:
    """Return an expression with all its brackets."""
    match expr:
        case tree.Binary(op=op, left=left, right=right):
            return f"({spelled(left)} {op} {spelled(right)})"
        case tree.Unary(op=op, of=of):
            return f"({op} {spelled(of)})"
        case tree.Name(name=name):
            return name
        case tree.Number(value=value):
            return str(value)
        case _:
            raise AssertionError(expr)


def test_the_grammar_names_no_terminal_twice() -> None:
    declared = re.findall(r"[A-Z_]+", " ".join(re.findall(r"^%declare (.*)$", grammar_text(), re.MULTILINE)))
    assert len(declared) == len(set(declared))
