"""Wirings: nothing beyond reach, ports or heads; cheapest ones as by enumeration; hops as another library counts them."""

from __future__ import annotations

from itertools import combinations, product

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.optimize.pods.wire import (
    OUT_OF_REACH,
    Aim,
    Ground,
    Wiring,
    bring_near,
    cheapest,
    distinct_pairs,
    meetings,
    pairs_within_two,
    spread,
)
from tests.optimize.pods.geometry import ground


def total(where: Ground, wiring: Wiring) -> int:
    """Return the weight of all links."""
    return sum(int(where.weights[host, device]) for device, some in enumerate(wiring) for host in some)


def assert_true(where: Ground, wiring: Wiring) -> None:
    """Every host has its links, no device too many, none out of reach, none twice."""
    assert [sum(host in some for some in wiring) for host in range(len(where.links))] == list(where.links)
    for device, some in enumerate(wiring):
        assert len(set(some)) == len(some) <= where.heads[device]
        assert all(where.weights[host, device] >= 0 for host in some)


def by_enumeration(where: Ground) -> int | None:
    """Return the least weight of all wirings."""
    devices = len(where.heads)
    best: int | None = None
    for choice in product(*(list(combinations(range(devices), count)) for count in where.links)):
        loads = [sum(device in some for some in choice) for device in range(devices)]
        weights = [int(where.weights[host, device]) for host, some in enumerate(choice) for device in some]
        if min(weights, default=0) >= 0 and all(load <= most for load, most in zip(loads, where.heads, strict=True)):
            best = sum(weights) if best is None else min(best, sum(weights))
    return best


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_the_cheapest_wiring_is_that_of_enumeration(hosts: int, devices: int, data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(-1, 9), min_size=hosts * devices, max_size=hosts * devices))
    links = data.draw(st.tuples(*[st.integers(0, 2)] * hosts))
    heads = data.draw(st.tuples(*[st.integers(1, 3)] * devices))
    table = np.array(weights, np.int64).reshape(hosts, devices)
    where = Ground(table, tuple(min(n, devices) for n in links), heads)
    best, found = by_enumeration(where), cheapest(where)
    if best is None:
        assert found is None
    else:
        assert found is not None
        assert_true(where, found)
        assert total(where, found) == best


def test_an_even_wiring_leaves_no_device_idle() -> None:
    where = ground(1, 3, 4, 2)
    found = cheapest(where, even=True)
    assert found is not None
    assert [len(some) for some in found] == [2] * 12


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 9))
def test_exchanges_keep_ports_heads_and_reach(racks: int, blocks: int, ports: int, seed: int) -> None:
    where = ground(racks, blocks, 4, min(ports, 3), most_mm=1_400)
    near = cheapest(where)
    if near is None:
        return
    apart = spread(where, near, 1_000, seed)
    assert_true(where, apart)
    assert distinct_pairs(apart, len(where.links)) >= distinct_pairs(near, len(where.links))
    assert_true(where, bring_near(where, apart, Aim(1_000, 100, 0), seed))


def test_exchanges_find_pairs_and_hops() -> None:
    where = ground(2, 4, 8, 8)
    near = cheapest(where)
    assert near is not None
    free = Ground(np.where(where.weights < 0, OUT_OF_REACH, 0), where.links, where.heads)
    apart = spread(free, near, 1_000)
    found = bring_near(where, apart, Aim(1_000, 100, 5))
    hosts, most = len(where.links), len(where.heads) * 6
    assert distinct_pairs(near, hosts) < 0.6 * most
    assert distinct_pairs(apart, hosts) > 0.97 * most
    assert pairs_within_two(meetings(found, hosts)) >= hosts * (hosts - 1) // 2 - 5
    assert total(where, found) < total(where, apart)


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 9), max_size=3), max_size=8))
def test_hops_are_those_of_the_graph_of_hosts(some: list[set[int]]) -> None:
    wiring = tuple(tuple(sorted(one)) for one in some)
    graph = nx.Graph([pair for one in wiring for pair in combinations(one, 2)])
    graph.add_nodes_from(range(10))
    within = nx.all_pairs_shortest_path_length(graph, cutoff=2)
    meets = meetings(wiring, 10)
    assert distinct_pairs(wiring, 10) == graph.number_of_edges()
    assert pairs_within_two(meets) == sum(len(reached) - 1 for _, reached in within) // 2
