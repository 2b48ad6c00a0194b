"""The arguments of a built-in pattern, read from `by name(…)`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.operators import whole
from rackc.compiler.patterns.joining import Given, Option, Pattern
from rackc.compiler.values import Fault, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, unknown
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity


def options_of(pattern: Pattern, name: str, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope) -> Given:
    """Return the arguments of a built-in pattern; raises Fault for what it does not take and what it lacks."""
    options = {option.name: option for option in pattern.options}
    counts = {option.name: option.default for option in pattern.options if option.default is not None}
    ratios: dict[str, Fraction] = {}
    sizes: list[int] = []
    given: set[str] = set()
    for at, argument in enumerate(arguments):
        if not argument.name and pattern.sizes:
            sizes.append(_count("a size", argument, evaluate(argument.value, scope)))
            continue
        option = _option(name, options, argument, at)
        if option.name in given:
            raise fault(
                Code.ARGUMENT, f"`{option.name}` of `{name}` is given twice", argument.span, "second", "keep one"
            )
        given.add(option.name)
        value = evaluate(argument.value, scope)
        if option.ratio:
            ratios[option.name] = _ratio(option.name, argument, value)
        else:
            counts[option.name] = _count(f"`{option.name}`", argument, value)
    _check_complete(name, pattern, span, given, sizes)
    return Given(counts, ratios, tuple(sizes))


def _option(name: str, options: dict[str, Option], argument: tree.Argument, at: int) -> Option:
    if argument.name in options:
        return options[argument.name]
    if argument.name:
        raise Fault(unknown(Code.ARGUMENT, f"option of `{name}`", argument.name, options, argument.span))
    if at >= len(options):
        takes = ", ".join(options) or "no options"
        raise fault(Code.ARGUMENT, f"`{name}` takes {takes}", argument.span, "one too many", "remove it")
    return list(options.values())[at]


def _check_complete(name: str, pattern: Pattern, span: Span, given: set[str], sizes: list[int]) -> None:
    for option in pattern.options:
        if option.default is None and not option.optional and option.name not in given:
            raise fault(Code.ARGUMENT, f"`{name}` needs `{option.name}`", span, "not given",
                        f"write `{name}({_needed(pattern)})`")  # fmt: skip
    if pattern.sizes == "must" and not sizes:
        raise fault(Code.ARGUMENT, f"`{name}` needs the sizes of its dimensions", span, "not given",
                    f"write `{name}(4, 4)`")  # fmt: skip


def _needed(pattern: Pattern) -> str:
    return ", ".join(f"{o.name} = …" for o in pattern.options if o.default is None and not o.optional)


def _count(what: str, argument: tree.Argument, value: Any) -> int:
    number = whole(value)
    if number is None or number < 1:
        raise fault(
            Code.TYPE, f"{what} is a whole number from 1, this is {described(value)}", argument.span, "no such number"
        )
    return number


def _ratio(name: str, argument: tree.Argument, value: Any) -> Fraction:
    if not isinstance(value, Quantity) or value.dimension != NONE or value.value <= 0:
        raise fault(Code.TYPE, f"`{name}` is a ratio above 0, this is {described(value)}", argument.span, "no ratio",
                    "write ports down over ports up, such as `3` or `3 / 2`")  # fmt: skip
    return value.value
