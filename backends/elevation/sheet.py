"""The sheet of one rack: frame and rulers to scale, trays, their names, and the column of figures."""

from __future__ import annotations

from rackc.backends.drawing.furniture import header
from rackc.backends.drawing.letters import DASH, width_of
from rackc.backends.drawing.names import counted, sheet_name, slug
from rackc.backends.drawing.palette import count_of
from rackc.backends.drawing.stand import brief_title, title_of
from rackc.backends.drawing.svg import Document, dots, group, label, line, paint, rect
from rackc.backends.elevation.rack import RackView, TrayView
from rackc.backends.elevation.summary import summary
from rackc.backends.elevation.tray import draw_tray
from rackc.compiler.plan import Plan

#: 24 px a U.
PX_PER_MM = 24 / 44.45
RACK_MM, EIA_OPENING_MM, ORV3_OPENING_MM = 600.0, 482.6, 538.0
MARGIN, TOP, RULER, PLATE = 28.0, 92.0, 28.0, 12.0
NAMES_W, SIDE_W, GAP = 324.0, 316.0, 24.0


def draw(plan: Plan, view: RackView, stem: str) -> bytes:
    """Return the drawing of one rack."""
    used = len(view.trays)
    described = (
        f"{title_of(view.rack)}: {counted(view.units, 'unit')}, {counted(used, 'tray or shelf', 'trays and shelves')}."
    )
    document = Document(slug(stem), f"{sheet_name(plan)}: front of {view.rack.address}", described)
    pitch = view.pitch_mm * PX_PER_MM
    left, wide, tall = MARGIN + RULER, RACK_MM * PX_PER_MM, view.units * pitch
    names = left + wide + RULER + 6
    side = names + NAMES_W + GAP
    width = side + SIDE_W + MARGIN
    unit = _unit(view)
    subtitle = f"{title_of(view.rack)} · {view.units} {unit} of {view.pitch_mm:g} mm · front"
    document.add(*header(MARGIN, 24, width - 2 * MARGIN, sheet_name(plan), view.rack.address, subtitle))
    document.add(*_frame(left, TOP, wide, tall))
    document.add(*_rulers(view, left, wide, pitch))
    document.add(*_free(document, view, left, wide, pitch, names))
    column = _address_room(view)
    for tray in view.trays:
        box = _box(view, tray, left, wide, pitch)
        document.add(draw_tray(document, tray, box))
        document.add(*_name(view, tray, box, names, column))
    floor = TOP + tall + PLATE + 12
    foot = summary(document, plan, view, (side, TOP - PLATE, SIDE_W), floor)
    return document.text(width, max(floor, foot) + MARGIN)


def _unit(view: RackView) -> str:
    return "OU" if view.pitch_mm > 46 else "U"


def _opening(view: RackView) -> float:
    return (ORV3_OPENING_MM if view.pitch_mm > 46 else EIA_OPENING_MM) * PX_PER_MM


def _box(view: RackView, tray: TrayView, left: float, wide: float, pitch: float) -> tuple[float, float, float, float]:
    opening = _opening(view)
    top = TOP + (view.units - tray.place.unit - tray.place.height + 1) * pitch
    return (left + (wide - opening) / 2, top + 0.8, opening, tray.place.height * pitch - 1.6)


def _frame(left: float, top: float, wide: float, tall: float) -> list[str]:
    """Draw posts, top and base, and two feet on the floor."""
    floor = top + tall + PLATE + 12
    feet = [rect(left + at, floor - 10, 26, 10, paint("frame"), 2) for at in (14, wide - 40)]
    return [
        *feet,
        rect(left - 4, top - PLATE, wide + 8, tall + 2 * PLATE, paint("frame"), 4),
        rect(left, top, wide, tall, paint("panel")),
        line(left - 30, floor, left + wide + 30, floor, paint(stroke="edge", width=1.5)),
    ]


def _rulers(view: RackView, left: float, wide: float, pitch: float) -> list[str]:
    post = (wide - _opening(view)) / 2
    tall = view.units * pitch
    parts = [rect(x, TOP, post, tall, paint("silver")) for x in (left, left + wide - post)]
    parts += [
        dots(x, TOP + pitch / 6, TOP + tall, pitch / 3, 1.6, "frame") for x in (left + post / 2, left + wide - post / 2)
    ]
    for unit in range(1, view.units + 1):
        base = TOP + (view.units - unit + 1) * pitch
        strong = unit % 5 == 0 or unit == 1
        ink, y = "ink" if strong else "muted", base - pitch / 2 + 3.5
        parts.append(label(left - 9, y, str(unit), 24, 9.5, ink=ink, bold=strong, anchor="end"))
        parts.append(label(left + wide + 9, y, str(unit), 24, 9.5, ink=ink, bold=strong))
        if unit < view.units:
            y = base - pitch
            parts += [line(x, y, x + post, y, paint(stroke="frame", width=0.5)) for x in (left, left + wide - post)]
    return parts


def _free(document: Document, view: RackView, left: float, wide: float, pitch: float, names: float) -> list[str]:
    """Draw each run of free units as one hatched opening with its length beside it."""
    parts = []
    opening = _opening(view)
    x = left + (wide - opening) / 2
    for first, last in view.free:
        top, tall = TOP + (view.units - last) * pitch, (last - first + 1) * pitch
        look = paint(hatch=document.hatch("free"), stroke="line")
        lines = [
            line(x, top + n * pitch, x + opening, top + n * pitch, paint(stroke="line", dash="3 3"))
            for n in range(1, last - first + 1)
        ]
        span = f"{_unit(view).lower()}{first}" + (f"{DASH}{last}" if last > first else "")
        parts.append(group(f"free: {span}", [rect(x, top, opening, tall, look), *lines]))
        text = f"{span} · {last - first + 1} {_unit(view)} free"
        parts.append(label(names + 12, top + tall / 2 + 4, text, NAMES_W - 12, size=10.5, ink="good-ink"))
        parts.append(_bracket(names, top, tall))
    return parts


def _bracket(x: float, top: float, tall: float) -> str:
    return line(x + 3, top + 4, x + 3, top + tall - 4, paint(stroke="edge", width=1.2))


def _address_room(view: RackView) -> float:
    widest = max((width_of(_short(view, tray), 10.5, bold=True) for tray in view.trays), default=0)
    return min(widest + 12, NAMES_W * 0.5)


def _short(view: RackView, tray: TrayView) -> str:
    return tray.instance.address.removeprefix(view.rack.address + ".")


def _name(view: RackView, tray: TrayView, box: tuple[float, float, float, float], x: float, column: float) -> list[str]:
    _, top, _, tall = box
    inside = _inside(tray) if tall > 40 else ""
    middle = top + tall / 2 + (-3.5 if inside else 4)
    rating = tray.instance.part.typ("rating", "kW") if tray.instance.part.role == "power-shelf" else None
    feed = tray.instance.part.text("feed")
    title = (f"feed {feed} · " if feed else "") + brief_title(tray.instance)
    if rating is not None and f"{rating:g} kW" not in title:
        title += f" · {rating:g} kW"
    ink = "ink" if tray.instance.populated else "muted"
    parts = [
        _bracket(x, top, tall),
        label(x + 12, middle, _short(view, tray), column - 8, size=10.5, bold=True, ink=ink, tail=True),
        label(x + 12 + column, middle, title, NAMES_W - 12 - column, size=10.5, ink="muted"),
    ]
    if inside:
        parts.append(label(x + 12, middle + 15, inside, NAMES_W - 12, size=10, ink="muted"))
    return parts


def _inside(tray: TrayView) -> str:
    counts: dict[str, int] = {}
    for i in tray.inside:
        counts[i.part.role] = counts.get(i.part.role, 0) + (i.index not in tray.left_out)
    out = len(tray.left_out)
    text = ", ".join(count_of(role, count) for role, count in {**counts, **tray.others}.items())
    return text + (f", {out} left out" if out else "")
