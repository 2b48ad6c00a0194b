"""Demand over time, stacked by host, against what is fitted and what is left with one controller lost."""

from __future__ import annotations

from rackc.backends.drawing.furniture import heading
from rackc.backends.drawing.names import counted, short_capacity, short_time
from rackc.backends.drawing.palette import SERIES
from rackc.backends.drawing.svg import Document, group, label, line, num, paint, path
from rackc.compiler.plan import Pool

CHART_H, PLOT_H, AXIS_W, LIMITS_W = 254.0, 180.0, 62.0, 132.0
MOST_SLICES = 600


def draw_chart(document: Document, pool: Pool, names: tuple[str, ...], x: float, y: float, room: float) -> None:
    """Draw the strip chart; it is `CHART_H` high."""
    document.add(*heading(x, y, room, "demand over time, all hosts stacked"))
    rows = thin_out(pool.demand_gib)
    if not rows:
        return
    left, top, wide = x + AXIS_W, y + 46, room - AXIS_W - LIMITS_W
    ceiling, step = _ceiling(max([pool.capacity_gib, *(sum(row) for row in rows)]))
    foot = top + PLOT_H
    for value in range(0, ceiling + 1, step):
        at = foot - PLOT_H * value / ceiling
        document.add(line(left, at, left + wide, at, paint(stroke="line")))
        document.add(label(left - 8, at + 4, f"{value:,}", AXIS_W - 10, 9.5, ink="muted", anchor="end"))
    document.add(label(left - 8, top - 12, "GiB", AXIS_W - 10, 9.5, ink="muted", anchor="end"))
    for host, name in enumerate(names):
        document.add(_area(document, rows, host, name, (left, foot, wide, PLOT_H / ceiling)))
    _time_axis(document, pool, left, foot, wide)
    _limits(document, pool, (left, foot, wide, PLOT_H / ceiling))


def thin_out(rows: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """Return at most `MOST_SLICES` rows; of slices drawn as one, the fullest is kept."""
    every = -(-len(rows) // MOST_SLICES) or 1
    return [max(rows[at : at + every], key=sum) for at in range(0, len(rows), every)]


def _ceiling(most: int) -> tuple[int, int]:
    """Return the top of the scale and the step of its grid, 4 to 8 steps of 1, 2, 2.5 or 5 by powers of ten."""
    step = 1
    while True:
        for factor in (1, 2, 2.5, 5):
            size = int(step * factor)
            if size >= 1 and size * 6 >= most * 1.08:
                return size * -(-int(most * 1.08) // size) or size, size
        step *= 10


def _area(
    document: Document, rows: list[tuple[int, ...]], host: int, name: str, plot: tuple[float, float, float, float]
) -> str:
    """One host's layer, drawn in steps: a slice of time holds one figure."""
    left, foot, wide, scale = plot
    each = wide / len(rows)
    upper, lower = [], []
    for at, row in enumerate(rows):
        below = foot - scale * sum(row[:host])
        above = below - scale * row[host]
        x1, x2 = left + each * at, left + each * (at + 1)
        upper.append(f"{num(x1)},{num(above)} {num(x2)},{num(above)}")
        lower.append(f"{num(x2)},{num(below)} {num(x1)},{num(below)}")
    steps = "M" + " L".join([*upper, *reversed(lower)]) + " Z"
    shapes = [path(steps, paint(SERIES[host % len(SERIES)], opacity=0.85))]
    if host >= len(SERIES):
        shapes.append(path(steps, paint(hatch=document.hatch("repeat"))))
    return group(f"{name}: {max(row[host] for row in rows):,} GiB at most", shapes)


def _limits(document: Document, pool: Pool, plot: tuple[float, float, float, float]) -> None:
    """Draw what is fitted and what is left after a failure; their names stand beside the plot, apart."""
    left, foot, wide, scale = plot
    count = pool.survive
    lost = sum(sorted((c.lost_gib for c in pool.controllers for _ in c.devices or (0,)), reverse=True)[:count])
    limits = [(pool.capacity_gib, "fitted", "")]
    if 0 < lost < pool.capacity_gib:
        limits.append(
            (pool.capacity_gib - lost, f"with {counted(count, 'device' if pool.switched else 'card')} lost", "7 4")
        )
    above = 0.0
    for gib, name, dash in limits:
        y = foot - scale * gib
        written = max(y, above + 30)
        above = written
        x = left + wide
        document.add(line(left, y, x, y, paint(stroke="paper", width=4)))
        document.add(line(left, y, x, y, paint(stroke="ink", width=1.8, dash=dash)))
        document.add(path(f"M{num(x)},{num(y)} L{num(x + 10)},{num(written)}", paint(stroke="edge")))
        document.add(label(x + 14, written + 1, short_capacity(gib), LIMITS_W - 16, 10.5, bold=True))
        document.add(label(x + 14, written + 14, name, LIMITS_W - 16, 9.5, ink="muted"))


def _time_axis(document: Document, pool: Pool, left: float, foot: float, wide: float) -> None:
    span = pool.slice_seconds * len(pool.demand_gib)
    document.add(line(left, foot, left + wide, foot, paint(stroke="edge", width=1.2)))
    if span <= 0:
        return
    step = time_step(span)
    for n in range(int(span / step + 1e-9) + 1):
        x = left + wide * n * step / span
        document.add(line(x, foot, x, foot + 5, paint(stroke="edge")))
        text = short_time(step * n) if n else "0"
        document.add(label(x, foot + 18, text, wide * step / span, 9.5, ink="muted", anchor="middle"))


def time_step(span: float) -> float:
    """Return the step of a time axis, one that people count in, with at most eight steps in `span` seconds."""
    for unit, steps in ((1, (1, 2, 5, 10, 15, 30)), (60, (1, 2, 5, 10, 15, 30)), (3600, (1, 2, 3, 6, 12))):
        for step in steps:
            if span <= 8 * step * unit:
                return float(step * unit)
    days = 1
    while span > 8 * days * 86400:
        days *= 2
    return days * 86400.0
