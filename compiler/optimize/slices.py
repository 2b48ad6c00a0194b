"""How much memory lies on which link, slice by slice of time, moving as little as possible."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ortools.graph.python import min_cost_flow

from rackc.compiler.optimize.cuts import per_shelf
from rackc.compiler.optimize.problem import DecidedController, DecidedLink, DecidedShare, PoolProblem
from rackc.compiler.optimize.promises import copies_in_all, copies_on, rows_of


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a demander (a host, or a group that shares blocks) to a controller, of some shelf."""

    demander: int
    controller: str
    shelf: int
    times: int


@dataclass(frozen=True, slots=True)
class Laid:
    """What lies where: `slices[t][k]` on link k, and what groups have in common on each controller that all of them reach."""

    slices: tuple[tuple[int, ...], ...]
    shares: tuple[DecidedShare, ...]


def laid(problem: PoolProblem, links: tuple[DecidedLink, ...], controllers: tuple[DecidedController, ...]) -> Laid:
    """Return where memory lies in each slice: sums per demander equal its demand times the copies, nothing is overfull.

    One min-cost flow a slice, in order of time: what lay there before is free, every GiB more costs one. The hosts'
    `shares` bound what one link holds, so that traffic in proportion to memory fits it, as far as that goes.
    """
    edges = _edges(problem, links, controllers)
    room = {controller.address: controller.gib for controller in controllers}
    times, limit = copies_in_all(problem), per_shelf(problem)
    before, rows = (0,) * len(edges), []
    for demand in rows_of(problem):
        for most in (*_even(problem, edges, demand, times), *_bounds(problem, demand), demand):
            found = _one_slice(edges, room, demand, before, most, times, limit)
            if found is not None:
                break
        assert found is not None, "a verified pool carries every slice"
        before = found
        rows.append(found)
    shares = tuple(
        DecidedShare(edge.demander - len(problem.hosts), edge.controller, tuple(row[k] for row in rows))
        for k, edge in enumerate(edges)
        if k >= len(links)
    )
    return Laid(tuple(row[: len(links)] for row in rows), shares)


def _edges(
    problem: PoolProblem, links: tuple[DecidedLink, ...], controllers: tuple[DecidedController, ...]
) -> tuple[Edge, ...]:
    """Return an edge a link, in their order, then one for each group and controller that all of it reaches."""
    shelf = {one.address: problem.sites[one.site].shelf for one in problem.controllers}
    times = {one.address: copies_on(problem, max(len(one.devices), 1)) for one in controllers}
    reached: dict[str, set[int]] = {}
    for link in links:
        reached.setdefault(link.controller, set()).add(link.host)
    pairs = [(link.host, link.controller) for link in links]
    for number, group in enumerate(problem.sharing):
        whole = (one.address for one in controllers if reached.get(one.address, set()).issuperset(group.hosts))
        pairs += [(len(problem.hosts) + number, address) for address in whole]
    return tuple(Edge(demander, address, shelf[address], times[address]) for demander, address in pairs)


def _even(
    problem: PoolProblem, edges: tuple[Edge, ...], demand: tuple[int, ...], times: int
) -> tuple[tuple[int, ...], ...]:
    """Return as a first bound that links share alike, where memory lies once and for all: so that it can be interleaved."""
    if len(problem.demand_gib) > 1:
        return ()
    ways: Counter[int] = Counter()
    for edge in edges:
        ways[edge.demander] += edge.times
    return (tuple(-(-gib * times // max(ways[one], 1)) for one, gib in enumerate(demand)),)


def _bounds(problem: PoolProblem, demand: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return, strictest first, the most GiB of each demander on one link."""
    shares = [*(host.shares for host in problem.hosts), *(() for _ in problem.sharing)]
    attempts = max((len(own) for own in shares), default=0)
    return [
        tuple(
            -(-gib * own[at] // 1000) if at < len(own) else gib
            for gib, own in zip(demand, shares, strict=True)
        )
        for at in range(attempts)
    ]  # fmt: skip


def _one_slice(
    edges: tuple[Edge, ...], room: dict[str, int], demand: tuple[int, ...], before: tuple[int, ...],
    bound: tuple[int, ...], times: int, limit: int | None,
) -> tuple[int, ...] | None:  # fmt: skip
    """Min sum of growth over edges, subject to demand of each, its bound an edge, and capacity of each controller.

    With copies no demander has more than its demand on one device, nor `limit` times that on one shelf. None where the
    bounds leave no room.
    """
    flow = min_cost_flow.SimpleMinCostFlow()
    cards = {address: len(demand) + number for number, address in enumerate(room)}
    sink = len(demand) + len(cards)
    shelves = {pair: sink + 1 + k for k, pair in enumerate(dict.fromkeys((e.demander, e.shelf) for e in edges))}
    if limit is not None:
        for (one, _), node in shelves.items():
            flow.add_arc_with_capacity_and_unit_cost(one, node, demand[one] * limit, 0)
    pairs = []
    for edge, kept in zip(edges, before, strict=True):
        one = edge.demander
        most = min(edge.times * min(demand[one], bound[one]), room[edge.controller])
        tail, head = one if limit is None else shelves[one, edge.shelf], cards[edge.controller]
        staying = flow.add_arc_with_capacity_and_unit_cost(tail, head, min(kept, most), 0)
        growing = flow.add_arc_with_capacity_and_unit_cost(tail, head, most - min(kept, most), 1)
        pairs.append((staying, growing))
    for address, node in cards.items():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, room[address], 0)
    for one, amount in enumerate(demand):
        flow.set_node_supply(one, amount * times)
    flow.set_node_supply(sink, -sum(demand) * times)
    if flow.solve() != flow.OPTIMAL:
        return None
    return tuple(flow.flow(staying) + flow.flow(growing) for staying, growing in pairs)
