"""Every format survives any text in messages, labels and names of files, and stays what its readers parse."""

from __future__ import annotations

import json
import unicodedata
from xml.etree import ElementTree

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label, Severity
from rackc.dsl.render import as_json, render, render_colour
from rackc.dsl.render.github import github
from rackc.dsl.render.junit import junit
from rackc.dsl.render.sarif import sarif
from rackc.dsl.source import Source, Span
from tests.formats.test_formats import validator

#: Any characters at all, among them lone surrogates, which names of files may hold, and what formats give a meaning.
TEXTS = st.text(
    st.characters() | st.characters(categories=["Cs", "Cc", "Cf"]) | st.sampled_from("\n\r\t%:,{}[](){0}::&<>'\"]]>")
)
NAMES = TEXTS.filter(bool)
#: What a file can hold: it was decoded from UTF-8.
CODE = st.text(st.characters(codec="utf-8") | st.sampled_from("\n\r\t a漢é🦀"), max_size=60)


#: The first text drawn loads tables of Unicode, and other tests may run beside: time says nothing here.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def findings(draw: st.DrawFn) -> tuple[Diagnostic, dict[str, Source]]:
    """Return a finding with labels anywhere in one or two files, of which one may be unknown."""
    sources = {name: Source(name, draw(CODE), shipped=draw(st.booleans())) for name in draw(st.sets(NAMES, max_size=2))}
    names = [*sources, draw(TEXTS)]

    def span() -> Span:
        name = draw(st.sampled_from(names))
        characters = len(sources[name].text) if name in sources else 9
        first, last = sorted((draw(st.integers(0, characters)), draw(st.integers(0, characters))))
        byte_of = sources[name].byte_of if name in sources else int
        return Span(name, byte_of(first), byte_of(last))

    texts = st.lists(TEXTS, max_size=2).map(tuple)
    made = Diagnostic(
        draw(st.sampled_from(Code)), draw(TEXTS), Label(span(), draw(TEXTS)),
        tuple(Label(span(), draw(TEXTS)) for _ in range(draw(st.integers(0, 2)))), draw(texts), draw(texts),
        Fix(span(), draw(TEXTS)) if draw(st.booleans()) else None, draw(st.sampled_from(Severity)), draw(TEXTS),
    )  # fmt: skip
    return made, sources


@calm
@given(findings())
def test_text(made: tuple[Diagnostic, dict[str, Source]]) -> None:
    found, sources = made
    text = render(found, sources)
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    plain = render_colour(found, sources)
    for code in ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == text


@calm
@given(findings())
def test_json(made: tuple[Diagnostic, dict[str, Source]]) -> None:
    from rackc.findings_schema import Finding

    found, sources = made
    (row,) = as_json([found], sources)
    assert json.loads(json.dumps(row)) == row
    jsonschema.Draft202012Validator(Finding.model_json_schema()).validate(row)


@calm
@given(findings())
def test_sarif(made: tuple[Diagnostic, dict[str, Source]]) -> None:
    found, sources = made
    log = sarif([found], sources, "0")
    validator().validate(log)
    (result,) = log["runs"][0]["results"]
    for place in (*result.get("locations", ()), *result.get("relatedLocations", ())):
        physical = place["physicalLocation"]
        assert physical["artifactLocation"]["uri"].isascii()
        region = physical.get("region")
        if region is not None:
            assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


@calm
@given(findings())
def test_github(made: tuple[Diagnostic, dict[str, Source]]) -> None:
    found, sources = made
    lines = github([found], sources).split("\n")
    assert len(lines) == (1 if found.allowed else 2)
    if not found.allowed:
        command, _, _ = lines[0].removeprefix("::").partition("::")
        given_names = [pair.partition("=")[0] for pair in command.partition(" ")[2].split(",")]
        assert set(given_names) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert "\r" not in lines[0]


@calm
@given(findings(), NAMES)
def test_junit(made: tuple[Diagnostic, dict[str, Source]], name: str) -> None:
    found, sources = made
    top = ElementTree.fromstring(junit({name: [found]}, sources).encode("utf-8"))
    (case,) = top.findall("testsuite/testcase")
    assert len(case) == 1
