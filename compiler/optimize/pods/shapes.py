"""Shapes of pools by name: the sets of hosts that a device may serve."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Final

from rackc.compiler.patterns.designs import design

#: The hosts of each device, in ascending order.
Sets = tuple[tuple[int, ...], ...]
Arguments = tuple[int | tuple[int, ...], ...]


def allowed_sets(name: str, arguments: Arguments, hosts: int, heads: int) -> Sets | str:
    """Return the sets of hosts (numbers from 0) that one device of `heads` heads may serve; a sentence where there are none.

    - `islands(k)`: each k hosts in order have devices of their own; the last island has what is left.
    - `ring()`: as many hosts in a row as a device has heads, beginning at each host in turn.
    - `circulant([1, 2])`: for each step s, hosts i, i + s, i + 2s, … as many as heads, beginning at each host in turn; with
      two heads this is the circulant graph of these steps.
    - `block_design(lambda)`: any two hosts meet on lambda devices (1 where it is left out).
    - `full()`: every device serves every host.
    """
    shape = _SHAPES.get(name)
    if shape is None:
        return f"there is no shape `{name}`: it is one of {', '.join(f'`{known}`' for known in _SHAPES)}"
    numbers = tuple(n for one in arguments for n in (one if isinstance(one, tuple) else (one,)))
    if any(number < 1 for number in numbers):
        return f"`{name}` takes whole numbers from 1"
    return shape(numbers, hosts, heads)


def _islands(numbers: tuple[int, ...], hosts: int, heads: int) -> Sets | str:
    if len(numbers) != 1:
        return "`islands` takes how many hosts an island has, as in `islands(4)`"
    size = numbers[0]
    if size > heads:
        return f"an island of {size} hosts needs devices of {size} heads, these have {heads}"
    return tuple(tuple(range(first, min(first + size, hosts))) for first in range(0, hosts, size))


def _ring(numbers: tuple[int, ...], hosts: int, heads: int) -> Sets | str:
    if numbers:
        return "`ring` takes nothing: a device serves as many neighbours as it has heads"
    return _circulant((1,), hosts, heads)


def _circulant(numbers: tuple[int, ...], hosts: int, heads: int) -> Sets | str:
    if not numbers:
        return "`circulant` takes its steps, as in `circulant([1, 2])`"
    for step in numbers:
        distinct = hosts // gcd(hosts, step)
        if distinct < heads:
            return f"step {step} comes back after {distinct} of {hosts} hosts, a device has {heads} heads"
    found = {
        tuple(sorted((first + step * turn) % hosts for turn in range(heads)))
        for step in numbers
        for first in range(hosts)
    }
    return tuple(sorted(found))


def _block_design(numbers: tuple[int, ...], hosts: int, heads: int) -> Sets | str:
    if len(numbers) > 1:
        return "`block_design` takes one number, on how many devices any two hosts meet"
    times = numbers[0] if numbers else 1
    blocks = design(hosts, heads, times) if 1 < heads <= hosts else None
    if blocks is None:
        meet = "one device" if times == 1 else f"{times} devices"
        return f"no design is known of {hosts} hosts where any two meet on {meet} of {heads} heads"
    return tuple(sorted(set(blocks)))


def _full(numbers: tuple[int, ...], hosts: int, heads: int) -> Sets | str:
    if numbers:
        return "`full` takes nothing: every device serves every host"
    if hosts > heads:
        return f"every device would need {hosts} heads, these have {heads}"
    return (tuple(range(hosts)),)


_SHAPES: Final[dict[str, Callable[[tuple[int, ...], int, int], Sets | str]]] = {
    "islands": _islands,
    "ring": _ring,
    "circulant": _circulant,
    "block_design": _block_design,
    "full": _full,
}
