"""Shapes of pools that need no search: every host with every other, and a ring."""

from __future__ import annotations


def allowed_sets(
    name: str, arguments: tuple[int | tuple[int, ...], ...], hosts: int, heads: int
) -> tuple[tuple[int, ...], ...] | str:
    """Return the host sets of a shape, empty for any, or why there are none."""
    del arguments
    if name == "full":
        return () if heads >= hosts else f"{hosts} hosts need as many heads, a controller has {heads}"
    if name == "ring":
        return tuple(tuple(sorted((at, (at + 1) % hosts))) for at in range(hosts))
    return "this shape is not known"
