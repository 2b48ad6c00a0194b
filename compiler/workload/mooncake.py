"""Lines of a Mooncake trace: `timestamp` (ms), `input_length`, `output_length` (tokens), `hash_ids` (prefix blocks)."""

from __future__ import annotations

import json
from typing import Any, Final

from rackc.compiler.workload.row import BLOCK_TOKENS, MAX_TOKENS, Row, no_tokens

_MAX_MS: Final = 10**12
_MAX_ID: Final = 2**62


def read_row(line: bytes) -> Row | str:
    """Return the request in a line, or what is wrong with it. The lengths may be left out, in all lines alike."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(row, dict):
        return "is not a JSON object"
    at, ids = row.get("timestamp"), row.get("hash_ids")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < _MAX_MS:
        return "has no `timestamp` in milliseconds from 0"
    if not isinstance(ids, list) or not all(type(i) is int and 0 <= i < _MAX_ID for i in ids):
        return "has no `hash_ids`, a list of whole numbers"
    lengths: list[int | None] = []
    for name in ("input_length", "output_length"):
        value = row.get(name)
        if name in row and (type(value) is not int or not 0 <= value <= MAX_TOKENS):
            return no_tokens(name, json.dumps(value))
        lengths.append(value)
    return _unlike(lengths[0], ids) or Row(at / 1000, lengths[0], lengths[1], ids)


def _unlike(length: int | None, ids: list[Any]) -> str:
    """Return what is wrong where the blocks are not those of the input: whole ones, and one that is not full."""
    if length is None or not ids or length // BLOCK_TOKENS <= len(ids) <= -(-length // BLOCK_TOKENS):
        return ""
    return f"has {len(ids):,} blocks for {length:,} tokens; blocks of {BLOCK_TOKENS} tokens would be {-(-length // BLOCK_TOKENS):,}"
