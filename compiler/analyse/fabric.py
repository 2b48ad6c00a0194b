"""A fabric of a Plan as arrays: what has ports of one protocol, and the links between, parallel ones gathered.

Bandwidths are each way. Traffic passes through a thing only where its part says `forwards`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from rackc.compiler.columns import Columns, Flags, Floats, Ints
from rackc.compiler.plan import Plan

#: Roles of what joins others and is no end itself.
PASSING: Final = ("switch", "management-switch", "retimer", "gearbox", "transceiver")


@dataclass(frozen=True)
class Fabric:
    """Nodes and edges of one protocol, or of a part of it.

    Node n is instance `nodes[n]` (ascending), of part `part[n]`; `switches` marks what joins others and is no endpoint,
    `pass_ns` what passing through takes, in rows low, typical and high (nan: not stated). Edge e joins nodes
    `a[e]` < `b[e]` by `links[e]` parallel links of `capacity[e]` bytes per second in all; `latency_ns` is that of the
    quickest, in the same three rows.
    """

    nodes: Ints
    part: Ints
    forwards: Flags
    switches: Flags
    pass_ns: Floats
    a: Ints
    b: Ints
    capacity: Floats
    links: Ints
    latency_ns: Floats
    #: What was found out about it, by question; see `kept`.
    found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def endpoints(self) -> Ints:
        """Return the nodes that the switches join, in order."""
        return np.flatnonzero(~self.switches)

    @cached_property
    def around(self) -> tuple[Ints, Ints, Ints]:
        """Neighbours by node: node n has `heads[starts[n]:starts[n + 1]]`, ascending, over `edges[…]` likewise."""
        tails = np.concatenate((self.a, self.b))
        heads = np.concatenate((self.b, self.a))
        order = np.argsort(tails * max(len(self), 1) + heads, kind="stable")
        edges = np.tile(np.arange(len(self.a)), 2)[order]
        starts = np.zeros(len(self) + 1, np.int64)
        np.cumsum(np.bincount(tails, minlength=len(self)), out=starts[1:])
        return starts, heads[order], edges

    def neighbours(self, node: int) -> tuple[Ints, Ints]:
        """Return the neighbours of a node, and the edges to them."""
        starts, heads, edges = self.around
        here = slice(starts[node], starts[node + 1])
        return heads[here], edges[here]

    def at(self, instances: Ints) -> Ints:
        """Return the nodes of instances; -1 for what is no part of it."""
        if not len(self):
            return np.full(len(instances), -1)
        near = np.minimum(np.searchsorted(self.nodes, instances), len(self) - 1)
        return np.where(self.nodes[near] == instances, near, -1)

    def only(self, keep: Flags) -> tuple[Fabric, Ints]:
        """Return what is left with the nodes in `keep`, and the new number of each old node (-1 where it went)."""
        number = np.where(keep, np.cumsum(keep) - 1, -1)
        edges = np.flatnonzero(keep[self.a] & keep[self.b])
        return self.cut(np.flatnonzero(keep), edges, number), number

    def cut(self, rows: Ints, edges: Ints, number: Ints) -> Fabric:
        """Return the part with these nodes and edges; `number` holds the new number of each old node."""
        return Fabric(
            self.nodes[rows], self.part[rows], self.forwards[rows], self.switches[rows], self.pass_ns[:, rows],
            number[self.a[edges]], number[self.b[edges]], self.capacity[edges], self.links[edges],
            self.latency_ns[:, edges],
        )  # fmt: skip

    def holding(self, instances: Ints) -> Fabric:
        """Return the fabric with more nodes for instances that have no link of it."""
        fresh = np.setdiff1d(instances, self.nodes)
        nodes = np.union1d(self.nodes, fresh)
        number = np.searchsorted(nodes, self.nodes)
        mine = np.isin(nodes, self.nodes)
        part, passing = np.full(len(nodes), -1), np.full((3, len(nodes)), np.nan)
        forwards, switches = np.zeros(len(nodes), bool), np.zeros(len(nodes), bool)
        part[mine], passing[:, mine], forwards[mine], switches[mine] = (
            self.part, self.pass_ns, self.forwards, self.switches,
        )  # fmt: skip
        return Fabric(
            nodes, part, forwards, switches, passing, number[self.a], number[self.b], self.capacity, self.links,
            self.latency_ns,
        )  # fmt: skip

    def without(self, edges: Ints, links: int = 0) -> Fabric:
        """Return the fabric without some edges, or with that many parallel links less in each, bandwidth in proportion."""
        left = np.zeros(len(self.a), np.int64)
        left[edges] = self.links[edges] - links if links else 0
        keep = np.ones(len(self.a), bool)
        keep[edges] = left[edges] > 0
        share = np.ones(len(self.a))
        share[edges] = left[edges] / self.links[edges]
        return Fabric(
            self.nodes, self.part, self.forwards, self.switches, self.pass_ns, self.a[keep], self.b[keep],
            (self.capacity * share)[keep], np.where(left > 0, left, self.links)[keep], self.latency_ns[:, keep],
        )  # fmt: skip

    def through(self, ends: Ints) -> tuple[Fabric, Ints]:
        """Return what traffic between `ends` can use (they, and what forwards), and their numbers in it."""
        keep = self.forwards.copy()
        keep[ends] = True
        sub, number = self.only(keep)
        return sub, number[ends]


def fabric(plan: Plan, protocol: str, *, managing: bool = False) -> Fabric:
    """Return the fabric of one protocol, made once a Plan: the links to management switches, or all others."""
    kept = plan.columns.kept
    key = ("fabric", protocol, managing)
    if key not in kept:
        of = plan.columns
        at = of.protocols.index(protocol) if protocol in of.protocols else -1
        rows = np.flatnonzero((of.protocol == at) & (managed(of) == managing) & of.live)
        kept[key] = fabric_of(plan, rows)
    found: Fabric = kept[key]
    return found


def managed(of: Columns) -> Flags:
    """Return the links that have a management switch at an end: a network of their own, whatever they speak.

    A switch of a data network has a port for its management, and passes nothing on through it.
    """
    managing = np.array([part.role == "management-switch" for part in of.parts], bool)[of.part]
    found: Flags = managing[of.a_owner] | managing[of.b_owner]
    return found


def fabric_of(plan: Plan, rows: Ints) -> Fabric:
    """Return the fabric of some links, by their rows; a link from a thing to itself is left out."""
    of = plan.columns
    left, right = of.a_owner[rows], of.b_owner[rows]
    used = np.zeros(len(of.parent), bool)
    used[left] = used[right] = True
    apart = left != right
    rows, left, right = rows[apart], left[apart], right[apart]
    number = np.cumsum(used) - 1
    nodes = np.flatnonzero(used)
    low, high = number[np.minimum(left, right)], number[np.maximum(left, right)]
    keys = low * max(len(nodes), 1) + high
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    part = of.part[nodes]
    passing = np.array([p.role in PASSING for p in of.parts], bool)
    forwards = np.array([p.flag("forwards") for p in of.parts], bool)
    return Fabric(
        nodes, part, forwards[part], passing[part], _passing_ns(of)[:, part], low[order][first], high[order][first],
        _gathered(np.add, of.bandwidth[rows][order], first), np.diff(first, append=len(rows)),
        _gathered(np.minimum, _latencies_ns(plan, rows)[:, order], first),
    )  # fmt: skip


def _gathered(how: np.ufunc, column: Floats, first: Ints) -> Floats:
    """Return a column of links gathered by edge: `first` is where the links of each begin."""
    return how.reduceat(column, first, axis=-1) if len(first) else column[..., :0]


def _passing_ns(of: Columns) -> Floats:
    """Return the `latency` of every part, rows low, typical and high."""
    ends = [[p.low("latency", "ns"), p.typ("latency", "ns"), p.high("latency", "ns")] for p in of.parts]
    return np.array([[np.nan if x is None else x for x in row] for row in ends], float).reshape(-1, 3).T


def _latencies_ns(plan: Plan, rows: Ints) -> Floats:
    """Return the latency of links in three rows: the typical one is the Plan's own, the others as its carrier's ranges lie."""
    of = plan.columns
    typical = of.latency_ns[rows]
    by_carrier = np.array([_terms(plan, carrier) for carrier in range(len(plan.carriers))]).reshape(-1, 5)
    if not by_carrier[:, :4].any():
        return np.broadcast_to(typical, (3, len(typical)))
    terms = by_carrier[of.carrier[rows]]
    length = np.where(np.isnan(of.length_m[rows]), terms[:, 4], of.length_m[rows])
    low, high = length * terms[:, 0] + terms[:, 1], length * terms[:, 2] + terms[:, 3]
    return np.stack((np.maximum(typical - low, 0.0), typical, typical + high))


def _terms(plan: Plan, carrier: int) -> list[float]:
    """Return what the range of a carrier adds to its typical latency, below and above: ns a metre, and ns besides.

    The last is the length of a link where none is known.
    """
    part = plan.carriers[carrier].part

    def apart(name: str, unit: str) -> tuple[float, float, float]:
        return tuple(read(name, unit) or 0.0 for read in (part.low, part.typ, part.high))  # type: ignore[return-value]

    delay, count, each = apart("delay", "ns/m"), apart("retimers", ""), apart("retimer_latency", "ns")
    besides = [n * latency for n, latency in zip(count, each, strict=True)]
    return [delay[1] - delay[0], besides[1] - besides[0], delay[2] - delay[1], besides[2] - besides[1],
            part.typ("mean_length", "m") or 0.0]  # fmt: skip
