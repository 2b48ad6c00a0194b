"""One pool from question to answer, comparisons and all: what one process does, whichever it is."""

from __future__ import annotations

from rackc.compiler.optimize.compare.comparing import compare
from rackc.compiler.optimize.compare.higher import told
from rackc.compiler.optimize.compare.pools import Solved
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Answer, Conflict, PoolDecision, Question
from rackc.compiler.optimize.watch import Watch


def answer(question: Question, watch: Watch) -> Answer:
    """Solve a pool and compare it; a stop of `watch` ends both. The same question has the same answer everywhere."""
    problem = question.problem
    outcome = solve_pool(problem, watch, question.prior)
    match outcome:
        case PoolDecision():
            return Answer(outcome, compare(problem, outcome, watch))
        case Conflict():
            return Answer(told(problem, outcome, Solved(watch)))
        case _:
            return Answer(outcome)
