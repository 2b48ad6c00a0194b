"""The pool itself under each assignment, intact and with what may be lost: each question solved once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.alone import intact, shared_rows, with_loss
from rackc.compiler.optimize.patterns import peaks_gib
from rackc.compiler.optimize.pooling import seek_pool
from rackc.compiler.optimize.problem import Conflict, Outcome, PoolDecision, PoolProblem
from rackc.compiler.optimize.promises import relimited
from rackc.compiler.optimize.watch import Watch

#: How near a comparison is solved, and the deterministic effort that each may take.
GAP = 0.005
EFFORT_EACH = 6.0
#: All of them together may take twice what the answer took, within these bounds.
EFFORT_LEAST = 4.0
EFFORT_MOST = 20.0

NAMES = {"static": "pool, static", "relet": "pool, re-let", "dynamic": "pool, dynamic"}
_NOTES = {
    "static": "each host's slice is its own peak all the time",
    "relet": "slices change hands after a delay, with headroom",
    "dynamic": "an upper bound: perfect rebalancing in every slice of time, no delay, no headroom",
}


@dataclass(slots=True)
class Solved:
    """What was solved so far, by question, so that nothing is solved twice; `effort` is what it took."""

    watch: Watch
    left: float = EFFORT_LEAST
    known: list[tuple[PoolProblem, Outcome]] = field(default_factory=list)

    def answer(self, problem: PoolProblem) -> Outcome | None:
        """Return the answer, None where the effort for comparisons is used up or the user stopped."""
        asked = _question(problem)
        for one, outcome in self.known:
            if one == asked:
                return outcome
        if self.left <= 0 or self.watch.stopped:
            return None
        effort = min(EFFORT_EACH, self.left, problem.effort)
        outcome = seek_pool(replace(asked, gap=max(GAP, problem.gap), effort=effort), self.watch)
        self.left -= getattr(outcome, "effort", effort)
        self.known.append((asked, outcome))
        return outcome

    def keep(self, problem: PoolProblem, outcome: Outcome) -> None:
        """Take an answer that is known already."""
        self.known.append((_question(problem), outcome))


def _question(problem: PoolProblem) -> PoolProblem:
    """Return what a question depends on: cost alone, slices of time without repetition, nothing beside it."""
    shared = problem.shared_gib or ((),) * len(problem.demand_gib)
    rows = sorted(set(zip(problem.demand_gib, shared, strict=True)))
    return replace(
        problem, goals=("cost",), demand_gib=tuple(row for row, _ in rows),
        shared_gib=tuple(row for _, row in rows) if problem.shared_gib else (), beside=type(problem.beside)(),
        gap=0.0, effort=0.0, churn_cents=0,
    )  # fmt: skip


def declared(problem: PoolProblem) -> str:
    """Return the assignment that the problem itself has: as said, else by which demand it is."""
    if problem.beside.assignment:
        return problem.beside.assignment
    if problem.beside.dynamic_gib and problem.beside.dynamic_gib != problem.demand_gib:
        return "relet"
    return "static" if len(problem.demand_gib) == 1 else "dynamic"


def under(problem: PoolProblem, assignment: str) -> PoolProblem | None:
    """Return the problem under an assignment; None where its demand is not known.

    Static slices are each host's own peak, of the demand without headroom where that is known.
    """
    beside = problem.beside
    if assignment == declared(problem):
        return problem
    rows = {"static": beside.static_gib, "relet": beside.relet_gib, "dynamic": beside.dynamic_gib}[assignment]
    if not rows and assignment == "static":
        rows = (peaks_gib(replace(problem, demand_gib=beside.dynamic_gib or problem.demand_gib)),)
    if not rows:
        return None
    return relimited(replace(problem, demand_gib=rows, shared_gib=shared_rows(problem, len(rows))))


def pools(problem: PoolProblem, decision: PoolDecision, solved: Solved) -> tuple[Rival, ...]:
    """Return the pool under every assignment that is known, the declared one as it was answered."""
    mine = declared(problem)
    found = []
    for assignment, name in NAMES.items():
        posed = under(problem, assignment)
        if posed is None:
            continue
        answers = solved.answer(intact(posed)), solved.answer(with_loss(posed))
        if assignment == mine:
            answers = (answers[0], decision) if problem.losses else (decision, answers[1])
        bare, safe = map(_sized, answers)
        note = _NOTES[assignment] + "".join(
            _lacking(*one) for one in zip(("intact", "with a loss"), answers, strict=True)
        )
        found.append(Rival(
            name, True, bare, safe, "controllers", assignment == mine, "" if assignment == mine else "not the assignment declared",
            note, read_mbps=problem.link_mbps or None, write_mbps=problem.link_mbps or None, shelves=True,
        ))  # fmt: skip
    return tuple(found)


def _lacking(row: str, answer: Outcome | None) -> str:
    """Return why a row is empty, nothing where it is not."""
    match answer:
        case PoolDecision():
            return ""
        case Conflict():
            return f"; {row} there is no such pool"
        case _:
            return f"; {row} not solved in the effort given"


def _sized(answer: Outcome | None) -> Sized | None:
    if not isinstance(answer, PoolDecision):
        return None
    devices = sum(max(len(one.devices), 1) for one in answer.controllers)
    gib = sum(one.gib for one in answer.controllers)
    return Sized(answer.cost_cents, gib, devices, answer.power_mw, round(answer.gap, 4))
