"""The line on a terminal while pools are solved: how far each has got, and nothing where no terminal listens."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rackc.compiler.optimize.problem import PoolDecision, Question, Unknown
from rackc.progress import Line
from tests.cli.here import run
from tests.cli.pools import TWO_POOLS
from tests.optimize.samples import pool, walk

_FOUND = PoolDecision((), (), (), (), 1, 1, 10_000, 9_900, 0, 0.01, True, 2.0, False)


def _questions(count: int) -> list[Question]:
    problem = pool(walk(3, 2, seed=1))
    return [Question(replace(problem, address=f"r.p{at}")) for at in range(count)]


def _shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What stood on the line, one after the other."""
    return [text for text in capsys.readouterr().err.split("\r\x1b[K") if text]


def test_one_pool_alone(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(shown=True)
    line.begin(_questions(1), 1)
    line.report(0, None, 500_000, 0.25)
    line.report(0, 600_000, 570_000, 1.5)
    line.clear()
    assert _shown(capsys) == [
        "r.p0: no answer yet, bound 5,000 USD, effort 0.2",
        "r.p0: best 6,000 USD, bound 5,700 USD, gap 5.0%, effort 1.5",
    ]


def test_which_of_several_pools_and_the_unit_of_its_goal(capsys: pytest.CaptureFixture[str]) -> None:
    line, questions = Line(shown=True), _questions(3)
    questions[1] = Question(replace(questions[1].problem, goals=("power", "cost")))
    line.begin(questions, 1)
    line.report(1, 450_000, 450_000, 1.0)
    assert _shown(capsys) == ["r.p1 (2 of 3): best 450 W, bound 450 W, gap 0.0%, effort 1.0"]


def test_a_summary_of_pools_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(shown=True)
    line.begin(_questions(3), 2)
    line.report(1, 200, 150, 1.0)
    line.done(0, _FOUND)
    line.done(1, Unknown(3.0, interrupted=False))
    assert _shown(capsys) == [
        "0 of 3 pools done, 2 at a time, worst gap 25.0%, effort 1.0",
        "1 of 3 pools done, 2 at a time, worst gap 25.0%, effort 3.0",
        "2 of 3 pools done, 2 at a time, worst gap 25.0%, effort 3.0",
    ]


def test_nothing_where_it_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(shown=False)
    line.begin(_questions(1), 1)
    line.report(0, 1, 1, 1.0)
    line.done(0, _FOUND)
    line.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("arguments", "told"), [((), True), (("--format", "json"), False)])
def test_on_a_terminal_only(tmp_path: Path, arguments: tuple[str, ...], told: bool) -> None:
    (tmp_path / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rackc", "build", "two.rack", "-o", "out", "--target", "plan", "--workers", "2"]
    with subprocess.Popen([*command, *arguments], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            seen += piece
        process.wait()
    os.close(ours)
    assert process.returncode == 0
    assert (b"2 of 2 pools done, 2 at a time, worst gap" in seen) == told


def test_a_line_for_each_pool_at_the_end_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    done = run("build", "two.rack", "-o", "out", "--target", "plan", "--workers", "1", "-v", cwd=tmp_path)
    told = [line.strip() for line in done.stdout.splitlines() if ": best " in line]
    assert [line.partition(":")[0] for line in told] == ["a.kv", "b.kv"]
    assert all("bound 27,655 USD, gap 0.0%, effort" in line for line in told)
    assert "\x1b" not in done.stderr
