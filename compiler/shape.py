"""A shape: one definition elaborated with one set of arguments. Every instance of it is an offset, not a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from rackc.compiler.plan import Figure
from rackc.compiler.values import Offsets
from rackc.dsl import tree
from rackc.dsl.source import Span


@dataclass(slots=True)
class PortGroup:
    """`port name[count]: Interface`; `offset` is the first port's place among the owner's ports."""

    name: str
    count: int | None
    interface: Shape
    offset: int
    span: Span


@dataclass(slots=True)
class ChildGroup:
    """`name[count]: Type at place`, or one keyed element of an array made in a loop (`key` is then its index).

    `offset` and `port_offset` are those of the first child within the parent.
    """

    name: str
    count: int | None
    key: int | str | None
    shape: Shape
    offset: int
    port_offset: int
    span: Span
    positions: tuple[int, ...] = ()
    position_kind: str = ""

    @property
    def size(self) -> int:
        """How many children there are."""
        return 1 if self.count is None else self.count

    @property
    def is_array(self) -> bool:
        """Whether the children are reached by an index."""
        return self.count is not None or self.key is not None

    def keys(self) -> Sequence[int | str | None]:
        """Return the index of each child, None for one declared without."""
        return (self.key,) if self.count is None else range(self.count)


@dataclass(slots=True)
class Wiring:
    """One `connect`: pairs of ports as offsets within the shape that says it."""

    left: Offsets
    right: Offsets
    carrier: Shape | None
    candidates: tuple[Shape, ...]
    span: Span


@dataclass(slots=True)
class Rule:
    """One `require`, kept until all it speaks of is known; with a `weight` it is a `prefer`."""

    span: Span
    test: tree.Expr
    message: tree.Text | tree.Template | None
    scope: Any
    weight: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """`survive 1 controller for capacity`, as it was written."""

    count: int
    thing: str
    promise: str
    span: Span


@dataclass(slots=True)
class PoolSpec:
    """One `pool` block, evaluated: attributes by name with their spans, bounds, promises and goals.

    Bounds go by what they bound, those from below by that and ` >=`: `links` and `links >=`.
    """

    name: str
    span: Span
    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    bounds: dict[str, tuple[str, Any, Span]] = field(default_factory=dict)
    survive: tuple[Promised, ...] = ()
    goals: tuple[str, ...] = ()


@dataclass(slots=True)
class DemandSpec:
    """One `demand` of a workload, evaluated."""

    name: str
    span: Span
    call: str
    arguments: Mapping[str, Any]
    reader: str


@dataclass(slots=True, eq=False)
class Shape:
    """Everything one definition says, for one set of arguments. Filled while elaborated, read-only afterwards."""

    kind: str
    name: str
    package: str
    title: str
    span: Span
    lineage: tuple[str, ...] = ()
    figures: dict[str, Figure] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    ports: list[PortGroup] = field(default_factory=list)
    children: list[ChildGroup] = field(default_factory=list)
    wirings: list[Wiring] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pools: list[PoolSpec] = field(default_factory=list)
    demands: list[DemandSpec] = field(default_factory=list)
    workloads: list[tuple[str, Shape]] = field(default_factory=list)
    policies: list[tuple[str, Shape]] = field(default_factory=list)
    goals: list[tuple[tree.Expr, Any]] = field(default_factory=list)
    expected: list[tree.Word] = field(default_factory=list)
    on: Any = None
    serves: Shape | None = None
    instances: int = 1
    port_count: int = 0
    _ports: dict[str, PortGroup] = field(default_factory=dict)
    _children: dict[str, list[ChildGroup]] = field(default_factory=dict)
    _keyed: dict[tuple[str, str | None], ChildGroup] = field(default_factory=dict)

    def add_ports(self, group: PortGroup) -> None:
        """Add ports under a name that is free."""
        self.ports.append(group)
        self._ports[group.name] = group

    def add_child(self, group: ChildGroup) -> None:
        """Add children under a name and key that are free."""
        self.children.append(group)
        self._children.setdefault(group.name, []).append(group)
        self._keyed[group.name, None if group.key is None else str(group.key)] = group

    def port_group(self, name: str) -> PortGroup | None:
        """Return the ports of that name, or None."""
        return self._ports.get(name)

    def child_groups(self, name: str) -> Sequence[ChildGroup]:
        """Return the children of that name; several where they have keys or a loop made them one by one."""
        return self._children.get(name, ())

    def standing(self, name: str, key: int | str | None) -> ChildGroup | None:
        """Return what is in the way of children of that name and key, None where nothing is."""
        if key is None:
            return next(iter(self.child_groups(name)), None)
        return self._keyed.get((name, None)) or self._keyed.get((name, str(key)))

    def members(self) -> set[str]:
        """Return every name that may follow a dot."""
        named = {group.name for group in self.ports} | {group.name for group in self.children}
        return named | set(self.values) | {pool.name for pool in self.pools}
