"""Cables where they run: how tightly they bend, how full the vertical manager is, how near power cables are (R23, R28)."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi
from typing import Final

import numpy as np

from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.media import figure, text
from rackc.compiler.reach import OPTICAL
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: Diameters to which copper bends: 5 to 7 are asked for, so 7 is sure (AL-224G). Installed fibre takes 10 (PR-CABLING).
_COPPER_BEND: Final = (5, 7)
_FIBRE_BEND: Final = (10, 10)

#: A manager is full at 40 to 50 % (PR-CABLING).
_FULL: Final = (0.4, 0.5)

#: Data from power cables (PR-CABLING).
_SEPARATION_M: Final = 0.3


def check_bends(planned: Planned) -> Iterator[Diagnostic]:
    """Warn of cables that are said to bend more tightly than cables of their kind do."""
    shapes = planned.plugged.shapes
    for k in np.unique(planned.plugged.carrier).tolist():
        carrier = shapes[k]
        radius, diameter = figure(carrier, "bend_radius", "mm", "low"), figure(carrier, "diameter", "mm", "high")
        least, sure = _bends(text(carrier, "construction"))
        if radius is None or diameter is None or not sure or radius >= sure * diameter * (1 - 1e-9):
            continue
        asked = f"{least} to {sure}" if least < sure else f"{sure}"
        yield Diagnostic(
            Code.BEND, f"`{carrier.name}` bends to {radius:g} mm, {radius / diameter:.3g} times its diameter of {diameter:g} mm: {asked} are asked for",
            Label(carrier.spans.get("bend_radius", carrier.span), "stated here"),
            (Label(carrier.spans.get("diameter", carrier.span), "its diameter"),),
            (f"plan with {sure * diameter:g} mm, or use a thinner cable",),
        )  # fmt: skip


def _bends(construction: str) -> tuple[int, int]:
    """Return how many diameters a cable bends to, by the least that is asked and what is sure; zero where not known."""
    if construction in OPTICAL:
        return _FIBRE_BEND
    return _COPPER_BEND if construction else (0, 0)


def check_routing(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks whose cables have no room to bend, fill the manager, or run too near to power."""
    of = planned.plan.columns
    racks = [of.parts[int(of.part[rack])] for rack in of.racks.tolist()]
    names = ("bend_space", "cable_area", "power_separation")
    if not len(planned.plugged.a) or not any(name in part.figures for part in racks for name in names):
        return
    routed = _Routed(planned)
    yield from _space(planned, routed)
    yield from _fill(planned, routed)
    yield from _separation(planned, routed)


class _Routed:
    """Cables between trays: the racks at both ends, -1 for none, and the carrier of each; a splitter is one cable."""

    def __init__(self, planned: Planned) -> None:
        of, plugged = planned.plan.columns, planned.plugged
        a, b = of.owner[plugged.a], of.owner[plugged.b]
        trays = of.within(a, ("tray", "shelf")), of.within(b, ("tray", "shelf"))
        out = np.flatnonzero((trays[0] != trays[1]) | (trays[0] < 0))
        rack = np.concatenate((of.within(a[out], ("rack",)), of.within(b[out], ("rack",))))
        unit, carrier = np.tile(plugged.unit[out], 2), np.tile(plugged.carrier[out], 2)
        # A cable with both ends in a rack, or with two legs in it, is in its manager once.
        _, once = np.unique(np.stack((rack, unit)), axis=1, return_index=True)
        once = once[rack[once] >= 0]
        self.rack: Ints = rack[once]
        self.carrier: Ints = carrier[once]
        self.shapes = plugged.shapes

    def figures(self, name: str, unit: str) -> Floats:
        """Return a figure of every cable's carrier at its high end, nan where it states none."""
        read = (figure(shape, name, unit, "high") for shape in self.shapes)
        return np.array([np.nan if value is None else value for value in read])[self.carrier]


def _stated(planned: Planned, name: str, unit: str) -> Floats:
    """Return what racks state, by instance, nan for all else."""
    of = planned.plan.columns
    low = np.array([np.nan if (v := part.low(name, unit)) is None else v for part in of.parts])
    found = np.full(len(of.parent), np.nan)
    found[of.racks] = low[of.part[of.racks]]
    return found


def _alike(planned: Planned, racks: Ints, said: Floats) -> Iterator[tuple[list[int], float]]:
    """Yield racks of one definition of which the same is said, and that."""
    of = planned.plan.columns
    kinds: dict[tuple[int, float], list[int]] = {}
    for rack, value in zip(racks.tolist(), said.tolist(), strict=True):
        kinds.setdefault((int(of.part[rack]), round(value, 6)), []).append(rack)
    yield from ((alike, value) for (_, value), alike in kinds.items())


def _rack(planned: Planned, rack: int, name: str, said: str) -> Label:
    shape: Shape = planned.model.shape_at(rack)
    return Label(shape.spans.get(name, shape.span), said)


def _space(planned: Planned, routed: _Routed) -> Iterator[Diagnostic]:
    """A cable leaves its port straight, and bends in the room behind it."""
    space, radius = _stated(planned, "bend_space", "mm"), routed.figures("bend_radius", "mm")
    tight = np.flatnonzero(radius > space[routed.rack] * (1 + 1e-9))
    rows, at = np.unique(
        np.stack((planned.plan.columns.part[routed.rack[tight]], routed.carrier[tight])), axis=1, return_index=True
    )
    for k in sorted(tight[at].tolist()) if rows.size else ():
        rack, carrier = int(routed.rack[k]), routed.shapes[int(routed.carrier[k])]
        yield Diagnostic(
            Code.BEND, f"{planned.model.address(rack)} leaves {space[rack]:g} mm behind its ports; `{carrier.name}` bends to {radius[k]:g} mm",
            _rack(planned, rack, "bend_space", "room to bend"),
            (Label(carrier.spans.get("bend_radius", carrier.span), "carrier"),), ("use a thinner cable, or a deeper rack",),
        )  # fmt: skip


def _fill(planned: Planned, routed: _Routed) -> Iterator[Diagnostic]:
    """The sections of the cables against that of the manager; those without a diameter are left out."""
    area, diameter = _stated(planned, "cable_area", "mm2"), routed.figures("diameter", "mm")
    known = np.bincount(routed.rack, np.nan_to_num(diameter) ** 2 * pi / 4, len(area))
    silent = np.bincount(routed.rack, np.isnan(diameter), len(area))
    share = known / area
    full = np.flatnonzero(~np.isnan(share) & (share > _FULL[0] * (1 + 1e-9)))
    for alike, filled in _alike(planned, full, share[full]):
        rack = alike[0]
        more = f", and {silent[rack]:,.0f} state no diameter" if silent[rack] else ""
        code = Code.FILL if filled > _FULL[1] * (1 + 1e-9) else Code.FILL_NEAR
        yield Diagnostic(
            code, f"cables fill {filled:.0%} of the manager of {planned.named(alike)}{more}; it is full at 40 to 50 %",
            _rack(planned, rack, "cable_area", f"{area[rack] / 100:g} cm2"),
            hints=("use thinner cables, fewer with more links each, or a wider manager",),
        )  # fmt: skip


def _separation(planned: Planned, routed: _Routed) -> Iterator[Diagnostic]:
    """Copper beside power picks up its noise; fibre does not."""
    away = _stated(planned, "power_separation", "m")
    copper: Flags = np.array([text(shape, "construction") not in OPTICAL for shape in routed.shapes], bool)[
        routed.carrier
    ]
    racks = np.unique(routed.rack[copper])
    near = racks[away[racks] < _SEPARATION_M * (1 - 1e-9)]
    for alike, metres in _alike(planned, near, away[near]):
        yield Diagnostic(
            Code.SEPARATION, f"copper runs {metres * 1000:g} mm from the power cables of {planned.named(alike)}; {_SEPARATION_M * 1000:g} mm are asked for",
            _rack(planned, alike[0], "power_separation", "stated here"),
            hints=("keep them further apart, cross at right angles, or use fibre",),
        )  # fmt: skip
