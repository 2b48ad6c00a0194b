"""File names and printed figures that all drawings share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rackc.compiler.plan import Plan

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def file_stems(names: Iterable[str], suffix: str = "") -> tuple[str, ...]:
    """Return a file name without its ending for each name: no two alike, even where letters fold case."""
    used: set[str] = set()
    return tuple(_free_stem(_UNSAFE.sub("-", name).lstrip(".")[:120] or "unnamed", suffix, used) for name in names)


def _free_stem(stem: str, suffix: str, taken: set[str]) -> str:
    found, count = stem + suffix, 1
    while found.casefold() in taken:
        count += 1
        found = f"{stem}-{count}{suffix}"
    taken.add(found.casefold())
    return found


def sheet_name(plan: Plan) -> str:
    """Return what to call a design on its drawings: `Main` says nothing, so its file's name stands for it."""
    if plan.design != "Main":
        return plan.design
    return re.split(r"[/\\]", plan.file)[-1].removesuffix(".rack") or plan.design


def slug(stem: str) -> str:
    """Return an XML id for a file stem."""
    return "d-" + re.sub(r"[^A-Za-z0-9-]", "-", stem)


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return `1 link`, `1,296 links`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def short_power(watts: float) -> str:
    """Return a power in W or kW."""
    return f"{watts:,.0f} W" if abs(watts) < 1000 else f"{watts / 1000:,.1f} kW"


def short_rate(bytes_per_s: float) -> str:
    """Return a bandwidth in GB/s or TB/s."""
    giga = bytes_per_s / 1e9
    return f"{giga:,.3g} GB/s" if giga < 1000 else f"{giga / 1000:,.4g} TB/s"


def short_capacity(gib: int) -> str:
    """Return a capacity; TiB only where it is exact enough to read."""
    return f"{gib:,} GiB" if gib < 10240 else f"{gib / 1024:,.1f} TiB"


def short_time(seconds: float) -> str:
    """Return a span of time in the unit that suits it."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:,.3g} s"
