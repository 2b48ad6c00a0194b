"""What a pool's demand rests on: deadlines against paths, and the assumptions that its author should know of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.checks.posed import paths_give, rate
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.dsl.diagnostics import Code, Diagnostic, Label

_GIB: Final = 1 << 30


def check_deadline(model: Model, pool: PosedPool) -> Iterator[Diagnostic]:
    """Yield a demand whose bytes cannot move within their deadline over all paths of a host."""
    demand = pool.demand
    if demand.deadline_s is None or not pool.link_bandwidth:
        return
    for at, (host, size) in enumerate(zip(pool.hosts, demand.deadline_bytes, strict=True)):
        needs, gives = size / demand.deadline_s, paths_give(model, pool, at)
        if needs > gives:
            links = len(pool.host_ports[at])
            yield Diagnostic(
                Code.DEADLINE, f"{model.address(host)} must move {size / 1e9:,.3g} GB within {_time(demand.deadline_s)}, {rate(needs)}; its paths "
                f"to {pool.address} give {rate(gives)}",
                Label(pool.spec.spans["demand"], f"{demand.kind} is placed in the pool here"),
                (Label(model.shape_at(host).span, f"{links} links of {rate(pool.link_bandwidth)}"),),
                (f"a deadline of {_time(size / gives)} would do; or spread it over more hosts, or recompute",),
            )  # fmt: skip
            return


def check_assumed(model: Model, pool: PosedPool) -> Iterator[Diagnostic]:
    """Yield what a percentile leaves out, and what is assumed of a pool and of its trace."""
    if pool.assignment.kind == "dynamic":  # no device does that today
        yield Diagnostic(
            Code.UPPER_BOUND, f"{pool.address} is assigned `dynamic()`: an upper bound of what pooling can save",
            Label(pool.spec.spans["assignment"], "memory changes hands at once, without headroom"),
            hints=("offlining takes time: build with `relet(delay = 30 s, granule = 1 GiB, headroom = 10 %)`",),
        )  # fmt: skip
    demand, label = pool.demand, Label(pool.spec.spans["demand"], "this demand")
    over = [at for at, size in enumerate(demand.spill_bytes) if size > 0]
    if over:
        most = max(over, key=lambda at: demand.spill_bytes[at])
        yield Diagnostic(
            Code.SPILLS, f"beyond {demand.provision} {pool.demand_name} spills on {len(over)} of {len(pool.hosts)} hosts: up to "
            f"{demand.spill_bytes[most] / _GIB:,.3g} GiB, in {max(demand.spill_share):.2%} of the time at most",
            label, (Label(model.shape_at(pool.hosts[most]).span, f"most on {model.address(pool.hosts[most])}"),),
            ("what spills must be recomputed or go elsewhere",),
        )  # fmt: skip
    if demand.kind == "parked" and not demand.sessions:
        yield Diagnostic(
            Code.NO_SESSIONS, "the trace does not tell which requests belong together: nothing that is parked is read again", label,
            hints=("each request parks until `idle` is over; a trace with `hash_ids` tells sessions",),
        )  # fmt: skip
    if demand.spread == "copied":
        together = max(map(sum, demand.dynamic_gib), default=0)
        yield Diagnostic(
            Code.COPIES, f"copies come at times of their own: {together:,} GiB at once at most; {sum(demand.stress_gib[0]):,} GiB if all "
            "hosts peak together", label, hints=("independence is assumed, not measured: weigh the second figure too",),
        )  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{seconds * 1e3:,.3g} ms"
