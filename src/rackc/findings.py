"""Findings of one or several files, printed in the format asked for: for a person to stderr, as data to stdout."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rackc import __version__
from rackc.dsl.diagnostics import Code, Diagnostic, Label, Severity
from rackc.dsl.source import Source, Span

if TYPE_CHECKING:
    from rackc.compiler.pipeline import Result


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of the command line, and what came of it."""

    path: Path
    result: Result

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What was found, the allowed with it."""
        return (*self.result.diagnostics, *self.result.allowed)


def unreadable(path: Path, error: Exception) -> Checked:
    """Return the result for a file that could not be read."""
    from rackc.compiler.pipeline import Result

    return Checked(path, Result({}, (unreadable_finding(path, error),)))


def unreadable_finding(path: Path, error: Exception) -> Diagnostic:
    """Return the finding for a file that could not be read."""
    reason = str(error).removeprefix(f"{path}: ")
    return Diagnostic(Code.UNREADABLE, f"{path}: {reason}", Label(Span(str(path), 0, 0)))


def print_data(checked: Sequence[Checked], form: str, *, one: bool = False) -> None:
    """Print findings to stdout in a format other than text; `one` file makes one JSON document, several a list."""
    if form == "json":
        documents = [document(each) for each in checked]
        print_json(documents[0] if one else documents)
        return
    _as_utf8()
    base = Path.cwd().as_posix()
    sources = {name: source for each in checked for name, source in each.result.sources.items()}
    if form == "sarif":
        from rackc.dsl.render.sarif import sarif

        print_json(sarif(_once(checked), sources, __version__, base))
    elif form == "github":
        from rackc.dsl.render.github import github

        sys.stdout.write(github(_once(checked), sources, base))
    else:
        from rackc.dsl.render.junit import junit

        sys.stdout.write(junit({str(each.path): each.findings for each in checked}, sources, base))


def _once(checked: Sequence[Checked]) -> list[Diagnostic]:
    """Return all findings, each once: files that share a module share what is wrong with it."""
    return list(dict.fromkeys(found for each in checked for found in each.findings))


def print_text(findings: Sequence[Diagnostic], sources: dict[str, Source]) -> None:
    """Print findings to stderr, in colour where it is a terminal."""
    from rackc.dsl.render import render, render_colour

    draw = render_colour if sys.stderr.isatty() and "NO_COLOR" not in os.environ else render
    for found in findings:
        print(draw(found, sources), file=sys.stderr)
        print(file=sys.stderr)


def counted(result: Result) -> str:
    """Return `1 error, no warnings` and, where there are some, notes and what is allowed."""
    of = {severity: sum(d.severity is severity for d in result.diagnostics) for severity in Severity}
    parts = [count(of[Severity.ERROR], "error"), count(of[Severity.WARNING], "warning")]
    if of[Severity.NOTE]:
        parts.append(count(of[Severity.NOTE], "note"))
    if result.allowed:
        parts.append(f"{len(result.allowed)} allowed")
    return ", ".join(parts)


def count(n: int, noun: str) -> str:
    """Return a number of things in words: `no files`, `1 file`, `2 files`."""
    return f"{n or 'no'} {noun}" if n == 1 else f"{n or 'no'} {noun}s"


def document(checked: Checked) -> dict[str, Any]:
    """Return a result as plain data (`rackc schema findings`)."""
    from rackc.dsl.render import as_json

    result = checked.result
    made: dict[str, Any] = {
        "file": str(checked.path), "design": result.design,
        "diagnostics": as_json(result.diagnostics, result.sources), "allowed": as_json(result.allowed, result.sources),
        "requirements": {"hold": result.rules_held, "await_decisions": result.rules_waiting},
        "undecided": list(result.undecided), "solved": list(result.solved), "interrupted": result.interrupted,
        "report": None,
    }  # fmt: skip
    if result.plan is not None and result.report is not None:
        from rackc.backends.report.document import document as report_document

        made["report"] = report_document(result.plan, result.report).model_dump(mode="json")["report"]
    return made


def print_json(made: Any) -> None:
    """Print a document to stdout."""
    _as_utf8()
    print(json.dumps(made, indent=1, ensure_ascii=False))


def _as_utf8() -> None:
    """Write data as UTF-8 whatever the terminal's encoding; file names that are none become escapes of JSON."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
