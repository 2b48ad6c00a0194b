"""What the pool is compared with."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem, Rival
from rackc.compiler.optimize.rivals import rivals
from tests.optimize.samples import pool, walk


def by_name(problem: PoolProblem) -> dict[str, Rival]:
    answer = solve_pool(problem)
    decision = answer if isinstance(answer, PoolDecision) else None
    return {rival.name: rival for rival in rivals(problem, decision)}


def test_every_rival_says_how_it_was_computed() -> None:
    found = by_name(pool(walk(4, 10, seed=1)))
    assert list(found) == ["direct expansion", "host DRAM", "static slices"]
    assert all(rival.note for rival in found.values())


def test_a_pool_with_one_head_is_direct_expansion() -> None:
    problem = replace(pool(walk(3, 8, seed=2), slots=(16,), heads=1, effort=60.0), gap=0.0)
    decision = solve_pool(problem)
    assert isinstance(decision, PoolDecision)
    assert by_name(problem)["direct expansion"].cost_cents == decision.cost_cents


def test_direct_expansion_by_hand() -> None:
    # 100 GiB after a loss: three cards of 2 x 64 lose one and keep 256; two cards keep 128, which is enough.
    problem = pool(((100,),), slots=(4,), sizes=((64, 96_000),))
    cable = problem.sites[0].cables[0]
    assert cable is not None
    expected = 2 * (150_000 + 2 * 96_000 + cable.cost_cents)
    assert by_name(problem)["direct expansion"].cost_cents == expected


def test_host_dram_is_whole_modules_and_survives_nothing() -> None:
    dram = by_name(pool(((65, 10), (1, 70)), sizes=((64, 96_000),)))["host DRAM"]
    assert (dram.gib, dram.cost_cents, dram.survives, dram.controllers) == (256, 384_000, 0, 0)


def test_static_slices_cost_no_less_than_the_pool() -> None:
    problem = replace(pool(walk(5, 12, seed=4), slots=(6, 6)), gap=0.0)
    decision = solve_pool(problem)
    assert isinstance(decision, PoolDecision)
    static = by_name(problem)["static slices"].cost_cents
    assert static is not None
    assert static >= decision.cost_cents


def test_one_slice_is_static_already() -> None:
    problem = pool(((200, 300),))
    decision = solve_pool(problem)
    assert isinstance(decision, PoolDecision)
    assert by_name(problem)["static slices"].cost_cents == decision.cost_cents


def test_a_rival_that_cannot_says_so() -> None:
    found = by_name(pool(walk(4, 6, seed=1), ports=1))
    assert found["direct expansion"].cost_cents is None
    assert found["static slices"].cost_cents is None
    assert found["host DRAM"].cost_cents is not None


def test_no_demand_costs_nothing_anywhere() -> None:
    for rival, cost in product(by_name(pool(((0, 0),))).values(), (0,)):
        assert rival.cost_cents == cost
