"""The pool as an integer program over patterns: how many cards of each kind.

Variables, constraints, objective; one function per family of constraints. Capacities are counted in quanta (the
greatest common divisor of all card capacities), so right sides are rounded up for good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.islands import islands_hold_enough
from rackc.compiler.optimize.patterns import Design, Pattern, links_needed, slots_of
from rackc.compiler.optimize.problem import Goal, PoolProblem
from rackc.compiler.optimize.rows import Counted, hold_by_count, total, weighted


@dataclass(slots=True)
class Master:
    """A model under construction; `has_at_least[h, level]` is whether a card of that capacity or more touches h."""

    problem: PoolProblem
    need: Needs
    patterns: tuple[Pattern, ...]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    uses: list[cp_model.IntVar] = field(default_factory=list)
    quantum_gib: int = 1
    levels: tuple[int, ...] = ()
    has_at_least: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)

    def touching(self, mask: int) -> list[int]:
        """Return the numbers of the patterns that touch a host of `mask`."""
        return [index for index, pattern in enumerate(self.patterns) if pattern.mask & mask]

    def quanta(self, index: int) -> int:
        """Return a pattern's capacity in quanta."""
        return self.patterns[index].gib // self.quantum_gib

    def needed(self, mask: int) -> int:
        """Return need(A) in quanta, rounded up."""
        return -(-self.need.of(mask) // self.quantum_gib)

    def add_set(self, mask: int) -> None:
        """Demand that the hosts of `mask` are served."""
        set_holds_enough(self, mask)

    def goal(self, goal: Goal) -> cp_model.LinearExpr:
        """Return sum of weight[p] * x[p]."""
        return weighted((p.weight(goal), use) for p, use in zip(self.patterns, self.uses, strict=True))

    def hint(self, design: Design) -> None:
        """Suggest a design to start from."""
        counts = Counter(design)
        for pattern, use in zip(self.patterns, self.uses, strict=True):
            self.model.add_hint(use, counts[pattern])

    def design(self, value: Callable[[cp_model.IntVar], int]) -> Design:
        """Return the pool that a solution stands for."""
        return tuple(pattern for pattern, use in zip(self.patterns, self.uses, strict=True) for _ in range(value(use)))


def build(problem: PoolProblem, need: Needs, patterns: tuple[Pattern, ...], sets: tuple[int, ...]) -> Master:
    """Return the model with the capacity promise for the host sets given."""
    master = Master(problem, need, patterns)
    master.quantum_gib = math.gcd(*(pattern.gib for pattern in patterns)) or 1
    master.levels = tuple(sorted({pattern.gib // master.quantum_gib for pattern in patterns}))
    slots, most_links = slots_of(problem), [len(host.ports) for host in problem.hosts]
    for index, pattern in enumerate(patterns):
        most = min(slots[pattern.site], *(most_links[host] for host in pattern.hosts))
        master.uses.append(master.model.new_int_var(0, most, f"x{index}"))
    sites_have_room(master, slots)
    hosts_have_links(master)
    if need.survive:
        largest_card_of_each_host(master)
    for host in range(len(problem.hosts)):
        counted_sets_hold_enough(master, 1 << host, len(problem.hosts[host].ports))
    counted_sets_hold_enough(master, (1 << len(problem.hosts)) - 1, sum(slots))
    islands_hold_enough(
        master.model, need, _joins(master), _held(master, range(len(patterns))), master.quantum_gib, master.levels
    )
    for mask in sets:
        set_holds_enough(master, mask)
    return master


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
    """For each host h: links needed <= sum of x[p], p touches h, <= ports of h."""
    for index, (host, least) in enumerate(zip(master.problem.hosts, links_needed(master.problem), strict=True)):
        links = total(master.uses[p] for p in master.touching(1 << index))
        master.model.add(links >= least)
        master.model.add(links <= len(host.ports))


def largest_card_of_each_host(master: Master) -> None:
    """For each h and level c above the least: sum of x[p], p touches h, cap[p] >= c, <= ports[h] * has[h, c]."""
    for index, host in enumerate(master.problem.hosts):
        for level in master.levels[1:]:
            has = master.model.new_bool_var(f"has{index}_{level}")
            master.has_at_least[index, level] = has
            large = total(master.uses[p] for p in master.touching(1 << index) if master.quanta(p) >= level)
            master.model.add(large <= len(host.ports) * has)


def set_holds_enough(master: Master, mask: int) -> None:
    """For a host set A, and each level c with its step d: sum of cap touching A - largest touching A >= need(A).

    The largest is written as the least level + sum of d * (some card of level c or more touches A).
    """
    demand = master.needed(mask)
    if demand == 0:
        return
    held = _held(master, master.touching(mask))
    if not master.need.survive:
        master.model.add(held >= demand)
        return
    master.model.add(held - weighted(_steps_lost(master, mask)) >= demand + master.levels[0])


def _steps_lost(master: Master, mask: int) -> list[tuple[int, cp_model.IntVar]]:
    """Return what the largest card touching A holds above the least level, step by step."""
    hosts = [host for host in range(len(master.problem.hosts)) if mask >> host & 1]
    steps = []
    for below, level in zip(master.levels, master.levels[1:], strict=False):
        flags = [master.has_at_least[host, level] for host in hosts]
        some = flags[0]
        if len(flags) > 1:
            some = master.model.new_bool_var(f"some{mask}_{level}")
            for flag in flags:
                master.model.add_implication(flag, some)
        steps.append((level - below, some))
    return steps


def counted_sets_hold_enough(master: Master, mask: int, most: int) -> None:
    """For a host set A touched by k cards: sum of cap touching A >= least_total(k, need(A))."""
    demand, touching = master.needed(mask), master.touching(mask)
    if demand == 0:
        return
    cards = total(master.uses[p] for p in touching)
    counted = Counted(f"count{mask}", cards, _held(master, touching), most)
    hold_by_count(master.model, counted, demand, master.levels, master.need.survive)
