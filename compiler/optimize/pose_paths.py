"""Latency and bandwidth of the ways from hosts to candidates: the device, what is crossed, the cable both ways."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rackc.compiler import media
from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_wanted import Wanted
from rackc.compiler.optimize.problem import Site
from rackc.compiler.places import Places
from rackc.compiler.plan import Interval
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.training import trained
from rackc.compiler.values import fault
from rackc.dsl.diagnostics import Code
from rackc.dsl.units import quantity


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate: a card, or a switch with devices; `heads` are its free ports towards hosts."""

    instance: int
    heads: tuple[int, ...]
    devices: tuple[int, ...]

    @property
    def device(self) -> int:
        """The instance that holds the memory: the card itself, or the first device behind the switch."""
        return self.devices[0] if self.devices else self.instance


def candidates_of(want: Wanted) -> list[Candidate]:
    """Return the candidates of a pool in order."""
    return [Candidate(*row) for row in zip(want.controllers, want.heads, want.devices, strict=True)]


def routed(a: int, b: int, placed: Places) -> float | None:
    """Return the length in metres that a cable between two things needs, None where a place is missing."""
    length = float(placed.routed_m(np.array([a]), np.array([b]))[0])
    return None if math.isnan(length) else length


def path_ns(model: Model, of: Candidate, cable: Shape, length_m: float) -> tuple[float, float, float]:
    """Return low, high and typical latency of a read: the device, the cable both ways, its retimers, shelf or switch.

    A pool is never faster than the device it is made of. A switch states one crossing; a read crosses it twice, there and back.
    What a shelf states covers the switch that stands in it, so that the greater counts.
    """
    parent = int(model.parent[of.instance])
    ends = []
    for end in ("low", "high", "typ"):
        device = figure(model.shape_at(of.device), "latency", "ns", end) or 0.0
        shelf = (figure(model.shape_at(parent), "latency", "ns", end) or 0.0) if parent >= 0 else 0.0
        switch = 2 * (figure(model.shape_at(of.instance), "latency", "ns", end) or 0.0) if of.devices else 0.0
        ends.append(device + max(shelf, switch) + 2 * media.latency_ns(cable, length_m, end))
    return ends[0], ends[1], ends[2]


def slowest(
    model: Model, candidates: list[Candidate], sites: list[Site], site_of: list[int], cables: tuple[Shape, ...]
) -> Interval | None:
    """Return the latency of the slowest cable that could be chosen."""
    by_name = {shape.name: shape for shape in cables}
    first = {site: one for one, site in reversed(list(zip(candidates, site_of, strict=True)))}
    paths = [
        path_ns(model, first[at], by_name[c.carrier], c.length_mm / 1000)
        for at, s in enumerate(sites) for c in s.cables if c
    ]  # fmt: skip
    if not paths:
        return None
    low, high, typ = (max(column) for column in zip(*paths, strict=True))
    return Interval(*(quantity(round(value, 1), "ns") for value in (low, high, typ)))


def check_some_path(
    model: Model, want: Wanted, sites: list[Site], cables: tuple[Shape, ...], placed: Places, spec: PoolSpec
) -> None:
    """Raise where a place is missing, or the latency bound alone forbids every path."""
    bound = spec.bounds.get("latency")
    if bound is None or not sites or any(c is not None for s in sites for c in s.cables):
        return
    host, of = want.hosts[0], candidates_of(want)[0]
    need = routed(host, of.instance, placed)
    if need is None:
        raise fault(Code.POOL, f"{model.address(host)} or {model.address(of.instance)} has no place in a rack", spec.span, "",
                    "cable lengths follow from positions: place the tray and the shelf")  # fmt: skip
    best = min((path_ns(model, of, c, need)[1] for c in cables), default=None)
    if best is not None and best > bound[1].to("ns"):
        device = figure(model.shape_at(of.device), "latency", "ns", "high")
        nearer = device is None or device <= bound[1].to("ns")
        raise fault(Code.LATENCY, f"no path is within {bound[1]}: the best takes up to {best:.0f} ns", bound[2],
                    f"the device alone takes up to {device:.0f} ns" if device else "",
                    "raise the bound, or move the shelf nearer" if nearer else "raise the bound, or use a faster device")  # fmt: skip


def head_bandwidth(model: Model, want: Wanted) -> float:
    """Return what one head gives each way: what the slowest link between a host port and a head comes to."""
    hosts, cards = (
        {int(model.port_group[row[0]]): row[0] for row in rows if row} for rows in (want.host_ports, want.heads)
    )
    links = (trained(model.interface(a), model.interface(b)) for a in hosts.values() for b in cards.values())
    return min((link.bandwidth for link in links), default=0.0)


def gives(model: Model, of: Candidate, way: str, end: str = "low") -> float | None:
    """Return what a candidate gives, bytes per second read or written, by its lower reading (or the other `end`); None where nothing is stated.

    Behind a switch every device gives no more than the link to it, and all together no more than the switch passes on.
    """
    own = figure(model.shape_at(of.device), f"{way}_bandwidth", "B/s", end)
    if not of.devices:
        return own
    bay = bay_bandwidth(model, of.device)
    each = min((one for one in (own, bay) if one), default=None)
    passes = figure(model.shape_at(of.instance), "switching", "B/s", end)
    return min((one for one in (each and each * len(of.devices), passes) if one), default=None)


def bay_bandwidth(model: Model, device: int) -> float | None:
    """Return what the links of a device give each way, None where it has none that states a bandwidth."""
    owner_a, owner_b = model.port_owner[model.link_a], model.port_owner[model.link_b]
    rates = [
        trained(model.interface(int(model.link_a[k])), model.interface(int(model.link_b[k]))).bandwidth
        for k in np.flatnonzero((owner_a == device) | (owner_b == device)).tolist()
    ]
    return sum(rates) or None
