"""GraphML, written by networkx and read back by it as the same multigraph."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.backends.graph.rows import Graph


def text(graph: Graph) -> Iterator[str]:
    """Yield the graph a line at a time."""
    import networkx as nx

    made = nx.MultiGraph(name=graph.name)
    made.add_nodes_from(graph.nodes)
    made.add_edges_from(graph.edges)
    for line in nx.generate_graphml(made):
        yield f"{line}\n"
