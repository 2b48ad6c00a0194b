"""The sheet of one pool: map, demand over time, and the column of figures."""

from __future__ import annotations

from rackc.backends.drawing.furniture import header, heading
from rackc.backends.drawing.letters import TIMES
from rackc.backends.drawing.names import counted, sheet_name, short_capacity, slug
from rackc.backends.drawing.palette import SERIES
from rackc.backends.drawing.stand import common_prefix, tray_of
from rackc.backends.drawing.svg import Document, group, label, num, paint, path, rect
from rackc.backends.pool.bands import LEFT_OUT, Map, Shelf, map_of
from rackc.backends.pool.chart import CHART_H, draw_chart
from rackc.backends.pool.summary import summary
from rackc.compiler.amounts import plural
from rackc.compiler.analyse.report import PoolReport
from rackc.compiler.plan import Instance, Plan, Pool, PoolController

MARGIN, TOP = 28.0, 92.0
HOST_W, BAND_W, CARD_W, SIDE_W, GAP = 190.0, 330.0, 250.0, 330.0, 34.0

#: Names of hosts beyond so many letters are written smaller.
SHORT_NAME = 12


def draw_pool(plan: Plan, pool: Pool, report: PoolReport | None, stem: str) -> bytes:
    """Return the drawing of one pool."""
    fitted = sum(controller.populated for controller in pool.controllers)
    facts = (
        counted(len(pool.hosts), "host"),
        f"{fitted} of {plural(len(pool.controllers), 'switch' if pool.switched else 'controller')} fitted",
        f"{short_capacity(pool.capacity_gib)} fitted",
        f"demand {pool.demand_name} ({pool.demand_class}, reader {pool.reader})",
        pool.assignment,
    )
    document = Document(slug(stem), f"{sheet_name(plan)}: pool {pool.address}", ", ".join(facts))
    width = 2 * MARGIN + HOST_W + BAND_W + CARD_W + GAP + SIDE_W
    document.add(*header(MARGIN, 24, width - 2 * MARGIN, sheet_name(plan), pool.address, " · ".join(facts)))
    layout = map_of(plan, pool)
    names = _names(plan, pool)
    _draw_map(document, plan, pool, layout, names, TOP)
    room = HOST_W + BAND_W + CARD_W
    y = TOP + 30 + layout.height + 30
    draw_chart(document, pool, names, MARGIN, y, room)
    side = (width - MARGIN - SIDE_W, TOP, SIDE_W)
    foot = summary(document, plan, pool, report, side, y + CHART_H)
    return document.text(width, max(y + CHART_H, foot) + MARGIN)


def _names(plan: Plan, pool: Pool) -> tuple[str, ...]:
    addresses = [plan.instances[host].address for host in pool.hosts]
    prefix = common_prefix([*addresses, *(plan.instances[c.instance].address for c in pool.controllers)])
    return tuple(address.removeprefix(prefix) for address in addresses)


def ground_of(host: int) -> str:
    """Return the ground of a host by its position."""
    return SERIES[host % len(SERIES)]


def repeated(document: Document, host: int) -> str:
    """Return the hatch laid over a host's colour where the palette is used again, or ""."""
    return document.hatch("repeat") if host >= len(SERIES) else ""


def _draw_map(document: Document, plan: Plan, pool: Pool, layout: Map, names: tuple[str, ...], y: float) -> None:
    right = MARGIN + HOST_W + BAND_W
    document.add(*heading(MARGIN, y, HOST_W, "hosts: most held at once"))
    document.add(*heading(MARGIN + HOST_W + 16, y, BAND_W - 32, "a band is a link, as wide as its largest slice"))
    document.add(*heading(right, y, CARD_W, "controllers by shelf"))
    y += 30
    for shelf in layout.shelves:
        document.add(_shelf(document, plan, pool, shelf, right, y))
    for band in layout.bands:
        title = f"{names[band.host]} to {plan.instances[pool.controllers[band.controller].instance].address}: "
        shape = _band(MARGIN + HOST_W, right + 8, y + band.left[0], band.left[1], y + band.right[0], band.right[1])
        looks = [paint(ground_of(band.host), opacity=0.72)]
        if hatch := repeated(document, band.host):
            looks.append(paint(hatch=hatch, opacity=0.72))
        document.add(group(f"{title}{band.peak_gib:,} GiB at most", [path(shape, look) for look in looks]))
    for host, (top, height) in enumerate(layout.hosts):
        document.add(_host(document, plan, pool, host, names[host], y + top, height))
    for position, (top, height) in layout.controllers.items():
        document.add(_controller(plan, pool.controllers[position], right + 8, y + top, CARD_W - 16, height))


def _band(x1: float, x2: float, top1: float, thick1: float, top2: float, thick2: float) -> str:
    middle = (x1 + x2) / 2
    return (
        f"M{num(x1)},{num(top1)} C{num(middle)},{num(top1)} {num(middle)},{num(top2)} {num(x2)},{num(top2)} "
        f"L{num(x2)},{num(top2 + thick2)} "
        f"C{num(middle)},{num(top2 + thick2)} {num(middle)},{num(top1 + thick1)} {num(x1)},{num(top1 + thick1)} Z"
    )


def _host(document: Document, plan: Plan, pool: Pool, host: int, name: str, y: float, height: float) -> str:
    most = max((row[host] for row in pool.demand_gib), default=0)
    middle = y + height / 2
    parts = [
        rect(MARGIN, y, HOST_W - 12, height, paint("tray", "edge"), 3),
        rect(MARGIN + HOST_W - 12, y, 12, height, paint(ground_of(host)), 0),
    ]
    if hatch := repeated(document, host):
        parts.append(rect(MARGIN + HOST_W - 12, y, 12, height, paint(hatch=hatch)))
    text = short_capacity(most)
    size, room = (11.5, 88.0) if len(name) <= SHORT_NAME else (10.0, HOST_W - 40 - 6.6 * len(text))
    parts.append(label(MARGIN + 10, middle + 4, name, room, size=size, on="tray", bold=True, tail=True))
    parts.append(label(MARGIN + HOST_W - 22, middle + 4, text, 70, size=11, on="tray", ink="muted", anchor="end"))
    return group(f"{plan.instances[pool.hosts[host]].address}: {text} at most", parts)


def _shelf(document: Document, plan: Plan, pool: Pool, shelf: Shelf, x: float, y: float) -> str:
    top = y + shelf.top
    out = [plan.instances[pool.controllers[k].instance] for k in shelf.left_out]
    parts = [
        rect(x, top, CARD_W, shelf.height, paint("panel", "edge"), 4),
        label(x + 10, top + 15, shelf.tray.address, CARD_W - 110, 10.5, on="panel", bold=True, tail=True),
    ]
    note = f"{len(shelf.fitted)} fitted" + (f", {len(out)} left out" if out else "")
    parts.append(label(x + CARD_W - 10, top + 15, note, 120, 9.5, on="panel", ink="muted", anchor="end"))
    foot = top + shelf.height - 4 - LEFT_OUT * -(-len(out) // 12)
    look = paint(hatch=document.hatch("left-out"), stroke="edge", width=0.8, dash="3 2")
    for n, instance in enumerate(out):
        left = x + 8 + (CARD_W - 16) / 12 * (n % 12)
        parts.append(
            group(f"{instance.address}: candidate left out", [rect(left, foot + LEFT_OUT * (n // 12), 16, 13, look, 2)])
        )
    return group(shelf.tray.address, parts)


def _controller(plan: Plan, controller: PoolController, x: float, y: float, wide: float, height: float) -> str:
    instance = plan.instances[controller.instance]
    each = controller.capacity_gib // controller.pieces if controller.pieces else 0
    fitted = f"{controller.pieces} {TIMES} {each:,} GiB = {short_capacity(controller.capacity_gib)}"
    middle = y + height / 2
    name = _below(plan, instance)
    parts = [
        rect(x, y, wide, height, paint("tray", "edge"), 3),
        *_modules(controller, x + wide - 52, y, height),
        label(x + 12, middle - 3, name, wide - 74, size=11.5, on="tray", bold=True, tail=True),
        label(x + 12, middle + 11, fitted, wide - 70, size=10, on="tray", ink="muted"),
    ]
    return group(f"{instance.address}: {fitted}, {_module_name(controller)}", parts)


def _below(plan: Plan, instance: Instance) -> str:
    return instance.address.removeprefix(tray_of(plan, instance.index).address + ".")


def _module_name(controller: PoolController) -> str:
    return (controller.module.title or controller.module.name) if controller.module else "memory of its own"


def _modules(controller: PoolController, x: float, y: float, height: float) -> list[str]:
    """Draw the modules of a controller as upright bars, at most eight."""
    count = min(controller.pieces, 8)
    tall = min(height - 10, 26.0)
    top = y + (height - tall) / 2
    return [rect(x + 44 - 5.5 * (count - n), top, 4, tall, paint("yellow", "dark-ink", 0.6), 0.5) for n in range(count)]
