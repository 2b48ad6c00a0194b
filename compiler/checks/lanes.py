"""The ledger of lanes: every lane of a part counted once, and a wide port split only as its part allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil

from rackc.compiler.media import figure, text, words
from rackc.compiler.model import Model
from rackc.compiler.shape import PortGroup, Shape
from rackc.compiler.training import ON_PCIE, protocols
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_lanes(model: Model) -> Iterator[Diagnostic]:
    """Yield parts with more lanes in their ports than they have, and ports split as their part does not allow."""
    for _, shape, rows in model.standing():
        groups = [group for group in shape.ports if _lanes(group) and ON_PCIE & set(protocols(group.interface))]
        if groups:
            name = model.address(int(rows[0])) + (f" and {len(rows) - 1:,} like it" if len(rows) > 1 else "")
            yield from _total(shape, groups, name)
            yield from _splits(shape, groups, name)
            yield from _balance(shape, groups, name)


def _size(group: PortGroup) -> int:
    return 1 if group.count is None else group.count


def _lanes(group: PortGroup) -> int:
    return int(figure(group.interface, "lanes", "") or 0)


def _sum(groups: list[PortGroup], way: str | None = None) -> int:
    """Return the lanes of ports, of one direction where one is asked for."""
    return sum(_size(g) * _lanes(g) for g in groups if way is None or text(g.interface, "direction") == way)


def _used(shape: Shape, groups: list[PortGroup]) -> int:
    """Return the lanes that ports take; what passes through a retimer takes one lane of it on both sides."""
    if text(shape, "role") != "retimer":
        return _sum(groups)
    return max(_sum(groups, "up"), _sum(groups, "down"), ceil(_sum(groups) / 2))


def _total(shape: Shape, groups: list[PortGroup], name: str) -> Iterator[Diagnostic]:
    total = figure(shape, "lanes_total", "", "low")
    used = _used(shape, groups)
    if total is None or used <= total:
        return
    widest = max(groups, key=lambda g: _size(g) * _lanes(g))
    yield Diagnostic(
        Code.LANES_TOTAL, f"{name} has {used:,} lanes in its ports and {total:,.0f} in all",
        Label(widest.span, f"{_size(widest) * _lanes(widest):,} of them"),
        (Label(shape.spans.get("lanes_total", shape.span), f"{total:,.0f} lanes"),),
        (f"take {used - total:,.0f} lanes away: fewer ports, or narrower ones",),
    )  # fmt: skip


def _ways(shape: Shape) -> set[tuple[int, int]]:
    """Return the splits a part lists, as (ports, lanes each): `4x4` is four ports of four lanes."""
    found = (re.fullmatch(r"(\d+)x(\d+)", split) for split in words(shape, "splits"))
    return {(int(one[1]), int(one[2])) for one in found if one}


def _splits(shape: Shape, groups: list[PortGroup], name: str) -> Iterator[Diagnostic]:
    """R20: a group of lanes is split evenly, and as `splits` lists (AL-ARIES5: 1x16, 2x8, 4x4, 8x2)."""
    ways = _ways(shape)
    for group in groups:
        of, each = _group_of(shape, group), _lanes(group)
        if of is None:
            continue
        many = of // each
        if of % each or (ways and (many, each) not in ways):
            listed = ", ".join(words(shape, "splits"))
            yield Diagnostic(
                Code.SPLIT, f"{name} splits x{of} into ports of x{each}" + (", which leaves lanes over" if of % each else ""),
                Label(group.span, f"{_size(group)} x{each}"),
                (Label(shape.spans.get("splits", shape.span), listed or "no splits are listed"),),
                (f"it can be split as {listed}" if listed else "list the `splits` that the part allows",),
            )  # fmt: skip


def _group_of(shape: Shape, group: PortGroup) -> int | None:
    """Return how many lanes ports are split of: what the port says; on a retimer all of its lanes, on each side."""
    stated = figure(group.interface, "split_of", "")
    if stated is None and text(shape, "role") == "retimer" and words(shape, "splits"):
        stated = figure(shape, "lanes_total", "")
    return None if stated is None else int(stated)


def _balance(shape: Shape, groups: list[PortGroup], name: str) -> Iterator[Diagnostic]:
    """Warn of a gearbox with more bandwidth below than above: two x16 of PCIe 5 are one x16 of PCIe 6 (AL-GEARBOX)."""
    if text(shape, "role") != "gearbox":
        return
    sides = {way: [g for g in groups if text(g.interface, "direction") == way] for way in ("up", "down")}
    up, down = (_moves(side) for side in sides.values())
    if up is None or down is None or down <= up:
        return
    yield Diagnostic(
        Code.GEARBOX, f"{name} has ports down for {down / up:.3g} times what its ports up can move",
        Label(sides["down"][0].span, "down"), (Label(sides["up"][0].span, "up"),),
        ("a lane of PCIe 6 moves what two lanes of PCIe 5 do: fewer ports down, or more up",),
    )  # fmt: skip


def _moves(side: list[PortGroup]) -> float | None:
    """Return what ports can move, in lanes of generation 0; None where one states no generation."""
    generations = [figure(group.interface, "generation", "") for group in side]
    if not side or None in generations:
        return None
    return sum(_size(g) * _lanes(g) * 2.0 ** (n or 0) for g, n in zip(side, generations, strict=True))
