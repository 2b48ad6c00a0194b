"""How a pool's slices follow the demand: static, re-let after a delay, or at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rackc.compiler.values import Record, described, fault
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity

#: No host has a pebibyte, nothing lasts a year: beyond these it is a slip.
MAX_GIB: Final = 1 << 20
MAX_SECONDS: Final = 366 * 86_400
_MAX_HEADROOM: Final = 10
_SECONDS: Final = (("s", 1),)
_KINDS: Final = ("static", "relet", "dynamic")


@dataclass(frozen=True, slots=True)
class Assignment:
    """How slices follow the demand: `static`, `relet` after `delay_s`, in granules, with headroom, or `dynamic`, at once."""

    kind: str
    delay_s: float
    granule_gib: int
    headroom: float

    def __str__(self) -> str:
        if self.kind != "relet":
            return self.kind
        return f"relet(delay {self.delay_s:g} s, granule {self.granule_gib} GiB, headroom {self.headroom:.0%})"


#: What is assumed of re-letting where a pool is assigned otherwise, for the comparison.
USUAL_RELET: Final = Assignment("relet", 30.0, 1, 0.1)


def assignment_of(value: Any, span: Span) -> Assignment:
    """Return the assignment a pool declares; raises Fault where it is none."""
    if value is None:
        return Assignment("static", 0.0, 1, 0.0)
    if not isinstance(value, Record) or value.name not in _KINDS:
        raise fault(Code.POOL, f"`assignment` is `static()`, `relet(…)` or `dynamic()`, this is {described(value)}", span, "",
                    "write `assignment = relet(delay = 30 s, granule = 1 GiB)`, or leave it out")  # fmt: skip
    if value.name != "relet":
        return Assignment(value.name, 0.0, 1, 0.0)
    delay = seconds_of(value.fields.get("delay"), "delay", span)
    granule = value.fields.get("granule")
    gib = granule.exact("GiB") if isinstance(granule, Quantity) and granule.dimension == (("B", 1),) else None
    if gib is None or gib.denominator != 1 or not 1 <= gib <= MAX_GIB:
        raise fault(Code.POOL, f"`granule` is a whole number of GiB, this is {described(granule)}", span, "",
                    "write `granule = 1 GiB`")  # fmt: skip
    return Assignment("relet", delay, int(gib), _headroom(value.fields.get("headroom"), span))


def _headroom(value: Any, span: Span) -> float:
    if value is None:
        return 0.0
    if isinstance(value, Quantity) and value.dimension == NONE and 0 <= value.value <= _MAX_HEADROOM:
        return float(value.value)
    raise fault(Code.POOL, f"`headroom` is a share from 0 % to 1000 %, this is {described(value)}", span, "",
                "write `headroom = 10 %`")  # fmt: skip


def seconds_of(value: Any, name: str, span: Span) -> float:
    """Return a time in seconds; raises Fault where it is none, or longer than a year."""
    if isinstance(value, Quantity) and value.dimension == _SECONDS and 0 <= value.value <= MAX_SECONDS:
        return float(value.value)
    said = "is not given" if value is None else f"is a time of up to a year, this is {described(value)}"
    raise fault(Code.DEMAND, f"`{name}` {said}", span, "", f"write `{name} = 60 s`")
