"""Running requests and hand-offs: by the token, exactly."""

from __future__ import annotations

import numpy as np

from rackc.compiler.workload.service import Service
from rackc.compiler.workload.timeline import Events, Floats, moved, traced_peaks
from rackc.compiler.workload.turns import Flow, Step, Turns, handed_over_s

#: Times, jumps in tokens and changes of slope in tokens per second, one of each a turn.
_Edge = tuple[Floats, Floats, Floats]


def running(turns: Turns, steps: tuple[Step, ...], service: Service, per_token: float, shape: tuple[int, int]) -> Flow:
    """Return what the turns of a lot hold while they run, or while they are handed over.

    Every step of decoding reads all that is held; what is prefilled is written at the end of prefill, an answer at its end.
    """
    handing, seconds = steps[-1].kind == "hand-off", shape[1]
    decoding = turns.prefilled + handed_over_s(steps)
    token_s = service.token_s or np.inf
    edges = _handed_over(turns, decoding) if handing else _active(turns, decoding, token_s)
    peak, mean = traced_peaks(_events(turns, edges, seconds), shape)
    given, made = turns.input * per_token, turns.output * per_token
    burst = np.zeros(shape[0])
    np.maximum.at(burst, turns.host, given)
    written = moved(turns.host, turns.shifted(turns.prefilled, seconds), given, shape)
    if handing:
        read = moved(turns.host, turns.shifted(decoding, seconds), given, shape)
    else:
        read = mean * per_token / token_s
        written += moved(turns.host, turns.shifted(turns.end, seconds), made, shape)
    return Flow(peak * per_token, read, written, np.zeros((0, seconds)), mean * per_token, burst)


def _handed_over(turns: Turns, decoding: Floats) -> tuple[_Edge, ...]:
    flat = np.zeros(len(turns.arrival))
    return (turns.prefilled, turns.input, flat), (decoding, -turns.input, flat)


def _active(turns: Turns, decoding: Floats, token_s: float) -> tuple[_Edge, ...]:
    flat = np.zeros(len(turns.arrival))
    grows = np.where(turns.output > 0, 1.0 / token_s, flat)
    return (
        (turns.arrival, turns.input, flat),
        (turns.prefilled, -turns.input, flat),
        (decoding, turns.input, grows),
        (turns.end, -turns.input - turns.output, -grows),
    )


def _events(turns: Turns, edges: tuple[_Edge, ...], seconds: int) -> Events:
    host = np.tile(turns.host, len(edges))
    at, jump, slope = (np.concatenate(column) for column in zip(*edges, strict=True))
    if not turns.lot.wraps:
        return Events(host, at, jump, slope)
    # A request that the end of the copy's time cuts has begun before its beginning too.
    later = turns.shifted(turns.arrival, seconds) - turns.arrival
    at = at + np.tile(later, len(edges))
    over = np.tile(turns.end + later > seconds, len(edges))
    host, jump, slope = (np.concatenate((column, column[over])) for column in (host, jump, slope))
    return Events(host, np.concatenate((at, at[over] - seconds)), jump, slope)
