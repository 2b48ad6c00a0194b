"""Bytes over time to what a pool must hold: slices of time, percentiles, and the three ways of assigning memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from rackc.compiler.shape import Shape
from rackc.compiler.values import described, fault
from rackc.compiler.workload.assignment import USUAL_RELET, Assignment, seconds_of
from rackc.compiler.workload.timeline import Floats, Series, percentile, window_peaks
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span

GIB: Final = 1 << 30
Rows = tuple[tuple[int, ...], ...]

#: What a pool may be provisioned for: the share of the time in which all fits.
PROVISIONS: Final = {"peak": 1.0, "p99": 0.99, "p99.9": 0.999}

#: Hosts times seconds, and slices of time: beyond these a demand is refused rather than taking all memory (some 0.6 GB).
MAX_HOST_SECONDS: Final = 20_000_000
MAX_SLICES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Windows:
    """The slices of time of a workload, and the share of the time that a pool is provisioned for."""

    slice_s: int
    provision: str

    @property
    def share(self) -> float:
        """The share of the time in which all fits."""
        return PROVISIONS[self.provision]


@dataclass(frozen=True, slots=True)
class Tables:
    """GiB by slice of time and host; see HostDemand for each of them."""

    gib: Rows
    peak_gib: tuple[int, ...]
    static_gib: Rows
    relet_gib: Rows
    dynamic_gib: Rows
    stress_gib: Rows
    shared_gib: Rows
    spill_share: tuple[float, ...]
    spill_bytes: tuple[float, ...]
    provided_bytes: tuple[float, ...]


def windows_of(workload: Shape, seconds: int, hosts: int) -> Windows:
    """Return the slices a workload asks for; raises Fault where it does not, or asks for too much."""
    span = workload.spans.get("slice", workload.span)
    slice_s = round(seconds_of(workload.values.get("slice"), "slice", span))
    if slice_s < 1:
        raise fault(
            Code.DEMAND, f"`slice` is {workload.values['slice']}, the least is 1 s", span, "", "write `slice = 60 s`"
        )
    check_extent(seconds, hosts, workload.span)
    if ceil(seconds / slice_s) > MAX_SLICES:
        raise fault(Code.DEMAND, f"{seconds:,} s in slices of {slice_s} s are more than {MAX_SLICES:,} slices", span, "",
                    f"write `slice = {ceil(seconds / MAX_SLICES)} s`, or more")  # fmt: skip
    return Windows(slice_s, _provision(workload))


def check_extent(seconds: int, hosts: int, span: Span) -> None:
    """Raise Fault where a demand lasts too long to be laid out second by second."""
    if seconds * hosts > MAX_HOST_SECONDS:
        raise fault(Code.EXTENT, f"{seconds:,} s for {hosts} hosts: more than {MAX_HOST_SECONDS:,} seconds in all", span, "",
                    f"cut it to {MAX_HOST_SECONDS // hosts / 86_400:.3g} days, or to its busiest ones")  # fmt: skip


def _provision(workload: Shape) -> str:
    value = workload.values.get("provision", "peak")
    if isinstance(value, str) and value in PROVISIONS:
        return value
    raise fault(Code.PROVISION, f'`provision` is "peak", "p99" or "p99.9", this is {described(value)}',
                workload.spans["provision"], "", 'write `provision = "p99"`')  # fmt: skip


def tables_of(own: Series, shared: Series, windows: Windows, assignment: Assignment) -> Tables:
    """Return what bytes by host and second (and by sharing group and second) come to.

    What lies above the share of the time that is provisioned for is cut off: it spills.
    """
    hosts = len(own)
    every = np.concatenate((own, shared))
    kept = every if windows.share >= 1.0 else np.minimum(every, percentile(every, windows.share)[:, None])
    peaks = kept.max(axis=1)[None, :]
    relet = assignment if assignment.kind == "relet" else USUAL_RELET
    rows = {
        "static": rounded(peaks, 1, 0.0),
        "relet": rounded(window_peaks(kept, windows.slice_s, ceil(relet.delay_s)), relet.granule_gib, relet.headroom),
        "dynamic": rounded(window_peaks(kept, windows.slice_s, 0), assignment.granule_gib, 0.0),
    }
    declared = rows[assignment.kind]
    most = own.max(axis=1)
    return Tables(
        gib=_first(declared, hosts), peak_gib=rounded(peaks, assignment.granule_gib, assignment.headroom)[0][:hosts],
        static_gib=_first(rows["static"], hosts), relet_gib=_first(rows["relet"], hosts),
        dynamic_gib=_first(rows["dynamic"], hosts), stress_gib=rounded(most[None, :], 1, 0.0),
        shared_gib=tuple(row[hosts:] for row in declared) if len(shared) else (),
        spill_share=tuple((own > kept[:hosts]).mean(axis=1).tolist()),
        spill_bytes=tuple((most - peaks[0, :hosts]).tolist()), provided_bytes=tuple(peaks[0, :hosts].tolist()),
    )  # fmt: skip


def _first(rows: Rows, hosts: int) -> Rows:
    return tuple(row[:hosts] for row in rows)


def rounded(peak_bytes: Series | Floats, granule_gib: int, headroom: float) -> Rows:
    """Return rows of bytes in whole granules, rounded up, in GiB."""
    granules = np.ceil(peak_bytes * (1 + headroom) / (granule_gib * GIB) - 1e-9)
    return tuple(tuple(int(g) * granule_gib for g in row) for row in granules)


def constant(gib: tuple[int, ...], groups: int) -> Tables:
    """Return the tables of what does not change with time."""
    none = (0.0,) * len(gib)
    return Tables(*((gib,), gib, (gib,), (gib,), (gib,), (gib,)), ((0,) * groups,) if groups else (), none, none,
                  tuple(float(g * GIB) for g in gib))  # fmt: skip
