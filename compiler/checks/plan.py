"""Checks of a whole Plan: mass, power, bandwidth of pools, and readings that disagree."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.power import Load, loads
from rackc.compiler.analyse.report import RackReport, Report
from rackc.compiler.plan import Interval, Plan, Pool
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: Offlining costs up to 100 ms a GB (Pond, ASPLOS'23).
OFFLINE_S_PER_GB = 0.1


def check_mass(plan: Plan, report: Report, spans: dict[int, Span]) -> Iterator[Diagnostic]:
    """Yield racks beyond their payload, and those that need a brace they do not have (OCP-RACK)."""
    for rack in report.racks:
        part, address = plan.instances[rack.instance].part, plan.instances[rack.instance].address
        if rack.mass_limit_kg is not None and rack.mass_kg > rack.mass_limit_kg:
            yield Diagnostic(Code.MASS, f"{address} carries {rack.mass_kg:,.0f} kg; its payload is "
                             f"{rack.mass_limit_kg:,.0f} kg", Label(spans[rack.instance]),
                             hints=("take something out, or use a stronger rack",))  # fmt: skip
        brace = part.low("brace_above", "kg")
        if brace is not None and rack.mass_kg > brace and not part.flag("braced"):
            yield Diagnostic(Code.MASS_MARGIN, f"{address} carries {rack.mass_kg:,.0f} kg and states no brace",
                             Label(spans[rack.instance]),
                             hints=(f"above {brace:,.0f} kg the frame needs its cross brace: `braced = true`",))  # fmt: skip


def check_power(plan: Plan, report: Report, spans: dict[int, Span]) -> Iterator[Diagnostic]:
    """Yield racks whose sources do not carry the peak: an error with all running, a warning in a case of loss."""
    parts = loads(plan, stated=False)
    for rack in report.racks:
        yield from _cases(plan, rack, spans)
        yield from _budget(plan, rack, parts[rack.instance], spans)


def _cases(plan: Plan, rack: RackReport, spans: dict[int, Span]) -> Iterator[Diagnostic]:
    address = plan.instances[rack.instance].address
    for at, case in enumerate(rack.cases):
        figures = f"{case.available_w / 1000:.1f} kW for a peak of {case.peak_w / 1000:.1f} kW"
        if case.available_w < case.peak_w:
            code = Code.POWER if at == 0 else Code.POWER_MARGIN
            yield Diagnostic(code, f"{address}, {case.name}: {figures}", Label(spans[rack.instance]),
                             hints=("add power shelves, or spread the load over more racks",))  # fmt: skip
            if at == 0:
                return  # with less running it is no better
        elif at and case.available_w < case.peak_w * 1.02:
            yield Diagnostic(Code.POWER_MARGIN, f"{address}, {case.name}: {figures}, less than 2 % to spare",
                             Label(spans[rack.instance]),
                             hints=("it fits on paper; cap the peak, or accept the risk of a trip",))  # fmt: skip


def _budget(plan: Plan, rack: RackReport, parts: Load, spans: dict[int, Span]) -> Iterator[Diagnostic]:
    part = plan.instances[rack.instance].part
    budget = part.high("power_budget", "W")
    if budget is None:
        return
    address = plan.instances[rack.instance].address
    if parts.peak > budget:
        yield Diagnostic(Code.POWER_BUDGET, f"{address}: the parts draw {parts.peak / 1000:.1f} kW at peak, more than its "
                         f"stated {budget / 1000:.1f} kW", Label(spans[rack.instance]),
                         hints=("raise `power_budget`, or remove it to count the parts",))  # fmt: skip


def check_pools(plan: Plan, report: Report, spans: dict[str, Span]) -> Iterator[Diagnostic]:
    """Yield pools whose reads do not fit their controllers, whose slices cannot move in time, or that flip by reading."""
    for pool in plan.pools:
        span = spans[pool.address]
        yield from _controller_reads(plan, pool, span)
        yield from _readings(plan, pool, span)
        move = report.pools[pool.index].largest_move_gib
        needed = move * 1.0737 * OFFLINE_S_PER_GB
        delay = pool.relet_delay_s
        if delay is not None and needed > delay:
            yield Diagnostic(Code.RELET, f"{pool.address}: a controller takes back {move} GiB at once; offlining takes up to "
                             f"{needed:.0f} s", Label(span),
                             hints=(f"the declared delay is {delay:g} s: raise it, or the headroom",))  # fmt: skip


def peak_reads(pool: Pool, slices: tuple[int, ...], demand: tuple[int, ...]) -> dict[int, float]:
    """Return bytes per second read from each controller when every host reads at its peak rate, spread as its slices."""
    reads: dict[int, float] = {}
    for k, gib in enumerate(slices):
        host = pool.link_host[k]
        if gib and demand[host]:
            share = pool.read_bytes_per_s[host] * gib / demand[host]
            reads[pool.link_controller[k]] = reads.get(pool.link_controller[k], 0.0) + share
    return reads


def _controller_reads(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    worst: tuple[float, int] = (0.0, -1)
    for slices, demand in zip(pool.slices_gib, pool.demand_gib, strict=True):
        for controller, rate in peak_reads(pool, slices, demand).items():
            worst = max(worst, (rate, controller))
    if worst[1] < 0:
        return
    card = plan.instances[pool.controllers[worst[1]].instance]
    limit = card.part.low("read_bandwidth", "B/s")
    if limit is not None and worst[0] > limit:
        yield Diagnostic(Code.BANDWIDTH, f"{card.address} is read at {worst[0] / 1e9:.1f} GB/s and gives "
                         f"{limit / 1e9:.1f} GB/s", Label(span), hints=("spread the demand over more controllers",))  # fmt: skip


def _readings(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Warn where the controller's read bandwidth has two readings and fetching pays in one of them only."""
    if not pool.controllers or pool.recompute_bytes_per_s is None:
        return
    card = plan.instances[pool.controllers[0].instance].part
    figure = card.figures.get("read_bandwidth")
    if figure is None or not isinstance(figure.value, Interval):
        return
    populated = sum(c.populated for c in pool.controllers)
    low, high = (figure.value.low.to("B/s") * populated, figure.value.high.to("B/s") * populated)
    need = sum(pool.read_bytes_per_s)
    if low < need <= high:
        yield Diagnostic(Code.TWO_READINGS, f"{pool.address}: reads of {need / 1e9:.1f} GB/s fit at {figure.value.high} a "
                         f"card, not at {figure.value.low}", Label(span), hints=("measure the card before you order",))  # fmt: skip
