"""Diagnostics as annotations of a pull request: workflow commands of GitHub Actions, one a line.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rackc.dsl.diagnostics import Diagnostic, Label, Severity
from rackc.dsl.render.place import path_from, shown_region
from rackc.dsl.render.words import details
from rackc.dsl.source import Source
from rackc.dsl.text import printable

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], base: str = "") -> str:
    """Return one workflow command for each finding that stands; paths are relative to `base`."""
    return "".join(f"{_annotation(d, sources, base)}\n" for d in diagnostics if not d.allowed)


def _annotation(diagnostic: Diagnostic, sources: Mapping[str, Source], base: str) -> str:
    label = _own(diagnostic, sources)
    properties = {"file": path_from(label.span.source, base)} if label.span.source else {}
    source = sources.get(label.span.source)
    if source is not None:
        at = shown_region(source, label.span)
        properties |= {"line": str(at.line), "endLine": str(at.end_line)}
        if at.line == at.end_line:  # columns are refused where the lines differ
            properties |= {"col": str(at.column), "endColumn": str(max(at.end_column, at.column + 1))}
    properties["title"] = diagnostic.code.value
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [diagnostic.message, *_elsewhere(diagnostic, label, sources, base), *details(diagnostic, sources)]
    return f"::{_COMMANDS[diagnostic.severity]} {given}::{_data(lines)}"


def _own(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> Label:
    """Return the label to annotate: the first in a file of the repository, not in one that came with rackc."""
    labels = (diagnostic.at, *diagnostic.also)
    return next(
        (one for one in labels if one.span.source in sources and not sources[one.span.source].shipped), labels[0]
    )


def _elsewhere(diagnostic: Diagnostic, shown: Label, sources: Mapping[str, Source], base: str) -> list[str]:
    """Return the other labels, each with its place, for an annotation marks one alone."""
    lines = []
    for label in (diagnostic.at, *diagnostic.also):
        source = sources.get(label.span.source)
        if label is not shown and source is not None:
            line = source.line_of(label.span.start)
            lines.append(f"{path_from(source.name, base)}:{line}: {label.text}".rstrip(": "))
    return lines


def _data(lines: Iterable[str]) -> str:
    return "%0A".join(printable(line).replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return printable(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
