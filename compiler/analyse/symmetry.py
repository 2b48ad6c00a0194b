"""What in a fabric is as good as what else: nodes and edges of one class are looked at once.

Two classings. `orbits` is certain: nodes of a class can be exchanged without changing the fabric. `colours` sees more
(that all pods are alike, say), and is right of whatever people build, but not of every graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.routes import mixed, twins
from rackc.compiler.columns import Ints


def numbered(*columns: npt.NDArray[Any]) -> Ints:
    """Number the rows of several columns: rows that are equal have one number."""
    found = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        own = np.unique(column, return_inverse=True)[1]
        found = np.unique(found * (int(own.max(initial=0)) + 1) + own, return_inverse=True)[1]
    return found


def profiles(of: Fabric, *, timed: bool = False) -> Ints:
    """Number the edges by capacity and parallel links, and by latency if `timed`."""
    return numbered(of.capacity, of.links, *(of.latency_ns if timed else ()))


@dataclass(frozen=True, slots=True)
class Orbits:
    """The class of each node, and its anchor: what it hangs on, if on one node alone, else itself.

    Pairs are alike too where their nodes are of the same two classes, and both or neither have one anchor in common.
    """

    of_node: Ints
    anchor: Ints


def orbits(of: Fabric, marks: Ints, *, timed: bool = False) -> Orbits:
    """Return classes of nodes; to exchange two of one class, with what hangs on them, changes nothing.

    Twins, that have the same mark and the same neighbours over edges of one profile, can be exchanged. So can nodes that
    hang on one node alone, with that node where it is a twin of another that has as many of the same hanging on it.
    """
    profile = profiles(of, timed=timed)
    begins, heads, edges = of.around
    degree = np.diff(begins)
    hanging = np.flatnonzero(degree == 1)
    hanging = hanging[degree[heads[begins[hanging]]] > 1]
    holder = heads[begins[hanging]]
    look = numbered(marks[hanging], profile[edges[begins[hanging]]])
    kinds = int(look.max(initial=-1)) + 1
    held = np.zeros((len(of), kinds), np.int64)
    np.add.at(held, (holder, look), 1)
    inner = np.ones(len(of), bool)
    inner[hanging] = False
    sub, _ = of.only(inner)
    own = numbered(marks[inner], *held[inner].T)
    kept = inner[of.a] & inner[of.b]
    same = np.flatnonzero(inner)[twins(sub, own, profile[kept])]
    found = np.zeros(len(of), np.int64)
    found[inner] = same
    found[hanging] = len(of) * (1 + look) + found[holder]
    anchor = np.arange(len(of))
    anchor[hanging] = holder
    return Orbits(np.unique(found, return_inverse=True)[1], anchor)


def colours(of: Fabric, marks: Ints) -> Ints:
    """Return a class for every node: those of one have the same mark and as many neighbours of each class (refined)."""
    begins, heads, edges = of.around
    profile = profiles(of)[edges]
    linked = np.flatnonzero(np.diff(begins))
    found = np.unique(marks, return_inverse=True)[1]
    count = int(found.max(initial=-1)) + 1
    while True:
        digest = np.zeros(len(of), np.uint64)
        if len(linked):
            each = mixed(found[heads].astype(np.uint64) + (profile.astype(np.uint64) << np.uint64(32)))
            digest[linked] = np.add.reduceat(each, begins[linked])
        found = numbered(found, digest.view(np.int64))
        now = int(found.max(initial=-1)) + 1
        if now == count:
            return found
        count = now


def edge_classes(of: Fabric, nodes: Ints) -> Ints:
    """Return a class for every edge: those of one have the same profile and ends of the same classes."""
    ends = np.sort(np.stack((nodes[of.a], nodes[of.b])), axis=0)
    return numbered(profiles(of), ends[0], ends[1])
