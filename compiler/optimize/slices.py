"""How much of a host's memory lies on which link, slice by slice of time, moving as little as possible."""

from __future__ import annotations

from ortools.graph.python import min_cost_flow

from rackc.compiler.optimize.problem import DecidedController, DecidedLink


def slices_of(
    links: tuple[DecidedLink, ...],
    controllers: tuple[DecidedController, ...],
    demand_gib: tuple[tuple[int, ...], ...],
    shares: tuple[tuple[int, ...], ...] = (),
) -> tuple[tuple[int, ...], ...]:
    """Return what each link carries in each slice: sums per host equal demand, no controller is overfull.

    One min-cost flow a slice, in order of time: what a link carried before is free, every GiB more costs one. The
    hosts' `shares` bound what one link holds, so that traffic in proportion to memory fits it, as far as that goes.
    """
    room = {controller.address: controller.gib for controller in controllers}
    before = (0,) * len(links)
    rows = []
    for demand in demand_gib:
        for most in (*_bounds(demand, shares), demand):
            found = _one_slice(links, room, demand, before, most)
            if found is not None:
                break
        assert found is not None, "a verified pool carries every slice"
        before = found
        rows.append(before)
    return tuple(rows)


def _bounds(demand: tuple[int, ...], shares: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """Return, strictest first, the most GiB of each host on one link."""
    attempts = max((len(own) for own in shares), default=0)
    return [
        tuple(
            -(-gib * own[at] // 1000) if at < len(own) else gib
            for gib, own in zip(demand, shares, strict=True)
        )
        for at in range(attempts)
    ]  # fmt: skip


def _one_slice(
    links: tuple[DecidedLink, ...], room: dict[str, int], demand: tuple[int, ...], before: tuple[int, ...],
    bound: tuple[int, ...],
) -> tuple[int, ...] | None:  # fmt: skip
    """Min sum of growth over links, subject to demand of each host, its bound a link, and capacity of each controller.

    None where the bounds leave no room.
    """
    flow = min_cost_flow.SimpleMinCostFlow()
    cards = {address: len(demand) + number for number, address in enumerate(room)}
    sink = len(demand) + len(cards)
    pairs = []
    for link, kept in zip(links, before, strict=True):
        most = min(demand[link.host], bound[link.host], room[link.controller])
        tail, head = link.host, cards[link.controller]
        staying = flow.add_arc_with_capacity_and_unit_cost(tail, head, min(kept, most), 0)
        growing = flow.add_arc_with_capacity_and_unit_cost(tail, head, most - min(kept, most), 1)
        pairs.append((staying, growing))
    for address, node in cards.items():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, room[address], 0)
    for host, amount in enumerate(demand):
        flow.set_node_supply(host, amount)
    flow.set_node_supply(sink, -sum(demand))
    if flow.solve() != flow.OPTIMAL:
        return None
    return tuple(flow.flow(staying) + flow.flow(growing) for staying, growing in pairs)
