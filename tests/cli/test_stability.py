"""A little more demand moves few cables, at little above the best that a fresh start finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rackc.compiler.changes import compare
from rackc.compiler.combine import build
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Answer, PoolDecision, PoolProblem, Question, Unknown
from rackc.compiler.pipeline import Solver
from rackc.loader import FileLoader
from rackc.reading import read_design
from tests.examples.building import ROOT
from tests.optimize.checker import violations


@pytest.fixture(scope="module")
def leo() -> tuple[PoolProblem, PoolDecision]:
    """The pool of the example, as it is asked and answered."""
    asked: list[Question] = []

    def answers(questions: Sequence[Question]) -> list[Answer]:
        asked.extend(questions)
        return [Answer(Unknown(0.0, interrupted=False)) for _ in questions]

    path = ROOT / "examples" / "leo_pool.rack"
    build(read_design(path), FileLoader(path.parent, path), lambda: Solver("none", answers), None)
    (question,) = asked
    return question.problem, _solved(question.problem, None)


def _solved(problem: PoolProblem, prior: PoolDecision | None) -> PoolDecision:
    decision = solve_pool(problem, None, prior)
    assert isinstance(decision, PoolDecision)
    return decision


@pytest.mark.parametrize("host", [0, 3, 7])
def test_eight_percent_more_for_one_host_moves_at_most_a_tenth_of_the_links(
    leo: tuple[PoolProblem, PoolDecision], host: int
) -> None:
    problem, before = leo
    more = tuple(
        tuple(-(-gib * 108 // 100) if h == host else gib for h, gib in enumerate(row)) for row in problem.demand_gib
    )
    changed = replace(problem, demand_gib=more)
    after, cold = _solved(changed, before), _solved(changed, None)
    assert violations(changed, after) == []
    told = compare(problem.address, before, after, changed)
    assert len(told.links) <= 0.1 * len(after.links), told.links
    assert after.cost_cents <= 1.005 * cold.cost_cents


def test_the_same_demand_again_moves_nothing(leo: tuple[PoolProblem, PoolDecision]) -> None:
    """As where a limit of effort or a price of a change is what differs."""
    problem, before = leo
    again = _solved(replace(problem, effort=problem.effort + 1), before)
    assert not compare(problem.address, before, again, problem).changed
    assert again.objective == before.objective
