"""What one rack's elevation shows, gathered from the Plan before anything is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackc.backends.drawing.stand import descendants
from rackc.compiler.analyse.report import RackReport, Report
from rackc.compiler.plan import Instance, PartType, Place, Plan, PoolController

#: What is drawn inside a tray, in this order from the left.
DRAWN = ("gpu", "cpu", "switch", "memory-controller", "nic", "dpu", "storage")
MOST_BLOCKS = 64


@dataclass(frozen=True, slots=True)
class TrayView:
    """One placed thing and what is drawn in it.

    `modules` is (count, GiB each) by memory card, `left_out` are candidates that carry nothing, `others` counts what is
    inside but not drawn by role, and `ports` is the tray's own number of ports.
    """

    instance: Instance
    place: Place
    inside: tuple[Instance, ...]
    modules: dict[int, tuple[int, int]]
    left_out: frozenset[int]
    others: dict[str, int]
    supplies: int
    ports: int


@dataclass(frozen=True, slots=True)
class RackView:
    """One rack: its trays from the floor up, and what stands in it without a position, beyond it, or in too great number.

    `free` are runs of units (first, last) in which nothing stands.
    """

    rack: Instance
    units: int
    pitch_mm: float
    report: RackReport | None
    trays: tuple[TrayView, ...]
    free: tuple[tuple[int, int], ...]
    unplaced: tuple[Instance, ...]
    outside: tuple[Instance, ...]
    overfull: tuple[tuple[Instance, int], ...]
    counts: tuple[tuple[str, int], ...]


def view_of(plan: Plan, report: Report, kids: dict[int, list[Instance]], rack: Instance) -> RackView:
    """Return what the elevation of `rack` shows."""
    placed = [(i, i.place) for i in plan.instances if i.place is not None and i.place.rack == rack.index]
    placed.sort(key=lambda pair: (pair[1].unit, pair[0].index))
    figures = report.rack(rack.index)
    units = _units(rack, figures, [place for _, place in placed])
    decided = {c.instance: c for pool in plan.pools for c in pool.controllers}
    ports = Counter(port.owner for port in plan.ports)
    trays = tuple(_tray(kids, i, place, decided, ports[i.index]) for i, place in placed)
    return RackView(
        rack,
        units,
        placed[0][1].pitch_mm if placed else _empty_pitch(figures),
        figures,
        trays,
        _free_runs(units, trays),
        tuple(i for i in kids.get(rack.index, ()) if _is_unplaced(i)),
        tuple(i for i, place in placed if place.unit < 1 or place.unit + place.height - 1 > units),
        tuple((tray.instance, _known(kids, tray.instance)) for tray in trays if len(tray.inside) == MOST_BLOCKS),
        _counts(kids, trays),
    )


def _free_runs(units: int, trays: tuple[TrayView, ...]) -> tuple[tuple[int, int], ...]:
    """Return runs (first, last) of units in which nothing that is fitted stands, from the floor up."""
    fitted = [tray.place for tray in trays if tray.instance.populated]
    taken = {unit for place in fitted for unit in range(place.unit, place.unit + place.height)}
    runs: list[tuple[int, int]] = []
    for unit in (u for u in range(1, units + 1) if u not in taken):
        if runs and runs[-1][1] == unit - 1:
            runs[-1] = (runs[-1][0], unit)
        else:
            runs.append((unit, unit))
    return tuple(runs)


def _is_unplaced(i: Instance) -> bool:
    return i.place is None and i.populated and i.part.kind in ("tray", "shelf", "part")


def _units(rack: Instance, figures: RackReport | None, places: list[Place]) -> int:
    if figures is not None:
        return max(figures.units, 1)
    stated = next((u for unit in ("", "U", "OU") if (u := _read(rack.part, "units", unit))), None)
    return max([int(stated or 1), *(place.unit + place.height - 1 for place in places)])


def _read(part: PartType, name: str, unit: str) -> float | None:
    try:
        return part.typ(name, unit)
    except ValueError:
        return None


def _empty_pitch(figures: RackReport | None) -> float:
    return 48.0 if figures is not None and figures.pitch.upper().startswith("OU") else 44.45


def _tray(
    kids: dict[int, list[Instance]], instance: Instance, place: Place, decided: dict[int, PoolController], ports: int
) -> TrayView:
    everything = [i for i in descendants(kids, instance.index) if i.place is None]
    inside = [i for i in everything if i.part.role in DRAWN]
    inside.sort(key=lambda i: (DRAWN.index(i.part.role), i.slot or 0, i.index))
    return TrayView(
        instance,
        place,
        tuple(inside[:MOST_BLOCKS]),
        {i.index: _modules(kids, i, decided.get(i.index)) for i in inside if i.part.role == "memory-controller"},
        frozenset(i.index for i in inside if _left_out(i, decided.get(i.index))),
        _others(everything),
        _supplies(kids, instance),
        ports,
    )


def _left_out(i: Instance, decided: PoolController | None) -> bool:
    return not i.populated or (decided is not None and not decided.populated)


def _modules(kids: dict[int, list[Instance]], card: Instance, decided: PoolController | None) -> tuple[int, int]:
    """Return how many modules a card carries and the GiB of each: as the pool decided, or as the design says."""
    if decided is not None:
        return decided.pieces, decided.capacity_gib // decided.pieces if decided.pieces else 0
    fitted = [i.part for i in kids.get(card.index, ()) if i.part.role == "memory" and i.populated]
    return len(fitted), round(_read(fitted[0], "capacity", "GiB") or 0) if fitted else 0


def _others(everything: list[Instance]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for i in everything:
        if i.part.role in ("chiplet", "memory") and i.populated:
            counts[i.part.role] = counts.get(i.part.role, 0) + 1
    return counts


def _supplies(kids: dict[int, list[Instance]], instance: Instance) -> int:
    if instance.part.role != "power-shelf":
        return 0
    inside = sum(i.populated for i in kids.get(instance.index, ()))
    return inside or int(instance.part.typ("supplies", "") or 0)


def _known(kids: dict[int, list[Instance]], instance: Instance) -> int:
    known = sum(i.part.role in DRAWN for i in descendants(kids, instance.index))
    return known if known > MOST_BLOCKS else 0


def _counts(kids: dict[int, list[Instance]], trays: tuple[TrayView, ...]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for tray in trays:
        for i in (tray.instance, *descendants(kids, tray.instance.index)):
            if i.part.role and i.populated:
                counts[i.part.role] = counts.get(i.part.role, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
