"""Racks side by side with hosts and devices between them, as problems."""

from __future__ import annotations

import random

import numpy as np

from rackc.compiler.optimize.pods.wire import OUT_OF_REACH, Ground, Integers
from rackc.compiler.optimize.problem import Cable, Controller, Host, Loss, Module, PoolProblem, Site

U_MM, RACK_MM, LOOPS_MM = 44.45, 600, 500


def places(racks: int, blocks: int, devices: int) -> tuple[list[tuple[int, float]], list[tuple[int, float, float]]]:
    """Return (rack, height) of hosts and (rack, height, offset) of devices: blocks of two hosts, a device unit, two hosts."""
    hosts = [
        (rack, (5 * block + unit + 0.5) * U_MM)
        for rack in range(racks)
        for block in range(blocks)
        for unit in (0, 1, 3, 4)
    ]
    pitch = 480 / devices
    offsets = [(slot - (devices - 1) / 2) * pitch for slot in range(devices)]
    found = [(rack, (5 * block + 2.5) * U_MM, x) for rack in range(racks) for block in range(blocks) for x in offsets]
    return hosts, found


def routed_mm(racks: int, blocks: int, devices: int) -> Integers:
    """Return port to port through the channels at the sides, with both loops, by host and device."""
    hosts, found = places(racks, blocks, devices)
    return np.array(
        [
            [
                round(
                    abs(h[1] - d[1])
                    + (RACK_MM - abs(d[2]) if h[0] == d[0] else abs((d[0] - h[0]) * RACK_MM + d[2]))
                    + LOOPS_MM
                )
                for d in found
            ]
            for h in hosts
        ],
        np.int64,
    )


def ground(racks: int, blocks: int, devices: int, ports: int, most_mm: int = 1500) -> Ground:
    """Return where to wire: devices of four heads."""
    routed = routed_mm(racks, blocks, devices)
    return Ground(np.where(routed <= most_mm, routed, OUT_OF_REACH), (ports,) * routed.shape[0], (4,) * routed.shape[1])


def _cable(routed: int) -> Cable | None:
    stock = ((500, 6_000), (1_000, 8_500), (1_500, 12_000))
    return next((Cable("copper", length, routed, cents) for length, cents in stock if routed <= length), None)


def pod(racks: int = 1, blocks: int = 7, devices: int = 8, *, ports: int = 4, slices: int = 12, seed: int = 1,
        losses: tuple[Loss, ...] = (Loss("controller", 1),), stated: int = 0) -> PoolProblem:  # fmt: skip
    """Return a pool of 4 * racks * blocks hosts; demand wanders at random and peaks at different times."""
    routed, chance = routed_mm(racks, blocks, devices), random.Random(seed)
    hosts, cards = routed.shape
    demand = tuple(tuple(chance.choice((40, 60, 80, 260)) for _ in range(hosts)) for _ in range(slices))
    return PoolProblem(
        "r.pool",
        tuple(Host(f"r.host[{h}]", tuple(f"r.host[{h}].cxl[{p}]" for p in range(ports)), 1, least_links=stated) for h in range(hosts)),
        tuple(Controller(f"r.dev[{d}]", tuple(f"r.dev[{d}].head[{k}]" for k in range(4)), d) for d in range(cards)),
        tuple(
            Site(f"r.dev[{d}]", 4, (2, 4), 2_048, 180_000, 50_000, tuple(_cable(int(mm)) for mm in routed[:, d]), shelf=d // devices)
            for d in range(cards)
        ),
        (Module("m64", 64, 96_000, 10_000), Module("m96", 96, 148_800, 10_000)),
        True, demand, losses, ("cost", "power", "cable.length"),
    )  # fmt: skip
