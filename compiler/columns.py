"""A Plan as tables: parallel arrays, a row an instance, a port or a link, for what runs over all of them.

Rows are those of `Plan.instances`, `Plan.ports` and `Plan.links`; parents come before what stands in them. Where a row
has no figure, a float column holds nan and an integer column -1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from rackc.compiler.plan import Instance, InterfaceType, Link, PartType, Port

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Row_co = TypeVar("Row_co", covariant=True)


class Rows(Sequence[Row_co], Generic[Row_co]):
    """Rows that are made when they are asked for, and kept: a design of millions of ports is mostly never looked at."""

    def __init__(self, count: int, make: Callable[[int], Row_co], columns: object) -> None:
        self._count = count
        self._make = make
        self._made: dict[int, Row_co] = {}
        #: The tables that these are the rows of.
        self.columns = columns

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Row_co: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Row_co, ...]: ...
    def __getitem__(self, at: int | slice) -> Row_co | tuple[Row_co, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(self._count)))
        if not -self._count <= at < self._count:
            raise IndexError(at)
        at %= self._count
        if at not in self._made:
            self._made[at] = self._make(at)
        return self._made[at]

    def __iter__(self) -> Iterator[Row_co]:
        return (self[at] for at in range(self._count))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # equal to a tuple of the same rows, which hashes otherwise


@dataclass(frozen=True)
class Columns:
    """Instances, ports and links of a Plan.

    `part` indexes `parts`; `rack` is the rack that an instance has a place in (itself placed, not what is in it),
    `unit` its lowest unit and `height` its units. `interface` indexes `interfaces`, `protocol` of a link `protocols`;
    `carrier` indexes `Plan.carriers`, `group` `Plan.groups`. Bandwidth is bytes per second each way.
    """

    parts: tuple[PartType, ...]
    interfaces: tuple[InterfaceType, ...]
    protocols: tuple[str, ...]
    parent: Ints
    part: Ints
    populated: Flags
    rack: Ints
    unit: Ints
    height: Ints
    owner: Ints
    interface: Ints
    a: Ints
    b: Ints
    carrier: Ints
    protocol: Ints
    length_m: Floats
    routed_m: Floats
    bandwidth: Floats
    latency_ns: Floats
    group: Ints

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What analyses of these tables keep for each other, by question."""
        return {}

    @cached_property
    def a_owner(self) -> Ints:
        """The instance at each link's first end."""
        return self.owner[self.a]

    @cached_property
    def b_owner(self) -> Ints:
        """The instance at each link's second end."""
        return self.owner[self.b]

    @cached_property
    def live(self) -> Flags:
        """Whether what stands at both ends of a link is there: a candidate that is left out keeps its stated links, unused."""
        found: Flags = self.populated[self.a_owner] & self.populated[self.b_owner]
        return found

    @cached_property
    def depth(self) -> Ints:
        """How many things each instance stands in."""
        depth = np.zeros(len(self.parent), np.int64)
        at = np.flatnonzero(self.parent >= 0)
        holder = self.parent[at]
        while len(at):
            depth[at] += 1
            holder = self.parent[holder]
            at, holder = at[holder >= 0], holder[holder >= 0]
        return depth

    @cached_property
    def inside(self) -> tuple[Ints, Ints]:
        """Instances by parent: row i holds `inside[0][inside[1][i]:inside[1][i + 1]]`, in order."""
        order = np.argsort(self.parent, kind="stable")
        return order, np.searchsorted(self.parent[order], np.arange(len(self.parent) + 1))

    def children(self, instance: int) -> Ints:
        """Return the instances directly inside one, in order."""
        order, starts = self.inside
        return order[starts[instance] : starts[instance + 1]]

    @cached_property
    def racks(self) -> Ints:
        """Every rack, in order."""
        return self.of_kind("rack")

    def of_kind(self, kind: str) -> Ints:
        """Return the instances of every part of a kind (`rack`, `tray`, …), in order."""
        return self._where(np.array([part.kind == kind for part in self.parts], bool))

    def with_role(self, *roles: str) -> Ints:
        """Return the populated instances with one of these roles, in order."""
        found = self._where(np.array([part.role in roles for part in self.parts], bool))
        return found[self.populated[found]]

    def _where(self, of_parts: Flags) -> Ints:
        return np.flatnonzero(of_parts[self.part]) if len(self.parts) else np.zeros(0, np.int64)

    def figure(self, name: str, unit: str, end: str = "typ") -> Floats:
        """Return a figure of every instance's part in `unit` ("" for a plain number); nan where it states none."""
        by_part = [{"typ": p.typ, "low": p.low, "high": p.high}[end](name, unit) for p in self.parts]
        column = np.array([np.nan if value is None else value for value in by_part], np.float64)
        return column[self.part] if len(column) else np.zeros(len(self.part))

    def within(self, rows: Ints, kinds: Sequence[str]) -> Ints:
        """Return the nearest thing of one of these kinds that holds each instance (itself included), -1 for none."""
        return self._nearest(rows, np.array([part.kind in kinds for part in self.parts], bool)[self.part])

    @cached_property
    def stand(self) -> Ints:
        """The nearest thing with a place in a rack that holds each instance (itself included), -1 for none."""
        return self._nearest(np.arange(len(self.parent)), self.rack >= 0)

    def _nearest(self, rows: Ints, wanted: Flags) -> Ints:
        found = rows.copy()
        open_rows = np.flatnonzero((found >= 0) & ~wanted[found])
        while len(open_rows):
            found[open_rows] = self.parent[found[open_rows]]
            still = found[open_rows]
            open_rows = open_rows[(still >= 0) & ~wanted[still]]
        return found

    def summed(self, own: Floats) -> Floats:
        """Return, for every instance, its own figure and that of all populated things in it. nan counts as nothing."""
        total = np.where(self.populated, np.nan_to_num(own), 0.0)
        for level in range(int(self.depth.max(initial=0)), 0, -1):
            at = np.flatnonzero(self.depth == level)
            total += np.bincount(self.parent[at], total[at], len(total))
        return total


def columns_of(instances: Sequence[Instance], ports: Sequence[Port], links: Sequence[Link]) -> Columns:
    """Return the tables of rows that were made one by one."""
    parts = list({id(i.part): i.part for i in instances}.values())
    interfaces = list({id(p.interface): p.interface for p in ports}.values())
    protocols = sorted({link.protocol for link in links})
    part_at = {id(part): at for at, part in enumerate(parts)}
    interface_at = {id(kind): at for at, kind in enumerate(interfaces)}
    return Columns(
        tuple(parts), tuple(interfaces), tuple(protocols),
        parent=_ints(i.parent if i.parent != i.index else -1 for i in instances),
        part=_ints(part_at[id(i.part)] for i in instances),
        populated=np.array([i.populated for i in instances], bool),
        rack=_ints(i.place.rack if i.place is not None else -1 for i in instances),
        unit=_ints(i.place.unit if i.place is not None else -1 for i in instances),
        height=_ints(i.place.height if i.place is not None else -1 for i in instances),
        owner=_ints(p.owner for p in ports), interface=_ints(interface_at[id(p.interface)] for p in ports),
        a=_ints(link.a for link in links), b=_ints(link.b for link in links),
        carrier=_ints(link.carrier for link in links), protocol=_ints(protocols.index(link.protocol) for link in links),
        length_m=_floats(link.length_m for link in links), routed_m=_floats(link.routed_m for link in links),
        bandwidth=_floats(link.bandwidth_each_way for link in links),
        latency_ns=_floats(link.latency_ns for link in links), group=_ints(link.group for link in links),
    )  # fmt: skip


def _ints(values: Iterator[int]) -> Ints:
    return np.fromiter(values, np.int64)


def _floats(values: Iterator[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
