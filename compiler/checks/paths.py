"""The hops between a decided pool and its readers that lie inside a host or a card: GPU links, sockets, module channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rackc.compiler.checks.hops import check_hops
from rackc.compiler.checks.planned import Planned
from rackc.compiler.checks.posed import rate
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_said import DEFAULT_UTILISATION
from rackc.compiler.plan import Plan, Pool
from rackc.compiler.pool_rates import WAYS, rates_of_controllers
from rackc.compiler.shape import PoolSpec
from rackc.compiler.sockets import Sockets, sockets_of
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span
from rackc.dsl.units import Quantity

#: A module's channel moves 64 bits of data a transfer.
_CHANNEL_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts of a pool that are alike: `first` stands for `many`, each with so many links.

    `memory` is the share of their pooled memory by socket, `readers` that of their GPUs, both as rows from the host's.
    """

    first: int
    many: int
    links: int
    inside: Sockets
    memory: Mapping[int, float]
    readers: Mapping[int, float]
    read: float
    write: float


def check_paths(planned: Planned) -> Iterator[Diagnostic]:
    """Yield hops slower than what crosses them, and GPUs whose memory is at another socket."""
    model, plan = planned.model, planned.plan
    for pool in plan.pools:
        span, spec = planned.pools[pool.address], spec_of(model, pool)
        yield from _channels(plan, pool, span)
        yield from check_hops(planned, pool, span)
        if pool.reader != "gpu":
            continue
        ceiling = spec.values.get("utilisation")
        share = float(ceiling.value) if isinstance(ceiling, Quantity) else DEFAULT_UTILISATION
        for hosts in _alike(model, plan, pool):
            yield from _gpu_links(model, pool, hosts, span, share)
            yield from _mesh(model, pool, hosts, span, share)
            yield from _distance(model, pool, hosts, span)


def spec_of(model: Model, pool: Pool) -> PoolSpec:
    """Return what the design says of a decided pool."""
    return next(spec for spec in model.shape_at(pool.owner).pools if pool.address.split(".")[-1] == spec.name)


def _alike(model: Model, plan: Plan, pool: Pool) -> list[Hosts]:
    """Return the hosts of a pool that read it, those of one shape, one spread and one rate together."""
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for at, held in enumerate(_held(model, plan, pool)):
        if held and sum(held.values()):
            spread = tuple((s, round(gib / sum(held.values()), 6)) for s, gib in sorted(held.items()))
            rates = pool.read_bytes_per_s[at], pool.write_bytes_per_s[at]
            key = (int(model.shape[pool.hosts[at]]), spread, pool.link_host.count(at), *rates)
            kinds.setdefault(key, []).append(pool.hosts[at])
    return [
        Hosts(
            rows[0],
            len(rows),
            links,
            sockets_of(model, rows[0]),
            dict(spread),
            _readers(sockets_of(model, rows[0])),
            read,
            write,
        )
        for (_, spread, links, read, write), rows in kinds.items()
    ]


def _held(model: Model, plan: Plan, pool: Pool) -> list[dict[int, float] | None]:
    """Return what each host holds over the links of each of its sockets, None where a link is at no socket."""
    ends = [plan.columns.owner[end[list(pool.links)]].tolist() for end in (plan.columns.a, plan.columns.b)]
    gib = [sum(column) for column in zip(*pool.slices_gib, strict=True)]
    found: list[dict[int, float] | None] = [{} for _ in pool.hosts]
    for at, held, *owners in zip(pool.link_host, gib, *ends, strict=True):
        host, socket_of = pool.hosts[at], sockets_of(model, pool.hosts[at]).socket_of
        socket = next((socket_of[end - host] for end in owners if end - host in socket_of), None)
        own = found[at]
        if socket is None or own is None:
            found[at] = None
        else:
            own[socket] = own.get(socket, 0.0) + held
    return found


def _readers(inside: Sockets) -> dict[int, float]:
    """Return the share of GPUs by socket; nothing where one reaches no socket."""
    at = [inside.socket_of[gpu] for gpu in inside.gpus if gpu in inside.socket_of]
    return {s: at.count(s) / len(at) for s in sorted(set(at))} if len(at) == len(inside.gpus) else {}


def _named(model: Model, hosts: Hosts) -> str:
    return model.address(hosts.first) + (f" (and {hosts.many - 1:,} like it)" if hosts.many > 1 else "")


def _gpu_links(model: Model, pool: Pool, hosts: Hosts, span: Span, ceiling: float) -> Iterator[Diagnostic]:
    gives = hosts.inside.gpu_rate
    for way, needs in (("read", hosts.read), ("write", hosts.write)):
        if gives is not None and needs > gives * ceiling:
            said = f"GPUs of {_named(model, hosts)} {way} {rate(needs)} of {pool.address}; their links to the host give {rate(gives)}"
            yield _beyond(model, hosts, said, span, needs, gives)


def _beyond(model: Model, hosts: Hosts, said: str, span: Span, needs: float, gives: float) -> Diagnostic:
    """Return an error for a hop that is too slow, a warning for one that is nearly so."""
    slow = needs > gives
    hint = (
        "lower the rate, or use a wider link" if slow else "beyond the pool's `utilisation` latency climbs: leave room"
    )
    return Diagnostic(Code.PATH if slow else Code.TIER_NEAR, said, Label(span, "the pool"),
                      (Label(model.shape_at(hosts.first).span, "the host"),), (hint,))  # fmt: skip


def _mesh(model: Model, pool: Pool, hosts: Hosts, span: Span, ceiling: float) -> Iterator[Diagnostic]:
    """Memory at one socket that GPUs of another read crosses the link between them; what is written, the other way."""
    for (a, b), gives in sorted(hosts.inside.mesh.items()):
        needs = hosts.read * hosts.memory.get(a, 0.0) * hosts.readers.get(b, 0.0)
        needs += hosts.write * hosts.readers.get(a, 0.0) * hosts.memory.get(b, 0.0)
        if gives and needs > gives * ceiling:
            names = f"{model.address(hosts.first + a)} to {model.name(hosts.first + b)}"
            like = f" (and {hosts.many - 1:,} like it)" if hosts.many > 1 else ""
            yield _beyond(model, hosts, f"{rate(needs)} of {pool.address} cross from {names}{like}; the link between them gives {rate(gives)}",
                          span, needs, gives)  # fmt: skip


def _distance(model: Model, pool: Pool, hosts: Hosts, span: Span) -> Iterator[Diagnostic]:
    """Say of GPUs at sockets without a link of the pool that they read it over another socket, and how much later."""
    near, far = sorted(hosts.memory), [s for s in hosts.readers if s not in hosts.memory]
    if not far or (hosts.links < len(hosts.readers) and len(far) < len(hosts.readers)):
        return  # one link cannot be at two sockets
    added = [hosts.inside.mesh_ns.get((s, t)) for s in near for t in far]
    known = [ns for ns in added if ns is not None]
    later = (
        f"{min(known):,.0f} ns later" if known else "later by what the link between sockets adds, which is not stated"
    )
    count = round(sum(hosts.readers[s] for s in far) * len(hosts.inside.gpus))
    links = " and ".join(model.name(hosts.first + s) for s in near)
    yield Diagnostic(
        Code.FAR if len(far) == len(hosts.readers) else Code.PARTLY_FAR,
        f"{count} of {len(hosts.inside.gpus)} GPUs of {_named(model, hosts)} read {pool.address} over {links}, {later}",
        Label(span, "the pool"), (Label(model.shape_at(hosts.first).span, "the host"),),
        ("give each socket with GPUs a link to the pool",),
    )  # fmt: skip


def _channels(plan: Plan, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield the busiest card beyond what its module channels move, reads and writes together."""
    busiest: dict[int, float] = {}
    for way in WAYS:
        for controller, needs in rates_of_controllers(pool, way).items():
            busiest[controller] = busiest.get(controller, 0.0) + needs
    for controller, needs in sorted(busiest.items(), key=lambda one: (-one[1], one[0]))[:1]:
        row = pool.controllers[controller]
        card, needs = plan.instances[row.devices[0] if row.devices else row.instance], needs / (len(row.devices) or 1)
        channels, speed = card.part.low("channels", ""), card.part.low("ddr_speed", "T/s")
        if channels is None or speed is None or needs <= channels * speed * _CHANNEL_BYTES:
            continue
        yield Diagnostic(
            Code.PATH, f"{card.address} would move {rate(needs)}; its {channels:.0f} channels of {speed / 1e6:,.0f} MT/s give "
            f"{rate(channels * speed * _CHANNEL_BYTES)}",
            Label(span, "the pool"), hints=("spread the demand over more cards, or use faster modules",),
        )  # fmt: skip
