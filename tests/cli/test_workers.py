"""Pools solved side by side: the same bytes as one after the other, a stop that all hear, no process left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.pools import TWO_POOLS, press, slow_build, wait_for
from tests.examples.building import run
from tests.tree import all_bytes


def _built(folder: Path, *arguments: str, seed: str) -> dict[str, bytes]:
    folder.mkdir()
    (folder / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    done = run("build", "two.rack", "-o", "out", *arguments, cwd=folder, PYTHONHASHSEED=seed)
    assert done.returncode == 0, done.stderr
    return all_bytes(folder)


@contextmanager
def _load() -> Iterator[None]:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def _alone(group: int) -> bool:
    """Whether no process of a group is left after a moment; one that waits for its parent to notice is none."""
    for _ in range(40):
        if not _members(group):
            return True
        time.sleep(0.05)
    return False


def _members(group: int) -> list[str]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it has just ended
        if int(of) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def test_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    with _load():
        made = [
            _built(tmp_path / str(at), "--workers", workers, seed=str(at)) for at, workers in enumerate(("1", "2", "2"))
        ]
    assert "two.rack.lock" in made[0]
    assert made[0] == made[1] == made[2]


def test_the_first_interrupt_stops_all_searches_and_keeps_what_they_have(tmp_path: Path) -> None:
    process = slow_build(tmp_path, "--workers", "2")
    wait_for(process, "searching", 2)
    press(process)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert errors.count("stopping") == 1
    assert "Traceback" not in errors
    lock = json.loads((tmp_path / "two.rack.lock").read_text(encoding="utf-8"))
    assert [pool["reproducible"] for pool in lock["pools"].values()] == [False, False]
    assert _alone(process.pid)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_second_interrupt_writes_nothing(tmp_path: Path, workers: str) -> None:
    process = slow_build(tmp_path, "--workers", workers, DEAF="1")
    wait_for(process, "searching", int(workers))
    press(process)
    wait_for(process, "stopping")
    press(process)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "two.rack.lock").exists()
    assert _alone(process.pid)


def test_a_stop_is_for_the_pools_that_wait_as_well(tmp_path: Path) -> None:
    process = slow_build(tmp_path, "--workers", "1")
    wait_for(process, "searching")
    press(process)
    _, errors = process.communicate(timeout=15)  # the second pool would take 20 s
    assert process.returncode == 130, errors
    assert "no solution of b.kv was found" in errors


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    process = slow_build(tmp_path, "--workers", "2")
    wait_for(process, "searching", 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _alone(process.pid)
    process.communicate()


def test_a_worker_that_ends_is_told(tmp_path: Path) -> None:
    process = slow_build(tmp_path, "--workers", "2", DIES="1")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "a worker process ended (exit code -9): too little memory? `--workers 1` needs less" in errors
    assert not (tmp_path / "out").exists()
    assert _alone(process.pid)


def test_a_bug_in_a_worker_is_a_bug(tmp_path: Path) -> None:
    process = slow_build(tmp_path, "--workers", "2", FAILS="1")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 70
    assert "planted" in errors
    assert "in slow" in errors, "the way to it in the worker"


@pytest.mark.parametrize(
    "arguments",
    [("--workers", "0"), ("--workers", "two"), ("--cluster", "here"), ("--workers", "2", "--cluster", "tcp://h:1")],
)
def test_who_solves_is_checked_at_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run("build", "two.rack", "-o", "out", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage:" in done.stderr
