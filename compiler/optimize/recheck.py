"""Whether an answer read from a file is one: all that can be told without searching. Only the bound is taken on trust.

Names, ports, heads, cables and modules are what the problem offers; sums, figures and slices of time add up; and every
promise holds, each loss in turn, by the same cuts that the search verifies with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rackc.compiler.optimize.cuts import lacking, per_shelf
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import (
    Design,
    Fill,
    Pattern,
    fills,
    goals_of,
    pattern,
    weight_of,
)
from rackc.compiler.optimize.problem import Controller, DecidedController, DecidedLink, PoolDecision, PoolProblem
from rackc.compiler.optimize.promises import copies_in_all, copies_on, rows_of
from rackc.compiler.optimize.repair import stands


def holds(problem: PoolProblem, decision: PoolDecision) -> bool:
    """Whether an answer is true: it could be built, says of itself what is so, and keeps every promise."""
    design = _design(problem, decision)
    return (
        design is not None
        and stands(problem, design)
        and _figures_hold(problem, decision, design)
        and _slices_hold(problem, decision)
        and not lacking(problem, needs(problem), design)
    )


def _design(problem: PoolProblem, decision: PoolDecision) -> Design | None:
    """Return the cards of an answer, None where one of them could not be built."""
    candidates = {one.address: one for one in problem.controllers}
    addresses = [one.address for one in decision.controllers]
    ends = [end for link in decision.links for end in (link.port, link.head)]
    if _repeats(addresses) or _repeats(ends) or not set(addresses) <= candidates.keys():
        return None
    links: dict[str, list[DecidedLink]] = {address: [] for address in addresses}
    for link in decision.links:
        if link.controller not in links or not _may_link(problem, candidates[link.controller], link):
            return None
        links[link.controller].append(link)
    cards = [_card(problem, candidates[one.address], one, links[one.address]) for one in decision.controllers]
    return tuple(card for card in cards if card is not None) if None not in cards else None


def _repeats(things: Iterable[object]) -> bool:
    return any(times > 1 for times in Counter(things).values())


def _may_link(problem: PoolProblem, candidate: Controller, link: DecidedLink) -> bool:
    if not 0 <= link.host < len(problem.hosts):
        return False
    cable = problem.sites[candidate.site].cables[link.host]
    own = link.port in problem.hosts[link.host].ports and link.head in candidate.heads
    return own and cable is not None and cable == link.cable


def _card(
    problem: PoolProblem, candidate: Controller, one: DecidedController, links: list[DecidedLink]
) -> Pattern | None:
    """Return a card as decided, None where it does not hold what it says, or reaches a host twice."""
    number = next((k for k, module in enumerate(problem.modules) if module.name == one.module), None)
    hosts = tuple(sorted(link.host for link in links))
    if number is None or not hosts or _repeats(hosts) or _repeats(one.devices):
        return None
    if not set(one.devices) <= set(candidate.devices) or bool(one.devices) != bool(candidate.devices):
        return None
    if one.modules not in fills(problem.sites[candidate.site], problem.modules[number]):
        return None
    card = pattern(problem, candidate.site, hosts, Fill(number, one.modules, max(len(one.devices), 1)))
    return card if card.gib == one.gib else None


def _figures_hold(problem: PoolProblem, decision: PoolDecision, design: Design) -> bool:
    objective = weight_of(design, goals_of(problem)[0])
    gap = max(0.0, (objective - decision.bound) / objective) if objective else 0.0
    return (
        decision.cost_cents == weight_of(design, "cost")
        and decision.power_mw == weight_of(design, "power")
        and decision.objective == objective
        and 0 <= decision.bound <= objective
        and 0 <= decision.estimate <= objective
        and abs(decision.gap - gap) < 1e-9
        and decision.proved == (gap <= problem.gap)
    )


def _slices_hold(problem: PoolProblem, decision: PoolDecision) -> bool:
    """Whether every slice of time adds up: what each demander has, on each controller, and on each shelf."""
    count, times = len(problem.hosts), copies_in_all(problem)
    demands = rows_of(problem)
    if len(decision.slices_gib) != len(demands) or not _shares_stand(problem, decision):
        return False
    places = [(link.host, link.controller) for link in decision.links]
    places += [(count + share.group, share.controller) for share in decision.shares]
    for at, (row, demand) in enumerate(zip(decision.slices_gib, demands, strict=True)):
        amounts = [*row, *(share.gib[at] for share in decision.shares)]
        if len(row) != len(decision.links) or min(amounts, default=0) < 0:
            return False
        if not _slice_holds(problem, decision, list(zip(places, amounts, strict=True)), demand, times):
            return False
    return True


def _shares_stand(problem: PoolProblem, decision: PoolDecision) -> bool:
    """Whether what groups have in common lies where all of a group reaches it, once a controller."""
    reached: dict[str, set[int]] = {one.address: set() for one in decision.controllers}
    for link in decision.links:
        reached[link.controller].add(link.host)
    return not _repeats((share.group, share.controller) for share in decision.shares) and all(
        0 <= share.group < len(problem.sharing)
        and reached.get(share.controller, set()).issuperset(problem.sharing[share.group].hosts)
        and len(share.gib) == len(problem.demand_gib)
        for share in decision.shares
    )


def _slice_holds(
    problem: PoolProblem, decision: PoolDecision, laid: list[tuple[tuple[int, str], int]], demand: tuple[int, ...], times: int
) -> bool:  # fmt: skip
    shelf = {one.address: problem.sites[one.site].shelf for one in problem.controllers}
    most = {one.address: copies_on(problem, max(len(one.devices), 1)) for one in decision.controllers}
    held, used, stood = Counter[int](), Counter[str](), Counter[tuple[int, int]]()
    for (one, address), amount in laid:
        held[one] += amount
        used[address] += amount
        stood[one, shelf[address]] += amount
        if amount > demand[one] * most[address]:
            return False  # no copy lies beside another one on one device, or behind one link
    limit = per_shelf(problem)
    return (
        all(held[one] == amount * times for one, amount in enumerate(demand))
        and all(used[one.address] <= one.gib for one in decision.controllers)
        and (limit is None or all(amount <= limit * demand[one] for (one, _), amount in stood.items()))
    )
