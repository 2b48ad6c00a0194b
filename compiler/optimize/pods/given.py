"""Pods of a stated shape: the hosts of every device are one of the sets allowed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ortools.graph.python import min_cost_flow

from rackc.compiler.optimize.pods.asked import Asked
from rackc.compiler.optimize.pods.ground import Wired
from rackc.compiler.optimize.problem import Goal

#: Devices that one set has at most, and every how-manieth set is used at least.
MOST_TIMES = 8
MOST_STRIDE = 4


def given_wirings(asked: Asked, goal: Goal) -> Iterator[tuple[int, Wired]]:
    """Yield pods of the sets allowed, with the links that the busiest host has: each set once, several times, or every
    second, third, … of them; candidates are assigned at the least weight."""
    sets = sorted({tuple(sorted(set(some))) for some in asked.problem.allowed})
    groups = [host.group for host in asked.problem.hosts]
    sets = [some for some in sets if all(asked.most[h] for h in some) and len({groups[h] for h in some} - {""}) <= 1]
    for stride in range(1, MOST_STRIDE + 1):
        for times in range(1, MOST_TIMES + 1 if stride == 1 else 2):
            chosen = [some for some in sets[::stride] for _ in range(times)]
            links = np.bincount([host for some in chosen for host in some], minlength=asked.hosts).tolist()
            if chosen and all(n <= have <= m for n, have, m in zip(asked.bare, links, asked.most, strict=True)):
                wired = _assigned(asked, goal, chosen)
                if wired is not None:
                    yield max(links), wired


def _assigned(asked: Asked, goal: Goal, chosen: list[tuple[int, ...]]) -> Wired | None:
    """Return which candidate serves which set, at the least weight of all links; None where they are not enough in reach."""
    weights = asked.weights(goal)
    heads = np.array([asked.problem.sites[site].heads for site in asked.site])
    flow = min_cost_flow.SimpleMinCostFlow()
    devices, pairs = len(asked.site), []
    for number, some in enumerate(chosen):
        reached = (weights[list(some)] >= 0).all(axis=0) & (heads >= len(some))
        for device in np.flatnonzero(reached).tolist():
            weight = int(weights[list(some), device].sum())
            arc = flow.add_arc_with_capacity_and_unit_cost(devices + number, device, 1, weight)
            pairs.append((arc, number, device))
        flow.set_node_supply(devices + number, 1)
    sink = devices + len(chosen)
    for device in range(devices):
        flow.add_arc_with_capacity_and_unit_cost(device, sink, 1, 0)
    flow.set_node_supply(sink, -len(chosen))
    if flow.solve() != flow.OPTIMAL:
        return None
    taken = sorted((device, number) for arc, number, device in pairs if flow.flow(arc))
    return Wired(tuple(device for device, _ in taken), tuple(chosen[number] for _, number in taken))
