"""Node-link JSON, as networkx reads it (`node_link_graph(data, edges="edges")`)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rackc.backends.graph.rows import Graph


def text(graph: Graph) -> Iterator[str]:
    """Yield the graph, a node or edge a line."""
    yield f'{{"directed": false, "multigraph": true, "graph": {json.dumps({"name": graph.name})},\n"nodes": ['
    yield ",".join(f"\n{json.dumps({'id': name, **told})}" for name, told in graph.nodes)
    yield '\n],\n"edges": ['
    for at, (a, b, key, told) in enumerate(graph.edges):
        row = {"source": a, "target": b, "key": key, **told}
        yield f"{',' if at else ''}\n{json.dumps(row)}"
    yield "\n]}\n"
