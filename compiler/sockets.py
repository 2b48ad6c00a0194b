"""Inside a host: its sockets, what joins them, and by which links its GPUs reach its memory. One look a kind of host."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.rates import link_rates
from rackc.compiler.shape import Shape

#: Protocols that join sockets, and those by which a GPU reaches the memory of its host.
MESH: Final = frozenset(("UPI", "xGMI", "C2C"))
TO_HOST: Final = frozenset(("PCIe", "C2C", "CXL"))

#: Two instances, the interface of the first one's port, and what the link carries each way.
_Link = tuple[int, int, Shape, float | None]


@dataclass(frozen=True, slots=True)
class Sockets:
    """One kind of host, rows counted from the host's own.

    `sockets` are its CPUs; `mesh[s, t]` is what joins two of them, bytes per second each way, and `mesh_ns[s, t]` the
    latency that it states, where it states one. `socket_of` says at which socket a thing is, for CPUs, GPUs and what passes
    traffic on; `gpus` are its GPUs, `gpu_rate` what their links to the host give together, None where one states nothing.
    """

    sockets: tuple[int, ...]
    mesh: Mapping[tuple[int, int], float]
    mesh_ns: Mapping[tuple[int, int], float]
    socket_of: Mapping[int, int]
    gpus: tuple[int, ...]
    gpu_rate: float | None


def sockets_of(model: Model, host: int) -> Sockets:
    """Return the inside of a host; that of hosts of one shape is looked up once."""
    kept: dict[int, Sockets] = model.kept("sockets", lambda _: {})
    shape = int(model.shape[host])
    if shape not in kept:
        kept[shape] = _look(model, host)
    return kept[shape]


def _look(model: Model, host: int) -> Sockets:
    rows = range(host, host + model.shape_at(host).instances)
    roles = {row: text(model.shape_at(row), "role") for row in rows}
    links = _inside(model, rows)
    cpus = tuple(row for row in rows if roles[row] == "cpu")
    mesh: dict[tuple[int, int], float] = defaultdict(float)
    latency: dict[tuple[int, int], float] = {}
    near: dict[int, list[int]] = defaultdict(list)
    for a, b, interface, rate in links:
        if roles[a] == roles[b] == "cpu" and text(interface, "protocol") in MESH:
            for pair in ((a - host, b - host), (b - host, a - host)):
                mesh[pair] += rate or 0.0
                stated = figure(interface, "latency", "ns")
                if stated is not None:
                    latency[pair] = max(stated, latency.get(pair, 0.0))
        elif text(interface, "protocol") in TO_HOST:
            near[a].append(b)
            near[b].append(a)
    at = _at_sockets(cpus, near, {row for row in rows if _passes(model, row)})
    gpus = tuple(row for row in rows if roles[row] == "gpu")
    return Sockets(
        tuple(c - host for c in cpus), dict(mesh), latency, {row - host: cpu - host for row, cpu in at.items()},
        tuple(g - host for g in gpus), _gpu_rate(links, roles, at),
    )  # fmt: skip


def _passes(model: Model, row: int) -> bool:
    shape = model.shape_at(row)
    return shape.values.get("forwards") is True and text(shape, "role") != "cpu"


def _inside(model: Model, rows: range) -> list[_Link]:
    """Return the links with both ends in a run of instances."""
    a, b = model.port_owner[model.link_a], model.port_owner[model.link_b]
    links = np.flatnonzero((a >= rows.start) & (a < rows.stop) & (b >= rows.start) & (b < rows.stop))
    rates = [None if np.isnan(rate) else float(rate) for rate in link_rates(model, links)]
    ends = [model.interface(port) for port in model.link_a[links].tolist()]
    return list(zip(a[links].tolist(), b[links].tolist(), ends, rates, strict=True))


def _at_sockets(cpus: Iterable[int], near: Mapping[int, list[int]], passing: set[int]) -> dict[int, int]:
    """Return the nearest socket of everything that reaches one, through what passes traffic on."""
    at = {cpu: cpu for cpu in cpus}
    queue = deque(at)
    while queue:
        here = queue.popleft()
        for there in near.get(here, ()):
            if there not in at:
                at[there] = at[here]
                if there in passing:
                    queue.append(there)
    return at


def _gpu_rate(links: list[_Link], roles: Mapping[int, str], at: Mapping[int, int]) -> float | None:
    """Return what the links of GPUs towards sockets give, None where there are none or one states nothing.

    GPUs behind something that passes traffic on share its links to the sockets.
    """
    ways = [link for link in links if text(link[2], "protocol") in TO_HOST and link[0] in at and link[1] in at]
    of_gpus = [link for link in ways if "gpu" in (roles[link[0]], roles[link[1]])]
    before = {end for link in of_gpus for end in link[:2] if roles[end] not in ("gpu", "cpu")}
    to_sockets = [
        link for link in ways
        if "cpu" in (roles[link[0]], roles[link[1]]) and ("gpu" in (roles[link[0]], roles[link[1]]) or before & set(link[:2]))
    ]  # fmt: skip
    rates = [[link[3] for link in side] for side in (of_gpus, to_sockets)]
    if not of_gpus or not to_sockets or any(rate is None for side in rates for rate in side):
        return None
    return min(sum(rate for rate in side if rate is not None) for side in rates)
