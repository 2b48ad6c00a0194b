"""Whatever an earlier answer says, the new one is true: it is a start, and no more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import PoolDecision
from tests.optimize.checker import violations
from tests.optimize.families import FAMILIES, sample
from tests.optimize.samples import pool, walk

#: Pools of each family that are solved from the answer to quite another one.
STRANGERS = 6


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_to_another_pool_does_no_harm(family: str) -> None:
    for seed in range(STRANGERS):
        other = solve_pool(sample(family, seed + STRANGERS))
        problem = replace(sample(family, seed), churn_cents=2_500)
        prior = other if isinstance(other, PoolDecision) else None
        alone, told = solve_pool(problem), solve_pool(problem, None, prior)
        assert type(alone) is type(told), (family, seed)
        if isinstance(told, PoolDecision):
            assert violations(problem, told) == [], (family, seed)


@pytest.mark.parametrize("change", [((1, 2), 1 << 20), ((3,), 1 << 20), ((2, 4), 300)], ids=["fewer", "other", "less"])
def test_a_fill_that_is_allowed_no_more_is_not_kept(change: tuple[tuple[int, ...], int]) -> None:
    before = replace(pool(walk(4, 3, seed=9), slots=(5, 5)), churn_cents=2_500)
    decision = solve_pool(before)
    assert isinstance(decision, PoolDecision)
    populations, most = change
    sites = tuple(replace(site, populations=populations, max_capacity_gib=most) for site in before.sites)
    after = replace(before, sites=sites)
    told = solve_pool(after, None, decision)
    assert isinstance(told, PoolDecision)
    assert violations(after, told) == []
