"""Nodes and edges at a level: ports with their owners, parts, trays or racks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.columns import Ints
from rackc.compiler.plan import Plan
from rackc.dsl.text import printable

#: What a node can be: a port, besides its owner; what owns ports; the tray or shelf around it; the rack.
LEVELS: Final = ("ports", "parts", "trays", "racks")

#: Text or number; what is not known is left out.
Told = dict[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by address, and edges as (end, end, key); a key is unlike every other. What is told of each is beside it."""

    name: str
    nodes: tuple[tuple[str, Told], ...]
    edges: tuple[tuple[str, str, str, Told], ...]
    inside: int = 0


def graph_of(plan: Plan, level: str = "parts", protocols: Sequence[str] = ()) -> Graph:
    """Return the links of these protocols (all, if none is named) at a level; `inside` counts links within one node."""
    of = plan.columns
    wanted = np.array([not protocols or name in protocols for name in of.protocols], bool)
    rows = np.flatnonzero(wanted[of.protocol])
    if level == "ports":
        return _of_ports(plan, rows)
    at = _homes(plan, level)
    a, b = at[of.a_owner[rows]], at[of.b_owner[rows]]
    nodes = np.unique(np.concatenate((a, b)))
    apart = rows[a != b]
    names = {node: _address(plan, node) for node in nodes.tolist()}
    edges = tuple(
        (names[left], names[right], *_link(plan, row))
        for left, right, row in zip(a[a != b].tolist(), b[a != b].tolist(), apart.tolist(), strict=True)
    )
    told = tuple((names[node], _instance(plan, node)) for node in nodes.tolist())
    return Graph(printable(plan.design), told, edges, len(rows) - len(apart))


def _homes(plan: Plan, level: str) -> Ints:
    """Return the node that stands for each instance; what stands in no tray or rack stands for itself."""
    of = plan.columns
    own = np.arange(len(of.parent))
    if level == "parts":
        return own
    stand = of.stand
    home = stand if level == "trays" else np.where(stand >= 0, of.rack[stand], of.within(own, ("rack",)))
    return np.where(home >= 0, home, own)


def _of_ports(plan: Plan, rows: Ints) -> Graph:
    """Return ports and their owners: a link joins two ports, and a port hangs on its owner by an edge of kind `port`."""
    of = plan.columns
    ports = np.unique(np.concatenate((of.a[rows], of.b[rows]))).tolist()
    owners = np.unique(of.owner[ports]).tolist()
    nodes = [(_address(plan, owner), _instance(plan, owner)) for owner in owners]
    nodes += [(printable(plan.ports[port].address), _port(plan, port)) for port in ports]
    edges: list[tuple[str, str, str, Told]] = []
    for port in ports:
        address = printable(plan.ports[port].address)
        edges.append((_address(plan, int(of.owner[port])), address, f"{address} port", {"kind": "port"}))
    for row in rows.tolist():
        ends = [printable(plan.ports[port].address) for port in (int(of.a[row]), int(of.b[row]))]
        edges.append((ends[0], ends[1], *_link(plan, row)))
    return Graph(printable(plan.design), tuple(nodes), tuple(edges))


def _address(plan: Plan, instance: int) -> str:
    return printable(plan.instances[instance].address or plan.design)


def _instance(plan: Plan, at: int) -> Told:
    instance, of = plan.instances[at], plan.columns
    stand = int(of.stand[at])
    rack = int(of.rack[stand]) if stand >= 0 else int(of.within(np.array([at]), ("rack",))[0])
    return _told(
        kind=instance.part.kind, part=instance.part.name, role=instance.part.role,
        rack=_address(plan, rack) if rack >= 0 else None, tray=_address(plan, stand) if stand not in (-1, at) else None,
        unit=None if instance.place is None else instance.place.unit,
    )  # fmt: skip


def _port(plan: Plan, at: int) -> Told:
    port = plan.ports[at]
    kind = port.interface
    return _told(kind="port", owner=_address(plan, port.owner), interface=kind.name, protocol=kind.protocol,
                 connector=kind.connector)  # fmt: skip


def _link(plan: Plan, row: int) -> tuple[str, Told]:
    """Return the key of a link, its ports' addresses, and what is told of it."""
    link = plan.links[row]
    a, b = (printable(plan.ports[port].address) for port in (link.a, link.b))
    carrier = plan.carriers[link.carrier]
    return f"{a} -- {b}", _told(
        kind="link", protocol=link.protocol, bandwidth_bytes_per_s=link.bandwidth_each_way, latency_ns=link.latency_ns,
        length_m=link.length_m, carrier=carrier.part.name, medium=carrier.medium, a_port=a, b_port=b,
    )  # fmt: skip


def _told(**values: str | float | None) -> Told:
    return {name: printable(x) if isinstance(x, str) else x for name, x in values.items() if x is not None}
