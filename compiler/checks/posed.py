"""Pools before they are decided: whether the demand is of a class that any cabling could carry, and what is claimed of them."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.plan import Interval
from rackc.compiler.sockets import sockets_of
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import Quantity


def check_active(model: Model, pool: PosedPool) -> Iterator[Diagnostic]:
    """Yield the cache of running requests in a pool whose paths are too slow for it.

    It is read in full at every step of decoding: 75 GB in 40 ms are 1.9 TB/s, a head of x8 gives some 25 GB/s.
    """
    if pool.demand.kind != "active" or not pool.link_bandwidth:
        return
    for at, host in enumerate(pool.hosts):
        needs = pool.demand.read_bytes_per_s[at]
        gives = paths_give(model, pool, at)
        if needs > gives:
            step = pool.demand.step_s or 0.0
            yield Diagnostic(
                Code.ACTIVE, f"{model.address(host)} reads active KV at {rate(needs)} ({needs * step / 1e9:,.3g} GB every {step * 1e3:.3g} ms); "
                f"its paths to {pool.address} give {rate(gives)}",
                Label(pool.spec.spans["demand"], "placed in the pool here"),
                (Label(model.shape_at(host).span, f"{len(pool.host_ports[at])} links of {rate(pool.link_bandwidth)}"),),
                ("keep it in HBM; a pool carries parked sessions, retained prefixes, hand-off, cold weights and tables",),
            )  # fmt: skip
            return


def paths_give(model: Model, pool: PosedPool, at: int) -> float:
    """Return what all paths of a member to its pool give its reader, bytes per second each way."""
    links = len(pool.host_ports[at]) * pool.link_bandwidth
    own = sockets_of(model, pool.hosts[at]).gpu_rate if pool.demand.reader == "gpu" else None
    return links if own is None else min(links, own)


def rate(bytes_per_s: float) -> str:
    """Return a bandwidth in words: `25.2 GB/s`."""
    return f"{bytes_per_s / 1e12:,.3g} TB/s" if bytes_per_s >= 1e12 else f"{bytes_per_s / 1e9:,.3g} GB/s"


def check_claimed_latency(model: Model, pool: PosedPool) -> Iterator[Diagnostic]:
    """Yield a pool said to be faster than what it is made of: device, cable both ways, its retimers, shelf."""
    claimed = pool.spec.values.get("latency")
    most = claimed.high if isinstance(claimed, Interval) else claimed
    if not isinstance(most, Quantity) or pool.latency_ns is None:
        return
    least = pool.latency_ns.low.to("ns")
    if most.to("ns") < least:
        card = model.shape_at(pool.controllers[0])
        yield Diagnostic(
            Code.FASTER, f"{pool.address} states {most.to('ns'):,.0f} ns; its device, cable both ways and shelf take {least:,.0f} ns at least",
            Label(pool.spec.spans["latency"], "stated here"), (Label(card.spans.get("latency", card.span), "the device"),),
            ("a pool is never faster than the device it is made of: leave the figure out, it is worked out",),
        )  # fmt: skip
