"""Links gathered to bundles between trays, and trays put in columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackc.backends.drawing.stand import rack_order, tray_of
from rackc.compiler.plan import Instance, Link, Plan

SWITCHES = ("switch", "management-switch")
#: Owners that stand at the right: what others reach through or share.
_HUBS = (*SWITCHES, "memory-controller", "memory-shelf")
MOST_TRAYS = 160


@dataclass(frozen=True, slots=True)
class Bundle:
    """All links of one protocol between two trays (instance indices), `a` in the column further left."""

    a: int
    b: int
    links: int


@dataclass(frozen=True, slots=True)
class Fabric:
    """One protocol at tray level. `columns` are trays from left to right, each from the top of the rack down.

    `holds` is, for a tray, the commonest role of what owns its ports and how many owners have it. `usual` is the number of links of a bundle where nearly all pairs of trays of those kinds have the same, else 0;
    `gaps` are pairs that then have none.
    """

    protocol: str
    links: tuple[Link, ...]
    inside: int
    columns: tuple[tuple[Instance, ...], ...]
    bundles: tuple[Bundle, ...]
    holds: dict[int, tuple[str, int]]
    usual: int
    gaps: tuple[Bundle, ...]
    switched: bool
    by_rack: bool


def fabrics_of(plan: Plan) -> tuple[Fabric, ...]:
    """Return one fabric a protocol, the widest first."""
    by_protocol: dict[str, list[Link]] = {}
    for link in plan.links:
        if plan.columns.live[link.index]:
            by_protocol.setdefault(link.protocol, []).append(link)
    weight = {p: sum(link.bandwidth_each_way for link in links) for p, links in by_protocol.items()}
    order = sorted(by_protocol, key=lambda p: (-weight[p], p))
    trays = [tray_of(plan, i.index).index for i in plan.instances]
    return tuple(_fabric(plan, protocol, by_protocol[protocol], trays) for protocol in order)


def _fabric(plan: Plan, protocol: str, links: list[Link], trays: list[int]) -> Fabric:
    owners = {port for link in links for port in (plan.ports[link.a].owner, plan.ports[link.b].owner)}
    by_rack = len({trays[owner] for owner in owners}) > MOST_TRAYS
    home = [_rack(plan, tray) for tray in trays] if by_rack else trays
    ends = [(home[plan.ports[link.a].owner], home[plan.ports[link.b].owner]) for link in links]
    level = _levels(plan, {home[owner]: 0 for owner in owners}, owners, home, ends)
    pairs = Counter(tuple(sorted(pair, key=lambda t: (level[t], rack_order(plan.instances[t])))) for pair in ends)
    bundles = tuple(
        Bundle(a, b, count)
        for (a, b), count in sorted(pairs.items(), key=lambda item: [rack_order(plan.instances[t]) for t in item[0]])
        if a != b
    )
    joined = {end for bundle in bundles for end in (bundle.a, bundle.b)}
    columns = tuple(
        tuple(sorted((plan.instances[t] for t in joined if level[t] == depth), key=rack_order))
        for depth in sorted({level[t] for t in joined})
    )
    usual, gaps = _usual(columns, bundles)
    return Fabric(
        protocol,
        tuple(links),
        sum(count for (a, b), count in pairs.items() if a == b),
        columns,
        bundles,
        _holds(plan, owners, home),
        usual,
        gaps,
        any(plan.instances[owner].part.role in SWITCHES for owner in owners),
        by_rack,
    )


def _rack(plan: Plan, tray: int) -> int:
    place = plan.instances[tray].place
    return place.rack if place is not None else tray


def _levels(
    plan: Plan, level: dict[int, int], owners: set[int], home: list[int], ends: list[tuple[int, int]]
) -> dict[int, int]:
    """Return the column of each tray: 0 endpoints, 1 what they link to, 2 the switches above those."""
    hubs = {home[owner] for owner in owners if plan.instances[owner].part.role in _HUBS}
    leaves = {b for a, b in ends if a not in hubs} | {a for a, b in ends if b not in hubs}
    return {tray: 0 if tray not in hubs else 1 if tray in leaves or not leaves else 2 for tray in level}


def _holds(plan: Plan, owners: set[int], home: list[int]) -> dict[int, tuple[str, int]]:
    roles: dict[int, list[str]] = {}
    for owner in sorted(owners):
        if owner != home[owner]:
            roles.setdefault(home[owner], []).append(plan.instances[owner].part.role)
    commonest = {tray: max(sorted(set(mine)), key=mine.count) for tray, mine in roles.items()}
    return {tray: (role, roles[tray].count(role)) for tray, role in commonest.items()}


def _usual(columns: tuple[tuple[Instance, ...], ...], bundles: tuple[Bundle, ...]) -> tuple[int, tuple[Bundle, ...]]:
    """Return the common number of links of two columns that are joined (nearly) all to all, and the pairs without."""
    if len(columns) != 2:
        counts = {bundle.links for bundle in bundles}
        return (counts.pop() if len(counts) == 1 else 0), ()
    found = {(bundle.a, bundle.b) for bundle in bundles}
    pairs = [(a.index, b.index) for a in columns[0] for b in columns[1]]
    usual, often = Counter(bundle.links for bundle in bundles).most_common(1)[0]
    if often * 10 >= len(pairs) * 8:
        return usual, tuple(Bundle(a, b, 0) for a, b in pairs if (a, b) not in found)
    return (usual if often == len(bundles) else 0), ()
