"""Which host meets which device: existence by flow, then exchanges of two links, the same in every run.

A wiring is a device's hosts, device by device. Every host has as many links as asked, no device more than its heads, and no
link is out of reach. Cheapest wirings come from a min-cost flow; exchanges
then make the pairs of hosts that share a device distinct, bring more pairs within two hops, and shorten cables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

Integers = npt.NDArray[np.int64]
Wiring = tuple[tuple[int, ...], ...]

#: Stands for no cable: out of reach.
OUT_OF_REACH = -1

#: Exchanges proposed a link.
STEPS = 600
#: Exchanges proposed a link for pairs within two hops: each that is otherwise good is looked at as a whole.
HOP_STEPS = 400
#: More pairs than one exchange may bring within two hops are not hoped for.
FEW = 12

_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Ground:
    """Where wiring is done: `weights[h, d]` of a link between host h and device d (OUT_OF_REACH: none), what each host
    has of links, the heads of each device, and the group of each host ("" shares with all)."""

    weights: Integers
    links: tuple[int, ...]
    heads: tuple[int, ...]


def cheapest(ground: Ground, even: bool = False) -> Wiring | None:
    """Return the wiring of the least total weight, None where there is none.

    Min-cost flow: each link of a host to a different device, each device up to its heads. An `even` one has devices of
    about as many links as far as that goes, before weight counts.
    """
    hosts, devices = ground.weights.shape
    if sum(ground.links) > sum(ground.heads):
        return None
    flow = min_cost_flow.SimpleMinCostFlow()
    tail, head = np.nonzero(ground.weights >= 0)
    ones = np.ones(len(tail), np.int64)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, hosts + head, ones, ground.weights[tail, head])
    sink = hosts + devices
    share = sum(ground.links) // devices if even and devices else 0
    first = -(int(ground.weights.max(initial=0)) * 2 * sum(ground.links) + 1)
    for device, most in enumerate(ground.heads):
        flow.add_arc_with_capacity_and_unit_cost(hosts + device, sink, min(most, share), first)
        flow.add_arc_with_capacity_and_unit_cost(hosts + device, sink, most - min(most, share), 0)
    for host, count in enumerate(ground.links):
        flow.set_node_supply(host, count)
    flow.set_node_supply(sink, -sum(ground.links))
    if flow.solve() != flow.OPTIMAL:
        return None
    carried = np.asarray(flow.flows(arcs)) > 0
    found: list[list[int]] = [[] for _ in range(devices)]
    for host, device in zip(tail[carried].tolist(), head[carried].tolist(), strict=True):
        found[device].append(host)
    return tuple(tuple(some) for some in found)


def spread(ground: Ground, wiring: Wiring, apart: int, seed: int = 1) -> Wiring:
    """Return a wiring with more distinct pairs: each pair that meets once more than once weighs `apart`.

    Annealing over exchanges of two links' devices, at a temperature from `apart` down to a hundredth of it.
    """
    return _Exchange(ground, wiring, apart, seed).run(STEPS, apart)


def bring_near(ground: Ground, wiring: Wiring, aim: Aim, seed: int = 1) -> Wiring:
    """Return a wiring where pairs beyond two hops, as far as they are more than `aim` allows, weigh `aim.beyond` each."""
    return _Near(ground, wiring, aim, seed).run(HOP_STEPS, max(aim.beyond, 1))


@dataclass(frozen=True, slots=True)
class Aim:
    """What wiring is for besides short links: `apart` is the weight of a pair that meets once more than once, `beyond`
    that of a pair beyond two hops where more than `allowed` are."""

    apart: int
    beyond: int
    allowed: int


class _Exchange:
    """The state of an annealing: links as two lists, the hosts at each device, and how often each two hosts meet."""

    def __init__(self, ground: Ground, wiring: Wiring, apart: int, seed: int) -> None:
        self.apart = apart
        ends = [(h, d) for d, some in enumerate(wiring) for h in some]
        self.host, self.device = [h for h, _ in ends], [d for _, d in ends]
        self.at: list[list[int]] = [list(some) for some in wiring]
        self.weights: list[list[int]] = ground.weights.tolist()
        self.meets: list[list[int]] = meetings(wiring, len(ground.links)).tolist()
        self.draw = np.random.default_rng(seed)

    def run(self, steps: int, hottest: int) -> Wiring:
        """Propose so many exchanges a link, the colder the later: from `hottest` down to a hundredth of it."""
        total = steps * len(self.host)
        cooling = np.geomspace(hottest, hottest / 100, max(total, 1))
        for start in range(0, total, _BATCH):
            size = min(_BATCH, total - start)
            first, second = self.draw.integers(0, len(self.host), (2, size)).tolist()
            heats = (-np.log1p(-self.draw.random(size)) * cooling[start : start + size]).tolist()
            for one, other, heat in zip(first, second, heats, strict=True):
                self.consider(one, other, heat)
        return self.wiring()

    def consider(self, one: int, other: int, heat: float) -> None:
        """Exchange two links where that adds at most `heat`."""
        change = self.change(one, other)
        if change is not None and change <= heat:
            self.exchange(one, other)

    def change(self, one: int, other: int) -> int | None:
        """Return what exchanging the devices of two links adds to the weight, None where it cannot be."""
        h, g, d, e = self.host[one], self.host[other], self.device[one], self.device[other]
        if h == g or d == e:
            return None
        onto_e, onto_d = self.weights[h][e], self.weights[g][d]
        if onto_e < 0 or onto_d < 0:
            return None
        at_d, at_e = self.at[d], self.at[e]
        if h in at_e or g in at_d:
            return None
        more = _meeting_again(self.meets[h], h, at_d, g, at_e) + _meeting_again(self.meets[g], g, at_e, h, at_d)
        return onto_e + onto_d - self.weights[h][d] - self.weights[g][e] + more * self.apart

    def exchange(self, one: int, other: int) -> None:
        """Exchange the devices of two links."""
        h, g, d, e = self.host[one], self.host[other], self.device[one], self.device[other]
        self._leave(h, d)
        self._leave(g, e)
        self._join(h, e)
        self._join(g, d)
        self.device[one], self.device[other] = e, d

    def _leave(self, host: int, device: int) -> None:
        self.at[device].remove(host)
        for x in self.at[device]:
            self.meets[host][x] -= 1
            self.meets[x][host] -= 1
            self._met(host, x)

    def _join(self, host: int, device: int) -> None:
        for x in self.at[device]:
            self.meets[host][x] += 1
            self.meets[x][host] += 1
            self._met(host, x)
        self.at[device].append(host)

    def _met(self, one: int, other: int) -> None:
        """Hear that two hosts meet more or less often."""

    def wiring(self) -> Wiring:
        """Return the hosts of each device."""
        return tuple(tuple(sorted(some)) for some in self.at)


class _Near(_Exchange):
    """As above, and pairs within two hops count: those that share a device, or each share one with a third host."""

    def __init__(self, ground: Ground, wiring: Wiring, aim: Aim, seed: int) -> None:
        super().__init__(ground, wiring, aim.apart, seed)
        self.aim = aim
        hosts = len(ground.links)
        self.near = (meetings(wiring, hosts) > 0).astype(np.float32)
        np.fill_diagonal(self.near, 1)
        self.far = self._beyond()

    def consider(self, one: int, other: int, heat: float) -> None:
        """Exchange two links where that adds at most `heat`; hops are counted anew only where it may."""
        change = self.change(one, other)
        if change is None or change - self.aim.beyond * FEW > heat:
            return
        before = self.far
        self.exchange(one, other)
        self.far = self._beyond()
        worse = max(0, self.far - self.aim.allowed) - max(0, before - self.aim.allowed)
        if change + worse * self.aim.beyond > heat:
            self.exchange(one, other)
            self.far = before

    def _beyond(self) -> int:
        """Return how many pairs are more than two hops apart."""
        return (self.near.size - int(np.count_nonzero(self.near @ self.near))) // 2

    def _met(self, one: int, other: int) -> None:
        self.near[one, other] = self.near[other, one] = self.meets[one][other] > 0


def _meeting_again(meets: list[int], host: int, left: list[int], leaving: int, joined: list[int]) -> int:
    """Return how many more pairs of a host meet again when it goes from one device to another, which `leaving` leaves."""
    more = 0
    for x in left:
        if meets[x] > 1 and x != host and x not in joined:
            more -= 1
    for x in joined:
        if meets[x] and x != leaving and x not in left:
            more += 1
    return more


def meetings(wiring: Wiring, hosts: int) -> Integers:
    """Return on how many devices each two hosts meet; on the diagonal nothing."""
    meets = np.zeros((hosts, hosts), np.int64)
    for some in wiring:
        for one, other in combinations(some, 2):
            meets[one, other] += 1
            meets[other, one] += 1
    return meets


def distinct_pairs(wiring: Wiring, hosts: int) -> int:
    """Return how many pairs of hosts share a device."""
    return int(np.count_nonzero(np.triu(meetings(wiring, hosts))))


def pairs_within_two(meets: Integers) -> int:
    """Return how many pairs of hosts share a device, or each share one with a third host."""
    near = (meets > 0).astype(np.float32)
    return int(np.count_nonzero(np.triu(near + near @ near, 1)))
