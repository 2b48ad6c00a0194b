"""One slice of time as a flow: demanders to cards to memory, and the cut that shows why it does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.graph.python import max_flow


@dataclass(frozen=True, slots=True)
class Way:
    """A card as a flow sees it: the demanders it touches (bits), what it can take, its shelf, and what it multiplies a
    demander's limit by (devices behind a switch)."""

    mask: int
    room: int
    shelf: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Demand:
    """What is to flow: `amount[h]` from each demander, `most[h]` over one card of one device at most, and over all cards
    of one shelf `per_shelf` times that (None: no such limit)."""

    amount: tuple[int, ...]
    most: tuple[int, ...]
    per_shelf: int | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """A cut that is too small: demanders on the source side (bits), and with limits by shelf the (demander, shelf) there."""

    mask: int
    inside: frozenset[tuple[int, int]] | None = None


def short(ways: Sequence[Way], demand: Demand) -> Short | None:
    """Return why a demand does not fit, None where it does."""
    flow, shelves = max_flow.SimpleMaxFlow(), sorted({way.shelf for way in ways})
    hosts, cards = len(demand.amount), len(ways)
    source, sink = hosts + cards, hosts + cards + 1
    at = {(host, shelf): sink + 1 + k for k, (host, shelf) in enumerate(_pairs(ways, demand, shelves))}
    for host, amount in enumerate(demand.amount):
        if amount:
            flow.add_arc_with_capacity(source, host, amount)
    for (host, _), node in at.items():
        flow.add_arc_with_capacity(host, node, demand.most[host] * (demand.per_shelf or 0))
    for card, way in enumerate(ways):
        for host in range(hosts):
            if way.mask >> host & 1 and demand.amount[host]:
                flow.add_arc_with_capacity(at.get((host, way.shelf), host), hosts + card, demand.most[host] * way.times)
        flow.add_arc_with_capacity(hosts + card, sink, way.room)
    flow.solve(source, sink)
    if flow.optimal_flow() >= sum(demand.amount):
        return None
    cut = set(flow.get_source_side_min_cut())
    mask = sum(1 << host for host in range(hosts) if host in cut)
    if demand.per_shelf is None:
        return Short(mask)
    return Short(mask, frozenset(pair for pair, node in at.items() if node in cut and mask >> pair[0] & 1))


def _pairs(ways: Sequence[Way], demand: Demand, shelves: list[int]) -> list[tuple[int, int]]:
    """Return the demanders and shelves that need a node of their own."""
    if demand.per_shelf is None:
        return []
    touched = dict.fromkeys(shelves, 0)
    for way in ways:
        touched[way.shelf] |= way.mask
    return [
        (host, shelf)
        for host, amount in enumerate(demand.amount)
        if amount
        for shelf in shelves
        if touched[shelf] >> host & 1
    ]
