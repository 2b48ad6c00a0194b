"""What feeds a rack: what its sources give in each case of loss, and the currents that flow then.

A case can come about in several ways (any one shelf may be the one that is lost). What is left is that of the worst
way, and so is each current: they need not be the same way. No source gives more than it can. The sources that run share the load in proportion to what
they can give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.power import SOURCES, Load, Loads
from rackc.compiler.analyse.report import PowerCase
from rackc.compiler.columns import Floats
from rackc.compiler.plan import Instance, PartType, Plan

#: The case in which nothing is lost.
RUNNING: Final = "all supplies running"


def sources(plan: Plan, rack: int) -> list[Instance]:
    """Return the power shelves and PDUs of a rack, wherever in it they stand."""
    of = plan.columns
    rows = of.with_role(*SOURCES)
    return [plan.instances[i] for i in rows[of.within(of.parent[rows], ("rack",)) == rack].tolist()]


def unrated(feeding: Sequence[Instance]) -> list[Instance]:
    """Return those sources that state no rating: what they give is not known, which is not nothing."""
    return [source for source in feeding if source.part.low("rating", "W") is None]


def rating(part: PartType, lost: int = 0) -> float:
    """Return what one source gives with some of its supplies lost, W: its rating, if its supplies can carry that."""
    full = part.low("rating", "W") or 0.0
    count, each = part.typ("supplies", ""), part.low("supply_rating", "W")
    if count is None:
        return full if not lost else 0.0
    return min(full, max(count - lost, 0) * (full / count if each is None else each))


def available(feeding: Sequence[Instance], lose: tuple[int, str]) -> float | None:
    """Return what is left of the sources with `(count, noun)` lost where it hurts most; None for an unknown noun."""
    count, noun = lose
    total = sum(rating(s.part) for s in feeding)
    match noun:
        case "supply" | "supplies":
            return total - _most_lost(feeding, count)
        case "shelf" | "shelves" | "pdu" | "pdus":
            units = sorted((rating(s.part) for s in feeding), reverse=True)
        case "feed" | "feeds":
            by_feed: dict[str, float] = {}
            for source in feeding:
                by_feed[source.part.text("feed")] = by_feed.get(source.part.text("feed"), 0.0) + rating(source.part)
            units = sorted(by_feed.values(), reverse=True)
        case _:
            return None
    return total - sum(units[:count])


def _most_lost(feeding: Sequence[Instance], count: int) -> float:
    """Return the most that `count` lost supplies take away, however they are spread over the sources."""
    count = min(count, sum(int(s.part.typ("supplies", "") or 1) for s in feeding))
    worst = [0.0] * (count + 1)  # by supplies lost so far; a source without supplies is one itself
    for source in feeding:
        inside = int(source.part.typ("supplies", "") or 1)
        gone = [rating(source.part) - rating(source.part, n) for n in range(min(count, inside) + 1)]
        worst = [max(gone[n] + worst[total - n] for n in range(min(total, inside) + 1)) for total in range(count + 1)]
    return worst[count]


@dataclass(frozen=True, slots=True)
class Case:
    """A case of loss: for each way in which it comes about, a row of what each source then gives, W."""

    name: str
    ways: Floats

    @property
    def available_w(self) -> float:
        """What is left in the worst way."""
        return float(self.ways.sum(axis=1).min())

    def carried(self, load_w: float) -> Floats:
        """Return what each source carries of a load, W, in each way that leaves any: no more than it can give."""
        left = self.ways[self.ways.sum(axis=1) > 0]
        return left * np.minimum(1.0, load_w / left.sum(axis=1, keepdims=True))  # type: ignore[no-any-return]


def losses(feeding: Sequence[Instance]) -> tuple[Case, ...]:
    """Return the cases that can be told of sources: supplies and feeds count where each source states its own.

    Where each feed has one source, to lose either is the same event: it is one case.
    """
    full = np.array([rating(s.part) for s in feeding])
    shelves = any(s.part.role == "power-shelf" for s in feeding)
    found = [Case(RUNNING, full[None, :])]
    if shelves and all(s.part.typ("supplies", "") for s in feeding):
        less = np.array([rating(s.part, 1) for s in feeding])
        found.append(Case("1 supply lost", np.where(np.eye(len(full), dtype=bool), less, full)))
    feeds = [s.part.text("feed") for s in feeding]
    lost = np.array([[feed != gone for feed in feeds] for gone in dict.fromkeys(feeds)], bool)
    if not all(feeds) or len(lost) < len(feeds):
        found.append(Case(f"1 {'shelf' if shelves else 'pdu'} lost", full * ~np.eye(len(full), dtype=bool)))
    if all(feeds):
        found.append(Case("1 feed lost", full * lost))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Busbar:
    """Where a rack's sources and loads meet its busbar: unit by source, unit and peak of each load, and the voltage."""

    fed: tuple[int, ...]
    drawn: tuple[tuple[int, float], ...]
    volts: float

    def amperes(self, carried: Floats) -> tuple[float, int] | None:
        """Return the greatest current along the busbar, A, and the unit above which it flows.

        At every height it carries what the sources below give beyond what the loads below draw, or the other way round.
        `carried` is what each source gives, by way. The loads draw that in proportion to their peaks: more where a budget
        exceeds them, less where the sources give less.
        """
        if not len(carried):
            return None
        top = max(*self.fed, *(unit for unit, _ in self.drawn)) + 1
        units, watts = (np.array(column) for column in zip(*self.drawn, strict=True))
        balance = -np.outer(carried.sum(axis=1) / watts.sum(), np.bincount(units, watts, top))
        for at, unit in enumerate(self.fed):
            balance[:, unit] += carried[:, at]
        flowing = np.abs(np.cumsum(balance, axis=1))
        at_height = flowing.max(axis=0)
        worst = int((at_height >= at_height.max() * (1 - 1e-9)).argmax())  # the lowest of those that differ by rounding
        return float(at_height[worst]) / self.volts, worst


def busbar(plan: Plan, rack: int, load: Loads, feeding: Sequence[Instance]) -> Busbar | None:
    """Return the busbar of a rack at the lowest stated voltage; None where voltage or positions are not stated."""
    volts = plan.instances[rack].part.low("bus_voltage", "V")
    placed = [(i.place.unit, float(load.peak[i.index])) for i in plan.children(rack) if i.place and i.populated]
    drawn = sum(watts for _, watts in placed)
    fed = [s.place.unit for s in feeding if s.place is not None]
    if not volts or not drawn or not fed or len(fed) < len(feeding):
        return None
    return Busbar(tuple(fed), tuple(placed), volts)


def power_cases(plan: Plan, rack: int, load: Loads) -> tuple[PowerCase, ...]:
    """Return the power cases of a rack, the transient peak last where one is stated.

    None where it has no sources, or one of unknown rating.
    """
    feeding = sources(plan, rack)
    if not feeding or unrated(feeding):
        return ()
    bar, of = busbar(plan, rack, load, feeding), load[rack]
    return (*(_case(feeding, case, of, bar) for case in losses(feeding)), *_transient(feeding, of))


def _case(feeding: Sequence[Instance], case: Case, load: Load, bar: Busbar | None) -> PowerCase:
    carried = case.carried(load.peak)
    flowing = bar.amperes(carried) if bar is not None else None
    return PowerCase(
        case.name, case.available_w, load.peak, load.typical, load.steady, drawn_w(feeding, carried),
        *(flowing or (None, None)),
    )  # fmt: skip


def _transient(feeding: Sequence[Instance], load: Load) -> tuple[PowerCase, ...]:
    """Return what all sources give for a moment, their `overload` included, against the load of a moment."""
    if load.transient <= load.peak:
        return ()
    given = np.array([[rating(s.part) * (s.part.low("overload", "") or 1.0) for s in feeding]])
    drawn = drawn_w(feeding, Case("", given).carried(load.transient))
    return (PowerCase("transient peak", float(given.sum()), load.transient, load.typical, load.steady, drawn),)


def drawn_w(feeding: Sequence[Instance], carried: Floats) -> float | None:
    """Return what sources draw from their feeds for what they carry, W AC, in the worst way; None where one does not say.

    A PDU passes on what it draws.
    """
    efficiency = [1.0 if s.part.role == "pdu" else s.part.low("efficiency", "") for s in feeding]
    if not len(carried) or not all(efficiency):
        return None
    return float((carried / np.array(efficiency, float)).sum(axis=1).max())
