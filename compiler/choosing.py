"""Which carrier a link gets, and in which length: the one its connection names, or the cheapest imported one that fits."""

from __future__ import annotations

from dataclasses import dataclass

from rackc.compiler.carriers import Ends, Stock, carries, cheapest, ends_of, limit, stock_for, stocks
from rackc.compiler.media import CABLES, INSIDE, text
from rackc.compiler.model import Model
from rackc.compiler.places import Places
from rackc.compiler.reach import Limit, running
from rackc.compiler.shape import Shape, Wiring
from rackc.compiler.training import Trained, trained
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: Lengths that differ by less are one length.
_SAME_M = 1e-9

Chosen = tuple[Shape, Stock | None]


@dataclass(frozen=True, slots=True)
class Laid:
    """Links that are alike in all that carries them: the ports of the first, how many, the carrier, and where it is said.

    `link` is what they come to.

    `length_m` is that of the cable, None where it is not known or the carrier has none of its own.
    """

    a: int
    b: int
    count: int
    carrier: Shape
    length_m: float | None
    link: Trained
    at: Span


@dataclass(frozen=True, slots=True)
class _Named:
    """A carrier that a connection names, on links that are alike: their names, its reach, and the rate they run at."""

    wiring: Wiring
    carrier: Shape
    names: str
    reach: Limit | None
    rate: str

    def finding(self, code: Code, message: str, hint: str) -> Diagnostic:
        """Return a finding about the carrier; where physics bounds it and not its maker, a note says so."""
        notes = (
            (f"{text(self.carrier, 'construction')} ends at {self.reach.most_m:g} m{self.rate} ({self.reach.source})",)
            if self.reach is not None and self.reach.source and code in (Code.REACH, Code.STRETCHED)
            else ()
        )
        return Diagnostic(
            code, message, Label(self.wiring.span), (Label(self.carrier.span, "carrier"),), (hint,), notes
        )


class Chooser:
    """Chooses carriers for the links of a Model; `found` grows by what cannot be carried, or only just."""

    def __init__(self, model: Model, placed: Places) -> None:
        self._model = model
        self._placed = placed
        self._trained: dict[tuple[int, int, int], Trained] = {}
        self.found: list[Diagnostic] = []

    def trained(self, a: int, b: int, carrier: Shape) -> Trained:
        """Return what a link between two ports comes to; looked at once for ports of the same kinds."""
        key = int(self._model.port_group[a]), int(self._model.port_group[b]), id(carrier)
        if key not in self._trained:
            self._trained[key] = trained(self._model.interface(a), self._model.interface(b), carrier)
        return self._trained[key]

    def choose(self, wiring: Wiring, a: int, b: int, need: float | None, apart: bool) -> Chosen | None:
        """Return carrier and stock length of the link between two ports, or report why there is none."""
        names = f"{self._model.port_address(a)} to {self._model.port_address(b)}"
        if wiring.carrier is None:
            return self._left_open(wiring, ends_of(self._model.interface(a), self._model.interface(b)), names, need)
        link = self.trained(a, b, wiring.carrier)
        reach = limit(wiring.carrier, link.protocol, link.generation)
        named = _Named(wiring, wiring.carrier, names, reach, running(link.protocol, link.generation))
        if text(named.carrier, "medium") in INSIDE and apart:
            self._report(named.finding(
                Code.CARRIER, f"`{named.carrier.name}` ({text(named.carrier, 'medium')}) cannot leave its tray: {names}",
                "join trays by a cable, cartridge or midplane",
            ))  # fmt: skip
            return None
        if text(named.carrier, "medium") in CABLES:
            return self._cable(named, need, apart)
        return self._fixed(named, (int(self._model.port_owner[a]), int(self._model.port_owner[b])))

    def _left_open(self, wiring: Wiring, ends: Ends, names: str, need: float | None) -> Chosen | None:
        if need is None:
            inside = [c for c in wiring.candidates if c.values.get("field") is not True and carries(c, ends)]
            if inside:
                return min(inside, key=lambda c: c.name), None
        else:
            best = cheapest(wiring.candidates, ends, need)
            if best is not None:
                return best
        known = ", ".join(c.name for c in wiring.candidates) or "none"
        said = f"over {need:.2f} m" if need is not None else "inside one tray"
        self._report(Diagnostic(
            Code.CARRIER, f"no imported carrier joins {ends.protocol} ports {said}: {names}", Label(wiring.span),
            hints=(f"carriers imported here: {known}; import one that fits, or name it after `:`",),
        ))  # fmt: skip
        return None

    def _cable(self, named: _Named, need: float | None, apart: bool) -> Chosen | None:
        reach, lengths = named.reach, [stock.length_m for stock in stocks(named.carrier)]
        if lengths and reach is not None and lengths[0] > reach.most_m + _SAME_M:
            self._report(named.finding(
                Code.REACH, f"the shortest `{named.carrier.name}` is {lengths[0]:g} m, and it ends at {reach.most_m:g} m: {named.names}",
                "use a carrier that reaches further at that rate",
            ))  # fmt: skip
            return None
        if need is None:
            if apart:
                self._report(Diagnostic(
                    Code.NO_LENGTH, f"the length of this cable is not known: {named.names}", Label(named.wiring.span),
                    hints=("give both ends a place in a rack (`at u(…)`), and rows their `row_pitch`: reach and price follow",),
                ))  # fmt: skip
            return named.carrier, None
        stock = stock_for(named.carrier, need, None if reach is None else reach.most_m)
        if stock is None and (lengths or (reach is not None and need > reach.most_m)):
            longest = min([*lengths[-1:], *([reach.most_m] if reach is not None else [])])
            self._report(named.finding(
                Code.REACH, f"{named.names} needs {need:.2f} m; `{named.carrier.name}` ends at {longest:g} m",
                "move the trays nearer, or use a carrier of longer reach",
            ))  # fmt: skip
            return None
        self._stretched(named, stock.length_m if stock is not None else need)
        return named.carrier, stock

    def _fixed(self, named: _Named, ends: tuple[int, int]) -> Chosen | None:
        """A cartridge or midplane fixes its own length: only the height that it spans is checked against its reach."""
        left, right = (self._placed.get(int(self._placed.tray[end])) for end in ends)
        if left is None or right is None or left.rack != right.rack or named.reach is None:
            return named.carrier, None
        span = abs(left.middle_mm - right.middle_mm) / 1000
        if span > named.reach.most_m:
            self._report(named.finding(
                Code.REACH, f"{named.names} are {span:.2f} m apart in height; `{named.carrier.name}` ends at {named.reach.most_m:g} m",
                "move the trays nearer",
            ))  # fmt: skip
            return None
        self._stretched(named, span)
        return named.carrier, None

    def _stretched(self, named: _Named, length_m: float) -> None:
        """R22: a length that some sources claim and others do not is worth a warning."""
        reach = named.reach
        if reach is not None and length_m > reach.safe_m + _SAME_M:
            self._report(named.finding(
                Code.STRETCHED, f"`{named.carrier.name}` over {length_m:.3g} m: {reach.safe_m:g} m are sure, {reach.most_m:g} m the most: {named.names}",
                "stay within what is sure, or test the link before you order",
            ))  # fmt: skip

    def _report(self, diagnostic: Diagnostic) -> None:
        if not any(d.code == diagnostic.code and d.at == diagnostic.at for d in self.found):
            self.found.append(diagnostic)
