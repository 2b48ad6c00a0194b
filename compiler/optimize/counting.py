"""What a number of cards must hold at least: closed forms that bound a pool before anything is solved."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=100_000)
def least_total(count: int, need: int, levels: tuple[int, ...], lost: int) -> int | None:
    """Return the least total of `count` cards of these capacities that holds `need`, `lost` of them lost; None: impossible.

    min over M of lost * M + s with s >= need a sum of count - lost capacities <= M (the cards lost being of capacity M).
    """
    return _least(_sums, count, need, levels, lost)


@lru_cache(maxsize=100_000)
def least_of_any(most: int, need: int, levels: tuple[int, ...], lost: int) -> int | None:
    """As least_total, with any number of cards up to `most`."""
    return _least(_sums_up_to, most, need, levels, lost)


def _least(
    sums: Callable[[int, tuple[int, ...]], int], count: int, need: int, levels: tuple[int, ...], lost: int
) -> int | None:
    if not lost:
        return _first_at_least(sums(count, levels), need)
    best: int | None = None
    for position, largest in enumerate(levels):
        rest = _first_at_least(sums(count - lost, levels[: position + 1]), need)
        if rest is not None and (best is None or rest + lost * largest < best):
            best = rest + lost * largest
    return best


@lru_cache(maxsize=256)
def _sums_up_to(count: int, levels: tuple[int, ...]) -> int:
    """Return the sums that so many cards can have, or fewer, as bits."""
    sums = 0
    for some in range(count + 1):  # in order, so that each is made from the one before
        sums |= _sums(some, levels)
    return sums


@lru_cache(maxsize=2_000)
def _sums(count: int, levels: tuple[int, ...]) -> int:
    """Return the sums that `count` cards can have, as bits."""
    if count <= 0:
        return 1 if count == 0 else 0
    fewer, sums = _sums(count - 1, levels), 0
    for level in levels:
        sums |= fewer << level
    return sums


def _first_at_least(sums: int, need: int) -> int | None:
    above = sums >> need
    if above == 0:
        return None
    return need + (above & -above).bit_length() - 1
