"""The same question by the higher reading of what parts state as a range."""

from __future__ import annotations

from dataclasses import replace

from rackc.compiler.comparison import HigherReading
from rackc.compiler.optimize.compare.pools import Solved
from rackc.compiler.optimize.compare.verdict import judge, others
from rackc.compiler.optimize.problem import Conflict, PoolDecision, PoolProblem, Site


def by_higher(problem: PoolProblem, decision: PoolDecision, pays: bool | None, solved: Solved) -> HigherReading | None:
    """Return the answer by the higher reading, None where it cannot differ or is not known.

    A higher reading only allows more: what is best by the lower one stays possible.
    """
    other = higher(problem)
    if other is None or problem.beside.higher is None or not _can_differ(problem, other):
        return None
    answer = solved.answer(other)
    if not isinstance(answer, PoolDecision):
        return None
    what = problem.beside.higher.what
    # Within the gap of the comparison the answer is the same.
    if answer.cost_cents >= decision.cost_cents * (1 - answer.gap - decision.gap):
        return HigherReading(what, len(decision.links), decision.cost_cents, pays)
    return HigherReading(
        what, len(answer.links), answer.cost_cents, judge(other, answer.cost_cents, others(other)).pays
    )


def higher(problem: PoolProblem) -> PoolProblem | None:
    """Return the problem by the higher reading, None where nothing is stated as a range."""
    reading = problem.beside.higher
    if reading is None or (reading.hosts, reading.sites) == (problem.hosts, problem.sites):
        return None
    return replace(problem, hosts=reading.hosts, sites=reading.sites)


def told(problem: PoolProblem, conflict: Conflict, solved: Solved) -> Conflict:
    """Return a conflict that says so where the higher reading would have an answer."""
    other = higher(problem)
    answer = None if other is None else solved.answer(other)
    if not isinstance(answer, PoolDecision) or problem.beside.higher is None:
        return conflict
    line = f"by the higher reading there is a pool: {problem.beside.higher.what}; measure before you order"
    return replace(conflict, figures=(*conflict.figures, line))


def _can_differ(low: PoolProblem, high: PoolProblem) -> bool:
    """Whether what the higher reading allows could matter: other cables or links, or rates that a full card could not give."""
    if low.hosts != high.hosts or any(a.cables != b.cables for a, b in zip(low.sites, high.sites, strict=True)):
        return True
    return any(_binds(low, site) for site, other in zip(low.sites, high.sites, strict=True) if site != other)


def _binds(problem: PoolProblem, site: Site) -> bool:
    """Whether the hosts with the greatest rates, as many as it has heads, could ask more of a candidate than it gives."""
    for limit, rates in (
        (site.read_mbps, [one.read_mbps for one in problem.hosts]),
        (site.write_mbps, [one.write_mbps for one in problem.hosts]),
    ):
        capped = [min(rate, problem.link_mbps or rate) for rate in rates]
        if limit and sum(sorted(capped, reverse=True)[: site.heads]) > limit:
            return True
    return False
