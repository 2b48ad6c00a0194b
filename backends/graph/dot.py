"""DOT, for Graphviz: every name and value is quoted."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.backends.graph.rows import Graph, Told


def text(graph: Graph) -> Iterator[str]:
    """Yield the graph a line at a time."""
    yield f"graph {quoted(graph.name)} {{\n"
    for name, told in graph.nodes:
        yield f"  {quoted(name)} [{_told({'label': name, **told})}];\n"
    for a, b, key, told in graph.edges:
        yield f"  {quoted(a)} -- {quoted(b)} [{_told({'key': key, **told})}];\n"
    yield "}\n"


def quoted(name: str) -> str:
    """Return a text as DOT writes it: a quote is escaped, and so is a backslash, which would escape what follows it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _told(told: Told) -> str:
    return ", ".join(f"{name}={quoted(str(value))}" for name, value in told.items())
