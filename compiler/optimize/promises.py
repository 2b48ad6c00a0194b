"""What the promises of a pool ask for: links, copies, and further rows of demand where a host may be lost."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

from rackc.compiler.optimize.problem import NO_LIMIT, PoolProblem, Thing

#: Demand by slice and demander: the hosts, then the sharing groups.
Rows = tuple[tuple[int, ...], ...]


def may_lose(problem: PoolProblem, thing: Thing) -> int:
    """Return how many things of a kind may be lost with every slice of time still fitting."""
    return max((one.count for one in problem.losses if one.thing == thing and one.promise != "data"), default=0)


def copies(problem: PoolProblem, *things: Thing) -> int:
    """Return how many copies there must be on different things of these kinds; 1 where nothing is promised of data."""
    return 1 + max((one.count for one in problem.losses if one.thing in things and one.promise == "data"), default=0)


def copies_in_all(problem: PoolProblem) -> int:
    """Return how many copies there are of every byte, each on a controller of its own."""
    return copies(problem, "controller", "link", "shelf")


def copies_on(problem: PoolProblem, devices: int) -> int:
    """Return how many copies of a byte a candidate with so many devices may hold: one, where they must be on different links."""
    return 1 if copies(problem, "link") > 1 else devices


def held_at_once(problem: PoolProblem) -> int:
    """Return the most that is held in any slice, GiB: demand and what is shared, in all copies."""
    return max(map(sum, rows_of(problem)), default=0) * copies_in_all(problem)


def capacity_of(problem: PoolProblem, stranded: Fraction) -> int:
    """Return the capacity of which at most this share is stranded, GiB: (capacity - held) / capacity <= share."""
    return math.floor(held_at_once(problem) / (1 - stranded))


def relimited(problem: PoolProblem) -> PoolProblem:
    """Return the problem with its limits on stranded memory as its demand has them now."""
    return replace(
        problem,
        limits=tuple(
            one if one.stranded is None or one.most >= NO_LIMIT
            else replace(one, most=capacity_of(problem, Fraction(*one.stranded)))
            for one in problem.limits
        ),
    )  # fmt: skip


def most_held(problem: PoolProblem) -> tuple[int, tuple[int, ...]]:
    """Return the most that all hold at once, and each host alone, GiB: with hosts lost, or all intact with all copies. Each
    promise stands for itself."""
    hosts, times = range(len(problem.hosts)), copies_in_all(problem)
    intact, lost = rows_of(problem), rows_with_losses(problem)
    own = (max([0, *(row[host] for row in lost), *(times * row[host] for row in intact)]) for host in hosts)
    return max(held_at_once(problem), *map(sum, lost), 0), tuple(own)


def devices_lost(problem: PoolProblem) -> int:
    """Return how many devices of one host may be lost at once: a controller, a link or a shelf takes one of its cards."""
    return max(may_lose(problem, "controller"), may_lose(problem, "link"), may_lose(problem, "shelf"))


def hosts_a_controller(problem: PoolProblem) -> int:
    """Return how many hosts every controller must reach so that another can take over."""
    return copies(problem, "host")


def spare_links(problem: PoolProblem) -> int:
    """Return how many links a host needs beyond those for its bandwidth.

    As many as controllers or links may be lost, or copies beyond the first; a shelf has one link of a host at least. One of
    several devices behind a switch takes no link with it.
    """
    apart: tuple[Thing, ...] = (
        ("link", "shelf") if any(site.devices for site in problem.sites) else ("controller", "link", "shelf")
    )
    return max(max(may_lose(problem, thing) for thing in apart), copies(problem, *apart) - 1)


def most_links(problem: PoolProblem, host: int) -> int:
    """Return how many links a host may have: its free ports, or the limit where that is less."""
    one = problem.hosts[host]
    return len(one.ports) if one.most_links is None else min(len(one.ports), one.most_links)


def rows_of(problem: PoolProblem) -> Rows:
    """Return the demand of hosts and sharing groups in every slice."""
    shared = problem.shared_gib or ((0,) * len(problem.sharing),) * len(problem.demand_gib)
    return tuple((*own, *common) for own, common in zip(problem.demand_gib, shared, strict=True))


def rows_with_losses(problem: PoolProblem) -> Rows:
    """Return the rows of all slices, and then as they are with hosts lost."""
    rows, gone = rows_of(problem), may_lose(problem, "host")
    lost = combinations(range(len(problem.hosts)), gone) if gone else ()
    return (*rows, *(_without(problem, row, frozenset(some)) for some in lost for row in rows))


def _without(problem: PoolProblem, row: tuple[int, ...], gone: frozenset[int]) -> tuple[int, ...]:
    """Return a row where the demand of lost hosts runs on the others, in equal parts rounded up."""
    count = len(problem.hosts)
    left = count - len(gone)
    more = -(-sum(row[host] for host in gone) // left) if left else 0
    own = (0 if host in gone else row[host] + more for host in range(count))
    common = (
        0 if gone.issuperset(group.hosts) else amount
        for group, amount in zip(problem.sharing, row[count:], strict=True)
    )
    return (*own, *common)
