"""A pool as the design states it, posed as a problem in plain integers; what cannot be posed is reported."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_groups import AllowedSets, Groups, allowed_of, isolated, sharing_of
from rackc.compiler.optimize.pose_paths import candidates_of, check_some_path, gives, head_bandwidth, slowest
from rackc.compiler.optimize.pose_said import churn_of, count_of, limits_of, losses_of, share_of
from rackc.compiler.optimize.pose_sites import Ground, modules_of, sites_of
from rackc.compiler.optimize.pose_wanted import Wanted
from rackc.compiler.optimize.problem import MEGA, Beside, Controller, Goal, Host, PoolProblem, Site
from rackc.compiler.optimize.readings import higher_reading, shelves_of
from rackc.compiler.optimize.tiers import tiers_of
from rackc.compiler.places import Places
from rackc.compiler.plan import Interval
from rackc.compiler.shape import PoolSpec, Promised, Shape
from rackc.compiler.values import DefinitionRef, Fault, fault
from rackc.compiler.workload.demand import Assignment, HostDemand
from rackc.dsl.diagnostics import Code, Diagnostic, Label


@dataclass(frozen=True, slots=True)
class PosedPool:
    """One pool, ready to solve, and what the Plan needs besides the answer.

    `hosts` and `controllers` are instances, `host_ports` and `heads` their free ports, `devices` what stands behind each
    controller that is a switch; `latency_ns` the slowest path that the candidates and cables allow, as a range;
    `link_bandwidth` what one head gives, bytes per second each way, before the utilisation ceiling; `sources` are the
    workload and its model.
    """

    spec: PoolSpec
    address: str
    owner: int
    hosts: tuple[int, ...]
    host_ports: tuple[tuple[int, ...], ...]
    controllers: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]
    modules: tuple[Shape, ...]
    cables: tuple[Shape, ...]
    demand_name: str
    demand: HostDemand
    assignment: Assignment
    latency_ns: Interval | None
    link_bandwidth: float
    utilisation: float
    problem: PoolProblem
    sources: tuple[Shape, ...] = ()
    devices: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes into a pool besides hosts and candidates: modules, cables, groups that share, and how shapes come to sets."""

    modules: tuple[Shape, ...]
    cables: tuple[Shape, ...]
    sharing: Groups
    sets: AllowedSets


def pose(
    model: Model, spec: PoolSpec, owner: int, want: Wanted, demand_name: str, demand: HostDemand,
    assignment: Assignment, parts: Parts, placed: Places,
) -> PosedPool:  # fmt: skip
    """Return the problem; raises Fault where a figure that it needs is missing, or two things that it says cannot hold."""
    bandwidth, utilisation = head_bandwidth(model, want), share_of(spec)
    ground = Ground(model, spec, want, parts.cables, placed)
    sites, site_of = sites_of(ground)
    check_some_path(model, want, sites, parts.cables, placed, spec)
    for promised in spec.survive:
        _check_enough(spec, promised, want, sites)
    _check_links(model, spec, want)
    address = f"{model.address(owner)}.{spec.name}" if owner else spec.name
    apart = isolated(model, spec, want, owner)
    hosts = tuple(_host(model, spec, want, demand, at, apart[at]) for at in range(len(want.hosts)))
    problem = PoolProblem(
        address=address,
        hosts=hosts,
        controllers=tuple(
            Controller(
                model.address(c),
                tuple(model.port_address(p) for p in heads),
                site,
                tuple(model.address(device) for device in devices),
            )
            for c, heads, devices, site in zip(want.controllers, want.heads, want.devices, site_of, strict=True)
        ),
        sites=tuple(sites),
        modules=modules_of(model, spec, want, parts.modules),
        one_size=spec.values.get("module_sizes", "one") != "mixed",
        demand_gib=demand.gib,
        losses=losses_of(spec),
        goals=_goals(spec),
        sharing=sharing_of(model, want, parts.sharing),
        shared_gib=demand.shared_gib,
        limits=limits_of(spec),
        allowed=allowed_of(spec, len(want.hosts), max(site.heads for site in sites), parts.sets),
        link_mbps=int(bandwidth * utilisation / MEGA),
        churn_cents=churn_of(spec),
        beside=Beside(
            static_gib=demand.static_gib,
            relet_gib=demand.relet_gib,
            dynamic_gib=demand.dynamic_gib,
            free_dimm_slots=_free_slots(model, want),
            tiers=tiers_of(model, want.hosts, utilisation),
            assignment=assignment.kind,
            shelves_cents=shelves_of(ground, "price", "USD", 100),
            shelves_mw=shelves_of(ground, "tdp", "W", 1000),
            most_latency_ns=int(spec.bounds["latency"][1].to("ns")) if "latency" in spec.bounds else 0,
            higher=higher_reading(ground, hosts, sites, site_of),
        ),
    )
    latency = slowest(model, candidates_of(want), sites, site_of, parts.cables)
    return PosedPool(
        spec, address, owner, want.hosts, want.host_ports, want.controllers, want.heads, parts.modules, parts.cables,
        demand_name, demand, assignment, latency, bandwidth, utilisation, problem, devices=want.devices,
    )  # fmt: skip


def _goals(spec: PoolSpec) -> tuple[Goal, ...]:
    known = get_args(Goal)
    return tuple(known[known.index(goal)] for goal in spec.goals) or ("cost",)


def shapes_named(spec: PoolSpec, name: str, instantiate: Any) -> tuple[Shape, ...]:
    """Return the shapes a pool lists under `name`; raises Fault for anything that is no definition."""
    value = spec.values.get(name, ())
    values = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(v, DefinitionRef) for v in values):
        raise fault(Code.POOL, f"`{name}` is a list of definitions", spec.spans[name], "", f"write `{name} = [a, b]`")
    return tuple(instantiate(v, spec.spans.get(name, spec.span)) for v in values)


def check_apart(posed: list[PosedPool], model: Model) -> Iterator[Diagnostic]:
    """Yield hosts, controllers and devices that two pools want: each pool is decided for itself."""
    owner: dict[int, PosedPool] = {}
    for pool in posed:
        for thing in (*pool.hosts, *pool.controllers):
            first = owner.setdefault(thing, pool)
            if first is not pool:
                yield Diagnostic(Code.POOL, f"{model.address(thing)} is in two pools, {first.address} and {pool.address}",
                                 Label(pool.spec.span, "second"), (Label(first.spec.span, "first"),),
                                 ("pools are decided one by one: make them one pool, or share nothing",))  # fmt: skip
                break


# ---------------------------------------------------------------- hosts


def _host(model: Model, spec: PoolSpec, want: Wanted, demand: HostDemand, at: int, group: str) -> Host:
    bandwidth = head_bandwidth(model, want)
    read, write = (
        math.ceil(rates[at] / MEGA - 1e-9) if at < len(rates) else 0
        for rates in (demand.read_bytes_per_s, demand.write_bytes_per_s)
    )
    return Host(
        model.address(want.hosts[at]),
        tuple(model.port_address(p) for p in want.host_ports[at]),
        _links_needed(demand, at, bandwidth, share_of(spec)),
        _shares(model, want, demand, at, bandwidth),
        most_links=count_of(spec, "links"),
        group=group,
        read_mbps=read,
        write_mbps=write,
        least_links=count_of(spec, "links >=") or 0,
    )


def _free_slots(model: Model, want: Wanted) -> int | None:
    """Return how many DIMM slots the hosts declare free, None where one does not say."""
    stated = [figure(model.shape_at(host), "dimm_slots_free", "") for host in want.hosts]
    return None if any(n is None for n in stated) else int(sum(n for n in stated if n is not None))


def _shares(model: Model, want: Wanted, demand: HostDemand, host: int, bandwidth: float) -> tuple[int, ...]:
    """Return what share of its memory, in thousandths, a host should have on one link for its traffic to fit there.

    First as if every head of a card were equally busy, by the lower reading of the slowest; then by the link alone.
    """
    if host >= len(demand.read_bytes_per_s) or not want.controllers:
        return ()
    fair = alone = 1.0
    for way, rate in (("read", demand.read_bytes_per_s[host]), ("write", demand.write_bytes_per_s[host])):
        if rate > 0:
            own = min(
                (gives(model, of, way) or bandwidth * len(of.heads)) / max(len(of.heads), 1)
                for of in candidates_of(want)
            )
            fair, alone = min(fair, own / rate), min(alone, bandwidth / rate)
    return () if fair >= 1.0 and alone >= 1.0 else (int(1000 * min(fair, alone)), int(1000 * alone))


def _links_needed(demand: HostDemand, host: int, bandwidth: float, utilisation: float) -> int:
    """Return the links a host's rates need: each way on its own, at the utilisation ceiling."""
    if host >= len(demand.read_bytes_per_s) or bandwidth <= 0:
        return 0
    rate = max(demand.read_bytes_per_s[host], demand.write_bytes_per_s[host])
    return math.ceil(rate / (bandwidth * utilisation) - 1e-9)


# ---------------------------------------------------------------- what cannot hold


def _check_enough(spec: PoolSpec, said: Promised, want: Wanted, sites: list[Site]) -> None:
    """Raise for a promise to lose all that there is, or one that interleaving breaks."""
    many = {
        "controller": sum(len(devices) or 1 for devices in want.devices),
        "link": sum(len(ports) for ports in want.host_ports),
        "host": len(want.hosts),
        "shelf": len({site.shelf for site in sites}),
    }[said.thing]
    if said.count >= many:
        where = "members" if said.thing in ("host", "link") else "controllers"
        raise Fault(Diagnostic(
            Code.PROMISE, f"`survive {said.count} {said.thing} for {said.promise}`: there {'is' if many == 1 else 'are'} {many}, and with all lost nothing is left",
            Label(said.span), (Label(spec.spans[where], f"{many} of them"),), (f"offer more, or promise {max(many - 1, 0)} at most",),
        ))  # fmt: skip
    ways = spec.values.get("interleave")
    if said.promise == "host" and ways is not None and ways.value > 1:
        raise Fault(Diagnostic(
            Code.HOST_DOWN, f"a region over {ways} controllers takes its host down with any of them", Label(said.span, "no host goes down"),
            (Label(spec.spans["interleave"], f"{ways} ways"),),
            ("leave `interleave` out: hosts then weight their nodes; or promise `for capacity`",),
        ))  # fmt: skip


def _check_links(model: Model, spec: PoolSpec, want: Wanted) -> None:
    """Raise where a host is to have more links than it has free ports."""
    least = count_of(spec, "links >=")
    few = next((at for at, ports in enumerate(want.host_ports) if least is not None and len(ports) < least), None)
    if few is not None:
        count = len(want.host_ports[few])
        raise Fault(Diagnostic(
            Code.BOUND, f"{model.address(want.hosts[few])} is to have {least} links and has {count} free CXL port{'' if count == 1 else 's'}",
            Label(spec.bounds["links >="][2], "at least"), (Label(spec.spans["members"], "a member"),),
            ("lower the bound, or give the host more CXL ports",),
        ))  # fmt: skip
