"""The column of figures beside a pool map: what was proved, what it costs, what the rivals cost."""

from __future__ import annotations

from rackc.backends.drawing.furniture import Swatch, fact, heading, legend, title_block
from rackc.backends.drawing.letters import wrap
from rackc.backends.drawing.names import short_capacity, short_power, short_rate, short_time
from rackc.backends.drawing.svg import Document, label, line, paint
from rackc.backends.report.amounts import amount
from rackc.backends.report.pools import told
from rackc.compiler.amounts import plural, usd
from rackc.compiler.analyse.report import PoolReport
from rackc.compiler.comparison import Comparison, Sized
from rackc.compiler.plan import Interval, Plan, Pool


def summary(
    document: Document,
    plan: Plan,
    pool: Pool,
    report: PoolReport | None,
    box: tuple[float, float, float],
    floor: float,
) -> float:
    """Draw the column in `box` (x, y, width), its title block on the floor, and return where it ends."""
    x, y, room = box
    y = _facts(document, "what was proved", _proof(pool), x, y, room)
    y = _facts(document, "what is fitted", _fitted(pool, report), x, y, room)
    y = _compared(document, pool, x, y, room)
    y = _legend(document, pool, x, y, room)
    rows = [("design", plan.design), ("pool", pool.address), ("source", pool.source or plan.file)]
    y = max(y + 4, floor - 20 * len(rows))
    document.add(*title_block(x, y, room, rows))
    return y + 20 * len(rows)


def _facts(document: Document, title: str, rows: list[tuple[str, str]], x: float, y: float, room: float) -> float:
    document.add(*heading(x, y, room, title))
    for at, (name, value) in enumerate(rows):
        document.add(*fact(x, y + 26 + 18 * at, room, name, value))
    return y + 26 + 18 * len(rows) + 14


def _proof(pool: Pool) -> list[tuple[str, str]]:
    proof = pool.proof
    goal = next(iter(pool.goals), "cost")
    rows = [
        ("status", proof.said),
        ("goal", " then ".join(pool.goals) or "none"),
        ("objective", amount(goal, proof.objective)),
        ("proved bound", amount(goal, proof.bound)),
        ("gap", f"{proof.gap:.2%}"),
    ]
    if proof.estimate and proof.objective:
        rows.append(
            (
                "estimate (closed form)",
                f"{amount(goal, proof.estimate)}, {1 - proof.estimate / proof.objective:.1%} below",
            )
        )
    for at, loss in enumerate(pool.losses):
        rows.append(("and" if at else "survives", f"{plural(loss.count, loss.thing)} lost, for {loss.promise}"))
    return rows


def _latency(latency: Interval) -> str:
    low, high, typ = (end.to("ns") for end in (latency.low, latency.high, latency.typ))
    return f"{low:,.0f} to {high:,.0f} ns, typically {typ:,.0f}" if low != high else f"{typ:,.0f} ns"


def _fitted(pool: Pool, report: PoolReport | None) -> list[tuple[str, str]]:
    rows = [
        ("cost", usd(pool.cost_cents)),
        ("power", short_power(pool.power_w)),
        ("capacity", short_capacity(pool.capacity_gib)),
    ]
    if pool.latency_ns is not None:
        rows.append(("latency", _latency(pool.latency_ns)))
    if report is None:
        return rows
    rows += [
        ("most held at once", short_capacity(report.demand_peak_gib)),
        ("sum of the hosts' peaks", short_capacity(report.demand_sum_of_peaks_gib)),
        ("reserve for a failure", short_capacity(report.reserve_gib)),
        ("stranded", f"{short_capacity(report.stranded_gib)}, {report.stranded_share:.0%}"),
        ("of it idle beyond the reserve", short_capacity(report.idle_gib)),
        (f"largest move in {short_time(pool.slice_seconds)}", short_capacity(report.largest_move_gib)),
    ]
    if report.stress_gib:
        unmet = f"{short_capacity(report.stress_unmet_gib)} do not fit" if report.stress_unmet_gib else "fits"
        rows.append((f"all at their peak, {short_capacity(report.stress_gib)}", unmet))
    if report.break_even_bytes_per_s is not None:
        fetched = "" if report.fetch_bytes_per_s is None else f", links fetch {short_rate(report.fetch_bytes_per_s)}"
        rows.append(("recompute below", f"{short_rate(report.break_even_bytes_per_s)}{fetched}"))
    return rows


def _compared(document: Document, pool: Pool, x: float, y: float, room: float) -> float:
    """Draw the verdict, the rivals as a table, and where the verdict turns."""
    found = pool.comparison
    if not found.rivals:
        return y
    document.add(*heading(x, y, room, "against other ways to carry it"))
    y += 28
    if found.verdict:
        ink = "good-ink" if found.pays else "alarm-ink"
        document.add(label(x, y + 12, found.verdict.upper(), room * 0.45, size=13, bold=True, ink=ink))
        document.add(
            label(
                x + room,
                y + 12,
                f"multiplexing gain {found.gain:.2f}",
                room * 0.5,
                size=10.5,
                ink="muted",
                anchor="end",
            )
        )
        y += 20
        for text in wrap(_margin(pool), 10, room, 3):
            document.add(label(x, y + 10, text, room, size=10, ink="muted"))
            y += 14
        y += 4
    y = _table(document, found, x, y, room)
    for said in _turns(found):
        for text in wrap(said, 10, room, 3):
            document.add(label(x, y + 10, text, room, size=10, ink="muted"))
            y += 14
    return y + 10


def _margin(pool: Pool) -> str:
    found = pool.comparison
    rival = found.rival(found.against)
    counted_in = found.shelves_cents and rival is not None and not rival.shelves
    shelves = f", {usd(found.shelves_cents)} of shelves counted" if counted_in else ""
    if found.margin_cents > 0:
        return f"saves {usd(found.margin_cents)} against {found.against}{shelves}"
    return f"costs {usd(-found.margin_cents)} more than {found.against}{shelves}"


def _at_most(row: Sized) -> str:
    return "\u2264 " if row.rough else ""


def _table(document: Document, found: Comparison, x: float, y: float, room: float) -> float:
    """Draw two rows a rival: intact, and with what may be lost."""
    columns = ((room - 148, "cost"), (room - 68, "memory"), (room, "power"))
    for right, name in columns:
        document.add(label(x + right, y + 10, name, 70, size=9, ink="muted", anchor="end"))
    y += 14
    for rival in found.rivals:
        bold = rival.name == found.declared
        document.add(label(x, y + 10, rival.name, room - 4, size=10.5, bold=bold))
        y += 14
        if rival.intact is None and rival.lost is None:
            for text in wrap(rival.why or "cannot carry it", 9.5, room - 10, 3):
                document.add(label(x + 10, y + 9, text, room - 10, size=9.5, ink="muted"))
                y += 13
        else:
            for name, row in (("intact", rival.intact), ("with a loss", rival.lost)):
                cells = ("none", "", "") if row is None else (
                    _at_most(row) + usd(row.cost_cents), short_capacity(row.gib), short_power(row.power_mw / 1000),
                )  # fmt: skip
                document.add(label(x + 10, y + 9, name, 80, size=9.5, ink="muted"))
                for (right, _), cell in zip(columns, cells, strict=True):
                    document.add(label(x + right, y + 9, cell, 76, size=10, anchor="end"))
                y += 13
            if rival.why and not rival.pooled:
                for text in wrap(rival.why, 9.5, room - 10, 2):
                    document.add(label(x + 10, y + 9, text, room - 10, size=9.5, ink="alarm-ink"))
                    y += 13
        document.add(line(x, y + 3, x + room, y + 3, paint(stroke="line")))
        y += 7
    return y + 4


def _turns(found: Comparison) -> list[str]:
    """Return where the verdict turns, those without a flip in one line."""
    still = [flip.of for flip in found.flips if flip.factor is None]
    rows = [told(flip) for flip in found.flips if flip.factor is not None]
    return rows + ([f"no flip within a factor of 3: {', '.join(still)}"] if still else [])


def _legend(document: Document, pool: Pool, x: float, y: float, room: float) -> float:
    rows: list[Swatch] = [(paint("yellow", "dark-ink", 0.6), "memory module")]
    if any(not controller.populated for controller in pool.controllers):
        rows.append((paint(hatch=document.hatch("left-out"), stroke="edge", dash="3 2"), "candidate left out"))
    document.add(*heading(x, y, room, "legend"))
    document.add(*legend(x, y + 28, room, rows, columns=2))
    return y + 28 + 19 + 14
