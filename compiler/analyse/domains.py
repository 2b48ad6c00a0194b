"""The domains of a fabric: what hangs together, and which domains are wired alike, so that one of them stands for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.components import components

#: Domains of one size in more kinds than this are told apart one by one instead of all at once.
_MANY_KINDS: Final = 16
#: Kinds that a full report tells of.
_MOST_TOLD: Final = 4


@dataclass(frozen=True)
class Domains:
    """Domains are numbered by their first node. `of_node` is the domain of each node, `rank` its place among its nodes.

    `kind` is that of each domain: domains of one kind have the same parts in the same order, joined by the same edges,
    so that place k of one is as place k of the other. `alike[k]` are the domains of kind k, in order.
    """

    fabric: Fabric
    of_node: Ints
    rank: Ints
    kind: Ints
    alike: tuple[Ints, ...]
    _nodes: tuple[Ints, Ints]
    _edges: tuple[Ints, Ints]

    @property
    def commonest(self) -> list[int]:
        """The kinds to tell of in full: those with the most domains."""
        order = sorted(range(len(self.alike)), key=lambda kind: (-len(self.alike[kind]), kind))
        return order[:_MOST_TOLD]

    def nodes(self, domain: int) -> Ints:
        """Return the nodes of a domain, in order."""
        order, starts = self._nodes
        return order[starts[domain] : starts[domain + 1]]

    def edges(self, domain: int) -> Ints:
        """Return the edges of a domain, in order."""
        order, starts = self._edges
        return order[starts[domain] : starts[domain + 1]]

    def fabric_of(self, kind: int) -> Fabric:
        """Return the first domain of a kind as a fabric of its own."""
        kept = self.fabric.found
        if ("domain", kind) not in kept:
            domain = int(self.alike[kind][0])
            kept["domain", kind] = self.fabric.cut(self.nodes(domain), self.edges(domain), self.rank)
        found: Fabric = kept["domain", kind]
        return found


def domains(fabric: Fabric) -> Domains:
    """Return the domains of a fabric, found once."""
    if "domains" not in fabric.found:
        fabric.found["domains"] = _domains(fabric)
    found: Domains = fabric.found["domains"]
    return found


def _domains(fabric: Fabric) -> Domains:
    label = components(len(fabric), fabric.a, fabric.b)
    firsts = np.flatnonzero(label == np.arange(len(fabric)))
    of_node = np.searchsorted(firsts, label)
    nodes = _sorted(of_node, len(firsts))
    edges = _sorted(of_node[fabric.a], len(firsts))
    rank = np.empty(len(fabric), np.int64)
    rank[nodes[0]] = np.arange(len(fabric)) - nodes[1][of_node[nodes[0]]]
    kind, alike = _kinds(fabric, rank, nodes, edges)
    return Domains(fabric, of_node, rank, kind, alike, nodes, edges)


def _sorted(of: Ints, count: int) -> tuple[Ints, Ints]:
    """Return rows by what they are of, in order, and where those of each begin."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(of, minlength=count), out=starts[1:])
    return np.argsort(of, kind="stable"), starts


def _kinds(
    fabric: Fabric, rank: Ints, nodes: tuple[Ints, Ints], edges: tuple[Ints, Ints]
) -> tuple[Ints, tuple[Ints, ...]]:
    """Number the kinds by their first domain. Only domains of one size can be alike: each size is looked at by itself."""
    sizes = np.stack((np.diff(nodes[1]), np.diff(edges[1])))
    found: list[Ints] = []
    for size in np.unique(sizes, axis=1).T if sizes.size else ():
        of_size = np.flatnonzero((sizes == size[:, None]).all(axis=0))
        found += _of_one_size(fabric, rank, of_size, (nodes, edges), size)
    alike = tuple(sorted(found, key=lambda rows: int(rows[0])))
    kind = np.zeros(sizes.shape[1], np.int64)
    for number, rows in enumerate(alike):
        kind[rows] = number
    return kind, alike


def _of_one_size(
    fabric: Fabric, rank: Ints, of_size: Ints, tables: tuple[tuple[Ints, Ints], tuple[Ints, Ints]], size: Ints
) -> list[Ints]:
    """Split domains with as many nodes and edges into those that are alike."""
    (node_order, node_starts), (edge_order, edge_starts) = tables
    rows = node_order[node_starts[of_size][:, None] + np.arange(size[0])]
    lines = edge_order[edge_starts[of_size][:, None] + np.arange(size[1])]
    columns: list[tuple[Ints | Floats, Ints]] = [(fabric.part, rows)]
    columns += [(rank[fabric.a], lines), (rank[fabric.b], lines), (fabric.capacity, lines), (fabric.links, lines)]
    columns += [(end, lines) for end in fabric.latency_ns]
    left, found = np.arange(len(of_size)), []
    for _ in range(_MANY_KINDS):
        if not len(left):
            break
        alike = _like_the_first(columns, left)
        found.append(of_size[left[alike]])
        left = left[~alike]
    return found + [of_size[rest] for rest in _one_by_one(columns, left)]


def _like_the_first(columns: Sequence[tuple[Any, Ints]], left: Ints) -> Flags:
    alike = np.ones(len(left), bool)
    for column, rows in columns:
        of_first = column[rows[left[0]]]
        alike[alike] = (column[rows[left[alike]]] == of_first).all(axis=1)
    return alike


def _one_by_one(columns: Sequence[tuple[Any, Ints]], left: Ints) -> list[Ints]:
    groups: dict[tuple[bytes, ...], list[int]] = {}
    for at in left.tolist():
        groups.setdefault(tuple(column[rows[at]].tobytes() for column, rows in columns), []).append(at)
    return [np.array(group) for group in groups.values()]
