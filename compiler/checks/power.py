"""What feeds racks: supplies, shelves and feeds against the load, the busbar, and loads that nobody stated."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.power import Load, busbar_amperes, loads, remaining, sources
from rackc.compiler.analyse.report import RackReport
from rackc.compiler.checks.planned import Planned
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_power(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks whose sources do not carry the peak: an error with all running, a warning in a case of loss."""
    plan = planned.plan
    parts = loads(plan, stated=False)
    for rack in planned.report.racks:
        yield from _busbar(planned, rack)
        if rack.unpowered and rack.cases:
            yield Diagnostic(Code.UNPOWERED, f"{rack.unpowered} {'thing' if rack.unpowered == 1 else 'things'} in {planned.named(rack.alike)} "
                             f"{'states' if rack.unpowered == 1 else 'state'} no power",
                             Label(planned.defined(rack.instance)),
                             hints=("the load leaves them out: give each a `tdp`, `tdp = 0 W` where it draws none",))  # fmt: skip
        yield from _cases(planned, rack)
        yield from _budget(planned, rack, parts[rack.instance])


def _cases(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    address = planned.named(rack.alike)
    for at, case in enumerate(rack.cases):
        figures = f"{case.available_w / 1000:.1f} kW for a peak of {case.peak_w / 1000:.1f} kW"
        if case.available_w < case.peak_w:
            code = Code.POWER if at == 0 else Code.POWER_MARGIN
            yield Diagnostic(code, f"{address}, {case.name}: {figures}", Label(planned.defined(rack.instance)),
                             hints=("add power shelves, or spread the load over more racks",))  # fmt: skip
            if at == 0:
                return  # with less running it is no better
        elif at and case.available_w < case.peak_w * 1.02:
            yield Diagnostic(Code.POWER_MARGIN, f"{address}, {case.name}: {figures}, less than 2 % to spare",
                             Label(planned.defined(rack.instance)),
                             hints=("it fits on paper; cap the peak, or accept the risk of a trip",))  # fmt: skip


def _busbar(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield a busbar that carries more than its rating at some height: an error with all sources, else a warning."""
    plan = planned.plan
    limit = plan.instances[rack.instance].part.low("busbar_current", "A")
    feeding = sources(plan, rack.instance)
    if limit is None or not feeding:
        return
    for case, left in (("all supplies running", feeding), ("1 shelf lost", remaining(feeding, "shelf")),
                       ("1 feed lost", remaining(feeding, "feed"))):  # fmt: skip
        worst = busbar_amperes(plan, rack.instance, planned.loads, left)
        if worst is None or worst[0] <= limit:
            continue
        code = Code.BUSBAR if left is feeding else Code.BUSBAR_MARGIN
        yield Diagnostic(code, f"{planned.named(rack.alike)}, {case}: {worst[0]:,.0f} A flow along the busbar above unit {worst[1]}",
                         Label(planned.defined(rack.instance)),
                         hints=(f"it carries {limit:,.0f} A: spread the shelves over the height, feeds mixed",))  # fmt: skip
        return


def _budget(planned: Planned, rack: RackReport, parts: Load) -> Iterator[Diagnostic]:
    part = planned.plan.instances[rack.instance].part
    budget = part.high("power_budget", "W")
    if budget is None:
        return
    address = planned.named(rack.alike)
    if parts.peak > budget:
        yield Diagnostic(Code.POWER_BUDGET, f"{address}: the parts draw {parts.peak / 1000:.1f} kW at peak, more than its "
                         f"stated {budget / 1000:.1f} kW", Label(planned.defined(rack.instance)),
                         hints=("raise `power_budget`, or remove it to count the parts",))  # fmt: skip
