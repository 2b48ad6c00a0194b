"""Figures that the compiler itself reads: each must be of the kind and size it reads, wherever it is stated."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from rackc.compiler.plan import ROLES, Interval
from rackc.compiler.shape import Shape
from rackc.compiler.values import SPOILT, described
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest
from rackc.dsl.units import NONE, Quantity, kind_of, named, unit_of
from rackc.dsl.words import KEYWORDS

#: By unit, what is read in it. A figure of another kind would otherwise be left out of a sum without a word.
_READ_IN: Final[dict[str, tuple[str, ...]]] = {
    "A": ("busbar_current",),
    "V": ("bus_voltage",),
    "W": ("tdp", "peak", "power_budget", "rating", "supply_rating"),
    "kg": ("mass", "frame_mass", "payload", "brace_above"),
    "USD": ("price",),
    "m": ("reach", "cable_exit", "cable_slack", "width", "mean_length", "pitch_height"),
    "B/s": ("bandwidth", "read_bandwidth", "write_bandwidth"),
    "s": ("latency", "retimer_latency"),
    "s/m": ("delay",),
    "B": ("hbm", "memory", "capacity", "max_capacity", "local", "bytes"),
    "tokens/s": ("prefill",),
    "": ("lanes", "generation", "links_per_unit", "retimers", "max_domain", "efficiency", "supplies", "dimm_slots",
         "channels", "max_hosts", "units", "layers", "kv_heads", "head_dim", "latent", "rope"),
}  # fmt: skip
_UNIT_OF: Final = {name: unit for unit, names in _READ_IN.items() for name in names}
_LISTS_IN: Final = {"lengths": "m", "prices": "USD"}
_WHOLE: Final = frozenset(_READ_IN[""]) - {"efficiency"}
_FROM_ONE: Final = frozenset(("links_per_unit", "supplies", "channels"))
_TEXTS: Final = ("protocol", "connector", "role", "medium", "feed", "pitch", "vendor", "part_number")
_TEXT_LISTS: Final = ("protocols", "uses")
_ANSWERS: Final = ("field", "forwards", "fusion", "braced")
_PITCHES: Final = ("U", "OU")
#: So many names of one definition that are nearly known are told; more are a way of naming.
_MOST_DOUBTFUL: Final = 20
#: Words of other trades for what the compiler reads.
_ALIASES: Final = {"weight": "mass", "cost": "price"}
#: Every attribute with a meaning of its own.
_READ: Final = frozenset((
    *_UNIT_OF, *_LISTS_IN, *_TEXTS, *_TEXT_LISTS, *_ANSWERS, "height", "bus_voltage", "busbar_current", "hbm_bandwidth",
    "memory_bandwidth", "dimm_slots_free", "trace", "instances", "slice", "model", "cxl", "version", "base_power",
))  # fmt: skip
#: No rack, part or price is beyond these, in base units; a figure that is has a unit or a digit too many.
_MOST: Final[dict[str, int]] = {
    "A": 10**9, "V": 10**6, "W": 10**12, "kg": 10**9, "USD": 10**12, "m": 10**6, "B/s": 10**18, "s": 10**6, "s/m": 1, "B": 10**21,
    "tokens/s": 10**12, "": 10**6,
}  # fmt: skip


def check_figures(shape: Shape) -> Iterator[Diagnostic]:
    """Yield figures of the wrong kind, negative ones and absurd ones."""
    doubtful = 0
    for name, value in shape.values.items():
        if value is None or value is SPOILT:
            continue
        label = Label(
            shape.spans.get(name, shape.span), "stated here" if name in shape.spans else "given as a parameter"
        )
        wrong = _wrong(name, value)
        if wrong is not None:
            code, message, hint = wrong
            yield Diagnostic(code, f"`{name}` of `{shape.name}` {message}", label, hints=(hint,) if hint else ())
        elif name in shape.spans and name not in _READ and doubtful < _MOST_DOUBTFUL:
            said = list(_misspelt(name, shape, label))
            doubtful += len(said)
            yield from said
    yield from _role(shape)


@cache
def _nearest(name: str) -> tuple[str, ...]:
    """Return the names the compiler reads that are nearly this one, the nearest first."""
    near = get_close_matches(name, sorted(_READ), n=3, cutoff=0.75)
    return (*near, *(known for known in sorted(_READ) if sorted(known) == sorted(name) and known not in near))


def _misspelt(name: str, shape: Shape, label: Label) -> Iterator[Diagnostic]:
    """Warn of a name that is nearly one the compiler reads: it would be left out of every sum without a word."""
    if name in KEYWORDS:
        return
    meant = _nearest(name)
    near = [_ALIASES[name]] if name in _ALIASES else [known for known in meant if known not in shape.values][:1]
    if near:
        yield Diagnostic(Code.MISSPELT, f"the compiler does not read `{name}`", label,
                         hints=(f"did you mean `{near[0]}`? Otherwise give it a name less alike",))  # fmt: skip


def _role(shape: Shape) -> Iterator[Diagnostic]:
    role = shape.values.get("role")
    if isinstance(role, str) and role not in ROLES:
        yield Diagnostic(Code.MISSPELT, f"`{role}` is no role the compiler knows",
                         Label(shape.spans.get("role", shape.span), "stated here"),
                         hints=(*closest(role, ROLES), "a thing without a known role is drawn as a plain box")[:1])  # fmt: skip


def _wrong(name: str, value: Any) -> tuple[Code, str, str] | None:
    if name in _UNIT_OF:
        return _figure(name, value, _UNIT_OF[name])
    if name in _LISTS_IN:
        items = value if isinstance(value, tuple) else (value,)
        return next((found for item in items if (found := _figure(name, item, _LISTS_IN[name])) is not None), None)
    if name in _TEXTS and not isinstance(value, str):
        return Code.TYPE, f"is a text, this is {described(value)}", f'write `{name} = "…"`'
    if name == "pitch" and value not in _PITCHES:
        hint = (*closest(value, _PITCHES), "")[0]
        return Code.PITCH, f'is "U" (44.45 mm) or "OU" (48 mm), this is {described(value)}', hint
    if name in _TEXT_LISTS and not (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
        return Code.TYPE, f"is a list of texts, this is {described(value)}", f'write `{name} = ["…"]`'
    if name in _ANSWERS and not isinstance(value, bool):
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
        if end.value < 0 or (end.value < 1 and name in _FROM_ONE):
            return Code.LIMIT, f"is {end}, the least is {1 if name in _FROM_ONE else 0}", hint
        if end.value > _MOST[unit]:
            return Code.LIMIT, f"is {end}: no rack has that", "check the figure and its unit"
        if name in _WHOLE and end.value.denominator != 1:
            return Code.COUNT, f"is a whole number, this is {end}", hint
    return None


def _kind(dimension: Any) -> str:
    kind = kind_of(dimension)
    return f"a {kind}" if dimension == NONE else kind
