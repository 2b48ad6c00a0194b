"""How many hosts may share a CXL device, by its logical devices, its heads and what it is for; and what they may take of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.columns import Floats, Ints
from rackc.compiler.components import components
from rackc.compiler.cxl import Network, host_name, memory, network, switched, through
from rackc.compiler.holders import figures, holders, where
from rackc.compiler.media import figure, text, words
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: CXL.mem carries four bits of LD-ID: 16 logical devices, besides that of the fabric manager (CXL 3.x, section 2.4).
_MOST_LOGICAL: Final = 16


def check_sharing(model: Model) -> Iterator[Diagnostic]:
    """Yield devices of more logical devices than there can be, and devices that more hosts reach than they serve."""
    yield from _logical(model)
    net = network(model)
    if net is None or not net.device.any():
        return
    count, via = through(net)
    crossing = np.append(switched(net), False)[via]
    heads = np.bincount(net.direct[1], minlength=len(net.instance))
    yield from _for_one_host(model, net, count + heads, via)
    yield from _beyond_heads(model, net, np.where(crossing, 0, count) + heads, via)
    yield from _beyond_logical(model, net, np.where(crossing, count, 0), heads, via)
    yield from _shares(model, net)


def _logical(model: Model) -> Iterator[Diagnostic]:
    for _, shape, rows in model.standing():
        stated, kind = figure(shape, "logical_devices", ""), figure(shape, "device_type", "")
        name, span = model.address(int(rows[0])), shape.spans.get("logical_devices", shape.span)
        if stated is not None and stated > _MOST_LOGICAL:
            yield Diagnostic(
                Code.LOGICAL_DEVICES, f"{name} has {stated:.0f} logical devices; CXL names {_MOST_LOGICAL}, and one for the fabric manager",
                Label(span, "stated here"), (Label(shape.span, "the device"),), (f"state {_MOST_LOGICAL} at most",),
            )  # fmt: skip
        if stated is not None and stated > 1 and kind is not None and kind != 3:
            yield Diagnostic(
                Code.LOGICAL_DEVICES, f"{name} is of Type {kind:.0f}; only one of Type 3 has several logical devices",
                Label(span, f"{stated:.0f} of them"), (Label(shape.spans.get("device_type", shape.span), "its type"),),
                ("leave `logical_devices` out, or use a memory device",),
            )  # fmt: skip


def _alike(model: Model, net: Network, devices: Ints, by: Ints) -> Iterator[tuple[int, int]]:
    """Yield the first of devices of one shape with one figure that one statement joins, and how many they are."""
    wiring = np.zeros(len(net.instance), np.int64)
    for end in (net.a, net.b):
        wiring[end] = model.link_wiring[net.links]
    rows = np.stack((model.shape[net.instance[devices]], by[devices], wiring[devices]))
    _, firsts, counts = np.unique(rows, axis=1, return_index=True, return_counts=True)
    yield from sorted(zip(devices[firsts].tolist(), counts.tolist(), strict=True))


def _named(model: Model, net: Network, device: int, many: int) -> str:
    return model.address(int(net.instance[device])) + (f" (and {many - 1:,} like it)" if many > 1 else "")


def _reaching(net: Network, device: int, via: Ints) -> Ints:
    """Return the hosts that reach a device, in order."""
    direct = net.direct[0][net.direct[1] == device]
    fabrics = net.exits[0][net.exits[1] == device] if via[device] >= 0 else direct[:0]
    return np.union1d(direct, net.entries[0][np.isin(net.entries[1], fabrics)])


def _both(model: Model, net: Network, device: int, via: Ints) -> tuple[Span, tuple[Label, ...], str]:
    """Return where the last host joins, labels at the hosts' side, and the names of the first and last host."""
    hosts = _reaching(net, device, via)
    last = int(hosts[-1])
    at = (net.host[net.a] == last) | (net.host[net.b] == last)
    near = at & ((net.a == device) | (net.b == device)) if via[device] < 0 else at
    link = int(net.links[near if near.any() else at][-1])
    names = f"{host_name(model, int(hosts[0]))} to {host_name(model, last)}"
    shape = model.shape_at(int(net.instance[device]))
    return model.wirings[model.link_wiring[link]].span, (Label(shape.span, "the device"),), names


def _for_one_host(model: Model, net: Network, count: Ints, via: Ints) -> Iterator[Diagnostic]:
    """A controller for expansion only serves one host (AL-LEO-SKU: CM5082E, CM5162E), however it is joined to more."""
    single = where(
        model, lambda shape: bool(words(shape, "uses")) and not {"pooling", "sharing"} & set(words(shape, "uses"))
    )
    devices = np.flatnonzero(net.device & single[net.instance] & (count > 1))
    for device, many in _alike(model, net, devices, count):
        shape = model.shape_at(int(net.instance[device]))
        span, _, names = _both(model, net, device, via)
        yield Diagnostic(
            Code.EXPANSION_ONLY, f"{_named(model, net, device, many)} is for {' and '.join(words(shape, 'uses'))} only, and {count[device]} hosts reach it: {names}",
            Label(span, "joined here"), (Label(shape.spans.get("uses", shape.span), "said here"),),
            ("use a controller that pools, such as astera.leo.LeoA1000, or join the card to one host",),
        )  # fmt: skip


def _beyond_heads(model: Model, net: Network, count: Ints, via: Ints) -> Iterator[Diagnostic]:
    """A multi-headed device serves as many hosts as its maker says."""
    most = figures(model, lambda shape: figure(shape, "max_hosts", "", "low"))[net.instance]
    for device, many in _alike(model, net, np.flatnonzero(net.device & (count > most)), count):
        span, also, names = _both(model, net, device, via)
        yield Diagnostic(
            Code.HOSTS, f"{_named(model, net, device, many)} serves {most[device]:.0f} hosts and is joined to {count[device]}: {names}",
            Label(span, "joined here"), also, ("join fewer hosts, or share it through a switch",),
        )  # fmt: skip


def _beyond_logical(model: Model, net: Network, behind: Ints, heads: Ints, via: Ints) -> Iterator[Diagnostic]:
    """Yield devices that more hosts reach than they have logical devices: behind switches, and at heads of one that states any.

    An error where all devices there together have too few; a warning where the design leaves open who uses which.
    """
    stated = figures(model, lambda shape: figure(shape, "logical_devices", "", "low"))[net.instance]
    count = behind + np.where(np.isnan(stated), 0, heads)
    whole = where(model, lambda shape: text(shape, "routing") == "PBR")[net.instance]  # G-FAM: all hosts at once
    most = np.where(whole, np.inf, np.where(np.isnan(stated), _MOST_LOGICAL, np.minimum(stated, _MOST_LOGICAL)))
    together = _in_fabric(net, most, via)
    wrong = np.flatnonzero(net.device & (count > most) & ((count > together) | ~np.isnan(stated)))
    for device, many in _alike(model, net, wrong, count):
        span, also, names = _both(model, net, device, via)
        few = count[device] > together[device]
        of = f"{most[device]:.0f} logical devices" + ("" if many == 1 else f", {together[device]:.0f} in all")
        yield Diagnostic(
            Code.LOGICAL_DEVICES if few else Code.LOGICAL_SHARES,
            f"{_named(model, net, device, many)}: {count[device]} hosts reach it, it has {of}: {names}",
            Label(span, "joined here"), also,
            (f"put at most {min(most[device], _MOST_LOGICAL):.0f} hosts on a device, or spread them over more switches and devices",)
            if few else ("each host can have one, but not each host of each: bind hosts to devices in the fabric manager",),
        )  # fmt: skip


def _in_fabric(net: Network, most: Floats, via: Ints) -> Floats:
    """Return, for every device behind a fabric, what all devices of its fabrics have together."""
    total = np.bincount(net.exits[0], most[net.exits[1]], len(net.instance))
    found = np.zeros(len(net.instance))
    np.add.at(found, net.exits[1], total[net.exits[0]])
    return np.where(via >= 0, found, most)


def _shares(model: Model, net: Network) -> Iterator[Diagnostic]:
    """Yield hosts whose regions are larger together than the memory of the devices they share (AL-LEO-SKU: 2 TB a Leo)."""
    size = figures(model, lambda shape: figure(shape, "region", "B"))
    stating = holders(model, ~np.isnan(size))
    label, capacity = _islands(model, net)
    hosts = np.unique(np.concatenate((net.direct[0], net.entries[0])))
    hosts = hosts[stating[hosts] >= 0]
    if not len(hosts):
        return
    claims = np.unique(np.stack((label[hosts], stating[hosts])), axis=1)
    wanted = np.bincount(claims[0], size[claims[1]], len(label))
    over = np.flatnonzero(wanted > capacity * (1 + 1e-9))
    for island in over[:1].tolist():
        first = int(claims[1][claims[0] == island][0])
        device = int(np.flatnonzero(net.device & (label == island))[0])
        shape, part = model.shape_at(first), model.shape_at(int(net.instance[device]))
        many = int((claims[0] == island).sum())
        like = f" (and {len(over) - 1:,} like it)" if len(over) > 1 else ""
        yield Diagnostic(
            Code.SHARES, f"{many} {'region takes' if many == 1 else 'regions take'} {wanted[island] / 2**30:,.0f} GiB of devices with "
            f"{capacity[island] / 2**30:,.0f} GiB: {model.address(first)}, {model.address(int(net.instance[device]))}{like}",
            Label(shape.spans.get("region", shape.span), "a host's region"), (Label(part.span, "one of the devices"),),
            ("lower `region`, or fit more memory",),
        )  # fmt: skip


def _islands(model: Model, net: Network) -> tuple[Ints, Floats]:
    """Return what hosts and devices reach each other, by the first of them, and what memory its devices have (B).

    Infinite where it is not known of one.
    """
    pairs = np.concatenate((net.direct, net.entries, net.exits), axis=1)
    label = components(len(net.instance), pairs[0], pairs[1])
    own = memory(model)[net.instance]
    devices = np.flatnonzero(net.device)
    total = np.zeros(len(label))
    np.add.at(total, label[devices], np.nan_to_num(own[devices], nan=np.inf))
    return label, total
