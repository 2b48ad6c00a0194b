"""Direct expansion: each host with cards of its own, sized to its own peak. Exact: counted where a host's cards are of one
kind and hold modules of one size, else solved, a host at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import combinations_with_replacement

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.alone import Owed, intact, owed, with_loss
from rackc.compiler.optimize.compare.by_itself import Way, ways_alone
from rackc.compiler.optimize.patterns import cable_to, families, fills, links_needed, without_stated_links
from rackc.compiler.optimize.problem import PoolProblem, Site
from rackc.compiler.optimize.promises import copies, hosts_a_controller, may_lose, most_links

NAME = "direct expansion"


#: The ways of each host.
Ways = tuple[tuple[Way, ...], ...]


def direct_expansion(problem: PoolProblem) -> Rival:
    """Return each host with controllers of its own on the same cables; the number of candidates is no limit."""
    bare, safe = cheapest(intact(problem)), cheapest(with_loss(problem))
    asked = safe if problem.losses else bare
    sizes = "one module size a host" if problem.one_size else "any module size on each"
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
    found = [
        min((_sized(problem, host, way) for way in own), key=_worth, default=None) for host, own in enumerate(by_host)
    ]
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        return None
    return Sized(
        sum(one.cost_cents for one in whole), sum(one.gib for one in whole), sum(one.devices for one in whole),
        sum(one.power_mw for one in whole),
    )  # fmt: skip


def _worth(one: Sized) -> tuple[int, int, int, int]:
    """Cost first; among equals less memory, then fewer cards."""
    return one.cost_cents, one.gib, one.devices, one.power_mw


def _sized(problem: PoolProblem, host: int, way: Way) -> Sized:
    """Return what a way comes to for a host, cables included; behind a switch devices without the switch."""
    cents = gib = devices = power = 0
    for at, count in way.cards:
        site = problem.sites[at]
        cents += count * _card(site, host)
        power += count * (site.device_power_mw if site.devices else site.power_mw)
        devices += count
    for module, count in way.modules:
        piece = problem.modules[module]
        cents, gib, power = cents + count * piece.cost_cents, gib + count * piece.gib, power + count * piece.power_mw
    return Sized(cents, gib, devices, power)


def ways_of(problem: PoolProblem) -> Ways:
    """Return the ways of each host that are the cheapest at some price: of controllers, or of modules, within a factor of 3."""
    if hosts_a_controller(problem) > 1:
        return ((),) * len(problem.hosts)  # a card of one host alone is lost with it
    least, alike = links_needed(without_stated_links(problem)), _alike(problem)
    return tuple(
        (Way(),) if not own.peak else _ways(problem, host, own, links, alike)
        for host, (own, links) in enumerate(zip(owed(problem), least, strict=True))
    )


def _ways(problem: PoolProblem, host: int, own: Owed, links: int, alike: tuple[Site, ...]) -> tuple[Way, ...]:
    """Return the ways of a host: counted where its cards are of one kind and size, else of a pool of its own."""
    sites = _reached(problem, host, alike)
    if _shelves_matter(problem) or len(sites) > 1 or len(families(problem)) < len(problem.modules):
        return ways_alone(problem, host, own, sites)
    return tuple(
        way for module in range(len(problem.modules)) for at in sites
        for way in _counted(problem, (host, at, module), own, links)
    )  # fmt: skip


def _shelves_matter(problem: PoolProblem) -> bool:
    """Whether it is of account which cards of a host stand in one shelf."""
    return may_lose(problem, "shelf") > 0 or copies(problem, "shelf") > 1


def _counted(problem: PoolProblem, of: tuple[int, int, int], own: Owed, links: int) -> Iterator[Way]:
    """Yield the fewest modules of a kind for each number of cards of a site, on so many links or more."""
    host, at, module = of
    place, piece = problem.sites[at], problem.modules[module]
    counts = fills(place, piece)
    for cards in range(_fewest(problem, host, place, links), most_links(problem, host) + 1):
        pieces = least_modules(cards, own, counts, piece.gib)
        if pieces is not None:
            yield Way(((at, cards),), ((module, pieces),))


def _alike(problem: PoolProblem) -> tuple[Site, ...]:
    """Return the sites without what a card of one host does not differ in: equal ones differ by their cables only."""
    apart = _shelves_matter(problem)
    return tuple(
        replace(site, name="", heads=1, cables=(), shelf=site.shelf if apart else 0, slow=()) for site in problem.sites
    )


def _reached(problem: PoolProblem, host: int, alike: tuple[Site, ...]) -> tuple[int, ...]:
    """Return the sites in reach of a host, of those that are alike the one with the cheapest cable."""
    sites = (at for at, site in enumerate(problem.sites) if site.cables[host] is not None)
    nearest: dict[Site, int] = {}
    for at in sorted(sites, key=lambda one: _card(problem.sites[one], host)):
        nearest.setdefault(alike[at], at)
    return tuple(sorted(nearest.values()))


def _card(site: Site, host: int) -> int:
    """Return what a card without modules costs with its cable; of a switch the device behind it, without the switch."""
    return (site.device_cost_cents if site.devices else site.cost_cents) + cable_to(site, host).cost_cents


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
    sum of min(card, plain) >= copies * plain (no part of the data twice on a card). Where several are asked, all fills are looked at.
    """
    if (own.copies > 1) + (own.lost > 0) + (own.peak != own.plain) > 1:
        return _listed(cards, own, counts, gib)
    found = []
    for at, largest in enumerate(counts):
        rest = _fill(cards - own.lost, own.peak * own.copies, counts[: at + 1], gib, own.peak)
        if rest is not None:
            found.append(rest + own.lost * largest)
    return min(found, default=None)


def _listed(cards: int, own: Owed, counts: tuple[int, ...], gib: int) -> int | None:
    """Return the fewest modules of all ways to fill the cards that keep all, each by itself."""
    kept = (
        sum(fill)
        for fill in combinations_with_replacement(counts, cards)
        if sum(fill[: cards - own.lost]) * gib >= own.plain
        and sum(fill) * gib >= own.peak
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
