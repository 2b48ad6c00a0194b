"""Pools that do not exist: the smallest reason, in numbers, and what helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rackc.compiler.optimize.conflict import only
from rackc.compiler.optimize.feasibility import Asker
from rackc.compiler.optimize.figures import label_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Conflict, Limit, Loss, PoolDecision, PoolProblem, Requirement, Sharing, Slow
from rackc.compiler.optimize.proposals import singles
from rackc.compiler.optimize.saying import name_of
from rackc.compiler.optimize.search import is_feasible
from rackc.compiler.optimize.watch import Watch
from tests.optimize.checker import violations
from tests.optimize.samples import SIZES, best_by_enumeration, pool, tiny, walk

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


#: Cases of what a pool may say besides ports and candidates: the problem, the names in the conflict, changes that help.
SAID: dict[str, tuple[PoolProblem, tuple[str, ...], tuple[str, ...]]] = {
    "power": (
        replace(pool(DEMAND), limits=(Limit("power", 500_000),)),
        ("survive 1 controller for capacity", "power <= 500 W", "demand"),
        ("no `survive 1 controller for capacity`",),
    ),
    "the tighter of two budgets": (
        replace(pool(DEMAND), limits=(Limit("cost", 90_000_00), Limit("cost", 10_000_00), Limit("power", 9_000_000))),
        ("cost <= 10_000 USD", "demand"),
        (),
    ),
    "controllers": (
        replace(pool(DEMAND), limits=(Limit("controllers", 7),)),
        ("survive 1 controller for capacity", "controllers <= 7"),
        ("no `survive 1 controller for capacity`", "`controllers <= 8`"),
    ),
    "links a pool": (
        replace(pool(DEMAND), limits=(Limit("links", 15),)),
        ("survive 1 controller for capacity", "links <= 15"),
        ("no `survive 1 controller for capacity`", "`links <= 16`"),
    ),
    "links a host": (
        replace(pool(DEMAND), hosts=tuple(replace(host, most_links=1) for host in pool(DEMAND).hosts)),
        ("links <= 1", "survive 1 controller for capacity"),
        ("no `survive 1 controller for capacity`", "`links <= 2`"),
    ),
    "least links": (
        replace(pool(DEMAND), hosts=tuple(replace(host, least_links=5) for host in pool(DEMAND).hosts)),
        ("ports", "links >= 5"),
        ("`links >= 4`",),
    ),
    "one shelf": (
        replace(pool(DEMAND, slots=(16,), survive=0), losses=(Loss("controller", 1), Loss("shelf", 1))),
        ("candidates", "survive 1 shelf for capacity"),
        ("no `survive 1 shelf for capacity`", "4 controllers in one more shelf like shelf0"),
    ),
    "two controllers for data": (
        replace(pool(DEMAND, ports=2), losses=(Loss("link", 1), Loss("controller", 2, "data"))),
        ("ports", "survive 2 controller for data"),
        ("`survive 1 controller for data`", "3 CXL ports on each host"),
    ),
    "isolation": (
        replace(pool(DEMAND, slots=(8,)), hosts=tuple(
            replace(host, group=str(at)) for at, host in enumerate(pool(DEMAND).hosts)
        )),
        ("isolation", "candidates", "survive 1 controller for capacity"),
        ("8 more controllers", "no `isolate`"),
    ),
    "a shape": (
        replace(pool(DEMAND), allowed=tuple((at, at + 1) for at in range(0, 6, 2))),
        ("shape",),
        ("no `shape`",),
    ),
    "sharing": (
        replace(pool(DEMAND, slots=(8, 8)), sharing=(Sharing("all", (0, 1, 2)),), shared_gib=((30,),) * len(DEMAND)),
        ("sharing",),
        ("no `sharing`: every host keeps a copy of its own",),
    ),
}  # fmt: skip


def slow(problem: PoolProblem, site: int, times_ns: tuple[int, ...]) -> PoolProblem:
    """Return the problem with a site whose cables a latency bound forbids, by host."""
    place = problem.sites[site]
    barred = tuple(
        Slow(h, cable, ns) for h, (cable, ns) in enumerate(zip(place.cables, times_ns, strict=True)) if cable
    )
    sites = list(problem.sites)
    sites[site] = replace(place, cables=(None,) * len(place.cables), slow=barred)
    return replace(problem, sites=tuple(sites))


SAID["latency"] = (
    slow(pool(DEMAND, slots=(6, 8)), 1, (410, 420, 430, 440, 450, 460, 470, 480)),
    ("candidates", "latency", "survive 1 controller for capacity"),
    ("`latency <= 420 ns`", "2 more controllers at shelf0"),
)


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_named(name: str) -> None:
    problem, names, ways = SAID[name]
    answer = conflict(problem)
    assert {name_of(problem, one) for one in answer.requirements} == {
        word.replace("isolation", "isolate") for word in names
    }
    assert answer.smallest
    assert answer.relaxations
    assert set(ways) <= set(changes(answer))
    assert all(label_of(problem, one) for one in answer.requirements)


@pytest.mark.parametrize("name", SAID)
def test_every_change_is_one_that_helps(name: str) -> None:
    """Each proposal, applied, has a pool that keeps all promises; a conflict of its own checker says so."""
    problem = SAID[name][0]
    asker = Asker(Watch())
    for way in singles(problem, conflict(problem).requirements, asker):
        changed = replace(way.change(problem), effort=2.0, gap=0.5)
        decision = solve_pool(changed)
        assert isinstance(decision, PoolDecision), way.words
        assert violations(changed, decision) == [], way.words


@pytest.mark.parametrize("seed", range(60))
def test_small_pools_have_no_conflict_that_is_none(seed: int) -> None:
    """By enumeration: what is told to conflict does, alone; one requirement less and it does not; changes help."""
    problem = tiny(seed)
    if best_by_enumeration(problem) is not None:
        assert isinstance(solve_pool(problem), PoolDecision)
        return
    answer, asker = conflict(problem), Asker(Watch())
    assert answer.smallest
    for way in singles(problem, answer.requirements, asker):
        changed = way.change(problem)
        changed = replace(changed, losses=tuple(one for one in changed.losses if one.count))
        assert len(changed.controllers) > 5 or best_by_enumeration(changed) is not None, way.words


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
