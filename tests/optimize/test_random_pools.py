"""Answers to random pools of every shape and promise, judged by arithmetic of its own."""

from __future__ import annotations

from itertools import count

import pytest

from rackc.compiler.optimize import search
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Conflict, PoolDecision
from tests.optimize.checker import violations
from tests.optimize.families import FAMILIES, best_value, sample

#: Answers of each family that are judged, and of how many small pools the best is enumerated.
JUDGED, ENUMERATED = 100, 12


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hundred_answers_hold_all_that_they_promise(family: str) -> None:
    judged = 0
    for seed in count():
        problem = sample(family, seed)
        answer = solve_pool(problem)
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
        problem = sample(family, seed, tiny=True)
        best, answer = best_value(problem), solve_pool(problem)
        if best is None:
            assert isinstance(answer, Conflict), (family, seed)
        else:
            assert isinstance(answer, PoolDecision), (family, seed)
            assert (answer.objective, answer.bound) == (best, best), (family, seed)
