"""The layout of a pool map: a box a host, a box a controller, a band a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rackc.backends.drawing.stand import tray_of
from rackc.compiler.plan import Instance, Plan, Pool

#: Height shared by all bands, and the least that a box needs for its text.
SPREAD, LEAST, GAP, SHELF_HEAD, SHELF_GAP, LEFT_OUT = 420.0, 30.0, 8.0, 22.0, 14.0, 18.0


@dataclass(frozen=True, slots=True)
class Band:
    """One link: its peak slice, and the vertical span it takes at each end."""

    host: int
    controller: int
    peak_gib: int
    left: tuple[float, float]
    right: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One shelf's box: its controllers that are fitted, by position in the pool, and those left out."""

    tray: Instance
    top: float
    height: float
    fitted: tuple[int, ...]
    left_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Where everything stands; spans are (top, height), by position in the pool."""

    hosts: tuple[tuple[float, float], ...]
    controllers: dict[int, tuple[float, float]]
    shelves: tuple[Shelf, ...]
    bands: tuple[Band, ...]
    height: float


def peaks_of(pool: Pool) -> tuple[int, ...]:
    """Return the largest slice of each link over time."""
    return tuple(max((row[k] for row in pool.slices_gib), default=0) for k in range(len(pool.links)))


def map_of(plan: Plan, pool: Pool) -> Map:
    """Return the layout of a pool's map, from y = 0 down."""
    peaks = peaks_of(pool)
    by_host = [[k for k, h in enumerate(pool.link_host) if h == host] for host in range(len(pool.hosts))]
    total = sum(max(sum(peaks[k] for k in mine), 1) for mine in by_host)
    fitted_gib = sum(controller.capacity_gib for controller in pool.controllers)
    boxes = max(len(pool.hosts), sum(controller.populated for controller in pool.controllers))
    scale = min(SPREAD, 90.0 * boxes) / max(total, fitted_gib, 1)
    held = [sum(peaks[k] for k in mine) * scale for mine in by_host]
    groups = _shelves(plan, pool)
    shelves, controllers, right = _right_side(pool, groups, peaks, scale)
    sizes = [max(size, LEAST) for size in held]
    left = sum(sizes) + GAP * max(len(sizes) - 1, 0)
    height = max(left, right, 120.0)
    slack = (height - left) / max(len(sizes), 1)
    hosts, top = [], slack / 2
    for size in sizes:
        hosts.append((top, size))
        top += size + GAP + slack
    shift = (height - right) / 2
    shelves = [Shelf(s.tray, s.top + shift, s.height, s.fitted, s.left_out) for s in shelves]
    controllers = {k: (y + shift, h) for k, (y, h) in controllers.items()}
    return Map(tuple(hosts), controllers, tuple(shelves), _bands(pool, peaks, scale, tuple(hosts), controllers), height)


def _shelves(plan: Plan, pool: Pool) -> list[tuple[Instance, list[int]]]:
    """Return shelves in the pool's order, each with its controllers by position."""
    homes = [tray_of(plan, controller.instance) for controller in pool.controllers]
    trays = {home.index: home for home in homes}.values()
    return [(tray, [k for k, home in enumerate(homes) if home.index == tray.index]) for tray in trays]


def _right_side(
    pool: Pool, groups: list[tuple[Instance, list[int]]], peaks: tuple[int, ...], scale: float
) -> tuple[list[Shelf], dict[int, tuple[float, float]], float]:
    shelves, controllers, top = [], {}, 0.0
    for tray, members in groups:
        fitted = [k for k in members if pool.controllers[k].populated]
        out = [k for k in members if not pool.controllers[k].populated]
        y = top + SHELF_HEAD
        for k in fitted:
            bands = sum(peak for peak, c in zip(peaks, pool.link_controller, strict=True) if c == k)
            size = max(pool.controllers[k].capacity_gib * scale, bands * scale, LEAST + 4)
            controllers[k] = (y, size)
            y += size + 6
        rows = -(-len(out) // 12)
        y += rows * LEFT_OUT + (4 if rows else 0)
        shelves.append(Shelf(tray, top, y + 4 - top, tuple(fitted), tuple(out)))
        top = y + 4 + SHELF_GAP
    return shelves, controllers, max(top - SHELF_GAP, 0)


def _bands(
    pool: Pool,
    peaks: tuple[int, ...],
    scale: float,
    hosts: tuple[tuple[float, float], ...],
    controllers: dict[int, tuple[float, float]],
) -> tuple[Band, ...]:
    """Stack bands at both ends in the order of the other end, so that they cross as little as they can."""
    count = range(len(pool.links))
    drawn = [k for k in count if pool.link_controller[k] in controllers]
    left = _stack(
        drawn, pool.link_host, peaks, scale, lambda h: hosts[h], lambda k: controllers[pool.link_controller[k]][0]
    )
    right = _stack(
        drawn, pool.link_controller, peaks, scale, lambda c: controllers[c], lambda k: hosts[pool.link_host[k]][0]
    )
    return tuple(Band(pool.link_host[k], pool.link_controller[k], peaks[k], left[k], right[k]) for k in drawn)


def _stack(
    links: list[int],
    end: tuple[int, ...],
    peaks: tuple[int, ...],
    scale: float,
    box: Callable[[int], tuple[float, float]],
    other: Callable[[int], float],
) -> dict[int, tuple[float, float]]:
    spans: dict[int, tuple[float, float]] = {}
    for node in sorted({end[k] for k in links}):
        mine = sorted((k for k in links if end[k] == node), key=lambda k: (other(k), k))
        top, height = box(node)
        used = sum(max(peaks[k] * scale, 1.0) for k in mine)
        y = top + (height - used) / 2
        for k in mine:
            thick = max(peaks[k] * scale, 1.0)
            spans[k] = (y, thick)
            y += thick
    return spans
