"""Labels of cables: an end is labelled with the address of its port, and two that read alike send a cable astray (R27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.model import Model
from rackc.compiler.shape import ChildGroup, PortGroup
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: What is confused on a printed label (PR-CABLING: avoid O and 0, I and 1).
_READS_AS: Final = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1"})

_Group = ChildGroup | PortGroup


def check_labels(planned: Planned) -> Iterator[Diagnostic]:
    """Warn of things and ports beside each other whose names are one when read, where cables end in both.

    Addresses are unique, and so are labels made of them; here those are found that look alike.
    """
    model = planned.model
    pairs = [
        (rows, one, two, at) for _, shape, rows in model.standing()
        for groups in (shape.children, shape.ports) for one, two, at in _alike(groups)
    ]  # fmt: skip
    if not pairs or not len(planned.plugged.a):
        return
    things, ports = _labelled(planned)
    for rows, one, two, at in pairs:
        both = [_rows(model, rows, group, key, at[2]) for group, key in ((one, at[0]), (two, at[1]))]
        used = ports if isinstance(one, PortGroup) else things
        where = np.flatnonzero(used[both[0]] & used[both[1]])
        if len(where):
            names = [
                _address(model, group, int(found[where[0]])) for group, found in zip((one, two), both, strict=True)
            ]
            more = f" (and {len(where) - 1:,} like it)" if len(where) > 1 else ""
            yield Diagnostic(
                Code.LABELS, f"{names[0]} and {names[1]}{more} read alike on a label", Label(two.span, "second"),
                (Label(one.span, "first"),) if one.span != two.span else (),
                ("O and 0, I, l and 1 are confused: give one another name",),
            )  # fmt: skip


def _alike(groups: Sequence[_Group]) -> Iterator[tuple[_Group, _Group, tuple[int, int, int]]]:
    """Yield pairs of groups with members that read alike: the place of the first of them in each, and how many there are."""
    first: dict[tuple[str, str], _Group] = {}
    arrays: dict[str, _Group] = {}
    for group in groups:
        name, key = _read(group.name), getattr(group, "key", None)
        if group.count is not None:
            other = arrays.setdefault(name, group)
            if other is not group and group.count and other.count:
                yield other, group, (0, 0, min(group.count, other.count or 0))
            continue
        other = first.setdefault((name, "" if key is None else _read(str(key))), group)
        if other is not group:
            yield other, group, (0, 0, 1)
    for (name, key), group in first.items():
        array = arrays.get(name)
        if array is not None and key.isdigit() and int(key) < (array.count or 0):
            yield array, group, (int(key), 0, 1)


def _read(name: str) -> str:
    return name.translate(_READS_AS)


def _rows(model: Model, owners: Ints, group: _Group, first: int, count: int) -> Ints:
    """Return the rows of so many members of a group, in each of its owners: instances, or ports."""
    members = np.arange(first, first + count)
    if isinstance(group, PortGroup):
        return (model.base[owners][:, None] + group.offset + members).ravel()
    return (owners[:, None] + group.offset + members * group.shape.instances).ravel()


def _address(model: Model, group: _Group, row: int) -> str:
    return model.port_address(row) if isinstance(group, PortGroup) else model.address(row)


def _labelled(planned: Planned) -> tuple[Flags, Flags]:
    """Return the things that cables end in, at whatever depth, and the ports that they end in."""
    model, plugged = planned.model, planned.plugged
    things, ports = np.zeros(len(model.parent), bool), np.zeros(len(model.port_owner), bool)
    ports[plugged.a] = ports[plugged.b] = True
    at = np.unique(model.port_owner[np.concatenate((plugged.a, plugged.b))])
    while len(at):
        things[at] = True
        at = np.unique(model.parent[at])
        at = at[at >= 0]
    return things, ports
