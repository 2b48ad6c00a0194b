"""Lines of an Azure trace: CSV with a header, `TIMESTAMP` (wall clock), `ContextTokens`, `GeneratedTokens`, in any order.

Other columns are passed over. The clock has up to nine digits behind the second, and may say how far it is from UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from rackc.compiler.workload.row import MAX_TOKENS, Row, no_tokens

_COLUMNS: Final = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_CLOCK: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)
_WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY: Final = 2
_SECOND_NS: Final = 10**9
_MAX_COLUMNS: Final = 100


def reader_of(header: bytes) -> Callable[[bytes], Row | str | None] | str:
    """Return what reads the lines after this header (and the header itself, as no row), or what is wrong with it."""
    names = _fields(header)
    if isinstance(names, str):
        return names
    if not set(names) & set(_COLUMNS):
        return f"is neither JSON nor a header with {', '.join(f'`{name}`' for name in _COLUMNS)}"
    for name in _COLUMNS:
        if names.count(name) != 1:
            return f"has {'no column' if name not in names else 'twice the column'} `{name}`"
    clock, given, made = (names.index(name) for name in _COLUMNS)
    first_ns: int | None = None

    def read(line: bytes) -> Row | str | None:
        nonlocal first_ns
        fields = _fields(line)
        if isinstance(fields, str):
            return fields
        if first_ns is None and fields == names:
            return None
        if len(fields) != len(names):
            return f"has {len(fields)} fields, the header has {len(names)}"
        at = _nanoseconds(fields[clock])
        if at is None:
            return "has no `TIMESTAMP` such as 2023-11-16 18:15:46.6805900"
        first_ns = at if first_ns is None else first_ns
        if at < first_ns:
            return "goes back in time"
        tokens = [_tokens(fields[at]) for at in (given, made)]
        for name, value, place in zip(_COLUMNS[1:], tokens, (given, made), strict=True):
            if value is None:
                return no_tokens(name, fields[place])
        return Row((at - first_ns) / _SECOND_NS, tokens[0], tokens[1], [])

    return read


def _fields(line: bytes) -> list[str] | str:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not text"
    if text.count(",") >= _MAX_COLUMNS:
        return f"has more than {_MAX_COLUMNS} fields"
    return [field.strip().strip('"') for field in text.strip().split(",")]


def _tokens(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) and int(text) <= MAX_TOKENS else None


def _nanoseconds(text: str) -> int | None:
    """Return a wall clock in nanoseconds since the year 0 (Gregorian, UTC), None where it is none."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(n) for n in found.groups()[:6])
    if not (1 <= month <= len(_MONTH_DAYS) and 1 <= day <= _days_of(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 59:  # as clocks go
        return None
    sign, hours, minutes = found.groups()[7:]
    offset = 0 if sign is None else (int(hours) * 60 + int(minutes)) * (1 if sign == "+" else -1)
    whole = ((_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    return whole * _SECOND_NS + int((found[7] or "").ljust(9, "0"))


def _leaps(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_of(year: int, month: int) -> int:
    return _MONTH_DAYS[month - 1] + (month == _FEBRUARY and _leaps(year))


def _days(year: int, month: int, day: int) -> int:
    """Return how many days lie before a date, counted from the first of January of the year 0."""
    before = year - 1
    days = year * 365 + before // 4 - before // 100 + before // 400
    return days + sum(_days_of(year, m) for m in range(1, month)) + day
