"""`rackc.compile`: the whole way from Python."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import rackc

ROOT = Path(__file__).parents[1]


def test_a_text_compiles_like_a_file() -> None:
    path = ROOT / "examples" / "nvl72.rack"
    from_text = rackc.compile(path.read_text(encoding="utf-8"), solve=False)
    from_path = rackc.compile(path, solve=False)
    assert from_text.report == from_path.report
    assert from_path.plan is not None
    assert from_path.plan.design == "Main"
    assert not from_path.diagnostics
    assert [d.code.value for d in from_path.allowed] == ["W0651", "W0653"]


def test_a_check_decides_nothing() -> None:
    result = rackc.compile(ROOT / "examples" / "leo_pool.rack", solve=False)
    assert result.undecided == ("rack.kv",)
    assert result.plan is not None
    assert result.plan.pools == ()
    assert not any(i.populated for i in result.plan.instances if i.part.role == "memory-controller")
    assert result.rules_waiting == 3


def test_a_lock_saves_the_solving() -> None:
    path = ROOT / "examples" / "leo_pool.rack"
    first = rackc.compile(path)
    assert first.solved == ("rack.kv",)
    second = rackc.compile(path, lock=first.lock)
    assert second.solved == ()
    assert second.plan == first.plan
    assert second.lock == first.lock


def test_a_comment_does_not_invalidate_the_lock() -> None:
    text = (ROOT / "examples" / "leo_pool.rack").read_text(encoding="utf-8")
    first = rackc.compile(ROOT / "examples" / "leo_pool.rack")
    copy = ROOT / "examples" / "leo_pool.rack"
    assert copy.exists()
    edited = text.replace("# Serving instances", "# (an edit) Serving instances").replace(
        '"traces/', '"examples/traces/'
    )
    assert rackc.compile(edited, lock=first.lock).solved == ()


def test_an_unreadable_file_is_said() -> None:
    with pytest.raises(rackc.UnreadableError, match="No such file"):
        rackc.compile("nothing.rack")


def test_designs_compile_in_threads_side_by_side() -> None:
    paths = sorted((ROOT / "examples").glob("*.rack")) * 3
    alone = [rackc.compile(path, solve=False).report for path in paths]
    with ThreadPoolExecutor(max_workers=4) as threads:
        together = list(threads.map(lambda path: rackc.compile(path, solve=False).report, paths))
    assert together == alone
