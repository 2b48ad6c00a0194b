"""Text from a design, made safe to show."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """Return one line without what a terminal or page would obey: control, format and line-break characters."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text
    )
