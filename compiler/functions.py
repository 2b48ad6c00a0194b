"""Functions of the language that need no more than their arguments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from rackc.compiler.evaluate import items_of
from rackc.compiler.operators import bounded, compare, ends_of
from rackc.compiler.plan import Interval
from rackc.compiler.values import Builtin, DefinitionRef, Family, PortSet, Selection, Whole, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code
from rackc.dsl.units import DimensionError, Quantity, number, unit_of


def _values(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> list[Any]:
    if named or not positional:
        raise fault(Code.ARGUMENT, "this function takes a list, or values one by one", call.span, "",
                    "write `sum(gpu[*].tdp)`, or `sum(a, b)`")  # fmt: skip
    if len(positional) > 1:
        return positional
    if isinstance(positional[0], tuple | Whole):
        return items_of(positional[0], call.span)
    if isinstance(positional[0], Family):
        hint = f"write `{positional[0].name}[*]`"
        raise fault(Code.TYPE, f"`{positional[0].name}` is an array", call.arguments[0].span, "needs an index", hint)
    return positional


def _sum(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Any:
    values = _values(call, positional, named)
    ends = [ends_of(value) for value in values]
    if any(end is None for end in ends):
        wrong = values[ends.index(None)]
        raise fault(Code.TYPE, f"`sum` adds figures, this is {described(wrong)}", call.span)
    if not values:
        return number(0)
    if all(isinstance(value, Quantity) and value.dimension == values[0].dimension != _CELSIUS for value in values):
        return _total(values, call)
    try:
        low, high, typ = values[0], values[0], values[0]
        low, high, typ = _low(low), _high(high), _typ(typ)
        for value in values[1:]:
            low, high, typ = low + _low(value), high + _high(value), bounded(typ + _typ(value), call.span)
    except DimensionError as error:
        raise fault(Code.UNIT_MISMATCH, str(error), call.span, "units do not agree") from None
    return Quantity(low.value, low.dimension, low.unit) if low.value == high.value else Interval(low, high, typ)


_CELSIUS: Final = (("degC", 1),)


def _total(values: list[Quantity], call: tree.Call) -> Quantity:
    """Add figures of one kind: the long case, without a Quantity for every step."""
    unit = values[0].unit if all(value.unit == values[0].unit for value in values) else ""
    total = Fraction(0)
    for at, value in enumerate(values):
        total += value.value
        if at % 16 == 0:
            bounded(Quantity(total, values[0].dimension), call.span)
    return bounded(Quantity(total, values[0].dimension, unit), call.span)


def _low(value: Any) -> Quantity:
    return value.low if isinstance(value, Interval) else value


def _high(value: Any) -> Quantity:
    return value.high if isinstance(value, Interval) else value


def _typ(value: Any) -> Quantity:
    return value.typ if isinstance(value, Interval) else value


def _extreme(op: str) -> Callable[[tree.Call, list[Any], dict[str, Any]], Any]:
    def run(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Any:
        values = _values(call, positional, named)
        if not values:
            raise fault(Code.TYPE, "there is nothing to choose from", call.span, "an empty list")
        if len(values) == 1 and ends_of(values[0]) is None:
            raise fault(Code.TYPE, f"a figure is wanted, this is {described(values[0])}", call.span)
        best = values[0]
        try:
            for value in values[1:]:
                best = value if compare(op, value, best) else best
        except DimensionError as error:
            raise fault(Code.UNIT_MISMATCH, str(error), call.span, "units do not agree") from None
        return best

    return run


def _count(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
    if len(positional) != 1 or named:
        raise fault(Code.ARGUMENT, "this function takes one list", call.span)
    match positional[0]:
        case Selection() | PortSet() | tuple():
            return number(len(positional[0]))
        case Whole():
            return number(positional[0].count)
        case DefinitionRef(definition=tree.Enum(members=members)):
            return number(len(members))
        case Family(rows=rows):
            return number(sum(len(selection) for selection, _ in rows))
        case other:
            raise fault(Code.TYPE, f"{described(other)} cannot be counted", call.span, "no list")


def _quantified(judge: Callable[[list[Any]], bool]) -> Callable[[tree.Call, list[Any], dict[str, Any]], bool]:
    def run(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> bool:
        values = _values(call, positional, named)
        wrong = next((value for value in values if not isinstance(value, bool)), None)
        if wrong is not None:
            raise fault(Code.TYPE, f"a list of true and false is wanted, this holds {described(wrong)}", call.span, "",
                        "write a condition: `[x > 0 for x in list]`")  # fmt: skip
        return judge(values)

    return run


def _keys(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> tuple[Any, ...]:
    if len(positional) != 1 or named or not isinstance(positional[0], Family):
        raise fault(
            Code.ARGUMENT, "`keys` takes an array of instances", call.span, "", "write `keys(site)`, without an index"
        )
    found = [key for _, row in positional[0].rows for key in row]
    return tuple(key if isinstance(key, str) else number(key or 0) for key in found)


def _of_figure(run: Callable[[Quantity], Quantity]) -> Callable[[tree.Call, list[Any], dict[str, Any]], Quantity]:
    """Return a function of the language that takes one figure, not a range."""

    def of(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        if len(positional) != 1 or named:
            raise fault(Code.ARGUMENT, "this function takes one figure", call.span)
        if not isinstance(positional[0], Quantity):
            raise fault(Code.TYPE, f"a figure is wanted, this is {described(positional[0])}", call.span, "",
                        "`low(…)`, `high(…)` and `typical(…)` take one end of a range")  # fmt: skip
        return run(positional[0])

    return of


def _rounded(by: Callable[[Fraction], int]) -> Callable[[tree.Call, list[Any], dict[str, Any]], Quantity]:
    """Round in the unit that the figure's author used: `ceil(2.3 kW)` is 3 kW."""

    def rounded(q: Quantity) -> Quantity:
        known = unit_of(q.unit) if q.unit else None
        factor = known[1] if known else Fraction(1)
        return Quantity(by(q.value / factor) * factor, q.dimension, q.unit)

    return _of_figure(rounded)


def _end(which: str) -> Callable[[tree.Call, list[Any], dict[str, Any]], Quantity]:
    def of(call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        if len(positional) != 1 or named or ends_of(positional[0]) is None:
            raise fault(Code.ARGUMENT, "this function takes one figure or range", call.span)
        value = positional[0]
        return value if isinstance(value, Quantity) else {"low": value.low, "high": value.high, "typ": value.typ}[which]

    return of


#: Functions known everywhere.
PLAIN: Final[dict[str, Any]] = {
    "sum": Builtin("sum", _sum),
    "min": Builtin("min", _extreme("<")),
    "max": Builtin("max", _extreme(">")),
    "count": Builtin("count", _count),
    "len": Builtin("len", _count),
    "all": Builtin("all", _quantified(all)),
    "any": Builtin("any", _quantified(any)),
    "keys": Builtin("keys", _keys),
    "floor": Builtin("floor", _rounded(floor)),
    "ceil": Builtin("ceil", _rounded(ceil)),
    "abs": Builtin("abs", _of_figure(lambda q: -q if q.value < 0 else q)),
    "low": Builtin("low", _end("low")),
    "high": Builtin("high", _end("high")),
    "typical": Builtin("typical", _end("typ")),
}
