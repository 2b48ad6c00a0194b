"""What a design lacks, as cuts: conditions that every true answer meets, and that this one breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from rackc.compiler.optimize.flows import Demand, Short, Way, short
from rackc.compiler.optimize.hall import LISTED, Needs, lacking_sets
from rackc.compiler.optimize.patterns import Design, Pattern, wants
from rackc.compiler.optimize.problem import PoolProblem, Site
from rackc.compiler.optimize.promises import copies, copies_in_all, copies_on, may_lose, rows_of

#: "fit": every slice in what is left after any loss. "restart": every slice with hosts lost, in all memory. "copies": the
#: copies of every slice. The others: rates, all intact.
Kind = Literal["fit", "restart", "copies", "read", "write"]

Direction = Literal["read", "write"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("read", "write")

#: Cuts taken from one design where sets are not listed.
BATCH = 60

#: Stands for a card without a limit of its own.
ENDLESS = 1 << 30


@dataclass(frozen=True, slots=True)
class Cut:
    """The demanders of `mask` lack what they need.

    For "fit" that is need(mask) after every loss, for "restart" with hosts lost. Else: sum over cards of min(room, sum of
    `row[h]` over the demanders of `mask` that it touches) >= `need`. With `inside`, only the (demander, shelf) listed there count so; every other pair of
    `mask` and a shelf that it touches gives `row[h]` times `per_shelf`.
    """

    kind: Kind
    mask: int
    row: tuple[int, ...] = ()
    need: int = 0
    inside: frozenset[tuple[int, int]] | None = None
    per_shelf: int = 0


def lacking(problem: PoolProblem, need: Needs, design: Design) -> tuple[Cut, ...]:
    """Return what a design lacks, the worst first; nothing: all promises are kept and all rates fit."""
    found = _lacking_fit(need, design, "fit")
    if need.restarted:
        found += _lacking_fit(need.after_restart, design, "restart")
    if not found:
        found = list(dict.fromkeys((*_copies(problem, need, design), *_rates(problem, design))))
    return tuple(found)


def _lacking_fit(need: Needs, design: Design, kind: Kind) -> list[Cut]:
    if need.demanders <= LISTED:
        return [Cut(kind, mask) for mask in lacking_sets(design, need)]
    return list(dict.fromkeys(Cut(kind, mask) for mask in _lacking_by_flows(need, design)))


def room_of(problem: PoolProblem, card: Pattern, kind: Kind) -> int:
    """Return what a card can take: its memory, or its rate."""
    match kind:
        case "read" | "write":
            return rate_of(problem.sites[card.site], kind)
        case _:
            return card.gib


def per_shelf(problem: PoolProblem) -> int | None:
    """Return how many copies one shelf may hold, so that losing those that may be lost leaves one; None: no promise."""
    apart = copies(problem, "shelf")
    return (copies_in_all(problem) - 1) // (apart - 1) if apart > 1 else None


def _copies(problem: PoolProblem, need: Needs, design: Design) -> Iterator[Cut]:
    """A byte has all its copies on different controllers: a demander has no more than its demand on any one of them."""
    times = copies_in_all(problem)
    if times == 1:
        return
    ways = [Way(card.mask, card.gib, need.shelf_of[card.site], copies_on(problem, card.devices)) for card in design]
    for row in need.rows if not may_lose(problem, "host") else dict.fromkeys(rows_of(problem)):
        missed = short(ways, of_copies(problem, row))
        if missed is not None:
            wanted = times * sum(amount for h, amount in enumerate(row) if missed.mask >> h & 1)
            yield Cut("copies", missed.mask, row, wanted, missed.inside, per_shelf(problem) or 0)


def of_copies(problem: PoolProblem, row: tuple[int, ...]) -> Demand:
    """Return the demand of one slice with all its copies: no byte twice on a controller, nor too often on a shelf."""
    return Demand(tuple(copies_in_all(problem) * amount for amount in row), row, per_shelf(problem))


def _rates(problem: PoolProblem, design: Design) -> Iterator[Cut]:
    """Traffic fits links and cards, each way, if it may be spread freely over a host's links."""
    hosts = (1 << len(problem.hosts)) - 1
    for way in DIRECTIONS:
        traffic = traffic_of(problem, way)
        ways = [Way(card.mask & hosts, rate_of(problem.sites[card.site], way)) for card in design]
        missed = short(ways, traffic) if any(traffic.amount) else None
        if missed is not None:
            wanted = sum(rate for h, rate in enumerate(traffic.amount) if missed.mask >> h & 1)
            yield Cut(way, missed.mask, traffic.most, wanted)


def traffic_of(problem: PoolProblem, way: Direction) -> Demand:
    """Return what the hosts with demand read or write, MB/s, and what each may over one link."""
    rates = tuple(
        (host.read_mbps if way == "read" else host.write_mbps) * wanting
        for host, wanting in zip(problem.hosts, wants(problem), strict=True)
    )
    return Demand(rates, tuple(min(rate, problem.link_mbps or rate) for rate in rates))


def rate_of(site: Site, way: Direction) -> int:
    """Return what a card of a site gives each way, MB/s."""
    return (site.read_mbps if way == "read" else site.write_mbps) or ENDLESS


def _lacking_by_flows(need: Needs, design: Design) -> Iterator[int]:
    """Min cut of every slice and every loss, up to a number of them."""
    count = 0
    for left in _after_losses(need, design):
        for row in need.rows:
            missed: Short | None = short(left, Demand(row, row))
            if missed is not None:
                count += 1
                yield missed.mask
            if count >= BATCH:
                return


def _after_losses(need: Needs, design: Design) -> Iterator[list[Way]]:
    """Yield what is left after each loss: controllers, links, shelves; and intact where nothing may be lost."""
    whole = [(card.mask, card.gib) for card in design]
    yield [Way(*card) for card in whole]
    units = [(k, card.unit_gib) for k, card in enumerate(design) for _ in range(card.devices)]
    for gone in set(combinations(units, need.controllers)) if need.controllers else ():
        taken = dict.fromkeys(range(len(design)), 0)
        for k, gib in gone:
            taken[k] += gib
        yield [Way(mask, gib - taken[k]) for k, (mask, gib) in enumerate(whole)]
    cables = [(k, host) for k, card in enumerate(design) for host in card.hosts]
    for cut in combinations(cables, need.links) if need.links else ():
        yield [Way(_unlinked(need, card, {h for c, h in cut if c == k}), card.gib) for k, card in enumerate(design)]
    for shelves in need.shelf_losses():
        yield [Way(card.mask, card.gib) for card in design if need.shelf_of[card.site] not in shelves]


def _unlinked(need: Needs, card: Pattern, gone: set[int]) -> int:
    """Return the demanders that a card still serves without some of its links."""
    left = sum(1 << host for host in card.hosts if host not in gone)
    return left | sum(1 << need.hosts + g for g, group in enumerate(need.groups) if group & ~left == 0)
