"""Members and candidates of a pool: hosts with free CXL ports, and controllers, alone or behind switches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from rackc.compiler.carriers import Ends, carries, ends_of
from rackc.compiler.columns import Flags
from rackc.compiler.media import words
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_switches import Behind, behind_switches
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.training import fits, protocols
from rackc.compiler.values import Fault, Selection, described, fault
from rackc.dsl.diagnostics import Code, Diagnostic, Label


@dataclass(frozen=True, slots=True)
class Wanted:
    """Members and candidates of a pool, with their free ports.

    A candidate is a card, with `devices` empty, or a switch with the devices behind it that the pool may use.
    """

    hosts: tuple[int, ...]
    host_ports: tuple[tuple[int, ...], ...]
    controllers: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]
    devices: tuple[tuple[int, ...], ...]


def wanted(model: Model, spec: PoolSpec, base: int, cables: tuple[Shape, ...]) -> Wanted:
    """Return members and candidates; raises Fault where one cannot take part (`base`: the owner's row)."""
    hosts = _listed(spec, "members", base)
    cards = _listed(spec, "controllers", base)
    taken = np.zeros(len(model.port_owner), bool)
    taken[model.link_a] = taken[model.link_b] = True
    host_ports = tuple(_in_turn(model, _ports(model, host, taken)) for host in hosts)
    _check_hosts(model, spec, hosts, cards, host_ports)
    for card in cards:
        uses = words(model.shape_at(card), "uses")
        if "pooling" not in uses:
            raise _expansion_only(model, spec, card, uses)
    _once(model, spec, hosts, cards)
    behind = behind_switches(model, spec, cards)
    _check_alone(model, spec, tuple(card for card in cards if card not in behind))
    candidates, heads, devices = _candidates(model, cards, behind, taken)
    host_ports = _usable(model, spec, host_ports, heads, cables)
    return Wanted(hosts, host_ports, candidates, heads, devices)


def _candidates(
    model: Model, cards: tuple[int, ...], behind: dict[int, Behind], taken: Flags
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """Return cards and switches in the order in which they, or a device of theirs, are listed first."""
    found: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for card in cards:
        one = behind.get(card)
        if one is None:
            found[card] = (_ports(model, card, taken), ())
        else:
            found.setdefault(one.switch, (one.heads, one.devices))
    return tuple(found), tuple(heads for heads, _ in found.values()), tuple(devices for _, devices in found.values())


# ---------------------------------------------------------------- lists


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
    return tuple(i for v in values if isinstance(v, Selection) for i in rows_of(v, base))


def rows_of(selection: Selection, base: int) -> tuple[int, ...]:
    """Return the instances of a selection, counted from the design's root."""
    return tuple(int(i) + base for chunk in selection.chunks for i in chunk.instances)


def _once(model: Model, spec: PoolSpec, hosts: tuple[int, ...], cards: tuple[int, ...]) -> None:
    for name, listed in (("members", hosts), ("controllers", cards)):
        twice = next((i for i, n in Counter(listed).items() if n > 1), None)
        if twice is not None:
            raise fault(Code.POOL, f"{model.address(twice)} is listed twice", spec.spans[name], "", "list it once")


def _check_alone(model: Model, spec: PoolSpec, cards: tuple[int, ...]) -> None:
    """Raise for a candidate that a connection uses already."""
    ends = np.stack((model.port_owner[model.link_a], model.port_owner[model.link_b]))
    links = np.flatnonzero(np.isin(ends, cards).any(axis=0))
    if not len(links):
        return
    link = int(links[0])
    joined = next(int(end) for end in ends[:, link] if int(end) in cards)
    raise Fault(Diagnostic(
        Code.POOL, f"{model.address(joined)} is a candidate of the pool and connected already",
        Label(spec.spans["controllers"]), (Label(model.wirings[int(model.link_wiring[link])].span, "connected here"),),
        ("leave it out of `controllers`, or take the connection away",),
    ))  # fmt: skip


# ---------------------------------------------------------------- ports


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


def _usable(
    model: Model, spec: PoolSpec, host_ports: tuple[tuple[int, ...], ...], heads: tuple[tuple[int, ...], ...],
    cables: tuple[Shape, ...],
) -> tuple[tuple[int, ...], ...]:  # fmt: skip
    """Return the ports of each host that a cable could join to some head.

    Raises where there is none for a host or a kind of head: other lanes, or other connectors.
    """
    kinds = {int(model.port_group[row[0]]): row[0] for row in reversed(heads) if row}
    groups = {int(model.port_group[port]): port for row in reversed(host_ports) for port in reversed(row)}
    meets = {
        (group, kind): _can_meet(model, port, head, cables)
        for group, port in groups.items() for kind, head in kinds.items()
    }  # fmt: skip
    for kind, head in kinds.items():
        if groups and not any(meets[group, kind] for group in groups):
            raise _never(model, spec, next(iter(groups.values())), head)
    kept = tuple(
        tuple(p for p in row if any(meets[int(model.port_group[p]), kind] for kind in kinds)) if kinds else row
        for row in host_ports
    )
    for row, free in zip(kept, host_ports, strict=True):
        if free and not row:
            raise _never(model, spec, free[0], next(iter(kinds.values())))
        unlike = next((p for p in row if _form(model, p) != _form(model, row[0])), None)
        if unlike is not None:
            raise fault(
                Code.POOL, f"{model.port_address(row[0])} and {model.port_address(unlike)} are unlike: a host joins a pool by ports of one kind",
                spec.spans["members"], "", "leave one kind free: connect the others, or take them out of the host",
            )  # fmt: skip
    return kept


def _form(model: Model, port: int) -> tuple[object, ...]:
    of = model.interface(port).values
    return of.get("lanes"), of.get("connector"), of.get("generation")


def _can_meet(model: Model, port: int, head: int, cables: tuple[Shape, ...]) -> bool:
    a, b = model.interface(port), model.interface(head)
    plugs = [end.values.get("connector") for end in (a, b)]
    return fits(a, b) and (None in plugs or plugs[0] == plugs[1] or any(carries(c, cxl_ends(a, b)) for c in cables))


def cxl_ends(port: Shape, head: Shape) -> Ends:
    """Return what a cable between two interfaces of a pool must join: whatever else they speak, here it is CXL."""
    return replace(ends_of(port, head), protocol="CXL")


def _never(model: Model, spec: PoolSpec, port: int, head: int) -> Fault:
    """Return the finding for a host's port and a head that can never meet."""
    names = f"{model.port_address(port)} and {model.port_address(head)}"
    a, b = model.interface(port), model.interface(head)
    code, name, told = (
        (Code.CONNECTOR, "connector", "{} meets {}") if fits(a, b) else (Code.LANES, "lanes", "x{} meets x{}")
    )
    ends = [str(end.values.get(name)) for end in (a, b)]
    hints = ["use a shelf and card whose heads are like the hosts' ports"]
    hints += ['or offer a cable with unlike ends: `connectors = ["…", "…"]`'] if name == "connector" else []
    return fault(
        code, f"{told.format(*ends)}: {names}", spec.spans["controllers"], "these could never be joined", *hints
    )


# ---------------------------------------------------------------- hosts


def _check_hosts(
    model: Model,
    spec: PoolSpec,
    hosts: tuple[int, ...],
    cards: tuple[int, ...],
    host_ports: tuple[tuple[int, ...], ...],
) -> None:
    for host, free in zip(hosts, host_ports, strict=True):
        every = _ports(model, host, np.zeros(len(model.port_owner), bool))
        if not every or _no_socket_speaks(model, host):
            raise _no_cxl(model, spec, host, cards, every)
        if not free:
            raise _no_free(model, spec, host, every)


def _sockets(model: Model, host: int) -> list[int]:
    inside = range(host, host + model.shape_at(host).instances)
    return [row for row in inside if model.shape_at(row).values.get("role") == "cpu"]


def _no_socket_speaks(model: Model, host: int) -> bool:
    """Whether a host has processors, and none of them has a CXL port or states a version of CXL."""
    sockets = [model.shape_at(row) for row in _sockets(model, host)]
    return bool(sockets) and not any(
        "cxl" in shape.values or any("CXL" in protocols(group.interface) for group in shape.ports) for shape in sockets
    )


def _no_cxl(model: Model, spec: PoolSpec, host: int, cards: tuple[int, ...], every: tuple[int, ...]) -> Fault:
    """Return the finding for a member without CXL: its processor has none, and a port of the tray alone leads nowhere."""
    socket = next(iter(_sockets(model, host)), host)
    shape = model.shape_at(socket)
    wants = f" for {model.address(cards[0])}" if cards else ""
    said = f"{model.address(host)} has no CXL port{wants}"
    also = [Label(shape.span, f"no CXL is stated of `{shape.name}`")]
    if every:
        said = f"{model.port_address(every[0])} leads to no CXL: {model.address(socket)}, a {shape.name}, has none"
    return Fault(Diagnostic(
        Code.NO_CXL, said, Label(spec.spans["members"], f"`{model.shape_at(host).name}` is a member here"), tuple(also),
        ("CXL memory needs a host whose part says so; none is known of Grace, x86 hosts such as std.servers.CxlHost have it",),
    ))  # fmt: skip


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


def _expansion_only(model: Model, spec: PoolSpec, card: int, uses: tuple[str, ...]) -> Fault:
    shape = model.shape_at(card)
    place = shape.spans.get("uses")
    return Fault(Diagnostic(
        Code.EXPANSION_ONLY, f"`{shape.name}` cannot be pooled",
        Label(spec.spans["controllers"], f"{model.address(card)} is for {' and '.join(uses) or 'nothing stated'} only"),
        () if place is None else (Label(place, "said here"),),
        ("use a controller that pools, such as astera.leo.LeoA1000, or connect the card to one host",),
    ))  # fmt: skip
