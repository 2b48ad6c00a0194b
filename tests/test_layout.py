"""The project's shape: packages named, links in place, and the house rules that ARCHITECTURE.md states."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("dsl", "compiler", "backends")


def _modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_pyproject_names_every_package() -> None:
    found = {"rackc"} | {
        ".".join(("rackc", *init.parent.relative_to(ROOT).parts))
        for folder in FOLDERS
        for init in (ROOT / folder).rglob("__init__.py")
    }
    with (ROOT / "pyproject.toml").open("rb") as file:
        named = tomllib.load(file)["tool"]["setuptools"]["packages"]
    assert set(named) == found


def test_links_lead_to_the_folders() -> None:
    for folder in FOLDERS:
        assert (ROOT / "src" / "rackc" / folder).resolve() == ROOT / folder


@pytest.mark.parametrize(
    ("folders", "banned"),
    [
        (("dsl",), ("rackc.compiler", "rackc.backends", "rackc.cli", "rackc.api", "rackc.loader")),
        (("compiler",), ("rackc.backends", "rackc.cli", "rackc.api", "rackc.loader", "rackc.output")),
        (("backends",), ("rackc.cli", "rackc.api", "rackc.loader", "rackc.dsl.source", "rackc.dsl.diagnostics",
                         "rackc.compiler.optimize", "rackc.compiler.model", "rackc.compiler.elaborate")),
        (("dsl", "compiler", "backends"), ("os", "pathlib", "time", "random", "datetime", "subprocess", "socket")),
    ],
)  # fmt: skip
def test_imports_go_one_way(folders: tuple[str, ...], banned: tuple[str, ...]) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _modules(*folders)
        for name in sorted(_imports(path))
        if any(name == b or name.startswith(f"{b}.") for b in banned)
    ]
    assert not wrong


def test_the_core_opens_no_file() -> None:
    for path in _modules("dsl", "compiler", "backends"):
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("open", "exec", "eval")], path


def test_only_solver_files_import_ortools() -> None:
    users = [p for p in _modules("dsl", "compiler", "backends") if any(n.startswith("ortools") for n in _imports(p))]
    assert users
    assert all(p.is_relative_to(ROOT / "compiler" / "optimize") for p in users)


def test_a_check_imports_neither_solver_nor_pydantic() -> None:
    code = (
        "import sys; from rackc.cli import main; main(['check', 'examples/nvl72.rack']); "
        "print([m for m in ('ortools', 'pydantic', 'networkx', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_architecture_page_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) < 170


def test_the_saved_grammar_is_that_of_the_grammar_file(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "tools/save_grammar.py", str(tmp_path)], cwd=ROOT, check=True)
    saved = sorted(p.name for p in (ROOT / "dsl").glob("rack-*.table"))
    assert [p.name for p in tmp_path.iterdir()] == saved, "run `make grammar`"


def test_a_wheel_holds_one_top_level_name_and_all_data(tmp_path: Path) -> None:
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    copy = tmp_path / "source"
    unwanted = shutil.ignore_patterns(".*", "out", "build", "dist", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=unwanted)
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=copy, capture_output=True, check=True)
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "site")
    assert {name.split("/")[0] for name in names} == {
        "rackc",
        next(n.split("/")[0] for n in names if ".dist-info" in n),
    }
    code = (
        "import rackc; r = rackc.compile(rackc_path, solve=False); print(len(r.allowed), dict(r.report.counts)['gpu'])"
    )
    site = [str(tmp_path / "site"), *_site()]
    path = str(ROOT / "examples" / "nvl72.rack")
    code = f"import sys; sys.path[:0] = {site!r}; rackc_path = {path!r}; {code}"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "72"]


def _site() -> list[str]:
    """Where the dependencies are, without the folder that points back at this checkout."""
    return [p for p in sys.path if p.endswith("site-packages")]


def test_every_cited_source_is_listed() -> None:
    listed = set(
        re.findall(r"^\| ([A-Z0-9-]+) \|", (ROOT / "dsl/library/SOURCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "dsl/library").rglob("*.rack")]
    cited = {key for text in texts for key in re.findall(r'@cite\("([^"]+)"', text)}
    assert cited <= listed
    assert {key for key in listed if any(key in text for text in texts)} == listed
