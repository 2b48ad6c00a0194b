"""The CXL network of a Model: which hosts reach which devices, directly and through what passes traffic on, on arrays.

A *host* is a coherent whole: sockets joined by UPI, xGMI or C2C are one. A *fabric* is switches and other things that
forward (adapters, retimers) joined to each other. Traffic passes neither through a host nor through a device.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.components import components
from rackc.compiler.holders import figures, inside, of_kind, where
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.rates import speaking
from rackc.compiler.shape import Shape
from rackc.compiler.training import protocols

#: Protocols by which sockets are one host.
_COHERENT: Final = frozenset(("UPI", "xGMI", "C2C"))


@dataclass(frozen=True, slots=True)
class Network:
    """Links that speak CXL (`links`, of the Model) with the nodes at their ends (`a`, `b`); a node is an instance.

    A retimer of several lane groups is a node a group, numbered from the count of instances up; `instance` leads back.
    `host` is, for a node of a host, the first instance of that host, else -1; `fabric`, for one that passes traffic on,
    the first node of its fabric, else -1. The pairs are of hosts, fabrics and devices that links join, each pair once.
    """

    links: Ints
    a: Ints
    b: Ints
    instance: Ints
    host: Ints
    fabric: Ints
    switch: Flags
    device: Flags
    direct: Ints
    entries: Ints
    exits: Ints


def is_device(shape: Shape) -> bool:
    """Whether a thing is a CXL device: a memory controller, or what states the type of device that it is."""
    return text(shape, "role") == "memory-controller" or figure(shape, "device_type", "") is not None


def is_switch(shape: Shape) -> bool:
    """Whether a thing is a switch, not merely something on the way."""
    return text(shape, "role") == "switch"


def _passes(shape: Shape) -> bool:
    on_the_way = shape.values.get("forwards") is True or text(shape, "role") in ("retimer", "gearbox")
    return is_switch(shape) or (on_the_way and text(shape, "role") != "cpu" and not is_device(shape))


def version_of(value: str) -> float | None:
    """Return the highest CXL version that a text names (`1.1/2.0`), None where it names none."""
    found = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", value)]
    return max(found, default=None)


def versions(model: Model, ports: Ints) -> Floats:
    """Return the CXL version of each port: the lower of what its interface and its owner state, nan where neither does."""
    of_groups = [version_of(text(group.interface, "version")) for group in model.port_groups]
    of_parts = [version_of(text(shape, "cxl")) for shape in model.shapes]
    known = [np.array([np.nan if v is None else v for v in told], np.float64) for told in (of_groups, of_parts)]
    return np.fmin(known[0][model.port_group[ports]], known[1][model.shape[model.port_owner[ports]]])


def network(model: Model) -> Network | None:
    """Return the CXL network of a design, None where it has no CXL link."""
    found: Network | None = model.kept("cxl", _network)
    return found


def _network(model: Model) -> Network | None:
    able = np.array(["CXL" in protocols(group.interface) for group in model.port_groups], bool)
    links = np.flatnonzero(able[model.port_group[model.link_a]] & able[model.port_group[model.link_b]])
    links = links[speaking(model, links, "CXL")]
    if not len(links):
        return None
    node, instance = _nodes(model)
    a, b = node[model.link_a[links]], node[model.link_b[links]]
    passes, device = where(model, _passes)[instance], where(model, is_device)[instance]
    both = passes[a] & passes[b]
    fabric = np.where(passes, components(len(instance), a[both], b[both]), -1)
    host = np.where(passes | device, -1, hosts(model)[instance])
    return Network(
        links, a, b, instance, host, fabric, where(model, is_switch)[instance], device,
        direct=_pairs(a, b, host, np.where(device, np.arange(len(instance)), -1)),
        entries=_pairs(a, b, host, fabric),
        exits=_pairs(a, b, fabric, np.where(device, np.arange(len(instance)), -1)),
    )  # fmt: skip


def _pairs(a: Ints, b: Ints, left: Ints, right: Ints) -> Ints:
    """Return which `left` meets which `right` at the two ends of a link, as two rows, each pair once."""
    ends = np.concatenate((np.stack((left[a], right[b])), np.stack((left[b], right[a]))), axis=1)
    return np.unique(ends[:, (ends >= 0).all(axis=0)], axis=1)


def _nodes(model: Model) -> tuple[Ints, Ints]:
    """Return the node of every port, and the instance of every node.

    What goes through a retimer goes from port k of one array to port k of the other, where both have as many.
    """
    count = len(model.parent)
    apart = [
        text(s, "role") == "retimer" and len({g.count for g in s.ports}) == 1 and len(s.ports) > 1 for s in model.shapes
    ]
    ports = np.flatnonzero(np.array(apart, bool)[model.shape[model.port_owner]])
    node = model.port_owner.copy()
    if not len(ports):
        return node, np.arange(count)
    rows, at = np.unique(np.stack((model.port_owner[ports], model.port_ordinal[ports])), axis=1, return_inverse=True)
    node[ports] = count + at.ravel()
    return node, np.concatenate((np.arange(count), rows[0]))


def hosts(model: Model) -> Ints:
    """Return, for every instance, the first of the sockets it is one host with; itself where it is no socket."""
    speaks = np.array([text(group.interface, "protocol") in _COHERENT for group in model.port_groups], bool)
    socket = where(model, lambda shape: text(shape, "role") == "cpu")
    a, b = model.port_owner[model.link_a], model.port_owner[model.link_b]
    joined = speaks[model.port_group[model.link_a]] & socket[a] & socket[b]
    return components(len(model.parent), a[joined], b[joined])


def host_name(model: Model, host: int) -> str:
    """Return the address of a host: that of its tray, where it stands in one that has a single host."""
    tray = int(of_kind(model, "tray")[host])
    if tray < 0:
        return model.address(host)
    inside = np.arange(tray, tray + model.shape_at(tray).instances)
    sockets = inside[np.isin(inside, model.with_role("cpu"))]
    return model.address(tray if len(np.unique(hosts(model)[sockets])) <= 1 else host)


def through(net: Network) -> tuple[Ints, Ints]:
    """Return, for every node, how many hosts reach it through a fabric, and one of those fabrics (-1 for none)."""
    at_fabric = np.bincount(net.entries[1], minlength=len(net.instance))
    count, via = np.zeros(len(net.instance), np.int64), np.full(len(net.instance), -1)
    order = np.argsort(net.exits[1], kind="stable")
    fabrics, device = net.exits[0][order], net.exits[1][order]
    devices, starts, ways = np.unique(device, return_index=True, return_counts=True)
    via[devices] = fabrics[starts]
    count[devices] = at_fabric[via[devices]]
    kept: dict[tuple[int, ...], int] = {}
    for at in np.flatnonzero(ways > 1).tolist():
        several = tuple(fabrics[starts[at] : starts[at] + ways[at]].tolist())
        if several not in kept:
            kept[several] = len(np.unique(net.entries[0][np.isin(net.entries[1], several)]))
        count[devices[at]] = kept[several]
    return count, via


def memory(model: Model) -> Floats:
    """Return what memory every instance has as a device (B): its modules, else its `capacity`, else the most it takes.

    nan where none of these is stated; modules count no further than the device addresses.
    """
    fitted = inside(
        model, figures(model, lambda s: figure(s, "capacity", "B") if text(s, "role") == "memory" else None)
    )
    most = figures(model, lambda s: figure(s, "max_capacity", "B"))
    own = figures(model, lambda s: figure(s, "capacity", "B"))
    return np.where(fitted > 0, np.fmin(fitted, most), np.where(np.isnan(own), most, own))


def switched(net: Network) -> Flags:
    """Return, for every node, whether it is the first of a fabric that holds a switch."""
    return np.bincount(net.fabric[net.switch & (net.fabric >= 0)], minlength=len(net.instance)) > 0
