"""Whether there is any pool at all: first by arithmetic, then by solving without a goal. Questions are asked once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, cast

from rackc.compiler.optimize.floor import floor_of
from rackc.compiler.optimize.hall import Needs, needs
from rackc.compiler.optimize.patterns import (
    families,
    fills,
    goals_of,
    links_needed,
    reachable_hosts,
    slots_of,
    weight_of,
)
from rackc.compiler.optimize.problem import Goal, Measure, PoolProblem
from rackc.compiler.optimize.promises import most_links
from rackc.compiler.optimize.relax import bounds_memory
from rackc.compiler.optimize.search import Found, Task, search
from rackc.compiler.optimize.watch import Watch

#: Deterministic time for each family of module sizes: short looks at all, then longer ones at those still open. A goal
#: (True) sometimes leads to a pool where a search without one finds none.
LOOKS: Final = ((0.05, False), (0.1, True), (0.4, False), (2.0, False))

#: A relative gap that any pool is within.
ANY_GAP: Final = 0.99

#: Deterministic time for all questions about one conflict; once it is spent each gets the shortest look only.
EFFORT: Final = 4.0

#: Deterministic time for each family, and relative gap, at which a least value is near enough: to rank, and to propose.
ROUGHLY: Final = (0.06, 0.1)
CLOSELY: Final = (0.25, 0.02)


@dataclass(slots=True)
class Asker:
    """Answers questions about problems, and remembers the answers."""

    watch: Watch
    known: dict[PoolProblem, bool | None] = field(default_factory=dict)
    left: float = EFFORT

    def feasible(self, problem: PoolProblem) -> bool | None:
        """Return whether a pool exists; None where the effort did not tell."""
        if problem not in self.known:
            self.known[problem] = self._exists(problem)
        return self.known[problem]

    def learn(self, problem: PoolProblem) -> None:
        """Take it for known that a pool exists: one was found that also answers this problem."""
        self.known[problem] = True

    def _exists(self, problem: PoolProblem) -> bool | None:
        need = needs(problem)
        if not any(any(row) for row in need.rows):
            return True
        if arithmetic_forbids(problem, need):
            return False
        forms = [form for form in fullest(problem) if not arithmetic_forbids(form, need)]
        for effort, aimed in LOOKS:
            still = []
            for form in forms:
                verdict = self._look(form, need, effort, aimed)
                if verdict:
                    return True
                still += [form] if verdict is None else []
            forms = still
            if self.left <= 0:
                break
        return None if forms else False

    def _look(self, problem: PoolProblem, need: Needs, effort: float, aimed: bool) -> bool | None:
        """Solve one family; with a goal, until any pool is found all the same."""
        found = Found(families(problem)[0], 0)
        goal = goals_of(problem)[0]
        search(Task(problem, need, goal, ANY_GAP, effort, feasible_is_enough=not aimed), found, self.watch)
        self.left -= found.effort
        if found.best is not None:
            return True
        return False if found.verdict == "infeasible" else None

    def near_least(self, problem: PoolProblem, measure: Measure, near: tuple[float, float] = CLOSELY) -> int | None:
        """Return about the least value of a measure: one that a pool was found for, None where none was found."""
        effort, gap = near
        goal = cast("Goal", measure)  # the search takes any measure for its goal
        problem, best = replace(problem, goals=(goal,)), None
        need = needs(problem)
        floors = ((floor_of(problem, need, modules, measure), modules) for modules in families(problem))
        for floor, modules in sorted((floor, modules) for floor, modules in floors if floor is not None):
            if best is not None and floor >= best * (1 - gap):
                break
            found = Found(modules, floor)
            search(Task(problem, need, goal, gap, effort), found, self.watch, below=best)
            if found.best is not None:
                value = weight_of(found.best, measure)
                best = value if best is None else min(best, value)
        return best


def fullest(problem: PoolProblem) -> Iterator[PoolProblem]:
    """Yield problems of one family of module sizes each, the largest first; one of them exists if the problem does.

    Where no budget bounds the memory every card may as well be full, and a size is left out whose full cards are no
    larger anywhere than those of another: what a card holds only ever helps.
    """
    full = {module: _full_cards(problem, module) for module in range(len(problem.modules))}
    sizes = sorted(full, key=lambda module: (full[module], -module), reverse=True)
    if bounds_memory(problem):
        for modules in sorted(families(problem), key=lambda some: -max(sizes.index(one) for one in some)):
            yield replace(problem, modules=tuple(problem.modules[one] for one in modules))
        return
    best = [a for at, a in enumerate(sizes) if not any(_covers(full[b], full[a]) for b in sizes[:at])]
    if problem.one_size or len(best) == 1:
        for module in best:
            yield _filled(problem, module)
        return
    yield replace(problem, modules=tuple(problem.modules[module] for module in sorted(best)))


def _full_cards(problem: PoolProblem, module: int) -> tuple[int, ...]:
    """Return what a full card of each site holds with modules of a size."""
    piece = problem.modules[module]
    return tuple(max(fills(site, piece), default=0) * piece.gib for site in problem.sites)


def _covers(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(a >= b for a, b in zip(one, other, strict=True))


def _filled(problem: PoolProblem, module: int) -> PoolProblem:
    """Return the problem with one size, and that in full cards only."""
    piece = problem.modules[module]
    sites = tuple(replace(site, populations=fills(site, piece)[-1:]) for site in problem.sites)
    return replace(problem, modules=(piece,), sites=sites, one_size=True)


# ---------------------------------------------------------------- arithmetic


def arithmetic_forbids(problem: PoolProblem, need: Needs) -> bool:
    """Whether counting alone shows that there is no pool: links against ports, heads, candidates, memory, budgets."""
    least = links_needed(problem)
    if any(links > most_links(problem, host) for host, links in enumerate(least)):
        return True
    slots = slots_of(problem)
    reached = [reachable_hosts(problem, site) for site in problem.sites]
    near = [
        sum(count for hosts, count in zip(reached, slots, strict=True) if host in hosts) for host in range(len(least))
    ]
    if any(links > candidates for links, candidates in zip(least, near, strict=True)):
        return True
    heads = sum(
        min(site.heads, len(hosts)) * count for site, hosts, count in zip(problem.sites, reached, slots, strict=True)
    )
    if sum(least) > heads:
        return True
    return not any(_may_hold(problem, need, modules) for modules in families(problem))


def _may_hold(problem: PoolProblem, need: Needs, modules: tuple[int, ...]) -> bool:
    """Whether the closed forms leave room for these module sizes: within the candidates, and within every budget."""
    if floor_of(problem, need, modules, "capacity") is None:
        return False
    floors = ((floor_of(problem, need, modules, limit.measure), limit.most) for limit in problem.limits)
    return all(floor is not None and floor <= most for floor, most in floors)
