"""Diagnostics as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rackc.dsl.diagnostics import Diagnostic, Fix, Label
from rackc.dsl.render.place import region_of, shown_region
from rackc.dsl.source import Source


def as_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Return diagnostics as plain data: lines and columns from 1, columns in characters, ends exclusive."""
    return [
        {
            "code": d.code.value,
            "severity": d.severity.value,
            "message": d.message,
            "at": _place(d.at, sources),
            "also": [_place(label, sources) for label in d.also],
            "notes": list(d.notes),
            "hints": list(d.hints),
            "fix": None if d.fix is None else _fix(d.fix, sources),
            "allowed": d.allowed or None,
        }
        for d in diagnostics
    ]


def _place(label: Label, sources: Mapping[str, Source]) -> dict[str, Any]:
    source = sources.get(label.span.source)
    place: dict[str, Any] = {"file": label.span.source, "label": label.text}
    if source is not None:
        at = shown_region(source, label.span)
        # A place between two characters is shown by the one after it.
        end = at.end_column + (at[:2] == at[2:])
        place |= {"line": at.line, "column": at.column, "end_line": at.end_line, "end_column": end}
    return place


def _fix(fix: Fix, sources: Mapping[str, Source]) -> dict[str, Any] | None:
    source = sources.get(fix.span.source)
    if source is None:
        return None
    return {"file": fix.span.source, **region_of(source, fix.span)._asdict(), "text": fix.text}
