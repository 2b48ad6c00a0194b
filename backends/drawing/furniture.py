"""The furniture of a drawing sheet: header, headings, facts, bars, legend, title block."""

from __future__ import annotations

from collections.abc import Sequence

from rackc.backends.drawing.letters import fit, width_of
from rackc.backends.drawing.svg import label, line, paint, rect

#: A legend row: the look of its swatch and what it means.
Swatch = tuple[str, str]


def header(x: float, y: float, room: float, design: str, title: str, subtitle: str) -> list[str]:
    """Return the sheet's title, after the design's name, and the line under it; 44 px high."""
    return [
        label(x, y + 20, f"{fit(design, 20, room * 0.45, bold=True)} · {title}", room, size=20, bold=True),
        label(x, y + 40, subtitle, room, size=12, ink="muted"),
    ]


def heading(x: float, y: float, room: float, text: str) -> list[str]:
    """Return a section heading with a rule under it; 24 px high."""
    return [
        label(x, y + 12, text.upper(), room, size=10, bold=True, ink="muted"),
        line(x, y + 18, x + room, y + 18, paint(stroke="line")),
    ]


def fact(x: float, y: float, room: float, name: str, value: str, ink: str = "ink") -> list[str]:
    """Return a name at the left and its value at the right; 18 px high."""
    taken = min(width_of(value, 11, bold=True), room * 0.7)
    return [
        label(x, y + 12, name, room - taken - 8, ink="muted"),
        label(x + room, y + 12, value, room * 0.7, bold=True, anchor="end", ink=ink),
    ]


def bar(x: float, y: float, room: float, share: float, fill: str, over: str = "", height: float = 8) -> list[str]:
    """Return a bar filled to `share` of its length; `over` is a hatch for what is above the limit."""
    full = min(max(share, 0), 1)
    parts = [
        rect(x, y, room, height, paint("panel", "line"), 2),
        rect(x, y, room * full, height, paint(fill), 2),
    ]
    if share > 1 and over:
        parts.append(rect(x, y, room, height, paint(hatch=over, stroke="vermilion", width=1.2), 2))
    return parts


def legend(x: float, y: float, room: float, rows: Sequence[Swatch], columns: int = 1, step: float = 19) -> list[str]:
    """Return swatches with their meaning, filled column by column."""
    deep = -(-len(rows) // columns)
    wide = room / columns
    parts = []
    for at, (look, meaning) in enumerate(rows):
        left, top = x + wide * (at // deep), y + step * (at % deep)
        parts.append(rect(left, top, 16, 12, look, 2))
        parts.append(label(left + 24, top + 10, meaning, wide - 32, size=10.5))
    return parts


def title_block(x: float, y: float, room: float, rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return the ruled box that names the drawing; 20 px a row."""
    parts = [rect(x, y, room, 20 * len(rows), paint("panel", "edge"))]
    for at, (name, value) in enumerate(rows):
        top = y + 20 * at
        if at:
            parts.append(line(x, top, x + room, top, paint(stroke="line")))
        parts.append(label(x + 8, top + 14, name, 62, size=9, on="panel", ink="muted"))
        parts.append(label(x + 74, top + 14, value, room - 82, size=10.5, on="panel", tail=True))
    parts.append(line(x + 68, y, x + 68, y + 20 * len(rows), paint(stroke="line")))
    return parts
