"""A host by itself, solved as a pool of one: cards of several kinds, modules of several sizes, shelves that may be lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from rackc.compiler.comparison import Scaled
from rackc.compiler.optimize.compare.alone import Owed
from rackc.compiler.optimize.compare.scaling import PRICES, WITHIN, Line, line, scaled
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import Design, families
from rackc.compiler.optimize.problem import Beside, Controller, PoolProblem, Site
from rackc.compiler.optimize.promises import most_links
from rackc.compiler.optimize.search import Found, Task, search
from rackc.compiler.optimize.watch import Watch

#: Effort for one host at one price, and how many crossings of lines are looked at one below the other.
EFFORT: Final = 2.0
DEPTH: Final = 4


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way to give a host what it needs: so many cards of each site, so many modules of each kind (index); none without
    demand."""

    cards: tuple[tuple[int, int], ...] = ()
    modules: tuple[tuple[int, int], ...] = ()


def ways_alone(problem: PoolProblem, host: int, own: Owed, sites: tuple[int, ...]) -> tuple[Way, ...]:
    """Return what is the cheapest for a host at some price of controllers or of modules, within a factor of 3.

    Cards stand at these sites, as many as the host has ports, each with the host alone on it. The least cost is concave in
    a price: between two designs another one can be cheaper only where their lines cross.
    """
    one, peak = _of_one(problem, host, own.plain, sites), own.peak if own.peak > own.plain else 0
    return tuple(
        sorted(
            Way(tuple((sites[at], count) for at, count in way.cards), way.modules) for way in _at_any_price(one, peak)
        )
    )


@lru_cache(maxsize=4_096)
def _at_any_price(one: PoolProblem, peak: int) -> frozenset[Way]:
    """Return the ways of a pool of one host; `peak` is what it must hold with other hosts lost, where that is more."""
    ends = 1 / WITHIN, WITHIN
    found: set[Way] = set()
    for of in PRICES:
        low, high = (_cheapest(one, peak, of, factor) for factor in ends)
        found |= {way for way in (low, high) if way is not None}
        if low is not None and high is not None:
            found |= _between(one, peak, of, (low, high), DEPTH)
    return frozenset(found)


def _between(one: PoolProblem, peak: int, of: Scaled, ends: tuple[Way, Way], depth: int) -> set[Way]:
    """Return the ways that are the cheapest between two prices at which the `ends` are."""
    low, high = ends
    lines = _line(one, low, of), _line(one, high, of)
    at = lines[0].meets(lines[1])
    if low == high or at is None or depth == 0:
        return set()
    middle = _cheapest(one, peak, of, at)
    if middle is None or _line(one, middle, of).at(at) >= lines[0].at(at) - 1:
        return set()
    lower, upper = (_between(one, peak, of, pair, depth - 1) for pair in ((low, middle), (middle, high)))
    return {middle} | lower | upper


def _cheapest(one: PoolProblem, peak: int, of: Scaled, factor: float) -> Way | None:
    there = scaled(one, of, factor)
    need, best = replace(needs(there), restarted=((peak,),) if peak else ()), list[Design]()
    for modules in families(there):
        found = Found(modules, 0)
        search(Task(there, need, "cost", 0.0, EFFORT), found, Watch())
        best += [] if found.best is None else [found.best]
    if not best:
        return None
    design = min(best, key=lambda some: (sum(card.cost_cents for card in some), sum(card.gib for card in some), some))
    cards, pieces = Counter(card.site for card in design), Counter[int]()
    for card in design:
        pieces[card.module] += card.modules
    return Way(tuple(sorted(cards.items())), tuple(sorted(pieces.items())))


def _line(one: PoolProblem, way: Way, of: Scaled) -> Line:
    """Return the cost of a way over the factor, cents."""
    cards = sum(count * one.sites[at].cost_cents for at, count in way.cards)
    cables = sum(count * cable.cost_cents for at, count in way.cards if (cable := one.sites[at].cables[0]) is not None)
    modules = sum(count * one.modules[module].cost_cents for module, count in way.modules)
    return line(of, cards, modules, cables)


def _of_one(problem: PoolProblem, host: int, plain_gib: int, sites: tuple[int, ...]) -> PoolProblem:
    """Return the pool of one host: its peak without lost hosts, its rates, and all that may be lost but the host, without names that differ."""
    most = most_links(problem, host)
    own = replace(
        problem.hosts[host],
        address="h",
        ports=tuple(f"h.{n}" for n in range(most)),
        most_links=None,
        group="",
        least_links=0,
    )
    shelves = {shelf: number for number, shelf in enumerate(dict.fromkeys(problem.sites[at].shelf for at in sites))}
    made = tuple(_site(problem.sites[at], host, shelves[problem.sites[at].shelf], str(n)) for n, at in enumerate(sites))
    return replace(
        problem,
        address="p",
        hosts=(own,),
        controllers=tuple(Controller(f"{n}.{k}", (f"{n}.{k}.h",), n) for n in range(len(sites)) for k in range(most)),
        sites=made,
        demand_gib=((plain_gib,),),
        losses=tuple(loss for loss in problem.losses if loss.thing != "host"),
        goals=("cost",),
        sharing=(), shared_gib=(), limits=(), allowed=(), churn_cents=0, beside=Beside(),
    )  # fmt: skip


def _site(site: Site, host: int, shelf: int, name: str) -> Site:
    """Return a site for cards of one host; of a switch the devices behind it, without the switch."""
    each = max(site.devices, 1)
    alone = replace(
        site, name=name, heads=1, cables=(site.cables[host],), shelf=shelf, devices=0, slow=(),
        read_mbps=site.read_mbps // each, write_mbps=site.write_mbps // each,
    )  # fmt: skip
    if not site.devices:
        return alone
    return replace(
        alone, cost_cents=site.device_cost_cents, power_mw=site.device_power_mw, device_cost_cents=0, device_power_mw=0
    )
