"""CXL fabrics: how many switches may stand between host and device, and what routes by port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.columns import Flags, Ints
from rackc.compiler.components import components
from rackc.compiler.cxl import Network, network, version_of, versions
from rackc.compiler.holders import where
from rackc.compiler.media import text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: A PID has 12 bits (CXL 3.x, section 7.7).
_EDGE_PORTS: Final = 4096


def check_cxl(model: Model) -> Iterator[Diagnostic]:
    """Yield switches between host and device that their versions do not allow, and fabrics routed by port beyond theirs."""
    yield from _routing(model)
    net = network(model)
    if net is None or not net.switch.any():
        return
    yield from _no_switch(model, net)
    cascades = _cascades(model, net)
    yield from _two_levels(model, net, cascades)
    yield from _too_far(model, net, np.isin(net.fabric, net.fabric[net.a[cascades]]))
    yield from _edge_ports(model, net)


def _alike(model: Model, net: Network, wrong: Flags) -> Iterator[tuple[int, int]]:
    """Yield the first of the wrong links that one statement makes between ports of the same groups, and how many."""
    links = net.links[wrong]
    rows = np.stack(
        (model.link_wiring[links], model.port_group[model.link_a[links]], model.port_group[model.link_b[links]])
    )
    _, firsts, counts = np.unique(rows, axis=1, return_index=True, return_counts=True)
    yield from sorted(zip(links[firsts].tolist(), counts.tolist(), strict=True))


def _link(model: Model, link: int, count: int, said: str, hint: str) -> Diagnostic:
    """Return the finding for a link with a switch at one of its ends, or at both."""
    a, b = int(model.link_a[link]), int(model.link_b[link])
    names = f"{model.port_address(a)} to {model.port_address(b)}" + (f" ({count} links)" if count > 1 else "")
    parts = [model.shape_at(int(model.port_owner[port])) for port in (a, b)]
    also = tuple(
        Label(s.spans.get("cxl", s.span), f"CXL {_said(model, p)}") for s, p in zip(parts, (a, b), strict=True)
    )
    return Diagnostic(Code.SWITCH_LEVELS, f"{said}: {names}", Label(model.wirings[model.link_wiring[link]].span, "joined here"),
                      also if parts[0] is not parts[1] else also[:1], (hint,))  # fmt: skip


def _said(model: Model, port: int) -> str:
    version = float(versions(model, np.array([port]))[0])
    return "of no stated version" if np.isnan(version) else f"{version:.1f}"


def _no_switch(model: Model, net: Network) -> Iterator[Diagnostic]:
    """CXL 1.1 knows no switch: neither a host nor a device of it, nor a switch (CXL-MATRIX)."""
    old = np.fmin(versions(model, model.link_a[net.links]), versions(model, model.link_b[net.links])) < 2.0
    for link, count in _alike(model, net, old & (net.switch[net.a] | net.switch[net.b])):
        yield _link(
            model, link, count, "CXL 1.1 has no switches", "join host and device directly, or use parts of CXL 2.0"
        )


def _cascades(model: Model, net: Network) -> Flags:
    """Return which links join two switches below CXL 3.0: before it there is one level of switches (CXL-MATRIX)."""
    version = np.fmin(versions(model, model.link_a[net.links]), versions(model, model.link_b[net.links]))
    return (version >= 2.0) & (version < 3.0) & net.switch[net.a] & net.switch[net.b]


def _two_levels(model: Model, net: Network, cascades: Flags) -> Iterator[Diagnostic]:
    for link, count in _alike(model, net, cascades):
        yield _link(model, link, count, "CXL 2.0 has one level of switches, this joins two",
                    "use switches of CXL 3.0, or one larger switch")  # fmt: skip


def _too_far(model: Model, net: Network, told: Flags) -> Iterator[Diagnostic]:
    """Yield hosts and devices of CXL 2.0 whose switches lead to the other side over a second switch only."""
    node, other = np.concatenate((net.a, net.b)), np.concatenate((net.b, net.a))
    version = versions(model, np.concatenate((model.link_a[net.links], model.link_b[net.links])))
    hosts, devices = net.host >= 0, net.device
    whole = np.where(hosts, net.host, np.arange(len(hosts)))[node]
    for own, wanted, words in ((hosts, devices, "no device"), (devices, hosts, "no host")):
        near = _near(net, node, other, wanted)
        ends = own[node] & net.switch[other] & ~told[other] & (version >= 2.0) & (version < 3.0)
        served, somewhere = np.zeros(len(near), bool), np.zeros(len(near), bool)
        served[whole[ends & near[other]]] = True
        somewhere[net.fabric[near]] = True
        wrong = ends & ~served[whole] & somewhere[np.maximum(net.fabric[other], 0)]
        for link, count in _alike(model, net, wrong[: len(net.a)] | wrong[len(net.a) :]):
            yield _link(model, link, count, f"CXL 2.0 reaches over one switch, and {words} is at this one",
                        "use parts of CXL 3.0 at both ends, or join both to one switch")  # fmt: skip


def _near(net: Network, node: Ints, other: Ints, wanted: Flags) -> Flags:
    """Return the nodes of a fabric that a wanted one is joined to, at most by way of things that are no switches."""
    within = net.fabric >= 0
    near = np.zeros(len(net.instance), bool)
    near[other[wanted[node] & within[other]]] = True
    on_the_way = within[node] & within[other] & ~net.switch[node]
    while True:
        spread = near.copy()
        spread[other[on_the_way & near[node]]] = True
        if np.array_equal(spread, near):
            return near
        near = spread


def _routing(model: Model) -> Iterator[Diagnostic]:
    """Routing by port came with CXL 3.0 (CXL-SPEC7)."""
    for _, shape, rows in model.standing():
        version = version_of(text(shape, "cxl"))
        if text(shape, "routing") == "PBR" and version is not None and version < 3.0:
            yield Diagnostic(
                Code.ROUTING, f"{model.address(int(rows[0]))} is of CXL {version:.1f} and routes by port (PBR), which needs 3.0",
                Label(shape.spans.get("routing", shape.span), "stated here"),
                (Label(shape.spans.get("cxl", shape.span), "its version"),), ('write `routing = "HBR"`, or use a part of CXL 3.0',),
            )  # fmt: skip


def _edge_ports(model: Model, net: Network) -> Iterator[Diagnostic]:
    """A fabric routed by port has at most 4,096 edge ports: links of its switches to anything else."""
    by_port = where(model, lambda shape: text(shape, "routing") == "PBR")[net.instance] & net.switch
    if not by_port.any():
        return
    within = by_port[net.a] & by_port[net.b]
    label = components(len(by_port), net.a[within], net.b[within])
    edge = by_port[net.a] != by_port[net.b]
    inner = np.where(by_port[net.a], net.a, net.b)
    count = np.bincount(label[inner[edge]], minlength=len(by_port))
    for fabric in np.flatnonzero(count > _EDGE_PORTS).tolist():
        link = int(net.links[edge & (label[inner] == fabric)][_EDGE_PORTS])
        first = int(net.instance[fabric])
        yield Diagnostic(
            Code.EDGE_PORTS, f"the fabric of {model.address(first)} has {count[fabric]:,} edge ports; a PID of 12 bits names {_EDGE_PORTS:,}",
            Label(model.wirings[model.link_wiring[link]].span, "one of the links beyond"),
            (Label(model.shape_at(first).span, "routes by port"),), ("split the fabric",),
        )  # fmt: skip
