"""The links of a Plan as a graph for other tools: GraphML, node-link JSON, DOT.

Nodes have the addresses of the Plan as their names, and each link is an edge of its own. What is told of it is the same
in every form; see `rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rackc.backends.graph import dot, graphml, node_link
from rackc.backends.graph.rows import LEVELS, Graph, graph_of

__all__ = ["FORMATS", "LEVELS", "Graph", "graph_of"]

#: Forms by name: each turns a graph into pieces of text.
FORMATS: Final[dict[str, Callable[[Graph], Iterator[str]]]] = {
    "graphml": graphml.text,
    "json": node_link.text,
    "dot": dot.text,
}
