"""The lock: decisions kept beside a design, keyed by stable address, so that an unchanged input solves nothing."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from rackc.compiler.analyse.report import CombinationReport
from rackc.compiler.comparison import Comparison
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem

_PROBLEM: Final = TypeAdapter(PoolProblem)
_ANSWER: Final = TypeAdapter(tuple[PoolDecision, Comparison])


class LockedPool(BaseModel):
    """One pool's answer. `digest` is that of the problem it answers, `seal` that of the answer itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    seal: str
    solver: str
    reproducible: bool
    decision: PoolDecision
    comparison: Comparison

    def answers(self, problem: PoolProblem) -> bool:
        """Whether this is the answer to exactly this problem."""
        return self.digest == digest(problem)


class LockedChoice(BaseModel):
    """Which option each `choose` took, by number, and what came of the others. `digest` is that of all modules and of this answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    modules: tuple[str, ...]
    picked: dict[str, int]
    table: tuple[CombinationReport, ...]


class Lock(BaseModel):
    """The file `NAME.rack.lock`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    pools: dict[str, LockedPool] = {}
    choice: LockedChoice | None = None

    def believed(self, problem: PoolProblem) -> LockedPool | str | None:
        """Return what is kept of a pool, be it the answer to an earlier form of its problem; or why it is not believed.

        What answers the problem as it is now is checked in full, whoever may have sealed it.
        """
        kept = self.pools.get(problem.address)
        if kept is None:
            return None
        if kept.seal != _seal(kept.decision, kept.comparison):
            return "it was edited by hand"
        if not kept.answers(problem):
            return kept
        from rackc.compiler.optimize.recheck import holds  # OR-Tools, for an answer that is to be used

        return kept if holds(problem, kept.decision) else "it does not add up, or breaks a promise"


def digest(problem: PoolProblem) -> str:
    """Return the fingerprint of a problem: equal for equal input, on every machine."""
    return hashlib.sha256(_PROBLEM.dump_json(problem)).hexdigest()


def _seal(decision: PoolDecision, comparison: Comparison) -> str:
    return hashlib.sha256(_ANSWER.dump_json((decision, comparison))).hexdigest()


def locked(problem: PoolProblem, decision: PoolDecision, comparison: Comparison, solver: str) -> LockedPool:
    """Return the lock's entry for one answer."""
    return LockedPool(digest=digest(problem), seal=_seal(decision, comparison), solver=solver,
                      reproducible=not decision.interrupted, decision=decision, comparison=comparison)  # fmt: skip


def read_lock(text: str) -> Lock | str:
    """Return the lock, or a sentence that says why it cannot be used."""
    try:
        return Lock.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(str(step) for step in first['loc']) or 'the file'}: {first['msg']}"


def write_lock(lock: Lock) -> str:
    """Return the text of a lock file: sorted, indented, ending in a newline."""
    pools = {address: lock.pools[address] for address in sorted(lock.pools)}
    return Lock(pools=pools, choice=lock.choice).model_dump_json(indent=1) + "\n"
