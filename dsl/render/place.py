"""Where a span lies, as the formats say it: lines, columns and the names of files."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from rackc.dsl.source import Source, Span


class Region(NamedTuple):
    """Lines and columns, from 1; columns count characters, and the last is that after the region."""

    line: int
    column: int
    end_line: int
    end_column: int


def region_of(source: Source, span: Span) -> Region:
    """Return the lines and columns of exactly a span."""
    return Region(source.line_of(span.start), source.column_of(span.start),
                  source.line_of(span.end), source.column_of(span.end))  # fmt: skip


def shown_region(source: Source, span: Span) -> Region:
    """Return the lines and columns of a span without the blanks and newlines at its end."""
    text = source.at(span).rstrip()
    last = source.byte_of(source.character_of(span.start) + len(text))
    return region_of(source, Span(span.source, span.start, last))


def path_from(name: str, base: str) -> str:
    """Return the path of a file relative to the folder `base`, where it lies below it."""
    inside = f"{base.rstrip('/')}/"
    return name[len(inside) :] if base and name.startswith(inside) else name.removeprefix("./")


#: What stands for itself in a path of a URI (RFC 3986, 3.3); a colon does not in the first step of a relative one.
_SAFE: Final = "/!$&'()*+,;=@-._~"


def uri_of(name: str, base: str) -> str:
    """Return a file's path, relative to `base` where it lies below it, as a reference that any URI reader accepts."""
    path = path_from(name, base)
    # Names come from the system, where bytes that are no UTF-8 are kept as lone surrogates.
    raw = path.encode("utf-8", "surrogatepass") if not _from_bytes(path) else path.encode("utf-8", "surrogateescape")
    quoted = quote(raw, safe=_SAFE)
    # A path that begins with two slashes would name a host.
    return f"file:///{quoted.lstrip('/')}" if quoted.startswith("/") else quoted


def _from_bytes(path: str) -> bool:
    surrogates = [c for c in path if "\ud800" <= c <= "\udfff"]
    return bool(surrogates) and all("\udc80" <= c <= "\udcff" for c in surrogates)
