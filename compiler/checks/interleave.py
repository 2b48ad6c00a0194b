"""Interleave sets that CXL does not have, regions out of line, and regions finer than the window they lie in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.checks.placing import stands
from rackc.compiler.cxl import network
from rackc.compiler.holders import holders, where
from rackc.compiler.interleave import ALIGNMENT, GRANULARITIES, WAYS, Region, region
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_wanted import instances_of
from rackc.dsl.diagnostics import Code, Diagnostic, Label

_MIB: Final = 1 << 20


def check_interleave(model: Model) -> Iterator[Diagnostic]:
    """Yield sets of ways that there are not, granularities likewise, and regions and windows that do not fit each other."""
    for _, shape, rows in model.standing():
        first = int(rows[0])
        said = region(shape.values, shape.spans, shape.span)
        if said is not None:
            yield from _encodings(model, said, model.address(first), first, _first_target(model, first))
            yield from _lies(said, model.address(first))
        for spec in shape.pools:
            pool = region(spec.values, spec.spans, spec.span)
            if pool is None:
                continue
            cards = instances_of(spec, "controllers", first)
            name = f"{model.address(first)}.{spec.name}" if first else spec.name
            yield from _encodings(model, pool, name, cards[0] if cards else first, cards[0] if cards else -1)
            yield from _lies(pool, name)
    yield from _windows(model)


def _first_target(model: Model, instance: int) -> int:
    """Return a device that a host reaches, -1 where none is known; of a device, itself."""
    net = network(model)
    if net is None:
        return -1
    inside = range(instance, instance + model.shape_at(instance).instances)
    if net.device[instance]:
        return instance
    hosts = np.unique(net.host[inside])
    direct = net.direct[1][np.isin(net.direct[0], hosts[hosts >= 0])]
    fabrics = net.entries[1][np.isin(net.entries[0], hosts[hosts >= 0])]
    found = np.concatenate((direct, net.exits[1][np.isin(net.exits[0], fabrics)]))
    return int(net.instance[found[0]]) if len(found) else -1


def _encodings(model: Model, said: Region, name: str, at: int, target: int) -> Iterator[Diagnostic]:
    """CXL encodes eight numbers of ways and seven granularities (CXL-LINUX)."""
    place = stands(model, at)
    named = f"{name} ({place})" if place else name
    also: tuple[Label, ...] = ()
    if target >= 0:
        group = model.group_at(target)
        also = (
            Label(
                group.span if group else said.span,
                f"a target: {model.address(target)}, {stands(model, target) or 'not placed'}",
            ),
        )
    if said.ways is not None and said.ways not in WAYS:
        near = [str(ways) for ways in WAYS if abs(ways - said.ways) == min(abs(w - said.ways) for w in WAYS)]
        yield Diagnostic(
            Code.INTERLEAVE, f"{named} interleaves over {said.ways} ways; CXL has sets of {_listed(list(WAYS))}",
            Label(said.at("interleave"), "stated here"), also, (f"use {' or '.join(near)} devices to a set",),
        )  # fmt: skip
    if said.granularity is not None and said.granularity not in GRANULARITIES:
        yield Diagnostic(
            Code.INTERLEAVE, f"{named} interleaves by {said.granularity:,} B; CXL has {_listed(list(GRANULARITIES))} B",
            Label(said.at("granularity"), "stated here"), also, ("use one of these powers of two",),
        )  # fmt: skip


def _listed(numbers: list[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _lies(said: Region, name: str) -> Iterator[Diagnostic]:
    """Sizes and bases are multiples of 256 MiB (CXL-CFMWS); of that for each way, for targets to be filled alike."""
    for attribute, value in (("region", said.size), ("region_base", said.base)):
        if value is None:
            continue
        if value % ALIGNMENT or (value == 0 and attribute == "region"):
            below = value // ALIGNMENT * (ALIGNMENT // _MIB)
            yield Diagnostic(
                Code.REGION, f"`{attribute}` of {name} is {value / _MIB:,.10g} MiB, no multiple of 256 MiB",
                Label(said.at(attribute), "stated here"), hints=(f"use {below:,} MiB or {below + 256:,} MiB" if below else "use 256 MiB",),
            )  # fmt: skip
        elif said.ways in WAYS and value % (ALIGNMENT * said.ways):
            yield Diagnostic(
                Code.REGION_WAYS, f"`{attribute}` of {name} is {value // _MIB:,} MiB, no multiple of 256 MiB on each of {said.ways} ways",
                Label(said.at(attribute), "stated here"), (Label(said.at("interleave"), f"{said.ways} ways"),),
                (f"use a multiple of {256 * said.ways:,} MiB",),
            )  # fmt: skip


def _windows(model: Model) -> Iterator[Diagnostic]:
    """A region is no finer than the root window it lies in, unless the window has one way (CXL-LINUX)."""
    states = where(model, lambda shape: "granularity" in shape.values)
    sockets = np.flatnonzero(
        where(model, lambda shape: shape.values.get("role") == "cpu" and "granularity" in shape.values)
    )
    if not len(sockets):
        return
    above = model.parent[sockets]
    around = np.where(above >= 0, holders(model, states)[above], -1)
    sockets, around = sockets[around >= 0], around[around >= 0]
    _, firsts = np.unique(np.stack((model.shape[sockets], model.shape[around])), axis=1, return_index=True)
    for at in sorted(firsts.tolist()):
        yield from _finer(model, int(sockets[at]), int(around[at]))


def _finer(model: Model, socket: int, around: int) -> Iterator[Diagnostic]:
    shapes = model.shape_at(socket), model.shape_at(around)
    window, own = (region(shape.values, shape.spans, shape.span) for shape in shapes)
    if (
        window is None
        or own is None
        or window.granularity is None
        or own.granularity is None
        or window.ways in (None, 1)
    ):
        return
    if own.granularity < window.granularity:
        yield Diagnostic(
            Code.GRANULARITY, f"{model.address(around)} interleaves by {own.granularity} B, finer than the {window.granularity} B of "
            f"{model.address(socket)}'s window of {window.ways} ways",
            Label(own.at("granularity"), "the region"), (Label(window.at("granularity"), "the window"),),
            (f"use {window.granularity} B or more, or a window of one way",),
        )  # fmt: skip
