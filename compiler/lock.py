"""The lock: decisions kept beside a design, keyed by stable address, so that an unchanged input solves nothing."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from rackc.compiler.analyse.report import CombinationReport
from rackc.compiler.comparison import Comparison
from rackc.compiler.optimize.problem import DecidedController, PoolDecision, PoolProblem
from rackc.compiler.optimize.promises import copies

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

    def answer(self, problem: PoolProblem) -> LockedPool | None:
        """Return the kept answer to exactly this problem, None where there is none or it was edited by hand."""
        kept = self.pools.get(problem.address)
        if kept is None or kept.digest != digest(problem) or kept.seal != _seal(kept.decision, kept.comparison):
            return None
        return kept if holds(problem, kept.decision) else None

    def earlier(self, address: str) -> PoolDecision | None:
        """Return the kept answer to an earlier form of a pool's problem, None where it was edited by hand."""
        kept = self.pools.get(address)
        return kept.decision if kept is not None and kept.seal == _seal(kept.decision, kept.comparison) else None


def digest(problem: PoolProblem) -> str:
    """Return the fingerprint of a problem: equal for equal input, on every machine."""
    return hashlib.sha256(_PROBLEM.dump_json(problem)).hexdigest()


def holds(problem: PoolProblem, decision: PoolDecision) -> bool:
    """Whether an answer read from a file is one: ports and heads once, sums right, every slice within what is fitted.

    Cheap arithmetic, not a proof: the loss of a controller and the bound are taken from the solver's word.
    """
    modules = {module.name: module for module in problem.modules}
    candidates = {c.address: c for c in problem.controllers}
    fitted = {c.address: c for c in decision.controllers}
    if len(fitted) != len(decision.controllers) or not fitted.keys() <= candidates.keys():
        return False
    if any(c.module not in modules or c.gib != _pieces(c) * modules[c.module].gib for c in decision.controllers):
        return False
    if any(not set(c.devices) <= set(candidates[c.address].devices) for c in decision.controllers):
        return False
    ends = [end for link in decision.links for end in (link.port, link.head)]
    known = {p for h in problem.hosts for p in h.ports} | {h for c in problem.controllers for h in c.heads}
    if len(set(ends)) != len(ends) or not set(ends) <= known or any(k.controller not in fitted for k in decision.links):
        return False
    cost = sum(
        problem.sites[candidates[c.address].site].cost_cents
        + len(c.devices) * problem.sites[candidates[c.address].site].device_cost_cents
        + _pieces(c) * modules[c.module].cost_cents
        for c in decision.controllers
    ) + sum(link.cable.cost_cents for link in decision.links)
    return cost == decision.cost_cents and _slices_hold(problem, decision, {a: c.gib for a, c in fitted.items()})


def _pieces(controller: DecidedController) -> int:
    """Return the modules of a controller: as many in each device behind a switch."""
    return controller.modules * max(len(controller.devices), 1)


def _slices_hold(problem: PoolProblem, decision: PoolDecision, capacity: dict[str, int]) -> bool:
    if len(decision.slices_gib) != len(problem.demand_gib):
        return False
    if any(share.controller not in capacity or min(share.gib, default=0) < 0 for share in decision.shares):
        return False
    times = copies(problem, "controller", "link", "shelf")
    for at, (row, demand) in enumerate(zip(decision.slices_gib, problem.demand_gib, strict=True)):
        held, used = [0] * len(problem.hosts), dict.fromkeys(capacity, 0)
        for share in decision.shares:
            used[share.controller] += share.gib[at] if at < len(share.gib) else 0
        if len(row) != len(decision.links) or min(row, default=0) < 0:
            return False
        for gib, link in zip(row, decision.links, strict=True):
            if not 0 <= link.host < len(held):
                return False
            held[link.host] += gib
            used[link.controller] += gib
        if held != [gib * times for gib in demand] or any(used[a] > capacity[a] for a in used):
            return False
    return True


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
