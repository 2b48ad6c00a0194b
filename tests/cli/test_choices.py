"""`choose` on the command line: what `--set` fixes, and what the lock holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.cli import main

_DESIGN = (
    "part P { tdp = 100 W }\ntray T { choose n in [1, 2]; p[n]: P }\ndesign Main { t: T; minimize t.power.peak }\n"
)


@pytest.fixture
def design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "s.rack"
    path.write_text(_DESIGN, encoding="utf-8")
    return path


def build(*more: str) -> int:
    return main(["build", "s.rack", "-o", "out", "--target", "report", *more])


def test_the_best_is_kept_and_the_lock_is_taken(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build() == 0
    first = capsys.readouterr().out
    assert "best of 2 combinations: T.n = 1" in first
    assert "taken from the lock" not in first
    report = (design.parent / "out/report/report.txt").read_bytes()
    assert build("--locked") == 0
    assert "decisions taken from the lock; nothing was solved" in capsys.readouterr().out
    assert (design.parent / "out/report/report.txt").read_bytes() == report


def test_locked_fails_where_something_would_be_decided(design: Path) -> None:
    assert build("--locked") == 5
    assert not Path("s.rack.lock").exists()
    assert build() == 0
    lock = Path("s.rack.lock").read_bytes()
    design.write_text(_DESIGN.replace("[1, 2]", "[2, 3]"), encoding="utf-8")
    assert build("--locked") == 5
    assert Path("s.rack.lock").read_bytes() == lock


@pytest.mark.usefixtures("design")
def test_set_fixes_one_and_a_slip_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert build("--set", "n=2") == 0
    assert build("--set", "T.n=2") == 0
    for wrong in ("m=1", "n=3"):
        assert build("--set", wrong) == 1
    said = capsys.readouterr().err
    assert said.count("E0212") == 2
    assert "known here: T.n" in said
    assert "it is one of 1, 2" in said


@pytest.mark.usefixtures("design")
@pytest.mark.parametrize(
    ("old", "new"),
    [('"T.n": 0', '"T.n": 1'), ('"T.n": 0', '"T.n": 7'), ('"T.n": 0', '"T.n": -1'), ('"100 W"', '"90 W"')],
)
def test_a_lock_edited_by_hand_is_not_believed(capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    assert build() == 0
    lock = Path("s.rack.lock")
    text = lock.read_text(encoding="utf-8")
    assert old in text
    lock.write_text(text.replace(old, new, 1), encoding="utf-8")
    capsys.readouterr()
    assert build() == 0
    assert "best of 2 combinations: T.n = 1" in capsys.readouterr().out
    assert lock.read_text(encoding="utf-8") == text
