"""plan.json: the whole Plan with addresses instead of row numbers; `rackc schema plan` prints its schema."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, JsonValue

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.plan import Figure, Instance, Interval, Plan, Pool
from rackc.dsl.units import Quantity


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceRow(_Row):
    """Lowest unit, counted from 1 at the floor, and height in units of the rack's pitch."""

    rack: str
    unit: int
    height: int
    pitch_mm: float


class FigureRow(_Row):
    """A figure: `value` as its author wrote it, and its backing."""

    value: JsonValue
    source: str
    confidence: str


class PartRow(_Row):
    """One definition with one set of arguments."""

    id: int
    name: str
    package: str
    kind: str
    title: str
    role: str
    lineage: list[str]
    figures: dict[str, FigureRow]


class InstanceRow(_Row):
    """One thing; `part` is the id of a part. Candidates that the optimizer left out are not populated."""

    address: str
    parent: str | None
    part: int
    place: PlaceRow | None
    slot: int | None
    populated: bool
    source: str


class PortRow(_Row):
    """One port; `link` is the address of its link, None where it is free."""

    address: str
    owner: str
    interface: str
    protocol: str
    generation: int
    lanes: int
    connector: str
    bandwidth_each_way_bytes_per_s: float
    link: str | None


class LinkRow(_Row):
    """One link. `length_m` is the stock length, `routed_m` the length needed."""

    address: str
    a: str
    b: str
    protocol: str
    carrier: str
    medium: str
    length_m: float | None
    routed_m: float | None
    bandwidth_each_way_bytes_per_s: float
    latency_ns: float
    statement: str
    decided: bool
    source: str


class CarrierRow(_Row):
    """A kind of cable, cartridge or trace, in one length: `links` over it, orderable `units`, `cages` it is plugged into,
    `transceivers` by the form of their cages; `fibre` says that the units are fibres.
    """

    name: str
    medium: str
    field_installed: bool
    links_per_unit: int
    price_usd: float | None
    retimers: int
    links: int
    units: int
    cages: int
    transceivers: dict[str, int]
    fibre: bool


class ControllerRow(_Row):
    """A candidate as decided. A switch has `devices`, those behind it that are populated, and all their modules."""

    address: str
    populated: bool
    module: str | None
    modules: int
    capacity_gib: int
    devices: list[str]
    logical_devices: int


class LossRow(_Row):
    """A promise of a pool: so many controllers, links, hosts or shelves may be lost, for capacity, host or data."""

    count: int
    thing: str
    promise: str


class RegionRow(_Row):
    """How a host uses its links: interleaved over `ways`, or with one way as a node a link, by `weights`."""

    host: str
    ways: int
    weights: list[int]


class SharingRow(_Row):
    """Hosts with blocks in common, where these lie, and how much on each controller in each slice of time."""

    hosts: list[str]
    controllers: list[str]
    gib: list[list[int]]


class SliceRow(_Row):
    """What every link of a pool holds in one slice of time, in the order of the pool's links."""

    start_s: float
    demand_gib: list[int]
    link_gib: list[int]


class ProofRow(_Row):
    """What the solver proved about the first goal."""

    status: str
    objective: int
    bound: int
    gap: float
    effort: float
    interrupted: bool
    solver: str


class SizedRow(_Row):
    """What a way to carry the demand takes; `devices` are controllers, modules, drives or GiB."""

    cost_usd: float
    capacity_gib: int
    devices: int
    power_w: float
    gap: float


class AlternativeRow(_Row):
    """A way to carry the demand, intact and with what may be lost; null: it cannot. A `choice` holds promise and rates."""

    name: str
    pooled: bool
    choice: bool
    intact: SizedRow | None
    lost: SizedRow | None
    device: str
    latency_ns: list[int] | None
    read_bytes_per_s: float | None
    write_bytes_per_s: float | None
    why: str
    note: str


class FlipRow(_Row):
    """Where the verdict turns: on that `side` of `factor` times what is stated it is `then`; null: not within a factor of 3."""

    of: str
    factor: float | None
    side: str
    then: str
    price_usd: float | None
    closed_form: bool


class VerdictRow(_Row):
    """`verdict` is "pool", "do not pool", or "" where nothing was compared; `saves_usd` against `against`, shelves counted."""

    verdict: str
    against: str
    saves_usd: float
    shelves_usd: float
    asked: str
    multiplexing_gain: float
    sum_of_peaks_gib: int
    peak_of_sum_gib: int
    full_hosts: list[str]
    full_sites: list[str]
    deciders: list[str]
    loss_costs_usd: float | None
    flips: list[FlipRow]
    higher_reading: dict[str, str | int | float | bool | None] | None


class LinksRow(_Row):
    """The best pool found with so many links a host, 0: none; `why` nothing was. `saves_usd` is against none."""

    links: int
    controllers: int
    capacity_gib: int
    cost_usd: float
    saves_usd: float | None
    why: str


class PoolLinkRow(_Row):
    """One link of a pool, in the order of `SliceRow.link_gib`."""

    link: str
    host: str
    controller: str


class PoolRow(_Row):
    """A pool: hosts in the order of `SliceRow.demand_gib`. Objective and bound are in USD cents when the goal is cost."""

    address: str
    hosts: list[str]
    controllers: list[ControllerRow]
    links: list[PoolLinkRow]
    demand: str
    demand_class: str
    reader: str
    assignment: str
    slice_seconds: float
    slices: list[SliceRow]
    survive: int
    promise: str
    losses: list[LossRow]
    regions: list[RegionRow]
    sharing: list[SharingRow]
    capacity_gib: int
    cost_usd: float
    power_w: float
    latency_ns: list[float] | None
    goals: list[str]
    proof: ProofRow
    verdict: VerdictRow
    alternatives: list[AlternativeRow]
    by_links: list[LinksRow]
    source: str


class PlanDocument(_Row):
    """plan.json: a whole design, decided, under stable addresses. Bandwidths are each way."""

    format: Literal["rackc-plan-1"] = "rackc-plan-1"
    design: str
    file: str
    parts: list[PartRow]
    instances: list[InstanceRow]
    ports: list[PortRow]
    carriers: list[CarrierRow]
    links: list[LinkRow]
    pools: list[PoolRow]


def rows(plan: Plan) -> dict[str, Any]:
    """Return the document as plain data, quickly: a rack has thousands of rows."""
    part_ids: dict[int, int] = {}
    for instance in plan.instances:
        part_ids.setdefault(id(instance.part), len(part_ids))
    parts = {id(i.part): i.part for i in plan.instances}
    names = [f"{plan.ports[link.a].address} -- {plan.ports[link.b].address}" for link in plan.links]
    link_of = {end: names[link.index] for link in plan.links for end in (link.a, link.b)}
    return {
        "format": "rackc-plan-1",
        "design": plan.design,
        "file": plan.file,
        "parts": [
            {
                "id": part_ids[key], "name": p.name, "package": p.package, "kind": p.kind, "title": p.title,
                "role": p.role, "lineage": list(p.lineage),
                "figures": {name: _figure(figure) for name, figure in sorted(p.figures.items())},
            }
            for key, p in parts.items()
        ],
        "instances": [_instance(plan, i, part_ids[id(i.part)]) for i in plan.instances],
        "ports": [
            {
                "address": p.address, "owner": plan.instances[p.owner].address, "interface": p.interface.name,
                "protocol": p.interface.protocol, "generation": p.interface.generation, "lanes": p.interface.lanes,
                "connector": p.interface.connector,
                "bandwidth_each_way_bytes_per_s": p.interface.bandwidth_each_way, "link": link_of.get(p.index),
            }
            for p in plan.ports
        ],
        "carriers": _carriers(plan),
        "links": _links(plan, names),
        "pools": [_pool(plan, pool, names) for pool in plan.pools],
    }  # fmt: skip


def _figure(figure: Figure) -> dict[str, Any]:
    return {"value": _value(figure.value), "source": figure.source, "confidence": figure.confidence}


def _value(value: Any) -> Any:
    match value:
        case Interval(low=low, high=high, typ=typ):
            return {"low": _value(low), "high": _value(high), "typ": _value(typ)}
        case Quantity():
            return str(value) if value.dimension else float(value.value)
        case tuple():
            return [_value(v) for v in value]
        case _:
            return value


def _instance(plan: Plan, i: Instance, part: int) -> dict[str, Any]:
    place = i.place
    row = None if place is None else {
        "rack": plan.instances[place.rack].address, "unit": place.unit, "height": place.height,
        "pitch_mm": place.pitch_mm,
    }  # fmt: skip
    parent = plan.instances[i.parent].address if i.parent >= 0 else None
    return {"address": i.address, "parent": parent, "part": part, "place": row, "slot": i.slot,
            "populated": i.populated, "source": i.source}  # fmt: skip


def _carriers(plan: Plan) -> list[dict[str, Any]]:
    used = np.bincount(plan.columns.carrier, minlength=len(plan.carriers)).tolist()
    return [
        {
            "name": c.part.name, "medium": c.medium, "field_installed": c.field_installed,
            "links_per_unit": c.links_per_unit, "price_usd": None if c.price_cents is None else c.price_cents / 100,
            "retimers": c.retimers, "links": used[at], "units": c.units, "cages": c.cages,
            "transceivers": dict(c.transceivers), "fibre": c.fibre,
        }
        for at, c in enumerate(plan.carriers)
    ]  # fmt: skip


def _links(plan: Plan, names: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "address": names[link.index], "a": plan.ports[link.a].address, "b": plan.ports[link.b].address,
            "protocol": link.protocol, "carrier": plan.carriers[link.carrier].part.name,
            "medium": plan.carriers[link.carrier].medium, "length_m": link.length_m,
            "routed_m": None if link.routed_m is None else round(link.routed_m, 4),
            "bandwidth_each_way_bytes_per_s": link.bandwidth_each_way, "latency_ns": link.latency_ns,
            "statement": plan.groups[link.group], "decided": link.decided, "source": link.source,
        }
        for link in plan.links
    ]  # fmt: skip


def _sized(row: Sized | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "cost_usd": row.cost_cents / 100, "capacity_gib": row.gib, "devices": row.devices, "power_w": row.power_mw / 1000,
        "gap": row.gap,
    }  # fmt: skip


def _alternative(rival: Rival) -> dict[str, Any]:
    return {
        "name": rival.name, "pooled": rival.pooled, "choice": rival.choice, "intact": _sized(rival.intact),
        "lost": _sized(rival.lost), "device": rival.device,
        "latency_ns": None if rival.latency_ns is None else list(rival.latency_ns),
        "read_bytes_per_s": None if rival.read_mbps is None else rival.read_mbps * 1e6,
        "write_bytes_per_s": None if rival.write_mbps is None else rival.write_mbps * 1e6,
        "why": rival.why, "note": rival.note,
    }  # fmt: skip


def _usd(cents: int | None) -> float | None:
    return None if cents is None else cents / 100


def _verdict(plan: Plan, pool: Pool) -> dict[str, Any]:
    found, higher = pool.comparison, pool.comparison.higher
    return {
        "verdict": found.verdict, "against": found.against, "saves_usd": found.margin_cents / 100,
        "shelves_usd": found.shelves_cents / 100, "asked": found.asked, "multiplexing_gain": round(found.gain, 4),
        "sum_of_peaks_gib": found.sum_of_peaks_gib, "peak_of_sum_gib": found.peak_of_sum_gib,
        "full_hosts": [plan.instances[pool.hosts[h]].address for h in found.binding.full_hosts],
        "full_sites": list(found.binding.full_sites), "deciders": list(found.binding.deciders),
        "loss_costs_usd": _usd(found.binding.loss_cents),
        "flips": [
            {"of": f.of, "factor": f.factor, "side": f.side, "then": f.then, "price_usd": _usd(f.cents), "closed_form": f.closed_form}
            for f in found.flips
        ],
        "higher_reading": None if higher is None else {
            "what": higher.what, "links": higher.links, "cost_usd": _usd(higher.cost_cents), "pays": higher.pays,
        },
    }  # fmt: skip


def _pool(plan: Plan, pool: Pool, names: list[str]) -> dict[str, Any]:
    proof = pool.proof
    latency = pool.latency_ns
    return {
        "address": pool.address, "hosts": [plan.instances[h].address for h in pool.hosts],
        "controllers": [
            {
                "address": plan.instances[c.instance].address, "populated": c.populated,
                "module": None if c.module is None else c.module.name, "modules": c.modules,
                "capacity_gib": c.capacity_gib, "devices": [plan.instances[d].address for d in c.devices],
                "logical_devices": c.logical_devices,
            }
            for c in pool.controllers
        ],
        "links": [
            {
                "link": names[link], "host": plan.instances[pool.hosts[pool.link_host[k]]].address,
                "controller": plan.instances[pool.controllers[pool.link_controller[k]].instance].address,
            }
            for k, link in enumerate(pool.links)
        ],
        "demand": pool.demand_name, "demand_class": pool.demand_class, "reader": pool.reader,
        "assignment": pool.assignment, "slice_seconds": pool.slice_seconds,
        "slices": [
            {"start_s": t * pool.slice_seconds, "demand_gib": list(demand), "link_gib": list(held)}
            for t, (demand, held) in enumerate(zip(pool.demand_gib, pool.slices_gib, strict=True))
        ],
        "survive": pool.survive, "promise": pool.promise,
        "losses": [{"count": one.count, "thing": one.thing, "promise": one.promise} for one in pool.losses],
        "regions": [
            {"host": plan.instances[pool.hosts[one.host]].address, "ways": one.ways, "weights": list(one.weights)}
            for one in pool.regions
        ],
        "sharing": [
            {
                "hosts": [plan.instances[pool.hosts[h]].address for h in one.hosts],
                "controllers": [plan.instances[pool.controllers[c].instance].address for c in one.controllers],
                "gib": [list(row) for row in one.gib],
            }
            for one in pool.sharing
        ],
        "capacity_gib": pool.capacity_gib,
        "cost_usd": pool.cost_cents / 100, "power_w": pool.power_w,
        "latency_ns": None if latency is None else [q.to("ns") for q in (latency.low, latency.typ, latency.high)],
        "goals": list(pool.goals),
        "proof": {
            "status": proof.status, "objective": proof.objective, "bound": proof.bound, "gap": proof.gap,
            "effort": proof.effort, "interrupted": proof.interrupted, "solver": proof.solver,
        },
        "verdict": _verdict(plan, pool),
        "alternatives": [_alternative(one) for one in pool.comparison.rivals],
        "by_links": [
            {
                "links": row.links, "controllers": row.devices, "capacity_gib": row.gib, "cost_usd": row.cost_cents / 100,
                "saves_usd": _usd(row.saving_cents), "why": row.why,
            }
            for row in pool.by_links
        ],
        "source": pool.source,
    }  # fmt: skip
