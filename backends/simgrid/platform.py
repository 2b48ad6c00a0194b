"""Rows of a SimGrid platform: one host, router, link or route each, ready to print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from rackc.compiler.analyse.flows import Flow
from rackc.compiler.analyse.graph import Graph, Node, Trunk
from rackc.compiler.plan import Plan

#: Floyd's tables take n^3 steps and n^2 places: above this many nodes only the routes of the flows are written.
MOST_FLOYD_NODES = 1500


@dataclass(frozen=True, slots=True)
class Netpoint:
    """A host or a router, with properties for people and tools."""

    name: str
    props: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """A link: full duplex (`SPLITDUPLEX`), or `SHARED` and used one way only."""

    name: str
    bandwidth: str
    latency: str
    policy: str
    props: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a route; `direction` is empty on links that have none."""

    link: str
    direction: str


@dataclass(frozen=True, slots=True)
class Route:
    """How to get from `source` to `target`, and the same way back where `symmetrical`."""

    source: str
    target: str
    symmetrical: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """A whole platform; `names` is the SimGrid host or router of each node of the graph."""

    routing: str
    hosts: tuple[Netpoint, ...]
    routers: tuple[Netpoint, ...]
    wires: tuple[Wire, ...]
    routes: tuple[Route, ...]
    names: Mapping[int, str]
    pinned: int


def platform_of(plan: Plan, graph: Graph, flows: Iterable[Flow]) -> Platform:
    """Lay the graph out as a platform in which every flow takes the compiler's own path."""
    names = safe_names({key: plan.instances[key].address for key in graph.nodes})
    routing, pinned = _routing(graph, tuple(flows))
    limited = [node for node in graph.nodes.values() if _is_limited(node)]
    edges = [route for trunk in graph.trunks.values() for route in (_edge(graph, trunk, names),)]
    edges += [route for node in limited for route in _memory_routes(names[node.key])]
    pins = [_pinned(graph, path, names) for path in pinned]
    return Platform(
        routing=routing,
        hosts=tuple(Netpoint(names[n.key], _props(plan, n)) for n in graph.nodes.values() if not _is_switch(n)),
        routers=(
            *(Netpoint(names[n.key], _props(plan, n)) for n in graph.nodes.values() if _is_switch(n)),
            *(Netpoint(_port(names[n.key]), ()) for n in limited),
        ),
        wires=(
            *(_wire(trunk, names) for trunk in graph.trunks.values()),
            *(wire for node in limited for wire in _memory_wires(graph, node, names[node.key])),
        ),
        routes=(*(edges if routing == "Floyd" else ()), *pins),
        names=names,
        pinned=len(pins),
    )


def safe_names(addresses: Mapping[int, str]) -> dict[int, str]:
    """Return a name of letters, digits, `.`, `_` and `-` for each address; no two are alike.

    `rack.gpu[3]` becomes `rack.gpu-3`. A name already taken gets `~2`, `~3`, ... in order of key.
    """
    names: dict[int, str] = {}
    taken: set[str] = set()
    for key, address in sorted(addresses.items()):
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", address.replace("[", "-").replace("]", ""))
        name, count = plain, 1
        while name in taken:
            count += 1
            name = f"{plain}~{count}"
        taken.add(name)
        names[key] = name
    return names


def gb_per_s(rate: Fraction | float) -> str:
    """Return bytes per second as SimGrid's decimal GBps."""
    return f"{float(rate) / 1e9:.15g}GBps"


def _routing(graph: Graph, flows: Iterable[Flow]) -> tuple[str, tuple[tuple[int, ...], ...]]:
    """Choose how SimGrid routes, and the paths that must be written out.

    Floyd takes any path of fewest links, through GPUs too. A path is written out where another has as few links;
    where one has fewer (it would pass something that does not forward), no rule of Floyd's can stop it, so every
    path of a flow, and its way back, is written and nothing else is routed.
    """
    paths = {path for flow in flows if (path := graph.path(flow.source, flow.target)) is not None}
    free = {path: graph.free_paths(path[0], path[-1]) for path in paths}
    if len(graph.nodes) > MOST_FLOYD_NODES or any(hops < len(path) - 1 for path, (hops, _) in free.items()):
        back = {way for path in paths if (way := graph.path(path[-1], path[0])) is not None}
        return "Full", tuple(sorted(paths | back))
    return "Floyd", tuple(sorted(path for path, (_, ways) in free.items() if ways > 1))


def _is_switch(node: Node) -> bool:
    return node.role in ("switch", "management-switch")


def _is_limited(node: Node) -> bool:
    return node.read_limit is not None or node.write_limit is not None


def _port(name: str) -> str:
    return f"{name}~port"


def _wire_name(names: Mapping[int, str], a: int, b: int) -> str:
    return f"{names[min(a, b)]}--{names[max(a, b)]}"


def _wire(trunk: Trunk, names: Mapping[int, str]) -> Wire:
    props = (("links", str(len(trunk.links))), ("protocol", ", ".join(trunk.protocols)))
    name = _wire_name(names, trunk.a, trunk.b)
    return Wire(name, gb_per_s(trunk.bytes_per_s), f"{trunk.latency_ns:.15g}ns", "SPLITDUPLEX", props)


def _memory_wires(graph: Graph, node: Node, name: str) -> tuple[Wire, Wire]:
    """Two links used one way each. Where a part states no limit, the sum of its links stands in: it never binds."""
    reach = sum((graph.trunk(node.key, other).bytes_per_s for other in graph.neighbours[node.key]), Fraction(0))
    return (
        Wire(f"{name}~read", gb_per_s(node.read_limit or reach), "0ns", "SHARED", ()),
        Wire(f"{name}~write", gb_per_s(node.write_limit or reach), "0ns", "SHARED", ()),
    )


def _memory_routes(name: str) -> tuple[Route, Route]:
    return (
        Route(name, _port(name), False, (Step(f"{name}~read", ""),)),
        Route(_port(name), name, False, (Step(f"{name}~write", ""),)),
    )


def _edge(graph: Graph, trunk: Trunk, names: Mapping[int, str]) -> Route:
    ends = [_port(names[key]) if _is_limited(graph.nodes[key]) else names[key] for key in (trunk.a, trunk.b)]
    return Route(ends[0], ends[1], True, (Step(_wire_name(names, trunk.a, trunk.b), "UP"),))


def _pinned(graph: Graph, path: tuple[int, ...], names: Mapping[int, str]) -> Route:
    first, last = path[0], path[-1]
    read = (Step(f"{names[first]}~read", ""),) if _is_limited(graph.nodes[first]) else ()
    write = (Step(f"{names[last]}~write", ""),) if _is_limited(graph.nodes[last]) else ()
    steps = tuple(Step(_wire_name(names, a, b), "UP" if a < b else "DOWN") for a, b in pairwise(path))
    return Route(names[first], names[last], False, (*read, *steps, *write))


def _props(plan: Plan, node: Node) -> tuple[tuple[str, str], ...]:
    instance = plan.instances[node.key]
    fitted = {c.instance: c.capacity_gib for pool in plan.pools for c in pool.controllers if c.populated}
    props = [("address", instance.address), ("part", instance.part.name), ("role", node.role)]
    if node.key in fitted:
        props.append(("capacity_gib", str(fitted[node.key])))
    if len(node.members) > 1:
        props.append(("members", " ".join(plan.instances[member].address for member in node.members)))
    return tuple((name, _printable(value)) for name, value in props if value)


def _printable(text: str) -> str:
    """Replace what XML 1.0 cannot hold even when escaped (section 2.2: control characters, lone surrogates)."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
