"""Diagnostics as text for a person: a title, the lines with marks under them, notes and hints."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rackc.dsl.diagnostics import Diagnostic, Label, Severity
from rackc.dsl.render.place import shown_region
from rackc.dsl.render.words import details
from rackc.dsl.source import Source
from rackc.dsl.text import printable

_RED: Final = "\x1b[1;31m"
_YELLOW: Final = "\x1b[1;33m"
_CYAN: Final = "\x1b[1;36m"
_BLUE: Final = "\x1b[1;34m"
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_TONES: Final = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}

#: Characters of a line that are shown; of a longer one, a window that begins so far before what is marked.
_MAX_WIDTH: Final = 160
_BEFORE: Final = 40


def render(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """Return a diagnostic as text: title, the lines with carets, notes and hints."""
    return _render(diagnostic, sources, _Paint(colour=False))


def render_colour(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """As `render`, for a terminal."""
    return _render(diagnostic, sources, _Paint(colour=True))


class _Paint:
    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, tone: str) -> str:
        return f"{tone}{text}{_PLAIN}" if self._colour else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """Characters `start` to `end` of a line, marked in a tone, with what is said about them."""

    line: int
    start: int
    end: int
    sign: str
    tone: str
    text: str


def _render(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: _Paint) -> str:
    tone = _TONES[diagnostic.severity]
    title = paint(f"{diagnostic.severity}[{diagnostic.code}]", tone)
    lines = [title + paint(f": {printable(diagnostic.message)}", _BOLD)]
    files: dict[str, list[_Mark]] = {}
    for label in (diagnostic.at, *diagnostic.also):
        source = sources.get(label.span.source)
        if source is not None:
            first = label is diagnostic.at
            marks = _marks(source, label, *(("^", tone) if first else ("-", _BLUE)))
            files.setdefault(source.name, []).extend(marks)
    width = max((len(str(mark.line)) for marks in files.values() for mark in marks), default=1)
    for name, marks in files.items():
        lines.extend(_file(sources[name], marks, width, paint))
    bar = " " * width + paint(" = ", _BLUE)
    lines.extend(bar + printable(line) for line in details(diagnostic, sources))
    return "\n".join(lines)


def _marks(source: Source, label: Label, sign: str, tone: str) -> list[_Mark]:
    """Return the marks of a label: its first line with what it says, and its last where that is another."""
    at = shown_region(source, label.span)
    first = source.line(at.line)
    if at.end_line == at.line:
        return [_Mark(at.line, at.column - 1, at.end_column - 1, sign, tone, label.text)]
    last = source.line(at.end_line)
    indent = len(last) - len(last.lstrip())
    return [
        _Mark(at.line, at.column - 1, len(first.rstrip()), sign, tone, label.text),
        _Mark(at.end_line, min(indent, at.end_column - 1), at.end_column - 1, sign, tone, ""),
    ]


def _file(source: Source, marks: list[_Mark], width: int, paint: _Paint) -> list[str]:
    at = f"{printable(source.name)}:{marks[0].line}:{marks[0].start + 1}"
    lines = [" " * width + paint("--> ", _BLUE) + at, " " * width + paint(" |", _BLUE)]
    by_line: dict[int, list[_Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.line, []).append(mark)
    previous = None
    for number in sorted(by_line):
        if previous is not None and number > previous + 1:
            lines.append(" " * width + paint(" :", _BLUE))
        previous = number
        lines.extend(_line(source.line(number), number, by_line[number], width, paint))
    return lines


def _line(text: str, number: int, marks: list[_Mark], width: int, paint: _Paint) -> list[str]:
    """Return one line, or a window of it, and a line for each of its marks."""
    anchor = min(mark.start for mark in marks)
    left = anchor - _BEFORE if len(text) > _MAX_WIDTH and anchor > _MAX_WIDTH - _BEFORE else 0
    shown = printable(text[left : left + _MAX_WIDTH].replace("\t", " "))
    more = "…" if left + _MAX_WIDTH < len(text) else ""
    lines = [paint(f"{number:>{width}} | ", _BLUE) + ("…" if left else "") + shown + more]
    for mark in marks:
        start = min(mark.start - left, len(shown))
        end = max(min(mark.end - left, len(shown)), start)
        signs = mark.sign * max(1, cells(shown[start:end]))
        indent = " " * (cells(shown[:start]) + bool(left))
        said = paint(f"{signs} {printable(mark.text)}".rstrip(), mark.tone)
        lines.append(" " * width + paint(" | ", _BLUE) + indent + said)
    return lines


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes: two for a wide character, none for one drawn on another."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
        for c in text
    )
