"""`rackc parts`: the library's parts and a project's own, with their figures and sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rackc.compiler.outline import ROOTS
from rackc.parts import WIDTH, as_list, as_text, detail, open_catalogue, summary
from tests.cli.here import run
from tests.cli.test_packages import write
from tests.library.stated import FILES, LIBRARY, module_of, parsed

_OWN = """edition 2026
from std.interfaces import Pcie5

## A card of our own
part Card(lanes, power: power = 30 W) {
  role = "nic"
  tdp  = power    @assume("measured here")
  rate = lanes * 2 GB/s @cite("OURS", high)
  port pcie[lanes / 4]: Pcie5(4)
}

## How warm it may get
enum Cooling { air, liquid }
pattern pairs { connect left -- right }
design Main { }
test Works { }
"""


def _json(*words: str, cwd: Path) -> Any:
    done = run("parts", *words, "--format", "json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {"rack.toml": "", "own/cards.rack": _OWN, "own/broken.rack": "part {", "main.rack": "design Main { }\n"},
    )
    return tmp_path


def test_every_definition_of_the_library_is_listed(tmp_path: Path) -> None:
    there = [(module_of(path), s.name) for path in FILES for s in parsed(path).statements
             if getattr(s, "kind", "design") not in ROOTS and hasattr(s, "name")]  # fmt: skip
    assert sorted(there) == sorted((row["module"], row["name"]) for row in _json("list", cwd=tmp_path))
    assert len(there) > 140


def test_every_part_of_the_library_has_a_title_and_elaborates_without_fault(tmp_path: Path) -> None:
    """What has no title is what others descend from."""
    catalogue = open_catalogue(tmp_path)
    bases = {name for one in catalogue.parts for name in detail(catalogue, one)["descends_from"]}
    untitled = {row["name"] for one in catalogue.parts if not (row := summary(catalogue, one))["title"]}
    assert untitled - bases == set()
    assert [d.message for d in catalogue.findings] == []


def test_a_part_in_full(tmp_path: Path) -> None:
    done = run("parts", "show", "LeoA1000", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    line = next(n for n, text in enumerate((LIBRARY / "astera" / "leo.rack").read_text().splitlines(), 1)
                if text.startswith("part LeoA1000("))  # fmt: skip
    assert lines[0] == f"LeoA1000: part, memory-controller (library/astera/leo.rack:{line})"
    assert "  from astera.leo import LeoA1000" in lines
    assert "  max_capacity     2 TiB  [medium: AL-LEO-SKU]" in lines
    assert "  max_hosts        2  [unverified: MEM]" in lines
    assert "  1 x head  Cxl2  CXL, x16, CEM, 63.04 GB/s each way" in lines
    assert any(text.startswith("  AL-LEO-SKU    CXL controller vendor survey") for text in lines)


def test_the_same_as_data(tmp_path: Path) -> None:
    found = _json("show", "astera.leo.LeoA1000", cwd=tmp_path)
    assert found["import"] == "from astera.leo import LeoA1000"
    assert found["parameters"][0] == {"name": "heads", "type": "", "default": "1"}
    (capacity,) = [f for f in found["figures"] if f["name"] == "max_capacity"]
    assert capacity == {"name": "max_capacity", "value": "2 TiB", "confidence": "medium", "source": "AL-LEO-SKU"}
    assert set(found["sources"]) >= {"AL-LEO-SKU", "AL-LEO-BENCH"}


def test_what_a_parameter_leaves_open_is_shown_as_it_is_written(project: Path) -> None:
    found = _json("show", "Card", cwd=project)
    figures = {f["name"]: (f["value"], f["confidence"], f["source"]) for f in found["figures"]}
    assert figures == {"tdp": ("30 W", "assumption", "measured here"), "rate": ("lanes * 2 GB/s", "high", "OURS")}
    assert found["ports"] == [{"ports": "pcie[lanes / 4]", "interface": "Pcie5(4)", "speaks": ""}]
    assert found["parameters"] == [{"name": "lanes", "type": "", "default": None},
                                   {"name": "power", "type": "power", "default": "30 W"}]  # fmt: skip
    assert found["example"] == "x: Card(lanes = …)"


def test_a_project_shows_its_own_parts_and_no_roots(project: Path) -> None:
    names = {(row["module"], row["name"]) for row in _json("list", cwd=project)}
    assert {("own.cards", "Card"), ("own.cards", "Cooling"), ("own.cards", "pairs")} <= names
    assert not {name for _, name in names} & {"Main", "Works"}
    assert _json("show", "Cooling", cwd=project)["members"] == ["air", "liquid"]


def test_a_folder_without_a_project_shows_the_library_alone(project: Path) -> None:
    (project / "rack.toml").unlink()
    assert "own.cards" not in {row["module"] for row in _json(cwd=project)}


def test_a_dependency_is_listed(tmp_path: Path) -> None:
    write(
        tmp_path / "acme",
        {"rack.toml": '[project]\nname = "acme"\nversion = "1"\n', "bits.rack": "part Bit { mass = 1 kg }\n"},
    )
    write(tmp_path / "mine", {"rack.toml": '[dependencies]\nacme = { path = "../acme" }\n'})
    assert run("packages", "lock", cwd=tmp_path / "mine").returncode == 0
    assert _json("show", "acme.bits.Bit", cwd=tmp_path / "mine")["import"] == "from acme.bits import Bit"


def test_words_are_sought_in_names_titles_roles_and_figures(tmp_path: Path) -> None:
    def names(*words: str) -> list[str]:
        return [row["name"] for row in _json("search", *words, cwd=tmp_path)]

    assert "Aries6" in names("retimer", "PCIE")
    assert "PowerShelf18" in names("ocp-pwr", "360 A")
    assert names("e3.s", "micron") == ["Cz120"]
    assert names("gearbox")[0] == "Aries6Gearbox"  # by name and role, before parts that only speak of it


def test_nothing_found_is_1(tmp_path: Path) -> None:
    done = run("parts", "search", "flux", "capacitor", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "no part says flux and capacitor\n")
    assert _empty(tmp_path) == []


def _empty(folder: Path) -> Any:
    return json.loads(run("parts", "search", "flux", "--format", "json", cwd=folder).stdout)


def test_an_unknown_name_is_usage_with_a_hint(tmp_path: Path) -> None:
    done = run("parts", "show", "LeoA100", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean `LeoA1000`" in done.stderr


def test_a_name_in_two_modules_is_told_apart(project: Path) -> None:
    write(project, {"own/more.rack": "part Card { }\n"})
    done = run("parts", "show", "Card", cwd=project)
    assert done.returncode == 2
    assert "`Card` is in several modules: own.cards.Card, own.more.Card" in done.stderr
    assert _json("show", "own.more.Card", cwd=project)["figures"] == []


@pytest.mark.parametrize("words", [("show",), ("show", "a", "b"), ("search",), ("list", "x"), ("LeoA1000",)])
def test_usage_is_2(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run("parts", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "rackc parts show NAME" in done.stderr


def test_what_is_printed_fits_100_columns(tmp_path: Path) -> None:
    catalogue = open_catalogue(tmp_path)
    lines = [*as_list(catalogue.parts), *(line for one in catalogue.parts for line in as_text(catalogue, one))]
    assert [line for line in lines if len(line) > WIDTH and "://" not in line] == []


def test_documents_are_as_their_schema_says(project: Path) -> None:
    schema = json.loads(run("schema", "parts", cwd=project).stdout)
    catalogue = open_catalogue(project)
    validator = jsonschema.validators.validator_for(schema)(schema)
    validator.validate([summary(catalogue, one) for one in catalogue.parts])
    for one in catalogue.parts:
        validator.validate(detail(catalogue, one))
    assert not validator.is_valid({"name": "x"})
