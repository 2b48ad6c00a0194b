"""Mending a pool that lacks memory: add or fill cards where it lacks most. Cheap, and not optimal."""

from __future__ import annotations

from collections import Counter

from rackc.compiler.optimize.hall import Needs, lacking_sets
from rackc.compiler.optimize.patterns import Design, Pattern, fills, goals_of, pattern, reachable_hosts, slots_of
from rackc.compiler.optimize.problem import PoolProblem

#: Changes tried before giving up.
MOST_CHANGES = 40


def repaired(problem: PoolProblem, need: Needs, modules: tuple[int, ...], design: Design) -> Design | None:
    """Return the design with cards added or filled until the capacity promise holds, None where that fails."""
    current = design
    for _ in range(MOST_CHANGES):
        missing = lacking_sets(current, need, most=1)
        if not missing:
            return tuple(sorted(current))
        changed = _one_change(problem, modules, current, missing[0])
        if changed is None:
            return None
        current = changed
    return None


def _one_change(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> Design | None:
    """Return the design with the cheapest change per GiB that gives the hosts of `mask` more, None without any."""
    sizes = tuple(sorted({card.module for card in design})) if problem.one_size and design else modules
    options = [*_fuller(problem, sizes, design, mask), *_added(problem, sizes, design, mask)]
    if not options:
        return None
    return min(options, key=lambda option: (option[0], option[1]))[1]


def _fuller(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> list[tuple[float, Design]]:
    """Return every way to put more memory into one card that touches the set."""
    goal, options = goals_of(problem)[0], []
    for card in sorted(set(design)):
        if not card.mask & mask:
            continue
        rest = list(design)
        rest.remove(card)
        for module in modules:
            for count in fills(problem.sites[card.site], problem.modules[module]):
                other = pattern(problem, card.site, card.hosts, module, count)
                if other.gib > card.gib:
                    price = (other.weight(goal) - card.weight(goal)) / (other.gib - card.gib)
                    options.append((price, tuple(sorted([*rest, other]))))
    return options


def _added(problem: PoolProblem, modules: tuple[int, ...], design: Design, mask: int) -> list[tuple[float, Design]]:
    """Return every way to add one card, at a site with a free slot, to the hosts of the set with free ports."""
    goal, options = goals_of(problem)[0], []
    used = Counter(card.site for card in design)
    linked = Counter(host for card in design for host in card.hosts)
    for site, slots in enumerate(slots_of(problem)):
        free = [
            host
            for host in reachable_hosts(problem, problem.sites[site])
            if mask >> host & 1 and linked[host] < len(problem.hosts[host].ports)
        ]
        if used[site] >= slots or not free:
            continue
        hosts = tuple(sorted(sorted(free, key=lambda host: linked[host])[: problem.sites[site].heads]))
        for module in modules:
            for count in fills(problem.sites[site], problem.modules[module]):
                card: Pattern = pattern(problem, site, hosts, module, count)
                options.append((card.weight(goal) / card.gib, tuple(sorted([*design, card]))))
    return options
