"""Runs a built-in pattern on bundles of given sizes and names what it joins: ports are (side, bundle, place)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from rackc.compiler.patterns import PATTERNS
from rackc.compiler.patterns.joining import Given, Joining
from rackc.compiler.shape import ChildGroup, PortGroup, Shape
from rackc.compiler.values import Fault, Offsets
from rackc.dsl.source import Span

#: Side ("left", "right"), bundle, place in it.
Port = tuple[str, int, int]
Link = tuple[Port, Port]

_SPAN = Span("x", 0, 1)


def shape_of(left: Sequence[int], right: Sequence[int]) -> Shape:
    """Return a tray whose things `left[i]` and `right[i]` have ports `p` in these numbers."""
    tray = Shape("tray", "T", "", "", _SPAN)
    for name, sizes in (("left", left), ("right", right)):
        for key, size in enumerate(sizes):
            part = Shape("part", "P", "", "", _SPAN, port_count=size)
            part.ports.append(PortGroup("p", size, part, 0, _SPAN))
            tray.children.append(ChildGroup(name, None, key, part, tray.instances, tray.port_count, _SPAN))
            tray.instances += 1
            tray.port_count += size
    return tray


def join(
    name: str, left: Sequence[int], right: Sequence[int] | None = None, sizes: tuple[int, ...] = (), /,
    **options: int | Fraction,
) -> list[Link]:  # fmt: skip
    """Return the links that a pattern makes of bundles of these sizes; raises Fault as the pattern does."""
    tray = shape_of(left, right or ())
    counts = {option.name: option.default for option in PATTERNS[name].options if option.default is not None}
    counts |= {key: value for key, value in options.items() if isinstance(value, int)}
    ratios = {key: value for key, value in options.items() if isinstance(value, Fraction)}
    bundles = _bundles([*left, *(right or ())])
    sides = bundles[: len(left)], None if right is None else bundles[len(left) :]
    a, b = PATTERNS[name].run(Joining(*sides, tray, _SPAN), Given(counts, ratios, sizes))
    assert a.dtype == b.dtype == np.int64
    assert a.shape == b.shape
    ports = [(side, at, place) for side, n in (("left", left), ("right", right or ()))
             for at, size in enumerate(n) for place in range(size)]  # fmt: skip
    links = [(ports[x], ports[y]) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    used = Counter(port for link in links for port in link)
    assert set(used.values()) <= {1}, "a port is used twice"
    return links


def _bundles(sizes: Sequence[int]) -> tuple[Offsets, ...]:
    ends = np.cumsum([0, *sizes])
    return tuple(np.arange(a, b, dtype=np.int64) for a, b in pairwise(ends))


def graph(links: list[Link]) -> nx.MultiGraph:
    """Return the owners as nodes, (side, bundle), and each link as an edge."""
    made = nx.MultiGraph()
    made.add_edges_from((a[:2], b[:2]) for a, b in links)
    return made


def refused(
    name: str, left: Sequence[int], right: Sequence[int] | None = None, sizes: tuple[int, ...] = (), /,
    **options: int | Fraction,
) -> str:  # fmt: skip
    """Return the code and what a pattern says of counts that do not come out: message, label and hints, a line each."""
    with pytest.raises(Fault) as caught:
        join(name, left, right, sizes, **options)
    found = caught.value.diagnostic
    assert len(found.message) <= 160
    assert found.at.text
    assert found.hints
    return "\n".join((f"{found.code.value}: {found.message}", found.at.text, *found.hints))
