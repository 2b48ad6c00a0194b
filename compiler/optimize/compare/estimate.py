"""The closed form below every pool, over all sizes of modules."""

from __future__ import annotations

from rackc.compiler.optimize.floor import floor_of
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.problem import PoolProblem
from rackc.compiler.optimize.search import families


def estimate_of(problem: PoolProblem) -> int | None:
    """Return the least that any pool for this problem costs, in cents; None where none is possible."""
    need = needs(problem)
    found = (floor_of(problem, need, modules, "cost") for modules in families(problem))
    return min((floor for floor in found if floor is not None), default=None)
