"""Every figure of a fabric against the plain computation, on random small fabrics."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rackc.compiler.analyse import bisection as halving
from rackc.compiler.analyse import routes, spreading, tree
from rackc.compiler.analyse.bisection import bisection
from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.maxflow import bandwidth, disjoint_paths, separate_paths
from rackc.compiler.analyse.routes import distances, farthest, twins
from rackc.compiler.columns import Ints
from tests.analyse.random_fabrics import END, Drawn, anything, drawings, flow, least_halving, reaching
from tests.analyse.shapes import made, wide

GB = 1e9
many = settings(max_examples=200, deadline=None)


def nodes(drawn: Drawn, things: list[int]) -> Ints:
    return drawn.fabric.at(np.array(things, np.int64) + 1)


@many
@given(drawings)
def test_edges_gather_parallel_links(drawn: Drawn) -> None:
    of = drawn.fabric
    found = {}
    for e in range(len(of.a)):
        ends = frozenset(int(of.nodes[n]) - 1 for n in (of.a[e], of.b[e]))
        found[ends] = (of.capacity[e], of.links[e], of.latency_ns[1, e])
    wanted: dict[frozenset[int], tuple[float, int, float]] = {}
    for a, b, rate, latency in drawn.links:
        room, count, least = wanted.get(frozenset((a, b)), (0.0, 0, float("inf")))
        wanted[frozenset((a, b))] = (room + rate * GB, count + 1, min(least, latency))
    assert found == wanted
    assert [int(n) - 1 for n in of.nodes] == drawn.linked


@many
@given(drawings, st.data())
def test_distances_go_through_what_forwards(drawn: Drawn, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(drawn.linked))
    found = distances(drawn.fabric, nodes(drawn, [start]))
    wanted = reaching(drawn, start)
    assert {t: int(found[n]) for t, n in zip(drawn.linked, nodes(drawn, drawn.linked), strict=True)} == {
        t: wanted.get(t, -1) for t in drawn.linked
    }


@many
@given(drawings, st.data())
def test_farthest(drawn: Drawn, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(drawn.linked), min_size=1, max_size=5)
    starts, goals = data.draw(st.one_of(st.tuples(some, some), some.map(lambda s: (s, s))))
    away = [reaching(drawn, a).get(b) for a in starts for b in goals]
    wanted = None if None in away else max(n for n in away if n is not None)
    assert farthest(drawn.fabric, nodes(drawn, starts), nodes(drawn, goals)) == wanted


@many
@given(drawings)
def test_domains_are_connected_and_alike_ones_are_equal(drawn: Drawn) -> None:
    of = drawn.fabric
    split = domains(of)
    graph = nx.Graph()
    graph.add_edges_from(zip(of.a.tolist(), of.b.tolist(), strict=True))
    assert sorted(map(sorted, nx.connected_components(graph))) == [
        split.nodes(d).tolist() for d in range(len(split.kind))
    ]
    for kind, alike in enumerate(split.alike):
        first = split.fabric_of(kind)
        for domain in alike.tolist():
            other = of.cut(split.nodes(domain), split.edges(domain), split.rank)
            for name in ("part", "a", "b", "capacity", "links", "latency_ns"):
                assert np.array_equal(getattr(first, name), getattr(other, name))
    shapes = [
        tuple(column.tobytes() for column in (f.part, f.a, f.b, f.capacity, f.links, f.latency_ns))
        for f in map(split.fabric_of, range(len(split.alike)))
    ]
    assert len(set(shapes)) == len(shapes)


@many
@given(anything(most=5), st.data())
def test_copies_are_alike_unless_one_differs(drawn: Drawn, data: st.DataObject) -> None:
    count = len(drawn.kinds)
    third = [(a + 2 * count, b + 2 * count, rate, latency) for a, b, rate, latency in drawn.links]
    kinds = [*drawn.kinds] * 3
    at = data.draw(st.integers(0, len(third) - 1))
    a, b, rate, latency = third[at]
    match data.draw(st.sampled_from(("nothing", "rate", "latency", "link", "part"))):
        case "nothing":
            differs = False
        case "rate":
            third[at], differs = (a, b, rate + 1, latency), True
        case "latency":
            third[at], differs = (a, b, rate, latency + 1000), False
            least = [x[3] for x in drawn.links if {x[0], x[1]} == {a - 2 * count, b - 2 * count}]
            differs = len(least) == 1 or (min(least) == latency and least.count(latency) == 1)
        case "link":
            third[at : at + 1], differs = [(a, b, rate, latency)] * 2, True
        case _:
            kinds[a], differs = (kinds[a] + 1) % 4, True
    copies = [(x + count, y + count, rate, latency) for x, y, rate, latency in drawn.links]
    three = Drawn(tuple(kinds), (*drawn.links, *copies, *third))
    split = domains(three.fabric)
    each = len(split.kind) // 3
    assert split.kind[:each].tolist() == split.kind[each : 2 * each].tolist()
    if len(np.unique(split.kind[:each])) == each:  # no two domains of the first copy are alike
        assert (split.kind[:each].tolist() == split.kind[2 * each :].tolist()) == (not differs)


def test_twins_do_not_rest_on_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    of = wide(4, 2).without(np.array([3, 4]))
    wanted = twins(of, of.forwards.astype(np.int64)).tolist()
    monkeypatch.setattr(routes, "mixed", np.zeros_like)
    found = twins(of, of.forwards.astype(np.int64)).tolist()
    assert wanted == [0, 1, 2, 0, 4, 5]
    assert all(of.neighbours(n)[0].tolist() == of.neighbours(first)[0].tolist() for n, first in enumerate(found))


def test_what_every_pair_gets_does_not_pass_through_ends() -> None:
    """Ends 0 - 1 - 2 in a row and all on one switch: 0 reaches 2 by the switch alone, so each edge carries one pair."""
    of = made(4, range(3), [(0, 1, 1.0), (1, 2, 1.0), (0, 3, 1.0), (1, 3, 1.0), (2, 3, 1.0)])
    assert spreading.per_pair(of, of.endpoints) == 1.0


@many
@given(drawings)
def test_twins_have_the_same_neighbours(drawn: Drawn) -> None:
    of = drawn.fabric
    marks = of.forwards.astype(np.int64)
    found = twins(of, marks).tolist()
    around = [(int(marks[n]), tuple(of.neighbours(n)[0].tolist())) for n in range(len(of))]
    assert found == [around.index(row) for row in around]


@many
@given(drawings, st.data())
def test_bandwidth_and_paths_of_a_pair(drawn: Drawn, data: st.DataObject) -> None:
    a, b = data.draw(st.lists(st.sampled_from(drawn.linked), min_size=2, max_size=2, unique=True))
    start, end = nodes(drawn, [a, b]).tolist()
    graph = drawn.graph([a, b])
    assert bandwidth(drawn.fabric, start, end) == pytest.approx(flow(graph, {a}, {b}) * GB)
    assert disjoint_paths(drawn.fabric, start, end) == flow(graph, {a}, {b}, "links")
    direct = graph.number_of_edges(a, b)
    graph.remove_edges_from([(a, b, key) for key in list(graph[a].get(b, ()))])
    apart = nx.node_connectivity(nx.Graph(graph), a, b)
    assert separate_paths(drawn.fabric, start, end) == direct + apart


@many
@given(drawings, st.booleans())
def test_bisection_is_the_least_over_all_halvings(drawn: Drawn, thorough: bool) -> None:
    ends = drawn.ends
    assume(len(ends) <= 8)
    wanted = least_halving(drawn, ends) * GB
    found = bisection(drawn.fabric, nodes(drawn, ends), thorough=thorough)
    assert found.exact
    assert found.high == pytest.approx(wanted)


@many
@given(drawings, st.data())
def test_bisection_of_some_ends(drawn: Drawn, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(drawn.linked), min_size=2, max_size=6, unique=True))
    found = bisection(drawn.fabric, nodes(drawn, some))
    assert found.exact
    assert found.high == pytest.approx(least_halving(drawn, sorted(some)) * GB)


@many
@given(drawings)
def test_bounds_hold_the_true_bisection(drawn: Drawn) -> None:
    ends = drawn.ends
    assume(2 <= len(ends) <= 8)
    wanted = least_halving(drawn, ends) * GB
    sub, at = drawn.fabric.through(nodes(drawn, ends))
    lows: list[float] = []
    highs: list[float] = []
    for bound, is_low in halving._bounds(sub, at, tree.tree_of(sub, at), thorough=True):
        (lows if is_low else highs).append(bound)
    assert max(lows) <= wanted * (1 + 1e-9)
    assert min(highs) >= wanted * (1 - 1e-9)


@many
@given(drawings)
def test_what_every_pair_gets_fits(drawn: Drawn) -> None:
    """The rate of uniform traffic is no more than any cut allows, and is 0 only where two do not reach each other."""
    ends = drawn.ends
    assume(2 <= len(ends) <= 6)
    sub, at = drawn.fabric.through(nodes(drawn, ends))
    rate = spreading.per_pair(sub, at)
    graph = drawn.graph(ends)
    joined = all(b in reaching(drawn, a) for a, b in combinations(ends, 2))
    assert (rate > 0) == joined
    for size in range(1, len(ends)):
        for left in map(set, combinations(ends, size)):
            right = set(ends) - left
            assert rate * len(left) * len(right) <= flow(graph, left, right) * GB * (1 + 1e-9)


@many
@given(anything(most=6))
def test_a_full_mesh_of_ends_alone_is_exact(drawn: Drawn) -> None:
    count = len(drawn.kinds)
    mesh = Drawn((END,) * count, tuple((a, b, 3, 0) for a, b in combinations(range(count), 2)))
    found = bisection(mesh.fabric, np.arange(count))
    assert found.exact
    assert found.high == count // 2 * (count - count // 2) * 3 * GB
