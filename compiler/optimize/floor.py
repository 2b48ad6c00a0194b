"""A bound in closed form, before anything is solved: what cards, memory and links must come to at least."""

from __future__ import annotations

import math
from itertools import product

from rackc.compiler.optimize.counting import least_total
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import fills, links_needed, reachable_hosts, slots_of
from rackc.compiler.optimize.problem import Measure, PoolProblem
from rackc.compiler.optimize.promises import copies


def floor_of(problem: PoolProblem, need: Needs, modules: tuple[int, ...], goal: Measure) -> int | None:
    """Min over n devices of n * device + least_total(n, need) * memory + links * cable; None: no n will do.

    Device, memory per quantum and cable are each the cheapest anywhere, so this is below every pool.
    """
    sizes = {
        count * problem.modules[module].gib
        for site, slots in zip(problem.sites, slots_of(problem), strict=True)
        if slots and reachable_hosts(problem, site)
        for module in modules
        for count in fills(site, problem.modules[module])
    }
    if not sizes:
        return None
    quantum = math.gcd(*sizes)
    levels = tuple(sorted(size // quantum for size in sizes))
    demand = -(-_all_together(problem, need) // quantum)
    totals = [
        count * _of_device(problem, goal) + total * quantum * _of_gib(problem, modules, goal) + links
        for count, links in _counts(problem, goal)
        if (total := least_total(count, demand, levels, need.controllers)) is not None
    ]
    return math.ceil(min(totals) - 1e-6) if totals else None


def _all_together(problem: PoolProblem, need: Needs) -> int:
    """Return the largest demand of all, with its copies, GiB."""
    return need.of((1 << need.demanders) - 1) * copies(problem, "controller", "link", "shelf")


def _counts(problem: PoolProblem, goal: Measure) -> list[tuple[int, int]]:
    """Return each number of devices with what their links, and the switches before them, come to at least.

    As many links as the hosts need, one a card; as many cards as these links have heads.
    """
    least, cable = sum(links_needed(problem)), _cheapest_cable(problem, goal)
    heads = max((site.heads for site in problem.sites), default=1)
    devices = max((site.devices for site in problem.sites), default=0)
    most = sum(slots * max(site.devices, 1) for site, slots in zip(problem.sites, slots_of(problem), strict=True))
    switch = min((_of_place(problem, site, goal) for site, _ in _sites(problem)), default=0) if devices else 0
    found = []
    for count in range(1, most + 1):
        cards = -(-count // devices) if devices else count
        if cards * heads >= least or devices:
            found.append((count, max(least, cards) * cable + max(cards, -(-least // heads)) * switch))
    return found


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


def _cheapest_cable(problem: PoolProblem, goal: Measure) -> int:
    cables = [
        cable
        for (site, _), host in product(_sites(problem), range(len(problem.hosts)))
        if (cable := problem.sites[site].cables[host]) is not None
    ]
    match goal:
        case "cost":
            return min((cable.cost_cents for cable in cables), default=0)
        case "cable.length":
            return min((cable.length_mm for cable in cables), default=0)
        case "links":
            return 1
        case _:
            return 0
