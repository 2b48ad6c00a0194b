"""The pool as an integer program over single links: for many hosts and heads, where patterns would be too many.

Weaker than the pattern model, and correct at any size: every row holds for every pool that keeps the promise, and
host sets that a solution leaves short are added until none is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import (
    Design,
    cable_to,
    fills,
    links_needed,
    pattern,
    reachable_hosts,
    slots_of,
)
from rackc.compiler.optimize.problem import Goal, PoolProblem
from rackc.compiler.optimize.rows import Counted, hold_by_count, total, weighted

#: A module and how many of it.
Fill = tuple[int, int]


@dataclass(slots=True)
class Card:
    """A candidate: its links by host, its fills one-hot (none: not populated), the quanta it holds."""

    site: int
    links: dict[int, cp_model.IntVar]
    filled: dict[Fill, cp_model.IntVar]
    quanta: cp_model.LinearExpr
    most_quanta: int


@dataclass(slots=True)
class LinkModel:
    """A model under construction."""

    problem: PoolProblem
    need: Needs
    quantum_gib: int
    levels: tuple[int, ...]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    cards: list[Card] = field(default_factory=list)
    given: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)

    def design(self, value: Callable[[cp_model.IntVar], int]) -> Design:
        """Return the pool that a solution stands for."""
        found = []
        for card in self.cards:
            hosts = tuple(host for host, link in card.links.items() if value(link))
            found += [pattern(self.problem, card.site, hosts, *fill) for fill, on in card.filled.items() if value(on)]
        return tuple(sorted(found))

    def add_set(self, mask: int) -> None:
        """Demand that the hosts of `mask` are served."""
        set_holds_enough(self, mask)

    def goal(self, goal: Goal) -> cp_model.LinearExpr:
        """Return what cards and their links add to a goal."""
        terms = []
        for card in self.cards:
            for host, link in card.links.items():
                cable = cable_to(self.problem.sites[card.site], host)
                terms.append(({"cost": cable.cost_cents, "power": 0, "cable.length": cable.length_mm}[goal], link))
            for fill, on in card.filled.items():
                terms.append((pattern(self.problem, card.site, (), *fill).weight(goal), on))
        return weighted(terms)

    def hint(self, design: Design) -> None:
        """Suggest a design to start from: its cards in the order that the model keeps within a site."""
        waiting = sorted(design, key=lambda one: (one.site, -one.gib))
        for card in self.cards:
            match = next((one for one in waiting if one.site == card.site), None)
            if match is not None:
                waiting.remove(match)
            for host, link in card.links.items():
                self.model.add_hint(link, match is not None and host in match.hosts)
            for fill, on in card.filled.items():
                self.model.add_hint(on, match is not None and fill == (match.module, match.modules))


def build(problem: PoolProblem, need: Needs, modules: tuple[int, ...], sets: tuple[int, ...]) -> LinkModel:
    """Return the model with the capacity promise for the host sets given."""
    capacities = {
        count * problem.modules[module].gib
        for site in problem.sites
        for module in modules
        for count in fills(site, problem.modules[module])
    }
    quantum = math.gcd(*capacities) or 1
    pool = LinkModel(problem, need, quantum, tuple(sorted(capacity // quantum for capacity in capacities)))
    for index, slots in enumerate(slots_of(problem)):
        for _ in range(slots):
            pool.cards.append(_card(pool, index, modules))
    cards_of_a_site_are_in_order(pool)
    hosts_have_links(pool)
    everyone = (1 << len(problem.hosts)) - 1
    for mask in [*(1 << host for host in range(len(problem.hosts))), everyone]:
        counted_sets_hold_enough(pool, mask)
    for mask in sets:
        set_holds_enough(pool, mask)
    return pool


def _card(pool: LinkModel, index: int, modules: tuple[int, ...]) -> Card:
    """A card has one fill at most, links only when filled and then one at least, and not more than its heads."""
    problem, model = pool.problem, pool.model
    site, name = problem.sites[index], len(pool.cards)
    links = {host: model.new_bool_var(f"y{name}_{host}") for host in reachable_hosts(problem, site)}
    filled = {
        (module, count): model.new_bool_var(f"z{name}_{module}_{count}")
        for module in modules
        for count in fills(site, problem.modules[module])
    }
    sizes = {fill: fill[1] * problem.modules[fill[0]].gib // pool.quantum_gib for fill in filled}
    model.add_at_most_one(list(filled.values()))
    populated = total(filled.values())
    model.add(total(links.values()) <= site.heads * populated)
    model.add(total(links.values()) >= populated)
    for link in links.values():
        model.add(link <= populated)
    quanta = weighted((sizes[fill], on) for fill, on in filled.items())
    return Card(index, links, filled, quanta, max(sizes.values(), default=0))


def cards_of_a_site_are_in_order(pool: LinkModel) -> None:
    """For neighbours a, b of one site: quanta of a >= quanta of b (they are interchangeable)."""
    for a, b in zip(pool.cards, pool.cards[1:], strict=False):
        if a.site == b.site and a.filled:
            pool.model.add(a.quanta >= b.quanta)


def hosts_have_links(pool: LinkModel) -> None:
    """For each host h: links needed <= sum of y[c, h] <= ports of h."""
    for index, (host, least) in enumerate(zip(pool.problem.hosts, links_needed(pool.problem), strict=True)):
        links = total(card.links[index] for card in pool.cards if index in card.links)
        pool.model.add(links >= least)
        pool.model.add(links <= len(host.ports))


def given_to(pool: LinkModel, number: int, mask: int) -> cp_model.IntVar:
    """Return w[c, A], what card c may give to A: w <= quanta of c, w <= most * sum of y[c, h], h in A."""
    key = (number, mask)
    if key not in pool.given:
        card = pool.cards[number]
        amount = pool.model.new_int_var(0, card.most_quanta, f"w{number}_{mask}")
        pool.model.add(amount <= card.quanta)
        touching = (link for host, link in card.links.items() if mask >> host & 1)
        pool.model.add(amount <= weighted((card.most_quanta, link) for link in touching))
        pool.given[key] = amount
    return pool.given[key]


def _given(pool: LinkModel, mask: int) -> list[cp_model.IntVar]:
    return [
        given_to(pool, number, mask)
        for number, card in enumerate(pool.cards)
        if card.filled and any(mask >> host & 1 for host in card.links)
    ]


def set_holds_enough(pool: LinkModel, mask: int) -> None:
    """For a host set A and each card f that may be lost: sum of w[c, A], c not f, >= need(A)."""
    demand = -(-pool.need.of(mask) // pool.quantum_gib)
    amounts = _given(pool, mask)
    if demand == 0:
        return
    if not pool.need.survive or not amounts:
        pool.model.add(total(amounts) >= demand)
        return
    for lost in amounts:
        pool.model.add(total(amounts) - lost >= demand)


def counted_sets_hold_enough(pool: LinkModel, mask: int) -> None:
    """For one host, or all, with k cards: they hold least_total(k, need) at least."""
    demand = -(-pool.need.of(mask) // pool.quantum_gib)
    if demand == 0:
        return
    counted = _all_cards(pool) if mask & (mask - 1) else _cards_of(pool, mask.bit_length() - 1)
    hold_by_count(pool.model, counted, demand, pool.levels, pool.need.survive)


def _all_cards(pool: LinkModel) -> Counted:
    cards = total(on for card in pool.cards for on in card.filled.values())
    held = sum((card.quanta for card in pool.cards), start=cp_model.LinearExpr.constant(0))
    return Counted("all", cards, held, len(pool.cards))


def _cards_of(pool: LinkModel, host: int) -> Counted:
    cards = total(card.links[host] for card in pool.cards if host in card.links)
    held = total(_given(pool, 1 << host))
    return Counted(f"host{host}", cards, held, len(pool.problem.hosts[host].ports))
