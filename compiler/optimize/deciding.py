"""From a design to the decision: cards named, wired, filled slice by slice, and how good that is known to be."""

from __future__ import annotations

from dataclasses import dataclass

from rackc.compiler.comparison import LinksTried
from rackc.compiler.optimize.patterns import Design, goals_of, weight_of
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem
from rackc.compiler.optimize.slices import laid
from rackc.compiler.optimize.stability import earlier
from rackc.compiler.optimize.wiring import assign, decided_controllers, decided_links


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of the first goal: a bound, the closed form; the deterministic effort of all, and whether it was cut short."""

    bound: int
    estimate: int
    effort: float
    interrupted: bool


def decision_of(
    problem: PoolProblem,
    design: Design,
    proof: Proof,
    prior: PoolDecision | None,
    by_links: tuple[LinksTried, ...] = (),
) -> PoolDecision:
    """Name the cards, wire them, as in an earlier answer where that can be, and spread the demand over the links."""
    assigned = assign(problem, design, earlier(problem, prior))
    controllers, links = decided_controllers(problem, assigned), decided_links(problem, assigned, prior)
    where = laid(problem, links, controllers)
    objective = weight_of(design, goals_of(problem)[0])
    bound = min(proof.bound, objective)
    gap = (objective - bound) / objective if objective else 0.0
    return PoolDecision(
        controllers=controllers,
        links=links,
        slices_gib=where.slices,
        shares=where.shares,
        cost_cents=weight_of(design, "cost"),
        power_mw=weight_of(design, "power"),
        objective=objective,
        bound=bound,
        estimate=min(proof.estimate, objective),
        gap=gap,
        proved=gap <= problem.gap,
        effort=round(proof.effort, 4),  # the solver's own sum varies in the last bits
        interrupted=proof.interrupted,
        by_links=by_links,
    )
