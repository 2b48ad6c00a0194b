"""The Model: a design as tables. Instances, ports and links are rows of parallel integer arrays; addresses are derived.

A shape is flattened once; every further instance of it is a copy shifted by an offset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from rackc.compiler.shape import ChildGroup, PortGroup, Shape, Wiring
from rackc.compiler.values import Offsets


@dataclass(frozen=True, slots=True)
class Tables:
    """Instances, ports and links as parallel columns, rows relative to the shape they were made for.

    Row i of the instance columns: `parent[i]` (-1 for the root), `shape[i]` into the shapes, `group[i]` into the groups
    of children (-1 for the root), `ordinal[i]` its place in that group, `base[i]` the row of its first port. Port
    columns likewise; `link_wiring[k]` says which `connect` made link k, `link_code[k]` which pair of it: links of one code
    are the same link of several instances of a shape, so that what holds for one within the shape holds for all.
    """

    parent: Offsets
    shape: Offsets
    group: Offsets
    ordinal: Offsets
    base: Offsets
    port_owner: Offsets
    port_group: Offsets
    port_ordinal: Offsets
    link_a: Offsets
    link_b: Offsets
    link_wiring: Offsets
    link_code: Offsets


@dataclass(frozen=True, slots=True)
class Model(Tables):
    """All instances, ports and links of a design, and what their rows refer to."""

    shapes: tuple[Shape, ...]
    groups: tuple[ChildGroup, ...]
    port_groups: tuple[PortGroup, ...]
    wirings: tuple[Wiring, ...]
    _addresses: dict[int, str] = field(default_factory=dict, repr=False)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def kept(self, name: str, make: Callable[[Model], Any]) -> Any:
        """Return what `make` gives of this model, made once: several checks read the same tables."""
        if name not in self._kept:
            self._kept[name] = make(self)
        return self._kept[name]

    def rows_of(self, shape: int) -> Offsets:
        """Return every instance of a shape (its number in `shapes`), in order."""
        if "order" not in self._kept:
            order = np.argsort(self.shape, kind="stable")
            self._kept["order"] = order, np.searchsorted(self.shape[order], np.arange(len(self.shapes) + 1))
        order, starts = self._kept["order"]
        return order[starts[shape] : starts[shape + 1]]  # type: ignore[no-any-return]

    def standing(self) -> Iterator[tuple[int, Shape, Offsets]]:
        """Yield number, shape and instances of every shape in use: what is alike is looked at once."""
        for number, shape in enumerate(self.shapes):
            rows = self.rows_of(number)
            if len(rows):
                yield number, shape, rows

    def first_links(self) -> Offsets:
        """Return one link of each code, the first: enough for what depends on a link's place in its shape alone."""
        if "first" not in self._kept:
            first = np.full(int(self.link_code.max(initial=-1)) + 1, -1)
            first[self.link_code[::-1]] = np.arange(len(self.link_code))[::-1]
            self._kept["first"] = first
        return self._kept["first"]  # type: ignore[no-any-return]

    def kinds_of_links(self) -> list[tuple[int, int]]:
        """Return the first link of each kind and how many there are: links of one `connect` between the same ports.

        Of one kind are links whose ends are of the same port groups; what the ends say of themselves is alike.
        """
        if "kinds" not in self._kept:
            first = self.first_links()
            rows = np.stack(
                (self.link_wiring[first], self.port_group[self.link_a[first]], self.port_group[self.link_b[first]])
            )
            _, at, kind = np.unique(rows, axis=1, return_index=True, return_inverse=True)
            counts = np.bincount(kind.ravel(), np.bincount(self.link_code)).astype(np.int64)
            earliest = np.full(len(at), len(self.link_a))
            np.minimum.at(earliest, kind.ravel(), first)
            self._kept["kinds"] = sorted(zip(earliest.tolist(), counts.tolist(), strict=True))
        return self._kept["kinds"]  # type: ignore[no-any-return]

    def with_role(self, role: str) -> Offsets:
        """Return every instance whose definition states a role, in order."""
        numbers = [number for number, shape in enumerate(self.shapes) if shape.values.get("role") == role]
        return np.flatnonzero(np.isin(self.shape, numbers))

    def shape_at(self, instance: int) -> Shape:
        """Return the shape of an instance."""
        return self.shapes[int(self.shape[instance])]

    def group_at(self, instance: int) -> ChildGroup | None:
        """Return the array or statement an instance comes from; None for the root."""
        return self.groups[self.group[instance]] if self.group[instance] >= 0 else None

    def name(self, instance: int) -> str:
        """Return the last step of an address: `gpu[1]`."""
        group = self.group_at(instance)
        if group is None:
            return self.shape_at(instance).name
        key = group.keys()[self.ordinal[instance]]
        return group.name if key is None else f"{group.name}[{key}]"

    def address(self, instance: int) -> str:
        """Return the stable name of an instance; the design's root is not part of it."""
        found = self._addresses.get(instance)
        if found is None:
            parent = int(self.parent[instance])
            own = self.name(instance)
            found = own if parent <= 0 else f"{self.address(parent)}.{own}"
            self._addresses[instance] = found
        return found

    def port_name(self, port: int) -> str:
        """Return the last step of a port's address: `nvl[7]`."""
        group = self.port_groups[self.port_group[port]]
        return group.name if group.count is None else f"{group.name}[{self.port_ordinal[port]}]"

    def port_address(self, port: int) -> str:
        """Return the stable name of a port."""
        return f"{self.address(int(self.port_owner[port]))}.{self.port_name(port)}"

    def interface(self, port: int) -> Shape:
        """Return the interface a port speaks."""
        return self.port_groups[int(self.port_group[port])].interface

    def ancestor(self, instance: int, kind: str) -> int:
        """Return the nearest thing of `kind` that holds an instance (itself included), -1 where there is none."""
        while instance >= 0 and self.shape_at(instance).kind != kind:
            instance = int(self.parent[instance])
        return instance

    def children(self, instance: int) -> list[int]:
        """Return what stands directly inside an instance."""
        if "inside" not in self._kept:
            order = np.argsort(self.parent, kind="stable")
            self._kept["inside"] = order, np.searchsorted(self.parent[order], np.arange(len(self.parent) + 1))
        order, starts = self._kept["inside"]
        return order[starts[instance] : starts[instance + 1]].tolist()  # type: ignore[no-any-return]


class Flattening:
    """Numbers shapes, groups and wirings, and flattens each shape once."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.groups: list[ChildGroup] = []
        self.port_groups: list[PortGroup] = []
        self.wirings: list[Wiring] = []
        self._codes = 0
        self._done: dict[int, Tables] = {}

    def flat(self, shape: Shape) -> Tables:
        found = self._done.get(id(shape))
        if found is None:
            found = self._flatten(shape)
            self._done[id(shape)] = found
        return found

    def _flatten(self, shape: Shape) -> Tables:
        self.shapes.append(shape)
        number = len(self.shapes) - 1
        n, p = shape.instances, shape.port_count
        parent, shapes, groups, ordinal, base = (np.full(n, -1, np.int64) for _ in range(5))
        owner, port_group, port_ordinal = (np.zeros(p, np.int64) for _ in range(3))
        shapes[0], ordinal[0], base[0] = number, 0, 0
        for group in shape.ports:
            self.port_groups.append(group)
            rows = slice(group.offset, group.offset + (1 if group.count is None else group.count))
            port_group[rows] = len(self.port_groups) - 1
            port_ordinal[rows] = np.arange(rows.stop - rows.start)
        none = np.zeros(0, np.int64)
        made = Tables(parent, shapes, groups, ordinal, base, owner, port_group, port_ordinal, none, none, none, none)
        links = [self._embed(made, child) for child in shape.children]
        for wiring in shape.wirings:
            self.wirings.append(wiring)
            codes = np.arange(self._codes, self._codes + len(wiring.left))
            self._codes += len(wiring.left)
            links.append((wiring.left, wiring.right, np.full(len(wiring.left), len(self.wirings) - 1, np.int64), codes))
        if not links:
            return made
        link_a, link_b, link_wiring, link_code = (np.concatenate(column) for column in zip(*links, strict=True))
        return replace(made, link_a=link_a, link_b=link_b, link_wiring=link_wiring, link_code=link_code)

    def _embed(self, made: Tables, child: ChildGroup) -> tuple[Offsets, Offsets, Offsets, Offsets]:
        """Copy one group of children into its parent's tables; return their links, shifted."""
        flat = self.flat(child.shape)
        self.groups.append(child)
        n, p, size = child.shape.instances, child.shape.port_count, child.size
        step = np.repeat(np.arange(size), n)
        rows = slice(child.offset, child.offset + size * n)
        inside = np.tile(flat.parent, size)
        made.parent[rows] = np.where(inside < 0, 0, inside + child.offset + step * n)
        made.shape[rows] = np.tile(flat.shape, size)
        made.group[rows] = np.where(inside < 0, len(self.groups) - 1, np.tile(flat.group, size))
        made.ordinal[rows] = np.where(inside < 0, step, np.tile(flat.ordinal, size))
        made.base[rows] = np.tile(flat.base, size) + child.port_offset + step * p
        ports = slice(child.port_offset, child.port_offset + size * p)
        port_step = np.repeat(np.arange(size), p)
        made.port_owner[ports] = np.tile(flat.port_owner, size) + child.offset + port_step * n
        made.port_group[ports] = np.tile(flat.port_group, size)
        made.port_ordinal[ports] = np.tile(flat.port_ordinal, size)
        shift = child.port_offset + np.repeat(np.arange(size), len(flat.link_a)) * p
        links = (np.tile(flat.link_a, size) + shift, np.tile(flat.link_b, size) + shift)
        return *links, np.tile(flat.link_wiring, size), np.tile(flat.link_code, size)


def flatten(root: Shape) -> Model:
    """Return the tables of a whole design."""
    work = Flattening()
    flat = work.flat(root)
    columns = {column.name: getattr(flat, column.name) for column in fields(flat)}
    for column in columns.values():
        column.setflags(write=False)
    return Model(**columns, shapes=tuple(work.shapes), groups=tuple(work.groups), port_groups=tuple(work.port_groups),
                 wirings=tuple(work.wirings))  # fmt: skip
