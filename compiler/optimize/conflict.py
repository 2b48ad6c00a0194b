"""Why there is no pool: a smallest set of requirements, in numbers, and what would help.

Deletion: leave out a family of requirements; if the rest still conflicts it was not needed. Then the same within the
families that have several. Nothing is minimised meanwhile, and both the set and every proposal are verified by solving.
"""

from __future__ import annotations

from itertools import groupby

from rackc.compiler.optimize.feasibility import Asker
from rackc.compiler.optimize.figures import figures_of
from rackc.compiler.optimize.problem import Conflict, PoolProblem, Requirement
from rackc.compiler.optimize.proposals import pairs, ranked, singles
from rackc.compiler.optimize.relax import requirements_of, without
from rackc.compiler.optimize.saying import names_of
from rackc.compiler.optimize.watch import Watch

Core = tuple[Requirement, ...]


def explain(problem: PoolProblem, watch: Watch) -> Conflict:
    """Return the conflict of a problem that is known to have no solution.

    Where no change of one requirement helps there is a second conflict; then the smaller of the two is told in full.
    """
    asker = Asker(watch)
    core, second = smallest_core(problem, asker), Core()
    found = singles(problem, core, asker)
    if not found:
        second = smallest_core(problem, asker, tuple(one for one in requirements_of(problem) if one != core[0]))
        found = pairs(problem, core, second, asker)
        core, second = sorted((core, second), key=lambda some: (not some, len(some)))
    besides = (f"besides, {names_of(problem, second)} cannot hold together",) if second else ()
    return Conflict(
        families=tuple(dict.fromkeys(one.family for one in core)),
        figures=(*figures_of(problem, core), *besides),
        relaxations=ranked(problem, found, asker),
        requirements=core,
        smallest=is_smallest(problem, core, asker),
    )


def only(problem: PoolProblem, core: Core) -> PoolProblem:
    """Return the problem with these requirements and no others."""
    return without(problem, (one for one in requirements_of(problem) if one not in core))


def smallest_core(problem: PoolProblem, asker: Asker, among: Core | None = None) -> Core:
    """Return requirements that conflict, where leaving out any one of them would end the conflict; none where there are none.

    Only those `among` are considered, all by default.
    """
    core = requirements_of(problem) if among is None else among
    if among is not None and asker.feasible(only(problem, among)) is not False:
        return ()
    families = [tuple(some) for _, some in groupby(core, key=lambda one: one.family)]
    for some in families:
        core = _less(problem, core, some, asker)
    for some in families:
        if len(some) > 1:
            for one in some:
                core = _less(problem, core, (one,), asker)
    return core


def _less(problem: PoolProblem, core: Core, some: Core, asker: Asker) -> Core:
    """Return the core without some of it, if the rest still conflicts; else as it is."""
    fewer = tuple(one for one in core if one not in some)
    if len(fewer) < len(core) and asker.feasible(only(problem, fewer)) is False:
        return fewer
    return core


def is_smallest(problem: PoolProblem, core: Core, asker: Asker) -> bool:
    """Whether the conflict is known to end with any one requirement less."""
    return all(asker.feasible(only(problem, tuple(other for other in core if other != one))) for one in core)
