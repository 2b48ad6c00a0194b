"""Pools solved on a real Dask cluster: a scheduler and two workers in processes of their own, over TCP on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.pools import SLOW, TWO_POOLS, press, slow_build, wait_for
from tests.examples.building import ROOT, run
from tests.tree import all_bytes

_COMMON = ("--no-dashboard", "--host", "127.0.0.1")


def _dask(folder: Path, name: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    log = (folder / f"{name}{time.monotonic_ns()}.log").open("wb")
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments],
        cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment},
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _listens(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {port}")


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2, *more: str, **environment: str) -> Iterator[str]:
    """A scheduler with workers of one thread each; yields its address once it is there."""
    folder.mkdir(exist_ok=True)
    port = _free_port()
    address = f"tcp://127.0.0.1:{port}"
    begun = [_dask(folder, "scheduler", *_COMMON, "--port", str(port), "--no-jupyter")]
    try:
        _listens(port)
        one = (address, "--nthreads", "1", "--no-nanny", *_COMMON, *more)
        begun += [_dask(folder, "worker", *one, **environment) for _ in range(workers)]
        if workers:
            _joined(address, workers)
        yield address
    finally:
        for process in reversed(begun):
            process.kill()
            process.wait()


def _slow(folder: Path) -> tuple[str, str]:
    """What makes the workers take their time."""
    (folder / "preload.py").write_text(SLOW, encoding="utf-8")
    return "--preload", str(folder / "preload.py")


def _busy(folder: Path) -> None:
    """Return once both searches go on."""
    logs = list(folder.glob("worker*.log"))
    for _ in range(300):
        if all("searching" in log.read_text(encoding="utf-8") for log in logs):
            return
        time.sleep(0.1)
    raise AssertionError("no search began")


def _joined(address: str, workers: int) -> None:
    code = f"from distributed import Client; Client({address!r}, set_as_default=False).wait_for_workers({workers}, 60)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def _build(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    return run("build", "two.rack", "-o", "out", *arguments, cwd=folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def test_the_same_bytes_as_here(tmp_path: Path, address: str) -> None:
    here, there = _build(tmp_path / "here", "--workers", "1"), _build(tmp_path / "there", "--cluster", address)
    assert there.returncode == 0, there.stderr
    assert here.stdout == there.stdout
    assert all_bytes(tmp_path / "here") == all_bytes(tmp_path / "there")
    assert (tmp_path / "there" / "two.rack.lock").exists()


def test_what_the_lock_holds_asks_nothing_of_the_cluster(tmp_path: Path) -> None:
    assert _build(tmp_path / "a", "--workers", "1").returncode == 0
    again = _build(tmp_path / "a", "--cluster", f"tcp://127.0.0.1:{_free_port()}")
    assert again.returncode == 0
    assert "nothing was solved" in again.stdout


def test_a_scheduler_that_is_not_there(tmp_path: Path) -> None:
    port = _free_port()
    done = _build(tmp_path / "a", "--cluster", f"tcp://127.0.0.1:{port}")
    assert done.returncode == 2
    assert f"no Dask scheduler answers at tcp://127.0.0.1:{port}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a" / "out").exists()


def test_something_else_that_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_as_the_web, args=(server,), daemon=True).start()
        done = _build(tmp_path / "a", "--cluster", f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert done.returncode == 2
    assert "no Dask scheduler answers at" in done.stderr
    assert "Traceback" not in done.stderr


def _answer_as_the_web(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_without_the_package_the_way_to_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('not here')", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    (tmp_path / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    done = run("build", "two.rack", "-o", "out", "--cluster", "tcp://127.0.0.1:1", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    assert "pip install 'rackc[cluster]'" in done.stderr


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 0) as empty:
        done = _build(tmp_path / "a", "--cluster", empty)
    assert done.returncode == 2
    assert f"the scheduler at {empty} has no workers" in done.stderr


def test_workers_with_another_optimizer_are_refused(tmp_path: Path) -> None:
    """Another way to search may find another answer of the same cost."""
    other = tmp_path / "src" / "rackc"
    shutil.copytree(ROOT / "src" / "rackc", other, ignore=shutil.ignore_patterns("__pycache__", "library"))
    with (other / "compiler" / "optimize" / "search.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    with cluster(tmp_path / "c", 1, PYTHONPATH=str(tmp_path / "src")) as unlike:
        done = _build(tmp_path / "a", "--cluster", unlike)
    assert done.returncode == 2
    assert "would not give the same answer: rackc 0.1.0 (" in done.stderr
    assert ", here 0.1.0 (" in done.stderr
    assert not (tmp_path / "a" / "out").exists()


def test_ctrl_c_reaches_the_workers(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 2, *_slow(tmp_path)) as slow:
        process = slow_build(tmp_path, "--cluster", slow)
        _busy(tmp_path / "c")
        press(process)
        _, errors = process.communicate(timeout=15)  # both searches would take 20 s
        assert process.returncode == 0, errors
        assert "stopping" in errors
        assert (tmp_path / "two.rack.lock").read_text(encoding="utf-8").count('"reproducible": false') == 2


def test_the_second_ctrl_c_gives_up_and_leaves_the_cluster_as_it_was(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 2, *_slow(tmp_path), DEAF="1") as slow:
        process = slow_build(tmp_path, "--cluster", slow)
        _busy(tmp_path / "c")
        press(process)
        wait_for(process, "stopping")
        press(process)
        process.communicate(timeout=15)
        assert process.returncode == 130
        assert not (tmp_path / "out").exists()
        _joined(slow, 2)


def test_a_bug_on_a_worker_is_a_bug(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 1, *_slow(tmp_path), FAILS="1") as wrong:
        done = _build(tmp_path / "a", "--cluster", wrong)
    assert done.returncode == 70
    assert "ZeroDivisionError: planted" in done.stderr
    assert not (tmp_path / "a" / "out").exists()


def test_a_scheduler_that_goes_away_is_told(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", 2, *_slow(tmp_path)) as slow:
        process = slow_build(tmp_path, "--cluster", slow)
        _busy(tmp_path / "c")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors
    assert "the cluster lost what it was to solve" in errors
    assert not (tmp_path / "out").exists()
