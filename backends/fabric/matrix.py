"""The matrix of one protocol: a row an endpoint, a column a switch chip, a filled cell a link."""

from __future__ import annotations

from rackc.backends.drawing.furniture import Swatch, header, legend, title_block
from rackc.backends.drawing.letters import width_of
from rackc.backends.drawing.names import counted, sheet_name, slug
from rackc.backends.drawing.stand import common_prefix
from rackc.backends.drawing.svg import Document, group, label, line, paint, rect
from rackc.backends.fabric.grid import Grid, Line
from rackc.compiler.plan import Plan

CELL_H, GROUP_GAP = 11.5, 5.0
MARGIN, TOP, ROW_NAMES, TOTALS, HEADS = 28.0, 92.0, 196.0, 74.0, 150.0


def draw_matrix(plan: Plan, grid: Grid, hue: str, stem: str) -> bytes:
    """Return the drawing of `grid`, its cells in `hue`."""
    cell = min(44.0, max(11.5, 480.0 / max(len(grid.columns), 1)))
    prefix = common_prefix([one.instance.address for one in (*grid.rows, *grid.columns)])
    heads = _head_room(grid, prefix)
    xs = _positions(grid.columns, cell, MARGIN + ROW_NAMES)
    ys = _positions(grid.rows, CELL_H, TOP + 24 + heads)
    right, foot = xs[-1] + cell, ys[-1] + CELL_H
    width = max(right + TOTALS + MARGIN, 760.0)
    odd = [(r, c) for r in grid.rows for c in grid.columns if _odd(grid, r, c)]
    links = sum(grid.counts.values())
    described = f"{counted(len(grid.rows), 'endpoint')}, {counted(len(grid.columns), 'switch', 'switches')}"
    verdict = f"{counted(len(odd), 'cell')} out of pattern" if odd else "no link missing" if grid.usual else ""
    document = Document(
        slug(stem), f"{sheet_name(plan)}: {grid.protocol} matrix", f"{described}; {verdict or 'no pattern'}."
    )
    subtitle = " · ".join(part for part in (described, counted(links, "link"), _beyond(grid)) if part)
    document.add(*header(MARGIN, 24, width - 2 * MARGIN, sheet_name(plan), f"{grid.protocol} matrix", subtitle))
    document.add(*_legend(document, grid, hue, verdict, bool(odd), width))
    document.add(*_column_names(grid, xs, cell, ys[0], prefix))
    document.add(*_row_names(grid, ys, prefix))
    document.add(*_cells(document, grid, hue, xs, ys, cell))
    document.add(*_totals(grid, xs, ys, cell, right, foot))
    rows = [("design", plan.design), ("protocol", grid.protocol), ("below", prefix.rstrip(".") or "the root")]
    block = 360.0
    document.add(*_odd_names(grid, odd, prefix, foot + 40, width - 2 * MARGIN - block - 16))
    document.add(*title_block(width - MARGIN - block, foot + 44, block, rows))
    return document.text(width, foot + 44 + 60 + MARGIN)


def _positions(lines: tuple[Line, ...], step: float, start: float) -> list[float]:
    """Return where each line begins; a gap parts the trays."""
    at, found = start, []
    gap = GROUP_GAP if len(_groups(lines)) < len(lines) else 0.0
    for before, one in zip((None, *lines), lines, strict=False):
        if before is not None and before.tray is not one.tray:
            at += gap
        found.append(at)
        at += step
    return found


def _head_room(grid: Grid, prefix: str) -> float:
    """Return the height that the turned names of the columns need."""
    names = (one.instance.address.removeprefix(prefix) for one in grid.columns)
    return min(HEADS, 24 + max((width_of(name, 10.5) for name in names), default=0))


def _beyond(grid: Grid) -> str:
    return f"{counted(grid.beyond, 'link')} not between an endpoint and a switch" if grid.beyond else ""


def _odd(grid: Grid, row: Line, column: Line) -> bool:
    usual = grid.expected(row, column)
    return usual > 0 and _links(grid, row, column) != usual


def _legend(document: Document, grid: Grid, hue: str, verdict: str, odd: bool, width: float) -> list[str]:
    counts = set(grid.counts.values())
    each = f"{counted(counts.pop(), 'link')} a cell" if len(counts) == 1 else "links, counted in the cell"
    rows: list[Swatch] = [(paint(hue), each)]
    if grid.usual:
        rows.append(
            (paint(hatch=document.hatch("missing"), stroke="vermilion", width=1.5), "missing: neighbours have it")
        )
    if len(grid.counts) + len(grid.rows) // 2 < grid.size:
        rows.append((paint("paper", "line"), "no link"))
    room = min(width - 2 * MARGIN - 180, 200.0 * len(rows))
    ink = "alarm-ink" if odd else "good-ink"
    return [
        *legend(MARGIN, TOP - 8, room, rows, columns=len(rows)),
        label(width - MARGIN, TOP + 2, verdict, 170, size=12, bold=True, ink=ink, anchor="end"),
    ]


def _column_names(grid: Grid, xs: list[float], cell: float, top: float, prefix: str) -> list[str]:
    parts = []
    for x, column in zip(xs, grid.columns, strict=True):
        name = column.instance.address.removeprefix(prefix)
        parts.append(label(x + cell / 2 + 4, top - 12, name, HEADS - 16, size=10.5, tail=True, turn=-90))
    for first, last in _groups(grid.columns):
        parts.append(line(xs[first], top - 6, xs[last] + cell, top - 6, paint(stroke="edge", width=2)))
    return parts


def _groups(lines: tuple[Line, ...]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of lines in one tray."""
    starts = [at for at, one in enumerate(lines) if not at or lines[at - 1].tray is not one.tray]
    ends = [at - 1 for at in starts[1:]] + [len(lines) - 1]
    return list(zip(starts, ends, strict=True))


def _row_names(grid: Grid, ys: list[float], prefix: str) -> list[str]:
    parts = []
    left = MARGIN + ROW_NAMES
    for first, last in _groups(grid.rows):
        tray = grid.rows[first].tray
        middle = (ys[first] + ys[last] + CELL_H) / 2
        if tray is not grid.rows[first].instance:
            parts.append(line(left - 70, ys[first], left - 70, ys[last] + CELL_H, paint(stroke="edge", width=2)))
            name = tray.address.removeprefix(prefix)
            parts.append(label(left - 78, middle + 4, name, ROW_NAMES - 80, 10.5, bold=True, anchor="end", tail=True))
    for y, row in zip(ys, grid.rows, strict=True):
        alone = row.tray is row.instance
        name = row.instance.address.removeprefix(prefix if alone else row.tray.address + ".")
        parts.append(
            label(
                left - 8, y + 9.2, name, ROW_NAMES - 10 if alone else 58, size=9, ink="muted", anchor="end", tail=True
            )
        )
    return parts


def _cells(document: Document, grid: Grid, hue: str, xs: list[float], ys: list[float], cell: float) -> list[str]:
    written = len(set(grid.counts.values())) > 1
    parts = []
    for y, row in zip(ys, grid.rows, strict=True):
        for x, column in zip(xs, grid.columns, strict=True):
            parts.append(_cell(document, grid, row, column, (x, y, cell), hue, written))
    return parts


def _cell(
    document: Document,
    grid: Grid,
    row: Line,
    column: Line,
    at: tuple[float, float, float],
    hue: str,
    written: bool,
) -> str:
    x, y, cell = at
    links = _links(grid, row, column)
    box = (x + 0.5, y + 0.5, cell - 1, CELL_H - 1)
    named = f"{row.instance.address} to {column.instance.address}: {counted(links, 'link')}"
    if _odd(grid, row, column):
        usual = grid.expected(row, column)
        fill = rect(*box, paint(hue)) if links else ""
        look = paint(hatch=document.hatch("missing"), stroke="vermilion", width=1.8)
        return group(f"{named}, neighbours have {usual}", [fill, rect(*box, look)])
    if not links:
        return rect(*box, paint("paper", "line", 0.6), 1)
    text = label(x + cell / 2, y + 9.2, str(links), cell - 2, size=9, on=hue, anchor="middle") if written else ""
    return group(named, [rect(*box, paint(hue), 1), text])


def _totals(grid: Grid, xs: list[float], ys: list[float], cell: float, right: float, foot: float) -> list[str]:
    """Write each row's and column's links beside it, in alarm where one is short of its pattern."""
    parts = [label(right + 10, ys[0] - 12, "links", TOTALS - 10, size=9.5, ink="muted")]
    for y, row in zip(ys, grid.rows, strict=True):
        text, ink = _total(grid, row, sum(_links(grid, row, column) for column in grid.columns))
        parts.append(label(right + 10, y + 9.2, text, TOTALS - 10, size=9, ink=ink, bold=ink == "alarm-ink"))
    for x, column in zip(xs, grid.columns, strict=True):
        text, ink = _total(grid, column, sum(_links(grid, row, column) for row in grid.rows))
        size = 9 if cell > 18 else 7
        short = text.split(" ")[0]
        parts.append(
            label(x + cell / 2, foot + 14, short, cell, size, ink=ink, bold=ink == "alarm-ink", anchor="middle")
        )
    return parts


def _total(grid: Grid, one: Line, links: int) -> tuple[str, str]:
    usual = grid.totals.get(one.instance.part.name, links)
    return (str(links), "muted") if links == usual else (f"{links} of {usual}", "alarm-ink")


def _odd_names(grid: Grid, odd: list[tuple[Line, Line]], prefix: str, y: float, room: float) -> list[str]:
    """Name the cells out of pattern, the first few."""
    names = [
        f"{row.instance.address.removeprefix(prefix)} to {column.instance.address.removeprefix(prefix)}: "
        f"{_links(grid, row, column)} of {grid.expected(row, column)}"
        for row, column in odd[:3]
    ]
    if len(odd) > 3:
        names.append(f"and {len(odd) - 3:,} more")
    return [label(MARGIN, y + 14 + 15 * at, name, room, 10.5, ink="alarm-ink") for at, name in enumerate(names)]


def _links(grid: Grid, row: Line, column: Line) -> int:
    return grid.counts.get((row.instance.index, column.instance.index), 0)
