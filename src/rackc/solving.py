"""Running the solver so that a person can watch and stop it, in this process or in others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version

from rackc.compiler.optimize.problem import Answer, Question
from rackc.compiler.pipeline import Solver
from rackc.interrupts import Interrupts, heard
from rackc.progress import Line


def solver(*, progress: bool, workers: int | None = 1, cluster: str = "") -> Solver:
    """Return the pooling optimizer; the solver library is imported where it runs, not before.

    `workers` processes solve pools side by side (None: as many as there are cores), this one alone where one is enough;
    or the workers of the Dask scheduler at the address `cluster`.
    """
    line, interrupts = Line(shown=progress), Interrupts()

    def answers(questions: Sequence[Question]) -> Sequence[Answer]:
        count = min(workers or cores(), len(questions))
        try:
            if cluster:
                from rackc.cluster import on_cluster

                return on_cluster(cluster, questions, line, interrupts)
            line.begin(questions, count)
            if count == 1:
                return _in_turn(questions, line, interrupts)
            from rackc.workers import side_by_side

            return side_by_side(questions, count, line, interrupts)
        finally:
            line.clear()

    return Solver(f"OR-Tools {version('ortools')} CP-SAT", answers)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_turn(questions: Sequence[Question], line: Line, interrupts: Interrupts) -> list[Answer]:
    """Answer one question after the other, here. One stop ends all that is still to come."""
    from rackc.compiler.optimize.answering import answer
    from rackc.compiler.optimize.watch import Watch

    made: list[Answer] = []
    # Reports go to the pool at work; one watch for all, so that a stop ends them all.
    watch = Watch(lambda best, bound, effort: line.report(len(made), best, bound, effort))

    with interrupts.stopping(watch.stop):
        for index, question in enumerate(questions):
            found = heard(partial(answer, question, watch))
            line.done(index, found.outcome)
            made.append(found)
    return made
