"""The pool as an integer program over patterns: how many cards of each kind.

Variables, constraints, objective; one function per family of constraints. Capacities are counted in quanta (the
greatest common divisor of all device capacities), so right sides are rounded up for good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from rackc.compiler.optimize.cuts import Cut, room_of
from rackc.compiler.optimize.hall import Needs, some_of
from rackc.compiler.optimize.islands import islands_hold_enough
from rackc.compiler.optimize.patterns import Design, Pattern, links_needed, slots_of
from rackc.compiler.optimize.problem import Measure, PoolProblem
from rackc.compiler.optimize.promises import copies_on, most_links
from rackc.compiler.optimize.rows import Counted, hold_by_count, total, weighted
from rackc.compiler.optimize.stability import Before


@dataclass(slots=True)
class Master:
    """A model under construction; `has_at_least[h, level]` is whether a device of that capacity or more touches h."""

    problem: PoolProblem
    need: Needs
    patterns: tuple[Pattern, ...]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    uses: list[cp_model.IntVar] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    quantum_gib: int = 1
    levels: tuple[int, ...] = ()
    has_at_least: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    reaches: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)

    def touching(self, mask: int) -> list[int]:
        """Return the numbers of the patterns that touch a demander of `mask`."""
        return [index for index, pattern in enumerate(self.patterns) if pattern.mask & mask]

    def quanta(self, index: int) -> int:
        """Return a pattern's capacity in quanta."""
        return self.patterns[index].gib // self.quantum_gib

    def unit(self, index: int) -> int:
        """Return the capacity of one device of a pattern in quanta."""
        return self.patterns[index].unit_gib // self.quantum_gib

    def needed(self, mask: int) -> int:
        """Return need(A) in quanta, rounded up."""
        return -(-self.need.of(mask) // self.quantum_gib)

    def add_cut(self, cut: Cut) -> None:
        """Demand that what a cut says is kept."""
        if cut.kind == "fit":
            set_holds_enough(self, cut.mask, self.need)
        elif cut.kind == "restart":
            set_holds_enough(self, cut.mask, self.need.after_restart)
        else:
            cut_is_met(self, cut)

    def measure(self, measure: Measure) -> cp_model.LinearExpr:
        """Return sum of weight[p] * x[p]."""
        return weighted((p.weight(measure), use) for p, use in zip(self.patterns, self.uses, strict=True))

    def stay_near(self, design: Design, most: int) -> None:
        """Allow designs where cards with at most so many links in all are given up or get other hosts; begin with this one.

        For each site and set of hosts S in use: gone[S] >= cards now - sum of x[p].
        """
        self.hint(design)
        gone: list[tuple[int, cp_model.IntVar]] = []
        for (site, hosts), count in sorted(Counter((card.site, card.hosts) for card in design).items()):
            same = (use for p, use in zip(self.patterns, self.uses, strict=True) if (p.site, p.hosts) == (site, hosts))
            away = self.model.new_int_var(0, count, f"o{site}_{hosts}")
            self.model.add(away >= count - total(same))
            gone.append((len(hosts), away))
        self.model.add(weighted(gone) <= most)

    def changes(self, before: tuple[Before, ...]) -> cp_model.LinearExpr:
        """Return all links, then and now, less twice those of cards that stay: same site, same hosts.

        For each site and set of hosts S: kept[S] <= sum of x[p], kept[S] <= earlier cards of the kind.
        """
        kept: list[tuple[int, cp_model.IntVar]] = []
        for (site, hosts), count in sorted(Counter((one.card.site, one.card.hosts) for one in before).items()):
            same = (use for p, use in zip(self.patterns, self.uses, strict=True) if (p.site, p.hosts) == (site, hosts))
            stays = self.model.new_int_var(0, count, f"k{site}_{hosts}")
            self.model.add(stays <= total(same))
            kept.append((2 * len(hosts), stays))
        return self.measure("links") + sum(len(one.card.hosts) for one in before) - weighted(kept)

    def hint(self, design: Design) -> None:
        """Suggest a design to start from."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        counts = Counter(design)
        for pattern, use in zip(self.patterns, self.uses, strict=True):
            self.model.add_hint(use, counts[pattern])

    def design(self, value: Callable[[cp_model.IntVar], int]) -> Design:
        """Return the pool that a solution stands for."""
        return tuple(pattern for pattern, use in zip(self.patterns, self.uses, strict=True) for _ in range(value(use)))


def build(problem: PoolProblem, need: Needs, patterns: tuple[Pattern, ...]) -> Master:
    """Return the model without any cut but those that follow from counting."""
    master = Master(problem, need, patterns)
    master.quantum_gib = math.gcd(*(pattern.unit_gib for pattern in patterns)) or 1
    master.levels = tuple(sorted({pattern.unit_gib // master.quantum_gib for pattern in patterns}))
    slots, links = slots_of(problem), [most_links(problem, host) for host in range(len(problem.hosts))]
    for index, pattern in enumerate(patterns):
        master.most.append(min(slots[pattern.site], *(links[host] for host in pattern.hosts)))
        master.uses.append(master.model.new_int_var(0, master.most[-1], f"x{index}"))
    sites_have_room(master, slots)
    hosts_have_links(master)
    if need.controllers == 1:
        largest_device_of_each_host(master)
    if all(site.devices == 0 for site in problem.sites):
        by_count(master, slots)
    devices = sum(count * max(site.devices, 1) for count, site in zip(slots, problem.sites, strict=True))
    held = _held(master, range(len(patterns)))
    islands_hold_enough(master.model, need, _joins(master), held, (master.quantum_gib, master.levels, devices))
    return master


def by_count(master: Master, slots: tuple[int, ...]) -> None:
    """What k cards must hold, for each host and for all together."""
    for host in range(len(master.problem.hosts)):
        counted_sets_hold_enough(master, 1 << host, most_links(master.problem, host))
    counted_sets_hold_enough(master, (1 << master.need.demanders) - 1, sum(slots))


def _joins(master: Master) -> cp_model.LinearExpr:
    """Return sum of (hosts of p - 1) * x[p]."""
    return weighted((len(p.hosts) - 1, use) for p, use in zip(master.patterns, master.uses, strict=True))


def _held(master: Master, touching: Iterable[int]) -> cp_model.LinearExpr:
    """Return sum of cap[p] * x[p]."""
    return weighted((master.quanta(index), master.uses[index]) for index in touching)


def sites_have_room(master: Master, slots: tuple[int, ...]) -> None:
    """For each site s: sum of x[p], p at s, <= candidates of s."""
    for site, count in enumerate(slots):
        cards = (use for use, p in zip(master.uses, master.patterns, strict=True) if p.site == site)
        master.model.add(total(cards) <= count)


def hosts_have_links(master: Master) -> None:
    """For each host h: links needed <= sum of x[p], p touches h, <= most links of h."""
    for index, least in enumerate(links_needed(master.problem)):
        links = total(master.uses[p] for p in master.touching(1 << index))
        master.model.add(links >= least)
        master.model.add(links <= most_links(master.problem, index))


def largest_device_of_each_host(master: Master) -> None:
    """For each demander h and level c above the least: sum of x[p], p touches h, unit[p] >= c, <= most * has[h, c]."""
    for index in range(master.need.demanders):
        for level in master.levels[1:]:
            has = master.model.new_bool_var(f"has{index}_{level}")
            master.has_at_least[index, level] = has
            large = [p for p in master.touching(1 << index) if master.unit(p) >= level]
            most = (
                sum(master.most[p] for p in large)
                if index >= len(master.problem.hosts)
                else most_links(master.problem, index)
            )
            master.model.add(total(master.uses[p] for p in large) <= most * has)


def set_holds_enough(master: Master, mask: int, need: Needs) -> None:
    """For a set A, after every loss: sum of cap touching A - what is lost >= need(A)."""
    demand = -(-need.of(mask) // master.quantum_gib)
    if demand == 0:
        return
    touching = master.touching(mask)
    held = _held(master, touching)
    if not (need.controllers or need.links or need.shelves):
        master.model.add(held >= demand)
    if need.controllers == 1:
        master.model.add(held - weighted(_steps_lost(master, mask)) >= demand + master.levels[0])
    elif need.controllers:
        units = {p: (master.unit(p), master.patterns[p].devices) for p in touching}
        master.model.add(held - _largest(master, units, need.controllers, f"c{mask}") >= demand)
    if need.links:
        _holds_without_links(master, mask, held, demand)
    for gone in need.shelf_losses():
        left = _held(master, (p for p in touching if need.shelf_of[master.patterns[p].site] not in gone))
        master.model.add(left >= demand)


def _steps_lost(master: Master, mask: int) -> list[tuple[int, cp_model.IntVar]]:
    """Return what the largest device touching A holds above the least level, step by step.

    The largest is written as the least level + sum of d * (some device of level c or more touches A).
    """
    steps = []
    for below, level in zip(master.levels, master.levels[1:], strict=False):
        flags = [master.has_at_least[one, level] for one in some_of(mask)]
        some = flags[0]
        if len(flags) > 1:
            some = master.model.new_bool_var(f"some{mask}_{level}")
            for flag in flags:
                master.model.add_implication(flag, some)
        steps.append((level - below, some))
    return steps


def _largest(master: Master, items: dict[int, tuple[int, int]], count: int, name: str) -> cp_model.LinearExpr:
    """Return at least the sum of the `count` largest items: patterns with the size of an item and items a card.

    Level by level of the sizes: the step up to it, times the items that reach it, `count` at most:
    sum of items >= level <= j - 1 + M * b[level, j], for j up to count.
    """
    steps: list[tuple[int, cp_model.IntVar]] = []
    below = 0
    for level in sorted({size for size, _ in items.values()}):
        large = [(each, p) for p, (size, each) in items.items() if size >= level]
        number = weighted((each, master.uses[p]) for each, p in large)
        most = sum(each * master.most[p] for each, p in large)
        for j in range(1, count + 1):
            flag = master.model.new_bool_var(f"{name}_{level}_{j}")
            master.model.add(number <= j - 1 + most * flag)
            steps.append((level - below, flag))
        below = level
    return weighted(steps)


def _holds_without_links(master: Master, mask: int, held: cp_model.LinearExpr, demand: int) -> None:
    """For every way to spend the lost links on cards that touch A by so many: held - the largest such cards >= demand."""
    by_price: dict[int, dict[int, tuple[int, int]]] = {}
    for p in master.touching(mask):
        price = _links_to_lose(master.need, master.patterns[p], mask)
        by_price.setdefault(price, {})[p] = (master.quanta(p), 1)
    for parts in partitions(master.need.links):
        lost = [
            _largest(master, by_price[price], count, f"l{mask}_{'_'.join(map(str, parts))}_{price}")
            for price, count in sorted(Counter(parts).items())
            if price in by_price
        ]
        master.model.add(held - sum(lost, start=cp_model.LinearExpr.constant(0)) >= demand)


def _links_to_lose(need: Needs, card: Pattern, mask: int) -> int:
    """Return how many links a card must lose to touch A no longer: its hosts in A, and one a group that has none there."""
    hosts = card.mask & (1 << need.hosts) - 1
    groups = (
        g
        for n, g in enumerate(need.groups)
        if card.mask & mask >> need.hosts + n << need.hosts + n & 1 << need.hosts + n
    )
    return (hosts & mask).bit_count() + sum(group & mask == 0 for group in groups)


def partitions(whole: int) -> tuple[tuple[int, ...], ...]:
    """Return the ways to write a number as a sum of whole numbers, greatest first."""
    found: list[tuple[int, ...]] = []

    def split(left: int, most: int, parts: tuple[int, ...]) -> None:
        if left == 0:
            found.append(parts)
        for part in range(min(left, most), 0, -1):
            split(left - part, part, (*parts, part))

    split(whole, whole, ())
    return tuple(found)


def cut_is_met(master: Master, cut: Cut) -> None:
    """sum over p of min(room[p], sum of row[h], h in A and p) * x[p] + what other shelves give >= need."""
    terms: list[tuple[int, cp_model.IntVar]] = []
    for p in master.touching(cut.mask):
        card = master.patterns[p]
        given = min(room_of(master.problem, card, cut.kind), taken_by(master.problem, master.need, card, cut))
        terms.append((given, master.uses[p]))
    terms += [(cut.row[h] * cut.per_shelf, _reach(master, h, s)) for h, s in outside(master.need, cut)]
    master.model.add(weighted(terms) >= cut.need)


def taken_by(problem: PoolProblem, need: Needs, card: Pattern, cut: Cut) -> int:
    """Return what the demanders of a cut may put on a card."""
    shelf = need.shelf_of[card.site]
    inside = (h for h in some_of(card.mask & cut.mask) if cut.inside is None or (h, shelf) in cut.inside)
    times = copies_on(problem, card.devices) if cut.kind == "copies" else 1
    return times * sum(cut.row[h] for h in inside)


def outside(need: Needs, cut: Cut) -> tuple[tuple[int, int], ...]:
    """Return the demanders of a cut and the shelves where what they may have in all is the limit."""
    if cut.inside is None:
        return ()
    shelves = sorted(set(need.shelf_of))
    return tuple((h, s) for h in some_of(cut.mask) for s in shelves if (h, s) not in cut.inside)


def _reach(master: Master, demander: int, shelf: int) -> cp_model.IntVar:
    """Return t[h, s], which is 0 where no card of the shelf touches h: t <= sum of x[p]."""
    key = (demander, shelf)
    if key not in master.reaches:
        reach = master.model.new_bool_var(f"t{demander}_{shelf}")
        cards = (p for p in master.touching(1 << demander) if master.need.shelf_of[master.patterns[p].site] == shelf)
        master.model.add(reach <= total(master.uses[p] for p in cards))
        master.reaches[key] = reach
    return master.reaches[key]


def counted_sets_hold_enough(master: Master, mask: int, most: int) -> None:
    """For a set A touched by k cards: sum of cap touching A >= least_total(k, need(A))."""
    demand, touching = master.needed(mask), master.touching(mask)
    if demand == 0:
        return
    cards = total(master.uses[p] for p in touching)
    counted = Counted(f"count{mask}", cards, _held(master, touching), most)
    hold_by_count(master.model, counted, demand, master.levels, master.need.controllers)
