"""A bound in closed form, before anything is solved: what cards, memory and links must cost at least."""

from __future__ import annotations

import math

from rackc.compiler.optimize.counting import least_total
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import fills, links_needed, pattern, reachable_hosts, slots_of
from rackc.compiler.optimize.problem import Goal, PoolProblem


def floor_of(problem: PoolProblem, need: Needs, modules: tuple[int, ...], goal: Goal) -> int | None:
    """Min over n cards of n * card + least_total(n, need) * memory + links * cable; None: no n will do.

    Card, memory per quantum and cable are each the cheapest anywhere, so this is below every pool.
    """
    cards = [
        pattern(problem, index, (), module, count)
        for index, (site, slots) in enumerate(zip(problem.sites, slots_of(problem), strict=True))
        if slots and reachable_hosts(problem, site)
        for module in modules
        for count in fills(site, problem.modules[module])
    ]
    if not cards:
        return None
    quantum = math.gcd(*(card.gib for card in cards))
    levels = tuple(sorted({card.gib // quantum for card in cards}))
    demand = -(-need.of((1 << need.hosts) - 1) // quantum)
    empty = min(_bare(problem, card.site, goal) for card in cards)
    memory = min((card.weight(goal) - _bare(problem, card.site, goal)) / (card.gib // quantum) for card in cards)
    cable, links = _cheapest_cable(problem, goal), sum(links_needed(problem))
    totals = [
        count * empty + total * memory + max(links, count) * cable
        for count in range(1, sum(slots_of(problem)) + 1)
        if (total := least_total(count, demand, levels, need.survive)) is not None
    ]
    return math.ceil(min(totals) - 1e-6) if totals else None


def _bare(problem: PoolProblem, site: int, goal: Goal) -> int:
    """Return what a card without modules adds to a goal."""
    place = problem.sites[site]
    return {"cost": place.cost_cents, "power": place.power_mw, "cable.length": 0}[goal]


def _cheapest_cable(problem: PoolProblem, goal: Goal) -> int:
    cables = [cable for site in problem.sites for cable in site.cables if cable is not None]
    match goal:
        case "cost":
            return min(cable.cost_cents for cable in cables)
        case "cable.length":
            return min(cable.length_mm for cable in cables)
        case "power":
            return 0
