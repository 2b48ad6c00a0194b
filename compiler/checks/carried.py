"""What a connection names to carry its links: whether it carries that protocol, goes in at both ends, and is fast enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rackc.compiler.carriers import fibre_of, links_per_unit, plugs_fit, plugs_of, wide_enough
from rackc.compiler.media import MEDIA, figure, text, words
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape
from rackc.compiler.training import TRAINS, Trained, agreed, fits, trained
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest


@dataclass(frozen=True, slots=True)
class _Use:
    """A carrier on links that are alike: the interfaces at their ends, what the links come to, and their names."""

    carrier: Shape
    left: Shape
    right: Shape
    link: Trained
    names: str
    at: Label

    def finding(self, code: Code, said: str, *hints: str, also: tuple[Label, ...] = ()) -> Diagnostic:
        """Return a finding about the carrier and the ports it joins."""
        labels = (Label(self.carrier.span, "carrier"), *also)
        return Diagnostic(code, f"`{self.carrier.name}` {said}: {self.names}", self.at, labels, hints)


def check_carriers(model: Model) -> Iterator[Diagnostic]:
    """Yield carriers that do not fit the ports they join; those left to choose fit, or are not chosen."""
    for link, count in model.kinds_of_links():
        wiring = model.wirings[model.link_wiring[link]]
        a, b = int(model.link_a[link]), int(model.link_b[link])
        left, right = model.interface(a), model.interface(b)
        if wiring.carrier is None or agreed(left, right) is None:
            continue
        names = f"{model.port_address(a)} and {model.port_address(b)}" + (f" ({count:,} links)" if count > 1 else "")
        come_to = trained(left, right)
        yield from _misfits(_Use(wiring.carrier, left, right, come_to, names, Label(wiring.span)))


def _misfits(use: _Use) -> Iterator[Diagnostic]:
    carried = words(use.carrier, "protocols")
    if use.link.protocol not in carried:
        yield use.finding(
            Code.CARRIER, f"does not carry {use.link.protocol}", f"it carries {', '.join(carried) or 'nothing'}"
        )
        return
    yield from _medium(use)
    yield from _lanes(use)
    yield from _plugs(use)
    yield from _fibre(use)
    yield from _rate(use)


def _medium(use: _Use) -> Iterator[Diagnostic]:
    medium = text(use.carrier, "medium")
    if medium not in MEDIA:
        said = f"`{medium}`, which is not known" if medium else "nothing"
        place = Label(use.carrier.spans.get("medium", use.carrier.span), "carrier")
        yield Diagnostic(Code.MEDIUM_UNKNOWN, f"`{use.carrier.name}` says {said} as its medium: its length is not checked",
                         use.at, (place,), closest(medium, MEDIA) or (f"write `medium = \"…\"`: {', '.join(MEDIA)}",))  # fmt: skip


def _lanes(use: _Use) -> Iterator[Diagnostic]:
    if fits(use.left, use.right) and not wide_enough(use.carrier, use.link.lanes):
        own, units = figure(use.carrier, "lanes", "") or 0, links_per_unit(use.carrier)
        each = f" for {units} links" if units > 1 else ""
        yield use.finding(Code.LANES, f"has {own:.0f} lanes{each}, the ports have {use.link.lanes:.0f}",
                          "choose a carrier of that width")  # fmt: skip


def _plugs(use: _Use) -> Iterator[Diagnostic]:
    """A plug of another form does not go in: a finned OSFP into a flat-top cage least of all."""
    ports = text(use.left, "connector"), text(use.right, "connector")
    own = plugs_of(use.carrier)
    if plugs_fit(use.carrier, ports):
        return
    ends = ((use.left, ports[0]), (use.right, ports[1]))
    end, port = next(((end, p) for end, p in ends if p and p not in own), ends[0])
    has = own[0] if own[0] == own[1] else " and ".join(own)
    is_what = f"the port is {port}" if port not in own else f"both ports are {port}"
    yield use.finding(Code.CONNECTOR, f"has {has} plugs, {is_what}", "choose a carrier with that plug",
                      also=(Label(end.spans.get("connector", end.span), "the port"),))  # fmt: skip


def _fibre(use: _Use) -> Iterator[Diagnostic]:
    """Fibre connectors meet in form, count and polish: angled against flat leaves a gap, MPO-16 does not go into MPO-12."""
    own = fibre_of(use.carrier)
    for end in (use.left, use.right):
        port = fibre_of(end)
        if own and port and own != port:
            yield use.finding(Code.FIBRE, f"ends in {own}, the port takes {port}", "use fibre of that connector and polish",
                              also=(Label(end.spans.get("fibre", end.span), "the port"),))  # fmt: skip
            return


def _rate(use: _Use) -> Iterator[Diagnostic]:
    """A link that does not train down runs at its own rate or not at all."""
    rate = figure(use.carrier, "rate", "", "low")
    if rate is None or use.link.generation is None or rate >= use.link.generation or use.link.protocol in TRAINS:
        return
    label = Label(use.carrier.spans.get("rate", use.carrier.span), "up to here")
    yield use.finding(Code.FIXED_RATE, f"carries {use.link.protocol} {rate:g}, the link runs at {use.link.generation:g}",
                      "use a carrier of that rate: these links do not run slower", also=(label,))  # fmt: skip
