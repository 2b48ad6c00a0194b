"""Why there is no pool: a smallest set of requirement families, in numbers, and what would help.

Deletion: drop a family; if the rest still conflicts it was not needed. Nothing is minimised meanwhile, and both the
set and every proposal are verified by solving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rackc.compiler.optimize.figures import figures_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import goals_of, weight_of
from rackc.compiler.optimize.problem import Conflict, PoolProblem
from rackc.compiler.optimize.relax import (
    RELAX,
    largest_card_gib,
    relaxed,
    with_cables,
    with_controllers,
    with_min_links,
    with_module,
    with_ports,
    with_slots,
    without_survive,
)
from rackc.compiler.optimize.search import Found, Task, families, is_feasible, search
from rackc.compiler.optimize.watch import Watch

#: Deterministic time for one question, and for ranking one proposal.
QUESTION_EFFORT = 2.0
RANKING_EFFORT = 0.3

#: More candidates than this are not proposed.
MOST_MORE = 64

#: A proposal: its words, and the change of the problem.
Proposal = tuple[str, Callable[[PoolProblem], PoolProblem]]


def explain(problem: PoolProblem, watch: Watch) -> Conflict:
    """Return the conflict of a problem that is known to have no solution."""
    core = smallest_core(problem, watch)
    return Conflict(core, figures_of(problem, core), _proposals(problem, core, watch))


def smallest_core(problem: PoolProblem, watch: Watch) -> tuple[str, ...]:
    """Return families that conflict, where leaving out any one of them would end the conflict."""
    core = tuple(RELAX)
    for name in RELAX:
        fewer = tuple(other for other in core if other != name)
        if _feasible(_only(problem, fewer), watch) is False:
            core = fewer
    return tuple(
        name for name in ("ports", "candidates", "modules", "reach", "survive", "demand", "bandwidth") if name in core
    )


def _only(problem: PoolProblem, core: tuple[str, ...]) -> PoolProblem:
    return relaxed(problem, tuple(name for name in RELAX if name not in core))


def _feasible(problem: PoolProblem, watch: Watch) -> bool | None:
    return is_feasible(problem, needs(problem), QUESTION_EFFORT, watch)


def _proposals(problem: PoolProblem, core: tuple[str, ...], watch: Watch) -> tuple[str, ...]:
    """Return the smallest changes that were verified to help, by the cost of the pool they give.

    A change of one family; only where none of these is enough (there are several conflicts), changes of two.
    """
    makers = {name: MAKERS[name] for name in core if name in MAKERS}
    single = [proposal for maker in makers.values() if (proposal := maker(problem, watch)) is not None]
    ranked = {
        text: (_cost(change(problem), watch), text) for text, change in single or _pairs(problem, tuple(makers), watch)
    }
    return tuple(text for _, text in sorted(ranked.values()))


def _pairs(problem: PoolProblem, core: tuple[str, ...], watch: Watch) -> Iterator[Proposal]:
    """Yield changes of two families: what helps once the first is no limit at all, then the least of the first."""
    for first in core:
        without = relaxed(problem, (first,))
        for second in (name for name in MAKERS if name != first):
            other = MAKERS[second](without, watch)
            mine = MAKERS[first](other[1](problem), watch) if other is not None else None
            if other is not None and mine is not None:
                yield _both(mine, other)


def _both(one: Proposal, other: Proposal) -> Proposal:
    first, second = sorted((one, other), key=lambda proposal: proposal[0])
    return f"{first[0]} and {second[0]}", lambda problem: first[1](second[1](problem))


def _cost(problem: PoolProblem, watch: Watch) -> int:
    """Return about what the pool would cost."""
    need, costs = needs(problem), []
    for modules in families(problem):
        found = Found(modules, 0)
        search(Task(problem, need, goals_of(problem)[0], 0.1, RANKING_EFFORT), found, watch)
        if found.best is not None:
            costs.append(weight_of(found.best, "cost"))
    return min(costs, default=1 << 62)


def _first(problem: PoolProblem, proposals: Iterable[Proposal], watch: Watch) -> Proposal | None:
    """Return the first proposal that helps."""
    return next((one for one in proposals if _feasible(one[1](problem), watch)), None)


def _more_ports(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the least number of ports on each host that helps."""
    least = min((len(host.ports) for host in problem.hosts), default=0)
    most = min(len(problem.controllers), least + 8)
    counts = ((count,) * len(problem.hosts) for count in range(least + 1, most + 1))
    return _first(
        problem, ((f"{each[0]} CXL ports on each host", partial(with_ports, counts=each)) for each in counts), watch
    )


def _more_candidates(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the least number of further candidates, at the site that reaches most hosts, that helps."""
    if not problem.sites:
        return None
    site = max(range(len(problem.sites)), key=lambda one: (sum(map(bool, problem.sites[one].cables)), -one))
    low, high = 0, 1
    while not _feasible(with_controllers(problem, site, high), watch):
        low, high = high, high * 2
        if high > MOST_MORE:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _feasible(with_controllers(problem, site, middle), watch):
            high = middle
        else:
            low = middle
    where = f" at {problem.sites[site].name}" if len(problem.sites) > 1 else ""
    noun = "controller" if high == 1 else "controllers"
    return f"{high} more {noun}{where}", partial(with_controllers, site=site, more=high)


def _larger_modules(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return module slots where not a single card can be built, or the smallest module that helps.

    Modules double from the largest there is.
    """
    slots = _fewest_modules(problem)
    if largest_card_gib(problem) == 0:
        text = f"{slots} module slots in a controller" if slots > 1 else "1 module slot in a controller"
        found = _first(problem, [(text, partial(with_slots, slots=slots))], watch)
        if found is not None:
            return found
    # Only sizes that the controllers take in their smallest population: a larger controller is no way out.
    least = _fewest_modules(problem)
    limit = max((site.max_capacity_gib for site in problem.sites), default=0)
    size, sizes = max((module.gib for module in problem.modules), default=32), list[int]()
    while 2 * size * least <= limit:
        size *= 2
        sizes.append(size)
    return _first(problem, ((f"modules of {gib} GiB", partial(with_module, gib=gib)) for gib in sizes), watch)


def _fewest_modules(problem: PoolProblem) -> int:
    """Return the smallest population of any site."""
    return min((count for site in problem.sites for count in site.populations), default=1)


def _longer_cables(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return one host whose cables, if they reached every site, would do; or all hosts."""
    short = tuple(h for h in range(len(problem.hosts)) if any(site.cables[h] is None for site in problem.sites))
    single = [
        (f"cables from {problem.hosts[h].address} to every controller", partial(with_cables, hosts=(h,))) for h in short
    ]
    return _first(
        problem, [*single, ("cables from every host to every controller", partial(with_cables, hosts=short))], watch
    )


def _no_loss(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return giving up the loss of a controller, if there is one to give up."""
    return _first(problem, [("survive 0 controllers", without_survive)] if problem.losses else [], watch)


def _less_bandwidth(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the largest number of links for bandwidth that can be had."""
    most = max((host.min_links for host in problem.hosts), default=0)
    return _first(
        problem,
        (
            (f"bandwidth of {count} link{'s' * (count > 1)} on each host", partial(with_min_links, most=count))
            for count in range(most - 1, 0, -1)
        ),
        watch,
    )


#: How to find the smallest change of a family that helps. Demand is taken as given.
MAKERS: dict[str, Callable[[PoolProblem, Watch], Proposal | None]] = {
    "ports": _more_ports,
    "candidates": _more_candidates,
    "modules": _larger_modules,
    "reach": _longer_cables,
    "survive": _no_loss,
    "bandwidth": _less_bandwidth,
}
