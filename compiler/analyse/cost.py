"""What a Plan costs. A part with a price stands for itself; an unknown price stays unknown and is named."""

from __future__ import annotations

from collections import Counter
from math import ceil

import numpy as np

from rackc.compiler.columns import Flags, Ints
from rackc.compiler.plan import Carrier, PartType, Plan

Unpriced = tuple[tuple[str, int], ...]


def price_cents(plan: Plan, instance: int) -> int | None:
    """Return the price of one instance itself, None where its part states none."""
    return _cents(plan.instances[instance].part)


def _cents(part: PartType) -> int | None:
    usd = part.typ("price", "USD")
    return None if usd is None else round(usd * 100)


def cost(plan: Plan) -> tuple[int, Unpriced]:
    """Return the sum of all known prices in USD cents, and the things that have none, by part with their number.

    A price is that of the part itself: what stands inside counts besides. Of a thing without a price only the
    outermost part is named. Carriers count by orderable unit.
    """
    of = plan.columns
    cents = [_cents(part) for part in of.parts]
    there = of.populated & (of.parent >= 0)
    counts = np.bincount(of.part[there], minlength=len(of.parts)).tolist()
    total = sum(n * (price or 0) for n, price in zip(counts, cents, strict=True))
    unpriced: Counter[str] = Counter()
    bare = np.array([price is None for price in cents], bool)[of.part]
    outermost = np.flatnonzero(there & bare & ~_within(of.parent, there & bare))
    for part, n in enumerate(np.bincount(of.part[outermost], minlength=len(of.parts)).tolist()):
        unpriced[of.parts[part].name] += n
    for carrier, units in carrier_units(plan).items():
        row = plan.carriers[carrier]
        if row.price_cents is not None:
            total += units * row.price_cents
        elif row.field_installed:
            unpriced[row.part.name] += units
        for _, count in row.transceivers:
            unpriced[transceiver_name(row)] += count
    for pool in plan.pools:
        for controller in pool.controllers:
            if controller.module is not None:
                total += controller.modules * round((controller.module.typ("price", "USD") or 0.0) * 100)
    return total, tuple(sorted((name, n) for name, n in unpriced.items() if n))


def _within(parent: Ints, marked: Flags) -> Flags:
    """Return which instances stand in a marked one, at whatever depth."""
    found = np.zeros(len(parent), bool)
    rest = np.flatnonzero(parent >= 0)
    above = parent[rest]
    while len(rest):
        found[rest] |= marked[above]
        above = parent[above]
        rest, above = rest[above >= 0], above[above >= 0]
    return found


def transceiver_name(carrier: Carrier) -> str:
    """Return what the transceivers of a carrier are called in a bill: their own part is not named."""
    return f"{carrier.part.name} transceiver"


def carrier_units(plan: Plan) -> dict[int, int]:
    """Return how many orderable units of each field-installed carrier the links need; by links where none are counted."""
    used = np.bincount(plan.columns.carrier, minlength=len(plan.carriers)).tolist()
    return {
        at: row.units or ceil(used[at] / row.links_per_unit)
        for at, row in enumerate(plan.carriers) if row.field_installed and used[at]
    }  # fmt: skip
