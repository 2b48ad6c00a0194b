"""Bisections of fabrics of known shape, at sizes that no enumeration reaches."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from rackc.compiler.analyse import bisection as halving
from rackc.compiler.analyse import tree
from rackc.compiler.analyse.bisection import bisection
from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.grids import Grid, grid_of
from rackc.compiler.analyse.report import Bounds
from rackc.compiler.analyse.routes import farthest
from rackc.compiler.columns import Ints
from tests.analyse.shapes import clos, dragonfly, grid, made, wide
from tests.effort import steps


def of_all(of: Fabric, *, thorough: bool = True) -> Bounds:
    return bisection(of, of.endpoints, thorough=thorough)


@pytest.mark.parametrize(
    ("sizes", "open_width"),
    [((24,), 1), ((25,), 1), ((6, 6), 6), ((5, 5), 6), ((4, 6, 8), 24), ((5, 5, 5), 31), ((8, 8, 8), 64), ((7, 4), 5),
     ((2, 2, 2, 2, 2), 16), ((3, 3, 3), 13), ((7, 5, 3), 19)],
)  # fmt: skip
def test_tori_and_meshes(sizes: tuple[int, ...], open_width: int) -> None:
    """Of greatest size k even, with n nodes: n / k; odd: (25 - 1) / 4, (125 - 1) / 4, 4 + 1, 15 + 3 + 1. Tori twice that."""
    for closed in (False, True):
        of = grid(sizes, closed=closed)
        found = of_all(of, thorough=False)
        assert found.exact
        assert found.high == open_width * (1 + closed)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    "sizes", [(3,), (4,), (2, 2), (2, 3), (3, 2), (3, 3), (2, 7), (7, 2), (4, 2, 2), (2, 2, 2), (3, 5), (2, 3, 2)]
)
def test_the_formula_of_grids_is_what_enumeration_finds(sizes: tuple[int, ...], closed: bool) -> None:
    of = grid(sizes, closed=closed)
    known = grid_of(of)
    assert known is not None
    assert known.bisection == of_all(of).high


def test_a_grid_with_an_edge_less_or_narrower_is_none() -> None:
    of = grid((4, 4), closed=True)
    assert grid_of(of) == Grid((4, 4), True, 1.0)
    assert grid_of(of.without(np.array([5]))) is None
    of.capacity[3] = 2.0
    assert grid_of(of) is None


@pytest.mark.parametrize(
    ("of", "width"),
    [
        (clos(8, 32, 8, 1, 4), 128),  # as much up as down: half of the ends
        (clos(8, 32, 8), 32),  # 4 to 1: 4 leaves of 8 up
        (clos(9, 32, 8), 48),  # a leaf is cut: 4 others at 8, and the half of it, 16
        (clos(33, 18, 6), 105),  # 16 leaves at 6, and 9 ends of another
        (clos(4, 4, 4, 1, 1, pods=4, cores=16), 32),  # 64 ends, no oversubscription
        (clos(4, 4, 4, 1, 1, pods=4, cores=8), 16),  # 8 up a pod: two pods
        (clos(4, 4, 2, 1, 2, pods=4, cores=2), 8),  # 4 up a pod for 16 ends: two pods
        (clos(2, 2, 2, 1, 1, pods=3, cores=2), 4),  # a pod at 2, and a leaf of another at 2
    ],
)
def test_clos(of: Fabric, width: float) -> None:
    found = of_all(of, thorough=False)
    assert found.exact, found
    assert found.high == width


def test_all_wide_and_what_is_missing() -> None:
    """72 ends on 18 switches: 36 x 18. Each switch alone loses one on the smaller side for each link that is missing."""
    of = wide(72, 18)
    assert of_all(of, thorough=False) == Bounds(648.0, 648.0)
    assert of_all(of.without(np.array([700])), thorough=False) == Bounds(647.0, 647.0)
    assert of_all(of.without(np.arange(0, 1296, 18)), thorough=False) == Bounds(612.0, 612.0)


def test_what_is_not_known_has_bounds_that_say_so() -> None:
    damaged = clos(8, 8, 4, 1, 2).without(np.array([70]))
    found = of_all(damaged)
    assert not found.exact
    assert 24 <= found.low < found.high <= 32
    flown = of_all(dragonfly(4, 2, 2))
    assert 0 < flown.low < flown.high < 36


def test_a_spine_that_one_leaf_lacks_is_left_out_for_all() -> None:
    shape = tree.tree_of(*_through(clos(8, 8, 4, 1, 2).without(np.array([70]))))
    assert shape is not None
    assert tree.hose(shape) == pytest.approx(0.75)


def _through(of: Fabric) -> tuple[Fabric, Ints]:
    return of.through(of.endpoints)


def test_exchanging_ends_finds_two_cliques() -> None:
    """Two cliques of four, numbered alternately, with one edge between: from any halving the cut comes down to it."""
    edges = [(a, b, 1.0) for a, b in combinations(range(8), 2) if a % 2 == b % 2]
    of = made(8, range(8), [*edges, (0, 1, 1.0)], passing=True)
    left = np.arange(8) < 4
    found = halving._exchanged(of, of.endpoints, left)
    assert halving._cut(of, left) == 8
    assert halving._cut(of, found) == 1
    assert found.sum() == 4


def test_a_group_of_most_ends_sends_no_more_than_the_others_take() -> None:
    """Six ends on a leaf and one on another, a link of 1 between: every end may send 1, for the one can take no more."""
    of = made(9, range(7), [(e, 7, 1.0) for e in range(6)] + [(6, 8, 1.0), (7, 8, 1.0)])
    shape = tree.tree_of(of, of.endpoints)
    assert shape is None or tree.hose(shape) == 1.0
    spined = made(10, range(7), [(e, 7, 1.0) for e in range(6)] + [(6, 8, 1.0), (7, 9, 1.0), (8, 9, 1.0)])
    shape = tree.tree_of(spined, spined.endpoints)
    assert shape is not None
    assert tree.hose(shape) == 1.0


def test_separate_halves_need_no_link() -> None:
    two = made(8, range(8), [(a, b, 1.0) for g in (0, 4) for a in range(g, g + 4) for b in range(a + 1, g + 4)])
    assert of_all(two) == Bounds(0.0, 0.0)


def test_great_fabrics_take_little() -> None:
    """27,648 ends under 1,728 switches of 48 ports, in three tiers; bounds meet."""
    of = clos(24, 24, 24, 1, 1, pods=48, cores=576)
    found: list[Bounds] = []
    assert steps(lambda: found.append(of_all(of, thorough=False))) < 2_000_000
    assert found == [Bounds(13_824, 13_824)]
    assert steps(lambda: farthest(of, of.endpoints, of.endpoints)) < 2_000_000
    assert farthest(of, of.endpoints, of.endpoints) == 6


def test_rates_of_all_to_all() -> None:
    of = clos(4, 8, 4)
    shape = tree.tree_of(*_through(of))
    assert shape is not None
    assert tree.spread_rate(shape) == pytest.approx(4 / (8 * 24))  # a leaf sends 8 x 24 pairs over 4 up
    assert tree.cut_rate(of, shape) == pytest.approx(4 / (8 * 24))
