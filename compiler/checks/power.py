"""What racks are fed with: the load in each case of loss, parallel shelves, currents, the busbar, and the feeds' plugs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.analyse.circuits import circuits
from rackc.compiler.analyse.power import Load, loads
from rackc.compiler.analyse.report import PowerCase, RackReport
from rackc.compiler.analyse.supply import RUNNING, sources
from rackc.compiler.checks.planned import Planned
from rackc.compiler.plan import Instance
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: Less to spare than this share of the peak is as good as nothing.
_THIN: Final = 0.02
_SUPPLY: Final = "1 supply lost"
_MOMENT: Final = "transient peak"
_ONE_FEED: Final = ("all its sources hang on one feed: put some on another",)


def check_power(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks whose sources do not carry the load, with all running or in a case of loss."""
    plan = planned.plan
    parts = (
        loads(plan, stated=False)
        if any("power_budget" in part.figures for part in plan.columns.parts)
        else planned.loads
    )
    for rack in planned.report.racks:
        yield from _busbar(planned, rack)
        if rack.unpowered and rack.cases:
            yield Diagnostic(Code.UNPOWERED, f"{rack.unpowered} {'thing' if rack.unpowered == 1 else 'things'} in {planned.named(rack.alike)} "
                             f"{'states' if rack.unpowered == 1 else 'state'} no power",
                             Label(planned.defined(rack.instance)),
                             hints=("the load leaves them out: give each a `tdp`, `tdp = 0 W` where it draws none",))  # fmt: skip
        yield from _cases(planned, rack)
        yield from _parallel(planned, rack)
        yield from _currents(planned, rack)
        yield from _plugs(planned, rack)
        yield from _budget(planned, rack, parts[rack.instance])
        yield from _provisioned(planned, rack)


def _kw(watts: float) -> str:
    return f"{watts / 1000:,.1f} kW"


def _cases(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield what a rack lacks: one finding for all cases of loss, the mildest first, since the graver ones follow from it."""
    address, at = planned.named(rack.alike), Label(planned.defined(rack.instance))
    more = ("add power shelves, or spread the load over more racks",)
    for case in rack.cases:
        if case.name == RUNNING and case.available_w < case.peak_w:
            yield Diagnostic(Code.POWER, f"{address}, {_peak(case)}", at, hints=more)
            return  # with less running it is no better
        if case.name == _SUPPLY and case.available_w < case.steady_w:
            yield Diagnostic(Code.N_PLUS_ONE, f"{address}, {case.name}: {_kw(case.available_w)} for a steady load of "
                             f"{_kw(case.steady_w)}", at, hints=more)  # fmt: skip
            return
    lost = [case for case in rack.cases if case.name not in (RUNNING, _MOMENT)]
    short = [_peak(case) for case in lost if case.available_w < case.peak_w]
    thin = [f"{_peak(case)}, less than 2 % to spare" for case in lost
            if case.peak_w <= case.available_w < case.peak_w * (1 + _THIN)]  # fmt: skip
    if short or thin:
        first, *rest = (*short, *thin)
        alone = any(case.name == "1 feed lost" and not case.available_w for case in lost)
        hint = (
            _ONE_FEED if alone else more if short else ("it fits on paper; cap the peak, or accept the risk of a trip",)
        )
        yield Diagnostic(Code.POWER_MARGIN, f"{address}, {first}", at, hints=hint, notes=tuple(rest))
    for case in rack.cases:
        if case.name == _MOMENT and case.available_w < case.peak_w:
            yield Diagnostic(Code.TRANSIENT, f"{address}, {_peak(case)}", at,
                             hints=("smooth the load, store energy in the shelves, or state what they give for a moment: `overload`",))  # fmt: skip


def _peak(case: PowerCase) -> str:
    return f"{case.name}: {_kw(case.available_w)} for a peak of {_kw(case.peak_w)}"


def _parallel(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield racks with more shelves in parallel than a shelf of theirs allows (OCP-PWR: three sets of the HPR shelf)."""
    shelves = [s for s in sources(planned.plan, rack.instance) if s.part.role == "power-shelf"]
    limits = [(limit, shelf) for shelf in shelves if (limit := shelf.part.low("parallel_limit", "")) is not None]
    if not limits:
        return
    limit, shelf = min(limits, key=lambda row: row[0])
    if len(shelves) > limit:
        yield Diagnostic(Code.PARALLEL, f"{planned.named(rack.alike)} joins {len(shelves)} power shelves in parallel; "
                         f"`{shelf.part.name}` allows {limit:.0f}", Label(planned.defined(rack.instance)),
                         (Label(planned.defined(shelf.index), "the shelf"),),
                         ("use fewer and stronger shelves, or ones that share among more",))  # fmt: skip


def _currents(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield outputs, inlets, whips and breakers that carry too much: circuits an error with all running, else a warning."""
    for row in rack.currents:
        if row.amps <= row.limit_a:
            continue
        code = Code.OUTPUT if row.what == "output" else Code.CIRCUIT if row.case == RUNNING else Code.CIRCUIT_MARGIN
        where = "leave" if row.what == "output" else "flow into" if row.what == "inlet" else "flow through"
        hint = ("give the connector more air, or add a shelf" if row.what == "output" else
                "spread the load over more whips, or use larger ones")  # fmt: skip
        like = f" (and {row.things - 1} like it)" if row.things > 1 else ""
        yield Diagnostic(code, f"{planned.model.address(row.instance)}{like}, {row.case}: {row.amps:,.1f} A {where} it; its limit "
                         f"is {row.limit_a:,.1f} A", Label(planned.stands(row.instance), f"the {row.what}"),
                         (Label(planned.defined(rack.instance), planned.named(rack.alike)),), (hint,))  # fmt: skip


def _plugs(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield whips and breakers that are of another form, or for fewer or more phases, than the source they lead to."""
    feeding = sources(planned.plan, rack.instance)
    told: set[tuple[int, int]] = set()
    for instance, serves, _ in circuits(planned.plan, rack.instance, feeding) if feeding else ():
        circuit = planned.plan.instances[instance]
        for source in (feeding[at] for at in serves):
            key = (id(circuit.part), id(source.part))
            wrong = _unlike(circuit, source)
            if wrong and key not in told:
                told.add(key)
                yield Diagnostic(Code.PLUG, f"{circuit.address} {wrong[0]}, {source.address} {wrong[1]}",
                                 Label(planned.stands(instance), f"the {circuit.part.role}"),
                                 (Label(planned.stands(source.index), "what it feeds"),),
                                 ("use a whip made for that inlet",))  # fmt: skip


def _unlike(circuit: Instance, source: Instance) -> tuple[str, str] | None:
    """Return what a whip has and its source wants, where both state it and they differ."""
    plugs = circuit.part.text("connector"), source.part.text("ac_connector")
    if circuit.part.role == "whip" and all(plugs) and plugs[0] != plugs[1]:
        return f"ends in {plugs[0]}", f"takes {plugs[1]}"
    phases = circuit.part.typ("phases", ""), source.part.typ("phases", "")
    if None not in phases and phases[0] != phases[1]:
        return f"has {phases[0]:.0f} phase{'s' * (phases[0] != 1)}", f"takes {phases[1]:.0f}"
    return None


def _busbar(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield a busbar that carries more than its rating at some height, or whose rating is not stated.

    An error with all sources, else a warning. Nothing is assumed for a rating: ORv3 base gives none (OCP-PWR, R6).
    """
    part, at = planned.plan.instances[rack.instance].part, Label(planned.defined(rack.instance))
    limit = part.low("busbar_current", "A")
    if limit is None:
        if any(s.part.role == "power-shelf" for s in sources(planned.plan, rack.instance)):
            flows = max((case.busbar_a for case in rack.cases if case.busbar_a is not None), default=None)
            known = "" if flows is None else f"; up to {flows:,.0f} A flow along it"
            yield Diagnostic(Code.BUSBAR_UNKNOWN, f"{planned.named(rack.alike)} states no rating of its busbar: it is not checked{known}",
                             at, hints=("state `busbar_current`, and `bus_voltage` with it",))  # fmt: skip
        return
    beyond = [case for case in rack.cases if case.busbar_a is not None and case.busbar_a > limit]
    if beyond:
        code = Code.BUSBAR if beyond[0].name == RUNNING else Code.BUSBAR_MARGIN
        first, *rest = (
            f"{case.name}: {case.busbar_a:,.0f} A flow along the busbar above unit {case.busbar_unit}"
            for case in beyond
        )
        yield Diagnostic(code, f"{planned.named(rack.alike)}, {first}", at, notes=tuple(rest),
                         hints=(f"it carries {limit:,.0f} A: spread the shelves over the height, feeds mixed",))  # fmt: skip


def _budget(planned: Planned, rack: RackReport, parts: Load) -> Iterator[Diagnostic]:
    part = planned.plan.instances[rack.instance].part
    budget = part.high("power_budget", "W")
    if budget is None:
        return
    address = planned.named(rack.alike)
    if parts.peak > budget:
        yield Diagnostic(Code.POWER_BUDGET, f"{address}: the parts draw {_kw(parts.peak)} at peak, more than its "
                         f"stated {_kw(budget)}", Label(planned.defined(rack.instance)),
                         hints=("raise `power_budget`, or remove it to count the parts",))  # fmt: skip


def _provisioned(planned: Planned, rack: RackReport) -> Iterator[Diagnostic]:
    """Yield racks whose feeds are provisioned for less than their peak (R29: a GB300 rack peaks at 155 kW over 135, NV-LENOVO)."""
    part = planned.plan.instances[rack.instance].part
    given = part.low("provisioned", "W")
    drawn = max((case.drawn_w for case in rack.cases if case.name == RUNNING and case.drawn_w), default=None)
    need = rack.peak_w if drawn is None else drawn
    if given is not None and given < need:
        side = "" if drawn is None else " AC"
        yield Diagnostic(Code.PROVISIONED, f"{planned.named(rack.alike)} is provisioned for {_kw(given)} and draws {_kw(need)}{side} at peak",
                         Label(planned.defined(rack.instance)),
                         (Label(planned.said(rack.instance, "provisioned"), "provisioned here"),),
                         ("provision the peak, or cap it",))  # fmt: skip
