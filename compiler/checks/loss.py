"""Insertion loss of links: what the silicon, the boards and the cable lose together, against what their rate allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rackc.compiler.checks.planned import Planned
from rackc.compiler.choosing import Laid
from rackc.compiler.media import figure
from rackc.compiler.reach import running
from rackc.compiler.training import ON_PCIE
from rackc.dsl.diagnostics import Code, Diagnostic, Label


@dataclass(frozen=True, slots=True)
class _Budget:
    """What a segment may lose, from bump to bump; `sure` is false where no source was found for it."""

    db: float
    source: str
    sure: bool = True


#: By PCIe generation, at its Nyquist frequency.
_PCIE: Final = {
    3: _Budget(22, "PCIE-LOSS"),
    4: _Budget(28, "PCIE-LOSS"),
    5: _Budget(36, "AL-IL"),
    6: _Budget(32, "unverified", sure=False),
    7: _Budget(36, "unverified", sure=False),
}
#: Networks at 224 Gb/s a lane, of which no other budget was found.
_NETWORK_224: Final = _Budget(40, "AL-224G")


@dataclass(frozen=True, slots=True)
class _Segment:
    """What lies between two chips that restore the signal: losses in dB by what loses them, None where it is not said."""

    losses: tuple[tuple[str, float | None], ...]

    @property
    def known_db(self) -> float:
        """What is known to be lost: no less than that is."""
        return sum(db or 0.0 for _, db in self.losses)

    @property
    def is_known(self) -> bool:
        """Whether every loss is stated."""
        return all(db is not None for _, db in self.losses)


def check_loss(planned: Planned) -> Iterator[Diagnostic]:
    """R19: the loss of a segment is within the budget of its rate; a retimer begins a new one.

    A part that does not state its loss leaves the sum open: what the others lose must be within the budget all the same.
    """
    for laid in planned.laid:
        link = laid.link
        budget = _budget(link.protocol, link.generation)
        if budget is None:
            continue
        for segment in _segments(planned, laid):
            if segment.known_db > budget.db + 1e-9:
                yield _finding(planned, laid, segment, budget, running(link.protocol, link.generation))
                break


def _budget(protocol: str, generation: float | None) -> _Budget | None:
    if generation is None:
        return None
    if protocol in ON_PCIE:
        return _PCIE.get(int(generation))
    return _NETWORK_224 if protocol in ("Ethernet", "InfiniBand") and 200 <= generation <= 224 else None


def _segments(planned: Planned, laid: Laid) -> list[_Segment]:
    """Return the segments of a link. A smart cable has a retimer in each plug: its ends and its wire are three."""
    left, right = (
        (planned.model.port_address(port), figure(planned.model.interface(port), "loss", "dB", "high"))
        for port in (laid.a, laid.b)
    )
    carrier = (f"`{laid.carrier.name}`", _carrier_db(laid))
    if (figure(laid.carrier, "retimers", "", "low") or 0) >= 2:
        return [_Segment((left,)), _Segment((carrier,)), _Segment((right,))]
    return [_Segment((left, carrier, right))]


def _carrier_db(laid: Laid) -> float | None:
    """Return what a carrier loses: a fixed loss, and one by length where that is known; None where it states neither."""
    fixed, by_length = figure(laid.carrier, "loss", "dB", "high"), figure(laid.carrier, "loss_per_m", "dB/m", "high")
    along = None if by_length is None or laid.length_m is None else by_length * laid.length_m
    return None if fixed is None and along is None else (fixed or 0.0) + (along or 0.0)


def _finding(planned: Planned, laid: Laid, segment: _Segment, budget: _Budget, rate: str) -> Diagnostic:
    names = f"{planned.model.port_address(laid.a)} to {planned.model.port_address(laid.b)}"
    more = f" ({laid.count:,} links)" if laid.count > 1 else ""
    least = "" if segment.is_known else "at least "
    unsure = "" if budget.sure else ", a budget that no source was found for"
    said = [f"{name} {f'{db:g} dB' if db is not None else 'does not say'}" for name, db in segment.losses]
    labels = [Label(laid.carrier.span, "carrier")]
    for port in (laid.a, laid.b):
        interface = planned.model.interface(port)
        if "loss" in interface.values:
            labels.append(Label(interface.spans.get("loss", interface.span), "stated here"))
    return Diagnostic(
        Code.LOSS, f"{names}{more} loses {least}{segment.known_db:.4g} dB of {budget.db:g}{rate}{unsure}", Label(laid.at),
        tuple(dict.fromkeys(labels)), ("shorten it, use a carrier that loses less, or put a retimer between",),
        notes=(f"{', '.join(said)}; budget: {budget.source}",),
    )  # fmt: skip
