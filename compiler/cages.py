"""Cages and what goes into them: a cage may hold several ports, and one plug carries the links of all of them.

Cages, links, cables, transceivers and fibres are five counts. `ports_per_cage` of an interface says how many consecutive
ports of an array share a cage, `ways` of a carrier how many plugs it has at each end, `links_per_unit` how many links it
carries. A splitter has one plug in one cage at its first end, and several at its second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rackc.compiler.carriers import links_per_unit, plugs_of, ways_of
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.media import CABLES, figure, numbers, text
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape


def cages(model: Model, ports: Ints) -> Ints:
    """Return the cage of each port: the first port in it."""
    return ports - model.port_ordinal[ports] % ports_per_cage(model)[model.port_group[ports]]


def ports_per_cage(model: Model) -> Ints:
    """Return how many ports share a cage, for each group of ports."""
    return np.array([int(figure(g.interface, "ports_per_cage", "") or 1) for g in model.port_groups], np.int64)


def is_cable(carrier: Shape) -> bool:
    """Whether a carrier has plugs that go into cages."""
    return text(carrier, "medium") in CABLES


def is_optical(carrier: Shape) -> bool:
    """Whether a carrier is fibre between transceivers: these go into the cages, and one may take several fibres."""
    return text(carrier, "construction") == "optical"


@dataclass(frozen=True)
class Plugged:
    """Links over cables, with what goes into which cage.

    `links` are their rows in the Plan, `a` and `b` their ports, `carrier` that of each by its place in `shapes`.
    """

    model: Model
    shapes: tuple[Shape, ...]
    links: Ints
    a: Ints
    b: Ints
    carrier: Ints

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """The cages at both ends."""
        return cages(self.model, self.a), cages(self.model, self.b)

    @cached_property
    def shared(self) -> Flags:
        """Which links share a plug with others: of a carrier of several, which states its ways or goes into a wide cage.

        A loom of several cables does neither.
        """
        per_cage = ports_per_cage(self.model)[self.model.port_group]
        wide = (per_cage[self.a] > 1) | (per_cage[self.b] > 1)
        several = np.array([links_per_unit(shape) > 1 for shape in self.shapes], bool)[self.carrier]
        stated = np.array([bool(numbers(shape, "ways")) for shape in self.shapes], bool)[self.carrier]
        return several & (stated | wide)

    @cached_property
    def turned(self) -> Flags:
        """Which links have their carrier's first end at `b`: the plug, or else the cage that holds its links, tells."""
        per_cage = ports_per_cage(self.model)
        at_a, at_b = per_cage[self.model.port_group[self.a]], per_cage[self.model.port_group[self.b]]
        turned = at_b > at_a
        for k, shape in enumerate(self.shapes):
            first, second = plugs_of(shape)
            if first != second:
                of = np.flatnonzero(self.carrier == k)
                turned[of] = self._plug_is(self.b[of], first) & ~self._plug_is(self.a[of], first)
        return turned

    def _plug_is(self, ports: Ints, form: str) -> Flags:
        alike = np.array([text(g.interface, "connector") == form for g in self.model.port_groups], bool)
        return alike[self.model.port_group[ports]]

    @cached_property
    def first(self) -> Ints:
        """The cage at the first end of each link's carrier."""
        return np.where(self.turned, self.ends[1], self.ends[0])

    @cached_property
    def second(self) -> Ints:
        """The cage at the second end."""
        return np.where(self.turned, self.ends[0], self.ends[1])

    @cached_property
    def unit(self) -> Ints:
        """The orderable unit that carries each link, as the first link of it.

        Links of one carrier that begin in one cage are one unit; those of fibre begin in one part of a transceiver.
        A link that shares no plug is a unit of its own.
        """
        unit = np.arange(len(self.a))
        for k, shape in enumerate(self.shapes):
            of = np.flatnonzero(self.shared & (self.carrier == k))
            if len(of):
                port = np.where(self.turned[of], self.b[of], self.a[of])
                part = port - self.model.port_ordinal[port] % links_per_unit(shape)
                begins = part if is_optical(shape) else self.first[of]
                _, at, same = np.unique(begins, return_index=True, return_inverse=True)
                unit[of] = of[at][same.ravel()]
        return unit


@dataclass(frozen=True, slots=True)
class Counts:
    """What one carrier comes to, in one length: links, orderable units, cages, and transceivers by the form of the cage."""

    links: int
    units: int
    cages: int = 0
    transceivers: tuple[tuple[str, int], ...] = ()


def counts(plugged: Plugged, row: Ints, shapes: Sequence[Shape]) -> dict[int, Counts]:
    """Return what the cables of each row come to; `row` is that of each link, `shapes` the carriers of the rows.

    A cage that several rows go into, by way of one transceiver, counts for the first of them.
    """
    found = {}
    cage = np.concatenate(plugged.ends)
    _, at = np.unique(cage, return_index=True)
    of_cage = np.tile(row, 2)[at]
    port = np.concatenate((plugged.a, plugged.b))[at]
    for k in np.unique(row).tolist():
        links = np.flatnonzero(row == k)
        shared = plugged.shared[links]
        alone = -(-int(np.count_nonzero(~shared)) // links_per_unit(shapes[k]))
        units = len(np.unique(plugged.unit[links[shared]])) + alone
        ports = port[of_cage == k]
        found[k] = Counts(len(links), units, len(ports), _transceivers(plugged.model, shapes[k], units, ports))
    return found


def _transceivers(model: Model, carrier: Shape, units: int, ports: Ints) -> tuple[tuple[str, int], ...]:
    """Return the transceivers by form: one a cage where every plug of a unit is one, else as many a unit as it states."""
    each = int(figure(carrier, "transceivers", "") or 0)
    if not each:
        return ()
    if each != sum(ways_of(carrier)):
        return (("", units * each),)
    forms = Counter(text(model.interface(port), "connector") for port in ports.tolist())
    return tuple(sorted(forms.items()))
