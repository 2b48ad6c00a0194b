"""Selections of instances and ports: a step from parents to children, attributes or ports, by offsets alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, Final

import numpy as np

from rackc.compiler.shape import ChildGroup, PortGroup, Shape
from rackc.compiler.values import SPOILT, Chunk, Family, PortSet, Selection, Spoilt

#: Stands for the value `none`, where None means that there is no such member.
NOTHING: Final = object()


def here(shape: Shape) -> Selection:
    """Return the selection of a shape itself, as its own statements see it."""
    return Selection((Chunk(shape, np.zeros(1, np.int64), np.zeros(1, np.int64)),), single=True)


def wrap(value: Any) -> Any:
    """Return a value as look-up hands it over: `none` as NOTHING."""
    return NOTHING if value is None else value


def member(of: Selection, name: str, beyond: Callable[[Selection, str], Any] | None = None) -> Any:
    """Return children, ports or attribute called `name`; None where not all chunks have it.

    Children come first: a parameter that names a part (`card`) may share its name with the children made of it.
    """
    shapes = [chunk.shape for chunk in of.chunks]
    if shapes and all(shape.child_groups(name) for shape in shapes):
        return _children(of, name)
    if shapes and all(shape.port_group(name) for shape in shapes):
        return _ports(of, name)
    if shapes and all(name in shape.values for shape in shapes):
        return _attribute(of, name)
    return beyond(of, name) if beyond is not None else None


def _attribute(of: Selection, name: str) -> Any:
    if of.single:
        value = of.chunks[0].shape.values[name]
        return wrap(value)
    values = [chunk.shape.values[name] for chunk in of.chunks]
    if SPOILT in values:
        raise Spoilt
    return tuple(value for value, chunk in zip(values, of.chunks, strict=True) for _ in chunk.instances)


def _offsets(chunk: Chunk, group: ChildGroup) -> Chunk:
    """Return the children of one group for every instance of a chunk, parent by parent."""
    step = np.arange(group.size)
    instances = chunk.instances[:, None] + group.offset + step * group.shape.instances
    ports = chunk.ports[:, None] + group.port_offset + step * group.shape.port_count
    return Chunk(group.shape, instances.ravel(), ports.ravel())


def _children(of: Selection, name: str) -> Selection | Family:
    groups = [chunk.shape.child_groups(name) for chunk in of.chunks]
    if not any(group.is_array for row in groups for group in row):
        chunks = tuple(_offsets(chunk, group) for chunk, row in zip(of.chunks, groups, strict=True) for group in row)
        return Selection(chunks, of.single)
    rows: list[tuple[Selection, tuple[int | str | None, ...]]] = []
    for chunk, row in zip(of.chunks, groups, strict=True):
        for at in range(len(chunk.instances)):
            one = Chunk(chunk.shape, chunk.instances[at : at + 1], chunk.ports[at : at + 1])
            keys = tuple(chain.from_iterable(group.keys() for group in row))
            rows.append((Selection(tuple(_offsets(one, group) for group in row), single=False), keys))
    return Family(name, tuple(rows))


def _ports(of: Selection, name: str) -> PortSet:
    bundles: list[Any] = []
    array = False
    for chunk in of.chunks:
        group: PortGroup = chunk.shape.port_group(name)  # type: ignore[assignment]  # the caller saw it
        array = array or group.count is not None
        step = np.arange(1 if group.count is None else group.count)
        bundles.extend(base + group.offset + step for base in chunk.ports)
    return PortSet(tuple(bundles), array)


def merge(chunks: list[Chunk]) -> tuple[Chunk, ...]:
    """Join neighbouring chunks of one shape, so that long selections stay few arrays."""
    merged: list[list[Chunk]] = []
    for chunk in chunks:
        if merged and merged[-1][0].shape is chunk.shape:
            merged[-1].append(chunk)
        else:
            merged.append([chunk])
    return tuple(
        Chunk(run[0].shape, np.concatenate([c.instances for c in run]), np.concatenate([c.ports for c in run]))
        for run in merged
    )


def take(of: Selection, positions: list[int]) -> list[Chunk]:
    """Return the instances at `positions`, in that order."""
    flat = [(chunk, at) for chunk in of.chunks for at in range(len(chunk.instances))]
    return [Chunk(flat[p][0].shape, flat[p][0].instances[flat[p][1]: flat[p][1] + 1],
                  flat[p][0].ports[flat[p][1]: flat[p][1] + 1]) for p in positions]  # fmt: skip


def title(of: Selection) -> str:
    """Return the names of the definitions selected, for messages."""
    names = sorted({f"`{chunk.shape.name}`" for chunk in of.chunks})
    return " and ".join(names) or "nothing"
