"""The page of each code: there, in form, and true: its failing design yields the code, its mended one no error."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from rackc.api import compile, run_tests
from rackc.compiler.pipeline import Result
from rackc.dsl.diagnostics import Code
from rackc.dsl.explain import page, title

#: Codes that no text alone brings about: the command line's own, and the solver giving up.
ELSEWHERE = (Code.NOT_FOUND, Code.LOCK, Code.LOCK_FALSE, Code.LOCK_UNREADABLE)
#: Codes that only `rackc test` brings about.
OF_TESTS = (Code.EXPECTATION,)
#: Codes that only a decision brings about.
AFTER_BUILD = (
    Code.BANDWIDTH,
    Code.NO_SOLUTION,
    Code.TWO_READINGS,
    Code.RELET,
    Code.FAR,
    Code.PARTLY_FAR,
    Code.SHELF,
    Code.UNEVEN_REGION,
    Code.POOL_LOSES,
    Code.FEWER_LINKS,
)


def blocks(code: Code, language: str) -> list[str]:
    """Return the fenced blocks of a page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", page(code), re.DOTALL)


def run(at: int, code: Code, folder: Path) -> Result:
    """Compile a block of a page, with the trace and the rack.toml that the page shows."""
    text = blocks(code, "rack")[at]
    path = folder / "page.rack"
    path.write_text(text, encoding="utf-8")
    for trace in blocks(code, "json"):
        named = re.search(r'trace += "(.*)"', text)
        assert named is not None
        (folder / named[1]).parent.mkdir(exist_ok=True)
        (folder / named[1]).write_text(trace, encoding="utf-8")
    for project in blocks(code, "toml")[at : at + 1]:
        (folder / "rack.toml").write_text(project, encoding="utf-8")
    if code in OF_TESTS:
        return next(result for _, result in run_tests(path, solve=False))
    return compile(path, solve=code in AFTER_BUILD)


@pytest.mark.parametrize("code", Code)
def test_form(code: Code) -> None:
    lines = page(code).splitlines()
    assert re.fullmatch(rf"# {code.value}: [a-z].*[^.]", lines[0]), lines[0]
    assert len(title(code)) < 50
    assert "Fails:" in lines
    assert any(line.startswith("Instead: ") for line in lines)
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("code", [code for code in Code if code not in ELSEWHERE])
def test_failing_block_fails(code: Code, tmp_path: Path) -> None:
    found = {d.code for d in run(0, code, tmp_path).diagnostics}
    assert code in found if code is Code.NO_COMBINATION else found == {code}


@pytest.mark.parametrize("code", [code for code in Code if len(blocks(code, "rack")) > 1])
def test_mended_block_passes(code: Code, tmp_path: Path) -> None:
    result = run(1, code, tmp_path)
    assert not [d.message for d in result.diagnostics]


def test_no_page_without_a_code() -> None:
    pages = {node.name for node in resources.files("rackc.dsl").joinpath("explain").iterdir()}
    assert pages == {f"{code.value}.md" for code in Code}


def test_codes_are_in_order_and_once() -> None:
    values = [code.value for code in Code]
    assert len(set(values)) == len(values)
    assert [v[1:3] for v in values] == sorted(v[1:3] for v in values)
