"""What each name in a rule is worth, for the finding that the rule does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.values import (
    Builtin,
    DefinitionRef,
    DemandRef,
    Family,
    Fault,
    PortSet,
    Record,
    Selection,
    Space,
    Spoilt,
    Undecided,
    Whole,
    said,
)
from rackc.dsl import tree

#: Values of a list that are shown, and characters of an expression.
_LISTED: Final = 4
_WORDS: Final = 60
_COMPARING: Final = frozenset(("==", "!=", "<=", ">=", "<", ">", "in"))


def worths(test: tree.Expr, scope: Scope) -> tuple[str, ...]:
    """Return `x is 3 kW` for each name in an expression, and for each side of a comparison, in order, each once."""
    source = scope.program.sources.get(test.span.source)
    told: dict[str, str] = {}
    for part in _parts(test) if source is not None else ():
        words = " ".join(source.at(part.span).split())  # type: ignore[union-attr]  # the loop is empty without one
        if words in told:
            continue
        try:
            worth = _worth(evaluate(part, scope))
        except (Fault, Spoilt, Undecided):  # a branch that was not taken, or a name of a loop's own
            continue
        if worth and worth != words:
            shown = words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
            told[words] = f"`{shown}` is {worth}"
    return tuple(told.values())


def _parts(expr: tree.Expr) -> Iterator[tree.Expr]:
    """Yield what has a value worth telling: sides of comparisons that are computed, calls, and names with their steps."""
    match expr:
        case tree.Name() | tree.Attr() | tree.Index():
            yield expr
            yield from _within(expr)
        case tree.Call(of=of, arguments=arguments):
            yield expr
            yield from _within(of)
            for argument in arguments:
                yield from _parts(argument.value)
        case tree.Binary(op=op, left=left, right=right):
            for side in (left, right):
                inside = list(_parts(side))
                if op in _COMPARING and inside and inside[0] is not side:
                    yield side
                yield from inside
        case tree.Unary(of=of):
            yield from _parts(of)
        case tree.Conditional(test=test, yes=yes, no=no):
            for one in (test, yes, no):
                yield from _parts(one)
        case tree.ListOf(items=items):
            for item in items:
                yield from _parts(item)
        case tree.Comprehension(of=of, item=item, where=where):
            for one in (of, item, *(() if where is None else (where,))):
                yield from _parts(one)
        case tree.Template(parts=parts):
            for inner in parts:
                if not isinstance(inner, str):
                    yield from _parts(inner)
        case _:
            return


def _within(expr: tree.Expr) -> Iterator[tree.Expr]:
    """Yield what stands in the indices of a name, such as `i` in `gpu[i].tdp`."""
    match expr:
        case tree.Attr(of=of):
            yield from _within(of)
        case tree.Index(of=of, subscripts=subscripts):
            yield from _within(of)
            for subscript in subscripts:
                if not isinstance(subscript, tree.Every):
                    yield from _parts(subscript)
        case tree.Call():
            yield from _parts(expr)
        case _:
            return


def _worth(value: Any) -> str:
    """Return a value in few words; empty where it is no figure, such as a function or a definition."""
    match value:
        case Builtin() | Space() | Record() | DefinitionRef() | DemandRef():
            return ""
        case Selection(single=True):
            return ""
        case Selection():
            names = sorted({chunk.shape.name for chunk in value.chunks})
            return f"{len(value)} {' and '.join(names) or 'things'}"
        case Family(rows=rows):
            return f"an array of {sum(len(selection) for selection, _ in rows)}"
        case PortSet():
            return f"{len(value)} port{'' if len(value) == 1 else 's'}"
        case Whole(first=first, last=last):
            return f"{first} to {last}"
        case str():
            return f'"{value if len(value) <= _WORDS else value[: _WORDS - 1] + "…"}"'
        case tuple():
            return _listed(value)
        case _:
            return said(value)


def _listed(values: tuple[Any, ...]) -> str:
    """Return the items of a list; equal ones as `72 times 1.2 kW`."""
    words = [_worth(value) for value in values[:_LISTED]]
    if not all(words):
        return f"{len(values)} things" if values else "an empty list"
    if len(values) > 1 and all(value == values[0] for value in values):
        return f"{len(values)} times {words[0]}"
    more = f", … ({len(values)} in all)" if len(values) > _LISTED else ""
    return f"[{', '.join(words)}{more}]"
