"""Cards that could be built: a site, the hosts it touches, the modules in it. A pool is a multiset of them.

With the pattern as the unit of choice, "who touches whom" is data and no longer a decision, so the capacity
promise becomes a handful of linear rows (see hall.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from rackc.compiler.optimize.problem import Cable, Goal, Measure, Module, PoolProblem, Site
from rackc.compiler.optimize.promises import hosts_a_controller, may_lose, most_links, spare_links

#: What is minimised where no goal is stated.
DEFAULT_GOALS: tuple[Goal, ...] = ("cost",)


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """One populated candidate. `mask` is the demanders it serves, as bits: its hosts, then sharing groups that lie within.

    `module` is an index. A card is one device of `unit_gib`; a switch has so many `devices` in use, `gib` in all.
    """

    site: int
    hosts: tuple[int, ...]
    module: int
    modules: int
    devices: int
    mask: int
    gib: int
    unit_gib: int
    cost_cents: int
    power_mw: int
    length_mm: int

    def weight(self, measure: Measure) -> int:
        """Return what one such card adds to a goal or to a budgeted measure."""
        match measure:
            case "cost":
                return self.cost_cents
            case "power":
                return self.power_mw
            case "cable.length":
                return self.length_mm
            case "capacity":
                return self.gib
            case "controllers":
                return self.devices
            case "links":
                return len(self.hosts)


@dataclass(frozen=True, slots=True, order=True)
class Fill:
    """How a candidate is populated: so many `modules` of a kind (index) in each of so many `devices`; a card has one."""

    module: int
    modules: int
    devices: int = 1


#: A pool without names: sorted, with repetitions.
Design = tuple[Pattern, ...]


def goals_of(problem: PoolProblem) -> tuple[Goal, ...]:
    """Return the goals in order, cost where none is stated."""
    return problem.goals or DEFAULT_GOALS


def weight_of(design: Design, measure: Measure) -> int:
    """Return the value of a goal, or of a budgeted measure, for a whole pool."""
    return sum(pattern.weight(measure) for pattern in design)


def peaks_gib(problem: PoolProblem) -> tuple[int, ...]:
    """Return the largest demand of each host over time."""
    if not problem.demand_gib:
        return (0,) * len(problem.hosts)
    return tuple(max(column) for column in zip(*problem.demand_gib, strict=True))


def wants(problem: PoolProblem) -> tuple[bool, ...]:
    """Return which hosts need memory of the pool: of their own, together with others, or in the place of a lost one."""
    peaks = peaks_gib(problem)
    if any(peaks) and may_lose(problem, "host"):
        return (True,) * len(peaks)
    common = [any(row[number] for row in problem.shared_gib) for number in range(len(problem.sharing))]
    sharing = {host for group, some in zip(problem.sharing, common, strict=True) if some for host in group.hosts}
    return tuple(peak > 0 or host in sharing for host, peak in enumerate(peaks))


def links_needed(problem: PoolProblem) -> tuple[int, ...]:
    """Return the links each host must have: min_links, or more where one may be lost; none without demand."""
    return tuple(
        max(max(1, host.min_links) + spare_links(problem), host.least_links) if wanting else 0
        for host, wanting in zip(problem.hosts, wants(problem), strict=True)
    )


def without_stated_links(problem: PoolProblem) -> PoolProblem:
    """Return the problem where hosts need no more links than their memory, rates and promises ask for."""
    return replace(problem, hosts=tuple(replace(host, least_links=0) for host in problem.hosts))


def slots_of(problem: PoolProblem) -> tuple[int, ...]:
    """Return how many candidates each site has."""
    counts = [0] * len(problem.sites)
    for controller in problem.controllers:
        counts[controller.site] += 1
    return tuple(counts)


def fills(site: Site, module: Module) -> tuple[int, ...]:
    """Return the module counts that a card of this site, or a device behind its switch, may hold."""
    return tuple(count for count in sorted(set(site.populations)) if 0 < count * module.gib <= site.max_capacity_gib)


def families(problem: PoolProblem) -> tuple[tuple[int, ...], ...]:
    """Return the sets of module sizes that may occur together: each alone, or all."""
    everything = tuple(range(len(problem.modules)))
    if problem.one_size:
        return tuple((module,) for module in everything)
    return (everything,) if everything else ()


def largest_card_gib(problem: PoolProblem, modules: tuple[int, ...] | None = None) -> int:
    """Return the capacity of the largest card (of a switch: device) that can be built of these modules, 0 where none can."""
    pieces = problem.modules if modules is None else tuple(problem.modules[module] for module in modules)
    return max(
        (count * piece.gib for site in problem.sites for piece in pieces for count in fills(site, piece)), default=0
    )


def fills_of(problem: PoolProblem, site: int, modules: tuple[int, ...]) -> tuple[Fill, ...]:
    """Return every way to populate a candidate of a site with modules of these sizes, each alone."""
    place = problem.sites[site]
    return tuple(
        Fill(module, count, devices)
        for module in modules
        for count in fills(place, problem.modules[module])
        for devices in range(1, max(place.devices, 1) + 1)
    )


def reachable_hosts(problem: PoolProblem, site: Site) -> tuple[int, ...]:
    """Return the hosts that a card of this site may touch, with a free port and a cable."""
    return in_reach(linkable(problem), site)


def linkable(problem: PoolProblem) -> tuple[int, ...]:
    """Return the hosts with a free port that a card may touch: those with demand. Any, where shapes are stated, or where
    another host is to take over."""
    idle = bool(problem.allowed) or hosts_a_controller(problem) > 1
    return tuple(h for h, wanting in enumerate(wants(problem)) if (wanting or idle) and most_links(problem, h))


def in_reach(hosts: tuple[int, ...], site: Site) -> tuple[int, ...]:
    """Return those of the hosts that have a cable to this site."""
    return tuple(host for host in hosts if site.cables[host] is not None)


def host_sets(problem: PoolProblem, site: Site) -> Iterator[tuple[int, ...]]:
    """Yield every set of hosts that one card of this site may touch, small ones first."""
    hosts, least = reachable_hosts(problem, site), hosts_a_controller(problem)
    sizes = range(least, min(site.heads, len(hosts)) + 1)
    if problem.allowed:
        wanted = {tuple(sorted(set(some))) for some in problem.allowed}
        sets: Iterable[tuple[int, ...]] = sorted(
            some for some in wanted if len(some) in sizes and set(some) <= set(hosts)
        )
    else:
        sets = (some for size in sizes for some in combinations(hosts, size))
    for some in sets:
        if len({problem.hosts[host].group for host in some} - {""}) <= 1:
            yield some


def patterns_of(problem: PoolProblem, modules: tuple[int, ...]) -> tuple[Pattern, ...]:
    """Return every card that can be built with these module sizes, sorted."""
    slots = slots_of(problem)
    return tuple(
        sorted(
            pattern(problem, site, hosts, fill)
            for site, place in enumerate(problem.sites)
            if slots[site] > 0
            for hosts in host_sets(problem, place)
            for fill in fills_of(problem, site, modules)
        )
    )


def count_patterns(problem: PoolProblem, modules: tuple[int, ...]) -> int:
    """Return at least how many cards `patterns_of` would list, without building them."""
    total = 0
    for number, (site, slots) in enumerate(zip(problem.sites, slots_of(problem), strict=True)):
        hosts, sets, choose = len(reachable_hosts(problem, site)), len(problem.allowed), 1
        for size in range(1, min(site.heads, hosts) + 1) if not problem.allowed else ():
            choose = choose * (hosts - size + 1) // size
            sets += choose
        total += sets * (slots > 0) * len(fills_of(problem, number, modules))
    return total


def pattern(problem: PoolProblem, site: int, hosts: tuple[int, ...], fill: Fill) -> Pattern:
    """Return one card with its capacity, cost, power and cable length."""
    place, piece = problem.sites[site], problem.modules[fill.module]
    cables, count = [cable_to(place, host) for host in hosts], fill.modules * fill.devices
    more = fill.devices if place.devices else 0
    return Pattern(
        site=site,
        hosts=hosts,
        module=fill.module,
        modules=fill.modules,
        devices=fill.devices,
        mask=served(problem, hosts),
        gib=count * piece.gib,
        unit_gib=fill.modules * piece.gib,
        cost_cents=place.cost_cents
        + more * place.device_cost_cents
        + count * piece.cost_cents
        + sum(cable.cost_cents for cable in cables),
        power_mw=place.power_mw + more * place.device_power_mw + count * piece.power_mw,
        length_mm=sum(cable.length_mm for cable in cables),
    )


def served(problem: PoolProblem, hosts: tuple[int, ...]) -> int:
    """Return the demanders that a card to these hosts serves, as bits: them, and the groups that lie within."""
    count, mine = len(problem.hosts), set(hosts)
    groups = (count + number for number, group in enumerate(problem.sharing) if mine.issuperset(group.hosts))
    return sum(1 << one for one in (*hosts, *groups))


def cable_to(site: Site, host: int) -> Cable:
    """Return the cable to a host that is known to be in reach."""
    cable = site.cables[host]
    assert cable is not None, f"{site.name} has no cable to host {host}"
    return cable
