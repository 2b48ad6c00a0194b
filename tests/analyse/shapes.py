"""Fabrics of known shape, made from edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, product

import numpy as np

from rackc.compiler.analyse.fabric import Fabric

Edge = tuple[int, int]


def made(count: int, ends: Sequence[int], edges: Iterable[tuple[int, int, float]], *, passing: bool = False) -> Fabric:
    """Return a fabric of `count` nodes; all but `ends` are switches, and ends forward if `passing`."""
    room: Counter[Edge] = Counter()
    links: Counter[Edge] = Counter()
    for a, b, rate in edges:
        room[min(a, b), max(a, b)] += rate  # type: ignore[assignment]
        links[min(a, b), max(a, b)] += 1
    keys = sorted(room)
    ending = np.zeros(count, bool)
    ending[list(ends)] = True
    return Fabric(
        np.arange(count), np.where(ending, 0, 1), ~ending | passing, ~ending, np.full((3, count), np.nan),
        np.array([a for a, _ in keys], np.int64), np.array([b for _, b in keys], np.int64),
        np.array([room[key] for key in keys], float), np.array([links[key] for key in keys], np.int64),
        np.zeros((3, len(keys))),
    )  # fmt: skip


def grid(sizes: Sequence[int], *, closed: bool) -> Fabric:
    """Return a torus or a mesh of nodes that forward, the last dimension counting fastest."""
    number = {at: n for n, at in enumerate(product(*map(range, sizes)))}
    edges = []
    for at, n in number.items():
        for d, size in enumerate(sizes):
            there = (*at[:d], (at[d] + 1) % size, *at[d + 1 :])
            if closed or at[d] + 1 < size:
                edges.append((n, number[there], 1.0))
    return made(len(number), range(len(number)), edges, passing=True)


def clos(
    leaves: int, under: int, spines: int, down: float = 1.0, up: float = 1.0, pods: int = 1, cores: int = 0
) -> Fabric:
    """Return ends under leaves under spines, all to all in a pod; core j joins spine j mod `spines` of each pod."""
    ends = pods * leaves * under
    edges: list[tuple[int, int, float]] = []
    leaf, spine = ends, ends + pods * leaves
    core = spine + pods * spines
    for p in range(pods):
        for at in range(p * leaves, (p + 1) * leaves):
            edges += [(at * under + e, leaf + at, down) for e in range(under)]
            edges += [(leaf + at, spine + p * spines + s, up) for s in range(spines)]
        edges += [(spine + p * spines + c % spines, core + c, up) for c in range(cores)]
    return made(core + cores, range(ends), edges)


def wide(ends: int, switches: int) -> Fabric:
    """Return ends that join every switch once."""
    return made(ends + switches, range(ends), [(e, ends + s, 1.0) for e in range(ends) for s in range(switches)])


def dragonfly(routers: int, beyond: int, under: int) -> Fabric:
    """Return groups of routers, all to all within, one link between each two groups; `under` ends a router."""
    groups = routers * beyond + 1
    count = groups * routers
    edges: list[tuple[int, int, float]] = []
    for g in range(groups):
        edges += [(g * routers + x, g * routers + y, 1.0) for x, y in combinations(range(routers), 2)]
        for q in range(groups - 1):
            to = (g + 1 + q) % groups
            if g < to:
                back = (g - to - 1) % groups
                edges.append((g * routers + q // beyond, to * routers + back // beyond, 1.0))
    edges += [(r, count + r * under + e, 1.0) for r in range(count) for e in range(under)]
    return made(count * (1 + under), range(count, count * (1 + under)), edges)
