"""What racks carry and what carries them: payload, bracing, the supports under a tray, the floor under the feet."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.cooling import alike, figure_around, kinds_of
from rackc.compiler.analyse.power import masses
from rackc.compiler.analyse.report import RackReport
from rackc.compiler.checks.planned import Planned
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_mass(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks beyond their payload, and those that need a brace they do not have (OCP-RACK); then trays and floors."""
    for rack in planned.report.racks:
        part, address = planned.plan.instances[rack.instance].part, planned.named(rack.alike)
        if rack.mass_limit_kg is not None and rack.mass_kg > rack.mass_limit_kg:
            yield Diagnostic(Code.MASS, f"{address} carries {rack.mass_kg:,.0f} kg; its payload is "
                             f"{rack.mass_limit_kg:,.0f} kg", Label(planned.defined(rack.instance)),
                             hints=("take something out, or use a stronger rack",))  # fmt: skip
        brace = part.low("brace_above", "kg")
        if brace is not None and rack.mass_kg > brace and not part.flag("braced"):
            yield Diagnostic(Code.MASS_MARGIN, f"{address} carries {rack.mass_kg:,.0f} kg and states no brace",
                             Label(planned.defined(rack.instance)),
                             hints=(f"above {brace:,.0f} kg the frame needs its cross brace: `braced = true`",))  # fmt: skip
        yield from _floor(planned, rack)
    yield from _supports(planned)


def _supports(planned: Planned) -> Iterator[Diagnostic]:
    """Yield trays heavier than what the rack's supports hold (80 kg a set in ORv3, OCP-RACK; 125 kg in ORW, OCP-TEST)."""
    plan = planned.plan
    of = plan.columns
    limit = of.figure("shelf_limit", "kg", "low")
    rows = ((of.rack >= 0) & of.populated).nonzero()[0]
    rows = rows[limit[of.rack[rows]] > 0]
    if not len(rows):
        return
    kilograms, _ = masses(plan)
    kinds = kinds_of(planned.heat, [rack.alike for rack in planned.report.racks])
    for same in alike(of, rows, kinds):
        worst = int(same[kilograms[same].argmax()])
        rack, sets = int(of.rack[worst]), plan.instances[worst].part.typ("support_sets", "") or 1
        holds = float(limit[rack]) * sets
        heavy = [int(i) for i in same if kilograms[i] > holds]
        if heavy:
            over = f"{sets:.0f} sets of supports hold" if sets > 1 else "a set of supports holds"
            yield Diagnostic(Code.SUPPORT, f"{planned.named(heavy)} weighs {kilograms[worst]:,.1f} kg; {over} {holds:,.0f} kg",
                             Label(planned.stands(worst)), (Label(planned.defined(rack), "the rack"),),
                             ("lighten it, rest it on more sets (`support_sets`), or use a stronger rack",))  # fmt: skip


def _floor(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield racks that press harder on the floor than it bears: 1,360 kg on four feet are 340 kg a foot."""
    plan = planned.plan
    bears = figure_around(plan, rack.instance, "floor_rating", "kg")
    if bears is None:
        return
    at, address = Label(planned.defined(rack.instance)), planned.named(rack.alike)
    if rack.kg_per_foot is None:
        yield Diagnostic(Code.FEET, f"{address} states no `feet`: what it puts on the floor is not known", at,
                         hints=(f"state how many carry it; the floor bears {bears:,.0f} kg under each",))  # fmt: skip
    elif rack.kg_per_foot > bears:
        feet = plan.instances[rack.instance].part.typ("feet", "") or 1
        yield Diagnostic(Code.FLOOR, f"{address} puts {rack.kg_per_foot:,.0f} kg on each of {feet:.0f} feet; the floor bears {bears:,.0f} kg",
                         at, (Label(planned.said(rack.instance, "floor_rating"), "the floor"),),
                         ("spread the load with plates or more feet, or take something out",))  # fmt: skip
