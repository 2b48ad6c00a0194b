"""What crosses the links and controllers of a decided pool when every host moves data at its peak rate, where it lies."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from rackc.compiler.plan import Pool

Way = Literal["read", "write"]
WAYS: tuple[Way, ...] = ("read", "write")


def by_host(pool: Pool, way: Way) -> tuple[float, ...]:
    """Return the greatest bytes per second of each host, read or written."""
    return pool.read_bytes_per_s if way == "read" else pool.write_bytes_per_s


def rates_of_links(pool: Pool, way: Way) -> dict[int, float]:
    """Return the greatest bytes per second on each link (position in the pool) in any slice of time."""
    greatest: dict[int, float] = {}
    for t in range(len(pool.slices_gib)):
        for k, rate in _rates(pool, way, t).items():
            greatest[k] = max(rate, greatest.get(k, 0.0))
    return greatest


def rates_of_controllers(pool: Pool, way: Way) -> dict[int, float]:
    """Return the greatest bytes per second at each controller in any slice of time."""
    greatest: dict[int, float] = {}
    for t in range(len(pool.slices_gib)):
        together: dict[int, float] = defaultdict(float)
        for k, rate in _rates(pool, way, t).items():
            together[pool.link_controller[k]] += rate
        for controller, rate in together.items():
            greatest[controller] = max(rate, greatest.get(controller, 0.0))
    return greatest


def _rates(pool: Pool, way: Way, t: int) -> dict[int, float]:
    """Return the rate on each link in a slice of time: traffic follows memory, a host's own and what its group has in common.

    Where there are copies one of them is read, and all are written.
    """
    amounts = list(pool.slices_gib[t])
    place = {(h, c): k for k, (h, c) in enumerate(zip(pool.link_host, pool.link_controller, strict=True))}
    for group in pool.sharing:
        for controller, gib in zip(group.controllers, group.gib[t], strict=True):
            for host in group.hosts:
                amounts[place[host, controller]] += gib
    held, own = [0] * len(pool.hosts), [0] * len(pool.hosts)
    for k, host in enumerate(pool.link_host):
        held[host] += amounts[k]
        own[host] += pool.slices_gib[t][k]
    rates = by_host(pool, way)
    found = {}
    for k, host in enumerate(pool.link_host):
        if amounts[k]:
            need = pool.demand_gib[t][host]
            times = own[host] / need if way == "write" and need else 1.0
            found[k] = rates[host] * times * amounts[k] / held[host]
    return found
