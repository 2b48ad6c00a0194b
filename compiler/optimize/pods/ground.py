"""Which candidates exist in a pod of so many links a host, and how they are wired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rackc.compiler.optimize.pods.asked import Asked
from rackc.compiler.optimize.pods.wire import (
    OUT_OF_REACH,
    Aim,
    Ground,
    Integers,
    Wiring,
    bring_near,
    cheapest,
    spread,
)
from rackc.compiler.optimize.problem import Goal

#: Share of the pairs of hosts that may be beyond two hops in a wiring that is to reach many.
BEYOND = 0.045

#: Weights in mm of a pair that meets once more than once, and of a pair beyond two hops.
APART_MM = 1000
BEYOND_MM = 100


@dataclass(frozen=True, slots=True)
class Wired:
    """A wiring of the candidates in use: `device[k]` numbers the k-th of them, `wiring[k]` are its hosts."""

    device: tuple[int, ...]
    wiring: Wiring

    def sites(self, asked: Asked) -> tuple[int, ...]:
        """Return the site of each device."""
        return tuple(asked.site[device] for device in self.device)


def cheap_wirings(
    asked: Asked, goal: Goal, links: tuple[int, ...], count: int, prices: tuple[int, ...]
) -> Iterator[Wired]:
    """Yield wirings of `count` devices: a pair of hosts that meets again costs so many tenths of a cable as each of `prices`."""
    ground = _ground(asked, goal, links)
    kept = _chosen(asked, ground, count)
    if kept is None:
        return
    part, device = kept
    near = cheapest(part, even=True)
    if near is None:
        return
    cable = max(1, weight_of(part, near) // max(1, sum(links)))
    for price in prices:
        yield _used(device, spread(part, near, max(1, cable * price // 10)))


def wide_wiring(asked: Asked, links: tuple[int, ...], count: int) -> Wired | None:
    """Return a wiring of `count` devices that brings hosts together: distinct pairs, then two hops, then short cables."""
    kept = _chosen(asked, _ground(asked, None, links), count)
    if kept is None:
        return None
    part, device = kept
    near = cheapest(part, even=True)
    if near is None:
        return None
    hosts = sum(1 for one in links if one)
    allowed = int(BEYOND * hosts * (hosts - 1) / 2)
    free = Ground(np.where(part.weights < 0, OUT_OF_REACH, 0), part.links, part.heads)
    apart = spread(free, near, APART_MM)
    return _used(device, bring_near(part, apart, Aim(APART_MM, BEYOND_MM, allowed)))


def weight_of(ground: Ground, wiring: Wiring) -> int:
    """Return the total weight of the links of a wiring."""
    return sum(int(ground.weights[host, device]) for device, some in enumerate(wiring) for host in some)


def _used(device: tuple[int, ...], wiring: Wiring) -> Wired:
    """Leave out devices that nobody uses."""
    used = [(d, some) for d, some in zip(device, wiring, strict=True) if some]
    return Wired(tuple(d for d, _ in used), tuple(some for _, some in used))


def _ground(asked: Asked, goal: Goal | None, links: tuple[int, ...]) -> Ground:
    heads = tuple(asked.problem.sites[site].heads for site in asked.site)
    return Ground(asked.weights(goal), links, heads)


def _chosen(asked: Asked, ground: Ground, count: int) -> tuple[Ground, tuple[int, ...]] | None:
    """Return the ground of `count` devices only, and their numbers; each reaches hosts of one isolation group alone."""
    weights, left, device = ground.weights.copy(), list(range(len(ground.heads))), list[int]()
    groups = _groups(asked, ground.links)
    for at, some in enumerate(groups):
        outside = np.setdiff1d(np.arange(asked.hosts), some)
        share = sum(ground.links[host] for host in some) / max(1, sum(ground.links))
        wanted = count - len(device) if at == len(groups) - 1 else max(1, round(count * share))
        mine = tuple(0 if host in set(outside.tolist()) else one for host, one in enumerate(ground.links))
        share = -(-sum(mine) // max(1, wanted))
        kept = few(
            Ground(_columns(ground.weights, left), mine, tuple(min(share, ground.heads[d]) for d in left)), wanted
        )
        if kept is None:
            return None
        taken = [left[k] for k in kept]
        weights[outside[:, None], taken] = OUT_OF_REACH
        device += taken
        left = [d for d in left if d not in set(taken)]
    device.sort()
    return Ground(_columns(weights, device), ground.links, tuple(ground.heads[d] for d in device)), tuple(device)


def _groups(asked: Asked, links: tuple[int, ...]) -> list[list[int]]:
    """Return the hosts by isolation group, those with most links first; hosts without one count as a group."""
    found: dict[str, list[int]] = {}
    for host, one in enumerate(asked.problem.hosts):
        if links[host]:
            found.setdefault(one.group, []).append(host)
    return sorted(found.values(), key=lambda some: (-sum(links[host] for host in some), some))


def _columns(weights: Integers, devices: Sequence[int]) -> Integers:
    return weights[:, list(devices)]


def few(ground: Ground, count: int) -> list[int] | None:
    """Return the `count` devices to keep, None where so few cannot be wired.

    Those go that the cheapest wiring of what is kept uses least: half of the surplus at a time, fewer where what is left
    could not be wired.
    """
    kept = list(range(len(ground.heads)))
    if len(kept) < count or cheapest(ground) is None:
        return None
    while len(kept) > count:
        wiring = cheapest(_kept(ground, kept))
        assert wiring is not None, "what is kept was wired before"
        idle = sorted(range(len(kept)), key=lambda k: (len(wiring[k]), -k))
        drop = max(1, (len(kept) - count + 1) // 2)
        while drop and cheapest(_kept(ground, _without(kept, idle[:drop]))) is None:
            drop //= 2
        if not drop:
            one = next((k for k in idle if cheapest(_kept(ground, _without(kept, [k]))) is not None), None)
            if one is None:
                return None
            idle, drop = [one], 1
        kept = _without(kept, idle[:drop])
    return kept


def _without(kept: list[int], positions: list[int]) -> list[int]:
    gone = set(positions)
    return [one for k, one in enumerate(kept) if k not in gone]


def _kept(ground: Ground, kept: list[int]) -> Ground:
    return Ground(_columns(ground.weights, kept), ground.links, tuple(ground.heads[d] for d in kept))
