"""Small projects with the findings expected at the line, in `.rack` files, rack.toml and packages.lock alike.

A design is `main.rack` at the top of its folder, or below in `project/` or `designs/`. After a change to a dependency,
`rackc packages lock DIR` renews its packages.lock; most of those with a finding in them are written by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.api import compile
from rackc.compiler.loading import Found
from rackc.compiler.pipeline import Result
from rackc.dsl.render import as_json, render
from rackc.dsl.source import Source
from rackc.loader import FileLoader
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


#: What must be said of some cases, beyond the code.
_SAID = {
    "beside_but_not_named": ('write `from "near.rack" import …`',),
    "capitals_count": ("has no `Parts.rack`, only `parts.rack`", "capitals count"),
    "dependency_disagrees": (
        "dependency `other` says that its name is `acme`", "dependency `acme` says that its version is `1.4`",
        "does not say its version", "there is no folder `gone`", "has no rack.toml", "it holds this project",
    ),
    "dependency_of_a_dependency": (
        "needs `nuts`, which this project does not declare", "needs `bits` 1, this project has 2",
        "root `out` of dependency `acme` lies outside it",
    ),
    "no_plain_file": ("it is a folder", "not UTF-8 at byte 22"),
    "outside_the_roots": (
        "`../secret/s.rack` lies outside the project's folder `project/`", "lies outside root `house`", "it is absolute",
        "begins with `~`", "does not end in `.rack`", "has a backslash", "begins with a dot",
        "move it into the project's folder `project/` or root `house`",
    ),
    "toml_with_slips": ("a path does not begin with `~`", "root `gone` has no folder `nowhere`", "did you mean `name`?",
                        "did you mean `version`?", "did you mean `off`?", "did you mean `roots`?"),
    "what_a_dependency_may_name": ("dependency `acme` does not declare `bits`", "`../house/h.rack` lies outside dependency `acme`"),
}  # fmt: skip


@pytest.mark.parametrize("case", _SAID)
def test_what_is_said(case: str) -> None:
    text = said(check(FOLDER / case))
    for words in _SAID[case]:
        assert words in text, f"{words}\n\n{text}"


def _notes(case: str) -> list[tuple[str, ...]]:
    return [tuple(n.replace(f"{FOLDER / case}/", "") for n in d.notes) for d in check(FOLDER / case).diagnostics]


def test_a_finding_in_an_import_says_how_the_design_got_there() -> None:
    assert _notes("errors_in_imports") == [("imported by a.rack:1, which main.rack:1 imports",)]
    assert _notes("file_like_the_library") == [(), (), ("imported by main.rack:1",)]
    assert _notes("names_given_twice") == [()] * 6


def test_a_circle_shows_each_import_at_its_place() -> None:
    (found,) = check(FOLDER / "circle_of_three").diagnostics
    assert found.message == "imports go in a circle: a -> sub.b -> c -> a"
    labels = [(Path(label.span.source).name, label.text) for label in (*found.also, found.at)]
    assert labels == [
        ("a.rack", "`a` imports `sub.b`"), ("b.rack", "`sub.b` imports `c`"), ("c.rack", "`c` imports `a`")
    ]  # fmt: skip
    (design,) = check(FOLDER / "circle_through_the_design").diagnostics
    assert design.message == "imports go in a circle: main.rack -> a -> main.rack"


def test_a_name_that_leads_to_two_files_shows_both() -> None:
    result = check(FOLDER / "folder_like_a_root")
    (found,) = result.diagnostics
    case = FOLDER / "folder_like_a_root"
    assert [(label.span.source, label.text) for label in found.also] == [
        (str(case / "project" / "house" / "a.rack"), "`house.a` in the project's folder `project/`"),
        (str(case / "house" / "a.rack"), "`house.a` in root `house`"),
    ]


def test_a_hidden_name_is_shown_beside_what_hides_it() -> None:
    result = compile(FOLDER.parent / "check" / "names_that_hide_names.rack", solve=False)
    source = next(iter(result.sources.values()))
    for found in result.diagnostics:
        (other,) = found.also
        name = source.at(found.at.span)
        assert f"`{name}` hides" in found.message
        assert name in source.at(other.span)


def test_imports_lead_on_only_so_far(tmp_path: Path) -> None:
    for at in range(70):
        (tmp_path / f"m{at}.rack").write_text(f"from m{at + 1} import P\npart Q{at} {{ }}\n", encoding="utf-8")
    (tmp_path / "main.rack").write_text("from m0 import P\ndesign Main { }\n", encoding="utf-8")
    (found,) = compile(tmp_path / "main.rack", solve=False).diagnostics
    assert found.code.value == "E0305"
    (note,) = found.notes
    near = f"imported by {tmp_path}/m38.rack:1, which {tmp_path}/m37.rack:1 imports"
    assert note == f"{near}, and so on from {tmp_path}/main.rack:1"


def test_a_module_has_one_name_however_it_is_reached() -> None:
    result = check(FOLDER / "ok_all_forms")
    assert len(result.sources) == len(set(result.sources))
    assert result.plan is not None
    packages = {(i.part.name, i.part.package) for i in result.plan.instances if i.part.name in ("Nut", "Bit", "Washer")}
    assert packages == {("Nut", "house.nuts"), ("Bit", "acme.lib.bits"), ("Washer", "house.washers")}


def test_files_named_like_packages_keep_names_of_their_own() -> None:
    case = FOLDER / "folder_like_a_root" / "project"
    loader = FileLoader(case, case / "main.rack")
    names = [
        answer.name
        for path in ("house/a.rack", "../house/a.rack")
        if isinstance(answer := loader.file(path, ""), Found)
    ]
    assert names == ["./house/a.rack", "house.a"]
