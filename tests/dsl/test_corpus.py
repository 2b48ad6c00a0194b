"""Small designs with the findings expected at a line: `# error: E0401`, `# warning: W0651`, `# allowed: W0651`, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from rackc.api import compile, run_tests
from rackc.compiler.pipeline import Result
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code
from rackc.dsl.parser import parse
from rackc.dsl.render import as_json, render
from rackc.dsl.source import Source

CORPUS = Path(__file__).parents[1] / "corpus"
#: Folders by what is done with their files: checked, solved and built, run as tests.
FILES = sorted(path for folder in ("check", "solve", "test") for path in (CORPUS / folder).glob("*.rack"))
#: Codes that no design alone brings about: the command line's own, and the solver giving up.
ELSEWHERE = {Code.UNREADABLE, Code.NOT_FOUND, Code.LOCK, Code.LOCK_FALSE, Code.LOCK_UNREADABLE}
_EXPECTED = re.compile(r"# (error|warning|note|allowed): ([EWN]\d{4})")


def expected(source: Source) -> list[tuple[str, int, str, str]]:
    """Return file, line, severity and code of each comment that asks for a finding."""
    lines = source.text.splitlines()
    return [(source.name, at, *found) for at, line in enumerate(lines, 1) for found in _EXPECTED.findall(line)]


@cache
def outcome(path: Path) -> Result:
    """Return what comes of a file; a test's findings are those of all tests in it."""
    if path.parent.name != "test":
        return compile(path, solve=path.parent.name == "solve")
    results = [result for _, result in run_tests(path, solve=False)]
    return replace(results[0], diagnostics=tuple(d for result in results for d in result.diagnostics))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_findings(path: Path) -> None:
    result = outcome(path)
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
    result = outcome(path)
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
    assert len(FILES) >= 150
    assert len({path.stem for path in FILES}) == len(FILES)
    assert max(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES) <= 45


@pytest.mark.parametrize("code", [code for code in Code if code not in ELSEWHERE])
def test_every_code_has_a_file_that_brings_it_about(code: Code) -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert any(f": {code.value}".encode() in path.read_bytes() for path in files)


def statements(node: object) -> Iterator[tree.Statement]:
    """Yield every statement inside a node, outer ones first."""
    if isinstance(node, tree.Statement):
        yield node
    children = (
        (getattr(node, f.name) for f in fields(node)) if is_dataclass(node) else node if isinstance(node, tuple) else ()
    )
    for child in children:
        yield from statements(child)


@cache
def kinds() -> tuple[frozenset[type], frozenset[type]]:
    """Return the kinds of statement in files without findings, and those that findings stand in."""
    sound: set[type] = set()
    faulty: set[type] = set()
    for path in FILES:
        source = Source(str(path), path.read_text(encoding="utf-8"))
        inside = list(statements(parse(source).tree))
        found = [d.at.span for d in outcome(path).diagnostics if d.at.span.source == str(path)]
        sound |= set() if found else {type(s) for s in inside}
        for span in found:
            around = [s for s in inside if s.span.start <= span.start and span.end <= s.span.end]
            faulty |= {type(around[-1])} if around else set()
    return frozenset(sound), frozenset(faulty)


@pytest.mark.parametrize("kind", tree.Statement.__args__, ids=lambda kind: kind.__name__)
def test_every_kind_of_statement_passes_and_fails_somewhere(kind: type) -> None:
    sound, faulty = kinds()
    assert kind in sound
    assert kind in faulty
