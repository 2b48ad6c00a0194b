"""How much memory each device of a wiring holds: the least uniform size that keeps the promise, then less where it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rackc.compiler.optimize.patterns import Design, Fill, fills, pattern
from rackc.compiler.optimize.pods.asked import Asked, Promises
from rackc.compiler.optimize.pods.wire import Integers, Wiring
from rackc.compiler.optimize.problem import Goal, PoolProblem

#: Places of a device in the order in which devices are made smaller: this far on, modulo a million, so that those chosen lie
#: evenly among all (the golden ratio).
_STRIDE = 618_034


@dataclass(frozen=True, slots=True, order=True)
class Level:
    """One way to populate a device."""

    gib: int
    weight: int
    module: int
    modules: int


def levels_of(problem: PoolProblem, sites: tuple[int, ...], modules: tuple[int, ...], goal: Goal) -> tuple[Level, ...]:
    """Return the ways to populate every one of these sites' devices, ascending; no level is larger and cheaper."""
    places = [problem.sites[site] for site in sorted(set(sites))]
    found = []
    for module in modules:
        piece = problem.modules[module]
        shared = set(fills(places[0], piece)).intersection(*(fills(place, piece) for place in places)) if places else ()
        each = {"cost": piece.cost_cents, "power": piece.power_mw}.get(goal, 0)
        found += [Level(count * piece.gib, count * each, module, count) for count in sorted(shared)]
    found.sort(key=lambda level: (-level.gib, level.weight, level.module))
    kept: list[Level] = []
    for level in found:
        if not kept or (level.gib < kept[-1].gib and level.weight <= kept[-1].weight):
            kept.append(level)
    return tuple(reversed(kept))


def sized(promises: Promises, levels: tuple[Level, ...]) -> tuple[Level, ...] | None:
    """Return the level of each device, None where even the largest everywhere does not do.

    Devices are made one level smaller after the other, in an order that spreads them evenly, all once before any one twice;
    how far is found by bisection, since less memory never helps. Meanwhile only the hardest slices are looked at; if in the
    end another one fails, it counts among them and all is done again.
    """
    if not levels:
        return None
    gib = np.array([level.gib for level in levels], np.int64)
    most = len(gib) * promises.net.devices
    while True:
        chosen = _smallest(promises, gib, most)
        if chosen is None:
            return None
        if promises.stands(gib[chosen]):
            return tuple(levels[at] for at in chosen)
        most = int((len(gib) - 1 - chosen).sum())


def _smallest(promises: Promises, gib: Integers, most: int) -> Integers | None:
    """Return the position of each device's level, as far as the hardest slices tell; steps down are `most` in all at most.

    All that can be chosen lies on one path from the largest devices to the smallest, so that a bisection finds it.
    """
    devices = promises.net.devices
    order = np.array(sorted(range(devices), key=lambda device: (device * _STRIDE % 1_000_000, device)))

    def after(steps: int) -> Integers:
        chosen = np.full(devices, len(gib) - 1 - steps // devices, np.int64)
        chosen[order[: steps % devices]] -= 1
        return chosen

    last = min(most, (len(gib) - 1) * devices)
    found = _first(last + 1, lambda steps: not promises.may_stand(gib[after(steps)]))
    if found == 0:
        return None
    return after(last if found is None else found - 1)


def _first(count: int, holds: Callable[[int], bool]) -> int | None:
    """Return the first position from which on something holds, None where it never does."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low if low < count else None


def design_of(asked: Asked, wiring: Wiring, sites: tuple[int, ...], chosen: tuple[Level, ...]) -> Design:
    """Return the pool as cards without names."""
    return tuple(
        sorted(
            pattern(asked.problem, site, hosts, Fill(level.module, level.modules))
            for hosts, site, level in zip(wiring, sites, chosen, strict=True)
        )
    )
