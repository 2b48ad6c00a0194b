"""A demand that follows a curve: `curve([0 s, 64 GiB], [10 min, 96 GiB])`, straight between its points."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from rackc.compiler.values import Record, described, fault
from rackc.compiler.workload.assignment import MAX_GIB, MAX_SECONDS
from rackc.compiler.workload.tables import GIB
from rackc.compiler.workload.timeline import Floats, Series
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import Quantity

_LEAST_POINTS: Final = 2


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order of time: seconds, of which the first is 0, and GiB. Two points at one time are a step."""

    seconds: tuple[float, ...]
    gib: tuple[Fraction, ...]

    @property
    def peak(self) -> Fraction:
        """The greatest amount, GiB."""
        return max(self.gib)


def curve_of(value: Record, span: Span) -> Curve:
    """Return the curve that the points of `curve(…)` make; raises Fault where they make none."""
    points = [_point(point, span) for point in value.fields.values()]
    if len(points) < _LEAST_POINTS:
        raise fault(Code.CURVE, f"a curve has two points or more, this has {len(points)}", span, "",
                    "write `curve([0 s, 64 GiB], [10 min, 96 GiB])`, or the figure alone")  # fmt: skip
    times = [at for at, _ in points]
    if times[0] != 0 or times[-1] == 0:
        raise fault(Code.CURVE, f"a curve begins at 0 s and lasts a while, this goes from {times[0]:g} s to {times[-1]:g} s", span, "",
                    "count its times from its first point")  # fmt: skip
    back = next((number for number, at in enumerate(times[1:], 1) if at < times[number - 1]), None)
    if back is not None:
        raise fault(Code.CURVE, f"point {back + 1} of the curve goes back, from {times[back - 1]:g} s to {times[back]:g} s", span, "",
                    "put the points in order of time")  # fmt: skip
    return Curve(tuple(times), tuple(gib for _, gib in points))


def _point(point: Any, span: Span) -> tuple[float, Fraction]:
    match point:
        case (Quantity() as at, Quantity() as much) if at.dimension == (("s", 1),) and much.dimension == (("B", 1),):
            if not 0 <= at.value <= MAX_SECONDS or not 0 <= much.exact("GiB") <= MAX_GIB:
                raise fault(
                    Code.CURVE,
                    f"a point of the curve is [{at}, {much}]: up to a year, and to {MAX_GIB:,} GiB",
                    span,
                    "stated here",
                )
            return float(at.value), much.exact("GiB")
    raise fault(Code.CURVE, f"a point of a curve is a time and bytes, this is {described(point)}", span, "",
                "write `curve([0 s, 64 GiB], [10 min, 96 GiB])`")  # fmt: skip


def series_of(curves: tuple[Curve | Fraction, ...]) -> Series:
    """Return the greatest bytes in each second, by host; what ends earlier than the longest holds its last amount."""
    seconds = max(int(np.ceil(curve.seconds[-1])) for curve in curves if isinstance(curve, Curve))
    return np.stack([
        np.full(seconds, float(c * GIB)) if isinstance(c, Fraction) else _peaks(c, seconds) for c in curves
    ])  # fmt: skip


def lasts_s(curves: tuple[Curve | Fraction, ...]) -> int:
    """Return how many seconds the longest curve lasts, 0 where all are figures."""
    return max((int(np.ceil(c.seconds[-1])) for c in curves if isinstance(c, Curve)), default=0)


def _peaks(curve: Curve, seconds: int) -> Series:
    at, amount = np.array(curve.seconds), np.array([float(g * GIB) for g in curve.gib])
    ticks = np.arange(seconds + 1, dtype=np.float64)
    peaks = np.maximum(_value(at, amount, ticks[:-1], "right"), _value(at, amount, ticks[1:], "left"))
    # The points within a second count too; at its very beginning one may be the end of a step, which is the second before.
    inside = (at > np.floor(at)) & (at < seconds)
    np.maximum.at(peaks, at[inside].astype(np.int64), amount[inside])
    return peaks


def _value(at: Floats, amount: Floats, times: Floats, side: Any) -> Floats:
    """Return the amount at times: just after a step ("right"), or just before it ("left")."""
    left = np.clip(np.searchsorted(at, times, side) - 1, 0, len(at) - 2)
    width = at[left + 1] - at[left]
    share = np.divide(times - at[left], width, out=np.ones(len(times)), where=width > 0)
    return np.asarray(amount[left] + (amount[left + 1] - amount[left]) * np.clip(share, 0.0, 1.0))
