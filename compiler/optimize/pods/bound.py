"""A bound on what any pod must come to: devices and memory in closed form, cables by flow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rackc.compiler.optimize.counting import least_total
from rackc.compiler.optimize.patterns import fills
from rackc.compiler.optimize.pods.asked import Asked
from rackc.compiler.optimize.pods.ground import weight_of
from rackc.compiler.optimize.pods.wire import OUT_OF_REACH, Ground, cheapest
from rackc.compiler.optimize.problem import Cable, Goal
from rackc.compiler.optimize.promises import may_lose


def bound_of(asked: Asked, families: tuple[tuple[int, ...], ...], goal: Goal) -> int | None:
    """Return what every pod comes to at least, None where the links needed cannot be made or nothing holds the demand.

    For each family of modules: cables as in the cheapest wiring in which each host has the links it needs (min-cost flow;
    every pod contains one such), devices and memory as min over n devices with heads enough for these links (see fleets).
    """
    found = []
    for modules in families:
        links = asked.links(modules)
        if links is None:
            continue
        links = tuple(max(pair) for pair in zip(links, asked.needed, strict=True))
        cables = cables_of(asked, goal, links)
        if cables is not None:
            found += [one.weight + cables for one in fleets(asked, modules, goal, sum(links))]
    return min(found, default=None)


@dataclass(frozen=True, slots=True, order=True)
class Fleet:
    """So many devices with modules of a family, and the least that they come to without cables."""

    weight: int
    count: int
    modules: tuple[int, ...]


def cables_of(asked: Asked, goal: Goal, links: tuple[int, ...]) -> int | None:
    """Return the least that these links of each host come to, None where they cannot all be made."""
    weights = np.array([[_of(cable, goal) for cable in site.cables] for site in asked.problem.sites], np.int64)
    weights = weights.reshape(-1, asked.hosts).T[:, list(asked.site)]
    ground = Ground(weights, links, tuple(asked.problem.sites[site].heads for site in asked.site))
    wiring = cheapest(ground)
    return None if wiring is None else weight_of(ground, wiring)


def _of(cable: Cable | None, goal: Goal) -> int:
    if cable is None:
        return OUT_OF_REACH
    return {"cost": cable.cost_cents, "cable.length": cable.length_mm}.get(goal, 0)


def fleets(asked: Asked, modules: tuple[int, ...], goal: Goal, links: int) -> Iterator[Fleet]:
    """Yield every number of devices that may hold the demand and has heads for so many links.

    n * device + total(n) * memory, where total(n) is the least that n devices of these sizes hold so that the largest slice
    fits with what may be lost.
    """
    problem = asked.problem
    places = [problem.sites[site] for site in sorted(set(asked.site))]
    pieces = [problem.modules[module] for module in modules]
    sizes = sorted({count * piece.gib for place in places for piece in pieces for count in fills(place, piece)})
    if not sizes:
        return
    quantum = math.gcd(*sizes)
    levels = tuple(size // quantum for size in sizes)
    device = min({"cost": place.cost_cents, "power": place.power_mw}.get(goal, 0) for place in places)
    gib = min({"cost": piece.cost_cents, "power": piece.power_mw}.get(goal, 0) / piece.gib for piece in pieces)
    heads = max(place.heads for place in places)
    for count in range(max(1, -(-links // heads)), len(asked.site) + 1):
        total = _total(asked, count, quantum, levels)
        if total is not None:
            yield Fleet(math.ceil(count * device + total * quantum * gib - 1e-6), count, modules)


def _total(asked: Asked, count: int, quantum: int, levels: tuple[int, ...]) -> int | None:
    """Return the least quanta in `count` devices: each promise for itself, the greatest of them."""
    slices = int(asked.rows.sum(axis=1).max(initial=0))
    restarted = int(asked.restarted.sum(axis=1).max(initial=0))
    lost = may_lose(asked.problem, "controller")
    shelves, gone = len({asked.problem.sites[site].shelf for site in asked.site}), may_lose(asked.problem, "shelf")
    if gone >= shelves and slices:
        return None
    wanted = (
        least_total(count, -(-slices // quantum), levels, lost),
        least_total(count, -(-slices * asked.copies // quantum), levels, 0),
        least_total(count, -(-restarted // quantum), levels, 0),
        # The fullest shelves hold their share of all at least: what is left of the others holds the demand.
        least_total(count, -(-slices * shelves // ((shelves - gone) * quantum)), levels, 0),
    )
    return None if None in wanted else max(one for one in wanted if one is not None)
