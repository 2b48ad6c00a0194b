"""Request traces with prefix blocks (the columns of the Mooncake traces: JSON lines with `timestamp`, `hash_ids`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

#: Tokens in one hashed block of a Mooncake trace (FAST'25 release, README).
BLOCK_TOKENS: Final = 512

#: A trace beyond this is cut off with an error rather than taking all memory.
MAX_BLOCKS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests in order of arrival: `block[k]` is used by request `request[k]`, which arrives at `arrival_s`.

    `session[r]` numbers the conversations: requests that share their second block (the first is a system prompt
    common to all) belong together; a request of one block is a conversation of its own.
    """

    arrival_s: npt.NDArray[np.float64]
    session: npt.NDArray[np.int64]
    request: npt.NDArray[np.int64]
    block: npt.NDArray[np.int64]


def read_trace(lines: Iterable[bytes]) -> Trace | str:
    """Read a trace; returns a sentence that says what is wrong with it where it cannot be read."""
    arrival: list[float] = []
    session: list[int] = []
    counts: list[int] = []
    blocks: list[int] = []
    known: dict[Any, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _row(line)
        if isinstance(row, str):
            return f"line {number} {row}"
        at, ids = row
        if arrival and at < arrival[-1]:
            return f"line {number} goes back in time"
        if len(blocks) + len(ids) > MAX_BLOCKS:
            return f"line {number} passes the limit of {MAX_BLOCKS:,} blocks"
        key = ids[1] if len(ids) > 1 else ("alone", number)
        session.append(known.setdefault(key, len(known)))
        arrival.append(at)
        counts.append(len(ids))
        blocks.extend(ids)
    if not arrival:
        return "it holds no request"
    if not blocks:
        return "its requests have no prefix blocks (`hash_ids` is empty throughout)"
    request = np.repeat(np.arange(len(counts)), counts)
    return Trace(np.array(arrival), np.array(session), request, np.array(blocks, dtype=np.int64))


def _row(line: bytes) -> tuple[float, list[int]] | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(row, dict):
        return "is not a JSON object"
    at, ids = row.get("timestamp"), row.get("hash_ids")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < 1e12:
        return "has no `timestamp` in milliseconds"
    if not isinstance(ids, list) or not all(isinstance(i, int) and 0 <= i < 2**62 for i in ids):
        return "has no `hash_ids`: a retained prefix needs the prefix blocks of each request"
    return at / 1000, ids
