"""The two ends of a link: whether they can speak to each other, and what the link comes to where they are unlike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rackc.compiler.carriers import plugs_fit, plugs_of
from rackc.compiler.checks.planned import Planned
from rackc.compiler.choosing import Laid
from rackc.compiler.cxl import version_of
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.plan import Interval
from rackc.compiler.shape import Shape, Wiring
from rackc.compiler.training import TRAINS, agreed, fits, protocols, trained
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Pair:
    """Links that are alike: the interfaces at their ends, the parts that own these, names for a message, and the place."""

    left: Shape
    right: Shape
    owners: tuple[Shape, Shape]
    names: str
    at: Label

    @property
    def also(self) -> tuple[Label, ...]:
        """Where the interfaces are defined."""
        return (Label(self.left.span, "left"),) + (
            (Label(self.right.span, "right"),) if self.right is not self.left else ()
        )

    def finding(self, code: Code, message: str, hint: str) -> Diagnostic:
        """Return a finding about both ends."""
        return Diagnostic(code, f"{message}: {self.names}", self.at, self.also, (hint,))


def pair_of(model: Model, a: int, b: int, count: int, at: Label) -> Pair:
    """Return two ports as a pair, standing for so many links."""
    names = f"{model.port_address(a)} and {model.port_address(b)}" + (f" ({count:,} links)" if count > 1 else "")
    owners = model.shape_at(int(model.port_owner[a])), model.shape_at(int(model.port_owner[b]))
    return Pair(model.interface(a), model.interface(b), owners, names, at)


def check_ends(model: Model) -> Iterator[Diagnostic]:
    """Yield links whose ends do not agree; one finding for each pair of port groups of a connection."""
    for link, count in model.kinds_of_links():
        wiring = model.wirings[model.link_wiring[link]]
        pair = pair_of(model, int(model.link_a[link]), int(model.link_b[link]), count, Label(wiring.span))
        yield from disagreements(pair)
        if agreed(pair.left, pair.right) is not None:
            yield from _plugs(pair, wiring)
            yield from _trains_down(pair, wiring.carrier)


def check_pool_ends(planned: Planned) -> Iterator[Diagnostic]:
    """Yield links that a pool was given whose ends do not agree; one finding for each pair of port groups of a pool."""
    pools, kind = set(planned.pools.values()), planned.model.port_group
    alike: dict[tuple[int, int, Span], list[Laid]] = {}
    for laid in planned.laid:
        if laid.at in pools:
            alike.setdefault((int(kind[laid.a]), int(kind[laid.b]), laid.at), []).append(laid)
    for (_, _, at), rows in alike.items():
        pair = pair_of(planned.model, rows[0].a, rows[0].b, sum(row.count for row in rows), Label(at))
        yield from disagreements(pair)
        yield from _trains_down(pair, rows[0].carrier)


def disagreements(pair: Pair) -> Iterator[Diagnostic]:
    """Yield what two ports do not agree on, whatever carries the link."""
    protocol = agreed(pair.left, pair.right)
    if protocol is None:
        left, right = (" or ".join(protocols(end)) for end in (pair.left, pair.right))
        yield pair.finding(
            Code.PROTOCOL, f"{left} cannot be joined to {right}", "join ports of one protocol, in one mode"
        )
        return
    if not fits(pair.left, pair.right):
        lanes = [figure(end, "lanes", "") or 0 for end in (pair.left, pair.right)]
        hint = f"split the wider port, or say `accepts = [{max(lanes):.0f}]` of a slot that such a card fits"
        yield pair.finding(
            Code.LANES, f"x{lanes[0]:.0f} meets x{lanes[1]:.0f}", f"both ends need as many lanes; {hint}"
        )
    yield from _direction(pair)
    yield from _voltage(pair)
    if protocol == "CXL":
        yield from _version(pair)


def _direction(pair: Pair) -> Iterator[Diagnostic]:
    """Two upstream ports wait for a host each, two downstream ports for a device."""
    way = text(pair.left, "direction")
    if way in ("up", "down") and way == text(pair.right, "direction"):
        yield pair.finding(Code.DIRECTION, f"both are {way}stream ports", "join an upstream port to a downstream one")


def _volts(interface: Shape) -> tuple[float, float] | None:
    low, high = figure(interface, "voltage", "V", "low"), figure(interface, "voltage", "V", "high")
    return None if low is None or high is None else (low, high)


def _voltage(pair: Pair) -> Iterator[Diagnostic]:
    left, right = _volts(pair.left), _volts(pair.right)
    if left is not None and right is not None and (left[0] > right[1] or right[0] > left[1]):
        a, b = (_said(end.values["voltage"]) for end in (pair.left, pair.right))
        yield pair.finding(Code.VOLTAGE, f"{a} meets {b}", "join ports of one voltage, or convert between them")


def _said(value: object) -> str:
    return f"{value.low} to {value.high}" if isinstance(value, Interval) else str(value)


#: What a version adds that a link to an older end goes without (CXL-MATRIX, CXL-DEV).
_ADDED = (
    (3.0, "several levels of switches, sharing and 64 GT/s"),
    (2.0, "switches and pooling"),
)


def _version(pair: Pair) -> Iterator[Diagnostic]:
    """A CXL link runs at the version of its older end."""
    stated = [_version_at(end, owner) for end, owner in zip((pair.left, pair.right), pair.owners, strict=True)]
    known = [version for version in stated if version is not None]
    if len(known) < 2 or int(known[0]) == int(known[1]):
        return
    low, high = min(known), max(known)
    lost = [what for version, what in _ADDED if low < version <= high]
    yield pair.finding(Code.VERSION, f"CXL {high:.1f} meets {low:.1f}, and goes without {' and '.join(lost)}",
                       "use parts of one version, or accept the older")  # fmt: skip


def _version_at(interface: Shape, owner: Shape) -> float | None:
    """Return the CXL version of a port: the lower of what its interface and its owner state."""
    stated = (version_of(text(interface, "version")), version_of(text(owner, "cxl")))
    return min((version for version in stated if version is not None), default=None)


def _plugs(pair: Pair, wiring: Wiring) -> Iterator[Diagnostic]:
    """Ports of unlike form need a carrier with unlike ends; the plugs of one that is named are looked at for themselves."""
    plugs = text(pair.left, "connector"), text(pair.right, "connector")
    if not all(plugs) or plugs[0] == plugs[1] or (wiring.carrier is not None and any(plugs_of(wiring.carrier))):
        return
    offered = wiring.candidates if wiring.carrier is None else ()
    if not any(len(set(plugs_of(carrier))) > 1 and plugs_fit(carrier, plugs) for carrier in offered):
        yield pair.finding(Code.CONNECTOR, f"connector {plugs[0]} meets {plugs[1]}",
                           "use ports of one form, or a carrier with unlike ends: `connectors = [\"…\", \"…\"]`")  # fmt: skip


def _trains_down(pair: Pair, carrier: Shape | None) -> Iterator[Diagnostic]:
    """Yield a link that comes up below its better end: fewer lanes, a lower generation, or a carrier of a lower rate."""
    link = trained(pair.left, pair.right, carrier)
    ends = [(figure(end, "generation", ""), figure(end, "lanes", "")) for end in (pair.left, pair.right)]
    lower = [link.generation is not None and g is not None and g > link.generation for g, _ in ends]
    narrower = fits(pair.left, pair.right) and len({lanes for _, lanes in ends if lanes is not None}) > 1
    slow = figure(carrier, "rate", "", "low") if carrier is not None else None
    if slow is not None and all(g is not None and g > slow for g, _ in ends) and link.protocol not in TRAINS:
        return  # a finding about the carrier
    if not any(lower) and not narrower:
        return
    to = [f"generation {link.generation:g}"] if any(lower) else []
    to += [f"x{link.lanes:.0f}"] if narrower else []
    gives = f", {link.bandwidth / 1e9:.4g} GB/s each way of {link.offered / 1e9:.4g}" if link.bandwidth else ""
    hint = "the slower end sets the bandwidth" if not all(lower) else "the carrier sets the bandwidth"
    yield pair.finding(Code.TRAINS_DOWN, f"{link.protocol} trains down to {' '.join(to)}{gives}", hint)
