"""Candidates behind a CXL switch: the switch is what hosts are joined to, its devices are what is populated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rackc.compiler.cxl import is_device, is_switch
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.training import protocols
from rackc.compiler.values import Fault
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import Quantity

#: CXL.mem carries four bits of LD-ID: 16 logical devices, besides that of the fabric manager (CXL 3.x, section 2.4).
MOST_LOGICAL: Final = 16


_GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Behind:
    """A switch, its free ports towards hosts, and the candidates behind it."""

    switch: int
    heads: tuple[int, ...]
    devices: tuple[int, ...]


def behind_switches(model: Model, spec: PoolSpec, cards: tuple[int, ...]) -> dict[int, Behind]:
    """Return, for every candidate joined to a switch, what stands before it; raises Fault where that cannot be pooled."""
    listed = set(cards)
    switch_of: dict[int, tuple[int, int]] = {}
    a, b = model.port_owner[model.link_a], model.port_owner[model.link_b]
    for link in np.flatnonzero(np.isin(a, cards) | np.isin(b, cards)).tolist():
        card, other = (int(a[link]), int(b[link])) if int(a[link]) in listed else (int(b[link]), int(a[link]))
        if not is_switch(model.shape_at(other)):
            continue
        if switch_of.get(card, (other, link))[0] != other:
            raise _refused(model, spec, f"{model.address(card)} is joined to two switches", link,
                           "join each device to one switch")  # fmt: skip
        switch_of[card] = (other, link)
    found: dict[int, Behind] = {}
    for switch in dict.fromkeys(switch for switch, _ in switch_of.values()):
        devices = tuple(card for card in cards if switch_of.get(card, (-1, -1))[0] == switch)
        _check_alike(model, spec, devices, switch_of[devices[-1]][1])
        _check_neighbours(model, spec, switch, listed)
        found |= dict.fromkeys(devices, Behind(switch, _heads(model, switch), devices))
    return found


def _heads(model: Model, switch: int) -> tuple[int, ...]:
    """Return the free CXL ports of a switch that may lead to hosts."""
    taken = set(model.link_a.tolist()) | set(model.link_b.tolist())
    first = int(model.base[switch])
    return tuple(
        port for port in range(first, first + model.shape_at(switch).port_count)
        if port not in taken and "CXL" in protocols(model.interface(port))
        and text(model.interface(port), "direction") != "down"
    )  # fmt: skip


def _check_alike(model: Model, spec: PoolSpec, devices: tuple[int, ...], link: int) -> None:
    kinds = {int(model.shape[one]): one for one in reversed(devices)}
    if len(kinds) > 1:
        names = " and ".join(f"{model.address(one)} ({model.shape_at(one).name})" for one in sorted(kinds.values())[:2])
        raise _refused(model, spec, f"devices behind one switch are populated alike: {names}", link,
                       "put devices of one kind behind a switch")  # fmt: skip


def _check_neighbours(model: Model, spec: PoolSpec, switch: int, listed: set[int]) -> None:
    """Raise for a switch that leads to another one, or to hosts that are joined to it already."""
    a, b = model.port_owner[model.link_a], model.port_owner[model.link_b]
    for link in np.flatnonzero((a == switch) | (b == switch)).tolist():
        other = int(b[link]) if int(a[link]) == switch else int(a[link])
        shape = model.shape_at(other)
        if is_switch(shape):
            raised = _refused(model, spec, f"a pool has one level of switches, {model.address(switch)} leads to {model.address(other)}",
                              link, "join hosts and devices to one switch")  # fmt: skip
            raised.diagnostic = replace(raised.diagnostic, code=Code.SWITCH_LEVELS)
            raise raised
        if other not in listed and not is_device(shape):
            raise _refused(model, spec, f"{model.address(other)} is joined to {model.address(switch)}, whose links the pool decides",
                           link, "leave the ports of the switch free, or wire all of it yourself")  # fmt: skip


def _refused(model: Model, spec: PoolSpec, said: str, link: int, hint: str) -> Fault:
    wiring = model.wirings[int(model.link_wiring[link])]
    return Fault(Diagnostic(
        Code.BEHIND_SWITCH, said, Label(spec.spans["controllers"], "candidates"), (Label(wiring.span, "joined here"),), (hint,)
    ))  # fmt: skip


def hosts_of_a_switch(model: Model, devices: tuple[int, ...], heads: int) -> int:
    """Return how many hosts can share the devices behind a switch: each has a logical device of every one of them."""
    stated = [figure(model.shape_at(one), "logical_devices", "", "low") for one in devices]
    return min(heads, *(MOST_LOGICAL if count is None else min(int(count), MOST_LOGICAL) for count in stated))


def own_capacity(shape: Shape) -> int | None:
    """Return the whole GiB of a device with memory of its own and no slots, None for one that takes modules."""
    capacity = shape.values.get("capacity")
    if "dimm_slots" in shape.values or not isinstance(capacity, Quantity) or capacity.dimension != (("B", 1),):
        return None
    return int(capacity.value) // _GIB
