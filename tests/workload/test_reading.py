"""Traces as they are read: by what is in them, by line, all or nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.loading import BrokenOffError
from rackc.compiler.workload import trace as reading
from rackc.compiler.workload.trace import Trace, read_trace
from rackc.loader import MAX_LINE, FileLoader, _Lines
from tests.workload.given import TRACES, Rows, azure, mooncake, requests

HEADER = b"TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
ROW = b"2023-11-16 18:15:46.6805900,374,44\r\n"


def _moon(**changed: object) -> bytes:
    row = {"timestamp": 5, "input_length": 700, "output_length": 3, "hash_ids": [1, 2], **changed}
    return json.dumps({key: value for key, value in row.items() if value is not None}).encode()


def test_the_shipped_traces_are_whole() -> None:
    moon, chat = mooncake(), azure()
    assert (len(moon.arrival_s), len(moon.block), int(moon.session.max()) + 1) == (12_031, 288_500, 7_373)
    assert len(set(moon.block.tolist())) == 182_790
    assert (len(chat.arrival_s), len(chat.block), chat.has_blocks) == (19_366, 0, False)
    assert chat.session.tolist() == list(range(19_366))
    assert chat.input_tokens is not None
    assert chat.output_tokens is not None
    assert (chat.input_tokens[:2].tolist(), chat.output_tokens[:2].tolist()) == ([374, 396], [44, 109])
    assert chat.arrival_s[:2].tolist() == pytest.approx([0.0, 4.314579], abs=1e-9)  # 46.6805900 to 50.9951690


def test_the_clock_is_that_of_the_calendar() -> None:
    """Every row of the Azure trace against the standard library, and days that a calendar must know."""
    with gzip.open(TRACES / "azure_conversation.csv.gz", "rt") as lines:
        clocks = [line.split(",")[0] for line in lines][1:]
    times = [datetime.fromisoformat(clock[:26]) for clock in clocks]
    assert np.allclose(azure().arrival_s, [(t - times[0]).total_seconds() for t in times], atol=2e-6)


@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2110, 1, 1)), min_size=2, max_size=5),
    st.sampled_from([" ", "T"]),
)
def test_any_two_dates_are_as_far_apart_as_they_are(times: list[datetime], between: str) -> None:
    times.sort()
    found = read_trace([HEADER, *(t.isoformat(sep=between, timespec="microseconds").encode() + b",1,1" for t in times)])
    assert isinstance(found, Trace)
    assert found.arrival_s.tolist() == pytest.approx([(t - times[0]).total_seconds() for t in times], abs=1e-5)


def test_a_clock_may_say_how_far_it_is_from_utc() -> None:
    rows = [b"2024-05-12 00:30:00.5+02:00,1,1", b"2024-05-11 22:30:01Z,1,1", b"2024-05-11T20:30:02-02:00,1,1"]
    found = read_trace([HEADER, *rows])
    assert isinstance(found, Trace)
    assert found.arrival_s.tolist() == [0.0, 0.5, 1.5]


def test_columns_are_found_by_name() -> None:
    found = read_trace(
        [b'\xef\xbb\xbfmodel,"GeneratedTokens",TIMESTAMP,ContextTokens\n', b"a,7,2023-11-16 18:15:46,9\n"]
    )
    assert isinstance(found, Trace)
    assert found.input_tokens is not None
    assert found.output_tokens is not None
    assert (found.input_tokens.tolist(), found.output_tokens.tolist()) == ([9], [7])


def test_sessions_are_told_by_the_second_block() -> None:
    rows: Rows = [
        (0, 1024, 1, [0, 7]),
        (1, 1536, 1, [0, 7, 8]),
        (2, 1024, 1, [0, 9]),
        (3, 512, 1, [0]),
        (4, 512, 1, [0]),
    ]
    lines = [json.dumps({"timestamp": at, "hash_ids": ids}).encode() for at, _, _, ids in rows]
    found = read_trace(lines)
    assert isinstance(found, Trace)
    assert found.session.tolist() == [0, 0, 1, 2, 3]
    assert found.input_tokens is None


BROKEN = [
    ([b"{"], "line 1 is not JSON"),
    ([b"[1]"], "line 1 is not a JSON object"),
    ([b"", b"\n", _moon(), _moon()[:-9]], "line 4 is not JSON"),
    ([_moon(hash_ids=None)], "line 1 has no `hash_ids`"),
    ([_moon(hash_ids=["a"])], "line 1 has no `hash_ids`"),
    ([_moon(hash_ids=[True])], "line 1 has no `hash_ids`"),
    ([_moon(hash_ids=[-1])], "line 1 has no `hash_ids`"),
    ([_moon(timestamp=None)], "line 1 has no `timestamp`"),
    ([_moon(timestamp=True)], "line 1 has no `timestamp`"),
    ([_moon(timestamp=-1)], "line 1 has no `timestamp`"),
    ([b'{"timestamp": NaN, "hash_ids": []}'], "line 1 has no `timestamp`"),
    ([_moon(), _moon(timestamp=4)], "line 2 goes back in time"),
    ([_moon(), _moon(input_length=-700)], "line 2 has `input_length` -700: tokens are"),
    ([_moon(), _moon(output_length=10**8)], "line 2 has `output_length` 100000000: tokens are"),
    ([_moon(), _moon(output_length=2.5)], "line 2 has `output_length` 2.5: tokens are"),
    ([_moon(), _moon(input_length=None)], "line 2 lacks the input length that the lines before have"),
    ([_moon(output_length=None), _moon()], "line 2 has the output length that the lines before lack"),
    ([_moon(input_length=7000)], "line 1 has 2 blocks for 7,000 tokens; blocks of 512 tokens would be 14"),
    ([], "it is empty"),
    ([b"\n", b"  \n"], "it ends after line 2 without a request"),
    ([HEADER], "it ends after line 1 without a request"),
    ([b"hello\n"], "line 1 is neither JSON nor a header"),
    ([b"\xff\xfe\n"], "line 1 is not text"),
    ([b"TIMESTAMP,ContextTokens\n"], "line 1 has no column `GeneratedTokens`"),
    ([b"TIMESTAMP,ContextTokens,ContextTokens,GeneratedTokens\n"], "line 1 has twice the column `ContextTokens`"),
    ([HEADER, ROW, b"2023-11-16 18:15:47,1\n"], "line 3 has 2 fields, the header has 3"),
    ([HEADER, ROW, b"2023-11-16 18:15:47,1,1,1\n"], "line 3 has 4 fields, the header has 3"),
    ([HEADER, ROW, ROW.replace(b"374", b"-374")], "line 3 has `ContextTokens` -374: tokens are"),
    ([HEADER, ROW, ROW.replace(b",44", b",4e3")], "line 3 has `GeneratedTokens` 4e3: tokens are"),
    ([HEADER, ROW, ROW.replace(b",44", b",")], "line 3 has `GeneratedTokens` : tokens are"),
    ([HEADER, ROW, ROW.replace(b"6805900", b"6805899")], "line 3 goes back in time"),
    ([HEADER, ROW, ROW.replace(b"11-16", b"02-30")], "line 3 has no `TIMESTAMP`"),
    ([HEADER, ROW, ROW.replace(b"18:15", b"24:15")], "line 3 has no `TIMESTAMP`"),
    ([HEADER, ROW, ROW.replace(b"2023-", b"23-")], "line 3 has no `TIMESTAMP`"),
    ([HEADER, ROW, b"\xff" + ROW], "line 3 is not text"),
    ([HEADER, ROW, b"," * 200], "line 3 has more than 100 fields"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_what_is_wrong_is_said_with_its_line(lines: list[bytes], words: str) -> None:
    found = read_trace(lines)
    assert isinstance(found, str)
    assert words in found


@settings(deadline=None)
@given(requests(), st.data())
def test_a_broken_line_anywhere_leaves_nothing(rows: Rows, data: st.DataObject) -> None:
    lines = [
        json.dumps({"timestamp": at, "input_length": n, "output_length": m, "hash_ids": ids}).encode()
        for at, n, m, ids in rows
    ]
    assert isinstance(read_trace(lines), Trace)
    at = data.draw(st.integers(0, len(lines)))
    bad = data.draw(st.sampled_from([b'{"timestamp": 1', b"x", _moon(timestamp=-1), _moon(output_length=-1)]))
    found = read_trace([*lines[:at], bad, *lines[at:]])
    assert isinstance(found, str)
    assert f"line {at + 1} " in found


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_REQUESTS", 2)
    assert read_trace([_moon()] * 3) == "line 3 passes the limit of 2 requests"
    monkeypatch.setattr(reading, "MAX_BLOCKS", 3)
    assert read_trace([_moon()] * 2) == "line 2 passes the limit of 3 blocks"


def test_lines_that_break_off_are_said_with_their_line() -> None:
    def lines() -> Iterator[bytes]:
        yield _moon()
        raise BrokenOffError("the gzip data break off here")

    assert read_trace(lines()) == "line 2 is not whole: the gzip data break off here"


def _read(folder: Path, name: str, data: bytes) -> Trace | str:
    (folder / name).write_bytes(data)
    lines = FileLoader(folder).trace(name)
    return lines if isinstance(lines, str) else read_trace(lines)


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    whole = HEADER + ROW
    for name, data in (
        ("a.gz", whole),
        ("a.csv", gzip.compress(whole)),
        ("a.jsonl", whole),
        ("a.csv.gz", gzip.compress(whole)),
    ):
        assert isinstance(_read(tmp_path, name, data), Trace), name


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_gzip_that_breaks_off_is_refused(share: float, tmp_path: Path) -> None:
    packed = (TRACES / "azure_conversation.csv.gz").read_bytes()
    found = _read(tmp_path, "a.csv.gz", packed[: int(len(packed) * share)])
    assert isinstance(found, str)
    assert "is not whole: the gzip data break off here" in found
    assert int(found.split()[1].replace(",", "")) > 19_366 * share / 2


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(HEADER + ROW * 50))
    packed[-6] ^= 0xFF  # the checksum of the whole
    found = _read(tmp_path, "a.gz", bytes(packed))
    assert isinstance(found, str)
    assert "is not whole" in found


def test_a_line_that_never_ends_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(
        b'{"timestamp": 0, "hash_ids": []}\n{"timestamp": 1, "hash_ids": [' + b"1, " * (MAX_LINE // 3) + b"1]}\n"
    )
    assert read_trace(_Lines(path)) == "line 2 is not whole: it has more than 4,000,000 bytes"
