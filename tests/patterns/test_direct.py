"""Rings, grids, tori, full meshes and dragonflies: the graph is what networkx makes of the definition."""

from __future__ import annotations

from itertools import product
from math import prod

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patterns.wired import Link, join, refused


def numbers(links: list[Link]) -> nx.MultiGraph:
    """Return the graph with nodes by number, whatever the side."""
    made = nx.MultiGraph()
    made.add_edges_from((a[1], b[1]) for a, b in links)
    return made


def multiplicities(made: nx.MultiGraph) -> dict[frozenset[int], int]:
    """Return how many links join each pair of nodes."""
    return {frozenset((a, b)): made.number_of_edges(a, b) for a, b in made.edges()}


@given(st.integers(2, 12), st.integers(1, 3))
def test_ring_is_a_cycle(nodes: int, links: int) -> None:
    made = numbers(join("ring", [2 * links] * nodes, links=links))
    pair = 2 * links if nodes == 2 else links
    assert multiplicities(made) == {frozenset((i, (i + 1) % nodes)): pair for i in range(nodes)}


@given(st.integers(2, 8), st.integers(1, 3))
def test_ring_goes_from_the_first_ports_to_the_last(nodes: int, links: int) -> None:
    assert {(a[1:], b[1:]) for a, b in join("ring", [2 * links] * nodes, links=links)} == {
        ((i, k), ((i + 1) % nodes, links + k)) for i in range(nodes) for k in range(links)
    }
    assert set(join("ring", [links] * nodes, [links] * nodes, links=links)) == {
        (("left", i, k), ("right", (i + 1) % nodes, k)) for i in range(nodes) for k in range(links)
    }


sizes_of_grids = st.lists(st.integers(2, 4), min_size=1, max_size=3).map(tuple)


@settings(max_examples=60)
@given(sizes_of_grids, st.integers(1, 2))
def test_torus_is_the_product_of_its_rings(sizes: tuple[int, ...], links: int) -> None:
    nodes = prod(sizes)
    made = numbers(join("torus", [2 * len(sizes) * links] * nodes, None, sizes, links=links))
    number = {at: i for i, at in enumerate(product(*(range(n) for n in sizes)))}
    rings = [nx.cycle_graph(n) for n in sizes]
    meant = rings[0]
    for more in rings[1:]:
        meant = nx.cartesian_product(meant, more)
    flat = {at: number[_flat(at)] for at in meant}
    assert nx.utils.graphs_equal(nx.Graph(made), nx.Graph(nx.relabel_nodes(meant, flat)))
    assert {degree for _, degree in made.degree()} == {2 * len(sizes) * links}
    assert nx.diameter(nx.Graph(made)) == sum(n // 2 for n in sizes)


def _flat(at: object) -> tuple[int, ...]:
    return (*_flat(at[0]), *_flat(at[1])) if isinstance(at, tuple) else (at,)  # type: ignore[return-value]


def test_a_torus_dimension_of_two_gives_parallel_links() -> None:
    made = numbers(join("torus", [4] * 6, None, (2, 3)))
    assert made.number_of_edges(0, 3) == 2
    assert made.number_of_edges(0, 1) == made.number_of_edges(0, 2) == 1


def test_torus_goes_up_by_even_places_and_down_by_odd_ones() -> None:
    links = join("torus", [8] * 12, None, (3, 4), links=2)
    towards = {(a[1:], b[1:]) for a, b in links}
    assert ((0, 0), (4, 2)) in towards  # the first dimension: node 0 to 4, its next in x
    assert ((0, 1), (4, 3)) in towards
    assert ((3, 4), (0, 6)) in towards  # the second: the last of a row to its first
    assert {a[2] for a, _ in links} == {0, 1, 4, 5}
    assert {b[2] for _, b in links} == {2, 3, 6, 7}


@given(sizes_of_grids, st.integers(1, 2))
def test_torus_of_two_sides_keeps_places(sizes: tuple[int, ...], links: int) -> None:
    each = [len(sizes) * links] * prod(sizes)
    made = join("torus", each, each, sizes, links=links)
    assert all(a[0] == "left" and b[0] == "right" and a[2] == b[2] for a, b in made)
    whole = join("torus", [2 * n for n in each], None, sizes, links=links)
    assert multiplicities(numbers(made)) == multiplicities(numbers(whole))


@given(sizes_of_grids, st.integers(1, 2))
def test_grid_is_the_torus_without_its_closing_links(sizes: tuple[int, ...], links: int) -> None:
    each = [2 * len(sizes) * links] * prod(sizes)
    open_ones = join("mesh", each, None, sizes, links=links)
    closed = join("torus", each, None, sizes, links=links)
    assert set(open_ones) <= set(closed)
    meant = nx.grid_graph(sizes[::-1])
    assert len(open_ones) == meant.number_of_edges() * links
    assert nx.diameter(nx.Graph(numbers(open_ones))) == sum(n - 1 for n in sizes)


@given(st.integers(2, 9), st.integers(1, 3))
def test_full_mesh_is_complete(nodes: int, links: int) -> None:
    joined = join("mesh", [(nodes - 1) * links] * nodes, links=links)
    made = numbers(joined)
    assert multiplicities(made) == {frozenset((i, j)): links for i in range(nodes) for j in range(i)}
    for a, b in joined:
        for own, other in ((a, b), (b, a)):
            peer = own[2] // links
            assert other[1] == peer + (peer >= own[1])
            assert own[2] % links == other[2] % links


@settings(max_examples=60)
@given(st.integers(2, 7), st.integers(1, 4), st.integers(1, 2), st.integers(1, 4))
def test_dragonfly_meshes_groups_and_joins_them_alike(groups: int, each: int, local: int, across: int) -> None:
    ports = (each - 1) * local + across
    options = {"groups": groups, "local": local, "global": across}
    if each * across % (groups - 1):
        assert "comes out" in refused("dragonfly", [ports] * (groups * each), **options)
        return
    made = numbers(join("dragonfly", [ports] * (groups * each), **options))
    assert {degree for _, degree in made.degree()} == {ports}
    between = each * across // (groups - 1)
    for a in range(groups):
        inside = made.subgraph(range(a * each, (a + 1) * each))
        assert multiplicities(inside) == {
            frozenset((a * each + i, a * each + j)): local for i in range(each) for j in range(i)
        }
        for b in range(a):
            assert nx.cut_size(made, range(a * each, (a + 1) * each), range(b * each, (b + 1) * each)) == between
    assert nx.diameter(nx.Graph(made)) <= 3


def test_dragonfly_counts_global_ports_through_the_group() -> None:
    links = {(a[1:], b[1:]) for a, b in join("dragonfly", [3] * 10, groups=5, **{"global": 2})}
    # Router 0 of group 0 reaches groups 1 and 2, router 1 groups 3 and 4.
    assert {((0, 1), (3, 2)), ((0, 2), (5, 1)), ((1, 1), (6, 2)), ((1, 2), (8, 1))} <= links


@pytest.mark.parametrize(
    ("name", "left", "right", "sizes", "options", "words"),
    [
        ("ring", [2], None, (), {}, ("a ring of one would join left[0] to itself", "name several")),
        ("ring", [4, 4, 4], None, (), {}, ("needs 2 ports, 1 to either neighbour; left[0] has 4", "`ring(links = 2)` uses")),
        ("ring", [2, 2, 3], None, (), {}, ("left over: left[2].p[2]", "`[0..<2]`")),
        ("ring", [2, 2, 1], None, (), {}, ("left[2] has 1", "1 missing", "as many ports as it has neighbours")),
        ("ring", [1, 1], [1, 1, 1], (), {}, ("2 on the left, 3 on the right", "the same nodes")),
        ("ring", [1, 2], [1, 1], (), {}, ("on the left needs 1 port, 1 to the next neighbour", "left over: left[1].p[1]")),
        ("torus", [4] * 6, None, (2, 4), {}, ("2 x 4 is 8 nodes, there are 6", "2 missing", "2 x 3 comes out")),
        ("torus", [4] * 7, None, (2, 3), {}, ("2 x 3 is 6 nodes, there are 7", "left over: left[6]", "product is 7")),
        ("torus", [4] * 4, None, (4, 1), {}, ("a dimension of one has no neighbours: 4 x 1", "leave it out")),
        ("torus", [8] * 4, None, (2, 2), {}, ("1 to either neighbour in each of 2 dimensions", "`links = 2` uses all")),
        ("mesh", [0], None, (), {}, ("a mesh of one", "name several")),
        ("mesh", [2, 2], [1, 1], (), {}, ("a full mesh joins one set with itself", "`by all_to_all`")),
        ("mesh", [4, 4, 4], None, (), {}, ("needs 2 ports, 1 to each of the 2 others", "`mesh(links = 2)` uses all")),
        ("dragonfly", [2, 2], None, (), {"groups": 1, "global": 1}, ("one group has no other", "`mesh`")),
        ("dragonfly", [2] * 7, None, (), {"groups": 3, "global": 1}, ("7 routers cannot be divided into 3", "1 left over",
                                                                     "7 groups come out")),
        ("dragonfly", [2] * 3, None, (), {"groups": 4, "global": 1}, ("1 missing", "3 groups come out")),
        ("dragonfly", [2] * 10, None, (), {"groups": 5, "global": 1}, ("2 global ports of a group", "4 other groups",
                                                                      "2 missing", "`global = 2` comes out: 1 between")),
        ("dragonfly", [5] * 6, None, (), {"groups": 3, "global": 1}, ("1 in its group and 1 to other groups",
                                                                     "`global = 4` uses all of them")),
    ],
)  # fmt: skip
def test_what_does_not_come_out_is_said(
    name: str, left: list[int], right: list[int] | None, sizes: tuple[int, ...], options: dict[str, int],
    words: tuple[str, ...],
) -> None:  # fmt: skip
    said = refused(name, left, right, sizes, **options)
    assert said.startswith("E0403")
    for word in words:
        assert word in said
