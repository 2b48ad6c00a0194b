"""Pods: true by a judge of its own, bounded, the same every time, and honest about fewer links."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from rackc.compiler.optimize.pods.pod import is_large, solve_pod
from rackc.compiler.optimize.pods.shapes import allowed_sets
from rackc.compiler.optimize.pods.wire import distinct_pairs
from rackc.compiler.optimize.problem import Conflict, Limit, Loss, PoolDecision, PoolProblem, Sharing, Unknown
from rackc.compiler.optimize.watch import Watch
from tests.optimize.checker import violations
from tests.optimize.families import FAMILIES, best_value, sample
from tests.optimize.pods.geometry import pod
from tests.optimize.samples import tiny


def solved(problem: PoolProblem) -> PoolDecision:
    """Solve a pod that exists, and have it judged."""
    decision = solve_pod(problem)
    assert isinstance(decision, PoolDecision)
    assert violations(problem, decision) == []
    return decision


@pytest.mark.parametrize("family", FAMILIES)
def test_small_pools_are_true_and_bounded(family: str) -> None:
    for seed in range(6):
        problem = sample(family, seed, tiny=True)
        best, answer = best_value(problem), solve_pod(problem)
        if isinstance(answer, Conflict):
            assert best is None, seed
        if isinstance(answer, PoolDecision):
            assert violations(problem, answer) == [], seed
            assert best is not None and answer.bound <= best <= answer.objective, seed


@pytest.mark.parametrize(
    ("losses", "gap"),
    [
        ((), 0.15),
        ((Loss("controller", 1),), 0.15),
        ((Loss("link", 1),), 0.25),
        ((Loss("shelf", 1),), 0.4),
        ((Loss("host", 1), Loss("controller", 1)), 0.15),
    ],
    ids=["nothing", "controller", "link", "shelf", "host or controller"],
)
def test_a_pod_keeps_its_promises(losses: tuple[Loss, ...], gap: float) -> None:
    assert solved(pod(slices=2, losses=losses)).gap < gap


def test_larger_pods_of_each_kind_are_for_this_method() -> None:
    problem = pod()
    assert is_large(problem)
    assert not is_large(tiny(1))
    shared = replace(problem, sharing=(Sharing("s", (0, 1)),), shared_gib=((5,),) * len(problem.demand_gib))
    assert not is_large(shared)
    assert solve_pod(shared) == Unknown(0.0, False)
    assert isinstance(solve_pod(replace(problem, losses=(Loss("controller", 5),))), Unknown)


def test_stated_links_are_made_and_bring_hosts_together() -> None:
    problem = pod(stated=4)
    decision, free = solved(problem), solved(pod())
    wiring = [tuple(k.host for k in decision.links if k.controller == one.address) for one in decision.controllers]
    assert len(decision.links) == 4 * len(problem.hosts)
    assert distinct_pairs(tuple(wiring), len(problem.hosts)) >= 6 * len(wiring) - 4
    assert decision.cost_cents > free.cost_cents
    fewer = [row for row in decision.by_links if row.links == 2]
    assert fewer[0].cost_cents < decision.cost_cents


def test_the_table_has_no_pool_and_each_number_of_links() -> None:
    decision = solved(pod())
    assert [row.links for row in decision.by_links] == [0, 2, 3, 4]
    alone = decision.by_links[0]
    assert alone.saving_cents == 0
    assert all(row.saving_cents == alone.cost_cents - row.cost_cents for row in decision.by_links)
    assert min(row.cost_cents for row in decision.by_links[1:]) == decision.cost_cents


def test_groups_share_no_device() -> None:
    problem = pod(slices=4)
    hosts = tuple(replace(host, group="ab"[number % 2]) for number, host in enumerate(problem.hosts))
    solved(replace(problem, hosts=hosts))


@pytest.mark.parametrize(("name", "arguments"), [("islands", (4,)), ("ring", ()), ("block_design", ())])
def test_a_stated_shape_is_kept(name: str, arguments: tuple[int, ...]) -> None:
    problem = pod(blocks=7, slices=4, ports=9)
    cables = tuple(
        replace(site, cables=tuple(one or problem.sites[0].cables[0] for one in site.cables)) for site in problem.sites
    )
    allowed = allowed_sets(name, arguments, len(problem.hosts), 4)
    assert not isinstance(allowed, str)
    controllers = problem.controllers + tuple(
        replace(one, address=f"r.more[{k}]", heads=tuple(f"r.more[{k}].head[{i}]" for i in range(4)))
        for k, one in enumerate(problem.controllers)
    )
    solved(replace(problem, sites=cables, controllers=controllers, allowed=allowed))


def test_a_budget_that_cannot_be_kept_leaves_it_open() -> None:
    decision = solved(pod())
    assert isinstance(solve_pod(replace(pod(), limits=(Limit("cost", decision.cost_cents // 2),))), Unknown)
    assert solved(replace(pod(), limits=(Limit("cost", decision.cost_cents),))).cost_cents == decision.cost_cents


def test_conflicts_that_are_seen() -> None:
    problem = pod()
    few = replace(problem, hosts=(replace(problem.hosts[0], ports=problem.hosts[0].ports[:1]), *problem.hosts[1:]))
    said = solve_pod(few)
    assert isinstance(said, Conflict) and said.figures == ("r.host[0] needs 2 links and may have 1",)
    apart = tuple(replace(site, cables=(None, *site.cables[1:])) for site in problem.sites)
    said = solve_pod(replace(problem, sites=apart))
    assert isinstance(said, Conflict) and "reach" in said.families
    much = replace(problem, demand_gib=tuple(tuple(10 * gib for gib in row) for row in problem.demand_gib))
    said = solve_pod(much)
    assert isinstance(said, Conflict) and "demand" in said.families


def test_a_changed_pod_keeps_its_links() -> None:
    problem = replace(pod(slices=4), churn_cents=2_500)
    before = solved(problem)
    grown = replace(problem, demand_gib=tuple((row[0] * 108 // 100, *row[1:]) for row in problem.demand_gib))
    cold, after = solved(grown), solve_pod(grown, prior=before)
    assert isinstance(after, PoolDecision) and violations(grown, after) == []
    old, new = ({(link.port, link.head) for link in one.links} for one in (before, after))
    assert len(old ^ new) <= 0.1 * len(old)
    assert after.cost_cents <= 1.005 * cold.cost_cents


def test_nobody_asks_for_anything() -> None:
    problem = pod()
    decision = solved(replace(problem, demand_gib=((0,) * len(problem.hosts),)))
    assert (decision.controllers, decision.links, decision.cost_cents) == ((), (), 0)


def test_progress_is_told_and_stopping_ends_it() -> None:
    told: list[int | None] = []

    def hear(best: int | None, _bound: int, _effort: float) -> None:
        told.append(best)
        watch.stop()

    watch = Watch(hear)
    decision = solve_pod(pod(), watch)
    assert isinstance(decision, PoolDecision) and decision.interrupted
    assert told == [decision.objective]
    assert [row.links for row in decision.by_links] == [0, 2]


def test_the_same_bytes_in_every_process() -> None:
    code = (
        "from tests.optimize.pods.geometry import pod; from rackc.compiler.optimize.pods.pod import solve_pod; "
        "print(solve_pod(pod(slices=4, stated=3)))"
    )
    answers = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True,
                       env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(answers) == 1
