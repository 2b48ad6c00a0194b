"""Power and mass of a Plan: loads added up, and what the shelves give in each case.

A thing with a `power_budget` stands for itself and everything in it; any other draws its own `tdp` and its children's.
A range counts with its typical value as the typical load and its maximum as the peak; a `peak` figure replaces the
maximum. Four cases: everything runs, one supply lost, one shelf lost, the greater feed lost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from rackc.compiler.analyse.report import PowerCase
from rackc.compiler.plan import Instance, PartType, Plan

#: Roles that feed a rack.
SOURCES: Final = ("power-shelf", "pdu")


@dataclass(frozen=True, slots=True)
class Load:
    """Watts."""

    typical: float
    peak: float


def loads(plan: Plan, *, stated: bool = True) -> list[Load]:
    """Return the load of every instance with all that is in it; `stated = False` ignores budgets and adds parts up."""
    typical, peak = [0.0] * len(plan.instances), [0.0] * len(plan.instances)
    extra = _modules(plan)
    for instance in reversed(plan.instances):
        if not instance.populated:
            continue
        i, part = instance.index, instance.part
        budget = part.typ("power_budget", "W") if stated else None
        if budget is not None:
            typical[i], peak[i] = budget, part.high("power_budget", "W") or budget
        else:
            own = part.typ("tdp", "W") or 0.0
            typical[i] += own + extra[i]
            peak[i] += (part.high("peak", "W") or part.high("tdp", "W") or own) + extra[i]
        if instance.parent >= 0:
            typical[instance.parent] += typical[i]
            peak[instance.parent] += peak[i]
    return [Load(t, p) for t, p in zip(typical, peak, strict=True)]


def _modules(plan: Plan) -> dict[int, float]:
    """Watts of the modules that pools put into their controllers."""
    found: dict[int, float] = defaultdict(float)
    for pool in plan.pools:
        for controller in pool.controllers:
            if controller.module is not None:
                found[controller.instance] += controller.modules * (controller.module.typ("tdp", "W") or 0.0)
    return found


def masses(plan: Plan) -> tuple[list[float], list[int]]:
    """Return kilograms of every instance with all in it, and how many placed things in it state no mass."""
    kilograms, unweighed = [0.0] * len(plan.instances), [0] * len(plan.instances)
    for instance in reversed(plan.instances):
        if not instance.populated:
            continue
        own = instance.part.typ("mass", "kg")
        kilograms[instance.index] += own or 0.0
        if own is None and instance.place is not None:
            unweighed[instance.index] += 1
        if instance.parent >= 0:
            kilograms[instance.parent] += kilograms[instance.index]
            unweighed[instance.parent] += unweighed[instance.index]
    return kilograms, unweighed


def sources(plan: Plan, rack: int) -> list[Instance]:
    """Return the power shelves and PDUs of a rack."""
    return [i for i in plan.children(rack) if i.part.role in SOURCES and i.populated]


def rating(part: PartType) -> float:
    """Return what one source gives, W."""
    return part.low("rating", "W") or 0.0


def available(feeding: list[Instance], lose: tuple[int, str]) -> float | None:
    """Return what is left of the sources with `(count, noun)` of the strongest lost; None where the noun is unknown."""
    count, noun = lose
    total = sum(rating(s.part) for s in feeding)
    match noun:
        case "supply" | "supplies":
            units = sorted((u for s in feeding for u in _supplies(s.part)), reverse=True)
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


def _supplies(part: PartType) -> list[float]:
    count = int(part.typ("supplies", "") or 1)
    each = part.low("supply_rating", "W") or rating(part) / count
    return [each] * count


def cases(plan: Plan, rack: int, load: Load) -> tuple[PowerCase, ...]:
    """Return the power cases of a rack; none where it has no sources."""
    feeding = sources(plan, rack)
    if not feeding:
        return ()
    noun = "shelf" if any(s.part.role == "power-shelf" for s in feeding) else "pdu"
    wanted = [("all supplies running", (0, noun)), ("1 supply lost", (1, "supply")), (f"1 {noun} lost", (1, noun)),
              ("1 feed lost", (1, "feed"))]  # fmt: skip
    if noun == "pdu":
        wanted.pop(1)
    return tuple(PowerCase(name, available(feeding, lose) or 0.0, load.peak, load.typical) for name, lose in wanted)
