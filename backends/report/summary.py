"""The report as lines of text: short for the end of a check, whole for the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rackc.backends.report.amounts import rate, usd
from rackc.backends.report.columns import aligned
from rackc.backends.report.physics import heat, physics
from rackc.backends.report.pools import in_detail, in_short, verdict
from rackc.compiler.analyse.report import (
    CablingReport,
    CombinationReport,
    DomainReport,
    FabricReport,
    RackReport,
    Report,
)
from rackc.compiler.plan import Plan
from rackc.dsl.text import printable


def headline(plan: Plan, report: Report, *, backed: bool = False) -> list[str]:
    """Return what a person wants to read at the end of a check: counts, fabrics, racks, pools.

    `backed` says beside each number what weakly backed figure it rests on.
    """
    rests = partial(rests_on, report) if backed else _nothing
    lines = [", ".join(f"{n:,} {role}" for role, n in report.counts) or "nothing with a role"]
    lines += [line for fabric in report.fabrics for line in _fabric(fabric, rests)]
    for rack in report.racks:
        lines += _rack(plan, rack, rests)
    for pool in plan.pools:
        lines += in_short(pool, report.pools[pool.index])
    return [printable(line) for line in lines]


def rests_on(report: Report, headline: str) -> str:
    """Return ` (rests on an assumption: ComputeTray.mass and 3 more)`, empty for a number that is well backed."""
    found = report.backed(headline)
    return "" if found is None or not found.is_weak else f" (rests on {found})"


def _nothing(_: str) -> str:
    return ""


def whole(plan: Plan, report: Report) -> list[str]:
    """Return the text report."""
    lines = [
        f"{plan.design}: {plan.file}",
        *(line for pool in plan.pools for line in _indent(verdict(pool))),
        "",
        "Contents",
        *_indent(headline(plan, report, backed=True)),
        "",
        f"Memory{rests_on(report, 'memory')}",
    ]
    lines += [f"  {name:<10} {gib:>12,.0f} GiB" for name, gib in report.memory_gib] or ["  none stated"]
    if report.racks:
        lines += [
            "",
            "Power, cooling and weight",
            *_indent(line for rack in report.racks for line in physics(plan, rack)),
        ]
    if report.cabling:
        lines += ["", "Cabling", *_indent(_cabling(row) for row in report.cabling)]
    for pool in plan.pools:
        lines += ["", f"Pool {pool.address}, in detail", *_indent(in_detail(plan, pool, report, rests_on))]
    if report.combinations:
        lines += ["", "Decisions", *_indent(decisions(report.combinations))]
    lines += ["", "Cost", f"  known prices add up to {usd(report.cost_cents)}{rests_on(report, 'cost')}"]
    if report.unpriced:
        lines.append("  without a price: " + ", ".join(f"{n} x {name}" for name, n in report.unpriced))
    lines += ["", "Figures with weak backing that these results rest on"]
    lines += [f"  {a.confidence:<11} {a.part}.{a.name} = {a.value}" + (f"  ({a.source})" if a.source else "")
              for a in report.assumptions] or ["  none"]  # fmt: skip
    return [printable(line) for line in lines]


def decisions(combinations: tuple[CombinationReport, ...]) -> list[str]:
    """Return the table of all combinations that were tried, the one kept marked with a star."""
    names = list(dict.fromkeys(name for row in combinations for name, _ in row.picked))
    goals = list(dict.fromkeys(name for row in combinations for name, _ in row.goals))
    head = ["", *names, *goals, *(["preferences broken"] if any(row.broken for row in combinations) else []), ""]
    rows = [head, *(_combination(row, names, goals, len(head)) for row in combinations)]
    return aligned(rows)


def _combination(row: CombinationReport, names: list[str], goals: list[str], columns: int) -> list[str]:
    picked, reached = dict(row.picked), dict(row.goals)
    cells = [
        "*" if row.outcome == "kept" else "",
        *(picked.get(n, "-") for n in names),
        *(reached.get(g, "-") for g in goals),
    ]
    if len(cells) + 1 < columns:
        cells.append(f"{row.broken:g}")
    return [*cells, row.outcome + (f": {row.why}" if row.why else "")]


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _cabling(row: CablingReport) -> str:
    """Links, cables, cages, transceivers and fibres are five counts; those that are none are left out."""
    pieces = f"{row.medium}s" if row.cables != 1 else row.medium
    told = [f"{row.links:,} links"] + ([f"{row.cables:,} {pieces}"] if row.cables else [])
    for count, what in ((row.fibres, "fibres"), (row.transceivers, "transceivers"), (row.cages, "cages")):
        told += [f"{count:,} {what}"] if count else []
    return f"{row.carrier}: {', '.join(told)}"


def _fabric(fabric: FabricReport, rests: Callable[[str], str]) -> Iterator[str]:
    kind = f"{fabric.protocol} management" if fabric.management else fabric.protocol
    words = [f"{fabric.links:,} {kind} links, {fabric.endpoints:,} endpoints"]
    told = [row for row in fabric.domains if row.bisection is not None or row.diameter is not None]
    if fabric.only is not None:
        yield ", ".join(words + _width(fabric.only, rests(f"{fabric.protocol} bandwidth")))
        return
    yield ", ".join(words)
    for row in told:
        alike = "1 domain" if row.alike == 1 else f"{row.alike:,} domains"
        yield f"  {alike} of {row.endpoints:,} endpoints each: " + ", ".join(
            [f"{row.links:,} links", *_width(row, rests(f"{fabric.protocol} bandwidth"))]
        )
    if told and fabric.more_domains:
        others = fabric.endpoints - sum(row.alike * row.endpoints for row in fabric.domains)
        yield f"  and {fabric.more_domains:,} more domains, with {others:,} endpoints"


def _width(row: DomainReport, backing: str) -> list[str]:
    words = []
    if row.bisection is not None and row.bisection.exact:
        words.append(f"bisection {rate(row.bisection.high)} each way{backing}")
    elif row.bisection is not None:
        words.append(f"bisection between {rate(row.bisection.low)} and {rate(row.bisection.high)} each way{backing}")
    return [*words, *([f"diameter {row.diameter} links"] if row.diameter is not None else [])]


def _rack(plan: Plan, rack: RackReport, rests: Callable[[str], str]) -> Iterator[str]:
    limit = "" if rack.mass_limit_kg is None else f" of {rack.mass_limit_kg:,.0f} kg payload"
    unweighed = f" ({rack.unweighed} things state no mass)" if rack.unweighed else ""
    more = f" and {len(rack.alike) - 1:,} like it" if len(rack.alike) > 1 else ""
    yield (f"{plan.instances[rack.instance].address}{more}: {rack.used_units} of {rack.units} {rack.pitch}, "
           f"{rack.mass_kg:,.0f} kg{limit}{unweighed}{rests('mass')}")  # fmt: skip
    silent = f" ({rack.unpowered} things state no power)" if rack.unpowered else ""
    yield f"  load {rack.typical_w / 1000:,.1f} kW typical, {rack.peak_w / 1000:,.1f} kW peak{silent}{rests('power')}"
    for at, case in enumerate(rack.cases):
        spare = (case.available_w - case.peak_w) / 1000
        verdict = f"{spare:,.1f} kW to spare" if spare >= 0 else f"{-spare:,.1f} kW short"
        yield f"  {case.name + ':':<22} {case.available_w / 1000:>7,.1f} kW available, {verdict} at peak{'' if at else rests('supply')}"
    cooled = heat(rack.cooling)
    if cooled:
        yield f"  {cooled}{rests('cooling')}"
