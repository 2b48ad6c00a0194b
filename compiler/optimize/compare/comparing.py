"""The answer in its context: rivals at the same promise, the verdict, where it turns, what binds, the other reading."""

from __future__ import annotations

from dataclasses import replace

from rackc.compiler.comparison import NOTHING, Comparison
from rackc.compiler.optimize.compare.alone import own_peaks
from rackc.compiler.optimize.compare.binding import binding
from rackc.compiler.optimize.compare.flips import flips
from rackc.compiler.optimize.compare.higher import by_higher
from rackc.compiler.optimize.compare.pools import EFFORT_LEAST, EFFORT_MOST, NAMES, Solved, declared, pools
from rackc.compiler.optimize.compare.verdict import judge, others
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem
from rackc.compiler.optimize.watch import Watch


def compare(problem: PoolProblem, decision: PoolDecision, watch: Watch | None = None) -> Comparison:
    """Return what a decision is worth. Repeatable: the same problem and decision have the same comparison."""
    solved = Solved(watch or Watch(), max(EFFORT_LEAST, min(EFFORT_MOST, 2 * decision.effort)))
    if not any(any(row) for row in (*problem.demand_gib, *problem.shared_gib)):
        return NOTHING
    solved.keep(problem, decision)
    beside = others(problem)
    name = NAMES[declared(problem)]
    rivals = (*pools(problem, decision, solved), *beside)
    found = judge(problem, decision.cost_cents, beside)
    total, highest = _peaks(problem)
    made = Comparison(
        rivals, name, "lost" if problem.losses else "intact", found.pays, found.against, found.margin_cents,
        problem.beside.shelves_cents, total, highest,
    )  # fmt: skip
    return replace(
        made,
        flips=() if found.pays is None else flips(problem, decision, found.pays, solved),
        binding=binding(problem, decision, made.rival(name)),
        higher=by_higher(problem, decision, found.pays, solved),
    )


def _peaks(problem: PoolProblem) -> tuple[int, int]:
    """Return the sum of the hosts' own peaks and the peak of their sum, of demand without headroom where that is known."""
    rows = problem.beside.dynamic_gib or problem.demand_gib
    plain = replace(problem, demand_gib=rows, losses=(), sharing=(), shared_gib=())
    return sum(own_peaks(plain)), max((sum(row) for row in rows), default=0)
