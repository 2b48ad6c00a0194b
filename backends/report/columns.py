"""Tables as lines of text."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: int | None = None) -> list[str]:
    """Return rows as lines, each column as wide as its widest cell, the first `left` of them (None: all) flush left."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    flush = len(widths) if left is None else left
    return [
        "  ".join(
            cell.ljust(width) if at < flush else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
