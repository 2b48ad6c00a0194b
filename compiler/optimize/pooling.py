"""The pooling optimizer: a PoolProblem in, a PoolDecision, Conflict or Unknown out. Pure, and repeatable.

Sizes of modules are tried one after the other, the most promising first, each later one only for what beats the best
so far; the bound is over all of them. Then the later goals, then names, then slices of time.
"""

from __future__ import annotations

from dataclasses import replace

from rackc.compiler.optimize.conflict import explain
from rackc.compiler.optimize.deciding import Proof, decision_of
from rackc.compiler.optimize.floor import floor_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import Pattern, families, fills_of, goals_of, pattern, weight_of
from rackc.compiler.optimize.pods.pod import is_large, solve_pod
from rackc.compiler.optimize.problem import Conflict, Outcome, PoolDecision, PoolProblem, Unknown
from rackc.compiler.optimize.repair import repaired
from rackc.compiler.optimize.search import Found, Task, search
from rackc.compiler.optimize.stability import STAY_SHARE, Before, earlier
from rackc.compiler.optimize.watch import Watch

#: Share of the effort that each goal after the first may use.
LATER_SHARE = 0.05

#: It is proved that there is no pool.
NONE_THERE = Conflict((), (), ())


def solve_pool(problem: PoolProblem, watch: Watch | None = None, prior: PoolDecision | None = None) -> Outcome:
    """Return the best pool found, with its proof; or why there is none; or that the effort did not tell.

    With a `prior` answer, to a problem much like this one, links stay as they were where that costs little (see _stay).
    """
    watch = watch or Watch()
    outcome = seek_pool(problem, watch, prior)
    return explain(problem, watch) if outcome == NONE_THERE else outcome


def seek_pool(problem: PoolProblem, watch: Watch, prior: PoolDecision | None = None) -> Outcome:
    """As solve_pool; that there is none is not explained, which takes longer than to find it out."""
    if is_large(problem):
        return solve_pod(problem, watch, prior)
    need = needs(problem)
    before = earlier(problem, prior)
    if not any(any(row) for row in need.rows):
        return decision_of(problem, (), Proof(0, 0, 0.0, watch.stopped), prior)
    task = Task(problem, need, goals_of(problem)[0], problem.gap, problem.effort)
    waiting = _ranked(task)
    estimate = min((found.bound for found in waiting if found.verdict != "infeasible"), default=0)
    tried = _search_families(task, waiting, watch)
    effort = sum(found.effort for found in tried)
    if all(found.verdict == "infeasible" for found in tried):
        return NONE_THERE
    best = _best(task, tried)
    if best is None or best.best is None:
        return Unknown(effort, watch.stopped)
    bound = min(found.bound for found in tried if found.verdict != "infeasible")
    stayed = _stay(task, tried, best, before, watch)
    later = _improve_later_goals(task, stayed, before, watch)
    effort += stayed.effort + later.effort
    return decision_of(problem, later.best or (), Proof(bound, estimate, effort, watch.stopped), prior)


def _stay(task: Task, tried: list[Found], best: Found, before: tuple[Before, ...], watch: Watch) -> Found:
    """Return the best design where every changed link has its price, at no more than STAY_SHARE above the best goal.

    For a goal other than cost a price means nothing: there links stay only where that gives up nothing.
    """
    stayed = best.afresh()
    if not before or best.best is None or not task.problem.churn_cents:
        return stayed
    value = weight_of(best.best, task.goal)
    most = value + (int(value * STAY_SHARE) if task.goal == "cost" else 0)
    stay = task.problem.churn_cents if task.goal == "cost" else max(1, value)
    limited = replace(
        task, gap=0.0, effort=task.problem.effort * LATER_SHARE, ceilings=((task.goal, most),), before=before, stay=stay
    )
    old = {one.card.module for one in before}
    for found in sorted(tried, key=lambda one: one is not best):
        if found is best or old & set(found.modules):
            other = found.afresh()
            _take(limited, other, before)
            search(limited, other, watch)
            effort = stayed.effort + other.effort
            if other.best is not None and limited.value(other.best) < limited.value(stayed.best or ()):
                stayed = other
            stayed.effort = effort
    return stayed


def _take(task: Task, found: Found, before: tuple[Before, ...]) -> None:
    """Begin with the earlier answer, mended, where that is within the ceilings; else with what is known."""
    within = [
        _as_now(task.problem, card)
        for card in (one.card for one in before)
        if card.module in found.modules and fills_of(task.problem, card.site, (card.module,))
    ]
    mended = repaired(task.problem, task.need, found.modules, tuple(sorted(within)))
    known = [] if found.best is None else [found.best]
    known += [] if mended is None else [mended]
    allowed = [one for one in known if all(weight_of(one, goal) <= most for goal, most in task.ceilings)]
    found.best = min(allowed, key=task.value, default=None)


def _as_now(problem: PoolProblem, card: Pattern) -> Pattern:
    """Return a card of the earlier answer with a fill that its site allows now: its own, else the nearest, more before less."""
    allowed = [pattern(problem, card.site, card.hosts, fill) for fill in fills_of(problem, card.site, (card.module,))]
    own = [one for one in allowed if (one.modules, one.devices) == (card.modules, card.devices)]
    return min(own or allowed, key=lambda one: (one.gib < card.gib, abs(one.gib - card.gib), one))


def _search_families(task: Task, waiting: list[Found], watch: Watch) -> list[Found]:
    """Search each family once with a fair share of the effort, then again where that was not enough."""
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


def _improve_later_goals(task: Task, found: Found, before: tuple[Before, ...], watch: Watch) -> Found:
    """Improve each later goal in turn without giving up an earlier one, within the sizes chosen.

    With an earlier answer a changed link is dearer than all that a later goal could gain by it.
    """
    goals = goals_of(task.problem)
    done = found.afresh()
    for position, goal in enumerate(goals[1:], start=1):
        ceilings = tuple((earlier_goal, weight_of(done.best or (), earlier_goal)) for earlier_goal in goals[:position])
        done.bound = 0
        stay = sum(weight_of(done.best or (), goal) for goal in goals) if before else 0
        limited = replace(
            task,
            goal=goal,
            gap=0.0,
            effort=task.problem.effort * LATER_SHARE,
            ceilings=ceilings,
            before=before,
            stay=stay,
        )
        search(limited, done, watch)
    return done
