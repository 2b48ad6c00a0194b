"""Pools that fall apart into islands: each island must carry its own peak, so few links cost memory.

A card that touches k hosts joins k islands into one at best, so hosts minus the sum of (k - 1) islands remain.
"""

from __future__ import annotations

from functools import lru_cache

from ortools.sat.python import cp_model

from rackc.compiler.optimize.counting import least_of_any
from rackc.compiler.optimize.hall import Needs
from rackc.compiler.optimize.rows import total, weighted

#: Partitions take 3 to the power of this.
MOST_HOSTS = 10


def islands_hold_enough(
    model: cp_model.CpModel,
    need: Needs,
    joins: cp_model.LinearExpr,
    held: cp_model.LinearExpr,
    sizes: tuple[int, tuple[int, ...], int],
) -> None:
    """With c islands chosen one-hot: c >= hosts - joins, held >= sum of least_memory(c) * chosen[c].

    `sizes` are the quantum, the capacities of devices in it, and how many devices there may be in all.
    """
    hosts = [host for host in range(need.hosts) if need.of(1 << host) > 0]
    if len(hosts) > MOST_HOSTS:
        return
    memory = least_memory(need, *sizes)
    chosen = {count: model.new_bool_var(f"islands{count}") for count in memory}
    model.add(total(chosen.values()) == 1)
    model.add(weighted(chosen.items()) + joins >= len(hosts))
    model.add(held >= weighted((memory[count], one) for count, one in chosen.items()))


@lru_cache(maxsize=32)
def least_memory(need: Needs, quantum_gib: int, levels: tuple[int, ...], most_devices: int) -> dict[int, int]:
    """Return, for each number of islands, the least sum over any partition of what the parts must hold."""
    hosts = [host for host in range(need.hosts) if need.of(1 << host) > 0]
    size = 1 << len(hosts)
    demands = (-(-need.of(_spread(mask, hosts)) // quantum_gib) for mask in range(size))
    part = [least_of_any(most_devices, demand, levels, need.controllers) for demand in demands]
    fewer: list[int | None] = [0] + [None] * (size - 1)
    found: dict[int, int] = {}
    for count in range(1, len(hosts) + 1):
        fewer = [_best_split(mask, part, fewer) for mask in range(size)]
        least = fewer[size - 1]
        if least is not None:
            found[count] = least
    return found


def _best_split(mask: int, part: list[int | None], fewer: list[int | None]) -> int | None:
    """Min over the part with the lowest host of `mask` of that part's memory + the best for the rest."""
    lowest, best = mask & -mask, None
    sub = mask
    while sub:
        mine, rest = part[sub], fewer[mask ^ sub]
        if sub & lowest and mine is not None and rest is not None and (best is None or mine + rest < best):
            best = mine + rest
        sub = (sub - 1) & mask
    return best


def _spread(mask: int, hosts: list[int]) -> int:
    return sum(1 << host for position, host in enumerate(hosts) if mask >> position & 1)
