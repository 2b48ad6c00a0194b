"""Pools solved on the workers of an existing Dask cluster: the same function as here, the same bytes.

Nothing is asked of the cluster but its workers, with the same rackc and OR-Tools as here. What a search has got so far,
and a stop, go past the queue of tasks (`Client.run`), so that a busy worker hears of them.
"""

from __future__ import annotations

import hashlib
import platform
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from socket import create_connection
from typing import Any, Final
from uuid import uuid4

from rackc import __version__
from rackc.compiler.optimize.problem import Answer, Question
from rackc.compiler.optimize.watch import Watch
from rackc.interrupts import POLL_S, Interrupts, WorkerError
from rackc.progress import Line

#: Seconds to wait for a scheduler, and for its first worker.
REACH_S: Final = 5.0

#: Seconds between two looks at how the searches go.
LOOK_S: Final = 1.0

#: How a search goes: best, bound, effort.
_News = tuple[int | None, int, float]


# ---------------------------------------------------------------- on a worker


@dataclass(slots=True)
class _Job:
    """What one command has a worker do: whether it was stopped, and its searches by number."""

    stopped: bool = False
    watches: dict[int, Watch] = field(default_factory=dict)
    news: dict[int, _News] = field(default_factory=dict)


_jobs: dict[str, _Job] = {}
_turn: Final = threading.Lock()


@cache
def kind() -> tuple[tuple[str, str], ...]:
    """Return all that an answer rests on besides the question: versions, the optimizer's own files, the processor."""
    whole = hashlib.sha256()
    for text in _texts(files("rackc.compiler.optimize")):
        whole.update(text)
    return (
        ("rackc", f"{__version__} ({whole.hexdigest()[:8]})"),
        ("ortools", version("ortools")),
        ("processor", platform.machine()),
    )


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a worker has no answer. Errors travel as words: not every one of them would arrive."""

    words: str
    bug: bool


def _texts(folder: Traversable) -> Iterator[bytes]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _texts(one)
        elif one.name.endswith(".py"):
            yield one.read_bytes()


def solve_here(token: str, index: int, question: Question, wanted: tuple[tuple[str, str], ...]) -> Answer | Failed:
    """Answer a question on a worker of the same kind as who asks."""
    if kind() != wanted:
        return Failed(_unlike(kind(), wanted), bug=False)
    try:
        return _solved(token, index, question)
    except Exception as error:  # noqa: BLE001 (told where it was asked)
        return Failed("".join(traceback.format_exception(error)), bug=True)


def _solved(token: str, index: int, question: Question) -> Answer:
    from rackc.compiler.optimize.answering import answer

    with _turn:
        job = _jobs.setdefault(token, _Job())
        watch = job.watches[index] = Watch(lambda *news: job.news.__setitem__(index, news))
        if job.stopped:
            watch.stop()
    try:
        return answer(question, watch)
    finally:
        with _turn:
            del job.watches[index]


def stop_here(token: str) -> None:
    """End the searches of a command on a worker, and those that it will still be given."""
    with _turn:
        job = _jobs.setdefault(token, _Job())
        job.stopped = True
        for watch in job.watches.values():
            watch.stop()


def news_here(token: str) -> dict[int, _News]:
    """Return how the searches of a command go on a worker."""
    with _turn:
        job = _jobs.get(token)
        return {} if job is None else {index: job.news[index] for index in job.watches if index in job.news}


def forget_here(token: str) -> None:
    """End what a command has on a worker, and remember nothing of it."""
    stop_here(token)
    with _turn:
        _jobs.pop(token, None)


# ---------------------------------------------------------------- here


def on_cluster(address: str, questions: Sequence[Question], line: Line, interrupts: Interrupts) -> list[Answer]:
    """Answer all questions on the workers of the scheduler at `address`, in order. Raises WorkerError."""
    client = _connected(address)
    token = uuid4().hex
    try:
        line.begin(questions, _checked(client, address))
        tasks = [
            client.submit(
                solve_here, token, index, question, kind(), key=f"rackc-{token}-{index}", pure=False, retries=0
            )
            for index, question in enumerate(questions)
        ]
        try:
            return _answers(client, token, tasks, line, interrupts)
        finally:
            if client.status == "running":  # else there is nobody to tell
                client.cancel(tasks)
                client.run(forget_here, token, on_error="ignore")
    finally:
        client.close(timeout=REACH_S)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise WorkerError(
            "--cluster needs the package `distributed`, which is not installed: pip install 'rackc[cluster]'"
        ) from None

    class Ours(Client):  # type: ignore[misc]  # its type is unknown where the extra is not installed
        """Closed here and nowhere else: one that never got a connection would wait for it at its end."""

        def __del__(self) -> None: ...

    try:
        # Answers at once where nothing listens; the client itself would try until its time is up.
        host, _, port = address.rpartition("://")[2].rpartition(":")
        create_connection((host.strip("[]"), int(port)), REACH_S).close()
        return Ours(address, timeout=REACH_S, set_as_default=False)
    except Exception as error:  # noqa: BLE001 (whatever answers there may say anything)
        raise WorkerError(f"no Dask scheduler answers at {address}: {error or type(error).__name__}") from None


def _checked(client: Any, address: str) -> int:
    """Return how many workers there are; raises WorkerError where there is none, or one of another kind."""
    try:
        client.wait_for_workers(1, timeout=REACH_S)
    except TimeoutError:
        raise WorkerError(f"the scheduler at {address} has no workers") from None
    wanted = kind()
    for worker, found in sorted(client.run(kind, on_error="return").items()):
        if isinstance(found, ImportError):
            raise WorkerError(f"{worker} cannot solve: {found}; install rackc {__version__} there")
        if isinstance(found, BaseException):
            raise WorkerError(f"{worker} cannot solve: {found}")
        if found != wanted:
            raise WorkerError(f"{worker} {_unlike(found, wanted)}")
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _unlike(found: tuple[tuple[str, str], ...], wanted: tuple[tuple[str, str], ...]) -> str:
    """Return in which way a worker is not like who asks."""
    differ = [
        f"{name} {there}, here {here}" for (name, there), (_, here) in zip(found, wanted, strict=False) if there != here
    ]
    return f"would not give the same answer: {'; '.join(differ)}"


def _answers(client: Any, token: str, tasks: list[Any], line: Line, interrupts: Interrupts) -> list[Answer]:
    """Wait for all tasks; tell how they go, and pass on a stop."""
    stop = threading.Event()
    made: dict[int, Answer] = {}
    looked = 0.0
    with interrupts.stopping(stop.set):
        while len(made) < len(tasks):
            for index, task in enumerate(tasks):
                if index not in made and task.done():
                    made[index] = _result(task)
                    line.done(index, made[index].outcome)
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                _look(client, token, line, stopped=stop.is_set())
            time.sleep(POLL_S)
    return [made[index] for index in range(len(tasks))]


def _look(client: Any, token: str, line: Line, *, stopped: bool) -> None:
    """Pass a stop on, again and again: a worker may have joined. Show how the searches go."""
    if client.status != "running":
        return  # what was asked is cancelled then, which is told there
    if stopped:
        client.run(stop_here, token, on_error="ignore")
    if line.shown:
        for news in client.run(news_here, token, on_error="ignore").values():
            for index, told in news.items():
                line.report(index, *told)


def _result(task: Any) -> Answer:
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        found = task.result(timeout=REACH_S)
    except (CancelledError, KilledWorker, OSError) as error:
        raise WorkerError(f"the cluster lost what it was to solve: {error}") from None
    if isinstance(found, Failed):
        raise (RuntimeError if found.bug else WorkerError)(f"a worker of the cluster: {found.words}")
    assert isinstance(found, Answer)
    return found
