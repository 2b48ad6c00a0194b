"""Arithmetic over every set of demanders at once: arrays indexed by a set's bits, as long as 2 to the power of their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]

#: Rows of demand that are added up at once: bounds the memory, not the result.
_CHUNK: Final = 8


def greatest_need(rows: Sequence[Sequence[int]]) -> Integers:
    """Return, for every set A, the max over rows of the sum of A's entries."""
    table = np.asarray(rows, dtype=np.int32)
    best = np.zeros(1 << table.shape[1], dtype=np.int32)
    for start in range(0, len(table), _CHUNK):
        part = table[start : start + _CHUNK]
        sums = np.zeros((len(part), 1), dtype=np.int32)
        for column in part.T:
            sums = np.concatenate((sums, sums + column[:, None]), axis=1)
        np.maximum(best, sums.max(axis=0), out=best)
    return best


def touching(masks: Sequence[int], amounts: Sequence[int], demanders: int) -> Integers:
    """Return, for every set A, the sum of the amounts whose mask meets A.

    What does not meet A lies within its complement: a sum over subsets (zeta transform), one axis a demander.
    """
    within = np.zeros(1 << demanders, dtype=np.int32)
    np.add.at(within, np.asarray(masks, dtype=np.int64), np.asarray(amounts, dtype=np.int32))
    for axis in range(demanders):
        halves = within.reshape(-1, 2, 1 << axis)
        halves[:, 1, :] += halves[:, 0, :]
    whole: Integers = within[-1] - within[::-1]
    return whole


def largest_touching(masks: Sequence[int], amounts: Sequence[int], demanders: int) -> Integers:
    """Return, for every set A, the largest amount whose mask meets A."""
    most = [0] * demanders
    for mask, amount in zip(masks, amounts, strict=True):
        for demander in range(demanders):
            if mask >> demander & 1:
                most[demander] = max(most[demander], amount)
    best = np.zeros(1, dtype=np.int32)
    for amount in most:
        best = np.concatenate((best, np.maximum(best, np.int32(amount))))
    return best


def worst_loss(
    items: Counter[tuple[int, int]], budget: int, price: Callable[[int], Integers], demanders: int
) -> Integers:
    """Return, for every set A, the most that can be lost for `budget`: items are (key, amount), with how often they occur.

    `price(key)` says for every A what losing the item costs; 0 where it does not touch A, so that it takes nothing away.
    A knapsack, all sets at once.
    """
    best = np.zeros((budget + 1, 1 << demanders), dtype=np.int32)
    for (key, amount), count in sorted(items.items()):
        costs = price(key)
        for _ in range(min(count, budget)):
            for spend in range(budget, 0, -1):
                for cost in range(1, spend + 1):
                    better = np.where(costs == cost, best[spend - cost] + np.int32(amount), 0)
                    np.maximum(best[spend], better, out=best[spend])
    worst: Integers = best[budget]
    return worst


def popcount(demanders: int, mask: int) -> Integers:
    """Return, for every set A, how many of its members are in `mask`."""
    count = np.zeros(1, dtype=np.int32)
    for demander in range(demanders):
        count = np.concatenate((count, count + np.int32(mask >> demander & 1)))
    return count
