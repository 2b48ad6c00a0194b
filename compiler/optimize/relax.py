"""Taking requirements out of a problem: the same problem without them, in which every answer of the problem is one still.

Parts keep their prices and powers: what is more of them costs as they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from rackc.compiler.optimize.patterns import largest_card_gib, links_needed, peaks_gib
from rackc.compiler.optimize.problem import (
    NO_LIMIT,
    Cable,
    Controller,
    Family,
    Limit,
    Measure,
    Module,
    PoolProblem,
    Requirement,
    Site,
)
from rackc.compiler.optimize.promises import copies, copies_in_all, devices_lost, may_lose, relimited

#: More links than this to one host are never tried.
MOST_LINKS: Final = 64

#: Stands for "no limit" in a capacity.
ENDLESS_GIB: Final = 1 << 40

_OF_MEMORY: Final[tuple[Measure, ...]] = ("cost", "power", "capacity")


def everything_gib(problem: PoolProblem) -> int:
    """Return memory that is more than enough: all peaks at once, what is shared, with all copies."""
    shared = sum(max(column) for column in zip(*problem.shared_gib, strict=True)) if problem.shared_gib else 0
    peaks = sum(peaks_gib(problem)) * (2 if may_lose(problem, "host") else 1)
    return max(1, (peaks + shared) * copies_in_all(problem))


def any_cable(problem: PoolProblem) -> Cable:
    """Return a cable of any length, as long and as dear as the longest and dearest there is."""
    every = [cable for site in problem.sites for cable in site.cables if cable is not None]
    every += [one.cable for site in problem.sites for one in site.slow]
    longest = max((cable.length_mm for cable in every), default=0)
    return Cable("any", longest, longest, max((cable.cost_cents for cable in every), default=0))


def _links_enough(problem: PoolProblem) -> tuple[int, ...]:
    """Return links per host with which a card of its own on each would carry its peak, those lost that may be."""
    largest = max(1, largest_card_gib(problem))
    spare = devices_lost(problem)
    times = copies_in_all(problem)
    everyone = sum(peaks_gib(problem)) if may_lose(problem, "host") else 0
    return tuple(
        min(MOST_LINKS, max(least, -(-max(peak, everyone) * times // largest) + spare)) if least else 0
        for least, peak in zip(links_needed(problem), peaks_gib(problem), strict=True)
    )


# ---------------------------------------------------------------- one limit moved


def with_ports(problem: PoolProblem, counts: tuple[int, ...]) -> PoolProblem:
    """Return the problem with at least so many ports on each host."""
    hosts = tuple(
        replace(host, ports=(*host.ports, *(f"{host.address}.more[{n}]" for n in range(count - len(host.ports)))))
        for host, count in zip(problem.hosts, counts, strict=True)
    )
    return replace(problem, hosts=hosts)


def with_most_links(problem: PoolProblem, most: int | None) -> PoolProblem:
    """Return the problem where a host may have that many links."""
    return replace(problem, hosts=tuple(replace(host, most_links=most) for host in problem.hosts))


def with_least_links(problem: PoolProblem, least: int) -> PoolProblem:
    """Return the problem where no host must have more links than that by its bound."""
    hosts = tuple(replace(host, least_links=min(host.least_links, least)) for host in problem.hosts)
    return replace(problem, hosts=hosts)


def with_controllers(problem: PoolProblem, site: int, more: int) -> PoolProblem:
    """Return the problem with more candidates at a site."""
    place = problem.sites[site]
    names = [f"{place.name}.more[{n}]" for n in range(more)]
    added = tuple(
        Controller(
            name,
            tuple(f"{name}.head[{h}]" for h in range(place.heads)),
            site,
            tuple(f"{name}.device[{d}]" for d in range(place.devices)),
        )
        for name in names
    )
    return replace(problem, controllers=problem.controllers + added)


def with_shelf(problem: PoolProblem, site: int, more: int) -> PoolProblem:
    """Return the problem with candidates in one more shelf, which is like that of a site and cabled as it is."""
    place = problem.sites[site]
    shelf = 1 + max(one.shelf for one in problem.sites)
    added = replace(place, name=f"{place.name}.like[{shelf}]", shelf=shelf)
    return with_controllers(replace(problem, sites=(*problem.sites, added)), len(problem.sites), more)


def module_of(problem: PoolProblem, gib: int) -> Module:
    """Return a module of any size, at the least price and power that a GiB has now."""
    known = [module for module in problem.modules if module.gib]
    price = min((module.cost_cents / module.gib for module in known), default=0.0)
    power = min((module.power_mw / module.gib for module in known), default=0.0)
    return Module(f"{gib} GiB", gib, round(price * gib), round(power * gib))


def with_modules(problem: PoolProblem, sizes: tuple[int, ...], slots: int = 1) -> PoolProblem:
    """Return the problem with modules of these sizes besides, and cards that have room for them."""
    sites = tuple(
        replace(
            site,
            populations=site.populations or (slots,),
            max_capacity_gib=max(site.max_capacity_gib, max(sizes) * max(site.populations, default=slots)),
        )
        for site in problem.sites
    )
    return replace(problem, modules=problem.modules + tuple(module_of(problem, gib) for gib in sizes), sites=sites)


def with_slots(problem: PoolProblem, slots: int) -> PoolProblem:
    """Return the problem with at least so many module slots in every controller."""
    sites = tuple(replace(site, populations=(*site.populations, slots)) for site in problem.sites)
    return replace(problem, sites=sites)


def with_cables(problem: PoolProblem, hosts: tuple[int, ...]) -> PoolProblem:
    """Return the problem with a cable from these hosts to every site that no latency bound keeps from them."""
    cable = any_cable(problem)

    def laid(site: Site) -> tuple[Cable | None, ...]:
        slow = {one.host for one in site.slow}
        return tuple(
            known or (cable if host in hosts and host not in slow else None) for host, known in enumerate(site.cables)
        )

    return replace(problem, sites=tuple(replace(site, cables=laid(site)) for site in problem.sites))


def with_latency(problem: PoolProblem, most_ns: int) -> PoolProblem:
    """Return the problem with the cables whose paths take that long at most."""

    def laid(site: Site) -> Site:
        kept = {one.host: one.cable for one in site.slow if one.latency_ns <= most_ns}
        cables = tuple(known or kept.get(host) for host, known in enumerate(site.cables))
        return replace(site, cables=cables, slow=tuple(one for one in site.slow if one.host not in kept))

    return replace(problem, sites=tuple(laid(site) for site in problem.sites))


def with_min_links(problem: PoolProblem, most: int) -> PoolProblem:
    """Return the problem with no host asking for the traffic of more links than this."""
    rate = most * problem.link_mbps
    hosts = tuple(
        replace(
            host,
            min_links=min(host.min_links, most),
            read_mbps=min(host.read_mbps, rate),
            write_mbps=min(host.write_mbps, rate),
        )
        for host in problem.hosts
    )
    return replace(problem, hosts=hosts)


def with_demand(problem: PoolProblem, percent: int) -> PoolProblem:
    """Return the problem with that share of every amount, rounded up to whole GiB."""

    def part(rows: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(-(-amount * percent // 100) for amount in row) for row in rows)

    return relimited(replace(problem, demand_gib=part(problem.demand_gib), shared_gib=part(problem.shared_gib)))


def with_limit(problem: PoolProblem, which: int, limit: Limit) -> PoolProblem:
    """Return the problem with another budget."""
    return replace(problem, limits=tuple(limit if at == which else one for at, one in enumerate(problem.limits)))


def with_own_copies(problem: PoolProblem) -> PoolProblem:
    """Return the problem where every host keeps for itself what its groups share."""
    own = [list(row) for row in problem.demand_gib]
    for row, common in zip(own, problem.shared_gib, strict=False):
        for group, amount in zip(problem.sharing, common, strict=True):
            for host in group.hosts:
                row[host] += amount
    return replace(problem, demand_gib=tuple(tuple(row) for row in own), sharing=(), shared_gib=())


# ---------------------------------------------------------------- one family gone


def without_ports(problem: PoolProblem) -> PoolProblem:
    """As many ports as could ever be used."""
    most = min(MOST_LINKS, len(problem.controllers))
    return with_ports(problem, tuple(max(most, links) for links in _links_enough(problem)))


def without_candidates(problem: PoolProblem) -> PoolProblem:
    """As many candidates as could ever be used: a card of its own on every port beats any sharing.

    Where shelves may be lost they stand in more shelves than that besides.
    """
    if not problem.sites:
        endless = Site("anywhere", 2, (1,), ENDLESS_GIB, 0, 0, (any_cable(problem),) * len(problem.hosts))
        problem = replace(problem, sites=(endless,))
    enough = sum(min(len(host.ports), links) for host, links in zip(problem.hosts, _links_enough(problem), strict=True))
    sites = range(len(problem.sites))
    apart = max(may_lose(problem, "shelf") + 1, copies(problem, "shelf"))
    for site in sites:
        problem = with_controllers(problem, site, enough)
        for _ in range(apart if apart > 1 else 0):
            problem = with_shelf(problem, site, enough)
    return problem


def without_modules(problem: PoolProblem) -> PoolProblem:
    """Cards of any capacity; where a budget asks how much, twice as much at each step."""
    sizes = [everything_gib(problem)]
    if bounds_memory(problem):
        while sizes[-1] > 2 * largest_card_gib(problem) > 0:
            sizes.append(sizes[-1] // 2)
    return with_modules(problem, tuple(sizes))


def without_bandwidth(problem: PoolProblem) -> PoolProblem:
    """One link carries any traffic."""
    return with_min_links(problem, 0)


def without_demand(problem: PoolProblem) -> PoolProblem:
    """A token of demand: whether its amount takes part in a conflict."""

    def token(rows: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(min(1, amount) for amount in row) for row in rows)

    return replace(problem, demand_gib=token(problem.demand_gib), shared_gib=token(problem.shared_gib))


#: How each family is taken out; promises and budgets go one by one (see `without`).
_RELAX: Final[Mapping[Family, Callable[[PoolProblem], PoolProblem]]] = {
    "demand": without_demand,
    "bandwidth": without_bandwidth,
    "isolation": lambda problem: replace(problem, hosts=tuple(replace(host, group="") for host in problem.hosts)),
    "sharing": lambda problem: replace(problem, sharing=(), shared_gib=()),
    "shape": lambda problem: replace(problem, allowed=()),
    "latency": lambda problem: with_latency(problem, ENDLESS_GIB),
    "reach": lambda problem: with_cables(problem, tuple(range(len(problem.hosts)))),
    "links": lambda problem: with_most_links(problem, None),
    "least links": lambda problem: with_least_links(problem, 0),
    "modules": without_modules,
    "ports": without_ports,
    "candidates": without_candidates,
}


def without(problem: PoolProblem, gone: Iterable[Requirement]) -> PoolProblem:
    """Return the problem without these requirements. Ports and candidates come last: they are counted by what is left.

    Promises and budgets stay in their places, and ask for nothing: the others keep their numbers.
    """
    gone = frozenset(gone)
    losses = tuple(
        replace(one, count=0) if Requirement("survive", at) in gone else one for at, one in enumerate(problem.losses)
    )
    limits = tuple(
        replace(one, most=NO_LIMIT) if Requirement("budget", at) in gone else one
        for at, one in enumerate(problem.limits)
    )
    problem = replace(problem, losses=losses, limits=limits)
    families = {one.family for one in gone}
    for family, relax in _RELAX.items():
        if family in families:
            problem = relax(problem)
    return problem


def bounds_memory(problem: PoolProblem) -> bool:
    """Whether a budget bounds how much memory there is. Without one, more memory in every card never hurts."""
    return any(limit.measure in _OF_MEMORY and limit.most < NO_LIMIT for limit in problem.limits)


def requirements_of(problem: PoolProblem) -> tuple[Requirement, ...]:
    """Return all that is required, the first to be left out of a conflict first: what is easiest to change stays longest."""
    families: tuple[Family, ...] = (
        "bandwidth", "isolation", "sharing", "shape", "reach", "links", "modules", "candidates", "ports", "latency",
        "least links",
    )  # fmt: skip
    return (
        *(Requirement(family) for family in families),
        *(Requirement("survive", at) for at in range(len(problem.losses))),
        *(Requirement("budget", at) for at in range(len(problem.limits))),
        Requirement("demand"),
    )
