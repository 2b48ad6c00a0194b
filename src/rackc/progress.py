"""What a person sees while pools are solved: one line on a terminal, overwritten until all is done."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rackc.backends.report.amounts import amount
from rackc.compiler.optimize.problem import Outcome, PoolDecision, Question
from rackc.compiler.plan import Pool


@dataclass(slots=True)
class _State:
    best: int | None = None
    bound: int = 0
    effort: float = 0.0
    done: bool = False


class Line:
    """The line. Nothing is ever printed where it is not `shown`; may be told things from any thread."""

    def __init__(self, *, shown: bool) -> None:
        """Show it, or keep silent."""
        self.shown = shown
        self._questions: Sequence[Question] = ()
        self._states: list[_State] = []
        self._workers = 1

    def begin(self, questions: Sequence[Question], workers: int) -> None:
        """Start anew with other pools."""
        self._questions, self._workers = questions, workers
        self._states = [_State() for _ in questions]

    def report(self, index: int, best: int | None, bound: int, effort: float) -> None:
        """A search has got so far."""
        state = self._states[index]
        state.best, state.bound, state.effort = best, bound, effort
        self._draw(index)

    def done(self, index: int, outcome: Outcome) -> None:
        """A pool is solved, or was given up."""
        state = self._states[index]
        state.done = True
        if isinstance(outcome, PoolDecision):
            state.best, state.bound, state.effort = outcome.objective, outcome.bound, outcome.effort
        self._draw(index)

    def clear(self) -> None:
        """Leave the line empty."""
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self, index: int) -> None:
        if self.shown:
            text = self._one(index) if self._workers == 1 else self._all()
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def _one(self, index: int) -> str:
        state, problem = self._states[index], self._questions[index].problem
        count = len(self._questions)
        where = f" ({index + 1} of {count})" if count > 1 else ""
        return f"{problem.address}{where}: {progress_of(problem.goals, state.best, state.bound, state.effort)}"

    def _all(self) -> str:
        states = self._states
        finished = sum(state.done for state in states)
        gaps = [gap_of(state.best, state.bound) for state in states if state.best is not None]
        worst = f", worst gap {max(gaps):.1%}" if gaps else ""
        effort = sum(state.effort for state in states)
        return f"{finished} of {len(states)} pools done, {self._workers} at a time{worst}, effort {effort:.1f}"


def gap_of(best: int | None, bound: int) -> float:
    """Return the relative gap of an answer, 0 for one of nothing."""
    return max(0.0, (best - bound) / best) if best else 0.0


def progress_of(goals: Sequence[str], best: int | None, bound: int, effort: float) -> str:
    """Return how far a search has got, in the unit of its first goal."""
    goal = goals[0] if goals else "cost"
    if best is None:
        return f"no answer yet, bound {amount(goal, bound)}, effort {effort:.1f}"
    gap = f"gap {gap_of(best, bound):.1%}"
    return f"best {amount(goal, best)}, bound {amount(goal, bound)}, {gap}, effort {effort:.1f}"


def how_well(pools: Iterable[Pool]) -> Iterator[str]:
    """Yield a line for each decided pool: objective, bound, gap and effort."""
    for pool in pools:
        proof = pool.proof
        yield f"{pool.address}: {progress_of(pool.goals, proof.objective, proof.bound, proof.effort)}"
