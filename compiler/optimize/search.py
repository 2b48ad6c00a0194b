"""Searching one family of module sizes: solve, look which host sets lack memory, add them, solve again.

A solution counts only once the capacity promise was verified for it, so an answer that is interrupted is still true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from ortools.sat.python import cp_model

from rackc.compiler.optimize import links, master
from rackc.compiler.optimize.cuts import Cut, lacking
from rackc.compiler.optimize.hall import Needs, first_sets
from rackc.compiler.optimize.patterns import Design, count_patterns, families, goals_of, patterns_of, weight_of
from rackc.compiler.optimize.problem import Goal, Measure, PoolProblem
from rackc.compiler.optimize.repair import repaired, stands
from rackc.compiler.optimize.solver import Limits, Verdict, run
from rackc.compiler.optimize.stability import Before, changed_links
from rackc.compiler.optimize.watch import Watch

#: Beyond this many patterns, links and fills are decided one by one instead.
MOST_PATTERNS = 8_000

#: Cuts taken from one solution.
SETS_A_SOLUTION = 12

#: Effort of the first rounds over the whole model before windows are looked at; later ones have twice as much each time.
FIRST_EFFORT = 1.0

#: A window: links that may differ from the best design, and its effort.
WINDOW_LINKS = 12
WINDOW_EFFORT = 2.0

Value = Callable[[cp_model.IntVar], int]


class Formulation(Protocol):
    """What a model of the pool must offer, whatever its variables are."""

    @property
    def model(self) -> cp_model.CpModel:
        """Return the model, to be solved."""

    def design(self, value: Value) -> Design:
        """Return the pool that a solution stands for."""

    def add_cut(self, cut: Cut) -> None:
        """Demand that what a cut says is kept."""

    def measure(self, measure: Measure) -> cp_model.LinearExpr:
        """Return the expression of a goal or a budgeted measure."""

    def hint(self, design: Design) -> None:
        """Suggest a design to start from."""

    def stay_near(self, design: Design, most: int) -> None:
        """Allow designs that differ by so many links at most, and begin with this one."""

    def changes(self, before: tuple[Before, ...]) -> cp_model.LinearExpr:
        """Return at least how many links differ from an earlier answer."""


@dataclass(slots=True)
class Found:
    """What is known of a family of sizes: the best verified design, a bound on the goal, the effort spent."""

    modules: tuple[int, ...]
    bound: int
    verdict: Verdict = "unknown"
    best: Design | None = None
    effort: float = 0.0
    cuts: dict[Cut, None] = field(default_factory=dict)

    def afresh(self) -> Found:
        """Return the same design and cuts, for a search with another goal."""
        return Found(self.modules, 0, best=self.best, cuts=dict(self.cuts))


@dataclass(frozen=True, slots=True)
class Task:
    """What to search for. `ceilings` are goals that may not be exceeded; `gap` how close is good enough;
    `spent` the effort that went elsewhere before. `stay` adds that much to the goal for every link that differs from `before`.
    """

    problem: PoolProblem
    need: Needs
    goal: Goal
    gap: float
    effort: float
    ceilings: tuple[tuple[Goal, int], ...] = ()
    feasible_is_enough: bool = False
    spent: float = 0.0
    before: tuple[Before, ...] = ()
    stay: int = 0

    def value(self, design: Design) -> int:
        """Return what a design comes to."""
        changed = changed_links(design, self.before) if self.stay else 0
        return weight_of(design, self.goal) + self.stay * changed

    def objective(self, built: Formulation) -> cp_model.LinearExpr:
        """Return the expression of the goal; links are counted as changed where their card does not stay as it was."""
        expression = built.measure(self.goal)
        return expression + self.stay * built.changes(self.before) if self.stay else expression


def formulate(task: Task, modules: tuple[int, ...], cuts: Iterable[Cut]) -> Formulation | None:
    """Return the model that suits the size of the problem, None where not a single card can be built."""
    built: Formulation
    if count_patterns(task.problem, modules) > MOST_PATTERNS and not task.problem.allowed:
        built = links.build(task.problem, task.need, modules)
    else:
        patterns = patterns_of(task.problem, modules)
        if not patterns:
            return None
        built = master.build(task.problem, task.need, patterns)
    for cut in cuts:
        built.add_cut(cut)
    for limit in task.problem.limits:
        built.model.add(built.measure(limit.measure) <= limit.most)
    for goal, most in task.ceilings:
        built.model.add(built.measure(goal) <= most)
    return built


def search(
    task: Task, found: Found, watch: Watch, *, below: int | None = None, others_bound: int | None = None
) -> None:
    """Improve `found` in place until the goal is proved within the gap, no better than `below` is left, or time is up.

    `below` is the best value known elsewhere: only designs better than it by more than the gap are looked for. The whole
    model gives the bound, and windows around the best design (look_around) the better designs.
    """
    for mask in first_sets(task.need):
        found.cuts.setdefault(Cut("fit", mask))
    for mask in first_sets(task.need.after_restart):
        found.cuts.setdefault(Cut("restart", mask))
    built = formulate(task, found.modules, found.cuts)
    if built is None:
        found.verdict = "infeasible"
        return
    if found.best is not None:
        built.hint(found.best)
    if not task.feasible_is_enough:
        built.model.minimize(task.objective(built))
    report = partial(_report, task, found, watch, below, others_bound)
    left, share = task.effort, FIRST_EFFORT
    while left > 0 and not watch.stopped:
        spent, done = _round(task, built, found, watch, min(left, share), below, report)
        left -= spent
        found.effort += spent
        if done:
            return
        if spent >= share and not task.feasible_is_enough:
            around = look_around(task, built, found, watch, left, report)
            left -= around
            found.effort += around
            if is_close(task, found, below):
                found.verdict = "proved"
                return
        share = share if spent < share else 2 * share
    found.verdict = "unknown" if found.best is None else "feasible"


def _round(
    task: Task,
    built: Formulation,
    found: Found,
    watch: Watch,
    effort: float,
    below: int | None,
    report: Callable[[], None],
) -> tuple[float, bool]:
    """Solve once with the cuts known; return the effort and whether the search is over."""
    cutoff = _cutoff(task, found, below)
    if cutoff is not None:
        built.model.add(task.objective(built) <= cutoff)
    lacks: dict[Cut, None] = {}
    kept = [False]

    def on_solution(value: Value) -> bool:
        kept[0] = take(task, found, built.design(value), lacks, report)
        return found.best is not None and (task.feasible_is_enough or is_close(task, found, below))

    solved = run(built.model, Limits(task.gap, effort, task.problem.seed), watch, on_solution)
    if task.feasible_is_enough and found.best is not None:
        found.verdict = "proved"
        return solved.effort, True
    if solved.verdict == "infeasible":
        _close(task, found, cutoff)
        return solved.effort, True
    found.bound = max(found.bound, solved.bound if cutoff is None else min(solved.bound, cutoff + 1))
    report()
    _learn(found, built, lacks)
    if (solved.verdict == "proved" and kept[0]) or is_close(task, found, below):
        found.verdict = "proved"
        return solved.effort, True
    return solved.effort, False


def take(task: Task, found: Found, design: Design, lacks: dict[Cut, None], report: Callable[[], None]) -> bool:
    """Take in a solution: as it is, or mended; note what it lacks. Return whether it lacks nothing."""
    missing = lacking(task.problem, task.need, design)
    for cut in missing[:SETS_A_SOLUTION]:
        lacks.setdefault(cut)
    known = None if found.best is None else task.value(found.best)
    candidate = design if not missing else repaired(task.problem, task.need, found.modules, design, known)
    if candidate is not None and _keep(task, found, candidate):
        report()
    return not missing


def _learn(found: Found, built: Formulation, lacks: dict[Cut, None]) -> bool:
    """Add the cuts that are new to a model; return whether there were any."""
    new = [cut for cut in lacks if cut not in found.cuts]
    assert new or not lacks, f"a row of the model does not say what its cut does: {next(iter(lacks))}"
    for cut in new:
        found.cuts[cut] = None
        built.add_cut(cut)
    return bool(new)


def look_around(
    task: Task, built: Formulation, found: Found, watch: Watch, effort: float, report: Callable[[], None]
) -> float:
    """Improve the best design by changing few of its links at a time (local branching); return the effort.

    Every window is a small model of its own with all cuts known, and what it learns goes into the whole.
    """
    spent, learned = 0.0, len(found.cuts)
    while found.best is not None and spent < effort and not watch.stopped and not is_close(task, found, None):
        value = task.value(found.best)
        window = formulate(task, found.modules, found.cuts)
        assert window is not None, "the whole model could be built"
        window.model.minimize(task.objective(window))
        window.model.add(task.objective(window) < value)
        window.stay_near(found.best, WINDOW_LINKS)
        spent += _window(task, window, found, watch, min(effort - spent, WINDOW_EFFORT), report)
        if task.value(found.best) >= value:
            break
    for cut in list(found.cuts)[learned:]:
        built.add_cut(cut)
    return spent


def _window(
    task: Task, window: Formulation, found: Found, watch: Watch, effort: float, report: Callable[[], None]
) -> float:
    """Solve a window until no cut is broken, or nothing better is in it; return the effort."""
    spent = 0.0
    while spent < effort and not watch.stopped:
        lacks: dict[Cut, None] = {}

        def on_solution(value: Value, lacks: dict[Cut, None] = lacks) -> bool:
            take(task, found, window.design(value), lacks, report)
            return is_close(task, found, None)

        solved = run(window.model, Limits(task.gap / 4, effort - spent, task.problem.seed), watch, on_solution)
        spent += solved.effort
        if not _learn(found, window, lacks) or solved.verdict == "infeasible" or is_close(task, found, None):
            break
    return spent


def is_close(task: Task, found: Found, below: int | None) -> bool:
    """Whether the best that is known is within the gap of the bound."""
    known = _least_known(task, found, below)
    return known is not None and found.bound > 0 and found.bound >= known * (1 - task.gap)


def _least_known(task: Task, found: Found, below: int | None) -> int | None:
    """Return the value of the best that is known, here or elsewhere."""
    own = None if found.best is None else task.value(found.best)
    return min((value for value in (below, own) if value is not None), default=None)


def _report(task: Task, found: Found, watch: Watch, below: int | None, others_bound: int | None) -> None:
    """Tell how the first goal stands over all families."""
    if task.ceilings or task.feasible_is_enough:
        return
    bound = found.bound if others_bound is None else min(found.bound, others_bound)
    watch.report(_least_known(task, found, below), bound, task.spent + found.effort)


def _cutoff(task: Task, found: Found, below: int | None) -> int | None:
    """Return the largest value still worth finding: better than the best known by more than the gap."""
    known = _least_known(task, found, below)
    if known is None or task.feasible_is_enough:
        return None
    return min(math.ceil(known * (1 - task.gap)), known) - 1


def _close(task: Task, found: Found, cutoff: int | None) -> None:
    """Nothing at or below the cutoff exists: proved, or infeasible where there was no cutoff."""
    if cutoff is None:
        found.verdict = "infeasible" if found.best is None else "proved"
        return
    found.bound = max(found.bound, cutoff + 1)
    found.verdict = "proved"
    if found.best is not None:
        found.bound = min(found.bound, task.value(found.best))


def _keep(task: Task, found: Found, design: Design) -> bool:
    """Keep a verified design if it is better and within the ceilings; return whether it was."""
    if any(weight_of(design, goal) > most for goal, most in task.ceilings) or not stands(task.problem, design):
        return False
    if found.best is not None and task.value(design) >= task.value(found.best):
        return False
    found.best = design
    return True


def is_feasible(problem: PoolProblem, need: Needs, effort: float, watch: Watch) -> bool | None:
    """Return whether any pool carries the demand; None where the effort did not suffice."""
    return feasible_design(problem, need, effort, watch)[0]


def feasible_design(
    problem: PoolProblem, need: Needs, effort: float, watch: Watch
) -> tuple[bool | None, Design | None]:
    """As is_feasible, with a design that does it."""
    task = Task(problem, need, goals_of(problem)[0], 0.0, effort, feasible_is_enough=True)
    sure = True
    for modules in families(problem):
        found = Found(modules, 0)
        search(task, found, watch)
        if found.best is not None:
            return True, found.best
        sure = sure and found.verdict == "infeasible"
    return (False if sure else None), None
