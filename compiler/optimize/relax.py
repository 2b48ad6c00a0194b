"""Taking one family of requirements out of a problem: the same problem, without that limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rackc.compiler.optimize.patterns import fills, links_needed, peaks_gib
from rackc.compiler.optimize.problem import Cable, Controller, Host, Module, PoolProblem, Site
from rackc.compiler.optimize.promises import may_lose

#: A cable of any length, where reach is no limit.
ANY_CABLE = Cable("any", 0, 0, 0)

#: More links than this to one host are never tried.
MOST_LINKS = 64

#: Stands for "no limit" in a capacity.
ENDLESS_GIB = 1 << 40


def largest_card_gib(problem: PoolProblem) -> int:
    """Return the capacity of the largest card that can be built, 0 where none can."""
    return max(
        (count * module.gib for site in problem.sites for module in problem.modules for count in fills(site, module)),
        default=0,
    )


def _links_enough(problem: PoolProblem) -> tuple[int, ...]:
    """Return links per host with which a card of its own on each would carry its peak, one lost."""
    largest = max(1, largest_card_gib(problem))
    return tuple(
        min(MOST_LINKS, max(least, -(-peak // largest) + may_lose(problem, "controller"))) if peak else 0
        for least, peak in zip(links_needed(problem), peaks_gib(problem), strict=True)
    )


def with_ports(problem: PoolProblem, counts: tuple[int, ...]) -> PoolProblem:
    """Return the problem with at least so many ports on each host."""
    hosts = tuple(
        replace(host, ports=(*host.ports, *(f"{host.address}.more[{n}]" for n in range(count - len(host.ports)))))
        for host, count in zip(problem.hosts, counts, strict=True)
    )
    return replace(problem, hosts=hosts)


def with_controllers(problem: PoolProblem, site: int, more: int) -> PoolProblem:
    """Return the problem with more candidates at a site."""
    name = problem.sites[site].name
    added = tuple(
        Controller(
            f"{name}.more[{n}]", tuple(f"{name}.more[{n}].head[{h}]" for h in range(problem.sites[site].heads)), site
        )
        for n in range(more)
    )
    return replace(problem, controllers=problem.controllers + added)


def with_module(problem: PoolProblem, gib: int) -> PoolProblem:
    """Return the problem with one module size only, and cards that have room for it."""
    sites = tuple(
        replace(
            site,
            populations=site.populations or (1,),
            max_capacity_gib=max(site.max_capacity_gib, gib * max(site.populations, default=1)),
        )
        for site in problem.sites
    )
    price = min(((module.cost_cents / module.gib) for module in problem.modules if module.gib), default=0.0)
    module = Module(f"{gib} GiB", gib, round(price * gib), 0)
    return replace(problem, modules=(module,), sites=sites)


def with_slots(problem: PoolProblem, slots: int) -> PoolProblem:
    """Return the problem with at least so many module slots in every controller."""
    sites = tuple(replace(site, populations=(*site.populations, slots)) for site in problem.sites)
    return replace(problem, sites=sites)


def with_cables(problem: PoolProblem, hosts: tuple[int, ...]) -> PoolProblem:
    """Return the problem with a cable from these hosts to every site."""
    sites = tuple(
        replace(
            site,
            cables=tuple(cable or (ANY_CABLE if host in hosts else None) for host, cable in enumerate(site.cables)),
        )
        for site in problem.sites
    )
    return replace(problem, sites=sites)


def with_min_links(problem: PoolProblem, most: int) -> PoolProblem:
    """Return the problem with no host asking for more links than this."""
    hosts: tuple[Host, ...] = tuple(replace(host, min_links=min(host.min_links, most)) for host in problem.hosts)
    return replace(problem, hosts=hosts)


def without_ports(problem: PoolProblem) -> PoolProblem:
    """As many ports as could ever be used."""
    most = min(MOST_LINKS, len(problem.controllers))
    return with_ports(problem, tuple(max(most, links) for links in _links_enough(problem)))


def without_candidates(problem: PoolProblem) -> PoolProblem:
    """As many candidates as could ever be used: a card of its own on every port beats any sharing."""
    if not problem.sites:
        endless = Site("anywhere", 2, (1,), ENDLESS_GIB, 0, 0, (ANY_CABLE,) * len(problem.hosts))
        problem = replace(problem, sites=(endless,))
    enough = sum(min(len(host.ports), links) for host, links in zip(problem.hosts, _links_enough(problem), strict=True))
    for site in range(len(problem.sites)):
        problem = with_controllers(problem, site, enough)
    return problem


def without_modules(problem: PoolProblem) -> PoolProblem:
    """Cards of any capacity."""
    everything = max(1, sum(peaks_gib(problem)))
    return with_module(problem, everything)


def without_reach(problem: PoolProblem) -> PoolProblem:
    """Cables of any length."""
    return with_cables(problem, tuple(range(len(problem.hosts))))


def without_survive(problem: PoolProblem) -> PoolProblem:
    """No controller is ever lost."""
    return replace(problem, losses=())


def without_bandwidth(problem: PoolProblem) -> PoolProblem:
    """One link carries any bandwidth."""
    return with_min_links(problem, 0)


def without_demand(problem: PoolProblem) -> PoolProblem:
    """A token of demand: whether its amount takes part in a conflict."""
    return replace(problem, demand_gib=tuple(tuple(min(1, amount) for amount in row) for row in problem.demand_gib))


#: Every family, in the order in which dropping it from a conflict is tried: what is easiest to change stays longest.
RELAX: Mapping[str, Callable[[PoolProblem], PoolProblem]] = {
    "bandwidth": without_bandwidth,
    "reach": without_reach,
    "modules": without_modules,
    "candidates": without_candidates,
    "ports": without_ports,
    "survive": without_survive,
    "demand": without_demand,
}

#: Order of application where several are relaxed: ports and candidates are counted by what is left of the rest.
APPLY = ("demand", "survive", "bandwidth", "reach", "modules", "ports", "candidates")


def relaxed(problem: PoolProblem, names: tuple[str, ...]) -> PoolProblem:
    """Return the problem without these families."""
    for name in APPLY:
        if name in names:
            problem = RELAX[name](problem)
    return problem
