"""Pools that exist: true, cheapest, the same every time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rackc.compiler.optimize import search
from rackc.compiler.optimize.counting import least_of_any, least_total
from rackc.compiler.optimize.pooling import seek_pool, solve_pool
from rackc.compiler.optimize.problem import Conflict, Loss, PoolDecision, PoolProblem
from rackc.compiler.optimize.watch import Watch
from tests.effort import steps
from tests.optimize.checker import violations
from tests.optimize.samples import best_by_enumeration, pool, tiny, walk


def solved(problem: PoolProblem) -> PoolDecision:
    """Solve a pool that is known to exist, and have it judged."""
    decision = solve_pool(problem)
    assert isinstance(decision, PoolDecision)
    assert violations(problem, decision) == []
    return decision


@pytest.mark.parametrize("seed", range(60))
def test_as_good_as_enumeration(seed: int) -> None:
    problem = tiny(seed)
    best, answer = best_by_enumeration(problem), solve_pool(problem)
    if best is None:
        assert isinstance(answer, Conflict)
        return
    assert isinstance(answer, PoolDecision)
    assert violations(problem, answer) == []
    assert (answer.objective, answer.bound, answer.proved) == (best, best, True)


@pytest.mark.parametrize("seed", range(20))
def test_links_one_by_one_are_as_good_as_enumeration(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_PATTERNS", 0)
    test_as_good_as_enumeration(seed)


@pytest.mark.parametrize("survive", [0, 1])
def test_a_rack_of_eight_hosts_is_proved(survive: int) -> None:
    decision = solved(pool(walk(8, 30, seed=3), survive=survive))
    assert decision.proved
    assert decision.gap <= 0.009


def test_the_same_problem_gives_the_same_decision() -> None:
    problem = pool(walk(6, 20, seed=5), slots=(6, 6), goals=("cost", "cable.length", "power"))
    assert solve_pool(problem) == solve_pool(problem)


def test_four_heads() -> None:
    two = solved(pool(walk(6, 12, seed=2), slots=(6, 6)))
    four = solved(pool(walk(6, 12, seed=2), slots=(6, 6), heads=4))
    assert four.objective <= two.objective


def test_one_head_is_direct_expansion() -> None:
    decision = solved(pool(walk(3, 6, seed=2), slots=(6, 6), heads=1))
    assert len(decision.links) == len(decision.controllers)


def test_more_hosts_than_host_sets_can_be_listed() -> None:
    solved(replace(pool(walk(12, 8, seed=4, top=200), slots=(12, 12), ports=3), gap=0.03))


def test_sizes_may_differ_within_a_pool() -> None:
    one = solved(pool(walk(4, 10, seed=7), slots=(4, 4)))
    mixed = solved(replace(pool(walk(4, 10, seed=7), slots=(4, 4)), one_size=False))
    assert mixed.bound <= one.objective
    assert mixed.objective <= one.objective * 1.009


def test_a_later_goal_gives_up_nothing_of_an_earlier_one() -> None:
    problem = pool(walk(5, 10, seed=1), slots=(5, 5))
    cheap = solved(problem)
    short = solved(replace(problem, goals=("cost", "cable.length")))
    assert short.objective <= cheap.objective
    assert sum(link.cable.length_mm for link in short.links) <= sum(link.cable.length_mm for link in cheap.links)


def test_power_first() -> None:
    by_cost = solved(pool(walk(4, 10, seed=1)))
    by_power = solved(pool(walk(4, 10, seed=1), goals=("power", "cost")))
    assert by_power.objective == by_power.power_mw
    assert by_power.bound <= by_cost.power_mw


def test_memory_stays_where_it_was() -> None:
    decision = solved(pool(((100, 100), (100, 100), (90, 100), (100, 100)), slots=(4,)))
    moved = [
        sum(max(0, after - before) for before, after in zip(earlier, later, strict=True))
        for earlier, later in zip(decision.slices_gib, decision.slices_gib[1:], strict=False)
    ]
    assert moved == [0, 0, 10]


def test_nothing_asked_for_nothing_built() -> None:
    decision = solved(pool(((0, 0, 0), (0, 0, 0))))
    assert (decision.controllers, decision.links, decision.cost_cents, decision.proved) == ((), (), 0, True)
    assert decision.slices_gib == ((), ())


def test_no_slices_of_time() -> None:
    assert solved(replace(pool(((1, 1),)), demand_gib=())).controllers == ()


def test_a_host_without_demand_gets_no_link() -> None:
    decision = solved(pool(((300, 0, 200), (100, 0, 300))))
    assert {link.host for link in decision.links} == {0, 2}


def test_a_pool_of_one_host() -> None:
    decision = solved(pool(((500,), (200,)), slots=(4,)))
    assert len(decision.controllers) >= 2


def test_names_go_by_number_and_not_by_spelling() -> None:
    decision = solved(pool(walk(8, 10, seed=3), slots=(12,)))
    cards = [int(one.address.rsplit("[", 1)[1][:-1]) for one in decision.controllers]
    assert cards == sorted(cards) == list(range(len(cards)))


def test_the_judge_sees_what_is_wrong() -> None:
    problem = pool(walk(4, 6, seed=1), slots=(4, 4))
    decision = solved(problem)
    smaller = replace(decision.controllers[0], modules=2, gib=decision.controllers[0].gib // 2)
    for wrong in (
        replace(decision, cost_cents=decision.cost_cents - 1),
        replace(decision, links=decision.links[:-1], slices_gib=tuple(row[:-1] for row in decision.slices_gib)),
        replace(decision, links=(replace(decision.links[0], port=decision.links[1].port), *decision.links[1:])),
        replace(decision, controllers=(smaller, *decision.controllers[1:])),
        replace(decision, bound=decision.objective + 1),
        replace(decision, slices_gib=tuple(tuple(x + 1 for x in row) for row in decision.slices_gib)),
    ):
        assert violations(problem, wrong) != []


def test_the_judge_sees_a_broken_promise() -> None:
    problem = pool(walk(4, 6, seed=1), slots=(4, 4), survive=0)
    intact = solved(problem)
    assert any(
        "lost" in one or "links" in one for one in violations(replace(problem, losses=(Loss("controller", 1),)), intact)
    )


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_any_number_of_devices_is_the_best_of_all_numbers(lost: int) -> None:
    for levels in ((1,), (2, 3), (4, 6, 9)):
        for need in range(1, 40):
            each = [least_total(count, need, levels, lost) for count in range(1, 8)]
            assert least_of_any(7, need, levels, lost) == min((one for one in each if one is not None), default=None)


def test_small_modules_for_much_memory_take_no_more_work() -> None:
    """Modules of 8 GiB beside some of 512, ten hosts of 4 TiB: as many quanta as there are are no matter."""
    problem = pool(
        ((4_096,) * 10,),
        slots=(40, 40),
        ports=8,
        sizes=((8, 12_000), (512, 800_000)),
        populations=(1, 2, 4),
        effort=0.1,
    )
    mixed = replace(problem, one_size=False)
    assert steps(lambda: seek_pool(mixed, Watch())) < 20_000_000
