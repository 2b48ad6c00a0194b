"""Figures that the compiler itself reads: each must be of the kind and size it reads, wherever it is stated."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from rackc.compiler.checks.readings import (
    ABOVE_ZERO,
    ALIASES,
    ANSWERS,
    FROM_ONE,
    LISTS_IN,
    MOST,
    MOST_OF,
    OF_LINKS,
    ONE_OF,
    READ,
    SHARES,
    TEXT_LISTS,
    TEXTS,
    UNIT_OF,
    UP_TO_ONE,
    WHOLE_BYTES,
)
from rackc.compiler.plan import ROLES, Interval
from rackc.compiler.shape import Shape
from rackc.compiler.values import SPOILT, described
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest
from rackc.dsl.units import NONE, Quantity, kind_of, named, unit_of
from rackc.dsl.words import KEYWORDS

_PITCHES: Final = ("U", "OU")
#: So many names of one definition that are nearly known are told; more are a way of naming.
_MOST_DOUBTFUL: Final = 20


def check_figures(shape: Shape) -> Iterator[Diagnostic]:
    """Yield figures of the wrong kind, negative ones and absurd ones."""
    doubtful = 0
    for name, value in shape.values.items():
        if value is None or value is SPOILT or (name in OF_LINKS and shape.kind != "link"):
            continue
        label = Label(
            shape.spans.get(name, shape.span), "stated here" if name in shape.spans else "given as a parameter"
        )
        wrong = _wrong(name, value)
        if wrong is not None:
            code, message, hint = wrong
            yield Diagnostic(code, f"`{name}` of `{shape.name}` {message}", label, hints=(hint,) if hint else ())
        elif name in shape.spans and name not in READ and doubtful < _MOST_DOUBTFUL:
            said = list(_misspelt(name, shape, label))
            doubtful += len(said)
            yield from said
    yield from _role(shape)
    yield from _words(shape)


@cache
def _nearest(name: str) -> tuple[str, ...]:
    """Return the names the compiler reads that are nearly this one, the nearest first."""
    near = get_close_matches(name, sorted(READ), n=3, cutoff=0.75)
    return (*near, *(known for known in sorted(READ) if sorted(known) == sorted(name) and known not in near))


def _misspelt(name: str, shape: Shape, label: Label) -> Iterator[Diagnostic]:
    """Warn of a name that is nearly one the compiler reads: it would be left out of every sum without a word."""
    if name in KEYWORDS:
        return
    meant = _nearest(name)
    near = [ALIASES[name]] if name in ALIASES else [known for known in meant if known not in shape.values][:1]
    if near:
        yield Diagnostic(Code.MISSPELT, f"the compiler does not read `{name}`", label,
                         hints=(f"did you mean `{near[0]}`? Otherwise give it a name less alike",))  # fmt: skip


def _role(shape: Shape) -> Iterator[Diagnostic]:
    role = shape.values.get("role")
    if isinstance(role, str) and role not in ROLES:
        yield Diagnostic(Code.MISSPELT, f"`{role}` is no role the compiler knows",
                         Label(shape.spans.get("role", shape.span), "stated here"),
                         hints=(*closest(role, ROLES), "a thing without a known role is drawn as a plain box")[:1])  # fmt: skip


def _words(shape: Shape) -> Iterator[Diagnostic]:
    """Warn of a text that is none of the few words read under its name."""
    for name, known in ONE_OF.items():
        value = shape.values.get(name)
        if isinstance(value, str) and value not in known:
            yield Diagnostic(Code.MISSPELT, f"`{value}` is no {name} the compiler knows",
                             Label(shape.spans.get(name, shape.span), "stated here"),
                             hints=(*closest(value, [k for k in known if k]), "it has no effect")[:1])  # fmt: skip


def _wrong(name: str, value: Any) -> tuple[Code, str, str] | None:
    if name in UNIT_OF:
        return _figure(name, value, UNIT_OF[name])
    if name in LISTS_IN:
        items = value if isinstance(value, tuple) else (value,)
        return next((found for item in items if (found := _figure(name, item, LISTS_IN[name])) is not None), None)
    if name in TEXTS and not isinstance(value, str):
        return Code.TYPE, f"is a text, this is {described(value)}", f'write `{name} = "…"`'
    if name == "pitch" and value not in _PITCHES:
        hint = (*closest(value, _PITCHES), "")[0]
        return Code.PITCH, f'is "U" (44.45 mm) or "OU" (48 mm), this is {described(value)}', hint
    if name in TEXT_LISTS and not (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
        return Code.TYPE, f"is a list of texts, this is {described(value)}", f'write `{name} = ["…"]`'
    if name in ANSWERS and not isinstance(value, bool):
        return Code.TYPE, f"is true or false, this is {described(value)}", f"write `{name} = true`"
    return None


def _figure(name: str, value: Any, unit: str) -> tuple[Code, str, str] | None:
    dimension = (unit_of(unit) or (NONE, 1))[0] if unit else NONE
    hint = f"write `{name} = … {unit}`" if unit else f"write `{name} = …` without a unit"
    for end in (value.low, value.high, value.typ) if isinstance(value, Interval) else (value,):
        if not isinstance(end, Quantity):
            return Code.TYPE, f"is a figure, this is {described(value)}", hint
        if end.dimension != dimension:
            return Code.UNIT_MISMATCH, f"is {_kind(dimension)}, this is {named(end)}", hint
        if end.value <= 0 and name in ABOVE_ZERO:
            return Code.LIMIT, f"is {end}, and must be more than 0", "state what there is, or leave it out"
        if end.value < 0 or (end.value < 1 and name in FROM_ONE):
            return Code.LIMIT, f"is {end}, the least is {1 if name in FROM_ONE else 0}", hint
        if name in UP_TO_ONE and end.value > 1:
            return Code.LIMIT, f"is {end}, the most is 1", "write a share: `0.9`, or `90 %`"
        if end.value > MOST_OF.get(name, MOST[unit]):
            return Code.LIMIT, f"is {end}: no rack has that", "check the figure and its unit"
        if name in WHOLE_BYTES and end.value.denominator != 1:
            return Code.COUNT, f"is {end}, which is no whole number of bytes", "write a size such as `256 B` or `1 GiB`"
        if unit == "" and name not in SHARES and end.value.denominator != 1:
            return Code.COUNT, f"is a whole number, this is {end}", hint
    return None


def _kind(dimension: Any) -> str:
    kind = kind_of(dimension)
    return f"a {kind}" if dimension == NONE else kind
