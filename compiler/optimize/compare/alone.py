"""What each host needs for itself, where nothing is shared: the base of every rival without a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from rackc.compiler.optimize.problem import Loss, PoolProblem
from rackc.compiler.optimize.promises import copies_in_all, devices_lost, rows_with_losses

#: What is meant by one device lost where a problem promises nothing.
ONE_LOST = (Loss("controller", 1),)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a host must hold alone, GiB, each by itself: its `peak` with hosts lost; its peak without, `plain`, with `lost` of
    its devices gone; and so many `copies` of that, no part of it twice on a device."""

    peak: int
    lost: int
    plain: int
    copies: int = 1


def intact(problem: PoolProblem) -> PoolProblem:
    """Return the problem with nothing promised."""
    return replace(problem, losses=())


def with_loss(problem: PoolProblem) -> PoolProblem:
    """Return the problem with what it promises, one controller where it promises nothing."""
    return problem if problem.losses else replace(problem, losses=ONE_LOST)


def own_rows(problem: PoolProblem) -> tuple[tuple[int, ...], ...]:
    """Return what each host would hold alone, GiB by slice: its demand, and a copy of its own of what it shares with others.

    Re-letting alone needs the headroom of a slice, so the demand is the one without it where that is known. Lost hosts are
    rows, as promised.
    """
    plain = problem.beside.dynamic_gib or problem.demand_gib
    rows = rows_with_losses(replace(problem, demand_gib=plain, shared_gib=shared_rows(problem, len(plain))))
    count = len(problem.hosts)
    groups = [frozenset(group.hosts) for group in problem.sharing]
    return tuple(
        tuple(
            row[host] + sum(row[count + number] for number, group in enumerate(groups) if host in group)
            for host in range(count)
        )
        for row in rows
    )


def shared_rows(problem: PoolProblem, rows: int) -> tuple[tuple[int, ...], ...]:
    """Return what hosts share in so many slices: as it is, else its peak in all of them."""
    if not problem.shared_gib or len(problem.shared_gib) == rows:
        return problem.shared_gib
    return (tuple(max(column) for column in zip(*problem.shared_gib, strict=True)),) * rows


def own_peaks(problem: PoolProblem) -> tuple[int, ...]:
    """Return the most that each host would hold alone, GiB."""
    # What its rows follow from: prices, which are looked through by the dozen, do not matter.
    return _peaks(replace(problem, controllers=(), sites=(), modules=(), allowed=()))


def owed(problem: PoolProblem) -> tuple[Owed, ...]:
    """Return what each host must hold alone, for all that is promised."""
    intact_peaks = own_peaks(intact(problem))
    lost, copies = devices_lost(problem), copies_in_all(problem)
    return tuple(Owed(peak, lost, plain, copies) for peak, plain in zip(own_peaks(problem), intact_peaks, strict=True))


@lru_cache(maxsize=256)
def _peaks(problem: PoolProblem) -> tuple[int, ...]:
    rows = own_rows(problem)
    return tuple(max((row[host] for row in rows), default=0) for host in range(len(problem.hosts)))
