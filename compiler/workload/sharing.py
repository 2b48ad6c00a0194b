"""Blocks that several hosts of a group hold at once: stored once for the group, the rest on each host."""

from __future__ import annotations

import numpy as np

from rackc.compiler.workload.timeline import Ints, Spans, tops


def apart(own: Spans, blocks: int, groups: tuple[tuple[int, ...], ...]) -> tuple[Spans, Spans]:
    """Return what two or more hosts of a group hold at a time, by group and block, and what is left, by host and block.

    Units are host (or group) x `blocks` + block; intervals of a unit do not overlap.
    """
    if not groups:
        return _joined([]), own
    common: list[Spans] = []
    left: list[Spans] = []
    host = own.unit // blocks
    for number, group in enumerate(groups):
        inside = np.isin(host, group)
        mine = Spans(own.unit[inside], own.begin[inside], own.end[inside])
        shared = _held_by_two(Spans(mine.unit % blocks, mine.begin, mine.end))
        common.append(Spans(number * blocks + shared.unit, shared.begin, shared.end))
        left += [_without(mine, shared, one, blocks) for one in group]
    alone = ~np.isin(host, [one for group in groups for one in group])
    left.append(Spans(own.unit[alone], own.begin[alone], own.end[alone]))
    return _joined(common), _joined(left)


def _without(mine: Spans, shared: Spans, host: int, blocks: int) -> Spans:
    """Return what a host holds for itself alone."""
    its = mine.unit // blocks == host
    own = Spans(mine.unit[its], mine.begin[its], mine.end[its])
    hidden = np.isin(shared.unit, own.unit % blocks)
    return tops((Spans(host * blocks + shared.unit[hidden], shared.begin[hidden], shared.end[hidden]), own))[1]


def _held_by_two(spans: Spans) -> Spans:
    """Return when a unit is in two intervals or more."""
    unit = np.concatenate((spans.unit, spans.unit))
    at = np.concatenate((spans.begin, spans.end))
    delta = np.repeat((1, -1), len(spans.unit))
    order = np.lexsort((at, unit))
    unit, at = unit[order], at[order]
    chosen = np.flatnonzero((np.cumsum(delta[order]) > 1) & (np.diff(at, append=0) > 0))
    return Spans(unit[chosen], at[chosen], at[chosen + 1] if len(chosen) else at[chosen])


def _joined(parts: list[Spans]) -> Spans:
    none: list[Ints] = [np.zeros(0, np.int64)]
    unit, begin, end = (np.concatenate([getattr(p, name) for p in parts] or none) for name in ("unit", "begin", "end"))
    return Spans(unit, begin, end)
