"""Random pools of every shape and promise, by seed; and the best of small ones by enumeration."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement, product
from typing import Final

from rackc.compiler.optimize.problem import (
    Controller,
    Limit,
    Loss,
    Module,
    PoolProblem,
    Promise,
    Sharing,
    Site,
    Thing,
)
from tests.optimize.checker import spare_links
from tests.optimize.oaths import Standing, broken, wanting
from tests.optimize.samples import cable, pool, walk

CHEAP: Final = ((32, 50_000), (64, 96_000))


def base(chance: random.Random, heads: int, *, hosts: tuple[int, int] = (3, 5), tiny: bool = False) -> PoolProblem:
    """Return a plain pool: 3 to 5 hosts, one or two shelves, the goal cost, power or cable length; a few holes in reach."""
    count = chance.choice((2, 3)) if tiny else chance.randint(*hosts)
    slots = (
        chance.choice(((3,), (2, 1), (1, 1, 1), (4,)))
        if tiny
        else chance.choice(((5, 4), (4, 4, 3), (6, 5, 2), (3, 3, 3)))
    )
    problem = pool(
        walk(count, chance.choice((1, 2, 3)), chance.randrange(1 << 30), top=chance.choice((60, 120, 200))),
        slots=slots,
        ports=chance.choice((2, 3, 4)) if tiny else chance.choice((3, 4, 5)),
        heads=heads,
        survive=0,
        sizes=CHEAP,
        populations=chance.choice(((2,), (2, 4), (1, 2, 3))) if not tiny else chance.choice(((2,), (1, 2))),
        min_links=1,
        goals=(chance.choice(("cost", "cost", "power", "cable.length")),),
        effort=20.0 if tiny else 1.0,
    )
    sites = tuple(
        replace(
            site,
            cost_cents=site.cost_cents + chance.randrange(3) * 10_000,
            cables=tuple(None if chance.random() < 0.05 else one for one in site.cables),
        )
        for site in problem.sites
    )
    return replace(problem, sites=sites, gap=0.0 if tiny else 0.01, one_size=chance.random() < 0.7)


def losing(problem: PoolProblem, *losses: tuple[Thing, int, Promise]) -> PoolProblem:
    """Return the pool with these promises."""
    return replace(problem, losses=tuple(Loss(*loss) for loss in losses))


def with_switches(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    """Return the pool where every candidate is a switch with two or three bays, and reaches every host."""
    bays = chance.choice((2, 3))
    sites = tuple(
        replace(
            site,
            heads=len(problem.hosts),
            cables=tuple(one or cable(1_000) for one in site.cables),
            devices=bays,
            device_cost_cents=60_000,
            device_power_mw=9_000,
            populations=(chance.choice((1, 2)),),
        )
        for site in problem.sites[:3]
    )
    controllers = tuple(
        Controller(
            f"r.box[{number}].switch",
            tuple(f"r.box[{number}].switch.port[{k}]" for k in range(len(problem.hosts))),
            number,
            tuple(f"r.box[{number}].device[{k}]" for k in range(bays)),
        )
        for number in range(len(sites))
    )
    return replace(problem, sites=sites, controllers=controllers)


def _idle(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    """Return the pool where one host wants nothing."""
    idle = chance.randrange(len(problem.hosts))
    rows = problem.demand_gib
    return replace(problem, demand_gib=tuple(tuple(0 if h == idle else g for h, g in enumerate(row)) for row in rows))


def _allowed(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    hosts = len(problem.hosts)
    ring = tuple((host, (host + 1) % hosts) for host in range(hosts))
    steps = (*ring, *((host, (host + 2) % hosts) for host in range(hosts)))
    islands = tuple(tuple(range(start, min(start + 2, hosts))) for start in range(0, hosts, 2))
    full = (tuple(range(hosts)),)
    shape = chance.choice((ring, steps, islands, full))
    sites = tuple(replace(site, heads=max(len(some) for some in shape)) for site in problem.sites)
    controllers = tuple(
        replace(one, heads=tuple(f"{one.address}.head[{k}]" for k in range(sites[one.site].heads)))
        for one in problem.controllers
    )
    shaped = replace(problem, sites=sites, controllers=controllers, allowed=shape)
    return _idle(shaped, chance) if chance.random() < 0.4 else shaped  # it may be wired all the same


def _isolated(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    hosts = tuple(replace(host, group=chance.choice(("a", "b", ""))) for host in problem.hosts)
    return replace(problem, hosts=hosts)


def _sharing(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    pair = tuple(sorted(chance.sample(range(len(problem.hosts)), 2)))
    shared = tuple((chance.randrange(80),) for _ in problem.demand_gib)
    return replace(problem, sharing=(Sharing("g", pair),), shared_gib=shared)


def _rated_idle(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    """Return the pool with rates, where a host that wants nothing states one too."""
    return _idle(_rated(problem, chance), chance)


def _rated(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    hosts = tuple(
        replace(host, read_mbps=chance.randrange(30) * 1_000, write_mbps=chance.randrange(10) * 1_000)
        for host in problem.hosts
    )
    sites = tuple(replace(site, read_mbps=chance.choice((0, 25_000)), write_mbps=20_000) for site in problem.sites)
    return replace(problem, hosts=hosts, sites=sites, link_mbps=chance.choice((0, 20_000)))


def _budgeted(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    limits = (
        Limit("controllers", chance.randint(2, 7)),
        Limit("links", chance.randint(4, 12)),
        Limit("capacity", 64 * chance.randint(4, 24)),
        Limit("power", 1_000 * chance.randint(100, 700)),
        Limit("cost", 10_000 * chance.randint(40, 300)),
        Limit("cable.length", 500 * chance.randint(4, 20)),
    )
    return replace(problem, limits=tuple(sorted(chance.sample(limits, 2), key=lambda one: one.measure)))


def _limited_links(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    hosts = tuple(
        replace(
            host,
            most_links=chance.choice((None, 2)),
            least_links=chance.choice((0, 2)),
            min_links=chance.choice((1, 2)),
        )
        for host in problem.hosts
    )
    return replace(problem, hosts=hosts)


Maker = Callable[[random.Random, bool], PoolProblem]


def _plain(heads: int, *losses: tuple[Thing, int, Promise]) -> Maker:
    return lambda chance, tiny: losing(base(chance, heads, tiny=tiny), *losses)


def _changed(
    change: Callable[[PoolProblem, random.Random], PoolProblem], *losses: tuple[Thing, int, Promise], heads: int = 2
) -> Maker:
    def make(chance: random.Random, tiny: bool) -> PoolProblem:
        some = losses if chance.random() < 0.6 else ()
        return losing(change(base(chance, heads, tiny=tiny), chance), *some)

    return make


#: Every shape and every promise.
FAMILIES: Final[dict[str, Maker]] = {
    "one head": _plain(1, ("controller", 1, "capacity")),
    "two heads": _plain(2, ("controller", 1, "capacity")),
    "two heads, nothing lost": _plain(2),
    "four heads": _plain(4, ("controller", 1, "capacity")),
    "two controllers lost": _plain(2, ("controller", 2, "capacity")),
    "a link lost": _plain(3, ("link", 1, "capacity")),
    "two links lost": _plain(3, ("link", 2, "capacity")),
    "a shelf lost": _plain(2, ("shelf", 1, "capacity")),
    "a host lost": _plain(2, ("host", 1, "capacity")),
    "copies on controllers": _plain(2, ("controller", 1, "data")),
    "copies on shelves": _plain(3, ("shelf", 1, "data")),
    "another host takes over": _plain(3, ("host", 1, "data")),
    "controller for host, shelf for capacity": _plain(2, ("controller", 1, "host"), ("shelf", 1, "capacity")),
    "link lost, copies on controllers": _plain(3, ("link", 1, "capacity"), ("controller", 1, "data")),
    "switches": _changed(with_switches, ("controller", 1, "capacity")),
    "switches, two devices lost": _changed(with_switches, ("controller", 2, "capacity")),
    "switches, a box lost": _changed(with_switches, ("shelf", 1, "capacity")),
    "switches, copies": _changed(with_switches, ("controller", 1, "data")),
    "switches, copies on links": _changed(with_switches, ("link", 1, "data")),
    "copies, a host lost": _plain(3, ("host", 1, "capacity"), ("controller", 1, "data")),
    "copies, an idle host takes over": _changed(_idle, ("host", 1, "data"), heads=3),
    "shapes, isolated": _changed(lambda problem, chance: _isolated(_allowed(problem, chance), chance)),
    "shapes": _changed(_allowed, ("controller", 1, "capacity")),
    "isolated": _changed(_isolated, ("controller", 1, "capacity"), heads=3),
    "sharing": _changed(_sharing, ("controller", 1, "capacity"), heads=3),
    "sharing, a link lost": _changed(_sharing, ("link", 1, "capacity"), heads=3),
    "sharing, copies": _changed(_sharing, ("controller", 1, "data"), heads=3),
    "rates": _changed(_rated, ("controller", 1, "capacity")),
    "rates, an idle host": _changed(_rated_idle, ("controller", 1, "capacity")),
    "budgets": _changed(_budgeted, ("controller", 1, "capacity")),
    "limited links": _changed(_limited_links, ("controller", 1, "capacity")),
}


#: Shapes that every promise is tried on.
SHAPES: Final = (
    "one head",
    "two heads",
    "four heads",
    "switches",
    "shapes",
    "isolated",
    "sharing",
    "rates",
    "limited links",
)

#: Promises by name: nothing, each kind alone, and some together.
PROMISES: Final[dict[str, tuple[Loss, ...]]] = {
    "nothing": (),
    "controller": (Loss("controller", 1),),
    "controller for host": (Loss("controller", 1, "host"),),
    "two controllers": (Loss("controller", 2),),
    "link": (Loss("link", 1),),
    "two links": (Loss("link", 2),),
    "shelf": (Loss("shelf", 1),),
    "host": (Loss("host", 1),),
    "controller for data": (Loss("controller", 1, "data"),),
    "two controllers for data": (Loss("controller", 2, "data"),),
    "link for data": (Loss("link", 1, "data"),),
    "shelf for data": (Loss("shelf", 1, "data"),),
    "host for data": (Loss("host", 1, "data"),),
    "controller and shelf": (Loss("controller", 1), Loss("shelf", 1)),
    "two controllers and link": (Loss("controller", 2), Loss("link", 1, "host")),
    "host, controller": (Loss("host", 1), Loss("controller", 1)),
    "host, link": (Loss("host", 1), Loss("link", 1)),
    "controller, controllers for data": (Loss("controller", 1), Loss("controller", 2, "data")),
    "link, shelf for data": (Loss("link", 1), Loss("shelf", 1, "data")),
    "host, controller for data": (Loss("host", 1), Loss("controller", 1, "data")),
    "shelf, host for data": (Loss("shelf", 1), Loss("host", 1, "data")),
    "shelf, controllers and shelf for data": (
        Loss("shelf", 1),
        Loss("controller", 2, "data"),
        Loss("shelf", 1, "data"),
    ),
}


def sample(family: str, seed: int, *, tiny: bool = False) -> PoolProblem:
    """Return the pool of a family with a seed; a tiny one can be enumerated."""
    return FAMILIES[family](random.Random(f"{family} {seed}"), tiny)


# ---------------------------------------------------------------- enumeration


@dataclass(frozen=True)
class Card:
    """A populated candidate: hosts, module, modules a device, devices; and what it adds to each measure."""

    site: int
    hosts: tuple[int, ...]
    module: str
    gib: int
    devices: int
    measures: tuple[tuple[str, int], ...]

    def measure(self, name: str) -> int:
        """Return what it adds to a measure."""
        return dict(self.measures)[name]


def best_value(problem: PoolProblem) -> int | None:
    """Return the least value of the first goal over every pool there is, None where there is none. Tiny pools only."""
    goal = problem.goals[0]
    found: list[tuple[int, int, tuple[Card, ...]]] = []
    for cards in _designs(problem):
        if _may_stand(problem, cards):
            found.append((sum(card.measure(goal) for card in cards), len(found), cards))
    for value, _, cards in sorted(found, key=lambda one: one[:2]):
        if next(broken(problem, _standing(problem, cards)), None) is None:
            return value
    return None


def _designs(problem: PoolProblem) -> Iterator[tuple[Card, ...]]:
    """Yield every pool: of each site a multiset of cards, since its candidates are alike."""
    slots = Counter(one.site for one in problem.controllers)
    choices = []
    for number, site in enumerate(problem.sites):
        cards = list(_cards(problem, number, site))
        choices.append(
            [some for count in range(slots[number] + 1) for some in combinations_with_replacement(cards, count)]
        )
    for some in product(*choices):
        yield tuple(card for cards in some for card in cards)


def _cards(problem: PoolProblem, number: int, site: Site) -> Iterator[Card]:
    hosts = [host for host, one in enumerate(site.cables) if one is not None]
    for size in range(1, min(site.heads, len(hosts)) + 1):
        for some in combinations(hosts, size):
            for module, count, devices in product(
                problem.modules, site.populations, range(1, max(site.devices, 1) + 1)
            ):
                if module.gib * count <= site.max_capacity_gib:
                    yield Card(
                        number,
                        some,
                        module.name,
                        module.gib * count,
                        devices,
                        _measures(site, some, module, count, devices),
                    )


def _measures(
    site: Site, hosts: tuple[int, ...], module: Module, count: int, devices: int
) -> tuple[tuple[str, int], ...]:
    wires = [wire for host in hosts if (wire := site.cables[host]) is not None]
    bays = devices if site.devices else 0
    return (
        (
            "cost",
            site.cost_cents
            + bays * site.device_cost_cents
            + count * devices * module.cost_cents
            + sum(w.cost_cents for w in wires),
        ),
        ("power", site.power_mw + bays * site.device_power_mw + count * devices * module.power_mw),
        ("cable.length", sum(w.length_mm for w in wires)),
        ("capacity", count * devices * module.gib),
        ("controllers", devices),
        ("links", len(hosts)),
    )


def _may_stand(problem: PoolProblem, cards: tuple[Card, ...]) -> bool:
    """What can be counted: links, sizes, groups, shapes, budgets."""
    if problem.one_size and len({card.module for card in cards}) > 1:
        return False
    linked = Counter(host for card in cards for host in card.hosts)
    spare = spare_links(problem)
    needed = wanting(problem)
    for index, host in enumerate(problem.hosts):
        least = max(max(1, host.min_links) + spare, host.least_links) if index in needed else 0
        if not least <= linked[index] <= (len(host.ports) if host.most_links is None else host.most_links):
            return False
    takers = 1 + max((one.count for one in problem.losses if one.thing == "host" and one.promise == "data"), default=0)
    for card in cards:
        if len(card.hosts) < takers or len({problem.hosts[host].group for host in card.hosts} - {""}) > 1:
            return False
        if problem.allowed and set(card.hosts) not in [set(some) for some in problem.allowed]:
            return False
    return all(sum(card.measure(one.measure) for card in cards) <= one.most for one in problem.limits)


def _standing(problem: PoolProblem, cards: tuple[Card, ...]) -> Standing:
    """Return what stands, by names of its own."""
    names = {f"{card.site}/{number}": card for number, card in enumerate(cards)}
    sites = {one.address: problem.sites[one.site] for one in problem.controllers}
    sites |= {name: problem.sites[card.site] for name, card in names.items()}
    return Standing(
        frozenset((host, name) for name, card in names.items() for host in card.hosts),
        tuple((name, card.gib) for name, card in names.items() for _ in range(card.devices)),
        {name: site.shelf for name, site in sites.items()},
        sites,
    )
