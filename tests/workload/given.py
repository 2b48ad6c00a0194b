"""Traces and services to test with."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from rackc.compiler.workload.trace import Trace, read_trace

TRACES = Path(__file__).parents[2] / "examples" / "traces"
#: Bytes of key-value cache a token, Llama 3.1 70B in 16 bits.
LLAMA70 = 327_680.0

#: When, how long in and out, and which blocks.
Rows = list[tuple[int, int, int, list[int]]]


def trace_of(rows: Rows) -> Trace:
    """Return a trace of rows: ms, tokens out, blocks; the input is what the blocks hold."""
    lines = [
        json.dumps({"timestamp": at, "input_length": given, "output_length": made, "hash_ids": ids}).encode()
        for at, given, made, ids in rows
    ]
    found = read_trace(lines)
    assert isinstance(found, Trace), found
    return found


def requests(most: int = 30) -> st.SearchStrategy[Rows]:
    """Requests in order of time; blocks are whole."""
    row = st.tuples(
        st.integers(0, 60_000),
        st.integers(0, 300),
        st.lists(st.integers(0, 12), min_size=1, max_size=5, unique=True),
    )
    return st.lists(row, min_size=1, max_size=most).map(
        lambda rows: [(at, 512 * len(ids), made, ids) for at, made, ids in sorted(rows, key=lambda r: r[0])]
    )


def hosts() -> st.SearchStrategy[tuple[int, ...]]:
    """Instances by host."""
    return st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(any).map(tuple)


@cache
def shipped(name: str) -> Trace:
    """Return a trace of the examples."""
    with gzip.open(TRACES / name) as lines:
        found = read_trace(lines)
    assert isinstance(found, Trace), found
    return found


def mooncake() -> Trace:
    """Return one hour of conversations, with blocks."""
    return shipped("conversation.jsonl.gz")


def azure() -> Trace:
    """Return one hour of a chat service, without blocks."""
    return shipped("azure_conversation.csv.gz")
