"""Other ways to carry the same demand, so that "beats no pool" is never the whole claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rackc.compiler.optimize.patterns import fills, links_needed, peaks_gib
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import (
    Conflict,
    Module,
    Outcome,
    PoolDecision,
    PoolProblem,
    Rival,
    Site,
    Unknown,
)
from rackc.compiler.optimize.promises import may_lose
from rackc.compiler.optimize.watch import Watch

Name = Literal["direct expansion", "host DRAM", "static slices", "dynamic slices"]


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """Some cards, or modules, for one host."""

    cost_cents: int
    gib: int
    cards: int
    power_mw: int


NOTHING = Bundle(0, 0, 0, 0)


def rivals(problem: PoolProblem, decision: PoolDecision | None, watch: Watch | None = None) -> tuple[Rival, ...]:
    """Return direct expansion, host DRAM, static and dynamic slices, each with how it was computed.

    `decision` is the answer to the problem itself, if there is one: it is static slices where demand does not vary.
    """
    watch = watch or Watch()
    # What a host needs for itself, without the headroom that only re-letting asks for.
    alone = replace(problem, demand_gib=problem.beside.dynamic_gib or problem.demand_gib)
    found = (direct_expansion(alone), host_dram(alone), static_slices(alone, decision, watch))
    return (*found, dynamic_slices(problem, watch)) if problem.beside.dynamic_gib else found


def direct_expansion(problem: PoolProblem) -> Rival:
    """Each host has controllers of its own, one module size for all hosts, sized to its own peak; exact."""
    note = (
        "each host its own controllers on the same cables, sized to its own peak, one module size for all hosts; "
        "exact, by enumeration; the number of candidates is no limit"
    )
    if not problem.one_size:
        note = note.replace("one module size for all hosts", "one module size for each host")
    best = _cheapest(_hosts_alone(problem, module) for module in problem.modules)
    if not problem.one_size:
        best = _sum([_cheapest(_host_alone(problem, h, m) for m in problem.modules) for h in range(len(problem.hosts))])
    if best is None:
        return Rival(
            "direct expansion",
            may_lose(problem, "controller"),
            None,
            None,
            None,
            None,
            f"{note}; no module size fits every host",
        )
    return Rival(
        "direct expansion", may_lose(problem, "controller"), best.cost_cents, best.gib, best.cards, best.power_mw, note
    )


def _hosts_alone(problem: PoolProblem, module: Module) -> Bundle | None:
    return _sum([_host_alone(problem, host, module) for host in range(len(problem.hosts))])


def _host_alone(problem: PoolProblem, host: int, module: Module) -> Bundle | None:
    """Return the cheapest cards for one host at any one site, nothing without demand, None where none will do."""
    if peaks_gib(problem)[host] == 0:
        return NOTHING
    return _cheapest(_at_site(problem, host, module, site) for site in problem.sites)


def _at_site(problem: PoolProblem, host: int, module: Module, site: Site) -> Bundle | None:
    """Enumerate numbers of cards of each fill: within the ports, links enough, the peak fits with the largest lost."""
    cable, peak, least = site.cables[host], peaks_gib(problem)[host], links_needed(problem)[host]
    counts = fills(site, module)
    if cable is None or not counts:
        return None
    best = None
    for cards in _multisets(counts, len(problem.hosts[host].ports)):
        lost = max(cards) if may_lose(problem, "controller") else 0
        if len(cards) < least or (sum(cards) - lost) * module.gib < peak:
            continue
        bundle = Bundle(
            cost_cents=len(cards) * (site.cost_cents + cable.cost_cents) + sum(cards) * module.cost_cents,
            gib=sum(cards) * module.gib,
            cards=len(cards),
            power_mw=len(cards) * site.power_mw + sum(cards) * module.power_mw,
        )
        best = bundle if best is None else min(best, bundle)
    return best


def _multisets(values: tuple[int, ...], most: int) -> Iterator[tuple[int, ...]]:
    """Yield every multiset of 1 to `most` values."""
    waiting: list[tuple[int, ...]] = [(value,) for value in values] if most > 0 else []
    while waiting:
        cards = waiting.pop()
        yield cards
        if len(cards) < most:
            waiting += [(*cards, value) for value in values if value >= cards[-1]]


def host_dram(problem: PoolProblem) -> Rival:
    """The module cheapest per GiB straight into the hosts, each to its own peak; no controllers."""
    note = "the cheapest modules per GiB in the hosts' own slots, each host to its own peak; lost with its host"
    modules = [module for module in problem.modules if module.gib > 0]
    if not modules:
        return Rival("host DRAM", 0, None, None, None, None, f"{note}; there is no module")
    best = min(modules, key=lambda module: (module.cost_cents / module.gib, module.gib, module.name))
    count = sum(-(-peak // best.gib) for peak in peaks_gib(problem))
    free = problem.beside.free_dimm_slots
    if free is None:
        note = f"{note}; the hosts do not say how many slots are free"
    elif free < count:
        note = f"only if slots were free: it takes {count}, the hosts declare {free}; {note}"
    return Rival("host DRAM", 0, count * best.cost_cents, count * best.gib, 0, count * best.power_mw, note)


def static_slices(problem: PoolProblem, decision: PoolDecision | None, watch: Watch) -> Rival:
    """The same pool where each host keeps its own peak all the time."""
    note = "the same pool, each host's slice fixed at its own peak"
    peaks = peaks_gib(problem)
    if decision is not None and peaks in problem.demand_gib:
        note = f"{note}: the same as the pool itself, since one slice of time has every host's peak"
        return _as_pool("static slices", problem, decision, note)
    answer = solve_pool(replace(problem, demand_gib=(peaks,), goals=("cost",)), watch)
    return _as_pool("static slices", problem, answer, note)


def dynamic_slices(problem: PoolProblem, watch: Watch) -> Rival:
    """The same pool if memory could change hands at once and without headroom: what no system does today."""
    note = "an upper bound: perfect rebalancing in every slice of time, no delay, no headroom"
    answer = solve_pool(replace(problem, demand_gib=problem.beside.dynamic_gib, goals=("cost",)), watch)
    return _as_pool("dynamic slices", problem, answer, note)


def _as_pool(name: Name, problem: PoolProblem, answer: Outcome, note: str) -> Rival:
    match answer:
        case PoolDecision():
            return Rival(
                name,
                may_lose(problem, "controller"),
                answer.cost_cents,
                sum(controller.gib for controller in answer.controllers),
                len(answer.controllers),
                answer.power_mw,
                f"{note}; within {100 * answer.gap:.1f} % of the bound" + ", stopped early" * answer.interrupted,
            )
        case Conflict():
            reason = (
                f"no such pool: {', '.join(answer.families)} conflict" if len(answer.families) > 1 else "no such pool"
            )
            return Rival(name, may_lose(problem, "controller"), None, None, None, None, f"{note}; {reason}")
        case Unknown():
            return Rival(
                name,
                may_lose(problem, "controller"),
                None,
                None,
                None,
                None,
                f"{note}; not decided in the effort given",
            )


def _cheapest(bundles: Iterator[Bundle | None]) -> Bundle | None:
    return min((bundle for bundle in bundles if bundle is not None), default=None)


def _sum(bundles: list[Bundle | None]) -> Bundle | None:
    total = NOTHING
    for bundle in bundles:
        if bundle is None:
            return None
        total = Bundle(
            total.cost_cents + bundle.cost_cents,
            total.gib + bundle.gib,
            total.cards + bundle.cards,
            total.power_mw + bundle.power_mw,
        )
    return total
