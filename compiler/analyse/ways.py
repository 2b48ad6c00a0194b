"""Ways between the ends of a fabric by where these stand: in one tray, in one rack, in two racks.

Of few ends every pair is looked at, those that can be exchanged once; of many, those from one end of each class
(`symmetry.colours`) to one other of each class and distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.fabric import Fabric, fabric, fabric_of, managed
from rackc.compiler.analyse.fabrics import is_network
from rackc.compiler.analyse.latency import latencies_ns
from rackc.compiler.analyse.losses import MOST_ENDS
from rackc.compiler.analyse.maxflow import bandwidth, disjoint_paths, separate_paths
from rackc.compiler.analyse.report import Bounds, WayReport
from rackc.compiler.analyse.routes import distances
from rackc.compiler.analyse.symmetry import colours, numbered, orbits
from rackc.compiler.columns import Ints
from rackc.compiler.plan import Plan

#: Pairs that differ that are looked at: at most, in fabrics of so many edges in all, and at least; starts in a large one.
_MOST_PAIRS: Final = 400
_MOST_EDGES: Final = 2e6
_FEW_PAIRS: Final = 12
_MOST_STARTS: Final = 4
#: Where two ends stand.
PLACES: Final = ("in a tray", "in a rack", "between racks")
#: What speaks to each other over all fabrics together.
_TALKING: Final = "gpu"


@dataclass(frozen=True)
class Pairs:
    """Pairs of nodes of a fabric, each standing for `alike` of its kind; `whole` says that none is left out."""

    a: Ints
    b: Ints
    alike: Ints
    whole: bool


def ways(plan: Plan) -> tuple[WayReport, ...]:
    """Return the ways over each fabric with switches, and over all links together where GPUs meet by no one of these."""
    rows: list[WayReport] = []
    for protocol in plan.columns.protocols:
        every = domains(fabric(plan, protocol))
        for kind in every.commonest:
            of = every.fabric_of(kind)
            if of.capacity.any() and is_network(of):
                rows += _of_fabric(plan, protocol, of, of.endpoints, len(every.alike[kind]))
    told = {(row.ends, row.place) for row in rows}
    rows += [row for row in _of_everything(plan) if (row.ends, row.place) not in told]
    return tuple(dict.fromkeys(rows))


def _of_everything(plan: Plan) -> Iterator[WayReport]:
    """Yield the ways between GPUs over links of all kinds, where more than one kind leads from GPU to GPU."""
    of = plan.columns
    rows = np.flatnonzero((of.bandwidth > 0) & ~managed(of) & of.live)
    if len(np.unique(of.protocol[rows])) < 2:
        return
    whole = fabric_of(plan, rows)
    talking = np.array([part.role == _TALKING for part in of.parts], bool)[whole.part]
    every = domains(whole)
    for kind in every.commonest:
        alike, part = every.alike[kind], every.fabric_of(kind)
        ends = np.flatnonzero(talking[every.nodes(int(alike[0]))])
        yield from _of_fabric(plan, "all links", part, ends, len(alike))


def _of_fabric(plan: Plan, name: str, of: Fabric, ends: Ints, alike: int) -> Iterator[WayReport]:
    found = _pairs(plan, of, ends)
    if not len(found.a):
        return
    roles = _roles(plan, of, found)
    place = _place(plan, of, found.a, found.b)
    kinds = numbered(roles, place)
    for kind in np.unique(kinds).tolist():
        here = np.flatnonzero(kinds == kind)
        row = _row(plan, name, of, Pairs(found.a[here], found.b[here], found.alike[here] * alike, found.whole),
                   PLACES[int(place[here[0]])])  # fmt: skip
        if row is not None:
            yield row


def _roles(plan: Plan, of: Fabric, pairs: Pairs) -> Ints:
    number = {role: at for at, role in enumerate(sorted({part.role for part in plan.columns.parts}))}
    role = np.array([number[part.role] for part in plan.columns.parts], np.int64)[of.part]
    return numbered(np.minimum(role[pairs.a], role[pairs.b]), np.maximum(role[pairs.a], role[pairs.b]))


def _place(plan: Plan, of: Fabric, a: Ints, b: Ints) -> Ints:
    """Return which of `PLACES` each pair is in; things that stand in no rack are in one."""
    columns = plan.columns
    tray = columns.stand[of.nodes]
    rack = np.where(tray >= 0, columns.rack[tray], columns.within(of.nodes, ("rack",)))
    return np.where((tray[a] == tray[b]) & (tray[a] >= 0), 0, np.where(rack[a] == rack[b], 1, 2))


def _pairs(plan: Plan, of: Fabric, ends: Ints) -> Pairs:
    if len(ends) <= MOST_ENDS:
        a, b = (ends[at] for at in np.triu_indices(len(ends), 1))
        found = orbits(of, of.part, timed=True)
        pair = np.sort(np.stack((found.of_node[a], found.of_node[b])), axis=0)
        near = found.anchor[a] == found.anchor[b]
        whole, kinds = True, numbered(pair[0], pair[1], near, _place(plan, of, a, b))
    else:
        starts, colour = _starts(of, ends)
        a, b = np.repeat(starts, len(ends)), np.tile(ends, len(starts))
        a, b = a[a != b], b[a != b]
        away = np.concatenate([distances(of, np.array([start]))[ends[ends != start]] for start in starts.tolist()])
        whole, kinds = False, numbered(colour[a], colour[b], away, _place(plan, of, a, b))
    _, first, alike = np.unique(kinds, return_index=True, return_counts=True)
    most = min(_MOST_PAIRS, max(_FEW_PAIRS, int(_MOST_EDGES // len(of.a))))
    some = np.unique(np.linspace(0, len(first) - 1, min(most, len(first))).astype(np.int64))
    return Pairs(a[first[some]], b[first[some]], alike[some], whole and len(first) <= most)


def _starts(of: Fabric, ends: Ints) -> tuple[Ints, Ints]:
    colour = colours(of, of.part)
    starts = np.unique(colour[ends], return_index=True)[1]
    return ends[np.sort(starts)[:_MOST_STARTS]], colour


def _row(plan: Plan, name: str, of: Fabric, pairs: Pairs, place: str) -> WayReport | None:
    """Return the row of pairs in one place, those that do not reach each other left out; None where none does."""
    ends = list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))
    hops = np.array([distances(of, np.array([a]))[b] for a, b in ends])
    joined = [pair for pair, away in zip(ends, hops, strict=True) if away > 0]
    if not joined:
        return None
    latency = np.stack([latencies_ns(of, np.array([a]), np.array([b]))[:, 0, 0] for a, b in joined])
    known = bool(np.isfinite(latency).all())
    roles = sorted(plan.columns.parts[of.part[node]].role or "thing" for node in joined[0])
    return WayReport(
        name, " to ".join(roles), place, int(pairs.alike[hops > 0].sum()) if pairs.whole else None,
        int(hops[hops > 0].min()), int(hops.max()), Bounds(float(latency[:, 0].min()), float(latency[:, 2].max())) if known else None,
        float(latency[:, 1].max()) if known else None, min(bandwidth(of, *pair) for pair in joined),
        min(disjoint_paths(of, *pair) for pair in joined), min(separate_paths(of, *pair) for pair in joined),
    )  # fmt: skip
