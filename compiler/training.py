"""What the two ports of a link come to: the protocol both speak, and the lanes and rate at which the link trains.

A link runs at the lower of its ends, lane by lane: bandwidth = lanes of the narrower end x the rate of a lane at the
lower generation, as its own end states it. A carrier of a lower rate holds a link back in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rackc.compiler.media import figure, numbers, text, words
from rackc.compiler.shape import Shape

#: GB/s of one PCIe lane each way, by generation (CALC: 16 and 32 GT/s x 128/130 / 8, 64 GT/s / 8 x 0.94).
_LANE_GB: Final = {4: 1.97, 5: 3.94, 6: 7.5}

#: Protocols that agree on a rate when the link comes up. The others run at their own rate or not at all.
TRAINS: Final = frozenset(("PCIe", "CXL", "Ethernet", "InfiniBand"))

#: Protocols on a PCI Express link: they share lanes, loss budgets and retimers.
ON_PCIE: Final = frozenset(("PCIe", "CXL"))


@dataclass(frozen=True, slots=True)
class Trained:
    """A link as it comes up: `bandwidth` is bytes per second each way, `offered` that of the better end.

    `protocol` is empty where the ends have none in common; lanes and generation are None where an end states none.
    """

    protocol: str
    generation: float | None
    lanes: float | None
    bandwidth: float
    offered: float


def spoken(interface: Shape) -> str:
    """Return what a port speaks: the mode it is set to, else its protocol, else the first of its modes."""
    return text(interface, "mode") or text(interface, "protocol") or next(iter(words(interface, "modes")), "")


def protocols(interface: Shape) -> tuple[str, ...]:
    """Return everything a port can speak: its mode where that is fixed, else its modes, else its protocol."""
    mode = text(interface, "mode")
    return (mode,) if mode else words(interface, "modes") or (text(interface, "protocol"),)


def agreed(left: Shape, right: Shape) -> str | None:
    """Return the protocol that two ports have in common, None where they have none."""
    both = [one for one in protocols(left) if one in protocols(right)]
    own = spoken(left)
    return own if own in both else next(iter(both), None)


def fits(left: Shape, right: Shape) -> bool:
    """Whether the lanes of two ports are as many, or one end states that it takes a card of the other's width."""
    a, b = figure(left, "lanes", ""), figure(right, "lanes", "")
    return a is None or b is None or a == b or b in numbers(left, "accepts") or a in numbers(right, "accepts")


def port_bandwidth(interface: Shape) -> float:
    """Return the data rate of a port, bytes per second each way: its bandwidth times its `efficiency`."""
    return (figure(interface, "bandwidth", "B/s") or 0.0) * (figure(interface, "efficiency", "") or 1.0)


def trained(left: Shape, right: Shape, carrier: Shape | None = None) -> Trained:
    """Return what a link between two ports comes to, on a carrier where one is known."""
    lanes, generation = _lower(left, right, "lanes"), _lower(left, right, "generation")
    rates = port_bandwidth(left), port_bandwidth(right)
    widths = figure(left, "lanes", ""), figure(right, "lanes", "")
    bandwidth = min(rates)
    if lanes is not None and all(widths) and widths[0] != widths[1]:
        bandwidth = lanes * min(rate / width for rate, width in zip(rates, widths, strict=True) if width)
    protocol = agreed(left, right) or ""
    limit = figure(carrier, "rate", "", "low") if carrier is not None else None
    if limit is not None and generation is not None and limit < generation:
        bandwidth *= _share(protocol, limit, generation)
        generation = limit
    return Trained(protocol, generation, lanes, bandwidth, max(rates))


def _lower(left: Shape, right: Shape, name: str) -> float | None:
    stated = [value for end in (left, right) if (value := figure(end, name, "")) is not None]
    return min(stated, default=None)


def _share(protocol: str, to: float, of: float) -> float:
    """Return what is left of a bandwidth at a lower rate: PCIe doubles by generation, networks count Gb/s a lane."""
    if protocol not in ON_PCIE:
        return to / of
    low, high = _LANE_GB.get(int(to)), _LANE_GB.get(int(of))
    return low / high if low is not None and high is not None else 2.0 ** (to - of)
