"""Amounts as people write them."""

from __future__ import annotations

from rackc.compiler import amounts


def usd(cents: int | None) -> str:
    """Return money as people write it."""
    return "unknown" if cents is None else amounts.usd(cents)


def amount(goal: str, value: int) -> str:
    """Return an objective in the unit of its goal: the solver counts cents, milliwatts and millimetres."""
    match goal:
        case "cost":
            return usd(value)
        case "power":
            return f"{value / 1000:,.0f} W"
        case _:
            return f"{value / 1000:,.2f} m"


def rate(bytes_per_s: float) -> str:
    """Return a bandwidth with a fitting unit."""
    for factor, unit in ((1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s")):
        if bytes_per_s >= factor:
            return f"{bytes_per_s / factor:,.4g} {unit}"
    return f"{bytes_per_s:,.0f} B/s"
