"""Checks of a whole Plan: mass, power, bandwidth of pools, and readings that disagree."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.fabric import endpoints, odd_ones, unlike
from rackc.compiler.analyse.power import Load, busbar_amperes, loads, remaining, sources
from rackc.compiler.analyse.report import RackReport, Report
from rackc.compiler.analyse.routes import fabric
from rackc.compiler.plan import Plan, Pool
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


def check_power(plan: Plan, report: Report, stated: list[Load], spans: dict[int, Span]) -> Iterator[Diagnostic]:
    """Yield racks whose sources do not carry the peak: an error with all running, a warning in a case of loss."""
    parts = loads(plan, stated=False)
    for rack in report.racks:
        yield from _busbar(plan, rack, stated, spans)
        if rack.unpowered and rack.cases:
            yield Diagnostic(Code.UNPOWERED, f"{rack.unpowered} {'thing' if rack.unpowered == 1 else 'things'} in {plan.instances[rack.instance].address} "
                             f"{'states' if rack.unpowered == 1 else 'state'} no power",
                             Label(spans[rack.instance]),
                             hints=("the load leaves them out: give each a `tdp`, `tdp = 0 W` where it draws none",))  # fmt: skip
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


def _busbar(plan: Plan, rack: RackReport, stated: list[Load], spans: dict[int, Span]) -> Iterator[Diagnostic]:
    """Yield a busbar that carries more than its rating at some height: an error with all sources, else a warning."""
    limit = plan.instances[rack.instance].part.low("busbar_current", "A")
    feeding = sources(plan, rack.instance)
    if limit is None or not feeding:
        return
    for case, left in (("all supplies running", feeding), ("1 shelf lost", remaining(feeding, "shelf")),
                       ("1 feed lost", remaining(feeding, "feed"))):  # fmt: skip
        worst = busbar_amperes(plan, rack.instance, stated, left)
        if worst is None or worst[0] <= limit:
            continue
        code = Code.BUSBAR if left is feeding else Code.BUSBAR_MARGIN
        address = plan.instances[rack.instance].address
        yield Diagnostic(code, f"{address}, {case}: {worst[0]:,.0f} A flow along the busbar above unit {worst[1]}",
                         Label(spans[rack.instance]),
                         hints=(f"it carries {limit:,.0f} A: spread the shelves over the height, feeds mixed",))  # fmt: skip
        return


def check_fabrics(plan: Plan, spans: dict[str, Span]) -> Iterator[Diagnostic]:
    """Warn of endpoints of a scale-up fabric that are wired unlike nearly all others: a link missing or misplaced."""
    for protocol in sorted(spans):
        of = fabric(plan, protocol)
        odd = odd_ones(of)
        if not odd:
            continue
        names = [f"{plan.instances[i].address} {unlike(plan, of, i)}" for i in odd]
        shown = "; ".join(names[:3]) + (f"; and {len(names) - 3} more" if len(names) > 3 else "")
        yield Diagnostic(Code.IRREGULAR, f"{len(odd)} of {len(endpoints(of))} {protocol} endpoints {'is' if len(odd) == 1 else 'are'} wired unlike the "
                         f"others: {shown}", Label(spans[protocol]),
                         hints=("look at the red cells of the `fabric` target's matrix",))  # fmt: skip


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
    """Yield pools whose rates do not fit their controllers, or whose slices cannot change hands in time."""
    for pool in plan.pools:
        span = spans[pool.address]
        yield from _controller_rates(plan, pool, span)
        yield from _link_rates(plan, pool, span)
        move = report.pools[pool.index].largest_move_gib
        needed = move * 1.0737 * OFFLINE_S_PER_GB
        delay = pool.relet_delay_s
        if delay is not None and needed > delay:
            yield Diagnostic(Code.RELET, f"{pool.address}: a controller takes back {move} GiB at once; offlining takes up to "
                             f"{needed:.0f} s", Label(span),
                             hints=(f"the declared delay is {delay:g} s: raise it, or the headroom",))  # fmt: skip


def _rates(
    pool: Pool, by_host: tuple[float, ...], slices: tuple[int, ...], demand: tuple[int, ...]
) -> dict[int, float]:
    """Return bytes per second at each controller when every host moves data at its peak rate, spread as its slices."""
    rates: dict[int, float] = {}
    for k, gib in enumerate(slices):
        host, controller = pool.link_host[k], pool.link_controller[k]
        if gib and demand[host]:
            rates[controller] = rates.get(controller, 0.0) + by_host[host] * gib / demand[host]
    return rates


def _link_rates(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield the busiest head beyond what its link gives, where a host's traffic follows its memory."""
    for way, by_host in (("read", pool.read_bytes_per_s), ("write", pool.write_bytes_per_s)):
        worst = max(
            ((by_host[pool.link_host[k]] * gib / demand[pool.link_host[k]], k)
             for slices, demand in zip(pool.slices_gib, pool.demand_gib, strict=True)
             for k, gib in enumerate(slices) if gib and demand[pool.link_host[k]]),
            default=(0.0, 0),
        )  # fmt: skip
        if not worst[0]:
            continue
        link = plan.links[pool.links[worst[1]]]
        if worst[0] > link.bandwidth_each_way:
            yield Diagnostic(Code.BANDWIDTH, f"{plan.ports[link.a].address} would {way} {worst[0] / 1e9:.1f} GB/s and its "
                             f"link gives {link.bandwidth_each_way / 1e9:.1f}: its memory lies unevenly", Label(span),
                             hints=("lower `utilisation`, so that hosts get more links, or offer larger modules",))  # fmt: skip


def _controller_rates(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield, each way, the busiest controller beyond what it gives.

    Beyond every reading of its bandwidth is an error; beyond the lower and within the higher, a warning.
    """
    for way, by_host in (("read", pool.read_bytes_per_s), ("write", pool.write_bytes_per_s)):
        worst = max(
            ((rate, controller)
             for slices, demand in zip(pool.slices_gib, pool.demand_gib, strict=True)
             for controller, rate in _rates(pool, by_host, slices, demand).items()),
            default=(0.0, -1),
        )  # fmt: skip
        if worst[1] < 0:
            continue
        card = plan.instances[pool.controllers[worst[1]].instance]
        low, high = card.part.low(f"{way}_bandwidth", "B/s"), card.part.high(f"{way}_bandwidth", "B/s")
        if low is None or high is None or worst[0] <= low:
            continue
        need, verb = f"{worst[0] / 1e9:.1f} GB/s", "read from" if way == "read" else "written to"
        if worst[0] > high:
            yield Diagnostic(Code.BANDWIDTH, f"{card.address} would be {verb} at {need} and gives {high / 1e9:g} GB/s",
                             Label(span), hints=("lower `utilisation`, so that hosts get more links, or offer cards with one head",),
                             notes=("the search weighs the bandwidth of links, not that of cards",))  # fmt: skip
        else:
            yield Diagnostic(Code.TWO_READINGS, f"{card.address} would be {verb} at {need}: that fits by one reading of "
                             f"the card, {high / 1e9:g} GB/s, and not by the other, {low / 1e9:g} GB/s", Label(span),
                             hints=("measure the card before you order, or lower `utilisation`, so that hosts get more links",))  # fmt: skip
