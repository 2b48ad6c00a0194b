"""Names that hide names: lets, loop variables and parameters are told apart from everything that surrounds them.

The check goes over the tree, so that it finds what no design has used yet. Attributes, instances, ports and what the
language itself provides may be hidden: they are named by others, and often have the best name for a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Given:
    """A name where it is given: what it is there (`let`, import, parameter, …), and the place."""

    what: str
    span: Span


def check_shadows(
    source: Source, given: Mapping[str, Given], statements: tuple[tree.Statement, ...]
) -> list[Diagnostic]:
    """Return a finding for each name in the definitions of a file that hides another; `given` are the file's own."""
    work = _Walk(source)
    for statement in statements:
        match statement:
            case tree.Definition():
                work.definition(statement, dict(given))
            case tree.Let(value=value):
                work.expressions(value, given)
            case _:
                pass
    return work.found


class _Walk:
    """Goes over one file; `found` are its findings."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.found: list[Diagnostic] = []

    def definition(self, definition: tree.Definition, seen: dict[str, Given]) -> None:
        own: set[str] = set()
        for param in definition.params:
            self.expressions((param.type, param.default), seen)
            if param.name not in own:  # one given twice is told elsewhere
                self._give(seen, param.name, "parameter", param.span)
            own.add(param.name)
        self.expressions((definition.supers, definition.on), seen)
        self._block(definition.body, seen)

    def _block(self, block: tree.Block, outer: Mapping[str, Given]) -> None:
        seen, own = dict(outer), set[str]()
        for statement in block.statements:
            self._statement(statement, seen, own)

    def _statement(self, statement: tree.Statement, seen: dict[str, Given], own: set[str]) -> None:
        match statement:
            case tree.Let(name=name, span=span, value=value):
                self.expressions(value, seen)
                self._once(seen, own, name, "`let`", span)
            case tree.Choose(name=name, name_span=span):
                self.expressions((statement.type, statement.options), seen)
                self._once(seen, own, name, "choice", span)
            case tree.For(of=of, body=body, span=span):
                self.expressions(of, seen)
                self._block(body, self._loop(statement, seen, Span(span.source, span.start, of.span.start)))
            case tree.If():
                self._branches(statement, seen)
            case tree.Pool(body=body):
                self._block(body, seen)
            case tree.Instance(body=tree.Block() as body):
                self.expressions((statement.target, statement.type, statement.at), seen)
                self._block(body, seen)
            case tree.Definition():
                pass  # it cannot stand here, which is told elsewhere
            case _:
                self.expressions(statement, seen)

    def _branches(self, statement: tree.If, seen: Mapping[str, Given]) -> None:
        """Look at both branches; a long chain of `else if` is walked, not recursed into."""
        link: tree.If | None = statement
        while link is not None:
            self.expressions(link.test, seen)
            self._block(link.yes, seen)
            match link.no:
                case tree.Block(statements=(tree.If() as inner,)):
                    link = inner
                case tree.Block() as last:
                    self._block(last, seen)
                    link = None
                case None:
                    link = None

    def expressions(self, node: Any, seen: Mapping[str, Given]) -> None:
        """Look at the comprehensions in a node and all below it."""
        for inner in _comprehensions(node):
            self.expressions(inner.of, seen)
            head = Span(inner.span.source, inner.item.span.end, inner.of.span.start)
            self.expressions((inner.item, inner.where), self._loop(inner, seen, head))

    def _loop(self, loop: tree.For | tree.Comprehension, outer: Mapping[str, Given], head: Span) -> dict[str, Given]:
        seen = dict(outer)
        for name in filter(None, (loop.key, loop.name)):
            self._give(seen, name, "loop variable", head)
        return seen

    def _once(self, seen: dict[str, Given], own: set[str], name: str, what: str, span: Span) -> None:
        """Note a name of a block; one that the same block gives twice is told where the block is run."""
        if name not in own:
            self._give(seen, name, what, span)
        own.add(name)

    def _give(self, seen: dict[str, Given], name: str, what: str, around: Span) -> None:
        span, earlier = self._word(name, around), seen.get(name)
        seen[name] = Given(what, span)
        if earlier is not None:
            self.found.append(Diagnostic(
                Code.SHADOW, f"the {what} `{name}` hides the {earlier.what} `{name}`", Label(span, "hides it from here on"),
                (Label(earlier.span, "this one"),), ("give one of them another name",),
            ))  # fmt: skip

    def _word(self, name: str, around: Span) -> Span:
        """Return where a name stands in the head of what gives it."""
        text = self._source.at(around)
        match = re.search(rf"\b{re.escape(name)}\b", text)
        if match is None:
            return around
        start = around.start + len(text[: match.start()].encode())
        return Span(around.source, start, start + len(name.encode()))


def _comprehensions(node: Any) -> Iterator[tree.Comprehension]:
    """Yield the outermost comprehensions in a node, itself among them."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tree.Comprehension):
            yield one
        elif isinstance(one, tuple):
            waiting.extend(one)
        else:
            waiting.extend(getattr(one, name) for name in _parts(type(one)))  # type: ignore[arg-type]  # a class is hashable


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """Return the fields of a node in which others may stand."""
    if not hasattr(kind, "__dataclass_fields__"):
        return ()
    return tuple(f.name for f in fields(kind) if not re.fullmatch(r"Span|str|int|bool|Fraction", str(f.type)))
