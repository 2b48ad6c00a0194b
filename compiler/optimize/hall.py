"""The capacity promise as rows: which sets of hosts still lack memory (Hall's condition, by max-flow min-cut).

Demand of every slice fits if and only if, for every set A of demanders (hosts, and groups that share blocks), the cards
that touch A hold at least need(A) = max over t of the sum of A's demand in slice t. What may be lost is taken off first.
Slices of time thereby vanish from the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np

from rackc.compiler.optimize.patterns import Design, Pattern
from rackc.compiler.optimize.problem import PoolProblem, Thing
from rackc.compiler.optimize.promises import may_lose, rows_of, rows_with_losses
from rackc.compiler.optimize.subsets import Integers, greatest_need, largest_touching, popcount, touching, worst_loss

#: Up to here all sets of demanders are listed (2 to the power of this); beyond, min cuts find those that matter.
LISTED = 20

#: Up to here all pairs of hosts are among the first sets.
PAIRED_HOSTS = 12


#: Things whose loss takes memory away; that of a host only moves demand.
_APART: Final[tuple[Thing, ...]] = ("controller", "link", "shelf")


@dataclass(frozen=True, slots=True)
class Needs:
    """Demand by slice, without slices that another one dominates, and without repetitions; and what may be lost.

    Columns are demanders: `hosts` hosts, then `groups` of hosts (as bits) that share blocks. `shelf_of[site]` numbers
    the shelf of a site. Every promise stands for itself: `restarted` is demand with hosts lost, where other things may be lost
    too; else it is among the rows.
    """

    rows: tuple[tuple[int, ...], ...]
    hosts: int
    groups: tuple[int, ...] = ()
    controllers: int = 0
    links: int = 0
    shelves: int = 0
    shelf_of: tuple[int, ...] = ()
    restarted: tuple[tuple[int, ...], ...] = ()

    @property
    def after_restart(self) -> Needs:
        """Return what must fit with hosts lost, and nothing else."""
        return replace(self, rows=self.restarted, restarted=(), controllers=0, links=0, shelves=0)

    @property
    def demanders(self) -> int:
        """Return how many hosts and groups there are."""
        return self.hosts + len(self.groups)

    def of(self, mask: int) -> int:
        """Return need(A): the largest demand that the demanders of `mask` have together."""
        return int(max((_demand(self.rows) @ _bits(mask, self.demanders)).max(initial=0), 0)) if self.rows else 0

    def shelf_losses(self) -> tuple[frozenset[int], ...]:
        """Return every set of shelves that may be lost at once; none where no shelf may."""
        shelves = sorted(set(self.shelf_of))
        return tuple(frozenset(some) for some in combinations(shelves, self.shelves)) if self.shelves else ()

    def cost_of_links(self, hosts: int) -> Integers:
        """Return, for every set A, how many links a card to these hosts (bits) must lose to touch A no longer."""
        inside = hosts & (1 << self.hosts) - 1
        lost = popcount(self.demanders, inside)
        sets = np.arange(1 << self.demanders, dtype=np.int64)
        for number, group in enumerate(self.groups):
            if group & ~inside == 0:
                lost += ((sets >> (self.hosts + number) & 1 != 0) & (sets & group == 0)).astype(np.int32)
        return lost


def needs(problem: PoolProblem) -> Needs:
    """Return the demand that decides: dominated slices can bind no set of hosts."""
    controllers, links, shelves = (may_lose(problem, thing) for thing in _APART)
    apart = controllers or links or shelves
    plain = rows_of(problem)
    restarted = rows_with_losses(problem)[len(plain) :] if apart else ()
    rows = _undominated(plain if apart else rows_with_losses(problem))
    return Needs(
        rows,
        len(problem.hosts),
        tuple(sum(1 << host for host in group.hosts) for group in problem.sharing),
        controllers,
        links,
        shelves,
        tuple(site.shelf for site in problem.sites),
        _undominated(restarted),
    )


def _undominated(rows: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    distinct = sorted(set(rows), key=lambda row: (-sum(row), row))
    table = np.asarray(distinct, dtype=np.int64)
    kept: list[int] = []
    for index, row in enumerate(table):
        if not (table[kept] >= row).all(axis=1).any():
            kept.append(index)
    return tuple(distinct[index] for index in kept)


def first_sets(need: Needs) -> tuple[int, ...]:
    """Return the sets that nearly always bind: single demanders, pairs, all, all but one."""
    count = need.demanders
    everyone = (1 << count) - 1
    singles = [1 << a for a in range(count)]
    pairs = [1 << a | 1 << b for a in range(count) for b in range(a)] if count <= PAIRED_HOSTS else []
    found = {*singles, *pairs, everyone, *(everyone ^ single for single in singles)}
    return tuple(sorted(mask for mask in found if mask and need.of(mask) > 0))


def lacking_sets(design: Design, need: Needs) -> tuple[int, ...]:
    """Return the sets of demanders that the design cannot serve, the worst first; none: the promise is kept."""
    if not need.rows:
        return ()
    missing = _all_needs(need.rows) - surviving(design, need)
    missing[0] = 0
    missing[_all_needs(need.rows) == 0] = 0
    short = np.flatnonzero(missing > 0)
    return tuple(int(mask) for mask in short[np.argsort(-missing[short], kind="stable")])


def surviving(design: Design, need: Needs) -> Integers:
    """Return, for every set A, what the cards that touch it hold after the worst that may be lost."""
    held = _held(design, need)
    least = held
    if need.controllers:
        least = np.minimum(least, held - _controllers_lost(design, need))
    if need.links:
        least = np.minimum(least, held - _links_lost(design, need))
    for gone in need.shelf_losses():
        left = [card for card in design if need.shelf_of[card.site] not in gone]
        least = np.minimum(least, _held(left, need))
    return least


def _held(cards: Sequence[Pattern], need: Needs) -> Integers:
    return touching([card.mask for card in cards], [card.gib for card in cards], need.demanders)


def _controllers_lost(design: Design, need: Needs) -> Integers:
    """A card is one controller; a switch is as many as devices behind it."""
    if need.controllers == 1:
        return largest_touching([card.mask for card in design], [card.unit_gib for card in design], need.demanders)
    items: Counter[tuple[int, int]] = Counter()
    for card in design:
        items[card.mask, card.unit_gib] += card.devices
    return worst_loss(items, need.controllers, lambda mask: _touched(mask, need.demanders), need.demanders)


def _links_lost(design: Design, need: Needs) -> Integers:
    items = Counter((card.mask, card.gib) for card in design)
    return worst_loss(items, need.links, need.cost_of_links, need.demanders)


def _touched(mask: int, demanders: int) -> Integers:
    return np.minimum(popcount(demanders, mask), 1)


@lru_cache(maxsize=8)
def _demand(rows: tuple[tuple[int, ...], ...]) -> Integers:
    return np.asarray(rows, dtype=np.int32)


def _bits(mask: int, demanders: int) -> Integers:
    return np.asarray([mask >> one & 1 for one in range(demanders)], dtype=np.int32)


@lru_cache(maxsize=4)
def _all_needs(rows: tuple[tuple[int, ...], ...]) -> Integers:
    """Return need(A) for every A, indexed by its bits."""
    return greatest_need(rows)


def some_of(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
