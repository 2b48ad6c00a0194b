"""How far a design is from an earlier answer: which of its cards are which, and how many links differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.graph.python import linear_sum_assignment

from rackc.compiler.optimize.patterns import Design, Fill, Pattern, pattern, reachable_hosts
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem

#: What staying with an earlier answer may add to the first goal.
STAY_SHARE = 0.003


@dataclass(frozen=True, slots=True)
class Before:
    """A card of the earlier answer, as far as it could still be built."""

    address: str
    card: Pattern


def earlier(problem: PoolProblem, prior: PoolDecision | None) -> tuple[Before, ...]:
    """Return the cards of an earlier answer that still are candidates, with the links that still have a port and a cable.

    Modules that are no longer offered are taken for the first one: it is links that one wants to keep.
    """
    if prior is None:
        return ()
    candidates = {one.address: one for one in problem.controllers}
    ports = {port: index for index, host in enumerate(problem.hosts) for port in host.ports}
    names = {module.name: index for index, module in enumerate(problem.modules)}
    found = []
    for decided in prior.controllers:
        candidate = candidates.get(decided.address)
        if candidate is None or not problem.modules:
            continue
        reachable = set(reachable_hosts(problem, problem.sites[candidate.site]))
        linked = {ports.get(link.port, -1) for link in prior.links if link.controller == decided.address}
        hosts = tuple(sorted(linked & reachable))
        if hosts:
            fill = Fill(names.get(decided.module, 0), decided.modules, max(len(decided.devices), 1))
            found.append(Before(decided.address, pattern(problem, candidate.site, hosts, fill)))
    return tuple(found)


def matched(design: Design, before: Sequence[Before]) -> dict[int, int]:
    """Return which card of a design (by position) is which earlier one (by position): most links in common in all.

    Among equals the one whose memory is the same stays. Cards of different sites never match.
    """
    found: dict[int, int] = {}
    for site in sorted({card.site for card in design}):
        new = [k for k, card in enumerate(design) if card.site == site]
        old = [k for k, one in enumerate(before) if one.card.site == site]
        found.update(_matched_at(design, before, new, old))
    return found


def _matched_at(design: Design, before: Sequence[Before], new: list[int], old: list[int]) -> dict[int, int]:
    """An assignment of cards to cards; as many dummies on either side make it square."""
    size = len(new) + len(old)
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    for i in range(size):
        for j in range(size):
            real = i < len(new) and j < len(old)
            solver.add_arc_with_cost(i, j, -_in_common(design[new[i]], before[old[j]].card) if real else 0)
    solver.solve()
    pairs = ((i, solver.right_mate(i)) for i in range(len(new)))
    return {
        new[i]: old[j] for i, j in pairs if j < len(old) and set(design[new[i]].hosts) & set(before[old[j]].card.hosts)
    }


def _in_common(a: Pattern, b: Pattern) -> int:
    """Return links in common first, then whether the memory is the same."""
    return 4 * len(set(a.hosts) & set(b.hosts)) + (a.gib == b.gib and a.module == b.module)


def changed_links(design: Design, before: Sequence[Before]) -> int:
    """Return how many links are made or taken away against the earlier answer."""
    pairs = matched(design, before)
    kept = sum(len(set(design[new].hosts) & set(before[old].card.hosts)) for new, old in pairs.items())
    return sum(len(card.hosts) for card in design) + sum(len(one.card.hosts) for one in before) - 2 * kept
