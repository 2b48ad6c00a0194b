"""Amounts as people write them."""

from __future__ import annotations


def plural(count: int, noun: str, which: str = "") -> str:
    """Return "1 link", "2 links", "2 more switches", "2 shelves"."""
    if count == 1:
        return f"1 {which}{noun}"
    if noun.endswith("shelf"):
        return f"{count:,} {which}{noun[:-1]}ves"
    return f"{count:,} {which}{noun}{'es' if noun.endswith('ch') else 's'}"


def usd(cents: int) -> str:
    """Return money in whole USD: "67,950 USD"."""
    return f"{cents / 100:,.0f} USD"
