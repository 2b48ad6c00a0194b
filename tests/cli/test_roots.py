"""Nothing outside the declared roots is read: not by imports, nor traces, nor rack.toml, whatever stands in the way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rackc
from rackc.compiler.loading import Found, Several
from rackc.loader import FileLoader
from rackc.reading import MAX_BYTES
from rackc.roots import _spelling
from tests.cli.here import run
from tests.cli.test_packages import git, write

SENTINEL = 'part Sentinel7f3a { vendor = "sentinel-7f3a" }\n'


@pytest.fixture(autouse=True)
def no_hanging() -> Iterator[None]:
    """End a test that waits for a pipe or reads a device to its end."""
    signal.alarm(60)
    yield
    signal.alarm(0)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project with a root and a dependency, and a secret beside them."""
    write(tmp_path, {
        "secret/s.rack": SENTINEL, "secret/s.jsonl": SENTINEL, "secret/rack.toml": SENTINEL, "house/h.rack": "part H { }\n",
        "acme/rack.toml": '[project]\nname = "acme"\nversion = "1"\n', "acme/a.rack": "part A { }\n",
        "project/rack.toml": '[roots]\nhouse = "../house"\n[dependencies]\nacme = { path = "../acme" }\n',
        "project/inside/i.rack": "part I { }\n",
    })  # fmt: skip
    return tmp_path


def check(top: Path, *imports: str) -> tuple[rackc.Result, str]:
    """Check a design with these imports, in-process and by the command line; return the result and all that was said."""
    lines = "".join(f"from {what} import Sentinel7f3a as S{at}\n" for at, what in enumerate(imports))
    (top / "project" / "main.rack").write_text(f"{lines}design Main {{ }}\n", encoding="utf-8")
    assert run("packages", "lock", cwd=top / "project").returncode in (0, 1)
    result = rackc.compile(top / "project" / "main.rack", solve=False)
    said = run("check", "main.rack", cwd=top / "project")
    data = run("check", "--format", "json", "main.rack", cwd=top / "project")
    assert {said.returncode, data.returncode} == {1}
    return result, said.stdout + said.stderr + data.stdout + data.stderr


def kept_out(top: Path, *imports: str) -> dict[int, str]:
    """Check, assert that the secret shows nowhere, and return the code and message at each import's line."""
    result, said = check(top, *imports)
    assert "sentinel-7f3a" not in said
    for source in result.sources.values():
        assert "sentinel-7f3a" not in source.text, source.name
    main = next(iter(result.sources.values()))
    assert {d.at.span.source for d in result.diagnostics} == {main.name}
    return {main.line_of(d.at.span.start): f"{d.code} {d.message}" for d in result.diagnostics}


def test_links_that_lead_out(top: Path) -> None:
    places = {"project": "", "house": "house.", "acme": "acme."}
    imports = []
    for folder, step in places.items():
        (top / folder / "file.rack").symlink_to("../secret/s.rack")
        (top / folder / "absolute.rack").symlink_to(top / "secret" / "s.rack")
        (top / folder / "folder").symlink_to("../secret")
        (top / folder / "twice.rack").symlink_to("file.rack")
        imports += [f"{step}{name}" for name in ("file", "absolute", "folder.s", "twice")]
        imports += [f'"../{folder}/{name}.rack"' for name in ("file", "folder/s", "folder/../folder/s")]
    found = kept_out(top, *imports)
    assert list(found) == list(range(1, len(imports) + 1))
    assert all(message.startswith("E0209") and "link" in message for message in found.values()), found


def test_links_within_the_roots_are_one_file(top: Path) -> None:
    (top / "project" / "same.rack").symlink_to("inside/i.rack")
    (top / "project" / "far.rack").symlink_to("../house/h.rack")
    (top / "project" / "main.rack").write_text(
        "from same import I\nfrom inside.i import I as J\nfrom far import H\nfrom house.h import H as K\n"
        "rack R: std.racks.Eia42 { i: I; j: J; h: H; k: K }\ndesign Main { r: R }\n", encoding="utf-8")  # fmt: skip
    run("packages", "lock", cwd=top / "project")
    result = rackc.compile(top / "project" / "main.rack", solve=False)
    assert not result.diagnostics
    assert result.plan is not None
    packages = {instance.name: instance.part.package for instance in result.plan.instances}
    assert (packages["i"], packages["j"], packages["h"], packages["k"]) == (
        "inside.i",
        "inside.i",
        "house.h",
        "house.h",
    )


def test_what_is_no_plain_file(top: Path) -> None:
    project = top / "project"
    os.mkfifo(project / "pipe.rack")
    os.mkfifo(top / "acme" / "pipe.rack")
    (project / "zero.rack").symlink_to("/dev/zero")
    (project / "loop.rack").symlink_to("loop.rack")
    (project / "nowhere.rack").symlink_to("gone.rack")
    (project / "folder.rack").mkdir()
    with (project / "huge.rack").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (project / "latin.rack").write_bytes(b'part P { vendor = "caf\xe9" }\n')
    names = ("pipe", "acme.pipe", "zero", "loop", "nowhere", "folder", "huge", "latin")
    found = kept_out(top, *names, *(f'"{name}.rack"' for name in names if "." not in name))
    assert list(found) == list(range(1, 2 * len(names)))
    for message, reason in zip(found.values(), ("no plain file", "no plain file", "link that leads out", "loop of links", "leads nowhere",
                                                "it is a folder", "more than 16,000,000 bytes", "not UTF-8"), strict=False):  # fmt: skip
        assert message.startswith("E0209")
        assert reason in message
        assert "the project's folder `project/`" in message or "dependency `acme`" in message


@pytest.mark.parametrize("name", ["rack.toml", "packages.lock"])
def test_a_project_file_that_is_a_link(top: Path, name: str) -> None:
    (top / "project" / name).unlink(missing_ok=True)
    (top / "project" / "main.rack").write_text("design Main { }\n", encoding="utf-8")
    (top / "project" / name).symlink_to("../secret/rack.toml")
    done = run("check", "main.rack", cwd=top / "project")
    assert done.returncode == 1
    assert f"error[E0211]: {name} cannot be read: it is a link" in done.stderr
    assert "sentinel-7f3a" not in done.stderr


def test_a_project_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "main.rack").write_text("from house.x import X\ndesign Main { }\n", encoding="utf-8")
    for make in (lambda: os.mkfifo(tmp_path / "rack.toml"), lambda: (tmp_path / "rack.toml").mkdir(),
                 lambda: (tmp_path / "rack.toml").write_bytes(b"\xff")):  # fmt: skip
        make()
        (found,) = json.loads(run("check", "--format", "json", "main.rack", cwd=tmp_path).stdout)[0]["diagnostics"]
        assert (found["code"], found["at"]["file"], found["at"]["line"]) == ("E0211", "rack.toml", 1)
        (tmp_path / "rack.toml").rmdir() if (tmp_path / "rack.toml").is_dir() else (tmp_path / "rack.toml").unlink()


def test_a_lock_is_written_in_place_of_a_link(top: Path) -> None:
    (top / "project" / "packages.lock").symlink_to("../secret/s.rack")
    assert run("packages", "lock", cwd=top / "project").returncode == 0
    assert not (top / "project" / "packages.lock").is_symlink()
    assert (top / "secret" / "s.rack").read_text(encoding="utf-8") == SENTINEL


def test_traces_stay_inside(top: Path) -> None:
    project = top / "project"
    (project / "link.jsonl").symlink_to("../secret/s.jsonl")
    (project / "folder").symlink_to("../secret")
    os.mkfifo(project / "pipe.jsonl")
    (project / "zero.jsonl").symlink_to("/dev/zero")
    (project / "loop.jsonl").symlink_to("loop.jsonl")
    paths = ("link.jsonl", "folder/s.jsonl", "../secret/s.jsonl", str(top / "secret" / "s.jsonl"), "~/s.jsonl", "pipe.jsonl",
             "zero.jsonl", "loop.jsonl", "a\0b", "x" * 5000, "", ".", "inside", "/dev/zero")  # fmt: skip
    trace = FileLoader(project).trace
    for path in paths:
        assert isinstance(trace(path), str), path


def test_capitals_count_where_the_file_system_does_not_care(tmp_path: Path) -> None:
    write(tmp_path, {"Sub/Parts.rack": "", "one.rack": "", "One.rack": ""})
    assert _spelling(tmp_path, "sub/parts.rack") == "Sub/Parts.rack"
    assert (_spelling(tmp_path, "one.rack"), _spelling(tmp_path, "ONE.rack")) == ("one.rack", "One.rack")
    assert _spelling(tmp_path, "two.rack") is None


def test_a_revision_of_a_repository_leads_nowhere_else(top: Path) -> None:
    (top / "acme" / "out.rack").symlink_to("../secret/s.rack")
    git(top / "acme", "init", "-q")
    git(top / "acme", "add", "-A")
    git(top / "acme", "commit", "-qm", "x")
    git(top / "acme", "tag", "v1")
    write(top / "project", {"rack.toml": '[dependencies]\nacme = { git = "../acme", rev = "v1" }\n'})
    found = kept_out(top, "acme.out", '"../acme/a.rack"', '"../secret/s.rack"')
    assert list(found) == [1, 2, 3]


_STEPS = st.sampled_from(["..", ".", "", "secret", "s", "s.rack", "inside", "i.rack", "house", "h.rack", "project", "acme",
                          "link", "link.rack", "~", "/", "x" * 300, "\0", "S.RACK", "é", "%2e%2e"])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_STEPS, min_size=1, max_size=7), st.booleans(), st.sampled_from(["", "inside.i", "house.h", "acme.a"]))
def test_no_path_and_no_name_leads_out(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], absolute: bool, importer: str
) -> None:
    base = tmp_path_factory.getbasetemp() / "no_path"
    if not base.exists():
        write(base, {"secret/s.rack": SENTINEL, "house/h.rack": "", "project/inside/i.rack": "", "acme/a.rack": "",
                     "acme/rack.toml": '[project]\nname = "acme"\nversion = "1"\n',
                     "project/rack.toml": '[roots]\nhouse = "../house"\n[dependencies]\nacme = { path = "../acme" }\n'})  # fmt: skip
        for folder in ("project", "house", "acme"):
            (base / folder / "link").symlink_to(base / "secret")
            (base / folder / "link.rack").symlink_to(base / "secret" / "s.rack")
        run("packages", "lock", cwd=base / "project")
    loader = FileLoader(base / "project", base / "project" / "main.rack")
    assert not loader.findings
    if importer:
        assert isinstance(loader.module(importer, ""), Found)
    path = (str(base) + "/" if absolute else "") + "/".join(steps)
    for asked in (path, f"{path}.rack"):
        answer = loader.file(asked, importer)
        assert not isinstance(answer, Several)
        assert not isinstance(answer, Found) or "7f3a" not in answer.source.text
    answer = loader.module(".".join(steps), importer)
    assert not isinstance(answer, Found) or "7f3a" not in answer.source.text
