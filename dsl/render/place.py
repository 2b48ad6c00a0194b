"""Where a span lies, as the formats say it: lines, columns and the names of files."""

from __future__ import annotations

from typing import NamedTuple

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
