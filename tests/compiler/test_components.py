"""Connected components: against one by one, for any graph, and in no more time than an array takes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rackc.compiler.components import components, rooted
from tests.effort import steps

_EDGES = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
)


def one_by_one(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """Return the smallest thing that each is joined to, by spreading it along edges until nothing changes."""
    label = list(range(count))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            low = min(label[a], label[b])
            changed |= label[a] != low or label[b] != low
            label[a] = label[b] = low
    return label


@given(_EDGES)
def test_every_thing_bears_the_smallest_of_its_own(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    a, b = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    assert components(count, a, b).tolist() == one_by_one(count, edges)


def test_nothing_is_joined_to_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert components(0, none, none).tolist() == []
    assert components(3, none, none).tolist() == [0, 1, 2]


def test_pointers_lead_to_the_end_of_their_chain() -> None:
    assert rooted(np.array([0, 0, 1, 2, 4, 4])).tolist() == [0, 0, 0, 0, 4, 4]


def test_a_long_chain_in_any_order_takes_few_rounds() -> None:
    count = 400_000
    order = np.random.default_rng(1).permutation(count)
    assert not components(count, order[:-1], order[1:]).any()
    assert steps(lambda: components(count, order[:-1], order[1:])) < 4_000
