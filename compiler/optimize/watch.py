"""Stopping a solve from outside, and hearing how it goes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

#: Called with the best objective so far (None: none yet), the bound and the effort spent. It may come from another
#: thread than the one that called the optimizer, and must be quick.
Progress = Callable[[int | None, int, float], None]


class Watch:
    """A handle on a running solve. `stop()` may be called from a signal handler or from any thread, at any time."""

    def __init__(self, progress: Progress | None = None) -> None:
        """Report to `progress`, if given."""
        self._progress = progress
        self._stopped = Event()

    def stop(self) -> None:
        """End the solve soon; the best answer found so far is returned."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Return whether stop() was called."""
        return self._stopped.is_set()

    def report(self, best: int | None, bound: int, effort: float) -> None:
        """Tell the listener, if there is one."""
        if self._progress is not None:
            self._progress(best, bound, effort)
