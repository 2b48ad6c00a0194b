"""The column of figures beside a pool map: what was proved, what it costs, what the rivals cost."""

from __future__ import annotations

from rackc.backends.drawing.furniture import Swatch, fact, heading, legend, title_block
from rackc.backends.drawing.letters import wrap
from rackc.backends.drawing.names import counted, short_capacity, short_money, short_power, short_rate, short_time
from rackc.backends.drawing.svg import Document, label, line, paint
from rackc.backends.report.summary import amount
from rackc.compiler.analyse.report import PoolReport
from rackc.compiler.plan import Alternative, Interval, Plan, Pool


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
    y = _rivals(document, pool, x, y, room)
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
    status = proof.status + (", interrupted" if proof.interrupted else "")
    goal = next(iter(pool.goals), "cost")
    rows = [
        ("status", status),
        ("goal", " then ".join(pool.goals) or "none"),
        ("objective", amount(goal, proof.objective)),
        ("proved bound", amount(goal, proof.bound)),
        ("gap", f"{proof.gap:.2%}"),
    ]
    if pool.survive:
        rows.append(("survives", f"{counted(pool.survive, 'controller')} lost, for {pool.promise}"))
    return rows


def _latency(latency: Interval) -> str:
    low, high, typ = (end.to("ns") for end in (latency.low, latency.high, latency.typ))
    return f"{low:,.0f} to {high:,.0f} ns, typically {typ:,.0f}" if low != high else f"{typ:,.0f} ns"


def _fitted(pool: Pool, report: PoolReport | None) -> list[tuple[str, str]]:
    rows = [
        ("cost", short_money(pool.cost_cents)),
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
        (f"largest move in {short_time(pool.slice_seconds)}", short_capacity(report.largest_move_gib)),
    ]
    if report.break_even_bytes_per_s is not None:
        rows.append(("recompute below", short_rate(report.break_even_bytes_per_s)))
    return rows


def _rivals(document: Document, pool: Pool, x: float, y: float, room: float) -> float:
    if not pool.alternatives:
        return y
    document.add(*heading(x, y, room, "against the alternatives"))
    y += 26
    for rival in pool.alternatives:
        y = _rival(document, pool, rival, x, y, room)
    return y + 8


def _rival(document: Document, pool: Pool, rival: Alternative, x: float, y: float, room: float) -> float:
    verdict, ink = _verdict(pool, rival)
    document.add(label(x, y + 11, rival.name, room - 140, size=11, bold=True))
    document.add(label(x + room, y + 11, verdict, 134, size=11, bold=True, ink=ink, anchor="end"))
    y += 16
    for text in wrap(_spell(rival), 10, room, 6):
        document.add(label(x, y + 10, text, room, size=10, ink="muted"))
        y += 14
    document.add(line(x, y + 4, x + room, y + 4, paint(stroke="line")))
    return y + 10


def _verdict(pool: Pool, rival: Alternative) -> tuple[str, str]:
    if rival.cost_cents is None:
        return "cannot carry it", "muted"
    if not rival.cost_cents:
        return "no price", "muted"
    saving = 1 - pool.cost_cents / rival.cost_cents
    if saving < 0:
        return f"pool costs {-saving:.0%} more", "alarm-ink"
    return f"pool saves {saving:.0%}", "good-ink"


def _spell(rival: Alternative) -> str:
    out = []
    if rival.cost_cents is not None:
        out.append(short_money(rival.cost_cents))
    if rival.capacity_gib is not None:
        out.append(short_capacity(rival.capacity_gib))
    if rival.controllers is not None:
        out.append(counted(rival.controllers, "controller"))
    if rival.power_w is not None:
        out.append(short_power(rival.power_w))
    out.append(f"survives {rival.survives}")
    if rival.note:
        out.append(rival.note)
    return " · ".join(out)


def _legend(document: Document, pool: Pool, x: float, y: float, room: float) -> float:
    rows: list[Swatch] = [(paint("yellow", "dark-ink", 0.6), "memory module")]
    if any(not controller.populated for controller in pool.controllers):
        rows.append((paint(hatch=document.hatch("left-out"), stroke="edge", dash="3 2"), "candidate left out"))
    document.add(*heading(x, y, room, "legend"))
    document.add(*legend(x, y + 28, room, rows, columns=2))
    return y + 28 + 19 + 14
