"""Mending a pool that lacks something: join hosts to cards, fill or add cards where it lacks most. Cheap, not optimal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rackc.compiler.optimize.cuts import lacking
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import (
    Design,
    Fill,
    fills_of,
    goals_of,
    links_needed,
    pattern,
    reachable_hosts,
    slots_of,
    weight_of,
)
from rackc.compiler.optimize.problem import PoolProblem
from rackc.compiler.optimize.promises import hosts_a_controller, most_links

#: Changes tried before giving up.
MOST_CHANGES = 40

#: A change, by what it costs for each GiB that it brings.
Option = tuple[float, Design]


def repaired(
    problem: PoolProblem, need: Needs, modules: tuple[int, ...], design: Design, below: int | None = None
) -> Design | None:
    """Return the design, changed until all promises hold; None where that fails or comes to `below` or more."""
    current, goal = design, goals_of(problem)[0]
    for _ in range(MOST_CHANGES):
        if below is not None and weight_of(current, goal) >= below:
            return None
        missing = lacking(problem, need, current)
        if not missing:
            return tuple(sorted(current)) if stands(problem, current) else None
        changed = _one_change(problem, modules, current, missing[0].mask)
        if changed is None:
            return None
        current = changed
    return None


def stands(problem: PoolProblem, design: Design) -> bool:
    """Whether a design keeps what is said of cards one by one and of their number: slots, heads, links, groups, budgets."""
    used, linked = Counter(card.site for card in design), Counter(h for card in design for h in card.hosts)
    if any(used[site] > slots for site, slots in enumerate(slots_of(problem))):
        return False
    if any(not least <= linked[host] <= most_links(problem, host) for host, least in enumerate(links_needed(problem))):
        return False
    if problem.one_size and len({card.module for card in design}) > 1:
        return False
    if any(weight_of(design, limit.measure) > limit.most for limit in problem.limits):
        return False
    return all(may_be(problem, card.site, card.hosts) for card in set(design))


def may_be(problem: PoolProblem, site: int, hosts: tuple[int, ...]) -> bool:
    """Whether one card of a site may serve these hosts."""
    if not hosts_a_controller(problem) <= len(hosts) <= problem.sites[site].heads:
        return False
    if problem.allowed and not any(set(some) == set(hosts) for some in problem.allowed):
        return False
    return len({problem.hosts[host].group for host in hosts} - {""}) <= 1


def _one_change(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> Design | None:
    """Return the design with the cheapest change per GiB that gives the demanders of `mask` more, None without any."""
    sizes = tuple(sorted({card.module for card in design})) if problem.one_size and design else modules
    options = [
        *_fuller(problem, sizes, design, mask),
        *_joined(problem, design, mask),
        *_added(problem, sizes, design, mask),
    ]
    return min(options, default=(0.0, None))[1]


def _fuller(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> Iterator[Option]:
    """Yield every way to put more memory into one card that touches the set."""
    goal = goals_of(problem)[0]
    for card in sorted(set(design)):
        if not card.mask & mask:
            continue
        rest = list(design)
        rest.remove(card)
        for fill in fills_of(problem, card.site, modules):
            other = pattern(problem, card.site, card.hosts, fill)
            if other.gib > card.gib:
                price = (other.weight(goal) - card.weight(goal)) / (other.gib - card.gib)
                yield price, tuple(sorted([*rest, other]))


def _joined(problem: PoolProblem, design: Design, mask: int) -> Iterator[Option]:
    """Yield every way to cable a host of the set, with a free port, to a card that does not touch the set yet."""
    goal, linked = goals_of(problem)[0], Counter(host for card in design for host in card.hosts)
    for card in sorted(set(design)):
        if card.mask & mask:
            continue
        rest = list(design)
        rest.remove(card)
        for host in reachable_hosts(problem, problem.sites[card.site]):
            hosts = tuple(sorted({*card.hosts, host}))
            if mask >> host & 1 and linked[host] < most_links(problem, host) and may_be(problem, card.site, hosts):
                other = pattern(problem, card.site, hosts, Fill(card.module, card.modules, card.devices))
                yield (other.weight(goal) - card.weight(goal)) / card.gib, tuple(sorted([*rest, other]))


def _added(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> Iterator[Option]:
    """Yield every way to add one card, at a site with a free slot, to the hosts of the set with free ports."""
    goal, used = goals_of(problem)[0], Counter(card.site for card in design)
    linked = Counter(host for card in design for host in card.hosts)
    for site, slots in enumerate(slots_of(problem)):
        reachable = reachable_hosts(problem, problem.sites[site])
        free = [host for host in reachable if mask >> host & 1 and linked[host] < most_links(problem, host)]
        hosts = tuple(sorted(sorted(free, key=lambda host: linked[host])[: problem.sites[site].heads]))
        if used[site] >= slots or not hosts or not may_be(problem, site, hosts):
            continue
        for fill in fills_of(problem, site, modules):
            card = pattern(problem, site, hosts, fill)
            yield card.weight(goal) / card.gib, tuple(sorted([*design, card]))
