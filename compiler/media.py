"""What a definition says about itself, as figures, texts and lists of them; the media there are, and their delay."""

from __future__ import annotations

from typing import Final

from rackc.compiler.plan import Interval
from rackc.compiler.shape import Shape
from rackc.dsl.units import Quantity

#: Signal delay where a carrier states none, for its latency only: twinax, 4.6 ns/m (LAT-DOC).
DEFAULT_DELAY_NS_PER_M: Final = 4.6

#: Media that a person plugs in port by port: their length matters.
CABLES: Final = frozenset(("cable",))

#: Media that end where their board or package does: none leads from one tray to another.
INSIDE: Final = frozenset(("board trace", "package", "card edge"))

#: Every medium there is; all but the cables have the length that their board, package or rack gives them.
MEDIA: Final = ("cable", "cartridge", "board trace", "card edge", "midplane", "package")


def figure(shape: Shape, name: str, unit: str, end: str = "typ") -> float | None:
    """Return a figure of a shape in `unit`: its typical value, or its `low` or `high` end."""
    value = shape.values.get(name)
    if isinstance(value, Interval):
        value = {"typ": value.typ, "low": value.low, "high": value.high}[end]
    if not isinstance(value, Quantity):
        return None
    return value.to(unit) if unit else float(value.value)


def text(shape: Shape, name: str, default: str = "") -> str:
    """Return a text of a shape."""
    value = shape.values.get(name)
    return value if isinstance(value, str) else default


def words(shape: Shape, name: str) -> tuple[str, ...]:
    """Return a list of texts of a shape."""
    value = shape.values.get(name)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()


def cents(value: object) -> int | None:
    """Return an amount of money in USD cents."""
    return round(value.exact("USD") * 100) if isinstance(value, Quantity) else None


def numbers(shape: Shape, name: str) -> tuple[float, ...]:
    """Return a list of plain numbers of a shape; one alone counts as a list of it."""
    value = shape.values.get(name)
    return tuple(float(v.value) for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, Quantity))


def latency_ns(shape: Shape, length_m: float, end: str = "typ") -> float:
    """Return the latency of one crossing: delay along the length, and retimers."""
    delay = figure(shape, "delay", "ns/m", end)
    retimers = figure(shape, "retimers", "", end) or 0.0
    per_retimer = figure(shape, "retimer_latency", "ns", end) or 0.0
    return length_m * (DEFAULT_DELAY_NS_PER_M if delay is None else delay) + retimers * per_retimer
