"""Diagnostics to text and JSON: the one place where they are rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rackc.dsl.diagnostics import Diagnostic, Label
from rackc.dsl.source import Source
from rackc.dsl.text import printable

_RED: Final = "\x1b[1;31m"
_YELLOW: Final = "\x1b[1;33m"
_BLUE: Final = "\x1b[1;34m"
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_MAX_WIDTH: Final = 160


def render(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """Return a diagnostic as text: title, the lines with carets, notes and hints."""
    return _render(diagnostic, sources, colour=False)


def render_colour(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """As `render`, for a terminal."""
    return _render(diagnostic, sources, colour=True)


def _render(diagnostic: Diagnostic, sources: Mapping[str, Source], *, colour: bool) -> str:
    paint = _Paint(colour)
    tone = _RED if diagnostic.is_error else _YELLOW
    title = paint(f"{diagnostic.severity}[{diagnostic.code}]", tone) + paint(
        f": {printable(diagnostic.message)}", _BOLD
    )
    lines = [title]
    files: dict[str, list[tuple[Label, bool]]] = {}
    for label, primary in [(diagnostic.at, True), *((also, False) for also in diagnostic.also)]:
        files.setdefault(label.span.source, []).append((label, primary))
    width = max((len(str(_line(sources, label))) for label in (diagnostic.at, *diagnostic.also)), default=1)
    for name, labels in files.items():
        if name in sources:
            lines.extend(_file(sources[name], labels, width, paint, tone))
    bar = " " * width + paint(" = ", _BLUE)
    lines.extend(f"{bar}note: {printable(note)}" for note in diagnostic.notes)
    lines.extend(f"{bar}hint: {printable(hint)}" for hint in diagnostic.hints)
    return "\n".join(lines)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, tone: str) -> str:
        return f"{tone}{text}{_PLAIN}" if self._colour else text


def _line(sources: Mapping[str, Source], label: Label) -> int:
    source = sources.get(label.span.source)
    return source.line_of(label.span.start) if source is not None else 1


def _file(source: Source, labels: list[tuple[Label, bool]], width: int, paint: _Paint, tone: str) -> list[str]:
    first = next((label for label, primary in labels if primary), labels[0][0])
    at = f"{source.name}:{source.line_of(first.span.start)}:{source.column_of(first.span.start)}"
    lines = [" " * width + paint("--> ", _BLUE) + at, " " * width + paint(" |", _BLUE)]
    by_line: dict[int, list[tuple[Label, bool]]] = {}
    for label, primary in labels:
        by_line.setdefault(source.line_of(label.span.start), []).append((label, primary))
    previous = None
    for number in sorted(by_line):
        if previous is not None and number > previous + 1:
            lines.append(" " * width + paint(" :", _BLUE))
        previous = number
        text = source.line(number).replace("\t", " ")
        lines.append(paint(f"{number:>{width}} | ", _BLUE) + _clip(text))
        lines.extend(_carets(source, number, text, by_line[number], width, paint, tone))
    return lines


def _clip(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _MAX_WIDTH else shown[: _MAX_WIDTH - 1] + "…"


def _carets(
    source: Source, number: int, text: str, labels: list[tuple[Label, bool]], width: int, paint: _Paint, tone: str
) -> list[str]:
    lines = []
    for label, primary in labels:
        start = min(source.column_of(label.span.start) - 1, _MAX_WIDTH)
        same_line = source.line_of(max(label.span.end - 1, label.span.start)) == number
        length = label.span.end - label.span.start if same_line else len(text.rstrip()) - start
        mark = ("^" if primary else "-") * max(1, min(length, _MAX_WIDTH - start))
        caret = paint(f"{mark} {printable(label.text)}".rstrip(), tone if primary else _BLUE)
        lines.append(" " * width + paint(" | ", _BLUE) + " " * start + caret)
    return lines


def as_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Return diagnostics as plain data: lines and columns from 1."""
    return [
        {
            "code": d.code.value,
            "severity": d.severity,
            "message": d.message,
            "at": _place(d.at, sources),
            "also": [_place(label, sources) for label in d.also],
            "notes": list(d.notes),
            "hints": list(d.hints),
        }
        for d in diagnostics
    ]


def _place(label: Label, sources: Mapping[str, Source]) -> dict[str, Any]:
    source = sources.get(label.span.source)
    place: dict[str, Any] = {"file": label.span.source, "label": label.text}
    if source is not None:
        end = max(label.span.end - 1, label.span.start)
        place |= {
            "line": source.line_of(label.span.start), "column": source.column_of(label.span.start),
            "end_line": source.line_of(end), "end_column": source.column_of(end) + 1,
        }  # fmt: skip
    return place
