"""What binds a pool: ports, sites, and what its size follows from; by arithmetic on the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from rackc.compiler.comparison import Binding, Decider, Rival
from rackc.compiler.optimize.patterns import fills, links_needed, slots_of
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem
from rackc.compiler.optimize.promises import may_lose, most_held, most_links


def binding(problem: PoolProblem, decision: PoolDecision, declared: Rival | None) -> Binding:
    """Return what binds; `declared` is the pool as answered, in the comparison."""
    used = Counter(link.host for link in decision.links)
    site_of = {one.address: one.site for one in problem.controllers}
    fitted: Counter[int] = Counter()
    for one in decision.controllers:
        fitted[site_of[one.address]] += max(len(one.devices), 1)
    return Binding(
        tuple(host for host in range(len(problem.hosts)) if used[host] and used[host] >= most_links(problem, host)),
        _full(problem, fitted),
        tuple(dict.fromkeys(_deciders(problem, decision))),
        _loss(problem, declared),
    )


def _full(problem: PoolProblem, fitted: Counter[int]) -> tuple[str, ...]:
    """Return the shelves with every candidate fitted (behind a switch every device), wherever across their faces these are."""
    left: Counter[str] = Counter()
    for site, slots in enumerate(slots_of(problem)):
        place = problem.sites[site]
        left[place.name] += slots * max(place.devices, 1) - fitted[site]
    return tuple(name for name, open_slots in left.items() if not open_slots)


def _loss(problem: PoolProblem, declared: Rival | None) -> int | None:
    if not problem.losses or declared is None or declared.lost is None or declared.intact is None:
        return None
    return max(0, declared.lost.cost_cents - declared.intact.cost_cents)


def _deciders(problem: PoolProblem, decision: PoolDecision) -> Iterator[Decider]:
    """Yield what would no longer hold with one step of modules, or one card, less."""
    if not decision.controllers:
        return
    step = _step(problem, decision)
    cards = {one.address: one.gib for one in decision.controllers}
    together, own = most_held(problem)
    if _kept(problem, cards.values()) - step < together:
        yield "peak of the sum"
    for host, peak in enumerate(own):
        touched = {link.controller for link in decision.links if link.host == host}
        if touched and _kept(problem, [cards[one] for one in touched]) - step < peak:
            yield "one host's peak"
            break
    heads = max((site.heads for site in problem.sites), default=1)
    if sum(links_needed(problem)) > heads * (len(decision.controllers) - 1):
        yield "links"


def _kept(problem: PoolProblem, gib: Iterable[int]) -> int:
    """Return what cards hold with the largest of them lost."""
    lost = max(may_lose(problem, "controller"), may_lose(problem, "link"))
    return sum(sorted(gib)[: -lost or None])


def _step(problem: PoolProblem, decision: PoolDecision) -> int:
    """Return the least by which the modules of a card could be fewer, GiB."""
    sizes = {one.name: one for one in problem.modules}
    steps = [
        (high - low) * module.gib
        for module in {sizes[one.module] for one in decision.controllers}
        for site in problem.sites
        if (counts := (0, *fills(site, module)))
        for low, high in pairwise(counts)
    ]
    return min(steps, default=0)
