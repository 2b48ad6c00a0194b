"""What a Plan costs. A part with a price stands for itself; an unknown price stays unknown and is named."""

from __future__ import annotations

from collections import Counter
from math import ceil

from rackc.compiler.plan import Plan

Unpriced = tuple[tuple[str, int], ...]


def price_cents(plan: Plan, instance: int) -> int | None:
    """Return the price of one instance itself, None where its part states none."""
    usd = plan.instances[instance].part.typ("price", "USD")
    return None if usd is None else round(usd * 100)


def cost(plan: Plan) -> tuple[int, Unpriced]:
    """Return the sum of all known prices in USD cents, and the things that have none, by part with their number.

    A price is that of the part itself: what stands inside counts besides. Of a thing without a price only the
    outermost part is named. Carriers count by orderable unit.
    """
    total = 0
    unpriced: Counter[str] = Counter()
    named = [False] * len(plan.instances)
    for instance in plan.instances:
        if not instance.populated or instance.index == 0:
            continue
        known = price_cents(plan, instance.index)
        inside_named = instance.parent >= 0 and named[instance.parent]
        named[instance.index] = inside_named or known is None
        total += known or 0
        if known is None and not inside_named:
            unpriced[instance.part.name] += 1
    for carrier, units in carrier_units(plan).items():
        row = plan.carriers[carrier]
        if row.price_cents is not None:
            total += units * row.price_cents
        elif row.field_installed:
            unpriced[row.part.name] += units
    for pool in plan.pools:
        for controller in pool.controllers:
            if controller.module is not None:
                total += controller.modules * round((controller.module.typ("price", "USD") or 0.0) * 100)
    return total, tuple(sorted(unpriced.items()))


def carrier_units(plan: Plan) -> dict[int, int]:
    """Return how many orderable units of each field-installed carrier the links need."""
    used: Counter[int] = Counter(link.carrier for link in plan.links if plan.carriers[link.carrier].field_installed)
    return {carrier: ceil(links / plan.carriers[carrier].links_per_unit) for carrier, links in sorted(used.items())}
