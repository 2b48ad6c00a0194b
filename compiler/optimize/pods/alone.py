"""What the same parts cost without a pool: each host has devices of its own, sized to its own peak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

from rackc.compiler.optimize.patterns import fills, peaks_gib
from rackc.compiler.optimize.pods.asked import Asked
from rackc.compiler.optimize.problem import Module, Site
from rackc.compiler.optimize.promises import copies, may_lose


@dataclass(frozen=True, slots=True)
class Alone:
    """Direct expansion of all hosts."""

    cost_cents: int
    gib: int
    devices: int


def direct(asked: Asked) -> Alone | None:
    """Return direct expansion at the same `survive`, None where it is impossible or promises more than capacity.

    Every host on its own: at least the links it needs, at most those it has, its peak fitting with the largest of its
    devices lost, as many as may be; exact, by enumeration. The number of candidates is no limit.
    """
    problem = asked.problem
    if copies(problem, "controller", "link", "shelf", "host") > 1 or may_lose(problem, "shelf"):
        return None
    known: dict[tuple[object, ...], list[Alone | None]] = {}
    by_module: list[list[Alone | None]] = []
    for host, peak in enumerate(peaks_gib(problem)):
        if not peak:
            continue
        key = (peak, asked.bare[host], asked.most[host], tuple(_ways(asked, host)))
        if key not in known:
            known[key] = [_host(asked, peak, host, module) for module in problem.modules]
        by_module.append(known[key])
    if problem.one_size:
        return _least([_sum([row[m] for row in by_module]) for m in range(len(problem.modules))])
    return _sum([_least(row) for row in by_module])


def _ways(asked: Asked, host: int) -> Iterator[tuple[int, tuple[int, ...], int]]:
    """Yield the kinds of candidates in a host's reach: what one costs with its cheapest cable, and how it is populated."""
    found: dict[tuple[tuple[int, ...], int], int] = {}
    for site in asked.problem.sites:
        cable = site.cables[host]
        if cable is not None:
            key, cost = (site.populations, site.max_capacity_gib), site.cost_cents + cable.cost_cents
            found[key] = min(found.get(key, cost), cost)
    yield from sorted((cost, *key) for key, cost in found.items())


def _host(asked: Asked, peak: int, host: int, module: Module) -> Alone | None:
    lost = max(may_lose(asked.problem, "controller"), may_lose(asked.problem, "link"))
    best: Alone | None = None
    for cost, populations, most in _ways(asked, host):
        counts = fills(Site("", 1, populations, most, 0, 0, ()), module)
        for number in range(max(1, asked.bare[host]), asked.most[host] + 1):
            for cards in combinations_with_replacement(counts, number):
                held = sum(cards[: number - lost])  # ascending: the largest are lost
                if held * module.gib >= peak:
                    one = Alone(number * cost + sum(cards) * module.cost_cents, sum(cards) * module.gib, number)
                    best = _least([best, one])
    return best


def _least(some: list[Alone | None]) -> Alone | None:
    return min((one for one in some if one is not None), key=lambda one: (one.cost_cents, one.gib), default=None)


def _sum(some: list[Alone | None]) -> Alone | None:
    whole = [one for one in some if one is not None]
    if len(whole) < len(some):
        return None
    return Alone(*(sum(column) for column in zip(*((o.cost_cents, o.gib, o.devices) for o in whole), strict=True)))
