"""The left sides and clauses of declarations: names with counts and keys, places, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rackc.compiler.evaluate import Scope, evaluate, items_of
from rackc.compiler.operators import whole
from rackc.compiler.plan import Confidence
from rackc.compiler.shape import ChildGroup
from rackc.compiler.values import Fault, Record, Whole, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, twice, unknown
from rackc.dsl.source import Span

#: No array is larger than this.
MAX_COUNT: Final = 5_000_000
_CONFIDENCES: Final = ("assumption", "unverified", "low", "derived", "medium", "high")


def once(name: str, span: Span, seen: dict[str, Span]) -> None:
    """Note that a name is given; raises Fault where it was already."""
    if name in seen:
        raise Fault(twice(name, span, seen[name]))
    seen[name] = span


def target_of(target: tree.Expr, scope: Scope) -> tuple[str, int | None, int | str | None]:
    """Return name, count and key: `gpu[4]` is four of them, `gpu[i]` in a loop over i is one."""
    if isinstance(target, tree.Name):
        return target.name, None, None
    if not isinstance(target, tree.Index) or not isinstance(target.of, tree.Name):
        raise fault(Code.MISPLACED, "a name, or a name with a count, is wanted here", target.span)
    subscript = target.subscripts[0]
    value = evaluate(subscript, scope) if not isinstance(subscript, tree.Every) else None
    keyed = not isinstance(subscript, tree.Every) and _mentions(subscript, scope.loop_names)
    if keyed and isinstance(value, str):
        return target.of.name, None, value
    count = whole(value)
    if count is not None and count >= 0:
        return (target.of.name, None, count) if keyed else (target.of.name, _count(count, subscript.span), None)
    if isinstance(subscript, tree.Every):
        raise fault(Code.COUNT, "`*` is no count", subscript.span, "how many?", "write a number: `gpu[4]: B200`")
    raise fault(Code.COUNT, f"a count is a whole number from 0, this is {described(value)}", subscript.span, "no count")


def _count(count: int, span: Span) -> int:
    if count > MAX_COUNT:
        raise fault(Code.LIMIT, f"a count of {count:,} is beyond the limit of {MAX_COUNT:,}", span, "",
                    "check the count")  # fmt: skip
    return count


def place(group: ChildGroup, at: tree.Expr, scope: Scope) -> None:
    """Give the children of a group the positions that `at` names, one each."""
    value = evaluate(at, scope)
    if not isinstance(value, Record) or value.name not in ("u", "ou", "slot"):
        raise fault(Code.TYPE, f"a place is `u(…)`, `ou(…)` or `slot(…)`, this is {described(value)}", at.span, "",
                    "write `at u(5)` for one, `at u(5..12)` for eight")  # fmt: skip
    positions: list[int] = []
    for one in value.fields.values():
        for item in items_of(one, at.span) if isinstance(one, Whole | tuple) else [one]:
            unit = whole(item)
            if unit is None:
                raise fault(Code.TYPE, f"a place is a whole number, this is {described(item)}", at.span, "no place")
            positions.append(unit)
    if len(positions) != group.size:
        raise fault(
            Code.COUNT, f"{group.size} of `{group.name}`, but {len(positions)} places", at.span,
            f"{abs(group.size - len(positions))} {'too few' if len(positions) < group.size else 'too many'}",
            "a range counts both ends: 1..4 is four places; `step` skips",
        )  # fmt: skip
    group.positions, group.position_kind = tuple(positions), value.name


def provenance(cites: tuple[tree.Cite, ...]) -> tuple[str, Confidence]:
    """Return source and confidence of a figure, from its `@cite` or `@assume`."""
    for cite in cites:
        values = [a.value for a in cite.arguments]
        if cite.name == "assume" and len(values) == 1 and isinstance(values[0], tree.Text):
            return values[0].value, "assumption"
        if cite.name == "cite" and values and isinstance(values[0], tree.Text):
            return values[0].value, _confidence(values[1:], cite.span)
        raise fault(Code.ARGUMENT, 'a source is `@cite("KEY", confidence)` or `@assume("why")`', cite.span,
                    "no such source")  # fmt: skip
    return "", "unstated"


def _confidence(words: list[tree.Expr], span: Span) -> Confidence:
    if not words:
        return "medium"
    word = words[0].name if isinstance(words[0], tree.Name) else ""
    if len(words) > 1 or word not in _CONFIDENCES:
        raise Fault(unknown(Code.ARGUMENT, "confidence", word, _CONFIDENCES, span))
    return word  # type: ignore[return-value]  # it is one of them


def target_name(target: tree.Expr) -> str:
    """Return the name on a left side, without its index."""
    return target.of.name if isinstance(target, tree.Index) and isinstance(target.of, tree.Name) else dotted(target)


def dotted(expr: tree.Expr) -> str:
    """Return `a.b` of an expression that is only names; raises Fault for anything else."""
    match expr:
        case tree.Name(name=name):
            return name
        case tree.Attr(of=of, name=name):
            return f"{dotted(of)}.{name}"
        case _:
            raise fault(Code.TYPE, "a name is wanted here", expr.span)


def _mentions(expr: tree.Expr, names: Iterable[str]) -> bool:
    match expr:
        case tree.Name(name=name):
            return name in names
        case tree.Binary(left=left, right=right):
            return _mentions(left, names) or _mentions(right, names)
        case tree.Attr(of=of) | tree.Unary(of=of):
            return _mentions(of, names)
        case _:
            return False
