"""The pooling optimizer: a PoolProblem in, a PoolDecision, Conflict or Unknown out. Pure, and repeatable.

Sizes of modules are tried one after the other, the most promising first, each later one only for what beats the best
so far; the bound is over all of them. Then the later goals, then names, then slices of time.
"""

from __future__ import annotations

from dataclasses import replace

from rackc.compiler.optimize.conflict import explain
from rackc.compiler.optimize.floor import floor_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import Design, goals_of, weight_of
from rackc.compiler.optimize.problem import Outcome, PoolDecision, PoolProblem, Unknown
from rackc.compiler.optimize.search import Found, Task, families, search
from rackc.compiler.optimize.slices import laid
from rackc.compiler.optimize.watch import Watch
from rackc.compiler.optimize.wiring import assign, decided_controllers, decided_links

#: Share of the effort that each goal after the first may use.
LATER_SHARE = 0.05


def solve_pool(problem: PoolProblem, watch: Watch | None = None) -> Outcome:
    """Return the best pool found, with its proof; or why there is none; or that the effort did not tell."""
    watch = watch or Watch()
    need = needs(problem)
    if not any(any(row) for row in need.rows):
        return _decision(problem, (), 0, 0.0, watch)
    task = Task(problem, need, goals_of(problem)[0], problem.gap, problem.effort)
    tried = _search_families(task, watch)
    effort = sum(found.effort for found in tried)
    if all(found.verdict == "infeasible" for found in tried):
        return explain(problem, watch)
    best = _best(task, tried)
    if best is None or best.best is None:
        return Unknown(effort, watch.stopped)
    bound = min(found.bound for found in tried if found.verdict != "infeasible")
    design, later = _improve_later_goals(task, best, watch)
    return _decision(problem, design, bound, effort + later, watch)


def _search_families(task: Task, watch: Watch) -> list[Found]:
    """Search each family once with a fair share of the effort, then again where that was not enough."""
    waiting = _ranked(task)
    tried: list[Found] = [found for found in waiting if found.verdict == "infeasible"]
    waiting = [found for found in waiting if found.verdict != "infeasible"]
    tried += waiting
    left = task.effort
    for attempt in (0, 1):
        open_ones = [found for found in waiting if found.verdict not in ("infeasible", "proved")]
        for position, found in enumerate(open_ones):
            if watch.stopped or left <= 0:
                return tried
            share = left / (len(open_ones) - position + (1 - attempt))
            before = found.effort
            _search_family(replace(task, effort=share, spent=task.effort - left - before), found, tried, watch)
            left -= found.effort - before
    return tried


def _ranked(task: Task) -> list[Found]:
    """Return the families in order of their floor; those that cannot hold the demand are infeasible at once."""
    ranked = []
    for modules in families(task.problem):
        floor = floor_of(task.problem, task.need, modules, task.goal)
        ranked.append(Found(modules, floor or 0, "unknown" if floor is not None else "infeasible"))
    return sorted(ranked, key=lambda found: (found.bound, found.modules))


def _search_family(task: Task, found: Found, tried: list[Found], watch: Watch) -> None:
    """Search one family for what beats the others; not at all where its floor shows that it cannot."""
    rest = [other for other in tried if other is not found]
    best = _best(task, rest)
    below = None if best is None or best.best is None else weight_of(best.best, task.goal)
    if below is not None and found.bound >= below * (1 - task.gap):
        found.verdict = "proved"
        return
    others = min((other.bound for other in rest if other.verdict != "infeasible"), default=None)
    search(task, found, watch, below=below, others_bound=others)


def _best(task: Task, tried: list[Found]) -> Found | None:
    """Return the family with the best design; among equals the first."""
    having = [found for found in tried if found.best is not None]
    return min(having, key=lambda found: weight_of(found.best or (), task.goal), default=None)


def _improve_later_goals(task: Task, found: Found, watch: Watch) -> tuple[Design, float]:
    """Improve each later goal in turn without giving up an earlier one, within the sizes chosen; return the effort too."""
    goals, design, spent = goals_of(task.problem), found.best or (), 0.0
    for position, goal in enumerate(goals[1:], start=1):
        ceilings = tuple((earlier, weight_of(design, earlier)) for earlier in goals[:position])
        effort = task.problem.effort * LATER_SHARE
        better = Found(found.modules, 0, best=design, cuts=dict(found.cuts))
        search(Task(task.problem, task.need, goal, 0.0, effort, ceilings=ceilings), better, watch)
        design, spent = better.best or design, spent + better.effort
    return design, spent


def _decision(problem: PoolProblem, design: Design, bound: int, effort: float, watch: Watch) -> PoolDecision:
    """Name the cards, wire them, and spread the demand over the links."""
    assigned = assign(problem, design)
    controllers, links = decided_controllers(problem, assigned), decided_links(problem, assigned)
    where = laid(problem, links, controllers)
    objective = weight_of(design, goals_of(problem)[0])
    gap = max(0.0, (objective - bound) / objective) if objective else 0.0
    return PoolDecision(
        controllers=controllers,
        links=links,
        slices_gib=where.slices,
        shares=where.shares,
        cost_cents=weight_of(design, "cost"),
        power_mw=weight_of(design, "power"),
        objective=objective,
        bound=min(bound, objective),
        estimate=0,
        gap=gap,
        proved=gap <= problem.gap,
        effort=round(effort, 4),  # the solver's own sum varies in the last bits
        interrupted=watch.stopped,
    )
