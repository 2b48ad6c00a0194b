"""Small projects with the findings expected at the line, in `.rack` files, rack.toml and packages.lock alike.

A design is `main.rack` at the top of its folder, or below in `project/` or `designs/`. After a change to a dependency,
`rackc packages lock DIR` renews its packages.lock; most of those with a finding in them are written by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.api import compile
from rackc.compiler.pipeline import Result
from rackc.dsl.render import as_json, render
from rackc.dsl.source import Source
from tests.dsl.test_corpus import expected

FOLDER = Path(__file__).parents[1] / "corpus" / "modules"
CASES = sorted(FOLDER.iterdir())


def check(case: Path) -> Result:
    """Check the design of a case."""
    (design,) = (path for sub in ("", "project", "designs") if (path := case / sub / "main.rack").exists())
    return compile(design, solve=False)


def said(result: Result) -> str:
    """Return all findings as they are printed."""
    return "\n\n".join(render(d, result.sources) for d in result.diagnostics)


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_findings(case: Path) -> None:
    result = check(case)
    rows = as_json(result.diagnostics, result.sources)
    found = [(row["at"]["file"], row["at"].get("line", 0), row["severity"], row["code"]) for row in rows]
    files = [p for p in case.rglob("*") if p.is_file() and p.suffix in (".rack", ".toml", ".lock")]
    wanted = [one for p in files for one in expected(Source(str(p), p.read_text(encoding="utf-8", errors="replace")))]
    assert sorted(found) == sorted(wanted), said(result)


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_messages_are_usable(case: Path) -> None:
    result = check(case)
    for diagnostic in result.diagnostics:
        assert diagnostic.at.span.source in result.sources
        assert len(diagnostic.message) <= 160, diagnostic.message
        assert diagnostic.hints or diagnostic.at.text, diagnostic
