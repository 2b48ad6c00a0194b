"""Pools to test with."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

from rackc.compiler.optimize.problem import Cable, Controller, Goal, Host, Loss, Module, PoolProblem, Site

#: GiB and cents, as RDIMMs are priced: the large ones dearer per GiB.
SIZES = ((64, 96_000), (96, 148_800), (128, 208_000), (256, 480_000))


def cable(length_mm: int) -> Cable:
    """Return a cable whose price goes with its length."""
    return Cable(f"x8-{length_mm}", length_mm, length_mm - 50, 2_000 + 8 * length_mm)


def pool(
    demand_gib: tuple[tuple[int, ...], ...],
    *,
    slots: tuple[int, ...] = (8, 8),
    ports: int = 4,
    heads: int = 2,
    survive: int = 1,
    sizes: tuple[tuple[int, int], ...] = SIZES,
    populations: tuple[int, ...] = (2, 4),
    min_links: int = 1,
    goals: tuple[Goal, ...] = ("cost",),
    effort: float = 30.0,
) -> PoolProblem:
    """Return a pool of one rack: sites at different heights, cables by distance."""
    count = len(demand_gib[0]) if demand_gib else 0
    hosts = tuple(
        Host(f"r.host[{h}]", tuple(f"r.host[{h}].cxl[{p}]" for p in range(ports)), min_links) for h in range(count)
    )
    sites = tuple(
        Site(
            f"shelf{s}",
            heads,
            populations,
            2_048,
            150_000,
            50_000,
            tuple(cable(500 + 250 * abs(h - s)) for h in range(count)),
            shelf=s,
        )
        for s in range(len(slots))
    )
    controllers = tuple(
        Controller(f"r.shelf[{s}].card[{k}]", tuple(f"r.shelf[{s}].card[{k}].head[{i}]" for i in range(heads)), s)
        for s, number in enumerate(slots)
        for k in range(number)
    )
    modules = tuple(Module(f"dimm{gib}", gib, cost, 6_000 + 20 * gib) for gib, cost in sizes)
    losses = (Loss("controller", survive),) if survive else ()
    return PoolProblem("r.pool", hosts, controllers, sites, modules, True, demand_gib, losses, goals, effort=effort)


def walk(hosts: int, slices: int, seed: int, top: int = 600) -> tuple[tuple[int, ...], ...]:
    """Return demand that wanders: hosts are busy at different times."""
    chance = random.Random(seed)
    now = [chance.randrange(top) for _ in range(hosts)]
    rows = []
    for _ in range(slices):
        now = [min(top, max(0, amount + chance.randrange(-top // 4, top // 4 + 1))) for amount in now]
        rows.append(tuple(now))
    return tuple(rows)


def tiny(seed: int) -> PoolProblem:
    """Return a random pool that can be enumerated: 2 or 3 hosts, 2 or 3 candidates, 2 module sizes."""
    chance = random.Random(seed)
    hosts, slots = chance.choice((2, 3)), chance.choice(((2,), (3,), (1, 1), (2, 1)))
    problem = pool(
        walk(hosts, chance.choice((1, 2, 4)), seed, top=chance.choice((60, 150, 260))),
        slots=slots,
        ports=chance.choice((1, 2, 3)),
        heads=chance.choice((1, 2, 3)),
        survive=chance.choice((0, 0, 1)),
        sizes=((32, 50_000), (64, 96_000 + 20_000 * chance.randrange(2))),
        populations=chance.choice(((2,), (2, 4), (1, 3))),
        min_links=chance.choice((1, 1, 2)),
        goals=(chance.choice(("cost", "cost", "power", "cable.length")),),
    )
    return replace(_with_holes(problem, chance), gap=0.0, one_size=chance.random() < 0.7)


def _with_holes(problem: PoolProblem, chance: random.Random) -> PoolProblem:
    """Take away some cables, and make one site dearer."""
    sites = tuple(
        replace(
            site,
            cost_cents=site.cost_cents + chance.randrange(3) * 10_000,
            max_capacity_gib=chance.choice((2_048, 128)),
            cables=tuple(None if chance.random() < 0.15 else one for one in site.cables),
        )
        for site in problem.sites
    )
    return replace(problem, sites=sites)


def best_by_enumeration(problem: PoolProblem) -> int | None:
    """Return the least value of the first goal over every pool there is, None where there is none. Tiny pools only."""
    families = [(module,) for module in problem.modules] if problem.one_size else [problem.modules]
    values = [value for family in families if (value := _best_of_family(problem, family)) is not None]
    return min(values, default=None)


#: A card that could be built: hosts, GiB, value of the goal.
Card = tuple[frozenset[int], int, int]


def _best_of_family(problem: PoolProblem, modules: tuple[Module, ...]) -> int | None:
    choices = [[None, *_cards(problem, problem.sites[one.site], modules)] for one in problem.controllers]
    best: int | None = None
    for chosen in product(*choices):
        cards = [card for card in chosen if card is not None]
        value = sum(card[2] for card in cards)
        if (best is None or value < best) and _holds(problem, cards):
            best = value
    return best


def _cards(problem: PoolProblem, site: Site, modules: tuple[Module, ...]) -> list[Card]:
    """Return every card of a site that touches a host at least."""
    cards: list[Card] = []
    for module, count in product(modules, site.populations):
        gib = module.gib * count
        if gib > site.max_capacity_gib:
            continue
        for bits in product((False, True), repeat=len(problem.hosts)):
            hosts = frozenset(h for h, on in enumerate(bits) if on)
            wires = [site.cables[h] for h in hosts]
            if not hosts or len(hosts) > site.heads or None in wires:
                continue
            lengths = sum(wire.length_mm for wire in wires if wire)
            value = {
                "cost": site.cost_cents + count * module.cost_cents + sum(w.cost_cents for w in wires if w),
                "power": site.power_mw + count * module.power_mw,
                "cable.length": lengths,
            }[problem.goals[0]]
            cards.append((hosts, gib, value))
    return cards


def _holds(problem: PoolProblem, cards: list[Card]) -> bool:
    """Every slice, intact and after every loss, for every set of hosts."""
    for h, host in enumerate(problem.hosts):
        links = sum(h in card[0] for card in cards)
        wants = any(row[h] for row in problem.demand_gib)
        if links > len(host.ports) or links < (max(1, host.min_links) + len(problem.losses) if wants else 0):
            return False
    lost = [None, *range(len(cards))] if problem.losses else [None]
    for bits in product((False, True), repeat=len(problem.hosts)):
        some = {h for h, on in enumerate(bits) if on}
        need = max((sum(row[h] for h in some) for row in problem.demand_gib), default=0)
        for gone in lost:
            if sum(card[1] for k, card in enumerate(cards) if k != gone and card[0] & some) < need:
                return False
    return True
