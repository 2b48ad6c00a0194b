"""Parked contexts and retained prefixes: by the block, each once a host, in whole seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rackc.compiler.workload.row import BLOCK_TOKENS
from rackc.compiler.workload.sharing import apart
from rackc.compiler.workload.timeline import Floats, Ints, Series, Spans, held, moved, tops, wrapped
from rackc.compiler.workload.trace import Trace
from rackc.compiler.workload.turns import Flow, Step, Turns

Answers = npt.NDArray[np.bool_]
Groups = tuple[tuple[int, ...], ...]

#: Blocks with names below it need no shorter ones: with the number of a host before them they stay 64 bits wide.
_MAX_NAME: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class _Uses:
    """Block `block[k]`, below `blocks`, is used by turn `turn[k]` of a lot; in order of time."""

    turn: Ints
    block: Ints
    blocks: int


@dataclass(frozen=True, slots=True)
class _Lot:
    """The turns of a lot with the blocks they use, the classes up to the one asked for, and what a token takes."""

    turns: Turns
    uses: _Uses
    steps: tuple[Step, ...]
    per_token: float
    groups: Groups
    shape: tuple[int, int]

    @property
    def size(self) -> float:
        """Bytes of a block."""
        return BLOCK_TOKENS * self.per_token

    @property
    def wait_s(self) -> float:
        """How long the class asked for is kept."""
        return self.steps[-1].wait_s


def in_blocks(
    trace: Trace, turns: Turns, steps: tuple[Step, ...], per_token: float, groups: Groups, shape: tuple[int, int]
) -> Flow:
    """Return what the last of `steps`, parked contexts or prefixes, comes to in a lot; see holdings.flow_of."""
    lot = _Lot(turns, _uses(trace, turns), steps, per_token, groups, shape)
    blocks, seconds = lot.uses.blocks, shape[1]
    shared, private = apart(_own_spans(lot), blocks, groups)
    alone = held(private.unit // blocks, private.begin, private.end, lot.size, shape)
    common = held(shared.unit // blocks, shared.begin, shared.end, lot.size, (len(groups), seconds))
    if steps[-1].kind == "prefix":
        read, written, most = _fetched(lot)
    else:
        read, written, most = _brought_back(lot)
        alone += _tails(lot)
    return Flow(alone, read, written, common, alone, most)


def _uses(trace: Trace, turns: Turns) -> _Uses:
    place = np.full(len(trace.session), -1)
    place[turns.lot.requests] = np.arange(len(turns.arrival))
    turn = place[trace.request]
    kept = turn >= 0
    block = trace.block[kept]
    if len(block) and int(block.max()) >= _MAX_NAME:  # names may be any number: count them from nought
        block = np.asarray(np.unique(block, return_inverse=True)[1], np.int64)
    return _Uses(turn[kept], block, int(block.max(initial=0)) + 1)


# ---------------------------------------------------------------- what is held


def _own_spans(lot: _Lot) -> Spans:
    """Return when each block on each host is of the class asked for, and of none before it."""
    classes = [_spans(lot, step) for step in lot.steps]
    if lot.turns.lot.wraps:
        classes = [wrapped(spans, lot.turns.lot.shift_s, lot.shape[1]) for spans in classes]
    elif len(classes) == 1 and lot.steps[0].kind == "prefix":
        return classes[0]  # no two of them overlap
    return tops(tuple(classes))[-1]


def _spans(lot: _Lot, step: Step) -> Spans:
    turns, uses = lot.turns, lot.uses
    unit = turns.host[uses.turn] * uses.blocks + uses.block
    match step.kind:
        case "prefix":
            return _retained(unit, turns.arrival[uses.turn], step.wait_s)
        case "hand-off":
            begin, end = turns.prefilled, turns.prefilled + step.wait_s
        case "active":
            begin, end = turns.arrival, turns.end
        case "parked":
            begin, end = turns.end, _parked_until(turns, step.wait_s)
    lasts = (end > begin)[uses.turn]
    first, last = np.floor(begin).astype(np.int64), np.ceil(end).astype(np.int64)
    return Spans(unit[lasts], first[uses.turn][lasts], last[uses.turn][lasts])


def _parked_until(turns: Turns, idle_s: float) -> Floats:
    """Return when the context of each turn is no longer parked: at the next turn, or when `idle_s` is over."""
    return np.minimum(turns.next_arrival(), turns.end + idle_s)


def _tails(lot: _Lot) -> Series:
    """Return what is parked beside blocks."""
    turns = lot.turns
    until = _parked_until(turns, lot.wait_s)
    waits = np.flatnonzero(until > turns.end)
    spans = Spans(waits, np.floor(turns.end[waits]).astype(np.int64), np.ceil(until[waits]).astype(np.int64))
    if turns.lot.wraps:
        spans = wrapped(spans, turns.lot.shift_s, lot.shape[1])
    return held(turns.host[spans.unit], spans.begin, spans.end, _tail_bytes(lot)[spans.unit], lot.shape)


def _tail_bytes(lot: _Lot) -> Floats:
    """Return the bytes of each turn that no block holds: its answer, and its input where the trace names no blocks."""
    turns = lot.turns
    return (turns.output + np.where(_blocks_of_turns(lot) > 0, 0.0, turns.input)) * lot.per_token


def _blocks_of_turns(lot: _Lot) -> Ints:
    return np.bincount(lot.uses.turn, minlength=len(lot.turns.arrival))


# ---------------------------------------------------------------- what moves


def _fetched(lot: _Lot) -> tuple[Series, Series, Floats]:
    """Return the bytes of blocks read back as they are found, and made anew, and by host the most one request finds."""
    turns, uses = lot.turns, lot.uses
    host, at = turns.host[uses.turn], turns.shifted(turns.arrival, lot.shape[1])[uses.turn]
    found, read = _found_and_read(lot)
    most = np.zeros(lot.shape[0])
    np.maximum.at(most, turns.host, np.bincount(uses.turn[read], minlength=len(turns.arrival)) * lot.size)
    written = moved(host[~found], at[~found], lot.size, lot.shape)
    return moved(host[read], at[read], lot.size, lot.shape), written, most


def _found_and_read(lot: _Lot) -> tuple[Answers, Answers]:
    """Return which uses find their block on the host or in its group, and which of them no parked context brings along."""
    turns, uses = lot.turns, lot.uses
    store = np.arange(lot.shape[0])
    for number, group in enumerate(lot.groups):
        store[list(group)] = lot.shape[0] + number
    found = _found(store[turns.host[uses.turn]] * uses.blocks + uses.block, turns.arrival[uses.turn], lot.wait_s)
    idle_s = next((step.wait_s for step in lot.steps if step.kind == "parked"), None)
    return found, found if idle_s is None else found & ~_resumed(lot, idle_s)


def _resumed(lot: _Lot, idle_s: float) -> Answers:
    """Return which uses are of blocks that the session's turn before has left parked."""
    turns, uses = lot.turns, lot.uses
    before = np.full(len(turns.arrival), -1)
    back = _comes_back(turns, idle_s)
    before[turns.following[back]] = np.flatnonzero(back)
    prior = before[uses.turn]
    mine = np.isin(prior * uses.blocks + uses.block, uses.turn * uses.blocks + uses.block)
    return np.asarray((prior >= 0) & mine)


def _comes_back(turns: Turns, idle_s: float) -> Answers:
    """Return which turns leave a context that the next one finds parked."""
    following = turns.next_arrival()
    return np.asarray((following > turns.end) & (following <= turns.end + idle_s))


def _brought_back(lot: _Lot) -> tuple[Series, Series, Floats]:
    """Return the bytes of contexts read back at the next turn, and parked, and by host the most one turn brings back."""
    turns, seconds = lot.turns, lot.shape[1]
    context = _context_bytes(lot)
    back = np.flatnonzero(_comes_back(turns, lot.wait_s))
    waits = np.flatnonzero(_parked_until(turns, lot.wait_s) > turns.end)
    most = np.zeros(lot.shape[0])
    np.maximum.at(most, turns.host[back], context[back])
    returns = turns.shifted(turns.arrival, seconds)[turns.following[back]]
    written = moved(turns.host[waits], turns.shifted(turns.end, seconds)[waits], context[waits], lot.shape)
    return moved(turns.host[back], returns, context[back], lot.shape), written, most


def _context_bytes(lot: _Lot) -> Floats:
    return _blocks_of_turns(lot) * lot.size + _tail_bytes(lot)


# ---------------------------------------------------------------- prefixes


def _found(unit: Ints, at: Floats, keep_s: float) -> Answers:
    """Return which uses find their unit: it was used within `keep_s` before. Uses are in order of time."""
    order = np.argsort(unit, kind="stable")
    found = np.zeros(len(unit), bool)
    found[order] = _prolong(unit[order], at[order], keep_s)
    return found


def _prolong(unit: Ints, at: Floats, keep_s: float) -> Answers:
    """Return which uses, in order of unit and time, come within `keep_s` after another of the same unit."""
    return np.asarray((np.diff(unit, prepend=-1) == 0) & (np.diff(at, prepend=0.0) <= keep_s))


def _retained(unit: Ints, at: Floats, keep_s: float) -> Spans:
    """Return intervals in which each unit is kept: a use that finds it prolongs the interval that it is in."""
    order = np.argsort(unit, kind="stable")
    unit, at = unit[order], at[order]
    first = np.flatnonzero(~_prolong(unit, at, keep_s))
    last = np.append(first[1:] - 1, len(at) - 1)[: len(first)]
    begin, end = at[first].astype(np.int64), np.ceil(at[last] + keep_s).astype(np.int64)
    # Rounded outwards, an interval may begin in the second in which the last one of its unit ends.
    again = np.flatnonzero(np.diff(unit[first]) == 0) + 1
    begin[again] = np.maximum(begin[again], end[again - 1])
    return Spans(unit[first], begin, end)
