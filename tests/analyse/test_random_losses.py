"""Latency, oversubscription and what failures do, against the plain computation, on random small fabrics."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp

from rackc.compiler.analyse.latency import latencies_ns
from rackc.compiler.analyse.losses import Before, Loss, all_to_all, cut_off, effect, lost
from rackc.compiler.analyse.maxflow import bandwidth
from rackc.compiler.analyse.pairs import joined_after, least_after, least_bandwidth, most_cut_off, unlike_pairs
from rackc.compiler.analyse.symmetry import edge_classes
from rackc.compiler.analyse.tiers import down_and_up, of_ends
from rackc.compiler.columns import Ints
from tests.analyse.random_fabrics import END, KINDS, MUTE, SWITCH, Drawn, drawings, flow, reaching
from tests.analyse.shapes import clos

GB = 1e9
many = settings(max_examples=200, deadline=None)
LOSSES: tuple[Loss, ...] = ("link", "switch")


def nodes(drawn: Drawn, things: list[int]) -> Ints:
    return drawn.fabric.at(np.array(things, np.int64) + 1)


def quickest(drawn: Drawn, a: int, b: int, end: str) -> float:
    """Return the latency by Dijkstra's algorithm, what is passed counted on the way into it."""
    graph = nx.DiGraph()
    graph.add_node(b)
    for x, y, _, latency in drawn.links:
        for tail, head in ((x, y), (y, x)):
            passed = 0.0 if tail == a else getattr(KINDS[drawn.kinds[tail]], end)("latency", "ns")
            if tail != a and (drawn.kinds[tail] in (END, MUTE)):
                continue
            weight = latency + passed
            if not graph.has_edge(tail, head) or graph[tail][head]["weight"] > weight:
                graph.add_edge(tail, head, weight=weight)
    graph.add_node(a)
    try:
        return float(nx.dijkstra_path_length(graph, a, b))
    except nx.NetworkXNoPath:
        return float("inf")


@many
@given(drawings)
def test_latency(drawn: Drawn) -> None:
    some = drawn.linked[:4]
    found = latencies_ns(drawn.fabric, nodes(drawn, some), nodes(drawn, drawn.linked))
    for at, end in enumerate(("low", "typ", "high")):
        for x, a in enumerate(some):
            for y, b in enumerate(drawn.linked):
                assert found[at, x, y] == (0.0 if a == b else quickest(drawn, a, b, end))


def pair_flows(drawn: Drawn, things: list[int]) -> dict[tuple[int, int], float]:
    return {(a, b): flow(drawn.graph([a, b]), {a}, {b}) for a, b in combinations(things, 2)}


@many
@given(drawings, st.data())
def test_least_bandwidth(drawn: Drawn, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(drawn.linked), min_size=1, max_size=4)
    everyone = st.just((drawn.ends or drawn.linked,) * 2)
    left, right = data.draw(st.one_of(st.tuples(some, some), some.map(lambda s: (s, s)), everyone))
    flows = [flow(drawn.graph([a, b]), {a}, {b}) for a in left for b in right if a != b]
    assume(flows)
    found = least_bandwidth(drawn.fabric, nodes(drawn, left), nodes(drawn, right))
    assert found == pytest.approx(min(flows) * GB)


@many
@given(drawings)
def test_oversubscription_of_switches(drawn: Drawn) -> None:
    of = drawn.fabric
    down, up = down_and_up(of)
    graph = nx.Graph((a, b) for a, b, _, _ in drawn.links)
    ends = set(drawn.ends)
    tier = {}
    reach = [reaching(drawn, end) for end in ends]
    for thing in drawn.linked:
        away = [found.get(thing) for found in reach]
        tier[thing] = min((n for n in away if n is not None), default=-1)
    assert set(graph) == set(drawn.linked)
    for thing in drawn.linked:
        beside = [(rate, tier[b if a == thing else a]) for a, b, rate, _ in drawn.links if thing in (a, b)]
        node = int(nodes(drawn, [thing])[0])
        assert down[node] == sum(rate for rate, other in beside if other < tier[thing]) * GB
        assert up[node] == sum(rate for rate, other in beside if other > tier[thing]) * GB


@many
@given(drawings, st.data())
def test_oversubscription_of_ends(drawn: Drawn, data: st.DataObject) -> None:
    assume(len(drawn.ends) > 1)
    some = sorted(data.draw(st.sets(st.sampled_from(drawn.ends), min_size=1, max_size=len(drawn.ends) - 1)))
    graph = drawn.graph(drawn.ends)
    sent, left = of_ends(drawn.fabric, nodes(drawn, some))
    assert sent == sum(data["rate"] for a, b, data in graph.edges(data=True) for end in (a, b) if end in some) * GB
    assert left == pytest.approx(flow(graph, set(some), set(drawn.ends) - set(some)) * GB)


# -------- losses


def everything(drawn: Drawn, loss: Loss) -> list[tuple[Drawn, int, int]]:
    """Return what is left after each loss, with the things at its ends (twice the same for a switch)."""
    if loss == "link":
        return [(drawn.without(links=frozenset((k,))), a, b) for k, (a, b, _, _) in enumerate(drawn.links)]
    switches = [t for t in drawn.linked if drawn.kinds[t] in (SWITCH, MUTE)]
    return [(drawn.without(thing=t), t, t) for t in switches]


def plainly(drawn: Drawn, left: Drawn, among: list[int] | None = None) -> tuple[set[int], float | None]:
    """Return which ends are cut off, and the least share that a pair keeps."""
    ends = drawn.ends if among is None else sorted(among)
    before = {a: set(reaching(drawn, a)).intersection(ends) - {a} for a in ends}
    after = {a: set(reaching(left, a)).intersection(ends) - {a} for a in ends}
    best = min(ends, key=lambda a: (-len(after[a]), len(before[a] - after[a]), a), default=None)
    cut = before[best] - after[best] if best is not None else set()
    was, now = pair_flows(drawn, ends), pair_flows(left, ends)
    return cut, min((now[pair] / was[pair] for pair in was if now[pair]), default=None)


@many
@given(drawings, st.sampled_from(LOSSES))
def test_a_loss_does_what_one_that_it_can_be_exchanged_for_does(drawn: Drawn, loss: Loss) -> None:
    assume(len(drawn.ends) <= 5 and len(drawn.links) <= 14)
    of = drawn.fabric
    before = Before(of, of.endpoints)
    found = {}
    for one in lost(before, loss):
        what = effect(before, one)
        found[one.at] = (int(cut_off(before, one).sum()), what.pair_left, one.alike)
    kinds = edge_classes(of, before.orbits.of_node) if loss == "link" else before.orbits.of_node
    counted = dict.fromkeys(found, 0)
    for left, a, b in everything(drawn, loss):
        at, other = sorted(nodes(drawn, [a, b]).tolist())
        element = int(np.flatnonzero((of.a == at) & (of.b == other))[0]) if loss == "link" else at
        first = next(known for known in found if kinds[known] == kinds[element])
        counted[first] += 1
        cut, share = plainly(drawn, left)
        rates = {rate for x, y, rate, _ in drawn.links if {x, y} == {a, b}}
        assert found[first][0] == len(cut)
        if loss == "switch" or len(rates) == 1:  # of parallel links that differ, one of mean bandwidth is lost
            assert found[first][1] == pytest.approx(share)
    assert counted == {at: alike for at, (_, _, alike) in found.items()}


@many
@given(drawings, st.sampled_from(LOSSES), st.data())
def test_questions_after_a_loss(drawn: Drawn, loss: Loss, data: st.DataObject) -> None:
    assume(len(drawn.links) <= 14 and len({(min(x), max(x), rate) for *x, rate, _ in drawn.links}) == len(
        {(min(x), max(x)) for *x, _, _ in drawn.links}))  # fmt: skip
    some = st.lists(st.sampled_from(drawn.ends or drawn.linked), min_size=1, max_size=3, unique=True)
    left, right = data.draw(st.one_of(st.tuples(some, some), some.map(lambda s: (s, s))))
    a, b = nodes(drawn, left), nodes(drawn, right)
    rest = [one for one, _, _ in everything(drawn, loss)] or [drawn]
    joined = all(y in reaching(one, x) for one in rest for x in left for y in right)
    assert joined_after(drawn.fabric, a, b, loss) == joined
    flows = [flow(one.graph([x, y]), {x}, {y}) for one in rest for x in left for y in right if x != y]
    if flows:
        assert least_after(drawn.fabric, a, b, loss) == pytest.approx(min(flows) * GB)
    if len(left) > 1:
        assert most_cut_off(drawn.fabric, np.unique(a), loss) == max(len(plainly(drawn, one, left)[0]) for one in rest)


# -------- all to all


def most_all_to_all(drawn: Drawn, ends: list[int]) -> float:
    """Return the rate of every pair in the best routing: a linear program, one commodity a source."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    graph = drawn.graph(ends)
    rate = solver.NumVar(0, 100, "rate")
    arcs = [(x, y, data["rate"]) for a, b, data in graph.edges(data=True) for x, y in ((a, b), (b, a))]
    used: list[list[Any]] = [[] for _ in arcs]
    for source in ends:
        balance: dict[int, list[Any]] = {thing: [] for thing in graph}
        for k, (x, y, _) in enumerate(arcs):
            if x != source and not drawn.forwards(x):
                continue
            sent = solver.NumVar(0, solver.infinity(), "")
            used[k].append(sent)
            balance[y].append(sent)
            balance[x].append(-sent)
        for thing in graph:
            if thing != source:
                solver.Add(sum(balance[thing]) == (rate if thing in ends else 0))
    for k, (_, _, room) in enumerate(arcs):
        solver.Add(sum(used[k]) <= room)
    solver.Maximize(rate)
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return float(rate.solution_value())


@many
@given(drawings)
def test_all_to_all_lies_within_its_bounds(drawn: Drawn) -> None:
    ends = drawn.ends
    assume(2 <= len(ends) <= 6)
    found = all_to_all(drawn.fabric, nodes(drawn, ends))
    wanted = most_all_to_all(drawn, ends) * (len(ends) - 1) * GB
    assert found.low <= wanted * (1 + 1e-6) + 1e-3
    assert found.high >= wanted * (1 - 1e-6) - 1e-3


def test_pairs_under_one_leaf_are_of_another_kind_than_pairs_under_two() -> None:
    """Two under each of two leaves: 3 between neighbours, 2 from leaf to leaf; without a spine 1."""
    of = clos(leaves=2, under=2, spines=2, down=3.0, up=1.0)
    assert least_bandwidth(of, of.endpoints, of.endpoints) == 2.0
    assert sorted(bandwidth(of, a, b) for a, b in unlike_pairs(of, of.endpoints, of.endpoints)) == [2.0, 3.0]
    before = Before(of, of.endpoints)
    (spine,) = (effect(before, one) for one in lost(before, "switch") if not cut_off(before, one).any())
    assert spine.pair_left == 0.5
