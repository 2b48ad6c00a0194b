"""What the devices of an interleave set support: its ways, the bits of an address that choose among them, decoders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.cxl import Network, is_device, network
from rackc.compiler.holders import holders, where
from rackc.compiler.interleave import CAPABILITY, GRANULARITIES, WAYS, Region, address_bits, numbers, region
from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_wanted import instances_of
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_targets(model: Model) -> Iterator[Diagnostic]:
    """Yield interleave sets with fewer targets than ways or with targets that do not support them, once a pair of shapes."""
    for _, shape, rows in model.standing():
        first = int(rows[0])
        yield from _decoders(model, first)
        own = region(shape.values, shape.spans, shape.span) if is_device(shape) else None
        if own is not None:
            yield from _supports(model, own, model.address(first), first)
        for spec in shape.pools:
            pool = region(spec.values, spec.spans, spec.span)
            cards = instances_of(spec, "controllers", first) if pool is not None else ()
            name = f"{model.address(first)}.{spec.name}" if first else spec.name
            if pool is not None and cards:
                yield from _enough(model, pool, name, cards[0], len(set(cards)))
                for card in {int(model.shape[card]): card for card in reversed(cards)}.values():
                    yield from _supports(model, pool, name, card)
    net = network(model)
    if net is not None:
        yield from _of_hosts(model, net)


def _decoders(model: Model, at: int) -> Iterator[Diagnostic]:
    """A capability field of n means 2 n decoders, or one where it is zero (CXL-LINUX)."""
    shape = model.shape_at(at)
    count = figure(shape, "hdm_decoders", "")
    if count is not None and count != 1 and count % 2:
        yield Diagnostic(
            Code.DECODERS, f"{model.address(at)} has {count:.0f} HDM decoders; there can be 1, or an even number",
            Label(shape.spans.get("hdm_decoders", shape.span), "stated here"), (Label(shape.span, "the part"),),
            (f"state {count - 1:.0f} or {count + 1:.0f}",),
        )  # fmt: skip


def _states_a_region(shape: Shape) -> bool:
    """Whether a host's ways are those of a region: a processor's are those of its window over host bridges."""
    window = shape.values.get("role") == "cpu" and "region" not in shape.values
    return "interleave" in shape.values and not is_device(shape) and not window


def _of_hosts(model: Model, net: Network) -> Iterator[Diagnostic]:
    """Look at every kind of host that states an interleave, with every kind of device that any of them reaches."""
    states = where(model, _states_a_region)
    stating = np.where(net.host >= 0, holders(model, states)[net.instance], -1)
    behind = np.bincount(net.exits[0], minlength=len(net.instance))
    for number in np.unique(model.shape[stating[stating >= 0]]).tolist():
        shape = model.shapes[number]
        said = region(shape.values, shape.spans, shape.span)
        of = np.where(stating >= 0, model.shape[stating] == number, False)
        direct, entries = net.direct[:, of[net.direct[0]]], net.entries[:, of[net.entries[0]]]
        devices = np.union1d(direct[1], net.exits[1][np.isin(net.exits[0], entries[1])])
        if said is None or not len(devices):
            continue
        hosts = np.unique(stating[np.concatenate((direct[0], entries[0]))])
        kinds = np.unique(model.shape[net.instance[devices]], return_index=True)[1]
        for device in devices[kinds].tolist():
            fabrics = net.exits[0][net.exits[1] == device]
            reaching = (*direct[0][direct[1] == device], *entries[0][np.isin(entries[1], fabrics)])
            yield from _supports(model, said, model.address(int(stating[reaching[0]])), int(net.instance[device]))
        count = np.bincount(stating[direct[0]], minlength=len(states))
        count += np.bincount(stating[entries[0]], behind[entries[1]], len(states)).astype(np.int64)
        fewest = int(hosts[np.argmin(count[hosts])])
        yield from _enough(model, said, model.address(fewest), int(net.instance[devices[0]]), int(count[fewest]))


def _enough(model: Model, said: Region, name: str, device: int, count: int) -> Iterator[Diagnostic]:
    """A set of n ways has n targets."""
    if said.ways is not None and said.ways in WAYS and count < said.ways:
        yield Diagnostic(
            Code.TARGET, f"{name} interleaves over {said.ways} ways and reaches {count} {'device' if count == 1 else 'devices'}: {model.address(device)}",
            Label(said.at("interleave"), "stated here"), (Label(model.shape_at(device).span, "the device"),),
            (f"join {said.ways} devices to it, or interleave over fewer ways",),
        )  # fmt: skip


def _supports(model: Model, said: Region, name: str, device: int) -> Iterator[Diagnostic]:
    """A target supports the ways, and decodes the bits of an address that choose among them (CXL-LINUX)."""
    if said.ways not in WAYS:
        return
    shape, address = model.shape_at(device), model.address(device)
    ways, bits = numbers(shape, "interleave_ways"), numbers(shape, "interleave_bits")
    at = Label(said.at("interleave"), f"{said.ways} ways")
    if ways and said.ways not in ways:
        yield Diagnostic(
            Code.TARGET, f"{name} interleaves over {said.ways} ways; {address} supports {', '.join(map(str, ways))}",
            at, (Label(shape.spans.get("interleave_ways", shape.span), "the device"),), ("use ways that all devices of the set support",),
        )  # fmt: skip
    if not ways and said.ways in CAPABILITY:
        yield Diagnostic(
            Code.TARGET_UNKNOWN, f"{address} does not say whether it supports {said.ways} ways, over which {name} interleaves",
            at, (Label(shape.span, "the device"),), ("3, 6, 12 and 16 ways are a capability: state `interleave_ways`",),
        )  # fmt: skip
    needed = address_bits(said.ways, said.granularity) if said.granularity in GRANULARITIES else None
    if needed is not None and len(bits) == 2 and not (bits[0] <= needed[0] and needed[1] <= bits[1]):
        yield Diagnostic(
            Code.TARGET, f"{name}: {said.ways} ways by {said.granularity} B go by address bits {needed[0]} to {needed[1]}; {address} decodes "
            f"{bits[0]} to {bits[1]}",
            at, (Label(shape.spans.get("interleave_bits", shape.span), "the device"),),
            ("use another granularity, or fewer ways",),
        )  # fmt: skip
