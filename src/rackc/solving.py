"""Running the solver so that a person can watch and stop it: the first Ctrl-C ends the search, the second gives up."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from types import FrameType
from typing import Any, Final, TypeVar

from rackc.compiler.optimize.problem import Conflict, Outcome, PoolDecision, PoolProblem, Rival
from rackc.compiler.pipeline import Solver

_T = TypeVar("_T")
_POLL_S: Final = 0.05


def solver(*, progress: bool) -> Solver:
    """Return the pooling optimizer; the solver library is imported here, not before."""
    from rackc.compiler.optimize.pooling import solve_pool
    from rackc.compiler.optimize.rivals import rivals
    from rackc.compiler.optimize.watch import Watch

    # One watch for solving and for the comparisons after it: a stop ends both.
    watch = Watch(_Show().report if progress else None)

    def solve(problem: PoolProblem) -> Outcome:
        try:
            return _stoppable(lambda: solve_pool(problem, watch), watch.stop)
        finally:
            if progress:
                print("\r\x1b[K", end="", file=sys.stderr)

    def others(problem: PoolProblem, outcome: Outcome) -> tuple[Rival, ...]:
        if isinstance(outcome, Conflict):
            return ()
        decision = outcome if isinstance(outcome, PoolDecision) else None
        return _stoppable(lambda: rivals(problem, decision, watch), watch.stop)

    return Solver(f"OR-Tools {version('ortools')} CP-SAT", solve, others)


def _stoppable(run: Callable[[], _T], stop: Callable[[], None]) -> _T:
    """Run in a thread of its own, so that Python hears Ctrl-C while the solver works.

    The first one calls `stop` and waits for the answer; the second raises KeyboardInterrupt at once.
    """
    box: list[Any] = []

    def work() -> None:
        try:
            box.append((True, run()))
        except BaseException as error:  # noqa: BLE001 (carried over to the thread that waits)
            box.append((False, error))

    pressed = 0

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        print("\nstopping; the best answer so far is kept (Ctrl-C again to give up)", file=sys.stderr)
        stop()

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, on_interrupt) if in_main else None
    thread = threading.Thread(target=work, daemon=True)
    try:
        thread.start()
        while thread.is_alive():
            thread.join(_POLL_S)
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)
    good, value = box[0]
    if not good:
        raise value
    result: _T = value
    return result


class _Show:
    """One line on a terminal: best, bound and gap so far."""

    def report(self, best: int | None, bound: int, effort: float) -> None:
        if best is None:
            text = f"solving: no answer yet, bound {bound / 100:,.0f} USD"
        else:
            gap = (best - bound) / best if best else 0.0
            text = f"solving: best {best / 100:,.0f} USD, bound {bound / 100:,.0f}, gap {gap:.1%}"
        print(f"\r\x1b[K{text} (effort {effort:.1f})", end="", file=sys.stderr, flush=True)
