"""Direct expansion: each host with cards of its own, sized to its own peak. Exact, in closed form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations_with_replacement

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.alone import Owed, intact, owed, with_loss
from rackc.compiler.optimize.patterns import fills, links_needed, without_stated_links
from rackc.compiler.optimize.problem import PoolProblem, Site
from rackc.compiler.optimize.promises import hosts_a_controller, may_lose, most_links

NAME = "direct expansion"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to give a host what it needs: so many `cards` of a site, with `pieces` modules in all; none without demand."""

    cards: int
    pieces: int
    site: int


#: The ways of each host by module: `ways[host][module]`.
Ways = tuple[tuple[tuple[Way, ...], ...], ...]


def direct_expansion(problem: PoolProblem) -> Rival:
    """Return each host with controllers of its own on the same cables; the number of candidates is no limit."""
    bare, safe = cheapest(intact(problem)), cheapest(with_loss(problem))
    asked = safe if problem.losses else bare
    sizes = "one module size for all hosts" if problem.one_size else "a module size for each host"
    return Rival(
        NAME, False, bare, safe, "controllers", asked is not None,
        "" if asked is not None else "no number of cards that a host has ports for holds its peak",
        f"each host its own controllers on the same cables, sized to its own peak, {sizes}; exact", shelves=True,
        read_mbps=problem.link_mbps or None, write_mbps=problem.link_mbps or None,
    )  # fmt: skip


def cheapest(problem: PoolProblem, ways: Ways | None = None) -> Sized | None:
    """Return the cheapest cards for all hosts by the problem's prices, None where one of them can have none that do.

    `ways` are those of the problem, which no price changes.
    """
    by_host = ways_of(problem) if ways is None else ways
    if problem.one_size:
        return _least(
            _sum(_of_host(problem, host, [(module, own[module])]) for host, own in enumerate(by_host))
            for module in range(len(problem.modules))
        )
    return _sum(_of_host(problem, host, list(enumerate(own))) for host, own in enumerate(by_host))


def _of_host(problem: PoolProblem, host: int, offered: list[tuple[int, tuple[Way, ...]]]) -> Sized | None:
    """Return the cheapest of the ways of a host; among equals that with less memory, then with fewer cards."""
    best: tuple[int, int, int, int] | None = None
    for module, ways in offered:
        piece = problem.modules[module]
        for way in ways:
            if not way.cards:
                return Sized(0, 0, 0, 0)
            site = problem.sites[way.site]
            power = site.device_power_mw if site.devices else site.power_mw
            found = (
                way.cards * _card(site, host) + way.pieces * piece.cost_cents, way.pieces * piece.gib, way.cards,
                way.cards * power + way.pieces * piece.power_mw,
            )  # fmt: skip
            best = found if best is None else min(best, found)
    return None if best is None else Sized(*best)


def ways_of(problem: PoolProblem) -> Ways:
    """Return every way of each host that could be the cheapest, at any prices."""
    every, least = owed(problem), links_needed(without_stated_links(problem))
    if hosts_a_controller(problem) > 1:
        return tuple(((),) * len(problem.modules) for _ in every)  # a card of one host alone is lost with it
    alike = _alike(problem)
    return tuple(
        tuple(_ways(problem, sites, host, module, (own, links)) for module in range(len(problem.modules)))
        for host, (own, links) in enumerate(zip(every, least, strict=True))
        for sites in (_reached(problem, host, alike),)
    )


def _ways(
    problem: PoolProblem, sites: list[tuple[int, int]], host: int, module: int, needs: tuple[Owed, int]
) -> tuple[Way, ...]:
    """Return the ways on sites in reach to hold what a host owes, on so many links or more, with modules of a kind."""
    (own, links), piece = needs, problem.modules[module]
    if own.peak == 0:
        return (Way(0, 0, 0),)
    found = []
    for site, most in sites:
        place = problem.sites[site]
        counts = fills(place, piece)
        for cards in range(_fewest(problem, host, place, links), min(most, most_links(problem, host)) + 1):
            pieces = least_modules(cards, own, counts, piece.gib)
            if pieces is not None:
                found.append(Way(cards, pieces, site))
    return tuple(found)


def _alike(problem: PoolProblem) -> tuple[Site, ...]:
    """Return the sites without what a card of one host does not differ in: equal ones differ by their cables only."""
    return tuple(replace(site, name="", heads=1, cables=(), shelf=0, slow=()) for site in problem.sites)


def _reached(problem: PoolProblem, host: int, alike: tuple[Site, ...]) -> list[tuple[int, int]]:
    """Return the sites in reach of a host, and how many of its cards they may hold: any, unless shelves may be lost.

    Of sites that are alike the one with the cheapest cable. Where shelves may be lost, each card stands in a shelf of its own,
    the nearest first, and the farthest one used must do for all.
    """
    sites = [at for at, site in enumerate(problem.sites) if site.cables[host] is not None]
    if not may_lose(problem, "shelf"):
        nearest: dict[Site, int] = {}
        for at in sorted(sites, key=lambda one: _card(problem.sites[one], host)):
            nearest.setdefault(alike[at], at)
        return [(at, len(problem.hosts[host].ports)) for at in sorted(nearest.values())]
    by_shelf: dict[int, int] = {}
    for at in sorted(sites, key=lambda one: _card(problem.sites[one], host)):
        by_shelf.setdefault(problem.sites[at].shelf, at)
    return [(at, most) for most, at in enumerate(by_shelf.values(), start=1)]


def _card(site: Site, host: int) -> int:
    """Return what a card without modules costs with its cable; of a switch the device behind it, without the switch."""
    cable = site.cables[host]
    assert cable is not None
    return (site.device_cost_cents if site.devices else site.cost_cents) + cable.cost_cents


def _fewest(problem: PoolProblem, host: int, site: Site, links: int) -> int:
    """Return how many cards a host's rates ask for: links, and what one card gives, or one device without its switch."""
    one = problem.hosts[host]
    each = max(site.devices, 1)
    cards = [links, 1]
    for need, gives in ((one.read_mbps, site.read_mbps // each), (one.write_mbps, site.write_mbps // each)):
        if gives:
            cards.append(-(-need // gives))
    return max(cards)


@lru_cache(maxsize=50_000)
def least_modules(cards: int, own: Owed, counts: tuple[int, ...], gib: int) -> int | None:
    """Return the fewest modules on so many cards of these fills that hold what a host owes.

    The lost cards are as full as the fullest of the rest. With copies, what one card holds counts once:
    sum of min(card, plain) >= copies * plain (no part of the data twice on a card). Where both are asked, all fills are looked at.
    """
    if own.copies > 1 and (own.lost or own.peak != own.plain):
        return _listed(cards, own, counts, gib)
    found = []
    for at, largest in enumerate(counts):
        rest = _fill(cards - own.lost, own.peak * own.copies, counts[: at + 1], gib, own.peak)
        if rest is not None:
            found.append(rest + own.lost * largest)
    return min(found, default=None)


def _listed(cards: int, own: Owed, counts: tuple[int, ...], gib: int) -> int | None:
    """Return the fewest modules of all ways to fill the cards that keep both."""
    kept = (
        sum(fill)
        for fill in combinations_with_replacement(counts, cards)
        if sum(fill[: cards - own.lost]) * gib >= own.peak
        and sum(min(count * gib, own.plain) for count in fill) >= own.copies * own.plain
    )
    return min(kept, default=None) if cards > own.lost else None


def _fill(cards: int, need: int, counts: tuple[int, ...], gib: int, most: int) -> int | None:
    """Return the fewest modules on exactly so many cards that hold `need`, at most `most` of each counting."""
    if cards <= 0:
        return None
    reached = {0: 0}
    for _ in range(cards):
        step: dict[int, int] = {}
        for held, modules in reached.items():
            for count in counts:
                now = min(need, held + min(count * gib, most))
                if modules + count < step.get(now, modules + count + 1):
                    step[now] = modules + count
        reached = step
    return reached.get(need)


def _least(found: Iterable[Sized | None]) -> Sized | None:
    return min(
        (one for one in found if one is not None),
        key=lambda one: (one.cost_cents, one.gib, one.devices, one.power_mw),
        default=None,
    )


def _sum(found: Iterable[Sized | None]) -> Sized | None:
    cents = gib = devices = power = 0
    for one in found:
        if one is None:
            return None
        cents, gib, devices, power = (
            cents + one.cost_cents, gib + one.gib, devices + one.devices, power + one.power_mw
        )  # fmt: skip
    return Sized(cents, gib, devices, power)
