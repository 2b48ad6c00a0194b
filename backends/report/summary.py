"""The report as lines of text: short for the end of a check, whole for the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rackc.backends.report.physics import heat, physics
from rackc.compiler.analyse.report import (
    CablingReport,
    CombinationReport,
    DomainReport,
    FabricReport,
    PoolReport,
    RackReport,
    Report,
)
from rackc.compiler.plan import Alternative, Plan, Pool
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
        lines += _pool(pool, report.pools[pool.index])
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
        lines += ["", f"Pool {pool.address}, in detail", *_indent(_pool_detail(plan, pool, report))]
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
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


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


def usd(cents: int | None) -> str:
    """Return money as people write it."""
    return "unknown" if cents is None else f"{cents / 100:,.0f} USD"


def amount(goal: str, value: int) -> str:
    """Return an objective in the unit of its goal: the solver counts cents, milliwatts and millimetres."""
    match goal:
        case "cost":
            return usd(value)
        case "power":
            return f"{value / 1000:,.0f} W"
        case _:
            return f"{value / 1000:,.2f} m"


def rate(bytes_per_s: float) -> str:
    """Return a bandwidth with a fitting unit."""
    for factor, unit in ((1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s")):
        if bytes_per_s >= factor:
            return f"{bytes_per_s / factor:,.4g} {unit}"
    return f"{bytes_per_s:,.0f} B/s"


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


def _pool(pool: Pool, report: PoolReport) -> Iterator[str]:
    fitted = [c for c in pool.controllers if c.populated]
    modules: dict[str, int] = {}
    for controller in fitted:
        if controller.module is not None:
            modules[controller.module.name] = modules.get(controller.module.name, 0) + controller.modules
    yield (f"{pool.address}: {len(fitted)} of {len(pool.controllers)} controllers, "
           f"{', '.join(f'{n} x {name}' for name, n in sorted(modules.items())) or 'no modules'}, "
           f"{pool.capacity_gib:,} GiB, {len(pool.links)} cables, {usd(pool.cost_cents)}")  # fmt: skip
    proof = pool.proof
    state = "interrupted, not reproducible" if proof.interrupted else proof.status
    goal = pool.goals[0]
    yield f"  {goal} {amount(goal, proof.objective)}, proved bound {amount(goal, proof.bound)}, gap {proof.gap:.2%} ({state})"
    yield f"  stranded {report.stranded_gib:,} GiB ({report.stranded_share:.0%}) in the fullest slice of time"


def _pool_detail(plan: Plan, pool: Pool, of: Report) -> Iterator[str]:
    report = of.pools[pool.index]
    yield (f"demand {pool.demand_name}: class {pool.demand_class}, read by {pool.reader}, "
           f"{pool.assignment}{rests_on(of, 'demand')}")  # fmt: skip
    yield (f"peak of the sum {report.demand_peak_gib:,} GiB, sum of the hosts' own peaks "
           f"{report.demand_sum_of_peaks_gib:,} GiB, {len(pool.demand_gib)} slices of {pool.slice_seconds:g} s")  # fmt: skip
    if pool.survive:
        yield (f"survives the loss of {pool.survive} controller for {pool.promise}: every slice fits again after restart "
               f"in what is left; {report.reserve_gib:,} GiB are held for it")  # fmt: skip
    if pool.latency_ns is not None:
        yield f"read latency {pool.latency_ns}, over the slowest cable allowed{rests_on(of, 'latency')}"
    yield f"most memory that one controller takes back between two slices: {report.largest_move_gib:,} GiB"
    yield from _bandwidth(pool)
    if report.break_even_bytes_per_s is not None:
        yield (f"fetch or recompute: one instance makes {rate(report.break_even_bytes_per_s)} of cache by prefilling; "
               f"a slower fetch should recompute{rests_on(of, 'recompute')}")  # fmt: skip
    yield "against the alternatives, for the same demand:"
    for other in pool.alternatives:
        yield from (f"  {line}" for line in _alternative(pool, other))
    yield "cabling:"
    for k, index in enumerate(pool.links):
        link = plan.links[index]
        carrier = plan.carriers[link.carrier].part.name
        peak = max((row[k] for row in pool.slices_gib), default=0)
        yield (f"  {plan.ports[link.a].address} -- {plan.ports[link.b].address}  {carrier} {link.length_m:g} m, "
               f"up to {peak:,} GiB")  # fmt: skip


def _bandwidth(pool: Pool) -> Iterator[str]:
    read, write = max(pool.read_bytes_per_s, default=0.0), max(pool.write_bytes_per_s, default=0.0)
    yield f"busiest host reads {rate(read)} and writes {rate(write)} (mean over its busiest slice)"


def _alternative(pool: Pool, other: Alternative) -> Iterator[str]:
    survives = f"survives {other.survives} controller lost" if other.survives else "survives no loss"
    if other.cost_cents is None:
        yield f"{other.name}: cannot carry it; {other.note}"
        return
    saving = 1 - pool.cost_cents / other.cost_cents if other.cost_cents else 0.0
    verdict = f"the pool saves {saving:.0%}" if saving >= 0 else f"the pool costs {-saving:.0%} more"
    controllers = "" if other.controllers is None else f", {other.controllers} controllers"
    yield f"{other.name}: {usd(other.cost_cents)}, {other.capacity_gib or 0:,} GiB{controllers}, {survives}; {verdict}"
    if other.note:
        yield f"  {other.note}"
