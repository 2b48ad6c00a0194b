"""Running CP-SAT: one worker, deterministic time, and a way to stop it. The only file that knows its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Literal

from ortools.sat.python import cp_model

from rackc.compiler.optimize.watch import Watch

#: How often a waiting solve looks whether it was told to stop.
LOOK_SECONDS = 0.05

Verdict = Literal["proved", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a solve may end: relative gap, deterministic time, seed."""

    gap: float
    effort: float
    seed: int


@dataclass(frozen=True, slots=True)
class Solved:
    """How a solve ended. "proved" means within the gap; `bound` holds for the objective in every case."""

    verdict: Verdict
    bound: int
    effort: float


#: Takes a way to read a variable's value; returns True to end the solve.
OnSolution = Callable[[Callable[[cp_model.IntVar], int]], bool]


class _Callback(cp_model.CpSolverSolutionCallback):
    """Hands each solution on."""

    def __init__(self, on_solution: OnSolution) -> None:
        super().__init__()
        self._on_solution = on_solution
        self.failure: BaseException | None = None

    def on_solution_callback(self) -> None:
        """Pass a solution on, and stop where the receiver has seen enough."""
        try:
            if self._on_solution(self.value):
                self.stop_search()
        except BaseException as failure:  # noqa: BLE001  a callback must not throw through the solver; run() raises it again
            self.failure = failure
            self.stop_search()


def run(model: cp_model.CpModel, limits: Limits, watch: Watch, on_solution: OnSolution) -> Solved:
    """Solve in a thread of its own, so that signal handlers run meanwhile and stop() takes effect at once."""
    solver, callback = _solver(limits), _Callback(on_solution)
    statuses: list[cp_model.CpSolverStatus] = []
    finished = Event()

    def work() -> None:
        try:
            statuses.append(solver.solve(model, callback))
        finally:
            finished.set()

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while not finished.wait(LOOK_SECONDS):
            if watch.stopped:
                solver.stop_search()
    except BaseException:
        solver.stop_search()
        raise
    thread.join()
    if callback.failure is not None:
        raise callback.failure
    return _solved(solver, statuses[0])


def _solver(limits: Limits) -> cp_model.CpSolver:
    """One worker and deterministic time make the answer repeatable; a wall limit would not."""
    solver = cp_model.CpSolver()
    solver.parameters.num_search_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.max_deterministic_time = max(limits.effort, 1e-6)
    solver.parameters.relative_gap_limit = limits.gap
    solver.parameters.catch_sigint_signal = False
    solver.parameters.linearization_level = 2
    solver.parameters.cp_model_probing_level = 0  # probing took most of the time and found little
    return solver


def _solved(solver: cp_model.CpSolver, status: cp_model.CpSolverStatus) -> Solved:
    verdicts: dict[object, Verdict] = {
        cp_model.OPTIMAL: "proved",
        cp_model.FEASIBLE: "feasible",
        cp_model.INFEASIBLE: "infeasible",
        cp_model.UNKNOWN: "unknown",
    }
    verdict = verdicts[status]
    bound = 0 if verdict == "infeasible" else max(0, math.ceil(solver.best_objective_bound - 1e-6))
    return Solved(verdict, bound, solver.deterministic_time)
