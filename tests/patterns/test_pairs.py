"""Patterns of two sides without more structure, port by port."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patterns.wired import Port, graph, join, refused


def ends(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[tuple[Port, Port]]:
    """Return links from (bundle, place) of either side."""
    return [(("left", *a), ("right", *b)) for a, b in zip(left, right, strict=True)]


def test_one_to_one_goes_through_both_sides_in_order() -> None:
    assert join("one_to_one", [2, 1], [1, 2]) == ends([(0, 0), (0, 1), (1, 0)], [(0, 0), (1, 0), (1, 1)])


def test_one_to_one_names_what_is_left_over() -> None:
    said = refused("one_to_one", [2, 2], [1])
    assert "4 ports on the left, 1 on the right" in said
    assert "3 on the left would be left over: left[0].p[1] to left[1].p[1]" in said
    assert "2 on the right would be left over: right[1].p[0] and right[1].p[1]" in refused("one_to_one", [1], [1, 2])


def test_all_to_all_puts_bundle_k_on_ports_k() -> None:
    links = join("all_to_all", [4, 4, 4], [6, 6], links=2)
    assert {((a[1], a[2]), (b[1], b[2])) for a, b in links} == {
        ((i, 2 * r + k), (r, 2 * i + k)) for i in range(3) for r in range(2) for k in range(2)
    }


def test_all_to_all_names_the_bundle_that_differs() -> None:
    said = refused("all_to_all", [2, 3], [2, 2])
    assert "left[1] has 3" in said
    assert "left over: left[1].p[2]" in said
    assert "1 missing" in refused("all_to_all", [2, 1], [2, 2])
    assert "`links = 2` uses all of them" in refused("all_to_all", [4, 4], [4, 4])


def test_round_robin_passes_over_full_bundles() -> None:
    links = join("round_robin", [5], [1, 3, 2])
    assert [b[1:] for _, b in links] == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1)]


def test_round_robin_names_what_is_left_over() -> None:
    assert "1 would be left over: left[1].p[1]" in refused("round_robin", [2, 2], [1, 2])


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_round_robin_deals_as_a_hand_does(left: list[int], right: list[int]) -> None:
    if sum(left) > sum(right):
        assert "left over" in refused("round_robin", left, right)
        return
    room, dealt, turn = list(right), [], 0
    for _ in range(sum(left)):
        while not room[turn % len(room)]:
            turn += 1
        at = turn % len(room)
        dealt.append((at, right[at] - room[at]))
        room[at] -= 1
        turn += 1
    assert [b[1:] for _, b in join("round_robin", left, right)] == dealt


def test_striped_puts_port_j_of_each_on_bundle_j() -> None:
    links = join("striped", [4, 4, 4], [6, 7])
    assert {(a[1:], b[1:]) for a, b in links} == {((i, j), (j % 2, 2 * i + j // 2)) for i in range(3) for j in range(4)}


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 5))
def test_striped_fills_each_bundle_in_order(left: list[int], count: int) -> None:
    wanted = Counter(j % count for size in left for j in range(size))
    if len(wanted) < count:
        assert "no link would reach" in refused("striped", left, [sum(left)] * count)
        return
    links = join("striped", left, [wanted[r] for r in range(count)])
    assert len(links) == sum(left)
    assert all(b[1] == a[2] % count for a, b in links)
    for r in range(count):
        places = [b[2] for _, b in links if b[1] == r]
        assert places == list(range(wanted[r]))


def test_striped_names_what_does_not_fit() -> None:
    said = refused("striped", [2, 2, 2], [3, 2])
    assert "3 ports cannot be striped to right[1], which has 2" in said
    assert "1 would be left over: left[2].p[1]" in said
    assert "no link would reach right[2]" in refused("striped", [2, 2], [2, 2, 2])


def test_rail_fills_groups_of_leaves_in_order() -> None:
    links = join("rail", [2] * 5, [3, 4, 2, 2], rails=2)
    assert {(a[1:], b[1:]) for a, b in links} == {
        ((node, k), ((0, 2)[node // 3] + k, node % 3)) for node in range(5) for k in range(2)
    }


def test_rail_takes_bundles_in_a_row_as_one_node() -> None:
    links = join("rail", [2] * 6, [4, 4, 4], rails=3)
    assert {(a[1:], b[1:]) for a, b in links} == {
        ((node * 3 + k, p), (k, node * 2 + p)) for node in range(2) for k in range(3) for p in range(2)
    }


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(1, 6))
def test_rail_never_crosses_rails(nodes: int, rails: int, groups: int, room: int) -> None:
    if not (groups - 1) * room < nodes <= groups * room:
        said = refused("rail", [rails] * nodes, [room] * (groups * rails), rails=rails)
        assert ("would be left over" if nodes > groups * room else "no link would reach") in said
        return
    made = graph(join("rail", [rails] * nodes, [room] * (groups * rails), rails=rails))
    assert made.number_of_edges() == nodes * rails
    for node in range(nodes):
        assert sorted(r % rails for _, r in made["left", node]) == list(range(rails))
        assert {r // rails for _, r in made["left", node]} == {node // room}


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ([2, 2], [2, 2, 2], ("3 leaves on the right cannot be shared by 2 rails", "left over: right[2]", "2 or 4 leaves")),
        ([2, 2, 2], [2, 2], ("3 nodes on the left, and the leaves of 1 group take 2", "1 would be left over", "needs 3 ports")),
        ([2, 2], [2, 2, 2, 2], ("2 nodes on the left cannot reach 1 of 2 groups of leaves", "no link would reach right[2] and right[3]",
                               "`[0..<1]`")),
        ([2, 3, 2], [9, 9], ("a node of 2 rails", "left[1] has 3 ports", "index 2 ports")),
        ([3, 3, 2, 3], [9, 9], ("left[0] has 3 ports, left[2] 2", "one count", "index")),
    ],
)  # fmt: skip
def test_rail_says_what_does_not_come_out(left: list[int], right: list[int], words: tuple[str, ...]) -> None:
    said = refused("rail", left, right, rails=2)
    assert said.startswith("E0403")
    for word in words:
        assert word in said
