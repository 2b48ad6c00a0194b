"""The capacity promise as rows: which sets of hosts still lack memory (Hall's condition, by max-flow min-cut).

Demand of every slice fits if and only if, for every set A of hosts, the cards that touch A hold at least
need(A) = max over t of the sum of A's demand in slice t. With a card lost, its capacity is taken off first.
Slices of time thereby vanish from the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from ortools.graph.python import max_flow

from rackc.compiler.optimize.patterns import Design, Pattern
from rackc.compiler.optimize.problem import PoolProblem
from rackc.compiler.optimize.promises import may_lose, rows_with_losses

Integers = npt.NDArray[np.int64]

#: Up to here all sets of hosts are listed (2 to the power of this); beyond, min cuts find those that matter.
LISTED_HOSTS = 12

#: Sets returned at once by the min-cut search.
BATCH = 60


@dataclass(frozen=True, slots=True)
class Needs:
    """Demand by slice, without slices that another one dominates, and without repetitions."""

    rows: tuple[tuple[int, ...], ...]
    survive: int

    @property
    def hosts(self) -> int:
        """Return how many hosts there are."""
        return len(self.rows[0]) if self.rows else 0

    def of(self, mask: int) -> int:
        """Return need(A): the largest demand that the hosts of `mask` have together."""
        return int(max((_demand(self.rows) @ _bits(mask, self.hosts)).max(initial=0), 0))


def needs(problem: PoolProblem) -> Needs:
    """Return the demand that decides: dominated slices can bind no set of hosts."""
    distinct = sorted(set(rows_with_losses(problem)), key=lambda row: (-sum(row), row))
    table = np.asarray(distinct, dtype=np.int64)
    kept: list[int] = []
    for index, row in enumerate(table):
        if not (table[kept] >= row).all(axis=1).any():
            kept.append(index)
    return Needs(tuple(distinct[index] for index in kept), may_lose(problem, "controller"))


def first_sets(need: Needs) -> tuple[int, ...]:
    """Return the sets that nearly always bind: single hosts, pairs, all, all but one."""
    count = need.hosts
    everyone = (1 << count) - 1
    singles = [1 << a for a in range(count)]
    pairs = [1 << a | 1 << b for a in range(count) for b in range(a)] if count <= LISTED_HOSTS else []
    found = {*singles, *pairs, everyone, *(everyone ^ single for single in singles)}
    return tuple(sorted(mask for mask in found if mask and need.of(mask) > 0))


def lacking_sets(design: Design, need: Needs, most: int = BATCH) -> tuple[int, ...]:
    """Return up to `most` sets of hosts that the design cannot serve; none means that the promise is kept.

    Where all sets are listed the worst come first.
    """
    if need.hosts <= LISTED_HOSTS:
        return _lacking_by_listing(design, need)[:most]
    return _lacking_by_cuts(design, need, most)


def _lacking_by_listing(design: Design, need: Needs) -> tuple[int, ...]:
    """For every A: sum of cap touching A, less the largest of them if one may be lost, >= need(A)."""
    wanted = _all_needs(need.rows)
    masks = np.arange(len(wanted), dtype=np.int64)
    held = np.zeros_like(wanted)
    largest = np.zeros_like(wanted)
    for card in design:
        touched = np.where(masks & card.mask, card.gib, 0)
        held += touched
        largest = np.maximum(largest, touched)
    missing = wanted - held + (largest if need.survive else 0)
    missing[wanted == 0] = 0
    worst = np.argsort(-missing, kind="stable")
    return tuple(int(mask) for mask in worst[: int((missing > 0).sum())])


def _lacking_by_cuts(design: Design, need: Needs, most: int) -> tuple[int, ...]:
    """Min cut of every slice and every loss: hosts on the source side, with the cards they touch, form A."""
    losses: list[Pattern | None] = [*sorted(set(design))] if need.survive and design else [None]
    found: dict[int, None] = {}
    for lost in losses:
        left = list(design)
        if lost is not None:
            left.remove(lost)
        for row in need.rows:
            mask = _min_cut_hosts(left, row)
            if mask:
                found.setdefault(mask)
            if len(found) >= most:
                return tuple(found)
    return tuple(found)


def _min_cut_hosts(cards: list[Pattern], row: tuple[int, ...]) -> int:
    """Return the hosts on the source side of a min cut where the slice does not fit, 0 where it does."""
    flow = max_flow.SimpleMaxFlow()
    hosts = len(row)
    source, sink = hosts + len(cards), hosts + len(cards) + 1
    for host, demand in enumerate(row):
        flow.add_arc_with_capacity(source, host, demand)
    for index, card in enumerate(cards):
        for host in card.hosts:
            flow.add_arc_with_capacity(host, hosts + index, row[host])
        flow.add_arc_with_capacity(hosts + index, sink, card.gib)
    flow.solve(source, sink)
    if flow.optimal_flow() >= sum(row):
        return 0
    return sum(1 << node for node in flow.get_source_side_min_cut() if node < hosts)


@lru_cache(maxsize=8)
def _demand(rows: tuple[tuple[int, ...], ...]) -> Integers:
    return np.asarray(rows, dtype=np.int64)


def _bits(mask: int, hosts: int) -> Integers:
    return np.asarray([mask >> host & 1 for host in range(hosts)], dtype=np.int64)


@lru_cache(maxsize=8)
def _all_needs(rows: tuple[tuple[int, ...], ...]) -> Integers:
    """Return need(A) for every A, indexed by its bits."""
    if not rows:
        return np.zeros(1, dtype=np.int64)
    hosts = len(rows[0])
    bits = (np.arange(1 << hosts)[None, :] >> np.arange(hosts)[:, None]) & 1
    best = np.zeros(1 << hosts, dtype=np.int64)
    for start in range(0, len(rows), 256):
        best = np.maximum(best, (_demand(rows)[start : start + 256] @ bits).max(axis=0))
    return best
