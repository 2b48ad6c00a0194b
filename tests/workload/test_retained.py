"""Retained prefixes against a naive simulation of the same trace, second by second."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.workload.retained import retained, split_by_session, window_means, window_peaks
from rackc.compiler.workload.trace import BLOCK_TOKENS, Trace, read_trace

SIZE = BLOCK_TOKENS * 1.0  # one byte a token


def _trace(rows: list[tuple[int, list[int]]]) -> Trace:
    lines = [json.dumps({"timestamp": at, "hash_ids": ids}).encode() for at, ids in rows]
    found = read_trace(lines)
    assert isinstance(found, Trace), found
    return found


def _naive(trace: Trace, instances: tuple[int, ...], keep_s: int) -> tuple[np.ndarray, float, float]:
    """Blocks held in every second, and blocks read and written in all, by walking through time."""
    host = split_by_session(trace, instances)
    seconds = int(trace.arrival_s[-1]) + 1
    held = np.zeros((len(instances), seconds))
    last: dict[tuple[int, int], float] = {}
    read = written = 0.0
    spans: dict[tuple[int, int], list[list[float]]] = {}
    for request, block in zip(trace.request, trace.block, strict=True):
        at, key = float(trace.arrival_s[request]), (int(host[request]), int(block))
        if key in last and at - last[key] <= keep_s:
            read += 1
            spans[key][-1][1] = at + keep_s
        else:
            written += 1
            spans.setdefault(key, []).append([at, at + keep_s])
        last[key] = at
    for (h, _), intervals in spans.items():
        for begin, end in intervals:
            held[h, int(begin) : min(int(np.ceil(end)), seconds)] += 1
    return held, read, written


requests = st.lists(
    st.tuples(st.integers(0, 60_000), st.lists(st.integers(0, 12), min_size=1, max_size=5, unique=True)),
    min_size=1, max_size=30,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(requests, st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(any), st.integers(1, 40))
def test_it_equals_a_walk_through_time(rows: list[tuple[int, list[int]]], instances: list[int], keep_s: int) -> None:
    trace = _trace(rows)
    found = retained(trace, tuple(instances), 1.0, float(keep_s))
    held, read, written = _naive(trace, tuple(instances), keep_s)
    assert np.array_equal(found.held, held * SIZE)
    assert found.read.sum() == read * SIZE
    assert found.written.sum() == written * SIZE
    assert read + written == len(trace.block)


def test_a_block_is_kept_after_its_last_use_and_no_longer() -> None:
    trace = _trace([(0, [1]), (10_000, [2, 3]), (60_000, [4])])
    held = retained(trace, (1,), 1.0, 5.0).held[0] / SIZE
    assert held[0] == held[4] == 1
    assert held[5] == 0
    assert held[10] == held[14] == 2
    assert held[15] == 0


def test_sessions_stay_with_their_instance() -> None:
    trace = _trace([(0, [0, 7, 8]), (1000, [0, 9]), (2000, [0, 7, 8, 11]), (3000, [0])])
    assert split_by_session(trace, (1, 1, 1)).tolist() == [0, 1, 0, 2]
    assert split_by_session(trace, (2, 0, 1)).tolist() == [0, 0, 0, 2]


def test_windows_look_ahead_and_means_do_not() -> None:
    series = np.array([[1.0, 5.0, 2.0, 8.0]])
    assert window_peaks(series, 2, 0).tolist() == [[5.0], [8.0]]
    assert window_peaks(series, 2, 2).tolist() == [[8.0], [8.0]]
    assert window_means(series, 2).tolist() == [[3.0], [5.0]]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b"{"], "line 1 is not JSON"),
        ([b"[1]"], "line 1 is not a JSON object"),
        ([b'{"timestamp": 1}'], "line 1 has no `hash_ids`"),
        ([b'{"hash_ids": [1]}'], "line 1 has no `timestamp`"),
        ([b'{"timestamp": 5, "hash_ids": [1]}', b'{"timestamp": 4, "hash_ids": [1]}'], "line 2 goes back in time"),
        ([b'{"timestamp": true, "hash_ids": [1]}'], "no `timestamp`"),
        ([b'{"timestamp": 1, "hash_ids": ["a"]}'], "no `hash_ids`"),
        ([], "it holds no request"),
        ([b"TIMESTAMP,ContextTokens"], "line 1 is not JSON"),
    ],
)
def test_a_bad_trace_is_named(lines: list[bytes], words: str) -> None:
    found = read_trace(lines)
    assert isinstance(found, str)
    assert words in found
