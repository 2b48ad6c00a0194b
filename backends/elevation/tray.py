"""One tray's front, drawn to scale: the faceplate and what is inside it."""

from __future__ import annotations

from rackc.backends.drawing.letters import DASH, TIMES, clean, width_of
from rackc.backends.drawing.palette import FEEDS, INKS, ROLE_GROUND, ROLE_SHORT
from rackc.backends.drawing.stand import brief_title, title_of
from rackc.backends.drawing.svg import Document, circle, group, label, line, paint, rect
from rackc.backends.elevation.rack import TrayView
from rackc.compiler.plan import Instance

EAR = 11.0
#: Preferred widths in pixels; roles in `STACKED` stand two by two.
_WIDTHS = {"gpu": 31.0, "cpu": 27.0, "switch": 74.0, "memory-controller": 30.0, "nic": 13.0, "dpu": 16.0}
STACKED = ("nic", "dpu", "storage")
NAMED_BY_GROUP = ("gpu", "cpu")
#: Roles in the upper row of a tray that needs two.
UPPER = ("gpu", "switch", "memory-controller")

Box = tuple[float, float, float, float]


def draw_tray(document: Document, tray: TrayView, box: Box) -> str:
    """Return the tray in `box` (x, y, width, height)."""
    x, y, w, h = box
    i = tray.instance
    if not i.populated:
        look = paint(hatch=document.hatch("left-out"), stroke="edge", dash="4 3")
        return group(f"{i.address}: left out", [rect(x, y, w, h, look, 2)])
    inner = (x + EAR, y + 3, w - 2 * EAR, h - 6)
    parts = [rect(x, y, w, h, paint("tray", "edge"), 2), *_ears(box)]
    if i.part.role == "power-shelf":
        parts += _supplies(tray, inner)
    elif tray.inside:
        parts += _contents(document, tray, _under_caption(parts, tray, inner))
    else:
        parts += _plain(tray, inner)
    return group(f"{i.address}: {title_of(i)}, {_spell_place(tray)}", parts)


def _spell_place(tray: TrayView) -> str:
    place = tray.place
    unit = "ou" if place.pitch_mm > 46 else "u"
    return f"{unit}{place.unit}" if place.height == 1 else f"{unit}{place.unit}{DASH}{place.unit + place.height - 1}"


def _ears(box: Box) -> list[str]:
    x, y, w, h = box
    rows = (y + h / 2,) if h < 40 else (y + 8, y + h - 8)
    parts = [line(x + s, y + 1, x + s, y + h - 1, paint(stroke="line")) for s in (EAR - 2, w - EAR + 2)]
    parts += [circle(x + s, row, 1.7, paint("frame")) for row in rows for s in (4.5, w - 4.5)]
    return parts


def _under_caption(parts: list[str], tray: TrayView, inner: Box) -> Box:
    """Add the part's title where the tray is tall enough, and return the box that is left."""
    x, y, w, h = inner
    if h < 62:
        return inner
    parts.append(label(x + 2, y + 11, brief_title(tray.instance), w - 4, size=9.5, on="tray", ink="muted"))
    return (x, y + 16, w, h - 18)


def _plain(tray: TrayView, inner: Box) -> list[str]:
    x, y, w, h = inner
    if tray.ports:
        return _port_row(tray, inner)
    middle = y + h / 2 + 3.5
    text = brief_title(tray.instance)
    return [label(x + w / 2, middle, text, w - 8, size=9.5, on="tray", ink="muted", anchor="middle")]


def _port_row(tray: TrayView, inner: Box) -> list[str]:
    """Draw the tray's own ports as sockets; more than 48 become a count."""
    x, y, w, h = inner
    drawn = min(tray.ports, 48)
    deep = 1 if drawn <= 24 else 2
    across = -(-drawn // deep)
    size = min(7.0, (h - 2) / deep - 1.5)
    step = min(size + 2.5, w / max(across, 1))
    left, top = x + (w - across * step) / 2, y + (h - deep * (size + 1.5)) / 2
    sockets = [
        rect(
            left + step * (n // deep), top + (size + 1.5) * (n % deep), step - 2, size, paint("silver", "edge", 0.7), 1
        )
        for n in range(drawn)
    ]
    return [group(f"{tray.ports} ports", sockets)]


def _supplies(tray: TrayView, inner: Box) -> list[str]:
    x, y, w, h = inner
    feed = tray.instance.part.text("feed")
    tab = 24.0 if feed else 0.0
    parts = []
    if feed:
        ground = FEEDS.get(feed, "silver")
        parts.append(rect(x, y, 20, h, paint(ground), 2))
        if ground == "orange":
            parts.append(rect(x + 1.5, y + 1.5, 17, h - 3, paint(stroke="dark-ink", width=0.8, dash="2 1.5"), 1.5))
        text = label(x + 10, y + h / 2 + 4, feed, 19, size=10.5, on=ground, bold=True, anchor="middle")
        parts.append(group(f"feed {feed}", [text]))
    count = min(tray.supplies, 24)
    step = (w - tab) / max(count, 1)
    for n in range(count):
        left = x + tab + step * n
        parts.append(rect(left, y + 1, step - 3, h - 2, paint("silver", "edge", 0.7), 2))
        parts.append(circle(left + (step - 3) / 2, y + h / 2, min(5, step / 3, h / 3), paint("tray", "edge", 0.8)))
        parts.append(circle(left + (step - 3) / 2, y + h / 2, 1.3, paint("edge")))
    return parts


def _contents(document: Document, tray: TrayView, inner: Box) -> list[str]:
    """Lay blocks out in columns, one a block or two stacked small ones; in two rows where a tall tray holds many."""
    columns = _columns(tray.inside)
    x, y, w, h = inner
    upper = [column for column in columns if column[0].part.role in UPPER]
    lower = [column for column in columns if column[0].part.role not in UPPER]
    if h < 44 or len(columns) <= 6 or not upper or not lower:
        return _row(document, tray, columns, inner)
    half = min((h - 4) / 2, 36.0)
    top = y + (h - 2 * half - 4) / 2
    above = _row(document, tray, upper, (x, top, w, half))
    return above + _row(document, tray, lower, (x, top + half + 4, w, half))


def _row(document: Document, tray: TrayView, columns: list[tuple[Instance, ...]], inner: Box) -> list[str]:
    x, y, w, h = inner
    gap = 2.5
    wanted = sum(_WIDTHS.get(column[0].part.role, 12.0) for column in columns)
    room = w - gap * (len(columns) - 1)
    scale = min(room / wanted, 1.25 if h < 30 else 1.8)
    left = x + (w - wanted * scale - gap * (len(columns) - 1)) / 2
    tall = min(h, 52.0)
    top = y + (h - tall) / 2
    parts = []
    for column in columns:
        wide = _WIDTHS.get(column[0].part.role, 12.0) * scale
        each = (tall - 1.5 * (len(column) - 1)) / len(column)
        for n, i in enumerate(column):
            parts.append(_block(document, tray, i, (left, top + n * (each + 1.5), wide, each)))
        left += wide + gap
    return parts


def _columns(inside: tuple[Instance, ...]) -> list[tuple[Instance, ...]]:
    columns: list[tuple[Instance, ...]] = []
    for i in inside:
        last = columns[-1] if columns else ()
        if i.part.role in STACKED and len(last) == 1 and last[0].part.role == i.part.role:
            columns[-1] = (*last, i)
        else:
            columns.append((i,))
    return columns


def _block(document: Document, tray: TrayView, i: Instance, box: Box) -> str:
    x, y, w, h = box
    role = i.part.role
    if i.index in tray.left_out:
        look = paint(hatch=document.hatch("left-out"), stroke="edge", width=0.8, dash="3 2")
        return group(f"{i.address}: candidate left out", [rect(x + 0.5, y + 0.5, w - 1, h - 1, look, 1.5)])
    ground = ROLE_GROUND[role]
    parts = [rect(x, y, w, h, paint(ground), 1.5)]
    if i.index in tray.modules:
        count, gib = tray.modules[i.index]
        return group(f"{i.address}: {title_of(i)}, {count} {TIMES} {gib} GiB", [*parts, *_modules(count, gib, box)])
    parts += _glyph(i, box)
    return group(f"{i.address}: {title_of(i)}", parts)


def block_text(i: Instance) -> str:
    """Return the word on a block: the author's own short name for a processor (`XPU`), else that of its role."""
    if i.part.role in NAMED_BY_GROUP and 0 < len(i.group) <= 4:
        return clean(i.group).upper()
    return ROLE_SHORT.get(i.part.role, i.part.role)


def _glyph(i: Instance, box: Box) -> list[str]:
    """Return what tells a block's role without its colour: its name, sockets of a NIC, the corner of a DPU."""
    x, y, w, h = box
    role = i.part.role
    ink = INKS[ROLE_GROUND[role]][0]
    if role == "nic":
        side = min(h - 3, 3.4)
        middle = y + (h - side) / 2
        return [rect(x + w / 2 + at, middle, 3.2, side, paint(ink)) for at in (-4.2, 1.0)]
    if role == "dpu":
        return [line(x + 2.5, y + h - 1.8, x + w - 2.5, y + 1.8, paint(stroke=ink, width=1.3))]
    if h < 10:
        return []
    text = block_text(i)
    size = next((s for s in (9.5, 8.5, 7.5) if width_of(clean(text), s, bold=True) <= w - 3 and s * 1.5 < h), None)
    if size is None:
        return []
    return [label(x + w / 2, y + h / 2 + 3, text, w - 3, size=size, on=ROLE_GROUND[role], bold=True, anchor="middle")]


def _modules(fitted: int, gib: int, box: Box) -> list[str]:
    """Draw memory modules as upright bars, with count and size below them where there is room."""
    x, y, w, h = box
    count = min(fitted, 12)
    written = h >= 30 and w >= 24
    tall = h - (15 if written else 5)
    step = min((w - 5) / max(count, 1), 6.0)
    left = x + (w - step * count) / 2
    parts = [
        rect(left + step * n + 0.6, y + 3, step - 1.2, tall, paint("yellow", "dark-ink", 0.6), 0.5)
        for n in range(count)
    ]
    if written:
        text = f"{fitted}{TIMES}{gib}"
        parts.append(label(x + w / 2, y + h - 4, text, w - 1.5, size=7.5, on="pink", anchor="middle"))
    return parts
