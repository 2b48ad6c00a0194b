"""Cards that could be built: a site, the hosts it touches, the modules in it. A pool is a multiset of them.

With the pattern as the unit of choice, "who touches whom" is data and no longer a decision, so the capacity
promise becomes a handful of linear rows (see hall.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from rackc.compiler.optimize.problem import Cable, Goal, Module, PoolProblem, Site
from rackc.compiler.optimize.promises import spare_links

#: What is minimised where no goal is stated.
DEFAULT_GOALS: tuple[Goal, ...] = ("cost",)


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """One populated card. `mask` is `hosts` as bits; `module` an index; `gib` its whole capacity."""

    site: int
    hosts: tuple[int, ...]
    module: int
    modules: int
    mask: int
    gib: int
    cost_cents: int
    power_mw: int
    length_mm: int

    def weight(self, goal: Goal) -> int:
        """Return what one such card adds to a goal."""
        match goal:
            case "cost":
                return self.cost_cents
            case "power":
                return self.power_mw
            case "cable.length":
                return self.length_mm


#: A pool without names: sorted, with repetitions.
Design = tuple[Pattern, ...]


def goals_of(problem: PoolProblem) -> tuple[Goal, ...]:
    """Return the goals in order, cost where none is stated."""
    return problem.goals or DEFAULT_GOALS


def weight_of(design: Design, goal: Goal) -> int:
    """Return a goal's value for a whole pool."""
    return sum(pattern.weight(goal) for pattern in design)


def peaks_gib(problem: PoolProblem) -> tuple[int, ...]:
    """Return the largest demand of each host over time."""
    return tuple(max((row[host] for row in problem.demand_gib), default=0) for host in range(len(problem.hosts)))


def links_needed(problem: PoolProblem) -> tuple[int, ...]:
    """Return the links each host must have: min_links, or more where one may be lost; none without demand."""
    return tuple(
        max(max(1, host.min_links) + spare_links(problem), host.least_links) if peak > 0 else 0
        for host, peak in zip(problem.hosts, peaks_gib(problem), strict=True)
    )


def slots_of(problem: PoolProblem) -> tuple[int, ...]:
    """Return how many candidates each site has."""
    counts = [0] * len(problem.sites)
    for controller in problem.controllers:
        counts[controller.site] += 1
    return tuple(counts)


def fills(site: Site, module: Module) -> tuple[int, ...]:
    """Return the module counts that a card of this site may hold."""
    return tuple(count for count in sorted(set(site.populations)) if 0 < count * module.gib <= site.max_capacity_gib)


def reachable_hosts(problem: PoolProblem, site: Site) -> tuple[int, ...]:
    """Return the hosts with demand, a free port and a cable to this site."""
    return tuple(
        index
        for index, (host, peak) in enumerate(zip(problem.hosts, peaks_gib(problem), strict=True))
        if peak > 0 and host.ports and site.cables[index] is not None
    )


def host_sets(problem: PoolProblem, site: Site) -> Iterator[tuple[int, ...]]:
    """Yield every set of hosts that one card of this site can touch, small ones first."""
    hosts = reachable_hosts(problem, site)
    for size in range(1, min(site.heads, len(hosts)) + 1):
        yield from combinations(hosts, size)


def patterns_of(problem: PoolProblem, modules: tuple[int, ...]) -> tuple[Pattern, ...]:
    """Return every card that can be built with these module sizes, sorted."""
    slots = slots_of(problem)
    return tuple(
        sorted(
            pattern(problem, index, hosts, module, count)
            for index, site in enumerate(problem.sites)
            if slots[index] > 0
            for module in modules
            for count in fills(site, problem.modules[module])
            for hosts in host_sets(problem, site)
        )
    )


def count_patterns(problem: PoolProblem, modules: tuple[int, ...]) -> int:
    """Return how many cards `patterns_of` would list, without building them."""
    total = 0
    for site, slots in zip(problem.sites, slots_of(problem), strict=True):
        hosts, sets, choose = len(reachable_hosts(problem, site)), 0, 1
        for size in range(1, min(site.heads, hosts) + 1):
            choose = choose * (hosts - size + 1) // size
            sets += choose
        total += sets * (slots > 0) * sum(len(fills(site, problem.modules[m])) for m in modules)
    return total


def pattern(problem: PoolProblem, site: int, hosts: tuple[int, ...], module: int, modules: int) -> Pattern:
    """Return one card with its capacity, cost, power and cable length."""
    place, piece = problem.sites[site], problem.modules[module]
    cables = [cable_to(place, host) for host in hosts]
    return Pattern(
        site=site,
        hosts=hosts,
        module=module,
        modules=modules,
        mask=sum(1 << host for host in hosts),
        gib=modules * piece.gib,
        cost_cents=place.cost_cents + modules * piece.cost_cents + sum(cable.cost_cents for cable in cables),
        power_mw=place.power_mw + modules * piece.power_mw,
        length_mm=sum(cable.length_mm for cable in cables),
    )


def cable_to(site: Site, host: int) -> Cable:
    """Return the cable to a host that is known to be in reach."""
    cable = site.cables[host]
    assert cable is not None, f"{site.name} has no cable to host {host}"
    return cable
