"""What stands below the title of a finding, in every format: notes, hints, and the fix where no hint says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source

_SHOWN: Final = 40


def details(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Return the lines below a title: `note: …`, `hint: …`, and why the design allows it."""
    fix = _fix_in_words(diagnostic, sources)
    return (
        *(f"note: {note}" for note in diagnostic.notes),
        *(f"hint: {hint}" for hint in diagnostic.hints),
        *((f"hint: {fix}",) if fix else ()),
        *((f"allowed: {diagnostic.allowed}",) if diagnostic.allowed else ()),
    )


def _fix_in_words(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """Return what the fix does, empty where there is none or a hint says it."""
    fix = diagnostic.fix
    source = None if fix is None else sources.get(fix.span.source)
    if fix is None or source is None:
        return ""
    old, new = _short(source.at(fix.span)), _short(fix.text)
    said = " ".join(diagnostic.hints)
    if (new and f"`{new}`" in said) or (not new and "remove" in said):
        return ""
    if not new:
        return f"remove `{old}`"
    return f"write `{new}` instead of `{old}`" if old else f"add `{new}`"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
