"""A lock cannot lie: whatever is planted in a kept answer, it is not used; and every true answer is."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from rackc.compiler.comparison import NOTHING
from rackc.compiler.lock import Lock, LockedPool, locked, read_lock, write_lock
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import DecidedController, DecidedLink, Loss, PoolDecision, PoolProblem
from rackc.compiler.optimize.recheck import holds
from tests.optimize.checker import violations
from tests.optimize.families import FAMILIES, sample
from tests.optimize.pods.geometry import pod
from tests.optimize.samples import pool, walk

#: Answers of each family that are looked at, and lies that are planted in each of them.
ANSWERS, LIES = 3, 40


@cache
def _answers(family: str) -> tuple[tuple[PoolProblem, PoolDecision], ...]:
    found: list[tuple[PoolProblem, PoolDecision]] = []
    seed = 0
    while len(found) < ANSWERS:
        problem = sample(family, seed)
        answer = solve_pool(problem)
        if isinstance(answer, PoolDecision) and answer.links:
            found.append((problem, answer))
        seed += 1
    return tuple(found)


@pytest.mark.parametrize("family", FAMILIES)
def test_true_answers_are_believed(family: str) -> None:
    for problem, decision in _answers(family):
        assert holds(problem, decision), family
        lock = read_lock(write_lock(Lock(pools={problem.address: locked(problem, decision, NOTHING, "s")})))
        assert isinstance(lock, Lock)
        kept = lock.believed(problem)
        assert isinstance(kept, LockedPool)
        assert kept.decision == decision


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lie_is_seen_wherever_the_judge_sees_it(family: str) -> None:
    """The judge of the tests shares no code with what checks a lock."""
    lies = 0
    for problem, decision in _answers(family):
        chance = random.Random(7)
        for _ in range(LIES):
            told = _lie(problem, decision, chance)
            wrong = violations(problem, told)
            lies += bool(wrong)
            assert holds(problem, told) == (not wrong), (family, wrong, told)
    assert lies > ANSWERS * LIES // 2


def _lie(problem: PoolProblem, decision: PoolDecision, chance: random.Random) -> PoolDecision:
    """Return the decision with something planted, and sometimes with figures that go with it."""
    kind = chance.choice(
        ("modules", "module", "away", "link", "head", "port", "controller", "slice", "shares", "figure")
    )
    match kind:
        case "modules" | "module" | "away":
            told = replace(decision, controllers=_other_controllers(problem, decision.controllers, kind, chance))
        case "link":
            at = chance.randrange(len(decision.links))
            slices = tuple((*row[:at], *row[at + 1 :]) for row in decision.slices_gib)
            told = replace(decision, links=(*decision.links[:at], *decision.links[at + 1 :]), slices_gib=slices)
        case "head" | "port" | "controller":
            told = replace(decision, links=_other_links(problem, decision.links, kind, chance))
        case "slice":
            told = replace(decision, slices_gib=_other_slices(decision.slices_gib, chance))
        case "shares":
            told = replace(decision, shares=decision.shares[1:])
        case _:
            figure = chance.choice(("cost_cents", "power_mw", "objective"))
            told = replace(decision, **{figure: getattr(decision, figure) - 1})
    return told


def _other_controllers(
    problem: PoolProblem, controllers: tuple[DecidedController, ...], kind: str, chance: random.Random
) -> tuple[DecidedController, ...]:
    at = chance.randrange(len(controllers))
    one, rest = controllers[at], controllers[:at] + controllers[at + 1 :]
    if kind == "away":
        return rest
    name = (
        chance.choice(problem.modules) if kind == "module" else next(m for m in problem.modules if m.name == one.module)
    )
    count = one.modules if kind == "module" else chance.choice((1, 2, 3, 4))
    gib = count * name.gib * max(len(one.devices), 1)
    return tuple(sorted((*rest, replace(one, module=name.name, modules=count, gib=gib)), key=lambda c: c.address))


def _other_links(
    problem: PoolProblem, links: tuple[DecidedLink, ...], kind: str, chance: random.Random
) -> tuple[DecidedLink, ...]:
    at = chance.randrange(len(links))
    one, other = links[at], chance.choice(links)
    match kind:
        case "head":
            told = replace(one, head=other.head)
        case "port":
            told = replace(one, port=chance.choice(problem.hosts[other.host].ports))
        case _:
            told = replace(one, controller=other.controller)
    return (*links[:at], told, *links[at + 1 :])


def _other_slices(rows: tuple[tuple[int, ...], ...], chance: random.Random) -> tuple[tuple[int, ...], ...]:
    at = chance.randrange(len(rows))
    row = list(rows[at])
    row[chance.randrange(len(row))] += 1
    row[chance.randrange(len(row))] -= 1
    return (*rows[:at], tuple(row), *rows[at + 1 :])


@pytest.mark.parametrize(
    "loss", [Loss("controller", 1), Loss("link", 1), Loss("shelf", 1), Loss("controller", 2), Loss("host", 1)]
)
def test_an_answer_to_a_weaker_promise_is_no_answer(loss: Loss) -> None:
    """All sums are right, and there are links enough; only the loss of one thing after the other shows it."""
    weak = pool(walk(4, 3, seed=5), slots=(4, 4, 4), survive=0, min_links=3)
    decision = solve_pool(weak)
    assert isinstance(decision, PoolDecision)
    assert holds(weak, decision)
    strong = replace(weak, losses=(loss,), hosts=tuple(replace(host, min_links=1) for host in weak.hosts))
    assert violations(strong, decision)
    assert not holds(strong, decision)
    forged = locked(strong, decision, NOTHING, "s")
    assert Lock(pools={strong.address: forged}).believed(strong) == "it does not add up, or breaks a promise"


def test_a_bound_beyond_the_answer_is_none() -> None:
    ((problem, decision), *_) = _answers(next(iter(FAMILIES)))
    assert not holds(problem, replace(decision, bound=decision.objective + 1))
    assert not holds(problem, replace(decision, proved=not decision.proved))
    assert not holds(problem, replace(decision, gap=decision.gap + 0.1))


def test_what_was_edited_is_not_even_a_start() -> None:
    ((problem, decision), *_) = _answers(next(iter(FAMILIES)))
    kept = locked(problem, decision, NOTHING, "s")
    changed = replace(problem, effort=problem.effort + 1)
    assert Lock(pools={problem.address: kept}).believed(changed) is kept
    edited = kept.model_copy(update={"decision": replace(decision, cost_cents=1)})
    assert Lock(pools={problem.address: edited}).believed(changed) == "it was edited by hand"


def test_the_answer_for_a_pod_is_checked_as_well() -> None:
    """Pools of many hosts are solved in another way; what is asked of an answer is the same."""
    problem = pod(slices=2)
    decision = solve_pool(problem)
    assert isinstance(decision, PoolDecision)
    assert holds(problem, decision)
    assert not holds(replace(problem, losses=(Loss("controller", 2),)), decision)
