"""Rings, tori and meshes, recognised by their edges, and their bisection.

The least cut of a mesh of sizes k1 >= k2 >= ... >= kd is C(1) + ... + C(e), where C(i) is the product of the sizes
after the i-th, and e the first with k(e) even (d if none is); of a torus twice that. (Arjona Aroca and Fernández Anta,
"Bisection (Band)Width of Product Networks with Application to Data Centers", TAMC 2012.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.columns import Ints


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes of the dimensions, the last counting fastest; `closed` is a torus. Each step holds `step` bytes per second."""

    sizes: tuple[int, ...]
    closed: bool
    step: float

    @property
    def bisection(self) -> float:
        """The least bandwidth between halves."""
        sizes = sorted(self.sizes, reverse=True)
        even = next((at for at, size in enumerate(sizes) if size % 2 == 0), len(sizes) - 1)
        steps = sum(prod(sizes[at + 1 :]) for at in range(even + 1))
        return steps * self.step * (2 if self.closed else 1)


def grid_of(of: Fabric) -> Grid | None:
    """Return the torus or mesh that a fabric is, its nodes in order; None where it is none."""
    heads, edges = of.neighbours(0)
    if len(of) < 3 or not len(heads):
        return None
    away = set(heads.tolist())
    for closed in (True, False):
        for sizes in _sizes(len(of), away, 1, closed=closed):
            pair = closed and sizes[-1] == 2  # two nodes that are joined twice, once around
            step = float(of.capacity[edges[0]]) / (2 if pair else 1)
            found = Grid(sizes, closed, step)
            if _is(of, found):
                return found
    return None


def _sizes(count: int, away: set[int], stride: int, *, closed: bool) -> Iterator[tuple[int, ...]]:
    """Yield sizes whose strides are among the distances in number from node 0 to its neighbours."""
    if stride == count:
        yield ()
        return
    if stride not in away:
        return
    further = [far // stride for far in away if far > stride]
    options = {2, *(steps + 1 for steps in further)} if closed else {count // stride, *further}
    for size in sorted(options):
        if size > 1 and count % (stride * size) == 0:
            for rest in _sizes(count, away, stride * size, closed=closed):
                yield (*rest, size)


def _is(of: Fabric, grid: Grid) -> bool:
    """Whether a fabric has the edges of a grid, and each holds what its step does."""
    nodes = np.arange(len(of))
    tails: list[Ints] = []
    heads: list[Ints] = []
    stride = 1
    for size in reversed(grid.sizes):
        at = nodes // stride % size
        going = nodes if grid.closed else nodes[at < size - 1]
        tails.append(going)
        heads.append(going + ((at[going] + 1) % size - at[going]) * stride)
        stride *= size
    a, b = np.concatenate(tails), np.concatenate(heads)
    keys, times = np.unique(np.minimum(a, b) * len(of) + np.maximum(a, b), return_counts=True)
    same = np.array_equal(keys, of.a * len(of) + of.b)
    return same and bool(np.array_equal(times * grid.step, of.capacity))
