"""Amounts as people write them."""

from __future__ import annotations


def usd(cents: int) -> str:
    """Return money in whole USD: "67,950 USD"."""
    return f"{cents / 100:,.0f} USD"
