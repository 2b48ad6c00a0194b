"""What a rack asks of the room, as lines of text: power by case, currents, heat and the flows that carry it, weight."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.backends.report.columns import aligned
from rackc.compiler.analyse.report import CoolingReport, CouplingReport, CurrentReport, PowerCase, RackReport
from rackc.compiler.plan import Plan


def kilowatts(watts: float) -> str:
    """Return a power as racks are spoken of."""
    return f"{watts / 1000:,.1f} kW"


def heat(cooling: CoolingReport | None) -> str:
    """Return in one line where the heat goes and what carries it; empty where nothing was said of cooling."""
    if cooling is None or (not cooling.liquid_w and cooling.airflow_cfm is None):
        return ""
    words = []
    if cooling.liquid_w:
        flow = _moved(cooling.flow_l_min, "{:,.1f} L/min", cooling.rise_k)
        words.append(f"{kilowatts(cooling.liquid_w)} to {cooling.coolant or 'liquid'}{flow}")
    words.append(f"{kilowatts(cooling.air_w)} to air{_moved(cooling.airflow_cfm, '{:,.0f} CFM', cooling.air_rise_k)}")
    return "heat: " + ", ".join(words)


def _moved(flow: float | None, form: str, rise: float | None) -> str:
    """Return in brackets what must flow, and at what rise where one is stated for the whole rack."""
    if not flow:
        return ""
    return f" ({form.format(flow)}{'' if rise is None else f' at a rise of {rise:g} K'})"


def physics(plan: Plan, rack: RackReport) -> Iterator[str]:
    """Yield all that is known of one kind of rack."""
    more = f" and {len(rack.alike) - 1:,} like it" if len(rack.alike) > 1 else ""
    yield f"{plan.instances[rack.instance].address}{more}"
    yield from (f"  {line}" for line in _cases(rack.cases))
    yield from (f"  {_current(plan, row)}" for row in rack.currents)
    if rack.cooling is not None:
        yield f"  {heat(rack.cooling) or 'heat: ' + kilowatts(rack.cooling.air_w) + ' to air'}"
        yield from (f"  {_coupling(plan, row)}" for row in rack.cooling.couplings)
    foot = "" if rack.kg_per_foot is None else f", {rack.kg_per_foot:,.0f} kg on each foot with the frame"
    yield f"  mass: {rack.mass_kg:,.0f} kg{foot}"


def _cases(cases: tuple[PowerCase, ...]) -> Iterator[str]:
    """Yield the table of power cases, with the columns that anything is known for."""
    if not cases:
        return
    rows = [("", "given", "load", "drawn, AC", "busbar"), *(_case(case) for case in cases)]
    keep = [at for at in range(5) if at < 3 or any(row[at] for row in rows[1:])]
    yield from aligned([[row[at] for at in keep] for row in rows], left=1)


def _case(case: PowerCase) -> tuple[str, ...]:
    drawn = "" if case.drawn_w is None else kilowatts(case.drawn_w)
    bar = "" if case.busbar_a is None else f"{case.busbar_a:,.0f} A above unit {case.busbar_unit}"
    return case.name, kilowatts(case.available_w), kilowatts(case.peak_w), drawn, bar


def _current(plan: Plan, row: CurrentReport) -> str:
    what = plan.instances[row.instance]
    return f"{row.what} of {what.part.name}: {row.amps:,.1f} A of {row.limit_a:,.1f} A at most, {row.case} ({what.address})"


def _coupling(plan: Plan, row: CouplingReport) -> str:
    pairs = f"{row.pairs} pair{'s' * (row.pairs != 1)} of quick disconnects"
    drop = "" if row.drop_kpa is None else f", {row.drop_kpa:.1f} kPa in each"
    return (
        f"{plan.instances[row.instance].address}: {pairs}, {row.flow_l_min:,.2f} of {row.limit_l_min:,.2f} L/min{drop}"
    )
