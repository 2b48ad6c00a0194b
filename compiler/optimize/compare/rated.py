"""The cheapest choice beside a pool, looked up quickly where prices or demand are scaled."""

from __future__ import annotations

from rackc.compiler.comparison import Rival, Scaled
from rackc.compiler.optimize.compare.direct import cheapest, ways_of
from rackc.compiler.optimize.compare.tiered import tiered
from rackc.compiler.optimize.compare.verdict import TIE, asked
from rackc.compiler.optimize.problem import PoolProblem


class Rivals:
    """What else there is for one demand, at any prices: how many cards, modules and drives it takes follows from no price."""

    def __init__(self, problem: PoolProblem) -> None:
        """Size everything once, for what is promised."""
        self._ways = ways_of(problem)
        self._tiers = [one for one in tiered(problem) if one.choice]

    def pays(self, problem: PoolProblem, pool_cents: float, of: Scaled, factor: float) -> bool | None:
        """Whether a pool of this cost pays; `problem` has its prices scaled already. None: there is nothing beside it.

        All modules are scaled alike, so that the cheapest stays the cheapest.
        """
        prices = [self._tier(problem, one, factor if of == "module price" else 1.0) for one in self._tiers]
        direct = cheapest(problem, self._ways)
        if direct is not None:
            prices.append(direct.cost_cents + problem.beside.shelves_cents)
        if not prices:
            return None
        return min(prices) - pool_cents - problem.beside.shelves_cents > pool_cents * TIE

    def _tier(self, problem: PoolProblem, rival: Rival, factor: float) -> float:
        row = asked(problem, rival)
        assert row is not None
        return row.cost_cents * (factor if rival.device == "modules" else 1.0)
