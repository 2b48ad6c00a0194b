"""Max-flow for the judge: shortest augmenting paths, on a dictionary. Nothing of the optimizer is in it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable

Edges = dict[tuple[Hashable, Hashable], int]


def max_flow(edges: Edges, source: Hashable, sink: Hashable) -> int:
    """Return the value of a maximum flow; `edges` are capacities by (tail, head)."""
    left: dict[Hashable, dict[Hashable, int]] = defaultdict(dict)
    for (tail, head), capacity in edges.items():
        if capacity > 0:
            left[tail][head] = left[tail].get(head, 0) + capacity
            left[head].setdefault(tail, 0)
    total = 0
    while True:
        path = _path(left, source, sink)
        if path is None:
            return total
        amount = min(left[tail][head] for tail, head in path)
        for tail, head in path:
            left[tail][head] -= amount
            left[head][tail] += amount
        total += amount


def _path(
    left: dict[Hashable, dict[Hashable, int]], source: Hashable, sink: Hashable
) -> list[tuple[Hashable, Hashable]] | None:
    came: dict[Hashable, Hashable] = {source: source}
    waiting = deque([source])
    while waiting:
        node = waiting.popleft()
        if node == sink:
            path = []
            while node != source:
                path.append((came[node], node))
                node = came[node]
            return path
        for head, capacity in left[node].items():
            if capacity > 0 and head not in came:
                came[head] = node
                waiting.append(head)
    return None
