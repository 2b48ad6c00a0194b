"""Carriers: which ports one can join, how far it reaches, and which is the cheapest for a way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rackc.compiler.media import cents, figure, numbers, text, words
from rackc.compiler.plan import Carrier
from rackc.compiler.reach import Limit, limit_of
from rackc.compiler.shape import Shape
from rackc.compiler.training import trained
from rackc.dsl.units import Quantity


@dataclass(frozen=True, slots=True)
class Stock:
    """One orderable length of a carrier."""

    length_m: float
    price_cents: int | None


@dataclass(frozen=True, slots=True)
class Ends:
    """What a carrier must join: ports of a protocol with these plugs and fibres, the link's lanes and its rate."""

    protocol: str
    plugs: tuple[str, str]
    fibres: tuple[str, str]
    lanes: float | None
    generation: float | None


def ends_of(left: Shape, right: Shape) -> Ends:
    """Return what a carrier between two ports must join."""
    link = trained(left, right)
    return Ends(
        link.protocol, (text(left, "connector"), text(right, "connector")), (fibre_of(left), fibre_of(right)), link.lanes,
        link.generation,
    )  # fmt: skip


def fibre_of(shape: Shape) -> str:
    """Return a fibre's connector and its polish, as one name: `MPO-12 APC`."""
    return " ".join(word for word in (text(shape, "fibre"), text(shape, "polish")) if word)


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


def plugs_of(carrier: Shape) -> tuple[str, str]:
    """Return the plugs at a carrier's ends, empty where it states none; both alike where it states one."""
    both = words(carrier, "connectors")
    own = text(carrier, "connector")
    return (both[0], both[1]) if len(both) == 2 else (own, own)


def ways_of(carrier: Shape) -> tuple[int, int]:
    """Return how many plugs a unit has at each end: a splitter has one at its first end and two at its second."""
    ways = numbers(carrier, "ways")
    return (int(ways[0]), int(ways[1])) if len(ways) == 2 else (1, 1)


def is_splitter(carrier: Shape) -> bool:
    """Whether a carrier parts on its way."""
    return max(ways_of(carrier)) > 1


def links_per_unit(carrier: Shape) -> int:
    """Return how many links one orderable unit carries: what it states, else as many as it has ways."""
    return int(figure(carrier, "links_per_unit", "") or max(ways_of(carrier)))


def plugs_fit(carrier: Shape, plugs: tuple[str, str]) -> bool:
    """Whether a carrier's plugs go into both ports, either way round; an end that states none fits any."""
    own = plugs_of(carrier)
    return any(all(not a or not b or a == b for a, b in zip(own, way, strict=True)) for way in (plugs, plugs[::-1]))


def wide_enough(carrier: Shape, lanes: float | None) -> bool:
    """Whether a carrier has the lanes of a link; the lanes of a unit are shared by the links that it carries."""
    own = figure(carrier, "lanes", "")
    return own is None or lanes is None or own in (lanes, lanes * links_per_unit(carrier))


def carries(carrier: Shape, ends: Ends) -> bool:
    """Whether a carrier that is left to choose can join these ends; ports that state no plug take one without."""
    own = plugs_of(carrier)
    plain = not any(own) and (ends.plugs[0] == ends.plugs[1] or not all(ends.plugs))
    rate, fibre = figure(carrier, "rate", "", "low"), fibre_of(carrier)
    return (
        ends.protocol in words(carrier, "protocols")
        and (plain or own in (ends.plugs, ends.plugs[::-1]))
        and wide_enough(carrier, ends.lanes)
        and (rate is None or ends.generation is None or rate >= ends.generation)
        and all(not fibre or not end or fibre == end for end in ends.fibres)
    )


def limit(carrier: Shape, protocol: str, generation: float | None) -> Limit | None:
    """Return how far a carrier reaches: what it states, and what its construction allows at that rate, if known.

    Of fibre between transceivers these decide, so that what is stated stands: multimode ends where single-mode does not.
    """
    least, most = figure(carrier, "reach", "m", "low"), figure(carrier, "reach", "m", "high")
    stated = Limit(least, most, "") if least is not None and most is not None else None
    known = limit_of(text(carrier, "construction"), protocol, generation, is_splitter(carrier))
    if stated is None or known is None or text(carrier, "construction") == "optical":
        return stated or known
    source = "" if stated.most_m <= known.most_m else known.source
    return Limit(min(stated.safe_m, known.safe_m), min(stated.most_m, known.most_m), source)


def stock_for(carrier: Shape, routed_m: float, most_m: float | None) -> Stock | None:
    """Return the shortest stock length that covers `routed_m` and is no longer than `most_m`, or None."""
    for stock in stocks(carrier):
        if stock.length_m + 1e-9 >= routed_m and (most_m is None or stock.length_m <= most_m + 1e-9):
            return stock
    return None


def sure_stock(carrier: Shape, routed_m: float, ends: Ends) -> Stock | None:
    """Return the length of a carrier that is left to choose: what only some sources claim is for an author to name."""
    reach = limit(carrier, ends.protocol, ends.generation)
    return stock_for(carrier, routed_m, None if reach is None else reach.safe_m)


def cheapest(candidates: Iterable[Shape], ends: Ends, routed_m: float) -> tuple[Shape, Stock] | None:
    """Return the cheapest carrier that reaches; ties go to the shorter, then to the name."""
    fitting = [
        (stock.price_cents if stock.price_cents is not None else 1 << 60, stock.length_m, shape.name, shape, stock)
        for shape in candidates if carries(shape, ends)
        if (stock := sure_stock(shape, routed_m, ends)) is not None
    ]  # fmt: skip
    if not fitting:
        return None
    best = min(fitting, key=lambda row: row[:3])
    return best[3], best[4]


def carrier_of(shape: Shape, part: object, price_cents: int | None) -> Carrier:
    """Return the Plan's row for one carrier and stock length."""
    return Carrier(
        part=part,  # type: ignore[arg-type]  # the caller made it with part_of
        medium=text(shape, "medium", "unstated"),
        field_installed=shape.values.get("field") is True,
        links_per_unit=links_per_unit(shape),
        price_cents=price_cents,
        retimers=int(figure(shape, "retimers", "") or 0),
    )
