"""Ctrl-C while something long runs: the first ends the search and keeps the best answer, the second gives up."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

#: How often something that waits looks around, in seconds.
POLL_S: Final = 0.05


class WorkerError(Exception):
    """Who was to solve cannot, or ended without an answer; the message says why."""


class Interrupts:
    """Counts Ctrl-C over all searches of a command."""

    def __init__(self) -> None:
        """Nothing was pressed yet."""
        self._pressed = 0

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Within this, the first Ctrl-C calls `stop`, the second raises KeyboardInterrupt. `stop` must be quick.

        It is called at once where Ctrl-C was pressed in an earlier search.
        """

        def on_interrupt(_number: int, _frame: FrameType | None) -> None:
            self._pressed += 1
            if self._pressed > 1:
                raise KeyboardInterrupt
            print("\nstopping; the best answer so far is kept (Ctrl-C again to give up)", file=sys.stderr)
            stop()

        if self._pressed:
            stop()
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals
            return
        before = signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def heard(run: Callable[[], _T]) -> _T:
    """Run in a thread of its own, so that Python hears Ctrl-C meanwhile."""
    box: list[Any] = []

    def work() -> None:
        try:
            box.append((True, run()))
        except BaseException as error:  # noqa: BLE001 (carried over to the thread that waits)
            box.append((False, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
    good, value = box[0]
    if not good:
        raise value
    result: _T = value
    return result
