"""The verdict: whether the pool costs less than everything else that holds the same promise at the same rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.direct import direct_expansion
from rackc.compiler.optimize.compare.tiered import tiered
from rackc.compiler.optimize.problem import PoolProblem

#: A saving within this share of the pool's cost is a tie.
TIE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Verdict:
    """`margin_cents` is what the pool saves against the cheapest choice, less than nothing where it loses."""

    pays: bool | None
    against: str
    margin_cents: int


def others(problem: PoolProblem) -> tuple[Rival, ...]:
    """Return everything that could stand in the place of the pool; exact, nothing is solved."""
    return (direct_expansion(problem), *tiered(problem))


def asked(problem: PoolProblem, rival: Rival) -> Sized | None:
    """Return the row of a rival that the promises of the problem ask for."""
    return rival.lost if problem.losses else rival.intact


def judge(problem: PoolProblem, pool_cents: int, rivals: tuple[Rival, ...]) -> Verdict:
    """Compare a pool at this cost with the rivals; a tie goes to the simpler one, which is never the pool.

    Shelves are part of the price of whatever needs them.
    """
    best: tuple[int, str] | None = None
    for rival in rivals:
        sized = asked(problem, rival)
        if rival.pooled or not rival.choice or sized is None:
            continue
        cents = sized.cost_cents + rival.shelves * problem.beside.shelves_cents
        best = min(best, (cents, rival.name)) if best is not None else (cents, rival.name)
    if best is None:
        return Verdict(None, "", 0)
    margin = best[0] - pool_cents - problem.beside.shelves_cents
    return Verdict(margin > pool_cents * TIE, best[1], margin)
