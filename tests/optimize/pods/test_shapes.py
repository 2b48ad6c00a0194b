"""Shapes of pools: the host sets of devices."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackc.compiler.optimize.pods.shapes import allowed_sets


def sets(
    name: str, arguments: tuple[int | tuple[int, ...], ...], hosts: int, heads: int
) -> tuple[tuple[int, ...], ...]:
    """Return the sets of a shape that exists."""
    found = allowed_sets(name, arguments, hosts, heads)
    assert not isinstance(found, str), found
    return found


def test_islands_take_hosts_in_order_and_the_last_has_the_rest() -> None:
    assert sets("islands", (4,), 10, 4) == ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9))


def test_a_ring_begins_at_each_host() -> None:
    assert sets("ring", (), 5, 3) == ((0, 1, 2), (0, 1, 4), (0, 3, 4), (1, 2, 3), (2, 3, 4))


@given(st.integers(5, 20), st.data())
def test_with_two_heads_a_circulant_is_that_graph(hosts: int, data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(1, (hosts - 1) // 2), min_size=1, max_size=3, unique=True))
    wanted = nx.circulant_graph(hosts, steps)
    assert {frozenset(some) for some in sets("circulant", (tuple(steps),), hosts, 2)} == set(
        map(frozenset, wanted.edges)
    )


@given(st.integers(2, 24), st.integers(2, 6), st.sampled_from(["ring", "islands", "full", "block_design"]))
def test_every_set_is_within_the_heads_and_every_host_is_in_one(hosts: int, heads: int, name: str) -> None:
    found = allowed_sets(name, (heads,) if name == "islands" else (), hosts, heads)
    if not isinstance(found, str):
        assert all(len(set(some)) == len(some) <= heads and max(some) < hosts for some in found)
        assert {host for some in found for host in some} == set(range(hosts))
        assert list(found) == sorted(set(found))


@pytest.mark.parametrize(("hosts", "heads"), [(7, 3), (13, 4), (21, 5), (16, 4), (25, 4), (31, 6)])
def test_in_a_block_design_any_two_hosts_meet_once(hosts: int, heads: int) -> None:
    met = Counter(pair for some in sets("block_design", (), hosts, heads) for pair in combinations(some, 2))
    assert len(met) == hosts * (hosts - 1) // 2
    assert set(met.values()) == {1}


@pytest.mark.parametrize(
    ("name", "arguments", "hosts", "heads", "said"),
    [
        ("star", (), 4, 2, "there is no shape `star`"),
        ("islands", (), 8, 4, "`islands` takes how many hosts"),
        ("islands", (6,), 12, 4, "an island of 6 hosts needs devices of 6 heads, these have 4"),
        ("islands", (0,), 12, 4, "`islands` takes whole numbers from 1"),
        ("ring", (2,), 8, 2, "`ring` takes nothing"),
        ("ring", (), 3, 4, "step 1 comes back after 3 of 3 hosts, a device has 4 heads"),
        ("circulant", (), 8, 2, "`circulant` takes its steps"),
        ("circulant", (4,), 8, 4, "step 4 comes back after 2 of 8 hosts, a device has 4 heads"),
        ("block_design", (), 14, 4, "no design is known of 14 hosts"),
        ("block_design", (1, 2), 13, 4, "`block_design` takes one number"),
        ("full", (), 8, 4, "every device would need 8 heads, these have 4"),
        ("full", (4,), 4, 4, "`full` takes nothing"),
    ],
)
def test_what_cannot_be_is_said(
    name: str, arguments: tuple[int | tuple[int, ...], ...], hosts: int, heads: int, said: str
) -> None:
    found = allowed_sets(name, arguments, hosts, heads)
    assert isinstance(found, str)
    assert found.startswith(said)
