"""Candidates gathered into sites: what one of them costs, holds, gives, and the cable from it to every host."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, isnan

import numpy as np

from rackc.compiler.carriers import Ends, Stock, cheapest, sure_stock
from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_paths import Candidate, candidates_of, gives, path_ns
from rackc.compiler.optimize.pose_said import share_of
from rackc.compiler.optimize.pose_switches import hosts_of_a_switch, own_capacity
from rackc.compiler.optimize.pose_wanted import Wanted, cxl_ends
from rackc.compiler.optimize.problem import MEGA, Cable, Module, Site, Slow
from rackc.compiler.places import Places
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.values import fault
from rackc.dsl.diagnostics import Code
from rackc.dsl.units import Quantity


@dataclass(frozen=True, slots=True)
class Ground:
    """What sites are made from; `reached` keeps what came of a candidate's kind, ports (by group) and length, which often come again."""

    model: Model
    spec: PoolSpec
    want: Wanted
    cables: tuple[Shape, ...]
    placed: Places
    reached: dict[tuple[int, int, int, int, int, float], tuple[Cable | None, tuple[Cable, int] | None]] = field(
        default_factory=dict
    )


def sites_of(ground: Ground) -> tuple[list[Site], list[int]]:
    """Group the candidates that are alike: same part, same heads, same shelf, as many devices of one kind, as far across."""
    model, placed = ground.model, ground.placed
    sites: list[Site] = []
    number: dict[tuple[int, ...], int] = {}
    shelves: dict[int, int] = {}
    site_of: list[int] = []
    for of in candidates_of(ground.want):
        tray = int(placed.tray[of.instance])
        kinds = int(model.shape[of.instance]), int(model.shape[of.device])
        key = (tray, *kinds, len(of.heads), len(of.devices), round(float(placed.across_m[of.instance]) * 1e6))
        if key not in number:
            number[key] = len(sites)
            sites.append(_site(ground, of, tray, shelves.setdefault(tray, len(shelves))))
        site_of.append(number[key])
    return sites, site_of


def _site(ground: Ground, of: Candidate, tray: int, shelf: int) -> Site:
    model, spec = ground.model, ground.spec
    shape, device = model.shape_at(of.instance), model.shape_at(of.device)
    heads = len(of.heads)
    if of.devices:
        heads = hosts_of_a_switch(model, of.devices, heads)
    ceiling = share_of(spec) / MEGA
    read, write = (int((gives(model, of, way) or 0.0) * ceiling) for way in ("read", "write"))
    own = own_capacity(device)
    cables, slow = _cables(ground, of)
    cost, power = (_price(device), _milliwatts(device)) if own is None else (0, 0)  # else those of its one module
    return Site(
        name=model.address(tray) if tray >= 0 else model.address(of.instance),
        heads=min(heads, int(figure(device, "max_hosts", "") or heads)),
        populations=_populations(device, spec),
        max_capacity_gib=own if own is not None else int(figure(device, "max_capacity", "GiB") or 0),
        cost_cents=_price(shape) if of.devices else cost,
        power_mw=_milliwatts(shape) if of.devices else power,
        cables=cables,
        shelf=shelf,
        devices=len(of.devices),
        device_cost_cents=cost if of.devices else 0,
        device_power_mw=power if of.devices else 0,
        read_mbps=read,
        write_mbps=write,
        slow=slow,
    )


def _cables(ground: Ground, of: Candidate) -> tuple[tuple[Cable | None, ...], tuple[Slow, ...]]:
    """Return the cheapest cable to every host that reaches and keeps to the latency bound, and those that reach only."""
    model = ground.model
    parent = int(model.parent[of.instance])
    kind = int(model.shape[of.instance]), int(model.shape[of.device]), int(model.shape[parent]) if parent >= 0 else -1
    groups = [int(model.port_group[ports[0]]) if ports else -1 for ports in ground.want.host_ports]
    head = int(model.port_group[of.heads[0]]) if of.heads else -1
    found: list[Cable | None] = []
    slow: list[Slow] = []
    hosts = np.array(ground.want.hosts, np.int64)
    routed = ground.placed.routed_m(hosts, np.full(len(hosts), of.instance)).tolist()
    for at, (need, ports) in enumerate(zip(routed, ground.want.host_ports, strict=True)):
        if isnan(need) or not ports or not of.heads:
            found.append(None)
            continue
        key = (*kind, groups[at], head, need)
        if key not in ground.reached:
            ends = cxl_ends(model.interface(ports[0]), model.interface(of.heads[0]))
            ground.reached[key] = _reached(ground, of, ends, need)
        best, late = ground.reached[key]
        found.append(best)
        if late is not None:
            slow.append(Slow(at, *late))
    return tuple(found), tuple(slow)


def _reached(ground: Ground, of: Candidate, ends: Ends, need: float) -> tuple[Cable | None, tuple[Cable, int] | None]:
    """Return the cheapest cable that keeps to the latency bound; where there is none, one that only reaches, and its ns."""
    model, bound = ground.model, ground.spec.bounds.get("latency")
    most_ns = bound[1].to("ns") if bound is not None else None
    kept = [c for c in ground.cables if most_ns is None or _within(model, of, c, need, most_ns, ends)]
    best = cheapest(kept, ends, need)
    if best is not None:
        return _cable(*best, need), None
    other = cheapest(ground.cables, ends, need) if most_ns is not None else None
    if other is None:
        return None, None
    return None, (_cable(*other, need), ceil(path_ns(model, of, other[0], other[1].length_m)[1]))


def _cable(shape: Shape, stock: Stock, need: float) -> Cable:
    return Cable(shape.name, round(stock.length_m * 1000), round(need * 1000), stock.price_cents or 0)


def _within(model: Model, of: Candidate, cable: Shape, need: float, limit_ns: float, ends: Ends) -> bool:
    """Whether the length of a cable that would be bought keeps to a latency bound."""
    stock = sure_stock(cable, need, ends)
    return stock is not None and path_ns(model, of, cable, stock.length_m)[1] <= limit_ns


def _populations(shape: Shape, spec: PoolSpec) -> tuple[int, ...]:
    """Return the module counts that fill all channels alike: multiples of the channels, up to the slots.

    A device with memory of its own is its one module.
    """
    if own_capacity(shape) is not None:
        return (1,)
    slots, channels = figure(shape, "dimm_slots", ""), figure(shape, "channels", "") or 1.0
    if slots is None:
        raise fault(Code.MISSING_FIGURE, f"`{shape.name}` states no `dimm_slots`", spec.spans["controllers"])
    return tuple(range(int(channels), int(slots) + 1, int(channels)))


def _price(shape: Shape) -> int:
    """Return the typical price of a controller in cents; raises Fault where none is stated."""
    usd = figure(shape, "price", "USD")
    if usd is None:
        raise fault(Code.MISSING_FIGURE, f"controller `{shape.name}` states no `price`", shape.span, "",
                    "the pool would take it for free: give it one, marked `@assume` if need be")  # fmt: skip
    return round(usd * 100)


def _milliwatts(shape: Shape) -> int:
    return round((figure(shape, "tdp", "W") or 0.0) * 1000)


def modules_of(model: Model, spec: PoolSpec, want: Wanted, shapes: tuple[Shape, ...]) -> tuple[Module, ...]:
    """Return what may be fitted; where the candidates have memory of their own, that alone, at the price of such a device.

    Raises Fault where a pool names modules for devices that take none.
    """
    holding = [model.shape_at(of.device) for of in candidates_of(want)]
    own = {shape.name: size for shape in holding if (size := own_capacity(shape)) is not None}
    if not own:
        return tuple(_module(shape, spec) for shape in shapes)
    if shapes or any(own_capacity(shape) is None for shape in holding) or len(own) > 1:
        said = "`modules` are named, and" if shapes else "the candidates are of several kinds:"
        raise fault(Code.POOL, f"{said} `{next(iter(own))}` has {next(iter(own.values())):,} GiB of its own", spec.spans.get("modules", spec.spans["controllers"]),
                    "", "offer devices that take modules, or devices of one kind with memory of their own and no `modules`")  # fmt: skip
    shape = holding[0]
    return (Module(shape.name, own[shape.name], _price(shape), _milliwatts(shape)),)


def _module(shape: Shape, spec: PoolSpec) -> Module:
    capacity, price = shape.values.get("capacity"), figure(shape, "price", "USD")
    gib = capacity.exact("GiB") if isinstance(capacity, Quantity) and capacity.dimension == (("B", 1),) else None
    if gib is None or gib.denominator != 1 or price is None:
        raise fault(Code.MISSING_FIGURE, f"module `{shape.name}` needs a `capacity` in whole GiB and a `price`",
                    spec.spans["modules"])  # fmt: skip
    return Module(shape.name, int(gib), round(price * 100), _milliwatts(shape))
