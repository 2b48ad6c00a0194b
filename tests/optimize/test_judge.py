"""The judge itself: its flows against networkx, and that it sees what is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import pytest

from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Limit, Loss, PoolDecision, PoolProblem
from tests.optimize.checker import violations
from tests.optimize.families import sample
from tests.optimize.flow import Edges, max_flow


@pytest.mark.parametrize("seed", range(100))
def test_flows_are_those_of_networkx(seed: int) -> None:
    chance = random.Random(seed)
    nodes = range(chance.randint(3, 9))
    edges: Edges = {(a, b): chance.randrange(20) for a in nodes for b in nodes if a != b and chance.random() < 0.5}
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((a, b, {"capacity": capacity}) for (a, b), capacity in edges.items())
    assert max_flow(edges, 0, nodes[-1]) == nx.maximum_flow_value(graph, 0, nodes[-1])


def answered(family: str) -> tuple[PoolProblem, PoolDecision]:
    """Return a pool of a family with a right answer."""
    for seed in range(50):
        problem = sample(family, seed)
        answer = solve_pool(problem)
        if isinstance(answer, PoolDecision) and len(answer.links) > 2 and any(map(any, answer.slices_gib)):
            assert violations(problem, answer) == []
            return problem, answer
    raise AssertionError(f"no answer in {family}")


def _fewer_links(answer: PoolDecision) -> PoolDecision:
    return replace(answer, links=answer.links[1:], slices_gib=tuple(row[1:] for row in answer.slices_gib))


def _smaller(answer: PoolDecision) -> PoolDecision:
    first = answer.controllers[0]
    return replace(
        answer, controllers=(replace(first, modules=1, gib=first.gib // first.modules), *answer.controllers[1:])
    )


def _same_port(answer: PoolDecision) -> PoolDecision:
    return replace(answer, links=(replace(answer.links[0], port=answer.links[1].port), *answer.links[1:]))


WRONG: dict[str, Callable[[PoolDecision], PoolDecision]] = {
    "a link less": _fewer_links,
    "modules less": _smaller,
    "a port twice": _same_port,
    "cheaper than its parts": lambda one: replace(one, cost_cents=one.cost_cents - 1),
    "less power than its parts": lambda one: replace(one, power_mw=one.power_mw - 1),
    "a bound above the objective": lambda one: replace(one, bound=one.objective + 1),
    "an estimate that is no bound": lambda one: replace(one, estimate=one.objective + 1),
    "a better gap": lambda one: replace(one, gap=one.gap - 0.1),
    "more in every slice": lambda one: replace(
        one, slices_gib=tuple(tuple(x + 1 for x in row) for row in one.slices_gib)
    ),
    "a slice missing": lambda one: replace(one, slices_gib=one.slices_gib[1:]),
    "a controller twice": lambda one: replace(one, controllers=(*one.controllers, one.controllers[0])),
}


@pytest.mark.parametrize("family", ["two heads", "switches, copies", "sharing"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_seen(wrong: str, family: str) -> None:
    problem, answer = answered(family)
    if wrong == "modules less" and answer.controllers[0].modules == 1:
        pytest.skip("nothing to take out")
    assert violations(problem, WRONG[wrong](answer)) != []


#: An answer to a pool without a promise, and the promise that it does not keep.
PROMISES = {
    "controller": Loss("controller", 1),
    "two controllers": Loss("controller", 2),
    "link": Loss("link", 1),
    "shelf": Loss("shelf", 1),
    "host": Loss("host", 1),
    "copies": Loss("controller", 1, "data"),
    "copies on shelves": Loss("shelf", 1, "data"),
}


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_that_was_not_asked_for_is_not_kept(promise: str) -> None:
    problem, answer = answered("two heads, nothing lost")
    assert violations(replace(problem, losses=(PROMISES[promise],)), answer) != []


def test_budgets_groups_and_shapes_are_seen() -> None:
    problem, answer = answered("two heads")
    shared = next(
        one.address for one in answer.controllers if len([k for k in answer.links if k.controller == one.address]) > 1
    )
    pair = [link.host for link in answer.links if link.controller == shared]
    apart = tuple(replace(host, group=str(number)) for number, host in enumerate(problem.hosts))
    assert any("shared by groups" in one for one in violations(replace(problem, hosts=apart), answer))
    assert any("none of the sets" in one for one in violations(replace(problem, allowed=((pair[0],),)), answer))
    tight = replace(problem, limits=(Limit("cost", answer.cost_cents - 1),))
    assert any("the budget" in one for one in violations(tight, answer))
    slow = replace(problem, hosts=tuple(replace(host, read_mbps=50_000) for host in problem.hosts), link_mbps=1_000)
    assert any("MB/s do not fit" in one for one in violations(slow, answer))
