"""Carriers: what a link definition says about itself, and which cable is the cheapest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rackc.compiler.plan import Carrier, Interval
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


@dataclass(frozen=True, slots=True)
class Stock:
    """One orderable length of a carrier."""

    length_m: float
    price_cents: int | None


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


def stocks(shape: Shape) -> tuple[Stock, ...]:
    """Return the orderable lengths of a carrier, shortest first; empty where it states none."""
    lengths = shape.values.get("lengths")
    prices = shape.values.get("prices")
    if not isinstance(lengths, tuple):
        return ()
    priced: Sequence[object] = (
        prices if isinstance(prices, tuple) and len(prices) == len(lengths) else [None] * len(lengths)
    )
    found = [Stock(q.to("m"), cents(p)) for q, p in zip(lengths, priced, strict=True) if isinstance(q, Quantity)]
    return tuple(sorted(found, key=lambda s: s.length_m))


def carries(shape: Shape, protocol: str, connectors: Iterable[str], lanes: float | None = None) -> bool:
    """Whether a carrier can join ports of `protocol` with these connectors and lanes."""
    plug, own = text(shape, "connector"), figure(shape, "lanes", "")
    if own is not None and lanes is not None and own != lanes:
        return False
    return protocol in words(shape, "protocols") and (not plug or all(c == plug for c in connectors))


def reach_m(shape: Shape) -> float | None:
    """Return how far a carrier reaches: the maximum it states, or None."""
    return figure(shape, "reach", "m", "high")


def stock_for(shape: Shape, routed_m: float) -> Stock | None:
    """Return the shortest stock length that covers `routed_m` within reach, or None."""
    reach = reach_m(shape)
    for stock in stocks(shape):
        if stock.length_m + 1e-9 >= routed_m and (reach is None or stock.length_m <= reach + 1e-9):
            return stock
    return None


def cheapest(
    candidates: Iterable[Shape], protocol: str, connectors: tuple[str, ...], routed_m: float, lanes: float | None = None
) -> tuple[Shape, Stock] | None:
    """Return the cheapest carrier that reaches; ties go to the shorter, then to the name."""
    fitting = [
        (stock.price_cents if stock.price_cents is not None else 1 << 60, stock.length_m, shape.name, shape, stock)
        for shape in candidates
        if carries(shape, protocol, connectors, lanes) and (stock := stock_for(shape, routed_m)) is not None
    ]  # fmt: skip
    if not fitting:
        return None
    best = min(fitting, key=lambda row: row[:3])
    return best[3], best[4]


def latency_ns(shape: Shape, length_m: float, end: str = "typ") -> float:
    """Return the latency of one crossing: delay along the length, and retimers."""
    delay = figure(shape, "delay", "ns/m", end)
    retimers = figure(shape, "retimers", "", end) or 0.0
    per_retimer = figure(shape, "retimer_latency", "ns", end) or 0.0
    return length_m * (DEFAULT_DELAY_NS_PER_M if delay is None else delay) + retimers * per_retimer


def carrier_of(shape: Shape, part: object, price_cents: int | None) -> Carrier:
    """Return the Plan's row for one carrier and stock length."""
    return Carrier(
        part=part,  # type: ignore[arg-type]  # the caller made it with part_of
        medium=text(shape, "medium", "unstated"),
        field_installed=shape.values.get("field") is True,
        links_per_unit=int(figure(shape, "links_per_unit", "") or 1),
        price_cents=price_cents,
        retimers=int(figure(shape, "retimers", "") or 0),
    )
