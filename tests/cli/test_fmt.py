"""`rackc fmt`: files, folders and the standard input; what it writes and when it does not; how lightly it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rackc.cli import main
from tests.examples.building import ROOT, run

_CARELESS = "part P{\r\n\ttdp=1W # é\r\n}\r\n"
_FORMATTED = "part P {\n  tdp = 1 W  # é\n}\n"


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def _piped(text: bytes, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "rackc", "fmt", "-", *arguments]
    return subprocess.run(command, input=text, capture_output=True, check=False, env={**os.environ, **environment})


def test_a_file_is_formatted_in_place_and_keeps_its_mode(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.rack", _CARELESS)
    path.chmod(0o640)
    done = run("fmt", "d.rack", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "formatted d.rack\n")
    assert path.read_bytes().decode() == _FORMATTED
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["d.rack"]


def test_what_is_formatted_is_not_touched(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.rack", _FORMATTED)
    before = path.stat()
    done = run("fmt", "d.rack", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path = _write(tmp_path, "real/d.rack", _CARELESS)
    (tmp_path / "d.rack").symlink_to(path)
    assert run("fmt", "d.rack", "real/d.rack", cwd=tmp_path).stderr == "formatted real/d.rack\n"
    assert (tmp_path / "d.rack").is_symlink()
    assert path.read_bytes().decode() == _FORMATTED


def test_folders_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b.rack", "a/c.rack", "a/notes.txt", ".hidden/d.rack", "a/.e.rack"):
        _write(tmp_path, name, _CARELESS)
    for arguments in ((".",), ()):
        done = run("fmt", "--check", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (5, "b.rack\na/c.rack\n", "")
    assert run("fmt", cwd=tmp_path).returncode == 0
    assert run("fmt", "--check", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".hidden/d.rack").read_bytes().decode() == _CARELESS


def test_check_writes_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.rack", _CARELESS)
    done = run("fmt", "--check", "d.rack", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "d.rack\n")
    assert path.read_bytes().decode() == _CARELESS


def test_a_diff_that_patch_takes(tmp_path: Path) -> None:
    path = _write(tmp_path, "d.rack", "part P {\n  a=1\n  b = 2\n}")
    done = run("fmt", "--diff", "d.rack", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == (
        "--- d.rack\n+++ d.rack\n@@ -1,4 +1,4 @@\n part P {\n-  a=1\n+  a = 1\n   b = 2\n-}\n\\ No newline at end of file\n+}\n"
    )
    assert run("fmt", "--diff", "--check", "d.rack", cwd=tmp_path).returncode == 5
    assert path.read_bytes() == b"part P {\n  a=1\n  b = 2\n}"


def test_a_byte_order_mark_alone_is_a_change(tmp_path: Path) -> None:
    _write(tmp_path, "d.rack", f"\ufeff{_FORMATTED}")
    assert run("fmt", "--diff", "--check", "d.rack", cwd=tmp_path).returncode == 5


def test_standard_input() -> None:
    done = _piped(_CARELESS.encode(), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, _FORMATTED, b"")
    assert _piped(_CARELESS.encode(), "--check").returncode == 5
    assert _piped(_FORMATTED.encode(), "--check").returncode == 0


def test_a_faulty_file_is_reported_and_left_and_the_rest_is_done(tmp_path: Path) -> None:
    bad = _write(tmp_path, "bad.rack", "part P {\n  a 3\n}\n")
    good = _write(tmp_path, "good.rack", _CARELESS)
    done = run("fmt", ".", "nothing.rack", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[E0102]" in done.stderr
    assert "error[E0209]: nothing.rack" in done.stderr
    assert bad.read_bytes() == b"part P {\n  a 3\n}\n"
    assert good.read_bytes().decode() == _FORMATTED
    assert _piped(b"part P {").stdout == b""


def test_a_file_that_may_not_be_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming would replace it all the same: it takes no more than a folder that may be written."""
    path = _write(tmp_path, "d.rack", _CARELESS)
    monkeypatch.setattr(os, "access", lambda *_: False)  # nothing is closed to the superuser
    assert main(["fmt", str(path)]) == 2
    assert path.read_bytes().decode() == _CARELESS
    assert [p.name for p in tmp_path.iterdir()] == ["d.rack"]


# ---------------------------------------------------------------- starting up

_HEAVY = ("pydantic", "numpy", "networkx", "ortools", "jinja2", "rackc.compiler", "rackc.api")


def _after(code: str) -> str:
    """Return the last line that a program prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--version"], ("lark", "json", "rackc.dsl", "rackc.backends")), (["fmt", "--check", "examples"], ()),
        (["fmt", "--diff", "examples"], ()), (["explain", "E0101"], ("lark",)),
    ],
)  # fmt: skip
def test_a_command_imports_no_more_than_it_needs(arguments: list[str], more: tuple[str, ...]) -> None:
    heavy = (*_HEAVY, *more)
    code = f"""
import sys
from rackc.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print([name for name in {heavy!r} if name in sys.modules])
"""
    assert _after(code) == "[]"


def test_the_parser_table_is_loaded_not_built() -> None:
    code = """
import lark
built = []
begin = lark.Lark.__init__
lark.Lark.__init__ = lambda self, *given, **options: built.append(1) or begin(self, *given, **options)
from rackc.cli import main
main(["fmt", "--check", "examples"])
print(len(built))
"""
    assert _after(code) == "0"


def test_a_grammar_without_a_table_is_built() -> None:
    """What the test above looks at does tell the two apart."""
    code = """
import lark
built = []
begin = lark.Lark.__init__
lark.Lark.__init__ = lambda self, *given, **options: built.append(1) or begin(self, *given, **options)
import rackc.dsl.parser
rackc.dsl.parser.table_name = lambda: "none.table"
from rackc.cli import main
main(["fmt", "--check", "examples"])
print(len(built))
"""
    assert _after(code) == "1"
