"""Every format, as a whole (golden) and by what its readers rely on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.explain import title
from rackc.dsl.render import as_json, render
from rackc.dsl.render.github import github
from rackc.dsl.render.junit import junit
from rackc.dsl.render.sarif import sarif, uri_of
from rackc.dsl.source import Source, Span
from tests.formats.samples import ALL, ALLOWED, MAIN, MISSPELT, SHIPPED, SOURCES, UNKNOWN

GOLDEN = Path(__file__).with_name("golden")
SCHEMA = Path(__file__).with_name("schemas") / "sarif-schema-2.1.0.json"


def in_text() -> str:
    return "\n\n".join(render(d, SOURCES) for d in ALL) + "\n"


def in_sarif() -> str:
    log = sarif(ALL, SOURCES, "0")
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        rule["help"] = rule["fullDescription"] = "the page of the code"
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[], str]] = {
    "text.txt": in_text,
    "findings.json": lambda: json.dumps(as_json(ALL, SOURCES), indent=1, ensure_ascii=False) + "\n",
    "sarif.json": in_sarif,
    "github.txt": lambda: github(ALL, SOURCES),
    "junit.xml": lambda: junit({MAIN.name: ALL, "clean.rack": ()}, SOURCES),
}


@pytest.mark.parametrize("name", FORMATS)
def test_golden(name: str, update: bool) -> None:
    made, path = FORMATS[name](), GOLDEN / name
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), "run `make update` and review the diff"


# ---------------------------------------------------------------- SARIF


def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def results(*diagnostics: Diagnostic) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif(diagnostics, SOURCES, "0")["runs"][0]["results"]
    return found


def test_the_schema_is_the_official_one() -> None:
    stated = re.search(r"SHA-256: (\w+)", SCHEMA.with_name("README.md").read_text(encoding="utf-8"))
    assert stated is not None
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() == stated[1]


@pytest.mark.parametrize("findings", [ALL, ()], ids=["all", "none"])
def test_sarif_keeps_the_official_schema(findings: tuple[Diagnostic, ...]) -> None:
    validator().validate(sarif(findings, SOURCES, "0.1.0"))


def test_sarif_has_a_valid_rule_for_every_code() -> None:
    log = sarif([Diagnostic(code, "x", Label(Span(MAIN.name, 0, 4))) for code in Code], SOURCES, "0.1.0")
    validator().validate(log)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert len({rule["name"] for rule in rules}) == len(rules) == len(Code)
    for result in log["runs"][0]["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["defaultConfiguration"]["level"] == result["level"]
        assert rule["shortDescription"]["text"] == title(Code(rule["id"]))


def test_sarif_counts_columns_in_characters_as_it_declares() -> None:
    assert sarif((), SOURCES, "0")["runs"][0]["columnKind"] == "unicodeCodePoints"
    (found,) = results(MISSPELT)
    region = found["locations"][0]["physicalLocation"]["region"]
    line = MAIN.text.splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "tdpp"


def test_a_fix_applied_to_its_region_is_the_mended_text() -> None:
    (found,) = results(UNKNOWN)
    (change,) = found["fixes"][0]["artifactChanges"]
    (edit,) = change["replacements"]
    region, lines = edit["deletedRegion"], MAIN.text.splitlines()
    line = lines[region["startLine"] - 1]
    mended = line[: region["startColumn"] - 1] + edit["insertedContent"]["text"] + line[region["endColumn"] - 1 :]
    assert mended == line.replace("Qart", "Part")


def test_sarif_messages_hold_no_placeholders_and_no_links() -> None:
    """SARIF 2.1.0, 3.11.5: braces are doubled. 3.11.6: `[text](target)` is a link."""
    (found,) = results(ALLOWED)
    assert "{{0}}" in found["message"]["text"]
    assert "](" not in found["message"]["text"]
    assert found["suppressions"] == [{"kind": "inSource", "justification": ALLOWED.allowed}]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("d é.rack", "d%20%C3%A9.rack"), ("a:b/100%.rack", "a%3Ab/100%25.rack"), ("./d.rack", "d.rack"),
        ("/home/repo/sub/d.rack", "sub/d.rack"), ("/home/repository/d.rack", "file:///home/repository/d.rack"),
        ("../d.rack", "../d.rack"), ("d#1?.rack", "d%231%3F.rack"), ("bad\udcff.rack", "bad%FF.rack"),
    ],
)  # fmt: skip
def test_uris_are_relative_and_quoted(name: str, uri: str) -> None:
    assert uri_of(name, "/home/repo") == uri


# ---------------------------------------------------------------- GitHub and JUnit


def test_an_annotation_lies_in_the_users_files_and_says_the_rest() -> None:
    lines = github(ALL, SOURCES).splitlines()
    assert len(lines) == len(ALL) - 1, "what is allowed is no annotation"
    library = next(line for line in lines if "title=W0551" in line)
    assert "line=4" in library
    assert "library/std/x.rack:1: this" in library


def test_annotations_escape_what_the_runner_reads() -> None:
    source = Source("a,b:50%.rack", "x")
    found = Diagnostic(Code.TYPE, "50 % of\r\n::error::x", Label(Span(source.name, 0, 1)), hints=("a: b, c",))
    (line,) = github([found], {source.name: source}).splitlines()
    command, _, message = line.removeprefix("::").partition("::")
    assert command == "error file=a%2Cb%3A50%25.rack,line=1,endLine=1,col=1,endColumn=2,title=E0303"
    assert message.startswith("50 %25 of")
    assert message.endswith("%0Ahint: a: b, c")


def test_columns_are_left_out_where_lines_differ() -> None:
    (line,) = [line for line in github(ALL, SOURCES).splitlines() if "title=E0801" in line]
    assert "line=4,endLine=6,title" in line


def test_junit_counts_what_it_holds() -> None:
    top = ElementTree.fromstring(junit({MAIN.name: ALL, "clean.rack": ()}, SOURCES).encode())
    full, clean = top.findall("testsuite")
    for suite in (full, clean):
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    assert (full.attrib["failures"], full.attrib["skipped"]) == ("2", "4")
    assert [len(case) for case in clean] == [0], "a passing case"


def test_what_comes_with_rackc_is_not_taken_for_the_users() -> None:
    (found,) = results(Diagnostic(Code.TYPE, "x", Label(Span(SHIPPED.name, 0, 4))))
    artifact = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "library/std/x.rack", "uriBaseId": "RACKC_LIBRARY"}
