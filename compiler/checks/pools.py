"""Pools as decided: bandwidth of links and controllers, readings that disagree, and slices that change hands in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rackc.compiler.checks.planned import Planned
from rackc.compiler.plan import Plan, Pool
from rackc.compiler.pool_rates import WAYS, Way, rates_of_controllers, rates_of_links
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: Offlining costs up to 100 ms a GB (Pond, ASPLOS'23).
OFFLINE_S_PER_GB = 0.1


def check_pools(planned: Planned) -> Iterator[Diagnostic]:
    """Yield pools whose rates do not fit their controllers, or whose slices cannot change hands in time."""
    plan = planned.plan
    for pool in plan.pools:
        span = planned.pools[pool.address]
        yield from _controller_rates(plan, pool, span)
        yield from _link_rates(plan, pool, span)
        move = planned.report.pools[pool.index].largest_move_gib
        needed = move * 1.0737 * OFFLINE_S_PER_GB
        delay = pool.relet_delay_s
        if delay is not None and needed > delay:
            yield Diagnostic(Code.RELET, f"{pool.address}: a controller takes back {move} GiB at once; offlining takes up to "
                             f"{needed:.0f} s", Label(span),
                             hints=(f"the declared delay is {delay:g} s: raise it, or the headroom",))  # fmt: skip


def _link_rates(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield the busiest head beyond what its link gives, where a host's traffic follows its memory."""
    for way in WAYS:
        rates = rates_of_links(pool, way)
        if not any(rates.values()):
            continue
        excess, k = max((rate - plan.links[pool.links[k]].bandwidth_each_way, k) for k, rate in rates.items())
        link = plan.links[pool.links[k]]
        if excess > 0:
            yield Diagnostic(Code.BANDWIDTH, f"{plan.ports[link.a].address} would {way} {rates[k] / 1e9:.1f} GB/s and its "
                             f"link gives {link.bandwidth_each_way / 1e9:.1f}: its memory lies unevenly", Label(span),
                             hints=("lower `utilisation`, so that hosts get more links, or offer larger modules",))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Excess:
    """The controller of a pool that is furthest beyond what it gives: by its lower reading, and by the higher one."""

    instance: int
    devices: int
    rate: float
    low: float
    high: float


def _busiest(plan: Plan, pool: Pool, way: Way) -> Excess | None:
    """Return the controller whose rate is the greatest share of what it gives; behind a switch its devices share alike."""
    found: list[Excess] = []
    for at, rate in sorted(rates_of_controllers(pool, way).items()):
        row = pool.controllers[at]
        device = row.devices[0] if row.devices else row.instance
        part, count = plan.instances[device].part, len(row.devices) or 1
        low, high = part.low(f"{way}_bandwidth", "B/s"), part.high(f"{way}_bandwidth", "B/s")
        if low and high:
            found.append(Excess(device, count, rate / count, low, high))
    return max(found, key=lambda one: (one.rate / one.low, -one.instance), default=None)


def _controller_rates(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield, each way, the busiest controller beyond what it gives.

    Beyond every reading of its bandwidth is an error; beyond the lower and within the higher, a warning.
    """
    for way in WAYS:
        worst = _busiest(plan, pool, way)
        if worst is None or worst.rate <= worst.low:
            continue
        card = plan.instances[worst.instance]
        need, verb = f"{worst.rate / 1e9:.1f} GB/s", "read from" if way == "read" else "written to"
        if worst.rate > worst.high:
            yield Diagnostic(Code.BANDWIDTH, f"{card.address} would be {verb} at {need} and gives {worst.high / 1e9:g} GB/s",
                             Label(span), hints=("lower `utilisation`, so that hosts get more links, or offer more controllers",),
                             notes=("rates fit all controllers together; memory, in whole modules, lies unevenly",))  # fmt: skip
        else:
            yield Diagnostic(Code.TWO_READINGS, f"{card.address} would be {verb} at {need}: that fits by one reading of "
                             f"the card, {worst.high / 1e9:g} GB/s, and not by the other, {worst.low / 1e9:g} GB/s", Label(span),
                             hints=("measure the card before you order, or lower `utilisation`, so that hosts get more links",))  # fmt: skip
