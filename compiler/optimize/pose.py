"""A pool as the design states it, posed as a problem in plain integers; what cannot be posed is reported."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from rackc.compiler import media
from rackc.compiler.carriers import Ends, cheapest, ends_of, sure_stock
from rackc.compiler.columns import Flags
from rackc.compiler.interleave import ATTRIBUTES as REGION
from rackc.compiler.interleave import whole
from rackc.compiler.media import figure, words
from rackc.compiler.model import Model
from rackc.compiler.optimize.problem import Beside, Cable, Controller, Host, Loss, Module, PoolProblem, Site
from rackc.compiler.places import Places
from rackc.compiler.plan import Interval
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.training import fits, protocols, trained
from rackc.compiler.values import DefinitionRef, Fault, Selection, described, fault
from rackc.compiler.workload.demand import Assignment, HostDemand
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import NONE, Quantity, quantity

#: A pool may plan with this share of a link's data rate where it states no `utilisation`.
DEFAULT_UTILISATION: Final = 0.8

_EXAMPLES: Final = {"interleave": "4", "granularity": "256 B", "region": "64 GiB", "region_base": "0 GiB"}
_GOALS: Final = ("cost", "power", "cable.length")
_ATTRIBUTES: Final = (
    "members",
    "controllers",
    "modules",
    "cables",
    "demand",
    "assignment",
    "utilisation",
    "module_sizes",
    "latency",
    *REGION,
)


@dataclass(frozen=True, slots=True)
class PosedPool:
    """One pool, ready to solve, and what the Plan needs besides the answer.

    `hosts` and `controllers` are instances, `host_ports` and `heads` their free ports; `latency_ns` the slowest path that the candidates and cables allow, as a
    range; `link_bandwidth` what one head gives, bytes per second each way, before the utilisation ceiling; `sources` are
    the workload and its model.
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Members and candidates of a pool, with their free ports."""

    hosts: tuple[int, ...]
    host_ports: tuple[tuple[int, ...], ...]
    controllers: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]


def check_attributes(spec: PoolSpec) -> Iterator[Diagnostic]:
    """Yield attributes, goals and bounds that a pool does not have, and those it lacks."""
    for name, span in spec.spans.items():
        if name not in _ATTRIBUTES:
            yield Diagnostic(Code.POOL, f"a pool has no `{name}`", Label(span),
                             hints=(f"it has {', '.join(_ATTRIBUTES)}",))  # fmt: skip
    for name in ("members", "controllers", "modules", "demand"):
        if name not in spec.values:
            yield Diagnostic(Code.POOL, f"pool `{spec.name}` names no {name}", Label(spec.span),
                             hints=(f"write `{name} = …`",))  # fmt: skip
    if spec.values.get("module_sizes", "one") not in ("one", "mixed"):
        yield Diagnostic(Code.POOL, '`module_sizes` is "one" or "mixed"', Label(spec.spans["module_sizes"]),
                         hints=('"one" size for the pool, or "mixed": one for each controller',))  # fmt: skip
    for name, kind in REGION.items():
        if name in spec.values and whole(spec.values[name], kind) is None:
            said = "a whole number of ways" if name == "interleave" else "a whole number of bytes"
            yield Diagnostic(Code.POOL, f"`{name}` is {said}, this is {described(spec.values[name])}",
                             Label(spec.spans[name]), hints=(f"write `{name} = {_EXAMPLES[name]}`",))  # fmt: skip
    if "latency" in spec.values and not _is_time(spec.values["latency"]):
        yield Diagnostic(Code.POOL, f"`latency` is a time, this is {described(spec.values['latency'])}",
                         Label(spec.spans["latency"]), hints=("write `latency = 280..350 ns`",))  # fmt: skip
    for goal in spec.goals:
        if goal not in _GOALS:
            yield Diagnostic(Code.POOL, f"`{goal}` cannot be minimized here", Label(spec.span),
                             hints=(f"choose among {', '.join(_GOALS)}",))  # fmt: skip
    for name, (op, value, span) in spec.bounds.items():
        if name != "latency" or op != "<=" or not isinstance(value, Quantity) or value.dimension != (("s", 1),):
            yield Diagnostic(Code.POOL, "the bound of a pool is `latency <= 700 ns`", Label(span))
    if spec.survive is not None and (
        spec.survive[:3] not in ((0, "controller", "capacity"), (1, "controller", "capacity"))
    ):
        yield Diagnostic(Code.POOL, f"a pool cannot yet survive {spec.survive[0]} {spec.survive[1]} for {spec.survive[2]}",
                         Label(spec.survive[3]), hints=("write `survive 1 controller for capacity`",))  # fmt: skip


def _is_time(value: Any) -> bool:
    ends = (value.low, value.high) if isinstance(value, Interval) else (value,)
    return all(isinstance(end, Quantity) and end.dimension == (("s", 1),) for end in ends)


def wanted(model: Model, spec: PoolSpec, base: tuple[int, int]) -> Wanted:
    """Return members and candidates; raises Fault where one cannot take part (`base`: the owner's row and port row)."""
    hosts = _listed(spec, "members", base[0])
    controllers = _listed(spec, "controllers", base[0])
    taken = np.zeros(len(model.port_owner), bool)
    taken[model.link_a] = taken[model.link_b] = True
    host_ports = tuple(_in_turn(model, _ports(model, host, taken)) for host in hosts)
    heads = tuple(_ports(model, card, taken) for card in controllers)
    for host, free in zip(hosts, host_ports, strict=True):
        every = _ports(model, host, np.zeros_like(taken))
        if not every:
            raise _no_cxl(model, spec, host, controllers)
        if not free:
            raise _no_free(model, spec, host, every)
    for card in controllers:
        shape = model.shape_at(card)
        uses = words(shape, "uses")
        if "pooling" not in uses:
            raise _expansion_only(model, spec, card, uses)
    _check_alone(model, spec, hosts, controllers)
    _check_ends(model, spec, host_ports, heads)
    return Wanted(hosts, host_ports, controllers, heads)


def _no_free(model: Model, spec: PoolSpec, host: int, every: tuple[int, ...]) -> Fault:
    """Return the finding for a member whose CXL ports all carry a link already, with the connection that takes the first."""
    ends = (model.link_a == every[0]) | (model.link_b == every[0])
    wiring = model.wirings[int(model.link_wiring[np.flatnonzero(ends)[0]])]
    ports = "its only CXL port carries" if len(every) == 1 else f"all its {len(every)} CXL ports carry"
    return Fault(Diagnostic(
        Code.POOL, f"{model.address(host)} cannot join the pool: {ports} a link already",
        Label(spec.spans["members"], "a member"), (Label(wiring.span, "taken here"),),
        ("leave a port of each member free, or take the member out of the pool",),
    ))  # fmt: skip


def _check_alone(model: Model, spec: PoolSpec, hosts: tuple[int, ...], controllers: tuple[int, ...]) -> None:
    """Raise for a thing listed twice, a candidate that a connection uses already, and candidates of several kinds."""
    for name, listed in (("members", hosts), ("controllers", controllers)):
        twice = next((i for i, n in Counter(listed).items() if n > 1), None)
        if twice is not None:
            raise fault(Code.POOL, f"{model.address(twice)} is listed twice", spec.spans[name], "", "list it once")
    ends = np.stack((model.port_owner[model.link_a], model.port_owner[model.link_b]))
    links = np.flatnonzero(np.isin(ends, controllers).any(axis=0))
    if len(links):
        link = int(links[0])
        joined = next(int(end) for end in ends[:, link] if int(end) in controllers)
        raised = fault(Code.POOL, f"{model.address(joined)} is a candidate of the pool and connected already",
                       spec.spans["controllers"], "", "leave it out of `controllers`, or take the connection away")  # fmt: skip
        also = (Label(model.wirings[int(model.link_wiring[link])].span, "connected here"),)
        raised.diagnostic = replace(raised.diagnostic, also=also)
        raise raised
    kinds = {int(model.shape[card]): card for card in reversed(controllers)}
    if len(kinds) > 1:
        names = " and ".join(
            f"{model.address(card)} ({model.shape_at(card).name})" for card in sorted(kinds.values())[:2]
        )
        raise fault(Code.POOL, f"the candidates are of {len(kinds)} kinds: {names}", spec.spans["controllers"], "",
                    "give one pool one kind of controller: same part, same arguments")  # fmt: skip


def check_apart(posed: list[PosedPool], model: Model) -> Iterator[Diagnostic]:
    """Yield hosts and controllers that two pools want: each pool is decided for itself."""
    owner: dict[int, PosedPool] = {}
    for pool in posed:
        for thing in (*pool.hosts, *pool.controllers):
            first = owner.setdefault(thing, pool)
            if first is not pool:
                yield Diagnostic(Code.POOL, f"{model.address(thing)} is in two pools, {first.address} and {pool.address}",
                                 Label(pool.spec.span, "second"), (Label(first.spec.span, "first"),),
                                 ("pools are decided one by one: make them one pool, or share nothing",))  # fmt: skip
                break


def _check_ends(
    model: Model, spec: PoolSpec, host_ports: tuple[tuple[int, ...], ...], heads: tuple[tuple[int, ...], ...]
) -> None:
    """Raise where a host's port and a controller's head can never meet: other lanes, or other connectors."""
    port = next((row[0] for row in host_ports if row), None)
    head = next((row[0] for row in heads if row), None)
    if port is None or head is None:
        return
    names = f"{model.port_address(port)} and {model.port_address(head)}"
    for code, name, told in ((Code.LANES, "lanes", "x{} meets x{}"), (Code.CONNECTOR, "connector", "{} meets {}")):
        ends = [model.interface(p).values.get(name) for p in (port, head)]
        alike = fits(model.interface(port), model.interface(head)) if name == "lanes" else ends[0] == ends[1]
        if None not in ends and not alike:
            raise fault(code, f"{told.format(*(str(e) for e in ends))}: {names}", spec.spans["controllers"],
                        "these could never be joined", "use a shelf and card whose heads are like the hosts' ports")  # fmt: skip


def _no_cxl(model: Model, spec: PoolSpec, host: int, controllers: tuple[int, ...]) -> Exception:
    """Return the fault for a member without a CXL port, with the processor that has none and the card that it would need."""
    inside = range(host, host + model.shape_at(host).instances)
    socket = next(
        (model.shape_at(row) for row in inside if model.shape_at(row).values.get("role") == "cpu"), model.shape_at(host)
    )
    wants = f" for {model.address(controllers[0])}" if controllers else ""
    raised = fault(
        Code.NO_CXL, f"{model.address(host)} has no CXL port{wants}", spec.spans["members"],
        f"`{model.shape_at(host).name}` is a member here",
        "CXL memory needs a host whose part says so; none is known of Grace, x86 hosts such as std.servers.CxlHost have it",
    )  # fmt: skip
    raised.diagnostic = replace(raised.diagnostic, also=(Label(socket.span, f"no CXL is stated of `{socket.name}`"),))
    return raised


def _expansion_only(model: Model, spec: PoolSpec, card: int, uses: tuple[str, ...]) -> Exception:
    shape = model.shape_at(card)
    raised = fault(
        Code.EXPANSION_ONLY, f"`{shape.name}` cannot be pooled", spec.spans["controllers"],
        f"{model.address(card)} is for {' and '.join(uses) or 'nothing stated'} only",
        "use a controller that pools, such as astera.leo.LeoA1000, or connect the card to one host",
    )  # fmt: skip
    place = shape.spans.get("uses")
    if place is not None:
        raised.diagnostic = Diagnostic(raised.diagnostic.code, raised.diagnostic.message, raised.diagnostic.at,
                                       (Label(place, "said here"),), raised.diagnostic.hints)  # fmt: skip
    return raised


def _listed(spec: PoolSpec, name: str, base: int) -> tuple[int, ...]:
    value = spec.values.get(name)
    if not all(isinstance(v, Selection) for v in (value if isinstance(value, tuple) else (value,))):
        raise fault(Code.POOL, f"`{name}` must be instances, this is {described(value)}", spec.spans[name], "",
                    f"write `{name} = host[*]`")  # fmt: skip
    return instances_of(spec, name, base)


def instances_of(spec: PoolSpec, name: str, base: int) -> tuple[int, ...]:
    """Return the instances that a pool lists under `name`; none for what is no instance."""
    value = spec.values.get(name)
    values = value if isinstance(value, tuple) else (value,)
    return tuple(
        int(i) + base for v in values if isinstance(v, Selection) for chunk in v.chunks for i in chunk.instances
    )


def _ports(model: Model, instance: int, taken: Flags) -> tuple[int, ...]:
    """Return the CXL ports of an instance and of what is inside it, free ones only, in order."""
    first = int(model.base[instance])
    return tuple(
        port for port in range(first, first + model.shape_at(instance).port_count)
        if not taken[port] and "CXL" in protocols(model.interface(port))
        and model.shape_at(int(model.port_owner[port])).values.get("role") != _own_card(model, instance)
    )  # fmt: skip


def _in_turn(model: Model, ports: tuple[int, ...]) -> tuple[int, ...]:
    """Return ports in the order in which they are used: one of each socket in turn, so that memory is near all readers."""
    met: Counter[int] = Counter()
    rank = {}
    for port in ports:
        owner = int(model.port_owner[port])
        rank[port] = met[owner]
        met[owner] += 1
    return tuple(sorted(ports, key=lambda port: (rank[port], port)))


def _own_card(model: Model, instance: int) -> str:
    """Inside a host, a card's head is no host port; of a card itself it is what is wanted."""
    return "" if model.shape_at(instance).values.get("role") == "memory-controller" else "memory-controller"


def pose(
    model: Model, spec: PoolSpec, base: tuple[int, int], want: Wanted, demand_name: str, demand: HostDemand,
    assignment: Assignment, shapes: tuple[tuple[Shape, ...], tuple[Shape, ...]], placed: Places,
) -> PosedPool:  # fmt: skip
    """Return the problem; raises Fault where a figure that it needs is missing. `shapes` are modules and cables."""
    modules, cables = shapes
    survive = spec.survive[0] if spec.survive is not None else 0
    utilisation = _share(spec)
    bandwidth = _head_bandwidth(model, want)
    bound = spec.bounds.get("latency")
    sites, site_of = _sites(model, want, cables, placed, spec)
    latency = _latency(model, want, sites, site_of, cables)
    if bound is not None and sites and not any(c is not None for s in sites for c in s.cables):
        _no_path(model, want, cables, placed, spec, bound)
    address = f"{model.address(base[0])}.{spec.name}" if base[0] else spec.name
    problem = PoolProblem(
        address=address,
        hosts=tuple(
            Host(
                model.address(h),
                tuple(model.port_address(p) for p in ports),
                _links_needed(demand, at, bandwidth, utilisation),
                _shares(model, want, demand, at, bandwidth),
            )
            for at, (h, ports) in enumerate(zip(want.hosts, want.host_ports, strict=True))
        ),
        controllers=tuple(
            Controller(model.address(c), tuple(model.port_address(p) for p in heads), site)
            for c, heads, site in zip(want.controllers, want.heads, site_of, strict=True)
        ),
        sites=tuple(sites),
        modules=tuple(_module(shape, spec) for shape in modules),
        one_size=spec.values.get("module_sizes", "one") != "mixed",
        demand_gib=demand.gib,
        losses=(Loss("controller", survive, spec.survive[2]),) if spec.survive and survive else (),  # type: ignore[arg-type]  # checked before
        beside=Beside(
            dynamic_gib=demand.dynamic_gib if assignment.kind == "relet" else (),
            free_dimm_slots=_free_slots(model, want),
        ),
        goals=tuple(spec.goals) or ("cost",),  # type: ignore[arg-type]  # checked against the list
    )
    return PosedPool(spec, address, base[0], want.hosts, want.host_ports, want.controllers, want.heads, modules, cables, demand_name, demand,
                     assignment, latency, bandwidth, utilisation, problem)  # fmt: skip


def _free_slots(model: Model, want: Wanted) -> int | None:
    """Return how many DIMM slots the hosts declare free, None where one does not say."""
    stated = [figure(model.shape_at(host), "dimm_slots_free", "") for host in want.hosts]
    return None if any(n is None for n in stated) else int(sum(n for n in stated if n is not None))


def shapes_named(spec: PoolSpec, name: str, instantiate: Any) -> tuple[Shape, ...]:
    """Return the shapes a pool lists under `name`; raises Fault for anything that is no definition."""
    value = spec.values.get(name, ())
    values = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(v, DefinitionRef) for v in values):
        raise fault(Code.POOL, f"`{name}` is a list of definitions", spec.spans[name], "", f"write `{name} = [a, b]`")
    return tuple(instantiate(v, spec.spans.get(name, spec.span)) for v in values)


def _share(spec: PoolSpec) -> float:
    value = spec.values.get("utilisation")
    if value is None:
        return DEFAULT_UTILISATION
    if isinstance(value, Quantity) and value.dimension == NONE and 0 < value.value <= 1:
        return float(value.value)
    raise fault(Code.POOL, "`utilisation` is a share from 1 % to 100 %", spec.spans["utilisation"])


def _head_bandwidth(model: Model, want: Wanted) -> float:
    """Return what one head gives each way: what the slowest link between a host port and a head comes to."""
    hosts, cards = (
        {int(model.port_group[row[0]]): row[0] for row in rows if row} for rows in (want.host_ports, want.heads)
    )
    links = (trained(model.interface(a), model.interface(b)) for a in hosts.values() for b in cards.values())
    return min((link.bandwidth for link in links), default=0.0)


def _shares(model: Model, want: Wanted, demand: HostDemand, host: int, bandwidth: float) -> tuple[int, ...]:
    """Return what share of its memory, in thousandths, a host should have on one link for its traffic to fit there.

    First as if every head of a card were equally busy, by the lower reading of the card; then by the link alone.
    """
    if host >= len(demand.read_bytes_per_s) or not want.controllers:
        return ()
    card, heads = model.shape_at(want.controllers[0]), max(len(row) for row in want.heads)
    fair = alone = 1.0
    for way, rate in (("read", demand.read_bytes_per_s[host]), ("write", demand.write_bytes_per_s[host])):
        if rate > 0:
            own = (figure(card, f"{way}_bandwidth", "B/s", "low") or bandwidth * heads) / max(heads, 1)
            fair, alone = min(fair, own / rate), min(alone, bandwidth / rate)
    return () if fair >= 1.0 and alone >= 1.0 else (int(1000 * min(fair, alone)), int(1000 * alone))


def _links_needed(demand: HostDemand, host: int, bandwidth: float, utilisation: float) -> int:
    """Return the links a host's rates need: each way on its own, at the utilisation ceiling."""
    if host >= len(demand.read_bytes_per_s) or bandwidth <= 0:
        return 0
    rate = max(demand.read_bytes_per_s[host], demand.write_bytes_per_s[host])
    return math.ceil(rate / (bandwidth * utilisation) - 1e-9)


def _populations(shape: Shape, spec: PoolSpec) -> tuple[int, ...]:
    """Return the module counts that fill all channels alike: multiples of the channels, up to the slots."""
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


def _module(shape: Shape, spec: PoolSpec) -> Module:
    capacity, price = shape.values.get("capacity"), figure(shape, "price", "USD")
    gib = capacity.exact("GiB") if isinstance(capacity, Quantity) and capacity.dimension == (("B", 1),) else None
    if gib is None or gib.denominator != 1 or price is None:
        raise fault(Code.MISSING_FIGURE, f"module `{shape.name}` needs a `capacity` in whole GiB and a `price`",
                    spec.spans["modules"])  # fmt: skip
    return Module(shape.name, int(gib), round(price * 100), round((figure(shape, "tdp", "W") or 0.0) * 1000))


# ---------------------------------------------------------------- positions, cables, latency


def _routed(a: int, b: int, placed: Places) -> float | None:
    """Return the length in metres that a cable between two things needs, None where a place is missing."""
    length = float(placed.routed_m(np.array([a]), np.array([b]))[0])
    return None if math.isnan(length) else length


def _sites(
    model: Model, want: Wanted, cables: tuple[Shape, ...], placed: Places, spec: PoolSpec
) -> tuple[list[Site], list[int]]:
    """Group the candidates that are alike: same part, same heads, same shelf."""
    sites: list[Site] = []
    number: dict[tuple[int, int, int], int] = {}
    site_of: list[int] = []
    for card, heads in zip(want.controllers, want.heads, strict=True):
        tray = int(placed.tray[card])
        key = (tray, int(model.shape[card]), len(heads))
        if key not in number:
            number[key] = len(sites)
            sites.append(_site(model, card, heads, want, cables, placed, spec))
        site_of.append(number[key])
    return sites, site_of


def _site(
    model: Model, card: int, heads: tuple[int, ...], want: Wanted, cables: tuple[Shape, ...], placed: Places,
    spec: PoolSpec,
) -> Site:  # fmt: skip
    shape = model.shape_at(card)
    reachable: list[Cable | None] = []
    bound = spec.bounds.get("latency")
    most_ns = bound[1].to("ns") if bound is not None else None
    for host, ports in zip(want.hosts, want.host_ports, strict=True):
        need = _routed(host, card, placed)
        ends = _ends(model, ports, heads)
        kept = [c for c in cables if most_ns is None or need is None or _within(model, card, c, need, most_ns, ends)]
        best = cheapest(kept, ends, need) if need is not None and ends is not None else None
        reachable.append(
            None if best is None or need is None
            else Cable(best[0].name, round(best[1].length_m * 1000), round(need * 1000), best[1].price_cents or 0)
        )  # fmt: skip
    tray = int(placed.tray[card])
    return Site(
        name=model.address(tray) if tray >= 0 else model.address(card),
        heads=min(len(heads), int(figure(shape, "max_hosts", "") or len(heads))),
        populations=_populations(shape, spec),
        max_capacity_gib=int(figure(shape, "max_capacity", "GiB") or 0),
        cost_cents=_price(shape),
        power_mw=round((figure(shape, "tdp", "W") or 0.0) * 1000),
        cables=tuple(reachable),
    )


def _ends(model: Model, ports: tuple[int, ...], heads: tuple[int, ...]) -> Ends | None:
    """Return what a cable from a host to a card joins, None where one of them has no port."""
    if not ports or not heads:
        return None
    return replace(ends_of(model.interface(ports[0]), model.interface(heads[0])), protocol="CXL")


def _within(model: Model, card: int, cable: Shape, need: float, limit_ns: float, ends: Ends | None) -> bool:
    """Whether the length of a cable that would be bought keeps to a latency bound."""
    stock = sure_stock(cable, need, ends) if ends is not None else None
    return stock is not None and _path_ns(model, card, cable, stock.length_m)[1] <= limit_ns


def _path_ns(model: Model, card: int, cable: Shape, length_m: float) -> tuple[float, float, float]:
    """Return low, high and typical latency of a read: the device, the cable both ways, its retimers, the shelf.

    A pool is never faster than the device it is made of.
    """
    shape = model.shape_at(card)
    parent = int(model.parent[card])
    ends = []
    for end in ("low", "high", "typ"):
        device = figure(shape, "latency", "ns", end) or 0.0
        shelf = (figure(model.shape_at(parent), "latency", "ns", end) or 0.0) if parent >= 0 else 0.0
        ends.append(device + shelf + 2 * media.latency_ns(cable, length_m, end))
    return ends[0], ends[1], ends[2]


def _latency(
    model: Model, want: Wanted, sites: list[Site], site_of: list[int], cables: tuple[Shape, ...]
) -> Interval | None:
    """Return the latency of the slowest cable that could be chosen."""
    by_name = {shape.name: shape for shape in cables}
    if not want.controllers:
        return None
    cards = {site: card for card, site in reversed(list(zip(want.controllers, site_of, strict=True)))}
    paths = [
        _path_ns(model, cards[at], by_name[c.carrier], c.length_mm / 1000)
        for at, s in enumerate(sites) for c in s.cables if c
    ]  # fmt: skip
    if not paths:
        return None
    low, high, typ = (max(column) for column in zip(*paths, strict=True))
    return Interval(*(quantity(round(value, 1), "ns") for value in (low, high, typ)))


def _no_path(model: Model, want: Wanted, cables: tuple[Shape, ...], placed: Places, spec: PoolSpec, bound: Any) -> None:
    """Raise where the latency bound alone forbids every path."""
    host, card = want.hosts[0], want.controllers[0]
    need = _routed(host, card, placed)
    if need is None:
        raise fault(Code.POOL, f"{model.address(host)} or {model.address(card)} has no place in a rack", spec.span, "",
                    "cable lengths follow from positions: place the tray and the shelf")  # fmt: skip
    best = min((_path_ns(model, card, c, need)[1] for c in cables), default=None)
    if best is not None and best > bound[1].to("ns"):
        device = figure(model.shape_at(card), "latency", "ns", "high")
        raise fault(Code.LATENCY, f"no path is within {bound[1]}: the best takes up to {best:.0f} ns", bound[2],
                    f"the device alone takes up to {device:.0f} ns" if device else "",
                    "raise the bound, or move the shelf nearer")  # fmt: skip
