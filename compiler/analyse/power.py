"""What a Plan draws and weighs: loads and masses added up from inside out.

A thing with a `power_budget` stands for itself and everything in it, unless its parts add up to more; any other draws
its own `tdp` and its children's. A range counts with its typical value as the typical load and with its maximum as the
steady one, what it draws for as long as it likes. A `peak` figure replaces the maximum in the peak (beside a budget
that of all inside); `transient` is how many times the typical load a thing draws for moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.columns import Columns, Floats, Ints
from rackc.compiler.plan import PartType, Plan

#: Roles that feed a rack.
SOURCES: Final = ("power-shelf", "pdu")
#: Roles of what draws nothing.
_PASSIVE: Final = ("blank", "whip", "breaker", "coupling", "manifold")


@dataclass(frozen=True, slots=True)
class Load:
    """Watts."""

    typical: float
    steady: float
    peak: float
    transient: float


@dataclass(frozen=True, slots=True)
class Loads:
    """Watts of every instance of a Plan with all that is in it, in rows of the Plan."""

    typical: Floats
    steady: Floats
    peak: Floats
    transient: Floats

    def __getitem__(self, instance: int) -> Load:
        columns = (self.typical, self.steady, self.peak, self.transient)
        return Load(*(float(column[instance]) for column in columns))


def loads(plan: Plan, *, stated: bool = True) -> Loads:
    """Return the load of every instance with all that is in it; `stated = False` ignores budgets and adds parts up."""
    of = plan.columns
    extra = _modules(plan, "tdp", "W")
    own = np.nan_to_num(of.figure("tdp", "W"))
    highest = np.nan_to_num(of.figure("tdp", "W", "high"))
    budget, most, peak = (
        of.figure("power_budget", "W"),
        of.figure("power_budget", "W", "high"),
        of.figure("peak", "W", "high"),
    )
    whole = ~np.isnan(budget)  # a peak beside a budget is, as the budget, that of all inside
    none = np.full(len(own), np.nan)
    budgets = (budget, most, np.where(whole, np.fmax(most, peak), none)) if stated else (none, none, none)
    owns = (own, highest, np.where(np.isnan(peak) | whole, highest, peak))
    typical, steady, highest_ever = (_summed(of, w + extra, least) for w, least in zip(owns, budgets, strict=True))
    return Loads(typical, steady, highest_ever, _transient(of, typical, highest_ever))


def _summed(of: Columns, own: Floats, least: Floats) -> Floats:
    """Add a load up from inside out. `least` stands for what is in a thing unless that comes to more."""
    total = np.where(of.populated, own, 0.0)
    for level in range(int(of.depth.max(initial=0)), -1, -1):
        at = np.flatnonzero((of.depth == level) & of.populated)
        total[at] = np.fmax(total[at], least[at])
        inner = at[of.parent[at] >= 0]
        total += np.bincount(of.parent[inner], total[inner], len(total))
    return total


def _transient(of: Columns, typical: Floats, peak: Floats) -> Floats:
    """Return the load of moments: that of the things inside, or the stated multiple of what the whole draws."""
    ratio = of.figure("transient", "", "high")
    if np.isnan(ratio).all():
        return peak
    return _summed(of, apart(of, peak), typical * ratio)


def _inside(of: Columns, total: Floats) -> Floats:
    """Return what the things directly inside each instance come to."""
    inner = np.flatnonzero((of.parent >= 0) & of.populated)
    return np.bincount(of.parent[inner], total[inner], len(total)).astype(float)  # of nothing, counts are whole


def apart(of: Columns, total: Floats) -> Floats:
    """Return what is each instance's own of a total: a budget's surplus over its parts included."""
    return np.where(of.populated, np.maximum(total - _inside(of, total), 0.0), 0.0)


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
    own = of.figure("mass", "kg", "high")
    kilograms = of.summed(np.nan_to_num(own) + _modules(plan, "mass", "kg"))
    return kilograms, of.summed((np.isnan(own) & (of.rack >= 0)).astype(float))


def kg_per_foot(rack: PartType, kilograms: float) -> float | None:
    """Return what a rack puts on each of its feet, its frame included, evenly spread; None where it states no feet."""
    feet = rack.typ("feet", "")
    return (float(kilograms) + (rack.high("frame_mass", "kg") or 0.0)) / feet if feet else None


def unpowered(plan: Plan) -> Ints:
    """Return, for every instance, how many things placed in it as a rack state no power, nor does anything in them."""
    of = plan.columns
    names = ("tdp", "peak", "power_budget")
    states = np.array([any(part.figures.get(name) for name in names) for part in of.parts], bool)[of.part]
    asked = np.array([part.role not in (*SOURCES, *_PASSIVE) for part in of.parts], bool)[of.part]
    feeds = np.array([part.role in SOURCES for part in of.parts], bool)[of.part]
    powered = of.summed((states | feeds).astype(float)) > 0
    bare = (of.rack >= 0) & of.populated & ~powered & asked
    return np.bincount(of.rack[bare], minlength=len(of.parent))
