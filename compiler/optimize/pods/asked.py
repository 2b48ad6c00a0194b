"""What a large pool is asked, as tables: demand by slice and host, what may be lost, candidates one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np

from rackc.compiler.optimize.cuts import DIRECTIONS, of_copies, rate_of, traffic_of
from rackc.compiler.optimize.flows import Way, short
from rackc.compiler.optimize.patterns import largest_card_gib, linkable, links_needed, without_stated_links
from rackc.compiler.optimize.pods.fit import Lost, Net, Trial
from rackc.compiler.optimize.pods.wire import OUT_OF_REACH, Integers, Wiring
from rackc.compiler.optimize.problem import Cable, Goal, PoolProblem
from rackc.compiler.optimize.promises import copies_in_all, hosts_a_controller, may_lose, most_links, rows_with_losses
from rackc.compiler.optimize.wiring import natural

#: Losses at once beyond which they are not listed.
MOST_LOSSES = 20_000


@dataclass(frozen=True)
class Asked:
    """A problem with what is derived of it once. Device d is the candidate of `address[d]`, at `site[d]`."""

    problem: PoolProblem
    address: tuple[str, ...]
    site: tuple[int, ...]

    @property
    def hosts(self) -> int:
        """Return how many hosts there are."""
        return len(self.problem.hosts)

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """Return the links each host must have."""
        return links_needed(self.problem)

    @cached_property
    def bare(self) -> tuple[int, ...]:
        """Return the links each host must have for its memory, without what is stated beyond."""
        return links_needed(without_stated_links(self.problem))

    def links(self, modules: tuple[int, ...], ports: int = 0) -> tuple[int, ...] | None:
        """Return the links of each host in a pod of `ports` a host with these modules, None where one has too few ports.

        At least what it must have for its memory, and so many that its greatest demand fits in the largest devices there
        are with those lost that may be; at most what it has.
        """
        problem = self.problem
        largest = largest_card_gib(problem, modules)
        if not largest:
            return None
        lost = max(may_lose(problem, "controller"), may_lose(problem, "link"))
        peaks = self.rows.max(axis=0, initial=0).tolist()
        least = [
            max(bare, -(-peak // largest) + lost if peak else 0) for bare, peak in zip(self.bare, peaks, strict=True)
        ]
        if any(need > most for need, most in zip(least, self.most, strict=True)):
            return None
        return tuple(min(max(ports, need), most) for need, most in zip(least, self.most, strict=True))

    @cached_property
    def most(self) -> tuple[int, ...]:
        """Return the links each host may have; none where it needs no memory and no shape is stated."""
        able = set(linkable(self.problem))
        return tuple(most_links(self.problem, host) if host in able else 0 for host in range(self.hosts))

    @cached_property
    def rows(self) -> Integers:
        """Return demand by slice and host, GiB, in order of time, without slices that another one dominates."""
        return _undominated(np.array(self.problem.demand_gib, np.int64).reshape(-1, self.hosts))

    @cached_property
    def restarted(self) -> Integers:
        """Return demand as it is with hosts lost; no rows where none may be."""
        every = rows_with_losses(self.problem)[len(self.problem.demand_gib) :]
        return np.array(sorted({row[: self.hosts] for row in every}), np.int64).reshape(-1, self.hosts)

    @cached_property
    def copies(self) -> int:
        """Return how many copies there are of every byte."""
        return copies_in_all(self.problem)

    def weights(self, goal: Goal | None) -> Integers:
        """Return, by host and device, what a link adds to a goal, and its routed length in mm as the lesser part; None:
        the length alone. OUT_OF_REACH where there is no link."""
        table = np.array([[_weight(cable, goal) for cable in site.cables] for site in self.problem.sites], np.int64)
        found: Integers = table.reshape(-1, self.hosts).T[:, list(self.site)].copy()
        found[[most == 0 for most in self.most]] = OUT_OF_REACH
        return found


#: Routed lengths are less than this, mm: one cent outweighs any.
_LESSER = 1 << 12


def _weight(cable: Cable | None, goal: Goal | None) -> int:
    if cable is None:
        return OUT_OF_REACH
    match goal:
        case "cost":
            return cable.cost_cents * _LESSER + cable.routed_mm
        case "cable.length":
            return cable.length_mm * _LESSER + cable.routed_mm
        case _:
            return cable.routed_mm


def asked(problem: PoolProblem) -> Asked:
    """Return a problem as tables; candidates in order of site, then of address."""
    ordered = sorted(problem.controllers, key=lambda one: (one.site, natural(one.address)))
    return Asked(problem, tuple(one.address for one in ordered), tuple(one.site for one in ordered))


def _undominated(table: Integers) -> Integers:
    kept: list[int] = []
    for index in np.argsort(-table.sum(axis=1), kind="stable").tolist():
        if table[index].any() and not (table[kept] >= table[index]).all(axis=1).any():
            kept.append(index)
    return table[sorted(kept)]


def beyond(problem: PoolProblem) -> str:
    """Return what of a problem this method does not decide, as a sentence; "" where it does all."""
    if any(site.devices for site in problem.sites):
        return "switches"
    if problem.sharing and any(any(row) for row in problem.shared_gib):
        return "shared blocks"
    devices, ports = len(problem.controllers), sum(len(host.ports) for host in problem.hosts)
    shelves = len({site.shelf for site in problem.sites})
    counts = (("controller", devices), ("link", ports), ("shelf", shelves), ("host", len(problem.hosts)))
    for thing, count in counts:
        if comb(count, may_lose(problem, thing)) > MOST_LOSSES:  # type: ignore[arg-type]  # a literal
            return f"losses of {may_lose(problem, thing)} {thing}s"  # type: ignore[arg-type]
    return ""


class Promises:
    """Everything that is promised, tried on one wiring; `device[d]` is the number of its candidate."""

    def __init__(self, asked: Asked, wiring: Wiring, sites: tuple[int, ...]) -> None:
        self.asked, self.wiring, self.sites = asked, wiring, sites
        self.net = Net(wiring, asked.hosts)
        self.losses = tuple(_losses(asked.problem, wiring, sites))
        self.trial = Trial(self.net, asked.rows, self.losses)
        self.restarted = Trial(self.net, asked.restarted, ())

    def may_stand(self, room: Integers) -> bool:
        """Whether `room` GiB by device are enough for the hardest slices and all that failed before, and for copies.

        False is certain, True is not.
        """
        lost = may_lose(self.asked.problem, "controller")
        left = int(room.sum() - np.sort(room)[len(room) - lost :].sum())
        if min(left, int(room.sum()) // self.asked.copies) < int(self.asked.rows.sum(axis=1).max(initial=0)):
            return False
        return self.trial.may_stand(room) and self.restarted.may_stand(room) and self._copied(room)

    def stands(self, room: Integers) -> bool:
        """Whether the other slices fit too; what fails is looked at by may_stand from then on."""
        return self.trial.stands(room) and self.restarted.stands(room)

    def lacking(self, room: Integers) -> list[int]:
        """Return the hosts that lack memory or links with `room` GiB by device; none where all holds."""
        for trial in (self.trial, self.restarted):
            if not (trial.may_stand(room) and trial.stands(room)):
                return [int(host) for host in next(reversed(trial.failed.values()), ())]
        return []

    def linked(self) -> bool:
        """Whether links are as many as memory needs, devices reach hosts enough to take over, and rates fit."""
        have = np.bincount(self.net.host, minlength=self.asked.hosts)
        least = hosts_a_controller(self.asked.problem)
        enough = all(n <= h <= m for n, h, m in zip(self.asked.bare, have.tolist(), self.asked.most, strict=True))
        return enough and all(len(some) >= least for some in self.wiring) and self._rates()

    def _copied(self, room: Integers) -> bool:
        """Copies on different devices, and no more on a shelf than may be lost with it."""
        problem = self.asked.problem
        if self.asked.copies == 1:
            return True
        shelf = [problem.sites[site].shelf for site in self.sites]
        ways = [Way(_mask(some), int(gib), at) for some, gib, at in zip(self.wiring, room, shelf, strict=True)]
        return all(short(ways, of_copies(problem, tuple(row))) is None for row in self.asked.rows.tolist())

    def _rates(self) -> bool:
        """Traffic fits links and devices, each way."""
        problem = self.asked.problem
        for way in DIRECTIONS:
            traffic = traffic_of(problem, way)
            gives = (rate_of(problem.sites[site], way) for site in self.sites)
            ways = [Way(_mask(some), rate) for some, rate in zip(self.wiring, gives, strict=True)]
            if any(traffic.amount) and short(ways, traffic) is not None:
                return False
        return True


def _mask(hosts: tuple[int, ...]) -> int:
    return sum(1 << host for host in hosts)


def _losses(problem: PoolProblem, wiring: Wiring, sites: tuple[int, ...]) -> Iterator[Lost]:
    """Yield every loss after which all must fit. That of a link is less than that of its device."""
    controllers, links, shelves = (
        may_lose(problem, "controller"),
        may_lose(problem, "link"),
        may_lose(problem, "shelf"),
    )
    if controllers == 1:
        yield from (Lost(hosts=(host,)) for host in sorted({host for some in wiring for host in some}))
    elif controllers:
        yield from (Lost(some) for some in combinations(range(len(wiring)), min(controllers, len(wiring))))
    if links > controllers:
        every = [(host, device) for device, some in enumerate(wiring) for host in some]
        yield from (Lost(links=some) for some in combinations(every, min(links, len(every))))
    if shelves:
        shelf = [problem.sites[site].shelf for site in sites]
        for some in combinations(sorted({site.shelf for site in problem.sites}), shelves):
            yield Lost(tuple(device for device, at in enumerate(shelf) if at in some))
