"""The left sides and clauses of declarations: names with counts and keys, places, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rackc.compiler.evaluate import Scope, evaluate, items_of
from rackc.compiler.operators import whole
from rackc.compiler.plan import Confidence
from rackc.compiler.shape import ChildGroup
from rackc.compiler.values import Fault, Member, Record, Whole, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, twice, unknown
from rackc.dsl.source import Span

#: A key stands in addresses, which scripts take apart at `[`, `]` and `.`.
_KEY: Final = re.compile(r"\w+(?:[-. ]\w+)*")
#: No array is larger than this.
MAX_COUNT: Final = 100_000
_CONFIDENCES: Final = ("assumption", "unverified", "low", "derived", "medium", "high")


def once(name: str, span: Span, seen: dict[str, Span]) -> None:
    """Note that a name is given; raises Fault where it was already."""
    if name in seen:
        raise Fault(twice(name, span, seen[name]))
    seen[name] = span


@dataclass(frozen=True, slots=True)
class Target:
    """A left side: `gpu[4]` is four of them (`count`); `gpu[i]` in a loop over i, and `site["a", "b"]`, name `keys`."""

    name: str
    count: int | None = None
    keys: tuple[int | str, ...] = ()


def target_of(target: tree.Expr, scope: Scope) -> Target:
    """Return what a left side declares; raises Fault where it declares nothing."""
    if isinstance(target, tree.Name):
        return Target(target.name)
    if not isinstance(target, tree.Index) or not isinstance(target.of, tree.Name):
        raise fault(Code.MISPLACED, "a name, or a name with a count, is wanted here", target.span)
    name, subscript = target.of.name, target.subscripts[0]
    if isinstance(subscript, tree.Every):
        raise fault(Code.COUNT, "`*` is no count", subscript.span, "how many?", "write a number: `gpu[4]: B200`")
    if len(target.subscripts) > 1:
        values = [(evaluate(s, scope), s.span) for s in target.subscripts if not isinstance(s, tree.Every)]
        return Target(name, keys=_keys(values, target.span))
    value = evaluate(subscript, scope)
    if isinstance(value, str | Member):
        return Target(name, keys=_keys([(value, subscript.span)], subscript.span))
    if isinstance(value, tuple | Whole):
        return Target(
            name, keys=_keys([(one, subscript.span) for one in items_of(value, subscript.span)], subscript.span)
        )
    count = whole(value)
    if count is None or count < 0:
        raise fault(
            Code.COUNT, f"a count is a whole number from 0, this is {described(value)}", subscript.span, "no count"
        )
    if _mentions(subscript, scope.loop_names):
        return Target(name, keys=(count,))
    return Target(name, _count(count, subscript.span))


def _keys(values: list[tuple[Any, Span]], whole_span: Span) -> tuple[int | str, ...]:
    """Return keys, each once; raises Fault for what is none."""
    found: list[int | str] = []
    taken: set[str] = set()
    for value, span in values:
        number = whole(value)
        key = value if isinstance(value, str) else value.name if isinstance(value, Member) else number
        if key is None or (number is not None and number < 0):
            raise fault(Code.COUNT, f"a key is a text or a whole number from 0, this is {described(value)}", span, "no key",
                        'write `site["a", "b"]: T`')  # fmt: skip
        if isinstance(key, str) and not _KEY.fullmatch(key):
            raise fault(Code.COUNT, f"the key `{key}` cannot stand in an address", span, "no key",
                        "a key is made of letters, digits, `_`, `-` and single dots or blanks between them")  # fmt: skip
        if str(key) in taken:
            raise fault(Code.DUPLICATE, f"the key `{key}` is given twice", span, "second", "keep one of them")
        found.append(key)
        taken.add(str(key))
    if not found:
        raise fault(Code.COUNT, "there is no key in this list", whole_span, "empty",
                    "leave the statement out with `if`")  # fmt: skip
    return tuple(found)


def _count(count: int, span: Span) -> int:
    if count > MAX_COUNT:
        raise fault(Code.LIMIT, f"a count of {count:,} is beyond the limit of {MAX_COUNT:,}", span, "",
                    "check the count")  # fmt: skip
    return count


def place(groups: list[ChildGroup], at: tree.Expr, scope: Scope) -> None:
    """Give the children of these groups the positions that `at` names, one each, in order."""
    value = evaluate(at, scope)
    if not isinstance(value, Record) or value.name not in ("u", "ou", "slot"):
        raise fault(Code.TYPE, f"a place is `u(…)`, `ou(…)` or `slot(…)`, this is {described(value)}", at.span, "",
                    "write `at u(5)` for one, `at u(5..12)` for eight")  # fmt: skip
    positions = _positions(value, at)
    size = sum(group.size for group in groups)
    if len(positions) != size:
        raise fault(
            Code.COUNT, f"{size} of `{groups[0].name}`, but {len(positions)} places", at.span,
            f"{abs(size - len(positions))} {'too few' if len(positions) < size else 'too many'}",
            "a range counts both ends: 1..4 is four places; `step` skips",
        )  # fmt: skip
    for group in groups:
        group.positions, group.position_kind = tuple(positions[: group.size]), value.name
        del positions[: group.size]


def _positions(value: Record, at: tree.Expr) -> list[int]:
    positions: list[int] = []
    for one in value.fields.values():
        for item in items_of(one, at.span) if isinstance(one, Whole | tuple) else [one]:
            unit = whole(item)
            if unit is None:
                raise fault(Code.TYPE, f"a place is a whole number, this is {described(item)}", at.span, "no place")
            positions.append(unit)
    return positions


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
