"""Operators on values: arithmetic and comparison of figures and ranges, and the making of ranges.

A range counts with its unfavourable end: `<=` is tested against its maximum, `>=` against its minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from rackc.compiler.plan import Interval
from rackc.compiler.values import (
    Family,
    Member,
    PortSet,
    Record,
    Selection,
    Whole,
    described,
    fault,
)
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, DimensionError, Quantity, number, quantity, unit_of

#: A figure beyond these is a mistake too; within them every figure fits a float.
_MAX_BITS: Final = 2_048
_MAX_SIZE: Final = 10**100


def ends_of(value: Any) -> tuple[Quantity, Quantity] | None:
    """Return the least and the greatest a figure can be, None for what is no figure."""
    if isinstance(value, Quantity):
        return value, value
    return (value.low, value.high) if isinstance(value, Interval) else None


def compare(op: str, left: Any, right: Any) -> bool:
    """Compare figures; a range counts with its unfavourable end: `<=` with the maximum, `>=` with the minimum.

    Raises DimensionError where the units differ.
    """
    a, b = ends_of(left), ends_of(right)
    if a is None or b is None:
        if op in ("==", "!=") and _comparable(left, right):
            return same(left, right) == (op == "==")
        raise DimensionError(f"cannot compare {described(left)} with {described(right)}")
    if a[0].dimension != b[0].dimension:
        raise DimensionError(f"cannot compare {described(a[0])} with {described(b[0])}")
    match op:
        case "<=":
            return a[1].value <= b[0].value
        case "<":
            return a[1].value < b[0].value
        case ">=":
            return a[0].value >= b[1].value
        case ">":
            return a[0].value > b[1].value
        case "!=" if isinstance(left, Interval) != isinstance(right, Interval):
            return a[1].value < b[0].value or b[1].value < a[0].value  # they certainly differ
        case _:
            return ((a[0].value, a[1].value) == (b[0].value, b[1].value)) == (op == "==")


def same(left: Any, right: Any) -> bool:
    """Whether two values are one: figures by what they measure, instances and ports by which they are."""
    match left, right:
        case Quantity(), Quantity():
            return (left.value, left.dimension) == (right.value, right.dimension)
        case Interval(), Interval():
            return all(same(a, b) for a, b in ((left.low, right.low), (left.high, right.high)))
        case tuple(), tuple():
            return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
        case Selection(), Selection():
            return [i for c in left.chunks for i in c.instances] == [i for c in right.chunks for i in c.instances]
        case PortSet(), PortSet():
            return [p for b in left.bundles for p in b] == [p for b in right.bundles for p in b]
        case Record(), Record():
            return left.name == right.name and same(tuple(left.fields.values()), tuple(right.fields.values()))
        case Family(), Family():
            return all(same(a[0], b[0]) for a, b in zip(left.rows, right.rows, strict=False)) and len(left.rows) == len(
                right.rows
            )
        case _:
            return type(left) is type(right) and bool(left == right)


def _comparable(left: Any, right: Any) -> bool:
    if isinstance(left, Member) and isinstance(right, Member):
        return left.enum == right.enum
    return left is None or right is None or type(left) is type(right)


def _comparison(expr: tree.Binary, left: Any, right: Any) -> bool:
    wrong = next((value for value in (left, right) if ends_of(value) is None), 0)
    if wrong != 0 and not (expr.op in ("==", "!=") and _comparable(left, right)):
        raise fault(Code.TYPE, f"cannot compare {described(left)} with {described(right)}", expr.span, "not alike",
                    "only figures have an order; `==` and `!=` take two of one kind")  # fmt: skip
    return compare(expr.op, left, right)


def _arithmetic(expr: tree.Binary, left: Any, right: Any) -> Any:
    a, b = ends_of(left), ends_of(right)
    if a is None or b is None:
        wrong, side = (left, expr.left) if a is None else (right, expr.right)
        raise fault(Code.TYPE, f"`{expr.op}` needs figures, this is {described(wrong)}", side.span, "no figure")
    if expr.op in ("/", "mod") and b[0].value < 0 < b[1].value:
        raise ZeroDivisionError

    def run(x: Quantity, y: Quantity) -> Quantity:
        return bounded(_EXACT[expr.op](x, y), expr.span)

    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return run(left, right)
    corners = [run(x, y) for x in a for y in b]
    middle = run(_typical(left), _typical(right))
    return Interval(min(corners, key=lambda q: q.value), max(corners, key=lambda q: q.value), middle)


def bounded(value: Quantity, span: Span) -> Quantity:
    """Return a figure that arithmetic made; raises Fault where it has left all sense."""
    top, bottom = value.value.numerator, value.value.denominator
    if top.bit_length() > _MAX_BITS or bottom.bit_length() > _MAX_BITS or abs(top) > _MAX_SIZE * bottom:
        raise fault(Code.LIMIT, "the result is beyond 1e100, or has more than 600 digits", span, "out of all proportion",
                    "check the figures that enter")  # fmt: skip
    return value


def _typical(value: Quantity | Interval) -> Quantity:
    return value.typ if isinstance(value, Interval) else value


def _modulo(a: Quantity, b: Quantity) -> Quantity:
    if a.dimension != b.dimension:
        raise DimensionError(f"cannot take {described(a)} modulo {described(b)}")
    return Quantity(a.value % b.value, a.dimension, a.unit)


_EXACT: Final[dict[str, Callable[[Quantity, Quantity], Quantity]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "mod": _modulo,
}


def whole(value: Any) -> int | None:
    """Return a plain whole number as such, None for anything else."""
    if isinstance(value, Quantity) and value.dimension == NONE and value.value.denominator == 1:
        return int(value.value)
    return None


def _range(expr: tree.Binary, left: Any, right: Any) -> Any:
    first, last = whole(left), whole(right)
    if first is not None and last is not None:
        return Whole(first, last - 1 if expr.op == "..<" else last)
    if isinstance(left, Quantity) and isinstance(right, Quantity) and expr.op == "..":
        if left.dimension == NONE != right.dimension and unit_of(right.unit):
            left = quantity(left.value, right.unit)
        if left.dimension != right.dimension:
            raise DimensionError(f"a range needs two ends of one kind: {described(left)}, {described(right)}")
        if left.value > right.value:
            raise fault(Code.TYPE, "the range runs backwards", expr.span, "the first end is the greater")
        middle = Quantity((left.value + right.value) / 2, right.dimension, right.unit)
        return Interval(left, right, middle)
    raise fault(Code.TYPE, f"a range cannot be made of {described(left)} and {described(right)}", expr.span, "",
                "write `1..4`, `0..<n` or `1..4 W`")  # fmt: skip


def _step(expr: tree.Binary, left: Any, right: Any) -> Any:
    step = whole(right)
    if isinstance(left, Whole) and step is not None and step > 0:
        return Whole(left.first, left.last, step)
    raise fault(
        Code.TYPE, "`step` needs a range of numbers and a positive number", expr.span, "", "write `1..9 step 2`"
    )


def interval_of(value: Any, span: Span) -> Any:
    """Return a range of whole numbers as a range of figures, anything else unchanged."""
    if not isinstance(value, Whole):
        return value
    if value.first > value.last:
        raise fault(Code.TYPE, "the range runs backwards", span, "the first end is the greater")
    low, high = number(value.first), number(value.last)
    return Interval(low, high, number(Fraction(value.first + value.last, 2)))


def _typed(expr: tree.Binary, left: Any, right: Any) -> Any:
    span_of = interval_of(left, expr.left.span)
    if isinstance(span_of, Interval) and isinstance(right, Quantity):
        if right.dimension != span_of.low.dimension:
            raise DimensionError(f"the typical value {described(right)} is of another kind than the range")
        if not span_of.low.value <= right.value <= span_of.high.value:
            raise fault(
                Code.TYPE,
                "the typical value lies outside its range",
                expr.right.span,
                f"the range is {described(span_of)}",
            )
        return Interval(span_of.low, span_of.high, right)
    raise fault(Code.TYPE, "`typ` needs a range before it", expr.span, "", "write `1..4 W typ 2 W`")


def _tolerance(expr: tree.Binary, left: Any, right: Any) -> Any:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        margin = left * right if right.dimension == NONE else right
        if margin.value < 0:
            margin = -margin
        return Interval(left - margin, left + margin, left)
    raise fault(Code.TYPE, "`+/-` needs a figure and a tolerance", expr.span, "", "write `50 V +/- 5 %`")


def _contained(expr: tree.Binary, left: Any, right: Any) -> bool:
    if isinstance(right, Whole):
        number = whole(left)
        return number is not None and number in right.numbers()
    if isinstance(right, tuple):
        return any(same(left, one) for one in right)
    if isinstance(right, Interval) and (ends := ends_of(left)) is not None:
        return compare(">=", ends[0], right.low) and compare("<=", ends[1], right.high)
    raise fault(
        Code.TYPE, f"`in` needs a list or a range, this is {described(right)}", expr.right.span, "nothing to look in"
    )


#: Every operator but `and` and `or`, which do not always look at their right side.
OPERATIONS: Final[dict[str, Callable[[tree.Binary, Any, Any], Any]]] = {
    **dict.fromkeys(("+", "-", "*", "/", "mod"), _arithmetic),
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), _comparison),
    "..": _range, "..<": _range, "step": _step, "typ": _typed, "+/-": _tolerance, "in": _contained,
}  # fmt: skip
