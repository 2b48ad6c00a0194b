"""rack.toml, packages.lock and git dependencies, through the command line and from Python."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import rackc
from rackc.git import GitError, commit_of
from rackc.loader import FileLoader
from rackc.packages import digest
from tests.cli.here import run

_MAIN = """from acme.trays import Tray
rack R: std.racks.Eia48 { tray: Tray at u(1) }
design Main { r: R }
"""
_ACME = {
    "rack.toml": '[project]\nname = "acme"\nversion = "1.4.0"\n',
    "trays.rack": 'from "lib/bits.rack" import Bit\ntray Tray { height = 1 U; bit[3]: Bit }\n',
    "lib/bits.rack": "part Bit { mass = 1 kg }\n",
    "lib/notes.txt": "not a module\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write some files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def git(folder: Path, *arguments: str) -> str:
    """Run git as someone, whatever this machine's settings are."""
    who = {f"GIT_{role}_{what}": "x@y" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a dependency in the folder beside it, locked."""
    write(tmp_path / "acme", _ACME)
    write(tmp_path / "project", {"main.rack": _MAIN, "rack.toml": '[dependencies]\nacme = { path = "../acme" }\n'})
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    return tmp_path / "project"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a tag v1.4.0, beyond which its branch has gone on; and a project that wants the tag."""
    top = tmp_path / "acme"
    write(top, _ACME)
    (top / "link.rack").symlink_to("trays.rack")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "first")
    git(top, "tag", "-a", "v1.4.0", "-m", "tag")
    write(top, {"trays.rack": "tray Later { }\n"})
    git(top, "commit", "-q", "-a", "-m", "second")
    _ask(tmp_path, "../acme", "v1.4.0")
    return top


def _ask(folder: Path, place: str, rev: str, version: str = "1.4") -> None:
    toml = f'[dependencies]\nacme = {{ git = "{place}", rev = "{rev}", version = "{version}" }}\n'
    write(folder / "project", {"main.rack": _MAIN, "rack.toml": toml})


def _codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.split("[")[1][:5] for line in done.stderr.splitlines() if line.startswith("error[")]


# ---------------------------------------------------------------- the lock


def test_the_lock_is_written_once_and_alike(project: Path) -> None:
    lock = (project / "packages.lock").read_text(encoding="utf-8")
    before = (project / "packages.lock").stat().st_mtime_ns
    assert run("packages", "lock", "main.rack", cwd=project).returncode == 0
    assert (project / "packages.lock").stat().st_mtime_ns == before
    (project / "packages.lock").unlink()
    assert run("packages", "lock", cwd=project).returncode == 0
    assert (project / "packages.lock").read_text(encoding="utf-8") == lock
    held = {path: text.encode() for path, text in _ACME.items() if not path.endswith(".txt")}
    assert f'sha256 = "{digest(held)}"' in lock


def test_the_digest_is_over_paths_and_bytes() -> None:
    one = {"a.rack": b"x", "b.rack": b"yz"}
    assert digest(one) == digest(dict(reversed(one.items())))
    others = ({"a.rack": b"xy", "b.rack": b"z"}, {"a.rack": b"x", "c.rack": b"yz"}, {"a.rack": b"x"})
    assert digest(one) not in [digest(other) for other in others]


@pytest.mark.parametrize("path", ["trays.rack", "rack.toml", "lib/more.rack"])
def test_what_changed_is_refused_until_it_is_locked(project: Path, path: str) -> None:
    assert run("check", "main.rack", cwd=project).returncode == 0
    file = project.parent / "acme" / path
    file.write_text((file.read_text(encoding="utf-8") if file.exists() else "") + "# more\n", encoding="utf-8")
    done = run("check", "main.rack", cwd=project)
    assert (done.returncode, _codes(done)) == (1, ["E0211"])
    assert "rack.toml:2:1" in done.stderr
    assert "run `rackc packages lock`" in done.stderr
    assert run("build", "main.rack", "-o", "out", "--target", "bom", cwd=project).returncode == 1
    assert run("packages", "lock", cwd=project).returncode == 0
    assert run("check", "main.rack", cwd=project).returncode == 0


def test_what_is_no_module_may_change(project: Path) -> None:
    write(project.parent / "acme", {"lib/notes.txt": "other", ".hidden/x.rack": "part X { }\n"})
    assert run("check", "main.rack", cwd=project).returncode == 0


def test_the_hint_names_the_folder_of_the_project(project: Path) -> None:
    (project / "packages.lock").unlink()
    done = run("check", "project/main.rack", cwd=project.parent)
    assert "run `rackc packages lock project`" in done.stderr
    assert "--> project/rack.toml:2:1" in done.stderr


def test_packages_are_shown(project: Path) -> None:
    done = run("packages", cwd=project)
    assert done.returncode == 0
    assert done.stdout.split() == [
        "dependency",
        "acme",
        "1.4.0",
        "../acme",
        "sha256",
        done.stdout.split()[5],
        "as",
        "locked",
    ]
    write(project.parent / "acme", {"trays.rack": ""})
    done = run("packages", "--format", "json", "project", cwd=project.parent)
    (row,) = json.loads(done.stdout)["dependencies"]
    assert (done.returncode, row["state"], row["version"]) == (1, "not as locked", "1.4.0")
    (project / "rack.toml").write_text("", encoding="utf-8")
    assert run("packages", cwd=project).stdout == "no roots and no dependencies\n"


@pytest.mark.parametrize("arguments", [("packages", "nowhere"), ("packages", "lock", "a", "b"), ("packages", "lock")])
def test_packages_without_a_project_are_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, cwd=tmp_path).returncode == 2


def test_nothing_is_locked_where_something_is_wrong(project: Path) -> None:
    before = (project / "packages.lock").read_bytes()
    write(project.parent / "acme", {"rack.toml": '[project]\nname = "acme"\n', "trays.rack": ""})
    done = run("packages", "lock", cwd=project)
    assert (done.returncode, _codes(done)) == (1, ["E0211"])
    assert (project / "packages.lock").read_bytes() == before


# ---------------------------------------------------------------- git


@pytest.mark.parametrize("bare", [False, True])
def test_a_tag_is_read_without_a_checkout(tmp_path: Path, repository: Path, bare: bool) -> None:
    if bare:
        git(tmp_path, "clone", "-q", "--bare", "acme", "acme.git")
        _ask(tmp_path, "../acme.git", "v1.4.0")
    before = sorted((p, p.stat().st_mtime_ns) for p in repository.rglob("*"))
    done = run("packages", "lock", cwd=tmp_path / "project")
    assert done.returncode == 0, done.stderr
    commit = git(repository, "rev-parse", "v1.4.0^{commit}")
    assert f'commit = "{commit}"' in (tmp_path / "project" / "packages.lock").read_text(encoding="utf-8")
    result = rackc.compile(tmp_path / "project" / "main.rack", solve=False)
    assert not result.diagnostics
    (name,) = (name for name in result.sources if name.endswith("trays.rack"))
    assert name.endswith(f"@{commit[:12]}:trays.rack")
    assert sorted((p, p.stat().st_mtime_ns) for p in repository.rglob("*")) == before


def test_a_folder_and_a_revision_of_the_same_files_have_one_digest(tmp_path: Path, repository: Path) -> None:
    (repository / "link.rack").unlink()
    git(repository, "checkout", "-q", "v1.4.0")
    run("packages", "lock", cwd=tmp_path / "project")
    of_git = FileLoader(tmp_path / "project").workspace.packages["acme"]
    write(tmp_path / "project", {"rack.toml": '[dependencies]\nacme = { path = "../acme" }\n'})
    of_folder = FileLoader(tmp_path / "project").workspace.packages["acme"]
    assert of_git is not None
    assert of_folder is not None
    assert of_git.row.sha256 == of_folder.row.sha256


def test_a_branch_stays_where_it_was_locked(tmp_path: Path, repository: Path) -> None:
    git(repository, "branch", "stable", "v1.4.0")
    _ask(tmp_path, "../acme", "stable")
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    git(repository, "branch", "-f", "stable", "main")
    assert run("check", "main.rack", cwd=tmp_path / "project").returncode == 0
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    assert _codes(run("check", "main.rack", cwd=tmp_path / "project")) == ["E0202"]  # the branch has no `Tray` now


def test_another_revision_must_be_locked(tmp_path: Path, repository: Path) -> None:
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    git(repository, "tag", "v1.4.1")
    _ask(tmp_path, "../acme", "v1.4.1")
    done = run("check", "main.rack", cwd=tmp_path / "project")
    assert _codes(done) == ["E0211"]
    assert "asked for: ../acme v1.4.1 1.4" in done.stderr
    assert "locked: ../acme v1.4.0 1.4.0" in done.stderr


def test_a_forged_commit_in_the_lock_is_refused(tmp_path: Path, repository: Path) -> None:
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    lock = tmp_path / "project" / "packages.lock"
    text = lock.read_text(encoding="utf-8")
    first, second = git(repository, "rev-parse", "v1.4.0^{commit}"), git(repository, "rev-parse", "main")
    for forged in (second, "0" * 40, "--help", first[:8]):
        lock.write_text(text.replace(first, forged), encoding="utf-8")
        assert _codes(run("check", "main.rack", cwd=tmp_path / "project")) == ["E0211"], forged


@pytest.mark.parametrize(
    ("place", "rev", "said"),
    [
        ("../acme", "v9", "no revision `v9`"),
        ("../project", "v1", "git says"),
        ("../gone", "v1", "no folder"),
        ("../acme", "HEAD^{tree}", "the name of a tag"),
        ("../acme", "a..b", "the name of a tag"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_git_that_cannot_be_read_is_said(tmp_path: Path, place: str, rev: str, said: str) -> None:
    _ask(tmp_path, place, rev)
    done = run("packages", "lock", cwd=tmp_path / "project")
    assert (done.returncode, _codes(done)) == (1, ["E0211"])
    assert said in done.stderr


def test_a_revision_is_a_name_and_nothing_else(repository: Path) -> None:
    for revision in ("HEAD^{tree}", "--batch", "v1.4.0:lib", "main..v1.4.0", "@{-1}", "v1.4.0\nmain", ""):
        with pytest.raises(GitError, match="is no tag, branch or commit"):
            commit_of(repository, revision)


def test_links_in_a_repository_are_not_followed(tmp_path: Path, repository: Path) -> None:
    assert repository.is_dir()
    write(tmp_path / "project", {"main.rack": "from acme.link import Tray\ndesign Main { }\n"})
    run("packages", "lock", cwd=tmp_path / "project")
    done = run("check", "main.rack", cwd=tmp_path / "project")
    assert _codes(done) == ["E0209"]
    assert "`link.rack` in dependency `acme` cannot be read: it is a link" in done.stderr


def test_nothing_of_a_repository_is_executed(tmp_path: Path, repository: Path) -> None:
    """Hooks, an alias, a pager, a monitor and a remote that would be called for a missing object: none runs."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (repository / ".git" / "hooks" / hook).unlink(missing_ok=True)
        (repository / ".git" / "hooks" / hook).symlink_to(trap)
    settings = {
        "core.fsmonitor": trap, "core.pager": trap, "core.sshCommand": trap, "core.hooksPath": repository / ".git" / "hooks",
        "core.alternateRefsCommand": trap, "alias.cat-file": f"!{trap}", "remote.origin.url": tmp_path,
        "remote.origin.uploadpack": trap, "remote.origin.promisor": "true", "extensions.partialClone": "origin",
        "protocol.allow": "always", "pager.cat-file": trap, "pager.ls-tree": trap,
    }  # fmt: skip
    for name, value in settings.items():
        git(repository, "config", name, str(value))
    git(repository, "config", "core.repositoryFormatVersion", "1")
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0
    digest_of_bits = git(repository, "rev-parse", "v1.4.0:lib/bits.rack")
    blob = repository / ".git" / "objects" / digest_of_bits[:2] / digest_of_bits[2:]
    assert blob.is_file()
    blob.unlink()
    (tmp_path / "sprung").unlink(missing_ok=True)
    done = run("check", "main.rack", cwd=tmp_path / "project")
    assert (done.returncode, _codes(done)) == (1, ["E0211"])
    assert not (tmp_path / "sprung").exists()


def test_a_git_around_us_does_not_lead_astray(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))
    assert repository.is_dir()
    assert run("packages", "lock", cwd=tmp_path / "project").returncode == 0


# ---------------------------------------------------------------- projects


def test_severities_are_handed_through(tmp_path: Path) -> None:
    write(tmp_path, {"rack.toml": '[severity]\nW0551 = "off"\nW0651 = "error"\n'})
    assert FileLoader(tmp_path).severities == {"W0551": "off", "W0651": "error"}


def test_a_text_uses_the_rack_toml_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"project/rack.toml": '[roots]\nhouse = "../house"\n', "house/nuts.rack": "part Nut { }\n",
                     "project/sub/near.rack": "part Near { }\n"})  # fmt: skip
    text = 'from house.nuts import Nut\nfrom "near.rack" import Near\ndesign Main { a: Nut; b: Near }\n'
    monkeypatch.chdir(tmp_path / "project" / "sub")
    assert not rackc.compile(text, solve=False).diagnostics
    monkeypatch.chdir(tmp_path / "house")
    assert [d.code.value for d in rackc.compile(text, solve=False).diagnostics] == ["E0203", "E0203"]


def test_traces_stand_below_the_design_or_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"project/rack.toml": "", "project/designs/own.jsonl": "1\n", "project/traces/far.jsonl": "2\n",
                     "project/both.jsonl": "3\n", "project/designs/both.jsonl": "4\n", "out.jsonl": "5\n"})  # fmt: skip
    trace = FileLoader(tmp_path / "project" / "designs").trace
    assert [line for path in ("own.jsonl", "traces/far.jsonl", "../traces/far.jsonl") for line in trace(path)] == [
        b"1\n", b"2\n", b"2\n"]  # fmt: skip
    assert "in two places: designs/both.jsonl and both.jsonl" in str(trace("both.jsonl"))
    assert "outside the project's folder" in str(trace("../../out.jsonl"))
    assert "no such file" in str(trace("gone.jsonl"))
    (tmp_path / "project" / "rack.toml").unlink()
    alone = FileLoader(tmp_path / "project" / "designs").trace
    assert list(alone("both.jsonl")) == [b"4\n"]
    assert "outside the design's folder" in str(alone("../traces/far.jsonl"))
