"""Power and mass of a Plan: loads added up, and what the shelves give in each case.

A thing with a `power_budget` stands for itself and everything in it, unless its parts add up to more; any other draws
its own `tdp` and its children's.
A range counts with its typical value as the typical load and its maximum as the peak; a `peak` figure replaces the
maximum. Four cases: everything runs, one supply lost, one shelf lost, the greater feed lost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.report import PowerCase
from rackc.compiler.columns import Floats, Ints
from rackc.compiler.plan import Instance, PartType, Plan

#: Roles that feed a rack.
SOURCES: Final = ("power-shelf", "pdu")


@dataclass(frozen=True, slots=True)
class Load:
    """Watts."""

    typical: float
    peak: float


@dataclass(frozen=True, slots=True)
class Loads:
    """Watts of every instance of a Plan with all that is in it, in rows of the Plan."""

    typical: Floats
    peak: Floats

    def __getitem__(self, instance: int) -> Load:
        return Load(float(self.typical[instance]), float(self.peak[instance]))


def loads(plan: Plan, *, stated: bool = True) -> Loads:
    """Return the load of every instance with all that is in it; `stated = False` ignores budgets and adds parts up."""
    of = plan.columns
    own = np.nan_to_num(of.figure("tdp", "W"))
    stated_peak = of.figure("peak", "W", "high")
    highest = np.nan_to_num(of.figure("tdp", "W", "high"))
    extra = _modules(plan, "tdp", "W")
    typical = np.where(of.populated, own + extra, 0.0)
    peak = np.where(of.populated, np.where(np.isnan(stated_peak), highest, stated_peak) + extra, 0.0)
    least = of.figure("power_budget", "W") if stated else np.full(len(own), np.nan)
    most = of.figure("power_budget", "W", "high")
    for level in range(int(of.depth.max(initial=0)), -1, -1):  # budgets stand for what is in a thing: from inside out
        at = np.flatnonzero((of.depth == level) & of.populated)
        typical[at] = np.fmax(typical[at], least[at])
        peak[at] = np.where(np.isnan(least[at]), peak[at], np.fmax(peak[at], most[at]))
        inner = at[of.parent[at] >= 0]
        for column in (typical, peak):
            column += np.bincount(of.parent[inner], column[inner], len(column))
    return Loads(typical, peak)


def _modules(plan: Plan, name: str, unit: str) -> Floats:
    """A figure of the modules that pools put into their controllers, added up by controller."""
    found = np.zeros(len(plan.instances))
    for pool in plan.pools:
        for controller in pool.controllers:
            if controller.module is not None:
                found[controller.instance] += controller.modules * (controller.module.typ(name, unit) or 0.0)
    return found


def masses(plan: Plan) -> tuple[Floats, Floats]:
    """Return kilograms of every instance with all in it, and how many placed things in it state no mass."""
    of = plan.columns
    own = of.figure("mass", "kg")
    kilograms = of.summed(np.nan_to_num(own) + _modules(plan, "mass", "kg"))
    return kilograms, of.summed((np.isnan(own) & (of.rack >= 0)).astype(float))


def sources(plan: Plan, rack: int) -> list[Instance]:
    """Return the power shelves and PDUs of a rack."""
    return [i for i in plan.children(rack) if i.part.role in SOURCES and i.populated]


def unrated(feeding: list[Instance]) -> list[Instance]:
    """Return those sources that state no rating: what they give is not known, which is not nothing."""
    return [source for source in feeding if source.part.low("rating", "W") is None]


def rating(part: PartType, lost: int = 0) -> float:
    """Return what one source gives with some of its supplies lost, W: its rating, if its supplies can carry that."""
    full = part.low("rating", "W") or 0.0
    count, each = part.typ("supplies", ""), part.low("supply_rating", "W")
    if count is None:
        return full if not lost else 0.0
    return min(full, max(count - lost, 0) * (full / count if each is None else each))


def unpowered(plan: Plan) -> Ints:
    """Return, for every instance, how many things placed in it as a rack state no power, nor does anything in them."""
    of = plan.columns
    names = ("tdp", "peak", "power_budget")
    states = np.array([any(part.figures.get(name) for name in names) for part in of.parts], bool)[of.part]
    feeds = np.array([part.role in SOURCES for part in of.parts], bool)[of.part]
    powered = of.summed(states.astype(float)) > 0
    bare = (of.rack >= 0) & of.populated & ~powered & ~feeds
    return np.bincount(of.rack[bare], minlength=len(of.parent))


def available(feeding: list[Instance], lose: tuple[int, str]) -> float | None:
    """Return what is left of the sources with `(count, noun)` of the strongest lost; None where the noun is unknown."""
    count, noun = lose
    total = sum(rating(s.part) for s in feeding)
    match noun:
        case "supply" | "supplies":
            return _without_supplies(feeding, count)
        case "shelf" | "shelves" | "pdu" | "pdus":
            units = sorted((rating(s.part) for s in feeding), reverse=True)
        case "feed" | "feeds":
            by_feed: dict[str, float] = defaultdict(float)
            for source in feeding:
                by_feed[source.part.text("feed")] += rating(source.part)
            units = sorted(by_feed.values(), reverse=True)
        case _:
            return None
    return total - sum(units[:count])


def _without_supplies(feeding: list[Instance], count: int) -> float:
    """Return what is left with `count` supplies lost, each from the source where it is missed most."""
    lost = [0] * len(feeding)
    for _ in range(min(count, 10_000)):
        falls = [rating(s.part, n) - rating(s.part, n + 1) for s, n in zip(feeding, lost, strict=True)]
        if not falls:
            return 0.0
        lost[falls.index(max(falls))] += 1
    return sum(rating(s.part, n) for s, n in zip(feeding, lost, strict=True))


def remaining(feeding: list[Instance], noun: str) -> list[Instance]:
    """Return the sources left in a case of loss: all but the strongest one, or all but those of the strongest feed."""
    if noun == "feed":
        by_feed: dict[str, float] = defaultdict(float)
        for source in feeding:
            by_feed[source.part.text("feed")] += rating(source.part)
        lost = max(by_feed, key=lambda feed: by_feed[feed])
        return [s for s in feeding if s.part.text("feed") != lost]
    strongest = max(feeding, key=lambda s: rating(s.part))
    return [s for s in feeding if s is not strongest]


def busbar_amperes(plan: Plan, rack: int, load: Loads, feeding: list[Instance]) -> tuple[float, int] | None:
    """Return the greatest current along the busbar at peak, A, and the unit above which it flows.

    The sources that feed share the load in proportion to their ratings; at every height the busbar carries what the
    sources below give beyond what the loads below draw, or the other way round, at the lowest stated voltage. A rack
    whose stated budget exceeds its parts has them scaled up to it. None where voltage or positions are not stated.
    """
    volts = plan.instances[rack].part.low("bus_voltage", "V")
    given = sum(rating(s.part) for s in feeding)
    placed = [i for i in plan.children(rack) if i.place is not None and i.populated]
    drawn = sum(load[i.index].peak for i in placed)
    if not volts or not given or not drawn or any(s.place is None for s in feeding):
        return None
    peak = load[rack].peak
    balance: dict[int, float] = defaultdict(float)
    for instance in placed:
        if instance.place is not None:
            balance[instance.place.unit] -= load[instance.index].peak * peak / drawn
    for source in feeding:
        if source.place is not None:
            balance[source.place.unit] += peak * rating(source.part) / given
    worst, flowing = (0.0, 0), 0.0
    for unit in sorted(balance):
        flowing += balance[unit]
        worst = max(worst, (abs(flowing) / volts, unit))
    return worst


def cases(plan: Plan, rack: int, load: Load) -> tuple[PowerCase, ...]:
    """Return the power cases of a rack; none where it has no sources, or one of unknown rating."""
    feeding = sources(plan, rack)
    if not feeding or unrated(feeding):
        return ()
    noun = "shelf" if any(s.part.role == "power-shelf" for s in feeding) else "pdu"
    wanted = [("all supplies running", (0, noun)), ("1 supply lost", (1, "supply")), (f"1 {noun} lost", (1, noun)),
              ("1 feed lost", (1, "feed"))]  # fmt: skip
    if noun == "pdu":
        wanted.pop(1)
    return tuple(PowerCase(name, available(feeding, lose) or 0.0, load.peak, load.typical) for name, lose in wanted)
