"""Prices and demand at a multiple of what is stated."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from rackc.compiler.comparison import Scaled
from rackc.compiler.optimize.problem import PoolProblem
from rackc.compiler.optimize.promises import relimited

#: What may be scaled without sizing anything anew.
PRICES: Final[tuple[Scaled, ...]] = ("controller price", "module price")

#: A flip is looked for within this factor, up and down.
WITHIN: Final = 3.0


@dataclass(frozen=True, slots=True)
class Line:
    """The cost of one design over the factor: `fixed` + factor * `scaled`, in cents."""

    fixed: float
    scaled: float

    def at(self, factor: float) -> float:
        """Return the cost at a factor."""
        return self.fixed + factor * self.scaled

    def meets(self, other: Line) -> float | None:
        """Return the factor at which both cost the same, None where they never do or always."""
        apart = self.scaled - other.scaled
        return None if abs(apart) < 1e-9 else (other.fixed - self.fixed) / apart


def line(of: Scaled, cards: int, modules: int, cables: int) -> Line:
    """Return what a design costs over a price, of what its parts cost as stated."""
    return Line(cables + modules, cards) if of == "controller price" else Line(cables + cards, modules)


def scaled(problem: PoolProblem, of: Scaled, factor: float) -> PoolProblem:
    """Return the problem with one thing at `factor` times what is stated; prices in whole cents, memory in whole GiB up."""
    if of == "controller price":
        sites = tuple(
            replace(one, cost_cents=round(one.cost_cents * factor), device_cost_cents=round(one.device_cost_cents * factor))
            for one in problem.sites
        )  # fmt: skip
        return replace(problem, sites=sites)
    if of == "module price":
        modules = tuple(replace(one, cost_cents=round(one.cost_cents * factor)) for one in problem.modules)
        return replace(problem, modules=modules)
    beside = replace(
        problem.beside, static_gib=_more(problem.beside.static_gib, factor), relet_gib=_more(problem.beside.relet_gib, factor),
        dynamic_gib=_more(problem.beside.dynamic_gib, factor),
    )  # fmt: skip
    more = replace(
        problem,
        demand_gib=_more(problem.demand_gib, factor),
        shared_gib=_more(problem.shared_gib, factor),
        beside=beside,
    )
    return relimited(more)


def _more(rows: tuple[tuple[int, ...], ...], factor: float) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(math.ceil(gib * factor - 1e-9) for gib in row) for row in rows)
