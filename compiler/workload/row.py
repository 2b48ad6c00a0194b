"""One request of a trace, and what its figures may be."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Tokens in one hashed block of a Mooncake trace (FAST'25 release, README).
BLOCK_TOKENS: Final = 512

#: No context is longer, and no answer.
MAX_TOKENS: Final = 10_000_000


class Row(NamedTuple):
    """When a request arrives (s), its tokens (None: the trace does not say) and its prefix blocks."""

    at: float
    input: int | None
    output: int | None
    blocks: list[int]


def no_tokens(name: str, value: object) -> str:
    """Return what is wrong with a number of tokens."""
    said = str(value)
    return f"has `{name}` {said if len(said) <= 20 else said[:20] + '…'}: tokens are a whole number, at most {MAX_TOKENS:,}"
