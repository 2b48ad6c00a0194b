"""The pool as an integer program over single links: for many hosts and heads, where patterns would be too many.

Weaker than the pattern model, and correct at any size: every row holds for every pool that keeps the promises, and
cuts that a solution breaks are added until none is. The rows of cuts are in link_rows.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from rackc.compiler.optimize.cuts import Cut
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.patterns import (
    Design,
    Fill,
    cable_to,
    fills,
    links_needed,
    pattern,
    reachable_hosts,
    slots_of,
)
from rackc.compiler.optimize.problem import Measure, PoolProblem
from rackc.compiler.optimize.promises import hosts_a_controller, most_links
from rackc.compiler.optimize.rows import Counted, hold_by_count, total, weighted
from rackc.compiler.optimize.stability import Before


@dataclass(slots=True)
class Kind:
    """A way to populate a candidate: `chosen` or not, and the `amount`: of a card how often `step` modules are fitted, of a
    switch how many devices that hold `modules` each (0: a card). `quanta` is what one of the amount holds."""

    module: int
    modules: int
    step: int
    chosen: cp_model.IntVar
    amount: cp_model.IntVar
    quanta: int

    def fill(self, amount: int) -> Fill:
        """Return the fill of so many."""
        return Fill(self.module, self.modules, amount) if self.modules else Fill(self.module, amount * self.step)


@dataclass(slots=True)
class Card:
    """A candidate: its links by host, the groups it serves, its kinds (none chosen: not populated), the quanta it holds."""

    number: int
    site: int
    links: dict[int, cp_model.IntVar]
    groups: dict[int, cp_model.IntVar]
    kinds: list[Kind]
    quanta: cp_model.LinearExpr
    most_quanta: int

    @property
    def populated(self) -> cp_model.LinearExpr:
        """Return 1 where it holds memory."""
        return total(kind.chosen for kind in self.kinds)

    def served(self, hosts: int) -> dict[int, cp_model.IntVar]:
        """Return whether it serves each demander: hosts, then groups from the number `hosts` on."""
        return {**self.links, **{hosts + group: flag for group, flag in self.groups.items()}}


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
    reaches: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    more_than: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    at_most: dict[tuple[int, int, int], cp_model.IntVar] = field(default_factory=dict)

    def design(self, value: Callable[[cp_model.IntVar], int]) -> Design:
        """Return the pool that a solution stands for."""
        found = []
        for card in self.cards:
            hosts = tuple(host for host, link in card.links.items() if value(link))
            chosen = (kind for kind in card.kinds if value(kind.chosen))
            found += [pattern(self.problem, card.site, hosts, kind.fill(value(kind.amount))) for kind in chosen]
        return tuple(sorted(found))

    def add_cut(self, cut: Cut) -> None:
        """Demand that what a cut says is kept."""
        from rackc.compiler.optimize.link_rows import cut_is_met, set_holds_enough

        if cut.kind == "fit":
            set_holds_enough(self, cut.mask, self.need)
        elif cut.kind == "restart":
            set_holds_enough(self, cut.mask, self.need.after_restart)
        else:
            cut_is_met(self, cut)

    def measure(self, measure: Measure) -> cp_model.LinearExpr:
        """Return what cards and their links add to a goal or a budgeted measure."""
        terms = []
        for card in self.cards:
            terms += [(_of_link(self.problem, card.site, host, measure), link) for host, link in card.links.items()]
            for kind in card.kinds:
                base, each = _of_kind(self.problem, card.site, kind, measure)
                terms += [(base, kind.chosen), (each, kind.amount)]
        return weighted(terms)

    def changes(self, before: tuple[Before, ...]) -> cp_model.LinearExpr:
        """Return all links, then and now, less twice those that stay, each earlier card being the same candidate."""
        waiting = sorted(before, key=lambda one: (one.card.site, -one.card.gib, one.card.hosts))
        kept: list[cp_model.IntVar] = []
        for card in self.cards:
            match = next((one for one in waiting if one.card.site == card.site), None)
            if match is not None:
                waiting.remove(match)
                kept += [link for host, link in card.links.items() if host in match.card.hosts]
        return self.measure("links") + sum(len(one.card.hosts) for one in before) - 2 * total(kept)

    def hint(self, design: Design) -> None:
        """Suggest a design to start from."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for variable, value in self.as_values(design):
            self.model.add_hint(variable, value)

    def as_values(self, design: Design) -> list[tuple[cp_model.IntVar, int]]:
        """Return every decision as a design has it: its cards in the order that the model keeps within a site."""
        waiting = sorted(design, key=lambda one: (one.site, -one.gib, one.hosts))
        values: list[tuple[cp_model.IntVar, int]] = []
        for card in self.cards:
            match = next((one for one in waiting if one.site == card.site), None)
            if match is not None:
                waiting.remove(match)
            values += [(link, int(match is not None and host in match.hosts)) for host, link in card.links.items()]
            for kind in card.kinds:
                amount = 0
                if match is not None and kind.module == match.module and kind.modules in (0, match.modules):
                    amount = match.devices if kind.modules else match.modules // kind.step
                values += [(kind.chosen, int(amount > 0)), (kind.amount, amount)]
        return values

    def stay_near(self, design: Design, most: int) -> None:
        """Allow designs where at most so many links are made or taken away, and begin with this one."""
        self.hint(design)
        names = {link.index for card in self.cards for link in card.links.values()}
        links = [(variable, value) for variable, value in self.as_values(design) if variable.index in names]
        self.model.add(sum((1 - one if value else one for one, value in links), start=0) <= most)


def _of_link(problem: PoolProblem, site: int, host: int, measure: Measure) -> int:
    cable = cable_to(problem.sites[site], host)
    amounts: dict[Measure, int] = {"cost": cable.cost_cents, "cable.length": cable.length_mm, "links": 1}
    return amounts.get(measure, 0)


def _of_kind(problem: PoolProblem, site: int, kind: Kind, measure: Measure) -> tuple[int, int]:
    """Return what a populated candidate adds to a measure by itself, and each module (of a switch: device) of it.

    A line through the fills of one and of two, since every measure is linear in them.
    """
    one, two = (pattern(problem, site, (), kind.fill(amount)).weight(measure) for amount in (1, 2))
    return 2 * one - two, two - one


def build(problem: PoolProblem, need: Needs, modules: tuple[int, ...]) -> LinkModel:
    """Return the model without any cut but those that follow from counting."""
    sizes = {
        count * problem.modules[module].gib
        for site in problem.sites
        for module in modules
        for count in fills(site, problem.modules[module])
    }
    quantum = math.gcd(*sizes) or 1
    pool = LinkModel(problem, need, quantum, tuple(sorted(size // quantum for size in sizes)))
    for index, slots in enumerate(slots_of(problem)):
        for _ in range(slots):
            pool.cards.append(_card(pool, index, modules))
    cards_of_a_site_are_in_order(pool)
    hosts_have_links(pool)
    if all(site.devices == 0 for site in problem.sites):
        for mask in [*(1 << host for host in range(len(problem.hosts))), (1 << need.demanders) - 1]:
            counted_sets_hold_enough(pool, mask)
    return pool


def _card(pool: LinkModel, index: int, modules: tuple[int, ...]) -> Card:
    """A card has one kind at most, links only when populated and then one at least, and not more than its heads."""
    problem, model = pool.problem, pool.model
    site, name = problem.sites[index], len(pool.cards)
    links = {host: model.new_bool_var(f"y{name}_{host}") for host in reachable_hosts(problem, site)}
    kinds = [kind for module in modules for kind in _kinds(pool, index, module, name)]
    most = max((kind.quanta * max(site.devices, *site.populations) for kind in kinds), default=0)
    quanta = weighted((kind.quanta, kind.amount) for kind in kinds)
    card = Card(name, index, links, _groups(pool, links, name), kinds, quanta, most)
    model.add_at_most_one([kind.chosen for kind in kinds])
    model.add(total(links.values()) <= site.heads * card.populated)
    model.add(total(links.values()) >= hosts_a_controller(problem) * card.populated)
    for link in links.values():
        model.add(link <= card.populated)
    _hosts_of_one_group(pool, card)
    return card


def _kinds(pool: LinkModel, index: int, module: int, name: int) -> list[Kind]:
    """Return the kinds of one module size: for a card the number of modules is open, for a switch that of devices."""
    site, piece, model = pool.problem.sites[index], pool.problem.modules[module], pool.model
    counts = fills(site, piece)
    step = 1 if site.devices else math.gcd(*counts)
    steps = [count // step for count in counts] if step else []
    ranges = [(count, list(range(1, site.devices + 1))) for count in counts] if site.devices else [(0, steps)]
    found = []
    for modules, amounts in ranges:
        if not amounts:
            continue
        chosen = model.new_bool_var(f"u{name}_{module}_{modules}")
        domain = cp_model.Domain.from_values([0, *amounts])
        amount = model.new_int_var_from_domain(domain, f"n{name}_{module}_{modules}")
        model.add(amount <= max(amounts) * chosen)
        model.add(amount >= min(amounts) * chosen)
        found.append(Kind(module, modules, step, chosen, amount, (modules or step) * piece.gib // pool.quantum_gib))
    return found


def _groups(pool: LinkModel, links: dict[int, cp_model.IntVar], name: int) -> dict[int, cp_model.IntVar]:
    """g[c, G] <= y[c, h], h in G: a group is served where all its hosts are."""
    found = {}
    for number, group in enumerate(pool.problem.sharing):
        if all(host in links for host in group.hosts):
            found[number] = pool.model.new_bool_var(f"g{name}_{number}")
            for host in group.hosts:
                pool.model.add(found[number] <= links[host])
    return found


def _hosts_of_one_group(pool: LinkModel, card: Card) -> None:
    """Hosts of different isolation groups share no card: y[c, h] <= i[c, group of h], one group at most."""
    flags: dict[str, cp_model.IntVar] = {}
    for host, link in card.links.items():
        group = pool.problem.hosts[host].group
        if group:
            flag = flags.setdefault(group, pool.model.new_bool_var(f"i{card.number}_{group}"))
            pool.model.add(link <= flag)
    pool.model.add_at_most_one(list(flags.values()))


def cards_of_a_site_are_in_order(pool: LinkModel) -> None:
    """For neighbours a, b of one site: quanta of a >= quanta of b (they are interchangeable)."""
    for a, b in zip(pool.cards, pool.cards[1:], strict=False):
        if a.site == b.site and a.kinds:
            pool.model.add(a.quanta >= b.quanta)


def hosts_have_links(pool: LinkModel) -> None:
    """For each host h: links needed <= sum of y[c, h] <= most links of h."""
    for index, least in enumerate(links_needed(pool.problem)):
        links = total(card.links[index] for card in pool.cards if index in card.links)
        pool.model.add(links >= least)
        pool.model.add(links <= most_links(pool.problem, index))


def given_to(pool: LinkModel, number: int, mask: int) -> cp_model.IntVar:
    """Return w[c, A], what card c may give to A: w <= quanta of c, w <= most * sum of y[c, h], h in A."""
    key = (number, mask)
    if key not in pool.given:
        card = pool.cards[number]
        amount = pool.model.new_int_var(0, card.most_quanta, f"w{number}_{mask}")
        pool.model.add(amount <= card.quanta)
        touching = (flag for one, flag in card.served(pool.need.hosts).items() if mask >> one & 1)
        pool.model.add(amount <= weighted((card.most_quanta, flag) for flag in touching))
        pool.given[key] = amount
    return pool.given[key]


def given(pool: LinkModel, mask: int) -> dict[int, cp_model.IntVar]:
    """Return w[c, A] for every card c that could serve A."""
    return {
        card.number: given_to(pool, card.number, mask)
        for card in pool.cards
        if card.kinds and any(mask >> one & 1 for one in card.served(pool.need.hosts))
    }


def counted_sets_hold_enough(pool: LinkModel, mask: int) -> None:
    """For one host, or all, with k cards: they hold least_total(k, need) at least."""
    demand = -(-pool.need.of(mask) // pool.quantum_gib)
    if demand == 0:
        return
    counted = _all_cards(pool) if mask & (mask - 1) else _cards_of(pool, mask.bit_length() - 1)
    hold_by_count(pool.model, counted, demand, pool.levels, pool.need.controllers)


def _all_cards(pool: LinkModel) -> Counted:
    cards = total(kind.chosen for card in pool.cards for kind in card.kinds)
    held = sum((card.quanta for card in pool.cards), start=cp_model.LinearExpr.constant(0))
    return Counted("all", cards, held, len(pool.cards))


def _cards_of(pool: LinkModel, host: int) -> Counted:
    cards = total(card.links[host] for card in pool.cards if host in card.links)
    held = total(given(pool, 1 << host).values())
    return Counted(f"host{host}", cards, held, most_links(pool.problem, host))
