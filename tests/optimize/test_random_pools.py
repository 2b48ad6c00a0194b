"""Answers to random pools of every shape and promise, judged by arithmetic of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from rackc.compiler.optimize import search
from rackc.compiler.optimize.pooling import seek_pool
from rackc.compiler.optimize.problem import Conflict, PoolDecision, PoolProblem
from rackc.compiler.optimize.watch import Watch
from tests.optimize.checker import violations
from tests.optimize.families import FAMILIES, PROMISES, SHAPES, best_value, sample

#: Answers of each family that are judged; of how many small pools of it the best is enumerated, and of a shape and a promise.
JUDGED, ENUMERATED, CROSSED = 100, 12, 3


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hundred_answers_hold_all_that_they_promise(family: str) -> None:
    judged = 0
    for seed in count():
        problem = sample(family, seed)
        answer = seek_pool(problem, Watch())
        if isinstance(answer, PoolDecision):
            assert violations(problem, answer) == [], (family, seed)
            judged += 1
        if judged == JUDGED:
            return
        assert seed < 3 * JUDGED, "most of these pools should have an answer"


@pytest.mark.parametrize("model", ["patterns", "links"])
@pytest.mark.parametrize("family", FAMILIES)
def test_as_good_as_enumeration(family: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if model == "links":
        monkeypatch.setattr(search, "MOST_PATTERNS", 0)
    for seed in range(ENUMERATED):
        assert as_enumerated(sample(family, seed, tiny=True)) == [], (family, seed)


@pytest.mark.parametrize("model", ["patterns", "links"])
@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_on_every_shape(promise: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if model == "links":
        monkeypatch.setattr(search, "MOST_PATTERNS", 0)
    for shape in SHAPES:
        for seed in range(ENUMERATED, ENUMERATED + CROSSED):
            problem = replace(sample(shape, seed, tiny=True), losses=PROMISES[promise])
            assert as_enumerated(problem) == [], (shape, seed)


def as_enumerated(problem: PoolProblem) -> list[str]:
    """Return how the answer to a tiny pool is wrong: against the best of all pools, and in itself."""
    best, answer = best_value(problem), seek_pool(problem, Watch())
    if best is None:
        return [] if isinstance(answer, Conflict) else ["there is no pool"]
    if not isinstance(answer, PoolDecision):
        return [f"the best comes to {best}"]
    wrong = [] if (answer.objective, answer.bound) == (best, best) else [f"{answer.objective}, the best is {best}"]
    return [*wrong, *violations(problem, answer)]
