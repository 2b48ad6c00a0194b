"""Parser reductions to tree nodes. One method a rule of `rack.lark`, named as there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from lark import Token

from rackc.dsl import tree
from rackc.dsl.precedence import BINDS, NOT_BINDS, SIGN_BINDS
from rackc.dsl.source import Span

_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_MEASURE: Final = re.compile(r"(?P<number>[\d_.]+(?:[eE][+-]?\d+)?)[ \t]*(?P<unit>.+)")

Nodes = list[Any]  # tokens and nodes, as the parser hands them over


def unquote(text: str) -> str:
    """Return what a text in quotes says."""
    return unescape(text[1:-1])


def unescape(text: str) -> str:
    """Return a stretch of a text with its escapes resolved; `{{` and `}}` are braces."""
    return re.sub(r"\\(.)|(\{\{|\}\})", lambda m: m[2][0] if m[2] else _ESCAPES.get(m[1], m[0]), text)


def fraction(text: str) -> Fraction:
    """Return an exact number from its digits."""
    return Fraction(text.replace("_", ""))


def _only(kind: type | tuple[type, ...], nodes: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(node for node in nodes if isinstance(node, kind))


class Builder:
    """Callbacks of the parser for one source; every result but a list is a frozen tree node.

    `docs` finds the `##` lines above an offset; `templates` has the parts of texts that hold expressions, by offset.
    """

    def __init__(
        self, source: str, docs: Callable[[int], str], templates: Mapping[int, tuple[str | tree.Expr, ...]]
    ) -> None:
        self._source = source
        self._docs = docs
        self._templates = templates

    def _span(self, nodes: Sequence[Any]) -> Span:
        first, last = nodes[0], nodes[-1]
        start: Any = first.start_pos if isinstance(first, Token) else first.span.start
        end: Any = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self._source, start, end)

    # -------- lists of statements: a chain, so that adding one is cheap and never changes an earlier value

    def start(self, c: Nodes) -> tree.Tree:
        return tree.Tree(self._source, _unchain(c[0]))

    def none_yet(self, _: Nodes) -> None:
        return None

    def one_more(self, c: Nodes) -> tuple[Any, Any]:
        return (c[0], c[1])

    def block(self, c: Nodes) -> tree.Block:
        return tree.Block(self._span([c[0], c[2]]), _unchain(c[1]))

    # -------- definitions

    def edition(self, c: Nodes) -> tree.Edition:
        return tree.Edition(self._span(c), int(c[1].replace("_", "")))

    def import_names(self, c: Nodes) -> tree.Import:
        span, names = self._span([c[0], c[-1]]), _only(tree.ImportName, c)
        if isinstance(c[1], Token):
            return tree.Import(span, unquote(c[1]), self._span([c[1]]), names, is_path=True)
        path, module_span = c[1]
        return tree.Import(span, ".".join(path), module_span, names, is_path=False)

    def import_module(self, c: Nodes) -> tree.ImportModule:
        path, module_span = c[1]
        end = c[-1].end_pos if len(c) > 2 else module_span.end
        alias = str(c[-1]) if len(c) > 2 else path[-1]
        return tree.ImportModule(Span(self._source, c[0].start_pos, end), ".".join(path), module_span, alias)

    def import_name(self, c: Nodes) -> tree.ImportName:
        return tree.ImportName(self._span(c), str(c[0]), str(c[-1]))

    def dotted(self, c: Nodes) -> tuple[tuple[str, ...], Span]:
        return tuple(str(t) for t in c if t.type == "NAME"), self._span(c)

    def definition(self, c: Nodes) -> tree.Definition:
        on = _after(c).get("ON")
        lists = [node for node in c if isinstance(node, tuple) and not isinstance(node, Token)]
        params = tuple(n for group in lists for n in group if isinstance(n, tree.Param))
        supers = tuple(n for group in lists for n in group if isinstance(n, tree.TypeRef))
        name_span = self._span([c[1]])
        doc = self._docs(c[0].start_pos)
        return tree.Definition(self._span(c), str(c[0]), str(c[1]), name_span, params, supers, on, c[-1], doc)

    def params(self, c: Nodes) -> tuple[tree.Param, ...]:
        return _only(tree.Param, c)

    def param(self, c: Nodes) -> tree.Param:
        after = _after(c)
        return tree.Param(self._span(c), str(c[0]), after.get("COLON"), after.get("EQUAL"))

    def supers(self, c: Nodes) -> tuple[tree.TypeRef, ...]:
        return _only(tree.TypeRef, c)

    def type(self, c: Nodes) -> tree.TypeRef:
        path, span = c[0]
        arguments, end = c[1] if len(c) > 1 else ((), span.end)
        return tree.TypeRef(Span(self._source, span.start, end), path, arguments)

    # -------- statements

    def instance(self, c: Nodes) -> tree.Instance:
        at = _after(c).get("AT_WORD")
        body = c[-1] if isinstance(c[-1], tree.Block) else None
        return tree.Instance(self._span(c), c[0], c[2], at, body)

    def assign(self, c: Nodes) -> tree.Assign:
        return tree.Assign(self._span(c), c[0], c[2], _only(tree.Cite, c))

    def bound(self, c: Nodes) -> tree.Bound:
        return tree.Bound(self._span(c), c[0], str(c[1]), c[2])

    def cite(self, c: Nodes) -> tree.Cite:
        arguments, end = c[2] if len(c) > 2 else ((), c[1].end_pos)
        return tree.Cite(Span(self._source, c[0].start_pos, end), str(c[1]), arguments)

    def lhs_name(self, c: Nodes) -> tree.Name:
        return tree.Name(self._span(c), str(c[0]))

    def lhs_index(self, c: Nodes) -> tree.Index:
        return tree.Index(self._span(c), c[0], tuple(n for n in c[1:] if not isinstance(n, Token)))

    def port(self, c: Nodes) -> tree.Port:
        return tree.Port(self._span(c), c[1], c[3])

    def connect(self, c: Nodes) -> tree.Connect:
        after = _after(c)
        return tree.Connect(self._span(c), c[1], after.get("LINK"), after.get("COLON"), after.get("BY"))

    def pool(self, c: Nodes) -> tree.Pool:
        return tree.Pool(self._span(c), str(c[1]), self._span([c[1]]), c[2])

    def demand(self, c: Nodes) -> tree.Demand:
        reader = c[5] if len(c) > 5 else None
        return tree.Demand(self._span(c), str(c[1]), self._span([c[1]]), c[3], reader)

    def let(self, c: Nodes) -> tree.Let:
        return tree.Let(self._span(c), str(c[1]), c[3])

    def choose(self, c: Nodes) -> tree.Choose:
        return tree.Choose(self._span(c), str(c[1]), self._span([c[1]]), _after(c).get("COLON"), c[-1])

    def for_stmt(self, c: Nodes) -> tree.For:
        key = str(c[1]) if len(c) > 5 else ""
        return tree.For(self._span(c), key, str(c[-4]), c[-2], c[-1])

    def if_stmt(self, c: Nodes) -> tree.If:
        no = c[4] if len(c) > 4 else None
        if isinstance(no, tree.If):
            no = tree.Block(no.span, (no,))
        return tree.If(self._span(c), c[1], c[2], no)

    def require(self, c: Nodes) -> tree.Require:
        return tree.Require(self._span(c), c[1], _after(c).get("COMMA"))

    def prefer(self, c: Nodes) -> tree.Prefer:
        after = _after(c)
        return tree.Prefer(self._span(c), c[1], after.get("WEIGHT"), after.get("COMMA"))

    def expect(self, c: Nodes) -> tree.Expect:
        return tree.Expect(self._span(c), self._words(c[1:]))

    def enum(self, c: Nodes) -> tree.Enum:
        doc = self._docs(c[0].start_pos)
        return tree.Enum(self._span(c), str(c[1]), self._span([c[1]]), self._words(c[2:]), doc)

    def _words(self, c: Nodes) -> tuple[tree.Word, ...]:
        return tuple(tree.Word(self._span([t]), str(t)) for t in c if t.type == "NAME")

    def survive(self, c: Nodes) -> tree.Survive:
        return tree.Survive(self._span(c), int(c[1].replace("_", "")), str(c[2]), str(c[4]))

    def minimize(self, c: Nodes) -> tree.Minimize:
        return tree.Minimize(self._span(c), tuple(n for n in c if not isinstance(n, Token)))

    # -------- expressions

    def flat(self, c: Nodes) -> tree.Expr:
        return _Climb(self._source, c).expression(0) if len(c) > 1 else c[0]

    def cond(self, c: Nodes) -> tree.Conditional:
        return tree.Conditional(self._span(c), c[1], c[3], c[5])

    def quantity(self, c: Nodes) -> tree.Measure:
        match = _MEASURE.fullmatch(c[0])
        assert match is not None, c[0]
        both = len(c) > 1 and c[1].startswith("both")
        return tree.Measure(self._span(c), fraction(match["number"]), match["unit"], both)

    def number(self, c: Nodes) -> tree.Number:
        return tree.Number(self._span(c), fraction(c[0]))

    def counted(self, c: Nodes) -> tree.Counted:
        return tree.Counted(self._span(c), int(c[0].replace("_", "")), str(c[1]))

    def string(self, c: Nodes) -> tree.Text | tree.Template:
        parts = self._templates.get(c[0].start_pos)
        return tree.Text(self._span(c), unquote(c[0])) if parts is None else tree.Template(self._span(c), parts)

    def yes(self, c: Nodes) -> tree.Constant:
        return tree.Constant(self._span(c), True)

    def no(self, c: Nodes) -> tree.Constant:
        return tree.Constant(self._span(c), False)

    def none(self, c: Nodes) -> tree.Constant:
        return tree.Constant(self._span(c), None)

    def paren(self, c: Nodes) -> tree.Expr:
        whole: tree.Expr = replace(c[1], span=self._span(c))
        return whole

    def list(self, c: Nodes) -> tree.ListOf:
        return tree.ListOf(self._span(c), tuple(n for n in c if not isinstance(n, Token)))

    def comp(self, c: Nodes) -> tree.Comprehension:
        after = _after(c)
        key, name = (str(c[3]), str(c[5])) if "COMMA" in after else ("", str(c[3]))
        return tree.Comprehension(self._span(c), c[1], key, name, after["IN"], after.get("IF"))

    def name(self, c: Nodes) -> tree.Name:
        return tree.Name(self._span(c), str(c[0]))

    def attr(self, c: Nodes) -> tree.Attr:
        return tree.Attr(self._span(c), c[0], str(c[2]), self._span([c[2]]))

    lhs_attr = attr

    def index(self, c: Nodes) -> tree.Index:
        return tree.Index(self._span(c), c[0], tuple(n for n in c[1:] if not isinstance(n, Token)))

    def call(self, c: Nodes) -> tree.Call:
        arguments, end = c[1]
        return tree.Call(Span(self._source, c[0].span.start, end), c[0], arguments)

    def pass_on(self, c: Nodes) -> Any:
        return c[0]

    def every(self, c: Nodes) -> tree.Every:
        return tree.Every(self._span(c))

    def args(self, c: Nodes) -> tuple[tuple[tree.Argument, ...], int]:
        found = [n if isinstance(n, tree.Argument) else tree.Argument(n.span, "", n) for n in c
                 if not isinstance(n, Token)]  # fmt: skip
        return tuple(found), c[-1].end_pos

    def kwarg(self, c: Nodes) -> tree.Argument:
        return tree.Argument(self._span(c), str(c[0]), c[2])


def _after(c: Nodes) -> dict[str, Any]:
    """Return what follows each token of a statement, by the token's terminal."""
    return {node.type: c[i + 1] for i, node in enumerate(c[:-1]) if isinstance(node, Token)}


def _unchain(chain: Any) -> tuple[Any, ...]:
    found: list[Any] = []
    while chain is not None:
        chain, statement = chain
        found.append(statement)
    return tuple(reversed(found))


class _Climb:
    """Precedence climbing over the flat sequence of one expression."""

    def __init__(self, source: str, nodes: Nodes) -> None:
        self._source = source
        self._nodes = nodes
        self._at = 0

    def expression(self, least: int) -> tree.Expr:
        left = self._operand()
        while self._at < len(self._nodes):
            op = str(self._nodes[self._at])
            binds = BINDS[op]
            if binds < least:
                return left
            self._at += 1
            right = self.expression(binds + 1)
            left = tree.Binary(left.span.to(right.span), op, left, right)
        return left

    def _operand(self) -> tree.Expr:
        node = self._nodes[self._at]
        self._at += 1
        if not isinstance(node, Token):
            return node  # type: ignore[no-any-return]
        of = self.expression(NOT_BINDS if node == "not" else SIGN_BINDS)
        span = Span(self._source, node.start_pos or 0, of.span.end)
        return of if node == "+" else tree.Unary(span, str(node), of)
