"""Closed forms of one all-reduce, to lay beside what ASTRA-sim prints."""

from __future__ import annotations

from dataclasses import dataclass

from rackc.backends.astra_sim.recognise import Fabric

#: At 0 ASTRA-sim's event queue aborts.
ENDPOINT_DELAY_NS = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times in ns: `ring` by bandwidth alone, `model` as ASTRA-sim adds it up."""

    ring: float
    model: float


def algorithm(fabric: Fabric) -> str:
    """Return ASTRA-sim's name of the algorithm that uses every link: a ring in a full mesh would idle N - 2 of them."""
    return "ring" if fabric.topology == "Switch" else "direct"


def hops(fabric: Fabric) -> int:
    """Return how many latencies ASTRA-sim charges from one NPU to another."""
    return 2 if fabric.topology == "Switch" else 1


def injection(fabric: Fabric) -> float:
    """Return what one NPU sends with all its links, bytes per second."""
    return fabric.bytes_per_s * (1 if fabric.topology == "Switch" else fabric.npus - 1)


def bounds(fabric: Fabric, size_bytes: int, local_gb_per_s: float, splits: int = 1) -> Bounds:
    """Return both forms, for N NPUs, S bytes, injection B, hop latency L, endpoint delay E, local memory M.

    ring  = 2 (N - 1) / N x S / B           (any algorithm without in-switch reduction: each NPU sends that much)
    model = ring + splits x 2 k (h L + E) + k x 3 S / (N M)

    k steps each way: N - 1 in a ring, 1 in a direct exchange. A reduction reads two blocks of S / N and writes one.
    """
    block = size_bytes / fabric.npus
    steps = fabric.npus - 1 if algorithm(fabric) == "ring" else 1
    ring = 2 * (fabric.npus - 1) * block / injection(fabric) * 1e9
    waits = splits * 2 * steps * (hops(fabric) * fabric.latency_ns + ENDPOINT_DELAY_NS)
    return Bounds(ring, ring + waits + steps * 3 * block / local_gb_per_s)
