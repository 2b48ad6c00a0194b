"""What would end a conflict: the least change of one requirement, verified by solving again, cheapest first.

Only where no single change is enough, because there are several conflicts, changes of two requirements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice, product
from typing import Final

from rackc.compiler.amounts import plural
from rackc.compiler.optimize.feasibility import ROUGHLY, Asker
from rackc.compiler.optimize.patterns import fills, largest_card_gib
from rackc.compiler.optimize.problem import NO_LIMIT, Family, Limit, Loss, PoolProblem, Promise, Requirement
from rackc.compiler.optimize.promises import capacity_of, held_at_once
from rackc.compiler.optimize.relax import (
    with_cables,
    with_controllers,
    with_demand,
    with_latency,
    with_least_links,
    with_limit,
    with_min_links,
    with_modules,
    with_most_links,
    with_own_copies,
    with_ports,
    with_shelf,
    with_slots,
    without,
)
from rackc.compiler.optimize.saying import budget_said, promise_said, usd

#: More candidates, or ports a host, than this are not proposed.
MOST_MORE: Final = 64
MOST_PORTS_MORE: Final = 8

#: Shares of the demand that are proposed are multiples of this, percent.
STEP_PERCENT: Final = 5

#: Changes of two requirements that are tried.
MOST_PAIRS: Final = 6

Change = Callable[[PoolProblem], PoolProblem]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change, in words that follow "this would do"."""

    words: str
    change: Change


def ranked(problem: PoolProblem, found: Iterable[Proposal], asker: Asker) -> tuple[str, ...]:
    """Return changes in words, by the cost of the pool that they give."""
    told = []
    for one in found:
        cost = (
            asker.near_least(one.change(problem), "cost", ROUGHLY) if problem.modules else None
        )  # what none costs is not known
        about = "" if cost is None else f"; the pool then costs {usd(cost)} or less"
        told.append((cost is None, cost or 0, f"{one.words}{about}"))
    return tuple(dict.fromkeys(text for _, _, text in sorted(told)))


def singles(problem: PoolProblem, core: Iterable[Requirement], asker: Asker) -> tuple[Proposal, ...]:
    """Return the least change of each requirement of a conflict that ends it by itself."""
    made = (MAKERS[one.family](problem, one, asker) for one in core)
    return tuple(one for one in made if one is not None)


def pairs(
    problem: PoolProblem, core: Iterable[Requirement], second: Iterable[Requirement], asker: Asker
) -> tuple[Proposal, ...]:
    """Return changes of two requirements, one of each conflict.

    First what helps once the other is no limit at all, then the least of the other.
    """
    found: dict[str, Proposal] = {}
    for first, then in islice(product(core, second), MOST_PAIRS):
        if first == then or asker.feasible(without(problem, (first, then))) is not True:
            continue
        other = MAKERS[then.family](without(problem, (first,)), then, asker)
        mine = None if other is None else MAKERS[first.family](other.change(problem), first, asker)
        if other is not None and mine is not None:
            both = _both(mine, other)
            found.setdefault(both.words, both)
    return tuple(found.values())


def _both(one: Proposal, other: Proposal) -> Proposal:
    first, second = sorted((one, other), key=lambda proposal: proposal.words)
    return Proposal(f"{first.words} and {second.words}", lambda problem: first.change(second.change(problem)))


# ---------------------------------------------------------------- searching for the least change


def _first(problem: PoolProblem, some: Iterable[Proposal], asker: Asker) -> Proposal | None:
    """Return the first that helps."""
    return next((one for one in some if asker.feasible(one.change(problem))), None)


def _least(problem: PoolProblem, some: Sequence[Proposal], asker: Asker) -> Proposal | None:
    """Return the least that helps of changes that each do more than the one before: small ones first, then by bisection."""
    low, high, step = -1, 0, 1
    while high < len(some) and not asker.feasible(some[high].change(problem)):
        if high == len(some) - 1:
            return None
        low, high, step = high, min(high + step, len(some) - 1), 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        if asker.feasible(some[middle].change(problem)):
            high = middle
        else:
            low = middle
    return some[high] if some else None


# ---------------------------------------------------------------- one maker a family


def _more_ports(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    least = min((len(host.ports) for host in problem.hosts), default=0)
    most = min(len(problem.controllers), least + MOST_PORTS_MORE)
    return _least(
        problem,
        [
            Proposal(
                f"{plural(count, 'CXL port')} on each host", partial(with_ports, counts=(count,) * len(problem.hosts))
            )
            for count in range(least + 1, most + 1)
        ],
        asker,
    )


def _more_links(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    bounds = [host.most_links for host in problem.hosts if host.most_links is not None]
    most = max((len(host.ports) for host in problem.hosts), default=0)
    counts = range(min(bounds, default=0) + 1, most + 1) if bounds else ()
    return _least(problem, [Proposal(f"`links <= {n}`", partial(with_most_links, most=n)) for n in counts], asker)


def _fewer_links(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    most = max((host.least_links for host in problem.hosts), default=0)
    return _least(
        problem,
        [
            Proposal(f"`links >= {n}`" if n else f"no `links >= {most}`", partial(with_least_links, least=n))
            for n in range(most - 1, -1, -1)
        ],
        asker,
    )


def _more_candidates(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    """Return the least number of further candidates, at the site that reaches most hosts; else in another shelf like it."""
    if not problem.sites:
        return None
    site = max(range(len(problem.sites)), key=lambda one: (sum(map(bool, problem.sites[one].cables)), -one))
    place = problem.sites[site]
    noun = "CXL switch" if place.devices else "controller"
    where = f" at {place.name}" if len(problem.sites) > 1 else ""
    more = [
        Proposal(f"{plural(n, noun, 'more ')}{where}", partial(with_controllers, site=site, more=n))
        for n in range(1, MOST_MORE + 1)
    ]
    apart = [
        Proposal(f"{plural(n, noun)} in one more shelf like {place.name}", partial(with_shelf, site=site, more=n))
        for n in range(1, MOST_MORE + 1)
    ]
    shelves = any(loss.thing == "shelf" and loss.count for loss in problem.losses)
    return _least(problem, more, asker) or (_least(problem, apart, asker) if shelves else None)


def _larger_modules(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    """Return slots where not a single card can be built, mixed sizes, or the smallest module that helps.

    Modules double from the largest there is, as long as the controllers take them in their smallest population: a larger
    controller is no way out.
    """
    fewest = min((count for site in problem.sites for count in site.populations), default=1)
    if largest_card_gib(problem) == 0:
        slots = Proposal(f"{plural(fewest, 'module slot')} in a controller", partial(with_slots, slots=fewest))
        found = _first(problem, [slots], asker)
        if found is not None:
            return found
    if problem.one_size and len(problem.modules) > 1:
        mixed = Proposal('`module_sizes = "mixed"`', lambda one: replace(one, one_size=False))
        found = _first(problem, [mixed], asker)
        if found is not None:
            return found
    limit = max((site.max_capacity_gib for site in problem.sites), default=0)
    size, sizes = max((module.gib for module in problem.modules), default=32), list[int]()
    while 2 * size * fewest <= limit:
        size *= 2
        sizes.append(size)
    return _first(problem, (Proposal(f"modules of {gib} GiB", partial(_with_module, gib=gib)) for gib in sizes), asker)


def _with_module(problem: PoolProblem, gib: int) -> PoolProblem:
    """Return the problem with one more size, in the slots and up to the capacity that the controllers have."""
    wider = with_modules(problem, (gib,))
    return replace(
        wider, sites=problem.sites if any(fills(site, wider.modules[-1]) for site in problem.sites) else wider.sites
    )


def _longer_cables(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    """Return one host whose cables, if they reached every site, would do; or all hosts."""
    short = tuple(h for h in range(len(problem.hosts)) if any(site.cables[h] is None for site in problem.sites))
    single = [
        Proposal(f"cables from {problem.hosts[h].address} to every controller", partial(with_cables, hosts=(h,)))
        for h in short
    ]
    every = Proposal("cables from every host to every controller", partial(with_cables, hosts=short))
    if len(short) > 1 and not asker.feasible(every.change(problem)):
        return None
    return _first(problem, [*single, every], asker)


def _later(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    """Return the least latency bound that helps."""
    paths = sorted({one.latency_ns for site in problem.sites for one in site.slow})
    return _least(
        problem, [Proposal(f"`latency <= {ns:_} ns`", partial(with_latency, most_ns=ns)) for ns in paths], asker
    )


def _less_traffic(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    most = max((host.min_links for host in problem.hosts), default=0)
    return _least(
        problem,
        [
            Proposal(f"traffic of {plural(count, 'link')} on each host", partial(with_min_links, most=count))
            for count in range(most - 1, 0, -1)
        ],
        asker,
    )


def _weaker_promise(problem: PoolProblem, one: Requirement, asker: Asker) -> Proposal | None:
    """Return a promise with fewer lost, then one of less: data, then that no host goes down, then capacity; then none."""
    said = problem.losses[one.which]
    fewer = [replace(said, count=count) for count in range(said.count - 1, 0, -1)]
    order: tuple[Promise, ...] = ("data", "host", "capacity")
    weaker = [
        replace(said, promise=word)
        for word in order[order.index(said.promise) + 1 :]
        if said.thing != "host" or word != "host"
    ]
    changed = [
        Proposal(f"`{promise_said(loss)}`", partial(_with_loss, which=one.which, loss=loss))
        for loss in (*fewer, *weaker)
    ]
    gone = Proposal(f"no `{promise_said(said)}`", partial(without, gone=(one,)))
    return _first(problem, [*changed, gone], asker)


def _with_loss(problem: PoolProblem, which: int, loss: Loss) -> PoolProblem:
    return replace(problem, losses=tuple(loss if at == which else one for at, one in enumerate(problem.losses)))


def _larger_budget(problem: PoolProblem, one: Requirement, asker: Asker) -> Proposal | None:
    """Return about the least that the pool can come to, rounded up to three figures."""
    limit = problem.limits[one.which]
    least = asker.near_least(with_limit(problem, one.which, replace(limit, most=NO_LIMIT)), limit.measure)
    if least is None:
        return None
    enough = _enough(problem, limit, least)
    way = Proposal(f"`{budget_said(enough)}`", partial(with_limit, which=one.which, limit=enough))
    asker.learn(way.change(problem))  # the pool that was found keeps to it
    return way


def _enough(problem: PoolProblem, limit: Limit, least: int) -> Limit:
    """Return a budget that this much keeps to: three figures; of stranded memory a share in tenths of a per cent."""
    if limit.stranded is None:
        return replace(limit, most=max(_rounded_up(least), limit.most + 1))
    share = Fraction(-(-1000 * (least - held_at_once(problem)) // least), 1000)
    while capacity_of(problem, share) < least:  # whole GiB
        share += Fraction(1, 1000)
    return replace(limit, most=capacity_of(problem, share), stranded=(share.numerator, share.denominator))


def _rounded_up(value: int) -> int:
    step = int(10 ** max(len(str(value)) - 3, 0))
    return -(-value // step) * step


def _less_demand(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    """Return the greatest share of the demand that fits."""
    return _least(
        problem,
        [
            Proposal(f"{percent} % of the demand", partial(with_demand, percent=percent))
            for percent in range(100 - STEP_PERCENT, 0, -STEP_PERCENT)
        ],
        asker,
    )


def _left_out(name: str, problem: PoolProblem, one: Requirement, asker: Asker) -> Proposal | None:
    return _first(problem, [Proposal(f"no `{name}`", partial(without, gone=(one,)))], asker)


def _own_copies(problem: PoolProblem, _one: Requirement, asker: Asker) -> Proposal | None:
    return _first(problem, [Proposal("no `sharing`: every host keeps a copy of its own", with_own_copies)], asker)


#: How to find the least change of a requirement that helps.
MAKERS: Final[dict[Family, Callable[[PoolProblem, Requirement, Asker], Proposal | None]]] = {
    "ports": _more_ports,
    "links": _more_links,
    "least links": _fewer_links,
    "candidates": _more_candidates,
    "modules": _larger_modules,
    "reach": _longer_cables,
    "latency": _later,
    "bandwidth": _less_traffic,
    "isolation": partial(_left_out, "isolate"),
    "sharing": _own_copies,
    "shape": partial(_left_out, "shape"),
    "survive": _weaker_promise,
    "budget": _larger_budget,
    "demand": _less_demand,
}
