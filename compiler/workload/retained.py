"""Retained prefix blocks over time: what a trace leaves in memory when a block is kept a while after its last use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rackc.compiler.workload.trace import BLOCK_TOKENS, Trace

Series = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Retained:
    """Per host and second: bytes held, bytes read back (blocks found) and bytes written (blocks made)."""

    held: Series
    read: Series
    written: Series


def split_by_session(trace: Trace, instances: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the host of every request: a new session goes to the next serving instance in turn and stays there.

    This is prefix-affinity routing without regard to load: no queueing is modelled.
    """
    host_of_instance = np.repeat(np.arange(len(instances)), instances)
    host: npt.NDArray[np.int64] = host_of_instance[trace.session % len(host_of_instance)]
    return host


def retained(trace: Trace, instances: tuple[int, ...], kv_bytes_per_token: float, keep_s: float) -> Retained:
    """Return what each host holds, each block once a host, for `keep_s` after its last use there.

    A use within `keep_s` of the last one reads the block; any other writes it. Intervals are rounded outwards to
    whole seconds; what is still held at the end of the trace is cut off there.
    """
    host = split_by_session(trace, instances)[trace.request]
    at = trace.arrival_s[trace.request]
    order = np.lexsort((at, trace.block, host))
    host, block, at = host[order], trace.block[order], at[order]
    same = np.concatenate(([False], (host[1:] == host[:-1]) & (block[1:] == block[:-1])))
    gap = np.concatenate(([0.0], np.diff(at)))
    found = same & (gap <= keep_s)
    seconds = int(trace.arrival_s[-1]) + 1
    size = BLOCK_TOKENS * kv_bytes_per_token
    hosts = len(instances)
    # A found use prolongs the block by the gap; any other holds it from now on.
    first, last = np.flatnonzero(~found), np.concatenate((np.flatnonzero(~found)[1:] - 1, [len(at) - 1]))
    begins = np.minimum(at[first].astype(np.int64), seconds)
    ends = np.minimum(np.ceil(at[last] + keep_s), seconds).astype(np.int64)
    change = np.zeros((hosts, seconds + 1))
    np.add.at(change, (host[first], begins), size)
    np.add.at(change, (host[last], ends), -size)
    read, written = np.zeros((hosts, seconds)), np.zeros((hosts, seconds))
    np.add.at(read, (host[found], at[found].astype(np.int64)), size)
    np.add.at(written, (host[~found], at[~found].astype(np.int64)), size)
    return Retained(np.cumsum(change, axis=1)[:, :seconds], read, written)


def window_peaks(series: Series, slice_s: int, ahead_s: int) -> Series:
    """Return, a row a slice of time, each host's greatest value from the slice's start to its end plus `ahead_s`."""
    hosts, seconds = series.shape
    starts = range(0, seconds, slice_s)
    rows = [series[:, start : start + slice_s + ahead_s].max(axis=1) for start in starts]
    return np.stack(rows) if rows else np.zeros((0, hosts))


def window_means(series: Series, slice_s: int) -> Series:
    """Return, a row a slice of time, each host's mean rate in it (bytes per second)."""
    starts = range(0, series.shape[1], slice_s)
    return np.stack([series[:, start : start + slice_s].mean(axis=1) for start in starts])
