"""`rackc plan`: what a build would change against the lock. It writes nothing, and says nothing where nothing changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema

from tests.cli.here import run
from tests.cli.pools import TWO_POOLS
from tests.tree import all_bytes

_CHOICE = """edition 2026
part Box { role = "box"; cost = 100 USD }
design Main {
  choose n in [2, 3]
  box[n]: Box
  require count(box[*]) >= 1
  minimize bom.cost
}
"""


def _locked(folder: Path, text: str = TWO_POOLS) -> Path:
    design = folder / "two.rack"
    design.write_text(text, encoding="utf-8")
    done = run("build", "two.rack", "-o", "out", "--target", "plan", "--workers", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    return design


def _more(design: Path) -> None:
    design.write_text(design.read_text(encoding="utf-8").replace("100 GB]", "220 GB]"), encoding="utf-8")


def test_nothing_changes_against_the_lock_of_the_same_design(tmp_path: Path) -> None:
    _locked(tmp_path)
    done = run("plan", "two.rack", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "two.rack: nothing would change\n")


def test_without_a_lock_everything_is_new(tmp_path: Path) -> None:
    (tmp_path / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    done = run("plan", "two.rack", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 5
    first, *rest = done.stdout.splitlines()
    assert first == "two.rack: 20 of 20 links (100%) and the modules of 10 controllers change"
    assert [line for line in rest if line.endswith(": new")] == ["  a.kv: new", "  b.kv: new"]
    assert sum(line.strip().startswith("added ") for line in rest) == 20
    assert not (tmp_path / "two.rack.lock").exists()


def test_a_changed_demand_moves_what_it_must_and_writes_nothing(tmp_path: Path) -> None:
    _more(_locked(tmp_path))
    before = all_bytes(tmp_path)
    done = run("plan", "two.rack", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 5
    assert "2 of 20 links (10%)" in done.stdout
    moved = re.findall(r"^    moved    (\w)\.host\[.*: \S+ -> (\S+)\.head\[\d\], CxlCopper8", done.stdout, re.MULTILINE)
    assert moved == [("a", "a.jbom.card[5]"), ("b", "b.jbom.card[5]")]
    assert re.search(r"a\.jbom\.card\[5\]: empty -> \d x rdimm_64", done.stdout)
    assert "cost    27,655 USD -> 31,075 USD (+12.4%)" in done.stdout
    assert all_bytes(tmp_path) == before


def test_a_build_does_what_the_plan_said(tmp_path: Path) -> None:
    _more(_locked(tmp_path))
    said = run("plan", "two.rack", "--workers", "1", cwd=tmp_path).stdout.splitlines()[0].partition(": ")[2]
    done = run("build", "two.rack", "-o", "out", "--target", "plan", "--workers", "1", cwd=tmp_path)
    assert f"  against the lock: {said}\n" in done.stdout
    assert run("plan", "two.rack", cwd=tmp_path).returncode == 0


def test_relock_compares_with_the_lock_and_does_not_start_from_it(tmp_path: Path) -> None:
    design = _locked(tmp_path)
    _more(design)
    kept = json.loads(run("plan", "two.rack", "--format", "json", "--workers", "1", cwd=tmp_path).stdout)
    afresh = json.loads(run("plan", "two.rack", "--format", "json", "--relock", "--workers", "1", cwd=tmp_path).stdout)
    assert kept["pools"][0]["before"] == afresh["pools"][0]["before"]
    assert kept["links_changed"] < afresh["links_changed"]


def test_the_data_keeps_its_published_schema(tmp_path: Path) -> None:
    _more(_locked(tmp_path))
    schema = json.loads(run("schema", "changes", cwd=tmp_path).stdout)
    made = json.loads(run("plan", "two.rack", "--format", "json", "--workers", "1", cwd=tmp_path).stdout)
    jsonschema.Draft202012Validator(schema).validate(made)
    assert (made["changed"], made["links_changed"], made["links"]) == (True, 2, 20)
    assert [pool["address"] for pool in made["pools"]] == ["a.kv", "b.kv"]


def test_a_pool_that_is_gone_is_told(tmp_path: Path) -> None:
    design = _locked(tmp_path)
    design.write_text(TWO_POOLS.replace("a: Half; b: Half", "a: Half"), encoding="utf-8")
    done = run("plan", "two.rack", cwd=tmp_path)
    assert done.returncode == 5
    assert "  b.kv: gone" in done.stdout
    assert done.stdout.count("removed ") == 10
    assert "cost    27,655 USD -> 0 USD" in done.stdout


def test_another_choice_is_told(tmp_path: Path) -> None:
    design = _locked(tmp_path, _CHOICE)
    assert run("plan", "two.rack", cwd=tmp_path).returncode == 0
    design.write_text(_CHOICE.replace(">= 1", ">= 3"), encoding="utf-8")
    done = run("plan", "two.rack", cwd=tmp_path)
    assert done.returncode == 5
    assert done.stdout.splitlines() == ["two.rack: no link and no module changes", "  Main.n: 2 -> 3"]


def test_a_design_at_fault_has_no_plan(tmp_path: Path) -> None:
    (tmp_path / "two.rack").write_text(TWO_POOLS.replace("a: Half", "a: Hal"), encoding="utf-8")
    done = run("plan", "two.rack", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "E0202" in done.stderr


def test_no_solution_is_3(tmp_path: Path) -> None:
    (tmp_path / "two.rack").write_text(TWO_POOLS.replace("400 GB", "4_000 GB"), encoding="utf-8")
    done = run("plan", "two.rack", "--workers", "2", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")


def test_a_damaged_lock_is_said(tmp_path: Path) -> None:
    _locked(tmp_path)
    (tmp_path / "two.rack.lock").write_text("{", encoding="utf-8")
    done = run("plan", "two.rack", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 5
    assert "W0951" in done.stderr
    assert (tmp_path / "two.rack.lock").read_text(encoding="utf-8") == "{"
