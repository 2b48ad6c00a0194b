"""Pools too large for an integer program: which devices exist, who is wired to them, how much memory each holds.

For each number of links a host, candidates are chosen and wired (ground.py), memory is fitted and taken away again where the
promise still holds (size.py), and the best of all these is the answer. Nothing is returned that max-flow has not verified for
every slice and every loss (fit.py). The bound (bound.py) is valid for every pool, also for those that were not tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import gt

import numpy as np

from rackc.compiler.comparison import LinksTried
from rackc.compiler.optimize.compare.direct import cheapest
from rackc.compiler.optimize.deciding import Proof, decision_of
from rackc.compiler.optimize.patterns import Design, families, goals_of, largest_card_gib, weight_of
from rackc.compiler.optimize.pods.asked import Asked, Promises, asked, beyond
from rackc.compiler.optimize.pods.bound import bound_of, cables_of, fleets
from rackc.compiler.optimize.pods.given import given_wirings
from rackc.compiler.optimize.pods.ground import Wired, cheap_wirings, wide_wiring
from rackc.compiler.optimize.pods.size import design_of, levels_of, sized
from rackc.compiler.optimize.problem import (
    Conflict,
    Family,
    Outcome,
    PoolDecision,
    PoolProblem,
    Requirement,
    Unknown,
)
from rackc.compiler.optimize.stability import STAY_SHARE, earlier
from rackc.compiler.optimize.watch import Watch

#: More hosts than this are too many for the integer program.
MOST_HOSTS = 24

#: Numbers of links a host that are tried: up to so many, and as many as there are.
TRIED = 8

#: Numbers of devices that are tried for one number of links once something fits.
MOST_TRIES = 2
#: How often hosts are given more links, and how many numbers of devices are tried while nothing fits.
MOST_MORE = 8
MOST_FAILURES = 24
#: What a pair of hosts that meets again costs, in tenths of a cable: tried from dear to cheap until nothing fits, or, where
#: it cannot be the best, until something does.
PRICES = (300, 100, 30, 1)
FEW_PRICES = (30, 300)

#: Deterministic effort of one flow.
_FLOW = 1e-4


def is_large(problem: PoolProblem) -> bool:
    """Return whether a pool is one for solve_pod rather than for the integer program."""
    return len(problem.hosts) > MOST_HOSTS and not beyond(problem)


@dataclass(frozen=True, slots=True)
class Pod:
    """A verified pool; `links` were asked for a host."""

    links: int
    design: Design


def solve_pod(problem: PoolProblem, watch: Watch | None = None, prior: PoolDecision | None = None) -> Outcome:
    """Return the best pod found with its bound, and what other numbers of links a host would come to.

    Unknown where the problem asks for what this method does not decide (see asked.beyond) or where nothing was found though
    nothing shows that there is none.
    """
    watch, tables = watch or Watch(), asked(problem)
    if beyond(problem):
        return Unknown(0.0, watch.stopped)
    if not len(tables.rows) and not len(tables.restarted):
        return _decision(_Search(tables, watch), Pod(0, ()), 0, (), prior)
    conflict = _impossible(tables)
    if conflict is not None:
        return conflict
    search = _Search(tables, watch)
    bound = bound_of(tables, search.families, search.goals[0])
    if bound is None:
        return _conflict(problem, ("demand", "modules", "candidates"), _held(tables))
    found = _tried(search, bound)
    best = search.best(pod for pods in found.values() for pod in pods if search.enough(pod))
    if best is None:
        return Unknown(round(search.effort, 4), watch.stopped)
    return _decision(search, _stay(search, best, prior), bound, _by_links(search, found), prior)


def _stay(search: _Search, best: Pod, prior: PoolDecision | None) -> Pod:
    """Return the pod wired as an earlier answer, with memory as it is needed now, where that costs little more than the best."""
    problem, before = search.tables.problem, earlier(search.tables.problem, prior)
    if not before or not problem.churn_cents or search.watch.stopped:
        return best
    number = {address: device for device, address in enumerate(search.tables.address)}
    placed = sorted((number[one.address], one.card.hosts) for one in before)
    wired = Wired(tuple(device for device, _ in placed), tuple(hosts for _, hosts in placed))
    modules = {one.card.module for one in before}
    kept = [search.fitted(wired, best.links, some) for some in search.families if modules & set(some)]
    stayed = search.best(pod for pod in kept if pod is not None and search.enough(pod))
    return best if stayed is None or search.first(stayed) > search.first(best) * (1 + STAY_SHARE) else stayed


class _Search:
    """What is tried, and the deterministic effort of it."""

    def __init__(self, tables: Asked, watch: Watch) -> None:
        self.tables, self.watch, self.effort = tables, watch, 0.0
        self.goals = goals_of(tables.problem)
        self.families = families(tables.problem)
        self.lacking: list[int] = []

    def fitted(self, wired: Wired, links: int, modules: tuple[int, ...]) -> Pod | None:
        """Return a verified pool on one wiring with modules of a family."""
        sites = wired.sites(self.tables)
        promises = Promises(self.tables, wired.wiring, sites)
        if not promises.linked():
            return None
        levels = levels_of(self.tables.problem, sites, modules, self.goals[0])
        chosen = sized(promises, levels)
        self.lacking = []
        if chosen is None and levels:
            self.lacking = promises.lacking(np.full(promises.net.devices, levels[-1].gib, np.int64))
        self.effort += (promises.trial.net.flows + promises.restarted.net.flows) * _FLOW
        return None if chosen is None else Pod(links, design_of(self.tables, wired.wiring, sites, chosen))

    def more_links(self, links: tuple[int, ...], devices: int) -> tuple[int, ...]:
        """Return one link more for the hosts that lacked memory, as far as they have ports, in reach of the heads there are."""
        heads = max(site.heads for site in self.tables.problem.sites)
        left, found = devices * heads - sum(links), list(links)
        for host in sorted(self.lacking, key=lambda host: (links[host], host)):
            if left > 0 and found[host] < self.tables.most[host]:
                found[host] += 1
                left -= 1
        return tuple(found)

    def value(self, pod: Pod) -> tuple[int, ...]:
        """Return the goals of a pool in order."""
        return (*(weight_of(pod.design, goal) for goal in self.goals), weight_of(pod.design, "cost"))

    def first(self, pod: Pod | None) -> float:
        """Return the first goal of a pool; of none, more than any."""
        return float("inf") if pod is None else self.value(pod)[0]

    def enough(self, pod: Pod) -> bool:
        """Whether hosts have the links that are stated, and budgets are kept."""
        have = [0] * self.tables.hosts
        for card in pod.design:
            for host in card.hosts:
                have[host] += 1
        within = all(weight_of(pod.design, limit.measure) <= limit.most for limit in self.tables.problem.limits)
        return within and all(least <= one for least, one in zip(self.tables.needed, have, strict=True))

    def best(self, pods: Iterable[Pod]) -> Pod | None:
        """Return the best pool."""
        return min(pods, key=lambda pod: (*self.value(pod), pod.design), default=None)

    def done(self) -> bool:
        """Whether to stop: one was asked to, or the effort is spent."""
        return self.watch.stopped or self.effort > self.tables.problem.effort


def _tried(search: _Search, bound: int) -> dict[int, list[Pod]]:
    """Return verified pools by links a host: those asked for first, then the alternatives from few to many."""
    tables = search.tables
    if tables.problem.allowed:
        return _of_shape(search)
    found: dict[int, list[Pod]] = {}
    stated, most = max(1, *tables.needed), max(tables.most)
    counts = {*range(max(1, *tables.bare), min(TRIED, most) + 1), stated, most}
    best: Pod | None = None
    for ports in sorted(counts, key=lambda n: (n < stated, n)):
        if search.done() and best is not None:
            break
        found[ports] = _of_links(search, ports, search.first(best))
        best = search.best(pod for pods in found.values() for pod in pods if search.enough(pod))
        search.watch.report(None if best is None else search.value(best)[0], bound, search.effort)
    return found


def _of_shape(search: _Search) -> dict[int, list[Pod]]:
    """Return verified pools whose devices serve the sets allowed."""
    found: dict[int, list[Pod]] = {}
    for links, wired in given_wirings(search.tables, search.goals[0]):
        for modules in () if search.done() and found else search.families:
            pod = search.fitted(wired, links, modules)
            if pod is not None:
                found.setdefault(links, []).append(pod)
    return found


@dataclass(frozen=True, slots=True, order=True)
class _Plan:
    """What to try: so many devices with modules of a family, so many links of each host; `least` is what it may come to."""

    least: int
    count: int
    modules: tuple[int, ...]
    links: tuple[int, ...]


def _plans(search: _Search, ports: int) -> list[_Plan]:
    """Return what may be tried with so many links a host, the most promising first."""
    found = []
    for modules in search.families:
        links = search.tables.links(modules, ports)
        cables = None if links is None else cables_of(search.tables, search.goals[0], links)
        if links is not None and cables is not None:
            every = fleets(search.tables, modules, search.goals[0], sum(links))
            found += [_Plan(one.weight + cables, one.count, modules, links) for one in every]
    return sorted(found)


def _of_links(search: _Search, ports: int, known: float) -> list[Pod]:
    """Return verified pools of so many links a host, trying numbers of devices and modules in order of what they promise.

    It ends where the next cannot be better than the best, or after MOST_TRIES, or the first where a pool of value `known` is
    better than all; while nothing fits, numbers of devices grow.
    """
    gap, found = search.tables.problem.gap, list[Pod]()
    best, tries, failures, failed = None, 0, 0, dict[tuple[int, ...], int]()
    for plan in _plans(search, ports):
        few = plan.least >= known
        if (
            search.first(best) * (1 - gap) <= plan.least
            or tries >= (1 if few else MOST_TRIES)
            or (found and search.done())
        ):
            break
        if plan.count < failed.get(plan.modules, 0) or failures > MOST_FAILURES:
            continue
        found += _of_plan(search, ports, plan, FEW_PRICES if few else PRICES)
        best = search.best(found)
        tries += bool(found)
        if not found:
            failures += 1
            failed[plan.modules] = plan.count + 1 + plan.count // 16
    return found


def _of_plan(search: _Search, ports: int, plan: _Plan, prices: tuple[int, ...]) -> list[Pod]:
    """Return verified pools of one plan. Where even full devices lack memory, the hosts that do are given more links."""
    found: list[Pod] = []
    for _ in range(MOST_MORE):
        for wired in _wirings(search, ports, plan, prices):
            pod = search.fitted(wired, ports, plan.modules)
            found += [] if pod is None else [pod]
            if found and (pod is None or prices == FEW_PRICES):
                break
        if found or not search.lacking:
            return found
        more = search.more_links(plan.links, plan.count)
        if more == plan.links:
            return found
        plan = replace(plan, links=more)
    return found


def _wirings(search: _Search, ports: int, plan: _Plan, prices: tuple[int, ...]) -> Iterator[Wired]:
    """Yield wirings of so many devices.

    Links that are stated beyond what memory needs are there to reach others: then pairs and hops come first.
    """
    tables = search.tables
    if any(map(gt, tables.needed, tables.bare)) and ports >= max(tables.needed):
        wired = wide_wiring(tables, plan.links, plan.count)
        yield from () if wired is None else (wired,)
    else:
        yield from cheap_wirings(tables, search.goals[0], plan.links, plan.count, prices)


def _by_links(search: _Search, found: dict[int, list[Pod]]) -> tuple[LinksTried, ...]:
    """Return what each number of links a host comes to, direct expansion as 0."""
    alone = cheapest(search.tables.problem)
    rows = [LinksTried(0, 0, 0, 0, None, "direct expansion does not fit, or cannot promise this")]
    if alone is not None:
        rows = [LinksTried(0, alone.devices, alone.gib, alone.cost_cents, 0)]
    for links, pods in sorted(found.items()):
        best = search.best(pods)
        if best is None:
            rows.append(LinksTried(links, 0, 0, 0, None, "no pool was found that fits"))
            continue
        cost, gib = weight_of(best.design, "cost"), weight_of(best.design, "capacity")
        saving = None if alone is None else alone.cost_cents - cost
        rows.append(LinksTried(links, len(best.design), gib, cost, saving))
    return tuple(rows)


def _impossible(tables: Asked) -> Conflict | None:
    """Return why no pool can be wired: too few ports, or candidates out of reach or too few."""
    for host, least, most in zip(tables.problem.hosts, tables.needed, tables.most, strict=True):
        if least > most:
            return _conflict(tables.problem, ("ports",), f"{host.address} needs {least} links and may have {most}")
    if cables_of(tables, "cost", tables.needed) is not None:
        return None
    heads = sum(tables.problem.sites[site].heads for site in tables.site)
    said = f"the hosts need {sum(tables.needed):,} links; {len(tables.site)} candidates have {heads:,} heads, not all in reach"
    return _conflict(tables.problem, ("candidates", "reach"), said)


def _conflict(problem: PoolProblem, families: tuple[Family, ...], figures: str) -> Conflict:
    """Return requirements that cannot hold together, with what may be lost; it is not verified that they are the fewest."""
    losses = tuple(Requirement("survive", which) for which in range(len(problem.losses)))
    kinds: tuple[Family, ...] = (*families, "survive") if losses else families
    return Conflict(kinds, (figures,), (), (*(Requirement(one) for one in families), *losses), smallest=False)


def _held(tables: Asked) -> str:
    """Return what is asked of memory against what the candidates can hold, in words."""
    each = largest_card_gib(tables.problem)
    need = int(tables.rows.sum(axis=1).max(initial=0)) * tables.copies
    return (
        f"the slice with most demand needs {need:,} GiB; {len(tables.site)} candidates hold {each:,} GiB each at most"
    )


def _decision(
    search: _Search, pod: Pod, bound: int, by_links: tuple[LinksTried, ...], prior: PoolDecision | None
) -> PoolDecision:
    proof = Proof(bound, bound, search.effort, search.watch.stopped)
    return decision_of(search.tables.problem, pod.design, proof, prior, by_links)
