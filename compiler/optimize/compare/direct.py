"""Direct expansion: each host with cards of its own, sized to its own peak. Exact, in closed form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.alone import devices_lost, intact, own_copies, own_peaks, with_loss
from rackc.compiler.optimize.patterns import fills, links_needed
from rackc.compiler.optimize.problem import Module, PoolProblem, Site
from rackc.compiler.optimize.promises import hosts_a_controller, may_lose, most_links

NAME = "direct expansion"


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """Some cards for one host, or for all: `cards` of them with `gib` in all."""

    cost_cents: int
    gib: int
    cards: int
    power_mw: int


NOTHING = Bundle(0, 0, 0, 0)


def direct_expansion(problem: PoolProblem) -> Rival:
    """Return each host with controllers of its own on the same cables; the number of candidates is no limit."""
    bare, safe = _sized(intact(problem)), _sized(with_loss(problem))
    asked = safe if problem.losses else bare
    sizes = "one module size for all hosts" if problem.one_size else "a module size for each host"
    return Rival(
        NAME, False, bare, safe, "controllers", asked is not None,
        "" if asked is not None else "no number of cards that a host has ports for holds its peak",
        f"each host its own controllers on the same cables, sized to its own peak, {sizes}; exact", shelves=True,
        read_mbps=problem.link_mbps or None, write_mbps=problem.link_mbps or None,
    )  # fmt: skip


def cheapest(problem: PoolProblem) -> Bundle | None:
    """Return the cheapest cards for all hosts, None where one of them can have none that do."""
    if hosts_a_controller(problem) > 1:
        return None  # a card of one host alone is lost with it
    everyone = range(len(problem.hosts))
    if problem.one_size:
        return _least(_sum(_of_host(problem, host, module) for host in everyone) for module in problem.modules)
    return _sum(_least(_of_host(problem, host, module) for module in problem.modules) for host in everyone)


def _sized(problem: PoolProblem) -> Sized | None:
    best = cheapest(problem)
    return None if best is None else Sized(best.cost_cents, best.gib, best.cards, best.power_mw)


def _of_host(problem: PoolProblem, host: int, module: Module) -> Bundle | None:
    """Return the cheapest cards for one host, nothing without demand, None where none will do.

    Cards of one shelf, or where shelves may be lost each in one of its own.
    """
    peak = own_peaks(problem)[host]
    if peak == 0:
        return NOTHING
    if may_lose(problem, "shelf"):
        return _spread(problem, host, module, peak)
    return _least(_at_site(problem, host, module, site, peak) for site in _reached(problem, host))


def _reached(problem: PoolProblem, host: int) -> Iterator[Site]:
    yield from (site for site in problem.sites if site.cables[host] is not None)


def _spread(problem: PoolProblem, host: int, module: Module, peak: int) -> Bundle | None:
    """Return cards in different shelves, the cheapest shelves first; those of the dearest one used must do for all."""
    by_shelf: dict[int, Site] = {}
    for site in sorted(_reached(problem, host), key=lambda one: _card(one, host)):
        by_shelf.setdefault(site.shelf, site)
    found = []
    for most, site in enumerate(by_shelf.values(), start=1):
        best = _at_site(problem, host, module, site, peak, most=most)
        found.append(best)
    return _least(found)


def _at_site(
    problem: PoolProblem, host: int, module: Module, site: Site, peak: int, most: int | None = None
) -> Bundle | None:
    ports = most_links(problem, host) if most is None else min(most, most_links(problem, host))
    power = site.device_power_mw if site.devices else site.power_mw
    found = []
    for cards in range(_fewest(problem, host, site), ports + 1):
        pieces = least_modules(cards, peak, fills(site, module), module.gib, devices_lost(problem), own_copies(problem))
        if pieces is not None:
            found.append(Bundle(
                cards * _card(site, host) + pieces * module.cost_cents, pieces * module.gib, cards,
                cards * power + pieces * module.power_mw,
            ))  # fmt: skip
    return _least(found)


def _card(site: Site, host: int) -> int:
    """Return what a card without modules costs with its cable; of a switch the device behind it, without the switch."""
    cable = site.cables[host]
    assert cable is not None
    return (site.device_cost_cents if site.devices else site.cost_cents) + cable.cost_cents


def _fewest(problem: PoolProblem, host: int, site: Site) -> int:
    """Return how many cards a host's rates ask for: links, and what one card gives."""
    one = problem.hosts[host]
    cards = [links_needed(problem)[host], 1]
    cards += [
        -(-need // gives)
        for need, gives in ((one.read_mbps, site.read_mbps), (one.write_mbps, site.write_mbps))
        if gives
    ]
    return max(cards)


@lru_cache(maxsize=50_000)
def least_modules(cards: int, peak: int, counts: tuple[int, ...], gib: int, lost: int, copies: int) -> int | None:
    """Return the fewest modules on so many cards of these fills that hold a peak with the `lost` largest cards gone.

    The lost ones are as full as the fullest of the rest. With copies, what one card holds counts once:
    sum of min(card, peak) >= copies * peak (no part of the data twice on a card).
    """
    found = []
    for at, largest in enumerate(counts):
        rest = _fill(cards - lost, peak * copies, counts[: at + 1], gib, peak)
        if rest is not None:
            found.append(rest + lost * largest)
    return min(found, default=None)


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


def _least(bundles: Iterable[Bundle | None]) -> Bundle | None:
    return min((bundle for bundle in bundles if bundle is not None), default=None)


def _sum(bundles: Iterable[Bundle | None]) -> Bundle | None:
    total = NOTHING
    for one in bundles:
        if one is None:
            return None
        total = Bundle(
            total.cost_cents + one.cost_cents,
            total.gib + one.gib,
            total.cards + one.cards,
            total.power_mw + one.power_mw,
        )
    return total
