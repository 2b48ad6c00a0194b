"""A solve that is stopped: at once, and with a true answer or none."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from threading import Timer

from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem, Unknown
from rackc.compiler.optimize.watch import Watch
from tests.optimize.checker import violations
from tests.optimize.samples import pool, walk

#: Seconds from stop() to the answer, on a busy machine.
SOON = 3.0


def hard() -> PoolProblem:
    """Return a pool that takes far longer than these tests wait."""
    problem = pool(walk(16, 20, seed=9), slots=(16, 16), effort=1_000.0)
    return replace(problem, gap=0.0, one_size=False)


def judged(problem: PoolProblem, answer: object) -> None:
    assert isinstance(answer, PoolDecision | Unknown)
    assert answer.interrupted
    if isinstance(answer, PoolDecision):
        assert violations(problem, answer) == []
        assert answer.bound <= answer.objective


def test_stopped_before_it_began() -> None:
    watch = Watch()
    watch.stop()
    judged(hard(), solve_pool(hard(), watch))


def test_stopped_by_another_thread() -> None:
    watch, problem = Watch(), hard()
    stopped: list[float] = []

    def stop() -> None:
        stopped.append(time.monotonic())
        watch.stop()

    Timer(3.0, stop).start()
    answer = solve_pool(problem, watch)
    assert stopped
    assert time.monotonic() - stopped[0] < SOON
    judged(problem, answer)


def test_stopped_by_a_signal() -> None:
    watch, problem = Watch(), hard()
    before = signal.signal(signal.SIGALRM, lambda *_: watch.stop())
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.0)
        started = time.monotonic()
        answer = solve_pool(problem, watch)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 1.0 + SOON
    judged(problem, answer)


def test_progress_is_told() -> None:
    told: list[tuple[int | None, int, float]] = []
    problem = pool(walk(6, 10, seed=3))
    decision = solve_pool(problem, Watch(lambda *news: told.append(news)))
    assert isinstance(decision, PoolDecision)
    known = [best for best, _, _ in told if best is not None]
    assert known == sorted(known, reverse=True)
    assert known[-1] == decision.objective
    assert all(bound <= decision.objective for _, bound, _ in told)


def test_too_little_effort_is_unknown_and_not_a_conflict() -> None:
    answer = solve_pool(replace(hard(), effort=1e-5))
    assert isinstance(answer, Unknown | PoolDecision)
    assert not answer.interrupted
