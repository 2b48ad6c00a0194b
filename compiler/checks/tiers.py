"""Tiers of memory against what workloads put into them: HBM, host memory, CXL memory attached directly. By host, on arrays.

The weights and the cache of running requests live in HBM. What else a workload demands, and no pool holds, lives in its
hosts' memory, and what does not fit there in the CXL memory that each has for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.checks.posed import rate
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.cxl import memory, network, through
from rackc.compiler.holders import figures, holders, inside, where
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_said import DEFAULT_UTILISATION
from rackc.compiler.rates import link_rates
from rackc.compiler.shape import Shape
from rackc.compiler.sockets import sockets_of
from rackc.compiler.values import DemandRef, Fault
from rackc.compiler.workload.demand import HostDemand, instances_of_hosts, is_stated, stated
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

_WAYS: Final = ("read", "write")
#: Classes of demand that live in HBM, and the others, in words.
_HOT: Final = {"active": "active KV", "weights": "weights"}
_COLD: Final = {
    "host": "data", "parked": "parked KV", "hand-off": "KV handed over", "embeddings": "embedding tables",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Supply:
    """What one tier of each host has: bytes, and bytes per second; nan where not known.

    HBM and DRAM give reads and writes together so much, a link each way. Beyond the `ceiling` it is a warning: 80 % of the
    speed where none is given.
    """

    name: str
    size: Floats
    speed: Floats
    ceiling: Floats | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a workload wants of one tier of each host: bytes, and bytes per second; `what` in words, said at `at`."""

    what: str
    size: Floats
    speed: Floats
    at: Span


def check_tiers(model: Model) -> Iterator[Diagnostic]:
    """Yield workloads that do not fit the memory of their hosts, or that read it faster than it gives."""
    pooled = _pooled(model)
    for _, workload in model.shape_at(0).workloads:
        if workload.on is None:
            continue
        hosts = np.concatenate([chunk.instances for chunk in workload.on.chunks] or [np.zeros(0, np.int64)]).astype(
            np.int64
        )
        if not len(hosts):
            continue
        demands = list(_demands(workload, pooled, len(hosts)))
        yield from _hbm(model, workload, hosts, [d for d in demands if d.kind in _HOT])
        yield from _host_memory(model, workload, hosts, [d for d in demands if d.kind not in _HOT])


def _pooled(model: Model) -> frozenset[tuple[str, str]]:
    """Return the demands that pools hold: workload and name."""
    refs = [spec.values.get("demand") for _, shape, _ in model.standing() for spec in shape.pools]
    return frozenset((ref.workload.definition.name, ref.name) for ref in refs if isinstance(ref, DemandRef))


def _demands(workload: Shape, pooled: frozenset[tuple[str, str]], hosts: int) -> Iterator[HostDemand]:
    for spec in workload.demands:
        if is_stated(spec) and (workload.name, spec.name) not in pooled:
            try:
                yield stated(spec, hosts)
            except Fault:
                continue  # what is wrong with it is said where it is used


def _sum(demands: list[HostDemand], hosts: int) -> tuple[Floats, Floats, Floats]:
    """Return bytes, and bytes per second read and written, by host, of all demands together."""
    columns = ("stated_bytes", "read_bytes_per_s", "write_bytes_per_s")
    size, read, write = (sum((np.array(getattr(d, c)) for d in demands), np.zeros(hosts)) for c in columns)
    return size, read, write


# ---------------------------------------------------------------- HBM


def _hbm(model: Model, workload: Shape, hosts: Ints, hot: list[HostDemand]) -> Iterator[Diagnostic]:
    size, read, write = _sum(hot, len(hosts))
    speed = read + write
    weights, of_a_token = _weights(workload)
    copies = _copies(workload, len(hosts)) if weights is not None else None
    words = sorted({_HOT[d.kind] for d in hot})
    if weights is not None and copies is not None:
        size = size + weights * copies
        steps = [d.step_s for d in hot if d.step_s is not None]
        speed = speed + (of_a_token * copies / min(steps) if steps else 0.0)
        words = ["weights", *(word for word in words if word != "weights")]
    if not words:
        return
    gpu = where(model, lambda shape: text(shape, "role") == "gpu")
    supply = Supply("HBM", _of_all(model, gpu, "hbm", "B")[hosts], _of_all(model, gpu, "hbm_bandwidth", "B/s")[hosts])
    need = Need(" and ".join(words), size, speed, workload.spans.get("instances", workload.span))
    yield from _compare(model, hosts, need, supply)


def _weights(workload: Shape) -> tuple[float | None, float]:
    """Return the bytes of the weights of the model served, None where it does not say, and those read for a token."""
    model = workload.serves
    if model is None:
        return None, 0.0
    count, size = figure(model, "parameters", "", "high"), figure(model, "weight_bytes", "B", "high")
    if count is None or size is None:
        return None, 0.0
    active = figure(model, "active_parameters", "", "high")
    return count * size, (count if active is None else active) * size


def _copies(workload: Shape, hosts: int) -> Floats | None:
    """Return how many serving instances each host runs, None where the workload does not say."""
    if "instances" not in workload.values:
        return None
    try:
        return np.array(instances_of_hosts(workload, hosts), np.float64)
    except Fault:
        return None


def _of_all(model: Model, which: Flags, name: str, unit: str) -> Floats:
    """Return the sum of a figure over what is `which` inside every instance; nan where one of them does not state it."""
    own = figures(model, lambda shape: figure(shape, name, unit, "low"))
    total = inside(model, np.where(which, own, 0.0))
    silent = inside(model, (which & np.isnan(own)).astype(np.int64))
    return np.where((inside(model, which.astype(np.int64)) > 0) & (silent == 0), total, np.nan)


# ---------------------------------------------------------------- host memory


def _host_memory(model: Model, workload: Shape, hosts: Ints, cold: list[HostDemand]) -> Iterator[Diagnostic]:
    local = figure(workload, "local", "B") or 0.0
    if not local and not cold:
        return
    size, read, write = _sum(cold, len(hosts))
    size = size + local
    at = workload.spans.get("local", workload.span)
    words = " and ".join([*(["`local`"] if local else []), *sorted({_COLD[d.kind] for d in cold})])
    direct = _direct(model, hosts)
    own, own_speed = _own_memory(model, hosts)
    beyond = np.nan_to_num(np.clip(size - own, 0.0, None))
    share = np.divide(beyond, size, out=np.zeros(len(hosts)), where=size > 0)
    none, unknown = np.zeros(len(hosts)), np.full(len(hosts), np.nan)
    together = "host memory" + (" with its CXL memory" if direct.size.any() else "")
    yield from _compare(model, hosts, Need(words, size, none, at), Supply(together, own + direct.size, unknown))
    inside_it = Need(words, none, (read + write) * (1 - share), at)
    yield from _compare(model, hosts, inside_it, Supply("host memory", unknown, own_speed))
    for way, speed in zip(_WAYS, (read, write), strict=True):
        spilt = Need(f"{way}s of {words} beyond host memory", none, speed * share, at)
        ceiling = np.fmin(direct.high[way] * DEFAULT_UTILISATION, direct.low[way])
        yield from _compare(model, hosts, spilt, Supply("CXL memory", unknown, direct.high[way], ceiling))
    yield from _to_gpus(model, hosts, [d for d in cold if d.reader == "gpu"], at)


def _own_memory(model: Model, hosts: Ints) -> tuple[Floats, Floats]:
    """Return the memory of every host's sockets or board (B), and what it gives, both ways together; nan where unknown."""
    owner = where(model, lambda shape: text(shape, "role") in ("cpu", "server") and "memory" in shape.values)
    socket = where(model, lambda shape: text(shape, "role") == "cpu")
    return _of_all(model, owner, "memory", "B")[hosts], _of_all(model, socket, "memory_bandwidth", "B/s")[hosts]


@dataclass(frozen=True, slots=True)
class Direct:
    """CXL memory that each host has for itself: bytes, and bytes per second by way, by the higher and the lower reading."""

    size: Floats
    high: dict[str, Floats]
    low: dict[str, Floats]


def _direct(model: Model, hosts: Ints) -> Direct:
    """Return the CXL memory of every host: each device gives what its links do, and no more than it says itself."""
    none, unknown = np.zeros(len(hosts)), np.full(len(hosts), np.nan)
    net = network(model)
    if net is None:
        return Direct(none, dict.fromkeys(_WAYS, unknown), dict.fromkeys(_WAYS, unknown))
    own = np.zeros(len(model.parent), bool)
    own[hosts] = True
    holder = np.append(holders(model, own), -1)[np.where(net.instance < len(own), net.instance, -1)]
    alone = net.device & (np.bincount(net.direct[1], minlength=len(net.instance)) == 1) & (through(net)[0] == 0)
    host, device = net.direct[:, alone[net.direct[1]] & (holder[net.direct[0]] >= 0)]
    links, given = np.zeros(len(net.instance)), np.nan_to_num(link_rates(model, net.links))
    np.add.at(links, net.a, given)
    np.add.at(links, net.b, given)

    def of_hosts(by_device: Floats) -> Floats:
        total = np.zeros(len(own))
        np.add.at(total, holder[host], by_device)
        return total[hosts]

    def gives(way: str, end: str) -> Floats:
        stated = figures(model, lambda shape: figure(shape, f"{way}_bandwidth", "B/s", end))[net.instance[device]]
        total = of_hosts(np.fmin(links[device], stated))
        return np.where(total > 0, total, np.nan)

    size = of_hosts(np.nan_to_num(memory(model)[net.instance[device]]))
    return Direct(size, {way: gives(way, "high") for way in _WAYS}, {way: gives(way, "low") for way in _WAYS})


def _to_gpus(model: Model, hosts: Ints, demands: list[HostDemand], at: Span) -> Iterator[Diagnostic]:
    """Yield hosts whose GPUs read their memory faster than the links between them give, each way on its own."""
    if not demands:
        return
    _, firsts, kind = np.unique(model.shape[hosts], return_index=True, return_inverse=True)
    gives = np.array([_gpu_rate(model, int(host)) for host in hosts[firsts]])[kind.ravel()]
    for way in _WAYS:
        needs = sum((np.array(getattr(d, f"{way}_bytes_per_s")) for d in demands), np.zeros(len(hosts)))
        wrong = np.flatnonzero(needs > gives)
        for first, many in _alike(model, hosts, wrong):
            yield Diagnostic(
                Code.PATH, f"GPUs of {_named(model, int(hosts[first]), many)} {way} {rate(needs[first])} of host memory; their links to it give "
                f"{rate(gives[first])}",
                Label(at, "wanted here"), (Label(model.shape_at(int(hosts[first])).span, "the host"),),
                ("keep it in HBM, or lower the rate",),
            )  # fmt: skip


def _gpu_rate(model: Model, host: int) -> float:
    """Return what the links of a host's GPUs to its sockets give; nan for what is no single host."""
    one = model.shape_at(host).kind in ("part", "tray")
    found = sockets_of(model, host).gpu_rate if one else None
    return np.nan if found is None else found


# ---------------------------------------------------------------- findings


def _alike(model: Model, hosts: Ints, wrong: Ints) -> list[tuple[int, int]]:
    """Return the first of the wrong hosts of each shape, by position, and how many they are."""
    _, firsts, counts = np.unique(model.shape[hosts[wrong]], return_index=True, return_counts=True)
    return sorted(zip(wrong[firsts].tolist(), counts.tolist(), strict=True))


def _named(model: Model, host: int, many: int) -> str:
    return model.address(host) + (f" (and {many - 1:,} like it)" if many > 1 else "")


def _compare(model: Model, hosts: Ints, need: Need, supply: Supply) -> Iterator[Diagnostic]:
    for first, many in _alike(model, hosts, np.flatnonzero(need.size > supply.size * (1 + 1e-9))):
        yield Diagnostic(
            Code.TIER, f"{_named(model, int(hosts[first]), many)}: {need.what} take {_bytes(need.size[first])}, its {supply.name} has "
            f"{_bytes(supply.size[first])}",
            Label(need.at, "wanted here"), (Label(model.shape_at(int(hosts[first])).span, "the host"),),
            ("run fewer instances on it, hold less, or put what is not hot into a pool",),
        )  # fmt: skip
    over = need.speed > supply.speed
    for first, many in _alike(model, hosts, np.flatnonzero(over)):
        yield _fast(model, hosts, first, many, need, supply)
    ceiling = supply.speed * DEFAULT_UTILISATION if supply.ceiling is None else supply.ceiling
    near = ~over & (need.speed > ceiling)
    for first, many in _alike(model, hosts, np.flatnonzero(near)):
        yield _fast(model, hosts, first, many, need, supply)


def _fast(model: Model, hosts: Ints, first: int, many: int, need: Need, supply: Supply) -> Diagnostic:
    share = need.speed[first] / supply.speed[first]
    shown = "" if share > 1 else f", {share:.0%} of it"
    return Diagnostic(
        Code.TIER_RATE if share > 1 else Code.TIER_NEAR,
        f"{_named(model, int(hosts[first]), many)}: {need.what} move at {rate(need.speed[first])}, its {supply.name} gives "
        f"{rate(supply.speed[first])}{shown}",
        Label(need.at, "wanted here"), (Label(model.shape_at(int(hosts[first])).span, "the host"),),
        (_advice(share, supply, first),),
    )  # fmt: skip


def _advice(share: float, supply: Supply, first: int) -> str:
    if share > 1:
        return "spread it over more hosts, or lengthen the step"
    if supply.ceiling is not None and supply.ceiling[first] < supply.speed[first] * DEFAULT_UTILISATION:
        return (
            f"by the lower reading of its cards they give {rate(supply.ceiling[first])}: measure one before you order"
        )
    return f"beyond {DEFAULT_UTILISATION:.0%} latency climbs (an assumed ceiling): leave room"


def _bytes(size: float) -> str:
    return f"{size / 1e12:,.4g} TB" if size >= 1e12 else f"{size / 1e9:,.4g} GB"
