"""Why there is no pool: a smallest set of requirement families, in numbers, and what would help.

Deletion: drop a family; if the rest still conflicts it was not needed. Nothing is minimised meanwhile, and both the
set and every proposal are verified by solving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rackc.compiler.optimize.figures import figures_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import goals_of, peaks_gib, weight_of
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
    without_survive,
)
from rackc.compiler.optimize.search import Found, Task, families, is_feasible, search
from rackc.compiler.optimize.watch import Watch

#: Deterministic time for one question, and for ranking one proposal.
QUESTION_EFFORT = 2.0
RANKING_EFFORT = 0.3

#: More candidates than this are not proposed.
MOST_MORE = 64

#: A proposal: its words, and the problem with it.
Proposal = tuple[str, PoolProblem]


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
    return is_feasible(problem, needs(problem.demand_gib, problem.survive), QUESTION_EFFORT, watch)


def _proposals(problem: PoolProblem, core: tuple[str, ...], watch: Watch) -> tuple[str, ...]:
    """Return the smallest change of each family that was verified to help, by the cost of the pool it gives."""
    makers: dict[str, Callable[[PoolProblem, Watch], Proposal | None]] = {
        "ports": _more_ports,
        "candidates": _more_candidates,
        "modules": _larger_modules,
        "reach": _longer_cables,
        "survive": _no_loss,
        "bandwidth": _less_bandwidth,
    }
    ranked = []
    for name in core:
        proposal = makers[name](problem, watch) if name in makers else None
        if proposal is not None:
            ranked.append((_cost(proposal[1], watch), proposal[0]))
    return tuple(text for _, text in sorted(ranked))


def _cost(problem: PoolProblem, watch: Watch) -> int:
    """Return about what the pool would cost."""
    need, costs = needs(problem.demand_gib, problem.survive), []
    for modules in families(problem):
        found = Found(modules, 0)
        search(Task(problem, need, goals_of(problem)[0], 0.1, RANKING_EFFORT), found, watch)
        if found.best is not None:
            costs.append(weight_of(found.best, "cost"))
    return min(costs, default=1 << 62)


def _first(proposals: Iterator[Proposal], watch: Watch) -> Proposal | None:
    return next((proposal for proposal in proposals if _feasible(proposal[1], watch)), None)


def _more_ports(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the least number of ports on each host that helps."""
    least = min((len(host.ports) for host in problem.hosts), default=0)
    most = min(len(problem.controllers), least + 8)
    return _first(
        (
            (f"{count} CXL ports on each host", with_ports(problem, (count,) * len(problem.hosts)))
            for count in range(least + 1, most + 1)
        ),
        watch,
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
    return f"{high} more {noun}{where}", with_controllers(problem, site, high)


def _larger_modules(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the smallest module, doubling from the largest there is, that helps."""
    counts = problem.populations or (1,)
    if largest_card_gib(problem) == 0:
        slots = min(counts)
        sites = tuple(replace(site, module_slots=max(site.module_slots, slots)) for site in problem.sites)
        text = f"{slots} module slots in a controller" if slots > 1 else "1 module slot in a controller"
        enough = replace(problem, sites=sites)
        if _feasible(enough, watch):
            return text, enough
    start, most = max((module.gib for module in problem.modules), default=32), 2 * sum(peaks_gib(problem))
    sizes = []
    while start < most:
        start *= 2
        sizes.append(start)
    return _first(((_module_text(problem, gib), with_module(problem, gib)) for gib in sizes), watch)


def _module_text(problem: PoolProblem, gib: int) -> str:
    """Say the size, and the capacity of a controller where its limit would have to rise as well."""
    slots = min((site.module_slots for site in problem.sites), default=0)
    held = gib * max((count for count in problem.populations if count <= slots), default=1)
    limit = min((site.max_capacity_gib for site in problem.sites), default=0)
    return f"modules of {gib} GiB" + (f" and controllers of {held} GiB" if held > limit else "")


def _longer_cables(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return one host whose cables, if they reached every site, would do; or all hosts."""
    short = [host for host in range(len(problem.hosts)) if any(site.cables[host] is None for site in problem.sites)]
    single = (
        (f"cables from {problem.hosts[host].address} to every controller", with_cables(problem, (host,)))
        for host in short
    )
    found = _first(single, watch)
    if found is not None:
        return found
    return _first(iter([("cables from every host to every controller", with_cables(problem, tuple(short)))]), watch)


def _no_loss(problem: PoolProblem, watch: Watch) -> Proposal | None:
    return _first(iter([("survive 0 controllers", without_survive(problem))]), watch)


def _less_bandwidth(problem: PoolProblem, watch: Watch) -> Proposal | None:
    """Return the largest number of links for bandwidth that can be had."""
    most = max((host.min_links for host in problem.hosts), default=0)
    return _first(
        (
            (f"bandwidth of {count} link{'s' * (count > 1)} on each host", with_min_links(problem, count))
            for count in range(most - 1, 0, -1)
        ),
        watch,
    )
