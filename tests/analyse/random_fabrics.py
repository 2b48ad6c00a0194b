"""Random small fabrics as Plans, and the same as networkx graphs, in which everything is recomputed the plain way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from rackc.compiler.analyse.fabric import Fabric, fabric
from rackc.compiler.plan import Interval, PartType, Plan
from rackc.dsl.units import quantity
from tests.targets.sample_plans import Sketch, part

SLOW = Interval(quantity(100, "ns"), quantity(300, "ns"), quantity(150, "ns"))
#: An end, an end that passes on, two switches, one of which states no latency.
KINDS: tuple[PartType, ...] = (
    part("Gpu", "gpu"),
    part("Node", "gpu", forwards=True, latency=quantity(50, "ns")),
    part("Switch", "switch", forwards=True, latency=SLOW),
    part("Mute", "switch", forwards=True),
)
END, NODE, SWITCH, MUTE = range(4)


@dataclass(frozen=True)
class Drawn:
    """Kinds of the things, and links: ends, GB/s and ns."""

    kinds: tuple[int, ...]
    links: tuple[tuple[int, int, int, int], ...]

    @cached_property
    def plan(self) -> Plan:
        """The Plan: thing i is instance i + 1."""
        sketch = Sketch()
        root = sketch.add(-1, "rack", part("Rack"))
        for at, kind in enumerate(self.kinds):
            sketch.add(root, f"x[{at}]", KINDS[kind])
        for a, b, rate, latency in self.links:
            sketch.join(a + 1, b + 1, "X", float(rate), float(latency))
        return sketch.plan()

    @cached_property
    def fabric(self) -> Fabric:
        """The fabric as the compiler sees it."""
        return fabric(self.plan, "X")

    def node(self, thing: int) -> int:
        """Return the node of a thing in the fabric."""
        return int(self.fabric.at(np.array([thing + 1]))[0])

    @property
    def linked(self) -> list[int]:
        """Things with a link to another."""
        return sorted({end for a, b, _, _ in self.links for end in (a, b)})

    @property
    def ends(self) -> list[int]:
        """Linked things that are no switches."""
        return [thing for thing in self.linked if self.kinds[thing] in (END, NODE)]

    def forwards(self, thing: int) -> bool:
        """Whether traffic passes through."""
        return self.kinds[thing] != END

    def graph(self, among: tuple[int, ...] | list[int]) -> nx.MultiGraph:
        """Return what traffic among some things can use: they, and what forwards."""
        made = nx.MultiGraph()
        made.add_nodes_from(t for t in range(len(self.kinds)) if t in among or self.forwards(t))
        for a, b, rate, latency in self.links:
            if a in made and b in made:
                made.add_edge(a, b, rate=float(rate), latency=float(latency))
        return made

    def without(self, *, links: frozenset[int] = frozenset(), thing: int | None = None) -> Drawn:
        """Return the same with some links, or all those of a thing, taken out; things keep their numbers."""
        left = tuple(link for at, link in enumerate(self.links) if at not in links and thing not in link[:2])
        return Drawn(self.kinds, left)


def flow(graph: nx.MultiGraph, left: set[int], right: set[int], weight: str = "rate") -> float:
    """Return the maximum flow between two sets, the sum over parallel links."""
    made = nx.DiGraph()
    made.add_nodes_from(["left", "right", *graph])
    for a, b, data in graph.edges(data=True):
        for x, y in ((a, b), (b, a)):
            room = made[x][y]["capacity"] if made.has_edge(x, y) else 0.0
            made.add_edge(x, y, capacity=room + (data["rate"] if weight == "rate" else 1.0))
    made.add_edges_from(("left", x) for x in left)
    made.add_edges_from((x, "right") for x in right)
    return float(nx.maximum_flow_value(made, "left", "right"))


def halvings(ends: list[int]) -> Iterator[tuple[set[int], set[int]]]:
    """Yield every way to split ends into halves."""
    for chosen in combinations(ends, len(ends) // 2):
        yield set(chosen), set(ends) - set(chosen)


def least_halving(drawn: Drawn, ends: list[int]) -> float:
    """Return the bisection by trying every halving with a flow."""
    graph = drawn.graph(ends)
    return min((flow(graph, left, right) for left, right in halvings(ends)), default=0.0)


def reaching(drawn: Drawn, start: int) -> dict[int, int]:
    """Return the links to each thing that `start` reaches: from what passes nothing on no way leads further."""
    graph = nx.DiGraph()
    graph.add_node(start)
    for a, b, _, _ in drawn.links:
        graph.add_edges_from((x, y) for x, y in ((a, b), (b, a)) if x == start or drawn.forwards(x))
    return dict(nx.single_source_shortest_path_length(graph, start))


@st.composite
def anything(draw: st.DrawFn, most: int = 8) -> Drawn:
    """Any things joined anyhow: parallel links, separate parts, ends between others that pass nothing on."""
    count = draw(st.integers(2, most))
    kinds = draw(st.lists(st.sampled_from((END, END, NODE, SWITCH, SWITCH, MUTE)), min_size=count, max_size=count))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] != p[1])
    link = st.tuples(pair, st.sampled_from((1, 2, 5)), st.sampled_from((0, 10, 35)))
    rows = draw(st.lists(link, min_size=1, max_size=18))
    return Drawn(tuple(kinds), tuple((a, b, rate, latency) for (a, b), rate, latency in rows))


@st.composite
def tiered(draw: st.DrawFn) -> Drawn:
    """Ends under leaves under spines, all to all; perhaps pods under cores; perhaps some links taken out."""
    pods, leaves, spines = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    under, rates = draw(st.integers(1, 2)), draw(st.tuples(*(st.sampled_from((1, 2, 3)) for _ in range(3))))
    kinds: list[int] = []
    links: list[tuple[int, int, int, int]] = []
    tops = []
    for _ in range(pods):
        top = [len(kinds) + s for s in range(spines)]
        kinds += [SWITCH] * spines
        tops.append(top)
        for _ in range(leaves):
            leaf = len(kinds)
            kinds += [SWITCH] + [END] * under
            links += [(leaf, leaf + 1 + e, rates[0], 10) for e in range(under)]
            links += [(leaf, spine, rates[1], 10) for spine in top]
    if pods > 1:
        for plane in range(spines):
            links += [(top[plane], len(kinds), rates[2], 10) for top in tops]
            kinds.append(SWITCH)
    lost = draw(st.sets(st.integers(0, len(links) - 1), max_size=2))
    return Drawn(tuple(kinds), tuple(link for at, link in enumerate(links) if at not in lost or len(links) <= 2))


@st.composite
def wide(draw: st.DrawFn) -> Drawn:
    """Ends that join all of a few switches alike, with a link or two taken out."""
    ends, switches = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    rates = draw(st.lists(st.sampled_from((1, 2, 3)), min_size=switches, max_size=switches))
    links = [(e, ends + s, rates[s], 10) for e in range(ends) for s in range(switches)]
    lost = draw(st.sets(st.integers(0, len(links) - 1), max_size=2)) if len(links) > 4 else set()
    return Drawn((END,) * ends + (SWITCH,) * switches, tuple(x for at, x in enumerate(links) if at not in lost))


#: All of them.
drawings = st.one_of(anything(), anything(), tiered(), wide())
