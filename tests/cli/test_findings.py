"""Findings on the command line: their formats, how they are graded, and those that a design allows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from rackc.api import compile
from rackc.cli import main
from rackc.compiler.settings import LOWERABLE
from rackc.dsl.diagnostics import Code, default_severity
from tests.dsl.test_explain import blocks
from tests.formats.test_formats import validator

#: One warning that is allowed, one that stands.
_WARNED = """edition 2026
tray T { height = 1 U; tdp = 300 W; roel = "x" }   # rackc: allow W0351 the vendor's spelling
tray Q { height = 1 U; tdp = 300 W; payloda = 1 kg }
rack R { units = 4; t: T at u(1); q: Q at u(2) }
design Main { rack: R }
"""
_BROKEN = _WARNED.replace("t: T at", "t: Tt at")
FORMATS = ("json", "sarif", "github", "junit")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.rack").write_text(_WARNED, encoding="utf-8")
    (tmp_path / "broken.rack").write_text(_BROKEN, encoding="utf-8")
    return tmp_path


def codes(form: str, printed: str) -> list[str]:
    """Return the codes of the findings that stand in what was printed."""
    if form == "json":
        made = json.loads(printed)
        return [row["code"] for each in (made if isinstance(made, list) else [made]) for row in each["diagnostics"]]
    if form == "sarif":
        (run,) = json.loads(printed)["runs"]
        return [row["ruleId"] for row in run["results"] if "suppressions" not in row]
    if form == "github":
        return re.findall(r"title=(\w+)::", printed)
    cases = ElementTree.fromstring(printed.encode()).iter("testcase")
    told = [(case.attrib["name"][:5], child.attrib["message"]) for case in cases for child in case]
    return [code for code, message in told if not message.startswith("allowed: ")]


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.usefixtures("folder")
def test_check_prints_all_files_to_stdout(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", form, "d.rack", "broken.rack", "missing.rack"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert sorted(codes(form, printed.out)) == ["E0202", "E0209", "W0351", "W0351"]


@pytest.mark.parametrize("form", FORMATS)
def test_build_prints_findings_and_writes_the_same_files(
    form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "d.rack", "-o", "out", "--target", "bom", "--format", form]) == 0
    assert codes(form, capsys.readouterr().out) == ["W0351"]
    assert (folder / "out" / "bom" / "bom.csv").is_file()
    assert main(["build", "broken.rack", "-o", "out", "--format", form]) == 1
    assert "E0202" in codes(form, capsys.readouterr().out)
    assert main(["build", "missing.rack", "-o", "out", "--format", form]) == 1
    assert codes(form, capsys.readouterr().out) == ["E0209"]


@pytest.mark.usefixtures("folder")
def test_json_keeps_its_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "findings"]) == 0
    schema = jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out))
    main(["check", "--format", "json", "d.rack", "broken.rack", "missing.rack"])
    schema.validate(json.loads(capsys.readouterr().out))
    main(["build", "d.rack", "-o", "out", "--target", "bom", "--format", "json"])
    built = json.loads(capsys.readouterr().out)
    schema.validate(built)
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({**built, "extra": 1})


@pytest.mark.usefixtures("folder")
def test_sarif_of_the_command_line_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "sarif", "d.rack", "broken.rack", "missing.rack"])
    log = json.loads(capsys.readouterr().out)
    validator().validate(log)
    names = [row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for row in log["runs"][0]["results"]]
    assert set(names) == {"d.rack", "broken.rack", "missing.rack"}


def test_modules_are_named_relative_to_where_one_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "parts.rack").write_text("edition 2026\ntray P { height = 1 U; payloda = 1 kg }\n", encoding="utf-8")
    text = "from parts import P\nrack R { units = 4; p: P at u(1) }\ndesign Main { rack: R }\n"
    for name in ("one.rack", "two.rack"):
        (folder / name).write_text(text, encoding="utf-8")
    assert main(["check", "--format", "github", "one.rack", "two.rack"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.partition(",")[0] for line in lines} == {"::warning file=parts.rack"}


def test_a_file_name_that_is_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import os

    raw = os.fsencode(folder) + b"/odd\xff.rack"
    Path(os.fsdecode(raw)).write_text(_BROKEN, encoding="utf-8")
    for form in ("text", *FORMATS):
        assert main(["check", "--format", form, os.fsdecode(b"odd\xff.rack")]) == 1
        printed = capsys.readouterr()
        assert "E0202" in printed.out + printed.err


# ---------------------------------------------------------------- allowed


@pytest.mark.usefixtures("folder")
def test_allowed_findings_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "d.rack"]) == 0
    printed = capsys.readouterr()
    assert "d.rack: no errors, 1 warning, 1 allowed" in printed.out
    assert "roel" not in printed.err
    main(["check", "--format", "json", "d.rack"])
    (document,) = json.loads(capsys.readouterr().out)
    assert [row["allowed"] for row in document["allowed"]] == ["the vendor's spelling"]
    main(["check", "--format", "sarif", "d.rack"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    suppressed = [row["suppressions"] for row in run["results"] if "suppressions" in row]
    assert suppressed == [[{"kind": "inSource", "justification": "the vendor's spelling"}]]


def test_a_warning_raised_to_an_error_is_no_longer_allowed() -> None:
    result = compile(_WARNED, solve=False, severities={"W0351": "error"})
    assert {d.code for d in result.diagnostics if d.is_error} == {Code.ALLOW, Code.MISSPELT}
    assert not result.allowed
    assert result.plan is None


def test_a_code_that_is_off_makes_no_comment_stale() -> None:
    result = compile(_WARNED, solve=False, severities={"W0351": "off"})
    assert not result.diagnostics
    assert not result.allowed


# ---------------------------------------------------------------- severities


def levels(text: str, **severities: str) -> list[tuple[str, str]]:
    """Return severity and code of each finding that stands."""
    return [(d.severity.value, d.code.value) for d in compile(text, solve=False, severities=severities).diagnostics]


def test_severities_raise_lower_and_silence() -> None:
    text = _WARNED.partition("tray T")[0] + "tray Q { height = 1 U; payloda = 1 kg }\ndesign Main { q: Q }\n"
    assert levels(text) == [("warning", "W0351")]
    assert levels(text, W0351="note") == [("note", "W0351")]
    assert levels(text, W0351="error") == [("error", "W0351")]
    assert levels(text, W0351="off") == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("level", "code", "said"),
    [
        ("note", 0, "no errors, no warnings, 1 note, 1 allowed"), ("off", 0, "no errors, no warnings"),
        ("error", 1, "3 errors, no warnings"),
    ],
)  # fmt: skip
def test_the_exit_code_follows_the_severities(
    level: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "d.rack", "--severity", f"w0351={level}"]) == code
    assert f"d.rack: {said}\n" in capsys.readouterr().out
    assert main(["build", "d.rack", "-o", "out", "--target", "bom", "--severity", f"W0351={level}"]) == code


def test_a_broken_requirement_lowered_to_a_warning_builds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "r.rack").write_text(_WARNED.replace("units = 4;", "units = 4; require units > 9;"), encoding="utf-8")
    build = ["build", "r.rack", "-o", "out", "--target", "bom"]
    assert main(build) == 1
    assert not (folder / "out").exists()
    assert main([*build, "--severity", "E0801=warning"]) == 0
    assert (folder / "out" / "bom").is_dir()
    assert "warning[E0801]" in capsys.readouterr().err


@pytest.mark.parametrize("code", sorted(LOWERABLE))
def test_with_each_error_that_can_be_lowered_every_target_is_built(code: Code, folder: Path) -> None:
    design = blocks(code, "rack")[0]
    (folder / "page.rack").write_text(design, encoding="utf-8")
    for trace in blocks(code, "json"):
        named = re.search(r'trace += "(.*)"', design)
        assert named is not None
        (folder / named[1]).parent.mkdir(exist_ok=True)
        (folder / named[1]).write_text(trace, encoding="utf-8")
    assert main(["build", "page.rack", "-o", "out"]) == 1
    assert main(["build", "page.rack", "-o", "out", "--severity", f"{code}=warning"]) == 0


@pytest.mark.parametrize("code", [c for c in Code if default_severity(c) == "error" and c not in LOWERABLE])
def test_other_errors_stay_errors(code: Code) -> None:
    with pytest.raises(ValueError, match="stays an error: no plan can be made"):
        compile(_WARNED, severities={code.value: "warning"})
    compile(_WARNED, solve=False, severities={code.value: "error"})


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("E0401=warning", "E0401 stays an error"), ("E0801", "is no severity; choose among"),
        ("W0651=fatal", "choose among error, warning, note, off"), ("W0699=error", "there is no code W0699: did you mean"),
    ],
)  # fmt: skip
def test_a_severity_that_cannot_be_is_usage(given: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["check", "d.rack"], ["build", "d.rack", "-o", "out"]):
        with pytest.raises(SystemExit) as stopped:
            main([*command, "--severity", given])
        assert stopped.value.code == 2
        assert said in capsys.readouterr().err


def test_the_lock_has_its_say_in_every_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "d.rack.lock").write_text("{", encoding="utf-8")
    build = ["build", "d.rack", "-o", "out", "--target", "bom", "--format", "json"]
    assert main(build) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in document["diagnostics"]] == ["W0951", "W0351"]
    assert document["diagnostics"][0]["at"]["file"] == "d.rack.lock"
    assert main([*build, "--severity", "W0951=error"]) == 1
    assert main([*build, "--severity", "W0951=off"]) == 0
