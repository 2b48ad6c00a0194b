"""The column of figures beside a rack: space, mass, power in each case, what is inside, legend, title block."""

from __future__ import annotations

from rackc.backends.drawing.furniture import Swatch, bar, fact, heading, legend, title_block
from rackc.backends.drawing.letters import TIMES, width_of
from rackc.backends.drawing.names import counted, short_power
from rackc.backends.drawing.palette import ROLE_GROUND
from rackc.backends.drawing.stand import brief_title
from rackc.backends.drawing.svg import Document, label, line, paint, rect
from rackc.backends.elevation.rack import RackView
from rackc.backends.elevation.tray import NAMED_BY_GROUP, block_text
from rackc.compiler.analyse.report import PowerCase, RackReport
from rackc.compiler.plan import Plan

#: Less spare power than this share is no comfort.
THIN = 0.02
_ROLE_NAMES = {
    "gpu": "GPU", "cpu": "CPU", "nic": "NIC (two sockets)", "dpu": "DPU (diagonal)", "switch": "switch chip",
    "storage": "storage",
}  # fmt: skip


def summary(document: Document, plan: Plan, view: RackView, box: tuple[float, float, float], floor: float) -> float:
    """Draw the column in `box` (x, y, width), its title block on the floor, and return where it ends."""
    x, y, room = box
    report = view.report
    if report is not None:
        y = _space_and_mass(document, view, report, x, y, room)
        y = _power(document, report, x, y, room)
    y = _feeds(document, view, x, y, room)
    y = _counts(document, view, x, y, room)
    y = _unplaced(document, view, x, y, room)
    y = _legend(document, view, x, y, room)
    pitch = f"{view.pitch_mm:g} mm a unit, rack 600 mm wide"
    rows = [
        ("design", plan.design),
        ("rack", view.rack.address),
        ("view", "front elevation, to scale"),
        ("pitch", pitch),
        ("source", view.rack.source or plan.file),
    ]
    y = max(y + 4, floor - 20 * len(rows))
    document.add(*title_block(x, y, room, rows))
    return y + 20 * len(rows)


def _space_and_mass(document: Document, view: RackView, report: RackReport, x: float, y: float, room: float) -> float:
    unit = "OU" if view.pitch_mm > 46 else "U"
    free = report.units - report.used_units
    document.add(*heading(x, y, room, "space and mass"))
    document.add(*fact(x, y + 26, room, "units used", f"{report.used_units} of {report.units} {unit}, {free} free"))
    document.add(*bar(x, y + 46, room, report.used_units / max(report.units, 1), "slate"))
    y += 64
    mass, limit = report.mass_kg, report.mass_limit_kg
    value = f"{mass:,.0f} kg" + (f" of {limit:,.0f} kg" if limit is not None else ", no limit stated")
    over = limit is not None and mass > limit
    document.add(*fact(x, y, room, "mass", value, "alarm-ink" if over else "ink"))
    y += 20
    if limit:
        document.add(*bar(x, y, room, mass / limit, "slate", document.hatch("missing") if over else ""))
        y += 14
    if report.unweighed:
        document.add(label(x, y + 9, f"without {report.unweighed} things that state no mass", room, 10, ink="muted"))
        y += 16
    return y + 14


def _power(document: Document, report: RackReport, x: float, y: float, room: float) -> float:
    document.add(*heading(x, y, room, "power: peak load against each case"))
    peak, typical = short_power(report.peak_w), short_power(report.typical_w)
    document.add(*fact(x, y + 26, room, "load", f"{peak} peak, {typical} typical"))
    y += 50
    scale = max([report.peak_w, *(max(case.available_w, case.peak_w) for case in report.cases), 1.0])
    for case in report.cases:
        document.add(*_case(document, case, scale, x, y, room))
        y += 36
    if report.cases:
        text = "outline: what the shelves give; filled: peak; tick: typical"
        document.add(label(x, y + 8, text, room, size=9.5, ink="muted"))
        y += 16
    return y + 12


def _case(document: Document, case: PowerCase, scale: float, x: float, y: float, room: float) -> list[str]:
    """One case: the bar is what the shelves give, the filled part the peak, the tick the typical load."""
    spare = case.available_w - case.peak_w
    verdict = f"{short_power(spare)} spare" if spare >= 0 else f"short of {short_power(-spare)}"
    ink = "good-ink" if spare >= THIN * case.available_w else "alarm-ink"
    given, load = room * case.available_w / scale, room * case.peak_w / scale
    parts = [
        label(x, y + 10, f"{case.name}: {short_power(case.available_w)}", room * 0.58, size=10.5),
        label(x + room, y + 10, verdict, room * 0.4, size=10.5, ink=ink, bold=True, anchor="end"),
        rect(x, y + 16, given, 10, paint("panel", "edge"), 1),
        rect(x, y + 16, min(load, given), 10, paint("slate"), 1),
    ]
    if load > given:
        look = paint(hatch=document.hatch("missing"), stroke="vermilion")
        parts.append(rect(x + given, y + 16, load - given, 10, look))
    tick = x + room * case.typical_w / scale
    parts.append(line(tick, y + 13, tick, y + 29, paint(stroke="ink", width=1.2)))
    return parts


def _feeds(document: Document, view: RackView, x: float, y: float, room: float) -> float:
    feeds: dict[str, list[float]] = {}
    sources = [*(tray.instance for tray in view.trays), *view.unplaced]
    for i in sources:
        if i.part.role in ("power-shelf", "pdu") and i.populated:
            feeds.setdefault(i.part.text("feed") or "not stated", []).append(i.part.typ("rating", "W") or 0)
    kind = "shelf" if any(i.part.role == "power-shelf" for i in sources) else "PDU"
    if not feeds:
        return y
    document.add(*heading(x, y, room, "power feeds"))
    y += 26
    for feed, ratings in sorted(feeds.items()):
        total = f", {short_power(sum(ratings))}" if any(ratings) else ""
        document.add(
            *fact(
                x,
                y,
                room,
                f"feed {feed}",
                f"{counted(len(ratings), kind, 'shelves' if kind == 'shelf' else '')}{total}",
            )
        )
        y += 18
    return y + 14


def _counts(document: Document, view: RackView, x: float, y: float, room: float) -> float:
    if not view.counts:
        return y
    document.add(*heading(x, y, room, "what is in it"))
    y += 26
    deep = -(-len(view.counts) // 2)
    half = room / 2 - 10
    for at, (role, count) in enumerate(view.counts):
        left = x + (room / 2 + 10) * (at // deep)
        document.add(*fact(left, y + 18 * (at % deep), half, role, f"{count:,}"))
    return y + 18 * deep + 14


def _kinds(view: RackView, role: str) -> str:
    """Return what the blocks of a role say: `GPU, XPU`."""
    if role not in NAMED_BY_GROUP:
        return ""
    return ", ".join(sorted({block_text(i) for tray in view.trays for i in tray.inside if i.part.role == role}))


def _unplaced(document: Document, view: RackView, x: float, y: float, room: float) -> float:
    """Name what stands in the rack but in no unit of it, such as zero-U power strips."""
    if not view.unplaced:
        return y
    document.add(*heading(x, y, room, "in no unit of the rack"))
    y += 26
    for i in view.unplaced[:8]:
        name = i.address.removeprefix(view.rack.address + ".")
        taken = min(width_of(name, 11, bold=True), room * 0.5)
        document.add(label(x, y + 12, name, taken, bold=True, tail=True))
        document.add(label(x + room, y + 12, brief_title(i), room - taken - 12, ink="muted", anchor="end"))
        y += 18
    if len(view.unplaced) > 8:
        document.add(label(x, y + 12, f"and {len(view.unplaced) - 8} more", room, ink="muted"))
        y += 18
    return y + 14


def _legend(document: Document, view: RackView, x: float, y: float, room: float) -> float:
    rows: list[Swatch] = []
    shown = {i.part.role for tray in view.trays for i in tray.inside}
    rows += [
        (paint(ROLE_GROUND[role]), _kinds(view, role) or name) for role, name in _ROLE_NAMES.items() if role in shown
    ]
    if "memory-controller" in shown:
        rows.append((paint("pink"), f"card: modules {TIMES} GiB"))
        rows.append((paint("yellow", "dark-ink", 0.6), "memory module"))
    if any(tray.supplies for tray in view.trays):
        rows.append((paint("silver", "edge"), "power supply"))
        rows.append((paint("blue"), "feed A"))
        rows.append((paint("orange", "dark-ink", 0.8, "2 1.5"), "feed B (dashed)"))
    if any(tray.left_out or not tray.instance.populated for tray in view.trays):
        rows.append((paint(hatch=document.hatch("left-out"), stroke="edge", dash="3 2"), "candidate left out"))
    if view.free:
        rows.append((paint(hatch=document.hatch("free"), stroke="line"), "free units"))
    if not rows:
        return y
    document.add(*heading(x, y, room, "legend"))
    document.add(*legend(x, y + 28, room, rows, columns=2))
    return y + 28 + 19 * -(-len(rows) // 2) + 14
