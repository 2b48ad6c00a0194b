"""The demand of a workload on the hosts of a pool: bytes over time, rates each way, class and reader."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rackc.compiler.workload.tables import Rows, Tables


@dataclass(frozen=True, slots=True)
class HostDemand:
    """Per slice of time and host: GiB to provide; per host the greatest mean rate of any slice, bytes per second.

    `kind` is the class (`prefix`, `active`, `parked`, `hand-off`, `weights`, `embeddings`, `host`),
    `recompute_bytes_per_s` what one serving instance would make anew by prefilling: a pool slower than that should
    recompute. `gib` is the table of the declared assignment; `step_s` the time of a step of decoding, where the demand is
    read once a step; `stated_bytes` what each host was said to hold, before it is rounded up.

    Whatever is declared, there are three tables: `static_gib`, one row of each host's own peak, `relet_gib`, with the
    declared delay, granule and headroom (`relet_assumed`: with the usual ones, as the pool is not re-let), and `dynamic_gib`,
    as if memory changed hands at once, without headroom: an upper bound of what pooling can save. `stress_gib` is one
    row in which all hosts are at their own peak at the same time, above any percentile: the case that no independence
    is assumed in. The pool carries it or it does not; `static_gib` is the same row up to the percentile.

    `shared_gib[t][g]` is what the hosts of sharing group g have in common, stored once, by the declared assignment; `gib` is then the
    private rest. `provision` is "peak" or a percentile of the time ("p99"): `spill_share` and `spill_bytes` say, by host, in
    what share of the seconds there is more, and how much more at most; `provided_bytes` is what it is provided for. `deadline_s` is the time
    in which `deadline_bytes` of each host must move each way (each read for `parked` and `prefix`); the rates cover it.
    `spread` says how a trace was laid on the hosts ("split", "copied"; empty without one), `sessions` whether it tells
    which requests belong together.
    """

    kind: str
    reader: str
    slice_s: float
    gib: Rows
    peak_gib: tuple[int, ...]
    read_bytes_per_s: tuple[float, ...]
    write_bytes_per_s: tuple[float, ...]
    recompute_bytes_per_s: float | None
    dynamic_gib: Rows = ()
    step_s: float | None = None
    stated_bytes: tuple[float, ...] = ()
    static_gib: Rows = ()
    relet_gib: Rows = ()
    relet_assumed: bool = True
    stress_gib: Rows = ()
    shared_gib: Rows = ()
    provision: str = "peak"
    spill_share: tuple[float, ...] = ()
    spill_bytes: tuple[float, ...] = ()
    provided_bytes: tuple[float, ...] = ()
    deadline_s: float | None = None
    deadline_bytes: tuple[float, ...] = ()
    spread: str = ""
    sessions: bool = True


def with_tables(demand: HostDemand, tables: Tables, *, slice_s: float, provision: str, assumed: bool) -> HostDemand:
    """Return a demand with what its bytes over time come to."""
    return replace(
        demand, slice_s=slice_s, provision=provision, relet_assumed=assumed, gib=tables.gib, peak_gib=tables.peak_gib,
        static_gib=tables.static_gib, relet_gib=tables.relet_gib, dynamic_gib=tables.dynamic_gib,
        stress_gib=tables.stress_gib, shared_gib=tables.shared_gib, spill_share=tables.spill_share,
        spill_bytes=tables.spill_bytes, provided_bytes=tables.provided_bytes,
    )  # fmt: skip


def within(demand: HostDemand, deadline_s: float, bytes_by_host: tuple[float, ...]) -> HostDemand:
    """Return a demand whose rates are such that these bytes of each host move within a deadline."""
    needed = [b / deadline_s for b in bytes_by_host]
    both = demand.kind == "hand-off"
    read = tuple(map(max, demand.read_bytes_per_s, needed))
    write = tuple(map(max, demand.write_bytes_per_s, needed)) if both else demand.write_bytes_per_s
    return replace(
        demand, deadline_s=deadline_s, deadline_bytes=bytes_by_host, read_bytes_per_s=read, write_bytes_per_s=write
    )
