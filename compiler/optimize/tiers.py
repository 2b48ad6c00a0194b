"""Where else a demand could live, by what the parts of the design state: slots, free memory, drives, remote hosts.

A tier that parts allow but do not describe is listed with the figure that is missing: nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.optimize.problem import MEGA, Tier
from rackc.compiler.shape import Shape
from rackc.compiler.sockets import sockets_of
from rackc.compiler.training import protocols

_NETWORKS: Final = frozenset(("Ethernet", "InfiniBand"))
#: Hosts that are no members may lend memory over the network.
_HOSTS: Final = frozenset(("server", "compute-tray"))
_WAYS: Final = ("read", "write")


def tiers_of(model: Model, hosts: tuple[int, ...], utilisation: float) -> tuple[Tier, ...]:
    """Return the tiers of a pool's hosts; rates at the utilisation ceiling."""
    free = _free_memory(model, hosts, utilisation)
    return (
        *_slots(model, hosts, utilisation),
        *free,
        *_drives(model, hosts, utilisation),
        *_remote(model, hosts, utilisation),
    )


def _slots(model: Model, hosts: tuple[int, ...], utilisation: float) -> Iterator[Tier]:
    stated = [figure(model.shape_at(host), "dimm_slots_free", "") for host in hosts]
    if any(one is None for one in stated):
        return
    gives = _of_sockets(model, hosts, utilisation)
    yield Tier("host DRAM", pieces=tuple(int(one or 0) for one in stated), read_mbps=gives, write_mbps=gives)


def _of_sockets(model: Model, hosts: tuple[int, ...], utilisation: float) -> tuple[int, ...]:
    """Return what the memory of each host gives, none where a socket does not say."""
    found = []
    for host in hosts:
        own = [figure(shape, "memory_bandwidth", "B/s", "low") for _, shape in _inside(model, host, "cpu")]
        if not own or any(one is None for one in own):
            return ()
        found.append(_mbps(sum(one for one in own if one is not None), utilisation))
    return tuple(found)


# ---------------------------------------------------------------- memory that is there and free


def _free_memory(model: Model, hosts: tuple[int, ...], utilisation: float) -> Iterator[Tier]:
    """Yield memory of the hosts that they state is free, as GiB without a price: it is paid for; LPDDR by its own name."""
    cpus = [shape for host in hosts for _, shape in _inside(model, host, "cpu")]
    lpddr = next((cpu for cpu in cpus if _speaks(cpu, frozenset(("C2C",))) and "memory" in cpu.values), None)
    free = tuple(_free_gib(model, host) for host in hosts)
    if any(one is not None for one in free):
        gives = tuple(_c2c(model, host, own, utilisation) for host, own in
                      zip(hosts, _of_sockets(model, hosts, utilisation), strict=False))  # fmt: skip
        name, part = (
            ("LPDDR over C2C", lpddr.name) if lpddr is not None else ("free host memory", _named(model, hosts[0]))
        )
        yield Tier(name, part, tuple(one or 0 for one in free), 1, read_mbps=gives, write_mbps=gives, lost_with="host")
    elif lpddr is not None:
        yield Tier("LPDDR over C2C", lpddr.name, missing=f"`{lpddr.name}` states no `memory_free`")


def _free_gib(model: Model, host: int) -> int | None:
    rows = range(host, host + model.shape_at(host).instances)
    stated = [figure(model.shape_at(row), "memory_free", "GiB", "low") for row in rows]
    known = [one for one in stated if one is not None]
    return int(sum(known)) if known else None


def _c2c(model: Model, host: int, own: int, utilisation: float) -> int:
    """Return what a host's memory gives to its GPUs, no more than their links to it."""
    rate = sockets_of(model, host).gpu_rate if model.shape_at(host).kind in ("part", "tray") else None
    return own if rate is None else min(own, _mbps(rate, utilisation))


# ---------------------------------------------------------------- drives


def _drives(model: Model, hosts: tuple[int, ...], utilisation: float) -> Iterator[Tier]:
    """Yield the drives in the hosts, a tier a kind."""
    counts = [_count(model, host, "storage") for host in hosts]
    kinds = {id(shape): shape for counted in counts for _, shape in counted.values()}
    for kind, shape in kinds.items():
        name = "local NVMe" if len(kinds) == 1 else f"local NVMe, {shape.name}"
        wanted = ("capacity", "read_bandwidth", "write_bandwidth", "price", "read_latency")
        missing = _missing(shape, wanted)
        if missing:
            yield Tier(name, shape.name, missing=missing)
            continue
        pieces = tuple(counted[kind][0] if kind in counted else 0 for counted in counts)
        read, write = (
            tuple(_mbps(n * (figure(shape, f"{way}_bandwidth", "B/s", "low") or 0.0), utilisation) for n in pieces)
            for way in _WAYS
        )
        yield Tier(
            name, shape.name, pieces, int(figure(shape, "capacity", "GiB", "low") or 0), round((figure(shape, "price", "USD") or 0.0) * 100),
            round((figure(shape, "tdp", "W") or 0.0) * 1000), read, write, _latency(shape),
        )  # fmt: skip


# ---------------------------------------------------------------- remote hosts


def _remote(model: Model, hosts: tuple[int, ...], utilisation: float) -> Iterator[Tier]:
    """Yield the memory of hosts, members first, that others reach by RDMA over their adapters."""
    adapters = [_adapters(model, host) for host in hosts]
    if not any(adapters):
        return
    name, first = "RDMA to remote DRAM", next(shape for own in adapters for shape in own)
    missing = _missing(first, ("read_latency",))
    if not all(adapters):
        missing = missing or f"`{_named(model, hosts[[bool(own) for own in adapters].index(False)])}` has no adapter"
    lending = (*hosts, *_others(model, hosts))
    free, slots = [_free_gib(model, host) for host in lending], _slots_free(model, lending)
    if all(one is None for one in free) and slots is None:
        missing = missing or f"`{_named(model, hosts[0])}` states neither `memory_free` nor `dimm_slots_free`"
    if missing:
        yield Tier(name, first.name, missing=missing)
        return
    gives = tuple(_mbps(sum(_net_rate(shape) for shape in own), utilisation) for own in adapters)
    there = any(one is not None for one in free)
    pieces = tuple(one or 0 for one in free) if there else slots or ()
    yield Tier(name, first.name, pieces, int(there), read_mbps=gives, write_mbps=gives, latency_ns=_latency(first),
               shared=True, lost_with="host")  # fmt: skip


def _others(model: Model, hosts: tuple[int, ...]) -> tuple[int, ...]:
    """Return hosts that are no members and have an adapter."""
    rows = [
        int(row)
        for _, shape, found in model.standing()
        if text(shape, "role") in _HOSTS
        for row in found
        if int(row) not in hosts
    ]
    return tuple(row for row in sorted(rows) if _adapters(model, row))


def _slots_free(model: Model, hosts: Sequence[int]) -> tuple[int, ...] | None:
    stated = [figure(model.shape_at(host), "dimm_slots_free", "") for host in hosts]
    return None if all(one is None for one in stated) else tuple(int(one or 0) for one in stated)


def _adapters(model: Model, host: int) -> list[Shape]:
    return [shape for _, shape in _inside(model, host, "nic", "dpu") if _speaks(shape, _NETWORKS)]


def _net_rate(shape: Shape) -> float:
    """Return what the network ports of an adapter give each way, bytes per second."""
    return sum(
        (group.count or 1) * (figure(group.interface, "bandwidth", "B/s") or 0.0)
        for group in shape.ports if _NETWORKS & set(protocols(group.interface))
    )  # fmt: skip


# ---------------------------------------------------------------- looking up


def _inside(model: Model, host: int, *roles: str) -> list[tuple[int, Shape]]:
    """Return what stands in a host (itself too) in one of these roles."""
    rows = range(host, host + model.shape_at(host).instances)
    return [(row, model.shape_at(row)) for row in rows if text(model.shape_at(row), "role") in roles]


def _count(model: Model, host: int, role: str) -> dict[int, tuple[int, Shape]]:
    counts: dict[int, tuple[int, Shape]] = {}
    for _, shape in _inside(model, host, role):
        counts[id(shape)] = counts.get(id(shape), (0, shape))[0] + 1, shape
    return counts


def _speaks(shape: Shape, wanted: frozenset[str]) -> bool:
    return any(wanted & set(protocols(group.interface)) for group in shape.ports)


def _missing(shape: Shape, wanted: tuple[str, ...]) -> str:
    lacking = next((name for name in wanted if name not in shape.values), None)
    return "" if lacking is None else f"`{shape.name}` states no `{lacking}`"


def _latency(shape: Shape) -> tuple[int, int]:
    low, high = (round(figure(shape, "read_latency", "ns", end) or 0.0) for end in ("low", "high"))
    return low, high


def _named(model: Model, row: int) -> str:
    return model.shape_at(row).name


def _mbps(bytes_per_s: float, utilisation: float) -> int:
    return int(bytes_per_s * utilisation / MEGA)
