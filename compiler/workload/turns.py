"""The turns of a trace as they are served: when each begins and ends, which comes next, and what a class makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from rackc.compiler.workload.service import Lot, Service
from rackc.compiler.workload.timeline import Floats, Ints, Series
from rackc.compiler.workload.trace import Trace

Class = Literal["hand-off", "active", "parked", "prefix"]

#: Who comes first: what one holds, those after it do not count.
ORDER: Final[tuple[Class, ...]] = ("hand-off", "active", "parked", "prefix")


@dataclass(frozen=True, slots=True)
class Step:
    """A class with its time: the deadline of a hand-off, `idle` of parked contexts, `keep` of prefixes; 0 for active."""

    kind: Class
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Flow:
    """By host and second: bytes held, read and written; by sharing group and second: bytes that its hosts have in common.

    `mean` is the mean of each second where `held` is the greatest amount in it; `burst` by host the most bytes that one
    request moves at once.
    """

    held: Series
    read: Series
    written: Series
    shared: Series
    mean: Series
    burst: Floats

    def plus(self, other: Flow) -> Flow:
        """Return both together."""
        return Flow(
            self.held + other.held,
            self.read + other.read,
            self.written + other.written,
            self.shared + other.shared,
            self.mean + other.mean,
            np.maximum(self.burst, other.burst),
        )


@dataclass(frozen=True, slots=True)
class Turns:
    """The requests of a lot: arrival, end of prefill and end (s), tokens, and where in the lot the session's next turn is.

    `following` is -1 for the last turn of a session.
    """

    lot: Lot
    arrival: Floats
    prefilled: Floats
    end: Floats
    input: Floats
    output: Floats
    following: Ints

    @property
    def host(self) -> Ints:
        """The host of each turn."""
        return self.lot.host

    def next_arrival(self) -> Floats:
        """Return when the session's next turn arrives, infinity where there is none."""
        return np.where(self.following >= 0, self.arrival[self.following], np.inf)

    def shifted(self, at: Floats, seconds: int) -> Floats:
        """Return times on the clock of the lot: later by its shift, and from the beginning again after `seconds`."""
        return (at + self.lot.shift_s) % seconds if self.lot.wraps else at


def turns_of(trace: Trace, service: Service, lot: Lot, handed_over_s: float) -> Turns:
    """Return the turns of a lot; decoding begins `handed_over_s` after prefill."""
    arrival = trace.arrival_s[lot.requests]
    given, made = (
        np.zeros(len(arrival)) if column is None else column[lot.requests].astype(np.float64)
        for column in (trace.input_tokens, trace.output_tokens)
    )
    prefilled = arrival + given / (service.prefill_tokens_per_s or np.inf)
    end = prefilled + handed_over_s + made * (service.token_s or 0.0)
    session = trace.session[lot.requests]
    order = np.argsort(session, kind="stable")
    following = np.full(len(arrival), -1)
    same = session[order][1:] == session[order][:-1]
    following[order[:-1][same]] = order[1:][same]
    return Turns(lot, arrival, prefilled, end, given, made, following)


def handed_over_s(steps: tuple[Step, ...]) -> float:
    """Return how long a hand-off takes, nothing where there is none."""
    return next((step.wait_s for step in steps if step.kind == "hand-off"), 0.0)


def residence_s(trace: Trace, service: Service, steps: tuple[Step, ...]) -> float:
    """Return how long the longest request stays."""
    every = np.arange(len(trace.session))
    turns = turns_of(trace, service, Lot(every, np.zeros_like(every)), handed_over_s(steps))
    return float((turns.end - turns.arrival).max())
