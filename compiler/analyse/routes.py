"""Links of one protocol as a graph: who is how far from whom, and by how many ways."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass

from rackc.compiler.plan import Link, Plan


@dataclass(frozen=True, slots=True)
class Fabric:
    """Links by instance: `neighbours[i][j]` is the bandwidth between i and j, parallel links added up."""

    links: tuple[Link, ...]
    neighbours: dict[int, dict[int, float]]
    switches: frozenset[int]


def fabric(plan: Plan, protocol: str) -> Fabric:
    """Return the fabric of one protocol."""
    links = tuple(link for link in plan.links if link.protocol == protocol)
    neighbours: dict[int, dict[int, float]] = defaultdict(dict)
    for link in links:
        a, b = plan.ports[link.a].owner, plan.ports[link.b].owner
        neighbours[a][b] = neighbours[a].get(b, 0.0) + link.bandwidth_each_way
        neighbours[b][a] = neighbours[b].get(a, 0.0) + link.bandwidth_each_way
    switches = frozenset(i for i in neighbours if plan.instances[i].part.role in ("switch", "management-switch"))
    return Fabric(links, dict(neighbours), switches)


def distances(plan: Plan, of: Fabric, start: int) -> dict[int, int]:
    """Return the number of links from `start` to each instance that it reaches, through what forwards."""
    distance = {start: 0}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at != start and not plan.instances[at].part.flag("forwards"):
            continue
        for other in of.neighbours.get(at, ()):
            if other not in distance:
                distance[other] = distance[at] + 1
                queue.append(other)
    return distance


def disjoint_paths(plan: Plan, of: Fabric, start: int, end: int) -> int:
    """Return how many ways from `start` to `end` share no link, through what forwards; parallel links are told apart.

    By Menger's theorem this is the maximum flow over links of one unit each, found by augmenting along shortest ways.
    """
    free: Counter[tuple[int, int]] = Counter()
    for link in of.links:
        a, b = plan.ports[link.a].owner, plan.ports[link.b].owner
        free[a, b] += 1
        free[b, a] += 1
    found = 0
    while (way := _way(plan, of, free, start, end)) is not None:
        for a, b in way:
            free[a, b] -= 1
            free[b, a] += 1
        found += 1
    return found


def _way(plan: Plan, of: Fabric, free: Counter[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]] | None:
    """Return the steps of a shortest way that still has room, None where there is none."""
    came: dict[int, int] = {start: start}
    queue = deque([start])
    while queue and end not in came:
        at = queue.popleft()
        if at != start and not plan.instances[at].part.flag("forwards"):
            continue
        for other in of.neighbours.get(at, ()):
            if other not in came and free[at, other] > 0:
                came[other] = at
                queue.append(other)
    if end not in came:
        return None
    steps = []
    at = end
    while at != start:
        steps.append((came[at], at))
        at = came[at]
    return steps
