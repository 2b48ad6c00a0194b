"""Whether every slice of time fits, intact and after every loss: exactly, by max-flow, with as few flows as it takes.

A slice fits after a loss if a max-flow from hosts over their links to what is left carries all of it. For a large pod that
is slices times losses flows, so they are tried in groups first: if the greatest demand of some slices, host by host, fits
with everything lost that some losses take, each of these slices fits after each of these losses. A group that does not fit is
parted, down to one slice and one loss.

That any one device may be lost is asked by host: sets A of hosts that touch device f hold room(A) - room(f) >= demand(A) for
every f if and only if, for each host h, everything still fits with as much more demand of h as its largest device holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from ortools.graph.python import max_flow

from rackc.compiler.optimize.pods.wire import Integers, Wiring

#: Some slices and some losses, by number.
Box = tuple[list[int], list[int]]

#: Slices that are tried alone at first: the ones with most demand.
HARD = 3
#: Losses for which slices in a group leave memory, and the share of memory up to which a group is likely to fit.
FEW, LIKELY = 6, 0.8
#: Losses in a row are so many apart, about.
FAR = 8


@dataclass(frozen=True, slots=True)
class Lost:
    """What is lost at once: devices (numbers), links as (host, device), and any one device of each of some `hosts`."""

    devices: tuple[int, ...] = ()
    links: tuple[tuple[int, int], ...] = ()
    hosts: tuple[int, ...] = ()


INTACT = Lost()


class Net:
    """Hosts, links and devices as a flow network that is solved many times; link k joins `host[k]` and `device[k]`.

    `flows` counts what was solved.
    """

    def __init__(self, wiring: Wiring, hosts: int) -> None:
        self.hosts, self.devices, self.flows = hosts, len(wiring), 0
        self.host = np.array([h for some in wiring for h in some], np.int64)
        self.device = np.array([d for d, some in enumerate(wiring) for _ in some], np.int64)
        source, sink = hosts + self.devices, hosts + self.devices + 1
        every, each = np.arange(hosts), hosts + np.arange(self.devices)
        self._tails = np.concatenate((np.full(hosts, source), self.host, each))
        self._heads = np.concatenate((every, hosts + self.device, np.full(self.devices, sink)))

    def cut(self, row: Integers, room: Integers, lost: Lost = INTACT) -> Integers | None:
        """Return the hosts on the source side of a min cut where a slice does not fit in what is left, None where it does."""
        self.flows += 1
        left = room
        if lost.hosts:
            row = row.copy()
            row[list(lost.hosts)] += self._largest(room)[list(lost.hosts)]
        over = row[self.host]
        if lost.devices:
            left = room.copy()
            left[list(lost.devices)] = 0
        for host, device in lost.links:
            over[(self.host == host) & (self.device == device)] = 0
        flow = max_flow.SimpleMaxFlow()
        flow.add_arcs_with_capacity(self._tails, self._heads, np.concatenate((row, over, left)))
        source = self.hosts + self.devices
        flow.solve(source, source + 1)
        if flow.optimal_flow() >= int(row.sum()):
            return None
        side = np.asarray(flow.get_source_side_min_cut())
        return side[side < self.hosts]

    def weight(self, lost: Lost, room: Integers) -> int:
        """Return how much memory a loss takes; a link takes none."""
        largest = self._largest(room)
        return int(room[list(lost.devices)].sum() + largest[list(lost.hosts)].sum())

    def _largest(self, room: Integers) -> Integers:
        """Return what the largest device of each host holds."""
        found = np.zeros(self.hosts, np.int64)
        np.maximum.at(found, self.host, room[self.device])
        return found


class Trial:
    """Tries whether devices of some sizes keep the promise on a wiring; what failed before is tried first."""

    def __init__(self, net: Net, rows: Integers, losses: tuple[Lost, ...]) -> None:
        """Rows are slices by host, GiB, in order of time; without losses all is tried intact."""
        self.net, self.rows = net, rows
        self.losses = losses or (INTACT,)
        self.failed: dict[tuple[int, int], Integers] = {}
        self.hard = np.argsort(-rows.sum(axis=1), kind="stable")[:HARD].tolist()
        self.quick: list[Box] = [([one], [loss]) for one in self.hard for loss in range(len(self.losses))]

    def may_stand(self, room: Integers) -> bool:
        """Whether the slices with most demand fit after every loss, and those that failed before; not the others."""
        for slice_, loss in reversed(self.failed):
            if self.net.cut(self.rows[slice_], room, self.losses[loss]) is not None:
                return False
        return self._all(self.quick, room)

    def stands(self, room: Integers) -> bool:
        """Whether every slice fits after every loss with `room` GiB by device; one that fails is a hard one from then on."""
        if self._all(self._boxes(room), room):
            return True
        slice_, _ = next(reversed(self.failed))
        if slice_ not in self.hard:
            self.hard.append(slice_)
            self.quick += [([slice_], [loss]) for loss in range(len(self.losses))]
        return False

    def _boxes(self, room: Integers) -> list[Box]:
        """Return all slices and losses in groups that have a chance: neighbouring slices while together they leave memory for
        FEW losses, and then as many losses, far apart, as take no more than a share of what is left."""
        total, weights = int(room.sum()), [self.net.weight(loss, room) for loss in self.losses]
        most = max(weights)
        stride = max(1, len(weights) // FAR)
        order = [at for first in range(stride) for at in range(first, len(weights), stride)]
        boxes: list[Box] = []
        group: list[int] = []
        for slice_ in range(len(self.rows)):
            if group and self.rows[[*group, slice_]].max(axis=0).sum() + FEW * most > total * LIKELY:
                boxes += self._packed(group, order, weights, total)
                group = []
            group.append(slice_)
        return [*boxes, *self._packed(group, order, weights, total)] if group else boxes

    def _packed(self, group: list[int], order: list[int], weights: list[int], total: int) -> Iterator[Box]:
        left = (total - int(self.rows[group].max(axis=0).sum())) * LIKELY
        some: list[int] = []
        for loss in order:
            if some and sum(weights[one] for one in some) + weights[loss] > left:
                yield group, some
                some = []
            some.append(loss)
        yield group, some

    def _all(self, boxes: list[Box], room: Integers) -> bool:
        """Whether each box fits; one that does not is replaced by its halves, also for the next time."""
        at = 0
        while at < len(boxes):
            slices, losses = boxes[at]
            row = self.rows[slices].max(axis=0)
            side = self.net.cut(row, room, together([self.losses[loss] for loss in losses]))
            if side is None:
                at += 1
            elif len(slices) == len(losses) == 1:
                self.failed.pop((slices[0], losses[0]), None)
                self.failed[slices[0], losses[0]] = side
                return False
            else:
                boxes[at : at + 1] = _halves(slices, losses)
        return True


def _halves(slices: list[int], losses: list[int]) -> tuple[Box, Box]:
    if len(slices) > 1:
        half = len(slices) // 2
        return (slices[:half], losses), (slices[half:], losses)
    half = len(losses) // 2
    return (slices, losses[:half]), (slices, losses[half:])


def together(losses: list[Lost]) -> Lost:
    """Return the loss of everything that some losses take."""
    if len(losses) == 1:
        return losses[0]
    return Lost(
        tuple(sorted({device for one in losses for device in one.devices})),
        tuple(sorted({link for one in losses for link in one.links})),
        tuple(sorted({host for one in losses for host in one.hosts})),
    )


def least_uniform(net: Net, rows: Integers, losses: tuple[Lost, ...]) -> Fraction | None:
    """Return the least room, GiB, that does if every device has the same: exact; None where no room is enough.

    max over slices t, losses f and sets A of hosts of D_t(A) / |devices that touch A after f|, by Newton's method: a min cut
    at the room known so far has a set whose ratio is above it, which is the next room, until no cut is too small.
    """
    least = Fraction(int(rows.sum(axis=1).max(initial=0)), max(net.devices, 1))
    for row in rows[np.argsort(-rows.sum(axis=1), kind="stable")]:
        for lost in losses or (INTACT,):
            while True:
                room = np.full(net.devices, least.numerator, np.int64)
                side = net.cut(row * least.denominator, room, lost)
                if side is None:
                    break
                touched = np.unique(net.device[np.isin(net.host, side) & ~_gone(net, lost)])
                if not len(touched):
                    return None
                least = Fraction(int(row[side].sum()), len(touched))
    return least


def _gone(net: Net, lost: Lost) -> npt.NDArray[np.bool_]:
    """Return which links are lost, with devices or by themselves."""
    gone = np.isin(net.device, lost.devices)
    for host, device in lost.links:
        gone |= (net.host == host) & (net.device == device)
    return gone
