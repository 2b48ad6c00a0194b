"""Gates against their meaning: a node is one for another where the other's way ends when it is taken out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rackc.compiler.columns import Ints
from rackc.compiler.gates import by_breadth, gates, gates_of_ends
from tests.effort import steps

_Edges = list[tuple[int, int]]
_GRAPHS = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=24),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


def arrays(edges: _Edges) -> tuple[Ints, Ints]:
    """Return the ends of edges."""
    return np.array([a for a, _ in edges], np.int64), np.array([b for _, b in edges], np.int64)


def reached(edges: _Edges, root: int, passes: list[bool], lost: int) -> set[int]:
    """Return what has a way to the root, through what passes traffic on, with one node lost."""
    found, queue = ({root}, [root]) if root != lost else (set(), [])
    while queue:
        here = queue.pop()
        for a, b in (*edges, *((b, a) for a, b in edges)):
            if a == here and b not in found and b != lost:
                found.add(b)
                if passes[b]:
                    queue.append(b)
    return found


def chain(gate: Ints, node: int, root: int) -> set[int]:
    """Return all gates between a node and the root."""
    found: set[int] = set()
    while node != root and int(gate[node]) != root:
        node = int(gate[node])
        found.add(node)
    return found


@given(_GRAPHS)
def test_a_gate_is_what_cuts_off_when_lost(case: tuple[int, _Edges, list[bool]]) -> None:
    count, edges, passes = case
    gate = gates_of_ends(count, *arrays(edges), 0, np.array(passes))
    whole = reached(edges, 0, passes, -1)
    assert {node for node in range(count) if gate[node] >= 0} == whole
    for node in whole - {0}:
        cut = {lost for lost in range(1, count) if lost != node and node not in reached(edges, 0, passes, lost)}
        assert chain(gate, node, 0) == cut


@given(_GRAPHS)
def test_where_all_pass_it_is_the_same(case: tuple[int, _Edges, list[bool]]) -> None:
    count, edges, _ = case
    a, b = arrays(edges)
    assert gates(count, a, b, 0).tolist() == gates_of_ends(count, a, b, 0, np.ones(count, bool)).tolist()


def test_levels_are_distances() -> None:
    tree = by_breadth(5, *arrays([(0, 1), (1, 2), (2, 0), (2, 3)]), 0)
    assert tree.level.tolist() == [0, 1, 1, 2, -1]
    assert tree.parent.tolist()[3:] == [2, -1]


def test_a_large_fabric_takes_no_longer_than_its_links() -> None:
    ends, switches = 100_000, 500
    a = np.repeat(np.arange(ends), 16)
    b = ends + np.random.default_rng(1).integers(0, switches, len(a))
    spine = np.arange(switches)
    a, b = np.concatenate((a, ends + spine)), np.concatenate((b, np.full(switches, ends + switches)))
    passes = np.arange(ends + switches + 1) >= ends

    def all_gates() -> Ints:
        return gates_of_ends(ends + switches + 1, a, b, ends + switches, passes)

    assert steps(all_gates) < 10_000  # arrays, and no loop over ends
    assert (all_gates()[:ends] >= 0).all()
