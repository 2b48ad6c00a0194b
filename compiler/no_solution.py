"""What is said of a pool that cannot exist: each requirement that conflicts, at its line, and what would help."""

from __future__ import annotations

from typing import Final

from rackc.compiler.budgets import Budget
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.optimize.problem import Conflict, Family, Requirement
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: Where each family of requirements is written in a pool, as an attribute or as a bound.
_AT: Final[dict[Family, str]] = {
    "demand": "demand", "modules": "modules", "candidates": "controllers", "ports": "members", "reach": "cables",
    "bandwidth": "utilisation", "isolation": "isolate", "sharing": "sharing", "shape": "shape", "latency": "latency",
    "links": "links", "least links": "links >=",
}  # fmt: skip
#: Where it is told instead if it is not written, as where a pool states no cables or no ceiling of utilisation.
_ELSE: Final[dict[Family, str]] = {"bandwidth": "demand", "reach": "controllers"}


def no_solution(posed: PosedPool, budgets: tuple[Budget, ...], conflict: Conflict) -> Diagnostic:
    """Return the finding. `budgets` are those of `require`, last among the limits of the problem."""
    from rackc.compiler.optimize.figures import (
        label_of,
    )  # figures are made of the optimizer, which checking never loads
    from rackc.compiler.optimize.saying import names_of

    problem = posed.problem
    labels = [Label(_span(posed, budgets, one), label_of(problem, one)) for one in conflict.requirements]
    verb = "cannot hold together" if len(conflict.requirements) > 1 else "cannot be met"
    doubt = (
        ()
        if conflict.smallest
        else ("it was not proved, in the effort given, that each of these is needed for the conflict",)
    )
    return Diagnostic(
        Code.NO_SOLUTION, f"{posed.address} has no solution: {names_of(problem, conflict.requirements)} {verb}",
        labels[0] if labels else Label(posed.spec.span), tuple(labels[1:]),
        hints=tuple(f"this would do: {way}" for way in conflict.relaxations) or ("loosen one of them",),
        notes=(*conflict.figures, *doubt),
    )  # fmt: skip


def _span(posed: PosedPool, budgets: tuple[Budget, ...], one: Requirement) -> Span:
    """Return where a requirement is written, or the pool where it is not."""
    spec, limits = posed.spec, posed.problem.limits
    if one.family == "survive":
        return spec.survive[one.which].span
    if one.family == "budget":
        own = len(limits) - len(budgets)
        return spec.bounds[limits[one.which].measure][2] if one.which < own else budgets[one.which - own].span
    for name in (_AT[one.family], _ELSE.get(one.family, "")):
        if name in spec.spans:
            return spec.spans[name]
        if name in spec.bounds:
            return spec.bounds[name][2]
    return spec.span
