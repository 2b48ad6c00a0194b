"""What people ask of a pool as decided: memory that lies idle, what would not fit if all peaked at once, what links give."""

from __future__ import annotations

from rackc.compiler.analyse.maxflow import Network
from rackc.compiler.analyse.report import PoolReport
from rackc.compiler.plan import Plan, Pool


def pool_report(plan: Plan, pool: Pool) -> PoolReport:
    """Return the figures of one pool."""
    shared = [group.gib for group in pool.sharing]
    sums = [sum(row) + sum(sum(gib[t]) for gib in shared) for t, row in enumerate(pool.demand_gib)]
    fullest = max(sums, default=0)
    reserve = _reserve(pool)
    stranded = pool.capacity_gib - _held(pool)
    return PoolReport(
        pool=pool.index, demand_peak_gib=fullest, demand_sum_of_peaks_gib=sum(_peaks(pool)),
        capacity_gib=pool.capacity_gib, stranded_gib=stranded,
        stranded_share=stranded / pool.capacity_gib if pool.capacity_gib else 0.0, reserve_gib=reserve,
        largest_move_gib=_largest_move(pool), break_even_bytes_per_s=pool.recompute_bytes_per_s,
        idle_gib=max(0, stranded - reserve), stress_gib=sum(_stress(pool)), stress_unmet_gib=_unmet(pool),
        fetch_bytes_per_s=_fetch(plan, pool), verdict=pool.comparison.verdict, comparison=pool.comparison,
    )  # fmt: skip


def _held(pool: Pool) -> int:
    """Return the most that is held at once, copies and blocks in common included."""
    shared = [group.gib for group in pool.sharing]
    return max((sum(row) + sum(sum(gib[t]) for gib in shared) for t, row in enumerate(pool.slices_gib)), default=0)


def _peaks(pool: Pool) -> tuple[int, ...]:
    return tuple(max(column) for column in zip(*pool.demand_gib, strict=True)) if pool.demand_gib else ()


def _reserve(pool: Pool) -> int:
    """Return what as many controllers as may be lost hold at most; behind a switch each device is one."""
    each = [c.lost_gib for c in pool.controllers for _ in range(max(len(c.devices), 1))]
    return sum(sorted(each, reverse=True)[: pool.survive]) if pool.survive else 0


def _stress(pool: Pool) -> tuple[int, ...]:
    return pool.stress_gib or _peaks(pool)


def _unmet(pool: Pool) -> int:
    """Return how much of the stress does not fit: what a maximum flow over the links into the controllers leaves."""
    wants = _stress(pool)
    hosts, cards = len(pool.hosts), len(pool.controllers)
    source, sink = hosts + cards, hosts + cards + 1
    net = Network(hosts + cards + 2)
    room = [float(c.capacity_gib) for c in pool.controllers]
    net.join([source] * len(wants), range(len(wants)), [float(gib) for gib in wants], [0.0] * len(wants))
    net.join([hosts + at for at in range(cards)], [sink] * cards, room, [0.0] * cards)
    tails, heads = list(pool.link_host), [hosts + at for at in pool.link_controller]
    net.join(tails, heads, [room[at] for at in pool.link_controller], [0.0] * len(tails))
    return round(sum(wants) - net.flow(source, sink))


def _fetch(plan: Plan, pool: Pool) -> float | None:
    """Return what the links of the worst-off host give each way, None where no host has one."""
    gives: dict[int, float] = {}
    for link, host in zip(pool.links, pool.link_host, strict=True):
        gives[host] = gives.get(host, 0.0) + plan.links[link].bandwidth_each_way * pool.utilisation
    return min(gives.values(), default=None)


def _largest_move(pool: Pool) -> int:
    """Return the most GiB that one controller must take back from hosts at once before others can have it.

    Growth into free memory needs no offlining; what goes beyond waits for slices that shrink. Controllers work side
    by side, so the busiest one counts.
    """
    largest = 0
    for last, row in zip(pool.slices_gib, pool.slices_gib[1:], strict=False):
        free = {at: c.capacity_gib for at, c in enumerate(pool.controllers)}
        grown: dict[int, int] = {}
        for k, (before, now) in enumerate(zip(last, row, strict=True)):
            free[pool.link_controller[k]] -= before
            grown[pool.link_controller[k]] = grown.get(pool.link_controller[k], 0) + max(now - before, 0)
        largest = max([largest, *(gib - free[at] for at, gib in grown.items())])
    return largest
