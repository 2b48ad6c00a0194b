"""Small designs with the findings expected at a line: `# error: E0401`, `# warning: W0651`, `# allowed: W0651`, or none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rackc.api import compile
from rackc.dsl.render import as_json, render
from rackc.dsl.source import Source

FOLDER = Path(__file__).parents[1] / "corpus" / "check"
FILES = sorted(FOLDER.glob("*.rack"))
_EXPECTED = re.compile(r"# (error|warning|allowed): ([EW]\d{4})")


def expected(source: Source) -> list[tuple[str, int, str, str]]:
    """Return file, line, severity and code of each comment that asks for a finding."""
    lines = source.text.splitlines()
    return [(source.name, at, *found) for at, line in enumerate(lines, 1) for found in _EXPECTED.findall(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_findings(path: Path) -> None:
    result = compile(path, solve=False)
    rows = as_json((*result.diagnostics, *result.allowed), result.sources)
    found = [
        (row["at"]["file"], row["at"].get("line", 0), "allowed" if row["allowed"] else row["severity"], row["code"])
        for row in rows
    ]
    wanted = [one for source in result.sources.values() for one in expected(source)]
    assert sorted(found) == sorted(wanted), "\n\n".join(render(d, result.sources) for d in result.diagnostics)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_messages_are_usable(path: Path) -> None:
    """Every finding has a place, a terse title, no innards of the compiler, and a way out."""
    result = compile(path, solve=False)
    for diagnostic in result.diagnostics:
        said = " ".join((diagnostic.message, diagnostic.at.text, *diagnostic.hints, *diagnostic.notes))
        assert diagnostic.at.span.source, diagnostic
        assert len(diagnostic.message) <= 160, diagnostic.message
        assert not re.search(r"Quantity|Interval\(|Fraction|object at|<class|Traceback|dataclass|SPOILT", said), said
        told = (
            diagnostic.hints
            or diagnostic.at.text
            or re.search(r"`| is a | must be | has no |some of these", diagnostic.message)
        )
        assert told, diagnostic.message


def test_no_file_is_named_twice_and_all_are_small() -> None:
    assert len(FILES) >= 90
    assert max(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES) <= 45
