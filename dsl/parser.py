"""Tokens to a syntax tree. Parsing never fails: a statement that cannot be read is reported and left out."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from threading import local
from typing import Any, Final

import lark
from lark import Lark

from rackc.dsl import tree
from rackc.dsl.balance import balance
from rackc.dsl.build import Builder, unescape
from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label
from rackc.dsl.lexer import Lexed, Token, lex, lex_part
from rackc.dsl.reader import Reader
from rackc.dsl.source import Source, Span
from rackc.dsl.template import pieces

#: Limits that keep any input within seconds and megabytes.
MAX_CHARACTERS: Final = 4_000_000
MAX_NESTING: Final = 50
MAX_OPERATORS: Final = 300
MAX_REPORTS: Final = 50

#: What a parse can begin with: a file, or one expression.
STARTS: Final = ("start", "expr")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, complete but for what the diagnostics name; `lost` are the names that the missing statements give.

    `lexed` are the tokens and comments it was made from, for the formatter.
    """

    tree: tree.Tree
    diagnostics: tuple[Diagnostic, ...]
    lost: frozenset[str] = frozenset()
    comments: tuple[Token, ...] = ()
    lexed: Lexed | None = None


@dataclass(frozen=True, slots=True)
class ParsedExpression:
    """One expression, None where it could not be read."""

    expression: tree.Expr | None
    diagnostics: tuple[Diagnostic, ...]


def grammar_text() -> str:
    """Return the text of the grammar, for tools and tests."""
    return resources.files("rackc.dsl").joinpath("rack.lark").read_text(encoding="utf-8")


def lark_options() -> dict[str, Any]:
    """Return the options the parser is built with; the saved table was made with the same."""
    return {
        "parser": "lalr", "lexer": "basic", "keep_all_tokens": True, "maybe_placeholders": False, "start": list(STARTS),
    }  # fmt: skip


def table_name() -> str:
    """Return the name of the saved parser table: that of the installed Lark and of this very grammar."""
    digest = hashlib.sha256(grammar_text().encode()).hexdigest()
    return f"rack-{lark.__version__}-{digest[:8]}.table"


class _Relay(local):
    """A transformer that forwards every reduction to the builder of the file in hand, one a thread."""

    builder: Builder | None = None

    def __getattr__(self, rule: str) -> Callable[[list[Any]], Any]:
        if rule.startswith("_") or not hasattr(Builder, rule):
            raise AttributeError(rule)
        return lambda children: getattr(self.builder, rule)(children)


_relay = _Relay()


@cache
def _parser() -> Lark:
    saved = resources.files("rackc.dsl").joinpath(table_name())
    if not saved.is_file():
        return Lark(grammar_text(), transformer=_relay, **lark_options())
    # Our own package data, written by tools/save_grammar.py. `Lark.load` takes no transformer, the method behind it does.
    loaded: Lark = Lark.__new__(Lark)._load(io.BytesIO(saved.read_bytes()), transformer=_relay)
    return loaded


def parse(source: Source) -> Parsed:
    """Parse one source into a tree and what was wrong with it."""
    if len(source.text) > MAX_CHARACTERS:
        message = f"the file has {len(source.text):,} characters; the limit is {MAX_CHARACTERS:,}"
        too_large = Diagnostic(Code.TOO_LARGE, message, Label(Span(source.name, 0, 0)),
                               hints=("split it into modules",))  # fmt: skip
        return Parsed(tree.Tree(source.name, ()), (too_large,))
    lexed = lex(source)
    deep = _too_deep(source, lexed.tokens)
    if deep is not None:
        return Parsed(tree.Tree(source.name, ()), (*lexed.diagnostics, deep))
    templates, in_texts = _templates(source, lexed.tokens)
    tokens, unpaired = balance(source, lexed.tokens)
    _relay.builder = Builder(source.name, _doc_finder(source, lexed.comments), templates)
    known = (*lexed.diagnostics, *in_texts, *unpaired)
    reader = Reader(source, _parser().parse_interactive("", start="start"), tokens, known)
    result = reader.read()
    found = sorted((*known, *reader.found), key=lambda d: d.at.span.start)
    return Parsed(result, tuple(found[:MAX_REPORTS]), reader.lost, lexed.comments, lexed)


def parse_expression(source: Source, start: int = 0, end: int | None = None) -> ParsedExpression:
    """Parse the characters from `start` to `end` as one expression; texts in it hold no expressions of their own."""
    lexed = lex_part(source, start, len(source.text) if end is None else end)
    if lexed.diagnostics:
        return ParsedExpression(None, lexed.diagnostics)
    deep = _too_deep(source, lexed.tokens)
    if deep is not None:
        return ParsedExpression(None, (deep,))
    _relay.builder = Builder(source.name, lambda _: "", {})
    reader = Reader(source, _parser().parse_interactive("", start="expr"), lexed.tokens, ())
    last = source.byte_of(len(source.text) if end is None else end)
    found = reader.read_expression(Span(source.name, source.byte_of(start), last))
    return ParsedExpression(found, tuple(reader.found))


def _templates(
    source: Source, tokens: Sequence[Token]
) -> tuple[dict[int, tuple[str | tree.Expr, ...]], list[Diagnostic]]:
    """Read the expressions in texts: the parts of each text that has some, by its offset."""
    made: dict[int, tuple[str | tree.Expr, ...]] = {}
    found: list[Diagnostic] = []
    for token in tokens:
        if token.type != "STRING" or ("{" not in token.text and "}" not in token.text):
            continue
        split = pieces(token.text[1:-1])
        base = source.character_of(token.start) + 1
        found.extend(_stray(source, base + at) for at in split.stray)
        parts: list[str | tree.Expr] = []
        for part in split.parts:
            if isinstance(part, str):
                parts.append(unescape(part))
                continue
            parsed = parse_expression(source, base + part.start, base + part.end)
            found.extend(parsed.diagnostics)
            parts.append("…" if parsed.expression is None else parsed.expression)
        if any(not isinstance(part, str) for part in parts):
            made[token.start] = tuple(parts)
    return made, found


def _stray(source: Source, character: int) -> Diagnostic:
    span = Span(source.name, source.byte_of(character), source.byte_of(character + 1))
    brace = source.at(span)
    return Diagnostic(Code.STRING, f"this `{brace}` in a text has no partner", Label(span, "an expression stands in braces"),
                      hints=(f"write `{brace}{brace}` for the brace itself",), fix=Fix(span, brace * 2))  # fmt: skip


#: What makes an expression deeper besides its brackets, and what only makes it longer.
_DEEPER: Final = frozenset(("NOT", "THEN", "DOT", "LPAR", "LSQB"))
_LONGER: Final = frozenset(("ADD", "STAR", "MUL", "CMP", "AND", "OR", "IN", "RANGE", "TOL", "STEP", "TYP"))


def _too_deep(source: Source, tokens: Sequence[Token]) -> Diagnostic | None:
    """Find where expressions or blocks are nested, or one expression is strung together, beyond the limits."""
    outside: list[tuple[int, int]] = []  # of each bracket that is open: depth and operators of what it stands in
    depth = operators = 0
    before = ""
    for token in tokens:
        kind = token.type
        if kind in _DEEPER or (kind == "ADD" and before in _LONGER):
            depth += 1
        elif kind in _LONGER:
            operators += 1
        elif kind in ("COMMA", "NL"):
            depth = operators = 0
        if kind in ("LPAR", "LSQB", "LBRACE"):
            outside.append((depth, operators))
            depth = operators = 0
        elif kind in ("RPAR", "RSQB", "RBRACE") and outside:
            depth, operators = outside.pop()
        before = kind
        if len(outside) > MAX_NESTING:
            return _beyond(source, token, f"brackets are nested more than {MAX_NESTING} deep")
        if depth > MAX_NESTING or operators > MAX_OPERATORS:
            return _beyond(
                source,
                token,
                f"more than {MAX_OPERATORS if operators > depth else MAX_NESTING} steps in one expression",
            )
    return None


def _beyond(source: Source, token: Token, message: str) -> Diagnostic:
    return Diagnostic(Code.TOO_LARGE, message, Label(Span(source.name, token.start, token.end), "here"),
                      hints=("give the inner parts names of their own",))  # fmt: skip


def _doc_finder(source: Source, comments: Sequence[Token]) -> Callable[[int], str]:
    """Return a function from a definition's offset to the text of the `##` lines just above it."""
    by_line = {source.line_of(c.start): c.text[2:].strip() for c in comments if c.text.startswith("##")}

    def find(offset: int) -> str:
        line, lines = source.line_of(offset) - 1, list[str]()
        while line in by_line:
            lines.append(by_line[line])
            line -= 1
        return " ".join(reversed(lines))

    return find
