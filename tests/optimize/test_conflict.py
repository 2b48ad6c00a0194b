"""Pools that do not exist: the smallest reason, in numbers, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rackc.compiler.optimize.conflict import only
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Conflict, PoolDecision, PoolProblem, Requirement
from rackc.compiler.optimize.search import is_feasible
from rackc.compiler.optimize.watch import Watch
from tests.optimize.checker import violations
from tests.optimize.samples import SIZES, pool, walk

DEMAND = walk(8, 20, seed=3)


def conflict(problem: PoolProblem) -> Conflict:
    """Solve a pool that is known not to exist."""
    answer = solve_pool(problem)
    assert isinstance(answer, Conflict)
    return answer


def changes(answer: Conflict) -> list[str]:
    """Return what would do, without what the pool then costs, in its order."""
    return [way.partition(";")[0] for way in answer.relaxations]


def without_cables(problem: PoolProblem, host: int, sites: tuple[int, ...]) -> PoolProblem:
    """Return the problem with a host out of reach of some sites."""
    return replace(
        problem,
        sites=tuple(
            replace(site, cables=tuple(None if h == host and s in sites else one for h, one in enumerate(site.cables)))
            for s, site in enumerate(problem.sites)
        ),
    )


CASES: dict[str, tuple[PoolProblem, tuple[str, ...]]] = {
    "one port": (pool(DEMAND, ports=1), ("ports", "survive")),
    "no port": (pool(DEMAND, ports=0), ("ports",)),
    "few candidates": (pool(DEMAND, slots=(3,)), ("candidates",)),
    "candidates without a spare": (pool(DEMAND, slots=(2, 2)), ("candidates", "survive")),
    "no candidate": (pool(DEMAND, slots=(0, 0)), ("candidates",)),
    "small modules": (
        pool(DEMAND, ports=2, sizes=SIZES[:1]),
        ("ports", "modules", "demand"),
    ),
    "no module": (replace(pool(DEMAND), modules=()), ("modules",)),
    "out of reach": (without_cables(pool(DEMAND), 3, (0, 1)), ("reach",)),
    "reach of one candidate": (
        without_cables(pool(DEMAND, slots=(12, 1)), 3, (0,)),
        ("candidates", "reach", "survive"),
    ),
    "bandwidth": (pool(DEMAND, min_links=5, survive=0), ("ports", "bandwidth")),
}


@pytest.mark.parametrize("name", CASES)
def test_families(name: str) -> None:
    problem, families = CASES[name]
    answer = conflict(problem)
    assert set(answer.families) == set(families)
    assert answer.figures
    assert answer.relaxations


@pytest.mark.parametrize("name", CASES)
def test_the_set_is_a_smallest_one(name: str) -> None:
    problem, _ = CASES[name]
    answer = conflict(problem)

    def exists(kept: tuple[Requirement, ...]) -> bool | None:
        looser = only(problem, kept)
        return is_feasible(looser, needs(looser), 5.0, Watch())

    assert answer.smallest
    assert exists(answer.requirements) is False
    for one in answer.requirements:
        assert exists(tuple(other for other in answer.requirements if other != one)) is True


def test_figures_and_relaxations_of_one_port() -> None:
    answer = conflict(pool(DEMAND, ports=1))
    assert answer.figures == (
        "each of 8 hosts, such as r.host[0], has 1 free CXL port; surviving the loss of 1 controller needs 2 links",
    )
    assert changes(answer) == ["no `survive 1 controller for capacity`", "2 CXL ports on each host"]


ADVICE: dict[str, tuple[PoolProblem, str, Callable[[PoolProblem], PoolProblem]]] = {
    "candidates": (
        pool(DEMAND, slots=(3,)),
        "5 more controllers",
        lambda _: pool(DEMAND, slots=(8,)),
    ),
    "modules": (
        pool(DEMAND, slots=(8,), sizes=SIZES[:1]),
        "modules of 256 GiB",
        lambda problem: replace(problem, modules=(replace(problem.modules[0], gib=256),)),
    ),
    "ports": (
        pool(DEMAND, ports=1),
        "2 CXL ports on each host",
        lambda _: pool(DEMAND, ports=2),
    ),
    "bandwidth": (
        pool(DEMAND, min_links=4),
        "traffic of 3 links on each host",
        lambda _: pool(DEMAND, min_links=3),
    ),
}


@pytest.mark.parametrize("name", ADVICE)
def test_advice_helps_when_it_is_followed(name: str) -> None:
    problem, advice, follow = ADVICE[name]
    assert advice in changes(conflict(problem))
    followed = follow(problem)
    decision = solve_pool(followed)
    assert isinstance(decision, PoolDecision)
    assert violations(followed, decision) == []


def test_two_conflicts_at_once_get_advice_on_both() -> None:
    answer = conflict(pool(DEMAND, ports=1, slots=(3,)))
    assert "2 CXL ports on each host and 5 more controllers" in changes(answer)
    assert isinstance(solve_pool(pool(DEMAND, ports=2, slots=(8,))), PoolDecision)


def test_a_smaller_step_than_the_advice_does_not_help() -> None:
    assert isinstance(solve_pool(pool(DEMAND, slots=(7,))), Conflict)


def test_a_conflict_is_the_same_every_time() -> None:
    problem, _ = CASES["small modules"]
    assert conflict(problem) == conflict(problem)
