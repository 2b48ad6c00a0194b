"""Request traces, line by line: JSON lines as Mooncake publishes them, or CSV as Azure does. All is read, or nothing.

Which of the two it is, its first line says; the file's name says nothing. Memory is bounded by the limits below.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rackc.compiler.loading import BrokenOffError
from rackc.compiler.workload.azure import reader_of
from rackc.compiler.workload.mooncake import read_row
from rackc.compiler.workload.row import Row

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: A trace beyond these is refused rather than taking all memory: some 0.3 GB at the most.
MAX_REQUESTS: Final = 2_000_000
MAX_BLOCKS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests in order of arrival, `arrival_s` from the first of them or from the trace's own zero.

    `block[k]` is used by request `request[k]`; both are empty where the trace names no blocks. `session[r]` numbers the
    conversations: requests that share their second block (the first is a system prompt common to all) belong together; a
    request of one block, or of none, is a conversation of its own. `input_tokens` and `output_tokens` are None where the
    trace has no such column.
    """

    arrival_s: Floats
    session: Ints
    request: Ints
    block: Ints
    input_tokens: Ints | None = None
    output_tokens: Ints | None = None

    @property
    def seconds(self) -> int:
        """How long it lasts, to the end of the second in which the last request arrives."""
        return int(self.arrival_s[-1]) + 1

    @property
    def has_blocks(self) -> bool:
        """Whether it tells prefixes, and by them conversations."""
        return len(self.block) > 0


@dataclass(slots=True)
class _Columns:
    """What was read so far, as plain machine numbers."""

    arrival: array[float] = field(default_factory=lambda: array("d"))
    session: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    blocks: array[int] = field(default_factory=lambda: array("q"))
    inputs: array[int] = field(default_factory=lambda: array("q"))
    outputs: array[int] = field(default_factory=lambda: array("q"))
    sessions: dict[int, int] = field(default_factory=dict)
    number: int = 0

    def add(self, row: Row) -> str:
        """Take a row; returns what is wrong with it, or nothing."""
        if self.arrival and row.at < self.arrival[-1]:
            return "goes back in time"
        if len(self.arrival) >= MAX_REQUESTS:
            return f"passes the limit of {MAX_REQUESTS:,} requests"
        if len(self.blocks) + len(row.blocks) > MAX_BLOCKS:
            return f"passes the limit of {MAX_BLOCKS:,} blocks"
        for column, value, name in ((self.inputs, row.input, "input"), (self.outputs, row.output, "output")):
            if (value is None) != (len(column) < len(self.arrival)) and self.arrival:
                return f"{'lacks' if value is None else 'has'} the {name} length that the lines before {'have' if value is None else 'lack'}"
            if value is not None:
                column.append(value)
        # A key of its own for a request that shares nothing: negative, which no block is.
        key = row.blocks[1] if len(row.blocks) > 1 else -1 - len(self.arrival)
        self.session.append(self.sessions.setdefault(key, len(self.sessions)))
        self.arrival.append(row.at)
        self.counts.append(len(row.blocks))
        self.blocks.extend(row.blocks)
        return ""

    def trace(self) -> Trace:
        """Return the whole."""
        counts = np.array(self.counts, np.int64)
        inputs, outputs = (np.array(c, np.int64) if c else None for c in (self.inputs, self.outputs))
        return Trace(np.array(self.arrival), np.array(self.session, np.int64), np.repeat(np.arange(len(counts)), counts),
                     np.array(self.blocks, np.int64), inputs, outputs)  # fmt: skip


def read_trace(lines: Iterable[bytes]) -> Trace | str:
    """Read a trace; returns a sentence that says what is wrong with it, and in which line, where it cannot be read."""
    columns = _Columns()
    number = 0
    try:
        wrong = ""
        read: Callable[[bytes], Row | str | None] | None = None
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if read is None:
                found = _reader(line)
                if isinstance(found, str):
                    return f"line {number} {found}"
                read = found
            row = read(line)
            if row is None:
                continue
            wrong = row if isinstance(row, str) else columns.add(row)
            if wrong:
                return f"line {number} {wrong}"
    except BrokenOffError as why:
        return f"line {number + 1} is not whole: {why}"
    if not columns.arrival:
        return f"it ends after line {number} without a request" if number else "it is empty"
    return columns.trace()


def _reader(line: bytes) -> Any:
    """Return what reads the lines of a trace that begins with this one, or what is wrong with it."""
    return read_row if line.lstrip(b"\xef\xbb\xbf \t")[:1] in (b"{", b"[") else reader_of(line)
