"""Rows of the link model for cuts: what a set of demanders must be given, intact and after every loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

from ortools.sat.python import cp_model

from rackc.compiler.optimize.cuts import Cut
from rackc.compiler.optimize.hall import Needs, some_of
from rackc.compiler.optimize.links import Card, LinkModel, given
from rackc.compiler.optimize.master import outside, partitions
from rackc.compiler.optimize.promises import copies_on
from rackc.compiler.optimize.rows import total, weighted

Given = dict[int, cp_model.IntVar]


def set_holds_enough(pool: LinkModel, mask: int, need: Needs) -> None:
    """For a set A of demanders, after every loss: sum of w[c, A] - what is lost >= need(A)."""
    demand = -(-need.of(mask) // pool.quantum_gib)
    if demand == 0:
        return
    amounts = given(pool, mask)
    if not (need.controllers or need.links or need.shelves) or not amounts:
        pool.model.add(total(amounts.values()) >= demand)
        return
    if need.controllers:
        items = [item for c, amount in amounts.items() for item in _devices(pool, pool.cards[c], amount, mask)]
        _hold_without_largest(pool, amounts, [(items, need.controllers)], demand)
    for parts in partitions(need.links) if need.links else ():
        lost = [(_links_lost(pool, amounts, mask, price), n) for price, n in sorted(Counter(parts).items())]
        _hold_without_largest(pool, amounts, lost, demand)
    for gone in need.shelf_losses():
        left = (w for c, w in amounts.items() if need.shelf_of[pool.cards[c].site] not in gone)
        pool.model.add(total(left) >= demand)


def _hold_without_largest(
    pool: LinkModel, amounts: Given, lost: Sequence[tuple[Sequence[cp_model.IntVar], int]], demand: int
) -> None:
    """sum of w - for each kind of loss the sum of its n largest >= demand.

    For n = 1 a row an item; else the sum of the n largest is the least of n * t + sum of max(0, item - t) over t.
    """
    held = total(amounts.values())
    if len(lost) == 1 and lost[0][1] == 1:
        for item in lost[0][0]:
            pool.model.add(held - item >= demand)
        return
    for items, n in lost:
        threshold = pool.model.new_int_var(0, max(pool.cards[c].most_quanta for c in amounts), "t")
        held -= n * threshold
        for item in items:
            above = pool.model.new_int_var(0, max(card.most_quanta for card in pool.cards), "a")
            pool.model.add(above >= item - threshold)
            held -= above
    pool.model.add(held >= demand)


def _devices(pool: LinkModel, card: Card, amount: cp_model.IntVar, mask: int) -> list[cp_model.IntVar]:
    """Return what the loss of each device takes from A: of a card all that it gives, of a switch one device after another.

    The j-th device: item >= quanta of a device, if that many are in use and the card serves a demander of A.
    """
    if not pool.problem.sites[card.site].devices:
        return [amount]
    touching = [flag for one, flag in card.served(pool.need.hosts).items() if mask >> one & 1]
    items = []
    for number in range(1, min(pool.need.controllers, pool.problem.sites[card.site].devices) + 1):
        item = pool.model.new_int_var(0, card.most_quanta, f"d{card.number}_{mask}_{number}")
        for kind in card.kinds:
            used = more_than(pool, card, number - 1)
            for flag in touching:
                pool.model.add(item >= kind.quanta * (kind.chosen + used + flag - 2))
        items.append(item)
    return items


def more_than(pool: LinkModel, card: Card, devices: int) -> cp_model.IntVar:
    """Return a flag that is set just where more devices than this are in use.

    devices in use <= devices + most * flag; devices in use >= (devices + 1) * flag.
    """
    key = (card.number, devices)
    if key not in pool.more_than:
        flag = pool.model.new_bool_var(f"m{card.number}_{devices}")
        most = pool.problem.sites[card.site].devices
        used = total(kind.amount for kind in card.kinds)
        pool.model.add(used <= devices + most * flag)
        pool.model.add(used >= (devices + 1) * flag)
        pool.more_than[key] = flag
    return pool.more_than[key]


def _links_lost(pool: LinkModel, amounts: Given, mask: int, price: int) -> list[cp_model.IntVar]:
    """Return what each card takes from A when `price` links of it are lost, if it touches A by exactly so many.

    e[k] is set where a card touches A by k links or fewer: (k + 1) * (1 - e[k]) <= links; item >= w - most * (1 - e[k] + e[k - 1]).
    """
    items = []
    for c, amount in amounts.items():
        card = pool.cards[c]
        links = _links_to_lose(pool, card, mask)
        few = [_at_most(pool, card, links, mask, k) for k in (price, price - 1) if k]
        item = pool.model.new_int_var(0, card.most_quanta, f"l{c}_{mask}_{price}")
        apart = few[0] - few[1] if len(few) > 1 else few[0]
        pool.model.add(item >= amount - card.most_quanta * (1 - apart))
        items.append(item)
    return items


def _at_most(pool: LinkModel, card: Card, links: cp_model.LinearExpr, mask: int, most: int) -> cp_model.IntVar:
    """One flag for each card, set and number: what is counted as dear to lose here may not be cheap elsewhere."""
    key = (card.number, mask, most)
    if key not in pool.at_most:
        pool.at_most[key] = pool.model.new_bool_var(f"e{card.number}_{mask}_{most}")
        pool.model.add((most + 1) * (1 - pool.at_most[key]) <= links)
    return pool.at_most[key]


def _links_to_lose(pool: LinkModel, card: Card, mask: int) -> cp_model.LinearExpr:
    """Return the links that a card must lose to touch A no longer: those to hosts in A, one a group without a host in A."""
    hosts = [link for host, link in card.links.items() if mask >> host & 1]
    groups = [
        flag
        for number, flag in card.groups.items()
        if mask >> pool.need.hosts + number & 1 and not pool.need.groups[number] & mask
    ]
    return total([*hosts, *groups])


def cut_is_met(pool: LinkModel, cut: Cut) -> None:
    """sum over c of v[c] + what other shelves give >= need, v <= room of c, v <= sum of row[h] * y[c, h], h in A."""
    terms: list[tuple[int, cp_model.IntVar]] = [(1, amount) for amount in _taken(pool, cut)]
    terms += [(cut.row[h] * cut.per_shelf, _reach(pool, h, s)) for h, s in outside(pool.need, cut)]
    pool.model.add(weighted(terms) >= cut.need)


def _taken(pool: LinkModel, cut: Cut) -> list[cp_model.IntVar]:
    amounts = []
    for card, number in zip(pool.cards, count(), strict=False):
        site = pool.problem.sites[card.site]
        served, shelf = card.served(pool.need.hosts), pool.need.shelf_of[card.site]
        inside = [h for h in some_of(cut.mask) if h in served and (cut.inside is None or (h, shelf) in cut.inside)]
        if not inside or not card.kinds:
            continue
        most = sum(cut.row[h] for h in inside) * copies_on(pool.problem, max(site.devices, 1))
        amount = pool.model.new_int_var(0, most, f"v{number}_{cut.mask}")
        links = weighted((cut.row[h], served[h]) for h in inside)
        if cut.kind == "copies":
            pool.model.add(amount <= pool.quantum_gib * card.quanta)
            _by_devices(pool, card, amount, links, most)
        else:
            rate = (site.read_mbps if cut.kind == "read" else site.write_mbps) or most
            pool.model.add(amount <= rate * card.populated)
            pool.model.add(amount <= links)
        amounts.append(amount)
    return amounts


def _by_devices(
    pool: LinkModel, card: Card, amount: cp_model.IntVar, links: cp_model.LinearExpr, greatest: int
) -> None:
    """With k devices in use: v <= k * sum of row[h] * y[c, h]; the sum once where copies are on different links."""
    most = copies_on(pool.problem, max(pool.problem.sites[card.site].devices, 1))
    for devices in range(1, most):
        pool.model.add(amount <= devices * links + greatest * more_than(pool, card, devices))
    pool.model.add(amount <= most * links)


def _reach(pool: LinkModel, demander: int, shelf: int) -> cp_model.IntVar:
    """Return t[h, s], which is 0 where no card of the shelf serves h: t <= sum of y[c, h]."""
    key = (demander, shelf)
    if key not in pool.reaches:
        reach = pool.model.new_bool_var(f"t{demander}_{shelf}")
        cards = (c.served(pool.need.hosts).get(demander) for c in pool.cards if pool.need.shelf_of[c.site] == shelf)
        pool.model.add(reach <= total(flag for flag in cards if flag is not None))
        pool.reaches[key] = reach
    return pool.reaches[key]
