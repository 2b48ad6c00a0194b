"""One pool from question to answer, comparisons and all: what one process does, whichever it is."""

from __future__ import annotations

from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Answer, Conflict, PoolDecision, Question
from rackc.compiler.optimize.rivals import rivals
from rackc.compiler.optimize.watch import Watch


def answer(question: Question, watch: Watch) -> Answer:
    """Solve a pool and compare it; a stop of `watch` ends both. The same question has the same answer everywhere."""
    outcome = solve_pool(question.problem, watch, question.prior)
    if isinstance(outcome, Conflict):
        return Answer(outcome)
    decision = outcome if isinstance(outcome, PoolDecision) else None
    return Answer(outcome, rivals(question.problem, decision, watch))
