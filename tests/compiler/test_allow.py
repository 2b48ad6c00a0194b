"""Comments that allow findings: whose they are, and when they are judged."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from rackc.api import compile
from rackc.compiler.combine import check
from rackc.compiler.loading import Answer, Found
from rackc.compiler.settings import Settings
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source
from tests.effort import steps

_PART = "edition 2026\ntray T { height = 1 U; tdp = 3 W }  # rackc: allow W0351 mended since\n"
_DESIGN = "edition 2026\nfrom lib import T\ndesign Main { t: T }\n"


class OneModule:
    """A loader that knows one module, `lib`."""

    def __init__(self, *, shipped: bool) -> None:
        self._source = Source("library/lib.rack", _PART, shipped=shipped)

    findings: tuple[Diagnostic, ...] = ()
    sources: tuple[Source, ...] = ()

    def module(self, name: str, importer: str) -> Answer:
        return Found("lib", self._source) if (name, importer) == ("lib", "") else None

    def file(self, path: str, importer: str) -> Answer:
        raise AssertionError(path, importer)

    def modules(self, importer: str) -> tuple[str, ...]:
        return ("lib",) if importer == "" else ()

    def offering(self, name: str) -> tuple[str, ...]:
        return ("lib",) if name in _PART else ()

    def package(self, step: str, importer: str) -> str:
        return "the library" if (step, importer) == ("lib", "") else ""

    def trace(self, path: str) -> Iterable[bytes] | str:
        return f"there is no {path}"


@pytest.mark.parametrize(("shipped", "codes"), [(True, []), (False, ["W0151"])])
def test_comments_of_the_library_are_not_the_users_to_mend(shipped: bool, codes: list[str]) -> None:
    found = check(Source("d.rack", _DESIGN), OneModule(shipped=shipped))
    assert [d.code for d in found.diagnostics] == codes


@pytest.mark.parametrize(("shipped", "codes"), [(True, []), (False, ["E0106"])])
def test_a_code_graded_as_an_error_forbids_the_users_comments_alone(shipped: bool, codes: list[str]) -> None:
    found = check(Source("d.rack", _DESIGN), OneModule(shipped=shipped), settings=Settings({"W0351": "error"}))
    assert [d.code for d in found.diagnostics] == codes


def test_nothing_is_stale_while_a_pool_is_undecided(root: Path, tmp_path: Path) -> None:
    """The bandwidth of a pool is known once it is decided: until then the comment may be needed."""
    shutil.copytree(root / "examples", tmp_path / "examples")
    design = tmp_path / "examples" / "leo_pool.rack"
    text = design.read_text(encoding="utf-8")
    assert "  pool kv {\n" in text
    design.write_text(
        text.replace("  pool kv {\n", "  # rackc: allow W0752 slow is fine\n  pool kv {\n"), encoding="utf-8"
    )
    result = compile(design, solve=False)
    assert result.undecided
    assert not [d for d in result.diagnostics if d.code == "W0151"]


@pytest.mark.parametrize("between", ["\n", "; "], ids=["a line each", "on one line"])
def test_many_comments_take_little(between: str) -> None:
    """Neither many comments, nor many on one line, are weighed against every statement or each other."""
    lets = between.join(f"let a{at} = 3 W" + " # rackc: allow W0351 x" * (between == "\n") for at in range(10_000))
    remarks = " # rackc: allow W0351 x" * (0 if between == "\n" else 10_000)
    text = f"tray T {{\n  height = 1 U\n{lets}{remarks}\n}}\ndesign Main {{ t: T }}\n"
    found: list[Diagnostic] = []
    assert steps(lambda: found.extend(compile(text, solve=False).diagnostics)) < 60_000_000  # 2,600 a line, of 5,000
    assert len(found) == 10_000
