"""Pools solved side by side in processes of their own: the same function, the same bytes, in whatever order they end.

A worker is told what to do through its pipe, and by nothing else: it hears no Ctrl-C of the terminal, and ends with
the process that started it. Deterministic effort makes its answer independent of the load.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from rackc.compiler.optimize.problem import Answer, Question
from rackc.compiler.optimize.watch import Watch
from rackc.interrupts import POLL_S, Interrupts, WorkerError
from rackc.progress import Line

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    Pipe = Connection[Any, Any]

#: Told to a worker instead of a question.
_STOP: Final = "stop"

#: What a worker tells: "report", "answer" or "failed"; the question's number; figures, the answer, or the error.
_Told = tuple[str, int, Any]

#: Seconds between two reports of one worker, at least.
REPORT_S: Final = 0.2


def side_by_side(questions: Sequence[Question], count: int, line: Line, interrupts: Interrupts) -> list[Answer]:
    """Answer all questions with `count` processes, in order. Raises WorkerError, and what a worker raises."""
    stop = threading.Event()
    with interrupts.stopping(stop.set):
        crew = _Crew(count, line.shown)
        try:
            return crew.answers(questions, line, stop)
        finally:
            crew.end()


class _Crew:
    """The workers and their pipes."""

    def __init__(self, count: int, shown: bool) -> None:
        context = get_context("spawn")
        self._processes: dict[Pipe, SpawnProcess] = {}
        resource_tracker.ensure_running()  # it would unblock the signal
        # A terminal's Ctrl-C goes to all processes of a group; a signal that was blocked when they began stays so.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, shown), daemon=True)
                process.start()
                theirs.close()
                self._processes[ours] = process
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def answers(self, questions: Sequence[Question], line: Line, stop: threading.Event) -> list[Answer]:
        """Hand out the questions in order, each to the worker that is free first."""
        waiting = deque(enumerate(questions))
        made: dict[int, Answer] = {}
        for pipe in self._processes:
            self._send(pipe, waiting.popleft())
        told = False
        while len(made) < len(questions):
            if stop.is_set() and not told:
                told = True
                for pipe in self._processes:
                    self._send(pipe, _STOP)
            ready = wait(list(self._processes), POLL_S)
            for pipe in [one for one in self._processes if one in ready]:
                index, found = self._received(pipe, line)
                if found is not None:
                    made[index] = found
                    line.done(index, found.outcome)
                    if waiting:
                        self._send(pipe, waiting.popleft())
        return [made[index] for index in range(len(questions))]

    def _send(self, pipe: Pipe, told: tuple[int, Question] | str) -> None:
        try:
            pipe.send(told)
        except OSError:
            raise self._ended(pipe) from None

    def _received(self, pipe: Pipe, line: Line) -> tuple[int, Answer | None]:
        """Return an answer with the question's number, None for it where a worker only says how it goes."""
        try:
            kind, index, value = pipe.recv()
        except (EOFError, OSError):
            raise self._ended(pipe) from None
        if kind == "failed":
            raise value
        if kind == "report":
            line.report(index, *value)
            return index, None
        assert isinstance(value, Answer)
        return index, value

    def _ended(self, pipe: Pipe) -> WorkerError:
        process = self._processes[pipe]
        process.join(1.0)
        return WorkerError(
            f"a worker process ended (exit code {process.exitcode}): too little memory? `--workers 1` needs less"
        )

    def end(self) -> None:
        """End all workers, whatever they do."""
        for pipe, process in self._processes.items():
            process.kill()
            process.join()
            pipe.close()


def _work(pipe: Pipe, shown: bool) -> None:
    """Answer questions until the pipe closes. The main thread listens, another one solves."""
    bench = _Bench(pipe, shown)
    threading.Thread(target=bench.solve, daemon=True).start()
    while True:
        try:
            told = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)  # whoever asked is gone
        if told == _STOP:
            bench.watch.stop()
        else:
            bench.waiting.put(told)


class _Bench:
    """Where a worker solves. One watch for all questions: after a stop the rest is given up at once."""

    def __init__(self, pipe: Pipe, shown: bool) -> None:
        self.waiting: SimpleQueue[tuple[int, Question]] = SimpleQueue()
        self.watch = Watch(self._report if shown else None)
        self._pipe, self._sending = pipe, threading.Lock()
        self._index, self._reported = 0, 0.0

    def solve(self) -> None:
        """Answer what is waiting, one after the other."""
        from rackc.compiler.optimize.answering import answer

        while True:
            self._index, question = self.waiting.get()
            try:
                self._send(("answer", self._index, answer(question, self.watch)))
            except BaseException as error:  # noqa: BLE001 (raised again in the process that asked)
                self._send(("failed", self._index, _carried(error)))

    def _report(self, best: int | None, bound: int, effort: float) -> None:
        now = time.monotonic()
        if now - self._reported >= REPORT_S:
            self._reported = now
            self._send(("report", self._index, (best, bound, effort)))

    def _send(self, told: _Told) -> None:
        with self._sending:
            self._pipe.send(told)


def _carried(error: BaseException) -> BaseException:
    """Return an error that can travel, with the way it took here in words."""
    words = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 (whatever it is, it cannot be sent)
        error = RuntimeError(repr(error))
    error.add_note(words)
    return error
