"""A bound in closed form, before anything is solved: what cards, memory and links must come to at least."""

from __future__ import annotations

import math

from rackc.compiler.optimize.counting import least_total
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import families, fills, in_reach, linkable, links_needed, peaks_gib, slots_of
from rackc.compiler.optimize.problem import Measure, PoolProblem
from rackc.compiler.optimize.promises import devices_lost, held_at_once, most_links


def least_floor(problem: PoolProblem, need: Needs, goal: Measure) -> int | None:
    """Return the closed form over all sizes of modules: no pool comes to less. None where none can hold the demand."""
    floors = (floor_of(problem, need, modules, goal) for modules in families(problem))
    return min((floor for floor in floors if floor is not None), default=None)


def floor_of(problem: PoolProblem, need: Needs, modules: tuple[int, ...], goal: Measure) -> int | None:
    """Min over n devices of n * device + least_total(n, need) * memory + links * cable, or the sum host by host where that
    is more; None: no n will do.

    Device, memory per quantum and cable are each the cheapest anywhere, so this is below every pool.
    """
    hosts = linkable(problem)
    sizes = {
        count * problem.modules[module].gib
        for site, slots in zip(problem.sites, slots_of(problem), strict=True)
        if slots and in_reach(hosts, site)
        for module in modules
        for count in fills(site, problem.modules[module])
    }
    if not sizes:
        return None
    quantum = math.gcd(*sizes)
    levels = tuple(sorted(size // quantum for size in sizes))
    everyone = (1 << need.demanders) - 1
    left = need.of(everyone)
    whole = max(left, need.after_restart.of(everyone), held_at_once(problem))
    of_gib = _of_gib(problem, modules, goal)
    totals = [
        count * _of_device(problem, goal) + total * quantum * of_gib + links
        for count, links in _counts(problem, goal, max(sizes))
        if (total := _least_of_both(count, (-(-left // quantum), -(-whole // quantum)), levels, need.controllers))
        is not None
    ]
    if not totals:
        return None
    return math.ceil(max(min(totals), _host_by_host(problem, need, quantum, levels, goal, of_gib)) - 1e-6)


def _least_of_both(count: int, demands: tuple[int, int], levels: tuple[int, ...], lost: int) -> int | None:
    """Return the least total that holds the first demand with devices lost, the second with none; each stands for itself."""
    left, whole = demands
    some = least_total(count, left, levels, lost), least_total(count, whole, levels, 0)
    return None if some[0] is None or some[1] is None else max(some[0], some[1])


def _host_by_host(
    problem: PoolProblem, need: Needs, quantum_gib: int, levels: tuple[int, ...], goal: Measure, of_gib: float
) -> float:
    """Sum over hosts of the min over d links of cables + (d * device + least_total(d) * memory) / heads.

    Behind the d links of a host lie least_total(d) quanta at least. Added up over all hosts, a card and its memory count
    once for each host on it: as often as it has heads at most. Behind a switch this does not hold.
    """
    if any(site.devices for site in problem.sites):
        return 0.0
    heads, device = max((site.heads for site in problem.sites), default=1), _of_device(problem, goal)
    whole = 0.0
    for host, least in enumerate(links_needed(problem)):
        wanted, cables = -(-need.of(1 << host) // quantum_gib), _cables(problem, host, goal)
        ways = [
            sum(cables[:links]) + (links * device + total * quantum_gib * of_gib) / heads
            for links in range(max(least, 1), min(most_links(problem, host), len(cables)) + 1)
            if (total := least_total(links, wanted, levels, need.controllers)) is not None
        ]
        whole += min(ways, default=0.0) if wanted else 0.0
    return whole


def links_at_least(problem: PoolProblem, largest_gib: int) -> tuple[int, ...]:
    """Return how many links each host needs: as many as it must have, and full cards of this size on all but those that
    may be lost hold its peak."""
    lost = devices_lost(problem)
    behind = largest_gib * max((site.devices for site in problem.sites), default=0) or largest_gib
    least = zip(links_needed(problem), peaks_gib(problem), strict=True)
    return tuple(
        max(links, -(-peak // behind) + (0 if behind > largest_gib else lost)) if links else 0 for links, peak in least
    )


def _counts(problem: PoolProblem, goal: Measure, largest_gib: int) -> list[tuple[int, int]]:
    """Return each number of devices with what their links, and the switches before them, come to at least.

    As many links as the hosts need, one a card; as many cards as these links have heads.
    """
    links = links_at_least(problem, largest_gib)
    cables = [_cables(problem, host, goal) for host in range(len(problem.hosts))]
    if any(len(own) < number for own, number in zip(cables, links, strict=True)):
        return []
    least, shortest = sum(links), min((own[0] for own in cables if own), default=0)
    wired = sum(sum(own[:number]) for own, number in zip(cables, links, strict=True))
    heads = max((site.heads for site in problem.sites), default=1)
    devices = max((site.devices for site in problem.sites), default=0)
    most = sum(slots * max(site.devices, 1) for site, slots in zip(problem.sites, slots_of(problem), strict=True))
    switch = min((_of_place(problem, site, goal) for site, _ in _sites(problem)), default=0) if devices else 0
    found = []
    for count in range(1, most + 1):
        cards = -(-count // devices) if devices else count
        if cards * heads >= least or devices:
            more = max(0, cards - least) * shortest
            found.append((count, wired + more + max(cards, -(-least // heads)) * switch))
    return found


def _cables(problem: PoolProblem, host: int, goal: Measure) -> list[int]:
    """Return what the cables of a host add, the least first: one to each candidate within reach."""
    found: list[int] = []
    for number, slots in _sites(problem):
        cable = problem.sites[number].cables[host]
        if cable is not None:
            each: dict[Measure, int] = {"cost": cable.cost_cents, "cable.length": cable.length_mm, "links": 1}
            found += [each.get(goal, 0)] * slots
    return sorted(found)


def _sites(problem: PoolProblem) -> list[tuple[int, int]]:
    return [(site, slots) for site, slots in enumerate(slots_of(problem)) if slots]


def _of_place(problem: PoolProblem, site: int, goal: Measure) -> int:
    place = problem.sites[site]
    return {"cost": place.cost_cents, "power": place.power_mw}.get(goal, 0)


def _of_device(problem: PoolProblem, goal: Measure) -> int:
    """Return what the cheapest device without modules adds."""
    if goal == "controllers":
        return 1
    found = []
    for site, _ in _sites(problem):
        place = problem.sites[site]
        bare = {"cost": place.device_cost_cents, "power": place.device_power_mw}.get(goal, 0)
        found.append(bare if place.devices else _of_place(problem, site, goal))
    return min(found)


def _of_gib(problem: PoolProblem, modules: tuple[int, ...], goal: Measure) -> float:
    """Return what a GiB of the cheapest module adds."""
    pieces = [problem.modules[module] for module in modules]
    match goal:
        case "cost":
            return min(piece.cost_cents / piece.gib for piece in pieces)
        case "power":
            return min(piece.power_mw / piece.gib for piece in pieces)
        case "capacity":
            return 1.0
        case _:
            return 0.0
