"""Amounts over time, by host and second: what is held in intervals, what moves, what rises and falls in straight lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spans:
    """Intervals of whole seconds, `begin` in and `end` out, of units (a block on a host, say) numbered as one likes."""

    unit: Ints
    begin: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Events:
    """At `at` (s, from a negative time where something began earlier) the amount of a host jumps, and its slope changes."""

    host: Ints
    at: Floats
    jump: Floats
    slope: Floats


def held(host: Ints, begin: Ints, end: Ints, size: Floats | float, shape: tuple[int, int]) -> Series:
    """Return what intervals hold, by host and second (`shape`); what lies beyond the last second is cut off."""
    hosts, seconds = shape
    weights = np.broadcast_to(np.asarray(size, np.float64), host.shape)
    row = host * (seconds + 1)
    places = hosts * (seconds + 1)
    change = np.bincount(row + np.minimum(begin, seconds), weights, places)
    change -= np.bincount(row + np.minimum(end, seconds), weights, places)
    return np.cumsum(np.asarray(change, np.float64).reshape(hosts, seconds + 1), axis=1)[:, :seconds]


def moved(host: Ints, at: Floats | Ints, size: Floats | float, shape: tuple[int, int]) -> Series:
    """Return what moves in each second, by host; what would move after the last one is left out."""
    hosts, seconds = shape
    inside = at < seconds
    weights = np.broadcast_to(np.asarray(size, np.float64), host.shape)[inside]
    place = host[inside] * seconds + at[inside].astype(np.int64)
    return np.asarray(np.bincount(place, weights, hosts * seconds), np.float64).reshape(shape)


def tops(spans: tuple[Spans, ...]) -> tuple[Spans, ...]:
    """Return the intervals of each class in which no class before it holds the same unit; each unit once in a class."""
    unit = np.concatenate([s.unit for s in spans for _ in range(2)] or [np.zeros(0, np.int64)])
    at = np.concatenate([edge for s in spans for edge in (s.begin, s.end)] or [np.zeros(0, np.int64)])
    rank = np.repeat(np.arange(len(spans)), [2 * len(s.unit) for s in spans])
    delta = np.concatenate([np.repeat((1, -1), len(s.unit)) for s in spans] or [np.zeros(0, np.int64)])
    order = np.lexsort((at, unit))
    unit, at, rank, delta = unit[order], at[order], rank[order], delta[order]
    # All counts of a unit are back at nothing after its last event, so that none runs on into the next unit.
    lasting = np.diff(at, append=0) > 0
    free = np.ones(len(at), bool)
    found = []
    for number in range(len(spans)):
        holds = np.cumsum(np.where(rank == number, delta, 0)) > 0
        chosen = np.flatnonzero(holds & free & lasting)
        found.append(Spans(unit[chosen], at[chosen], at[np.minimum(chosen + 1, len(at) - 1)]))
        free &= ~holds
    return tuple(found)


def wrapped(spans: Spans, shift: int, seconds: int) -> Spans:
    """Return intervals later by `shift` on a clock that starts again after `seconds`; none is longer than that."""
    begin = (spans.begin + shift) % seconds
    end = begin + np.minimum(spans.end - spans.begin, seconds)
    over = end > seconds
    return Spans(
        np.concatenate((spans.unit, spans.unit[over])),
        np.concatenate((begin, np.zeros(int(over.sum()), np.int64))),
        np.concatenate((np.minimum(end, seconds), end[over] - seconds)),
    )


def traced_peaks(events: Events, shape: tuple[int, int]) -> tuple[Series, Series]:
    """Return the exact greatest and mean amount in each second, by host; before the first event there is nothing."""
    peak, mean = np.zeros(shape), np.zeros(shape)
    order = np.argsort(events.host, kind="stable")
    bounds = np.searchsorted(events.host[order], np.arange(shape[0] + 1))
    for host in range(shape[0]):
        own = order[bounds[host] : bounds[host + 1]]
        if len(own):
            _one(events.at[own], events.jump[own], events.slope[own], peak[host], mean[host])
    return peak, mean


def _one(at: Floats, jump: Floats, slope: Floats, peak: Series, mean: Series) -> None:
    seconds = len(peak)
    ticks = np.arange(seconds + 1, dtype=np.float64)
    none = np.zeros(seconds + 1)
    at, jump, slope = (np.concatenate(pair) for pair in ((at, ticks), (jump, none), (slope, none)))
    order = np.argsort(at, kind="stable")
    at, jump, slope = at[order], jump[order], slope[order]
    lasts = np.diff(at)
    rises = np.cumsum(slope)[:-1] * lasts
    begins = np.cumsum(jump)[:-1] + np.concatenate(([0.0], np.cumsum(rises)[:-1]))
    inside = np.flatnonzero((lasts > 0) & (at[:-1] >= 0) & (at[:-1] < seconds))
    second, ends = at[inside].astype(np.int64), begins[inside] + rises[inside]
    # What adds up from many small rises and falls may end a hair below nothing.
    np.maximum.at(peak, second, np.maximum(begins[inside], ends))
    mean += np.bincount(second, (begins[inside] + ends) / 2 * lasts[inside], seconds)
    np.maximum(mean, 0.0, out=mean)


def window_peaks(series: Series, slice_s: int, ahead_s: int) -> Series:
    """Return, a row a slice of time, each host's greatest value from the slice's start to its end plus `ahead_s`."""
    starts = range(0, series.shape[1], slice_s)
    return np.stack([series[:, start : start + slice_s + ahead_s].max(axis=1) for start in starts])


def window_means(series: Series, slice_s: int) -> Series:
    """Return, a row a slice of time, each host's mean rate in it (bytes per second)."""
    starts = range(0, series.shape[1], slice_s)
    return np.stack([series[:, start : start + slice_s].mean(axis=1) for start in starts])


def percentile(series: Series, share: float) -> Floats:
    """Return for each host the least amount that is not passed in at least `share` of its seconds."""
    ordered = np.sort(series, axis=1)
    seconds = series.shape[1]
    return ordered[:, min(seconds, max(1, int(np.ceil(share * seconds - 1e-9)))) - 1]
