"""The demand of a workload on the hosts of a pool: bytes over time, rates each way, class and reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rackc.compiler.evaluate import fault
from rackc.compiler.media import figure
from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import DefinitionRef, Record, described
from rackc.compiler.workload.retained import Series, retained, window_means, window_peaks
from rackc.compiler.workload.trace import Trace, read_trace
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity

GIB: Final = 1 << 30
_SECONDS: Final = (("s", 1),)


@dataclass(frozen=True, slots=True)
class Assignment:
    """How slices follow the demand: `static`, or `relet` after `delay_s`, in granules, with headroom."""

    kind: str
    delay_s: float
    granule_gib: int
    headroom: float

    def __str__(self) -> str:
        if self.kind == "static":
            return "static"
        return f"relet(delay {self.delay_s:g} s, granule {self.granule_gib} GiB, headroom {self.headroom:.0%})"


@dataclass(frozen=True, slots=True)
class HostDemand:
    """Per slice of time and host: GiB to provide; per host the greatest mean rate of any slice, bytes per second.

    `kind` is the class (`prefix`, `host`), `recompute_bytes_per_s` what one serving instance would make anew by
    prefilling: a pool slower than that should recompute.
    """

    kind: str
    reader: str
    slice_s: float
    gib: tuple[tuple[int, ...], ...]
    peak_gib: tuple[int, ...]
    read_bytes_per_s: tuple[float, ...]
    write_bytes_per_s: tuple[float, ...]
    recompute_bytes_per_s: float | None


def assignment_of(value: Any, span: Span) -> Assignment:
    """Return the assignment a pool declares; raises Fault where it is none."""
    if value is None:
        return Assignment("static", 0.0, 1, 0.0)
    if not isinstance(value, Record) or value.name not in ("static", "relet"):
        raise fault(Code.POOL, f"`assignment` is `static()` or `relet(…)`, this is {described(value)}", span)
    if value.name == "static":
        return Assignment("static", 0.0, 1, 0.0)
    delay = _seconds(value.fields.get("delay"), "delay", span)
    granule = value.fields.get("granule")
    gib = granule.exact("GiB") if isinstance(granule, Quantity) and granule.dimension == (("B", 1),) else None
    if gib is None or gib.denominator != 1 or gib < 1:
        raise fault(Code.POOL, "`granule` is a whole number of GiB", span, "", "write `granule = 1 GiB`")
    headroom = value.fields.get("headroom")
    share = float(headroom.value) if isinstance(headroom, Quantity) and headroom.dimension == NONE else 0.0
    return Assignment("relet", delay, int(gib), share)


def _seconds(value: Any, name: str, span: Span) -> float:
    if isinstance(value, Quantity) and value.dimension == _SECONDS and value.value >= 0:
        return float(value.value)
    raise fault(Code.DEMAND, f"`{name}` must be a time, this is {described(value)}", span, "", f"write `{name} = 60 s`")


def kv_bytes_per_token(model: Shape) -> float | None:
    """Return the key-value bytes of one token: 2 x layers x heads x head size x bytes, or latent attention's sum."""
    layers, size = figure(model, "layers", ""), figure(model, "bytes", "B")
    heads, head = figure(model, "kv_heads", ""), figure(model, "head_dim", "")
    latent, rope = figure(model, "latent", ""), figure(model, "rope", "")
    if layers is None or size is None:
        return None
    if heads is not None and head is not None:
        return 2 * layers * heads * head * size
    return (latent + rope) * layers * size if latent is not None and rope is not None else None


def demand_of(
    workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, lines: Any, model: Shape | None
) -> HostDemand:
    """Return the demand of `hosts` hosts; raises Fault where the workload leaves something out.

    `lines(path)` gives the lines of a trace, or a sentence that says why it cannot be read.
    """
    if spec.call == "KvPrefix":
        return _kv_prefix(workload, spec, hosts, assignment, lines, model)
    if spec.call == "Steady":
        return _steady(spec, hosts)
    raise fault(Code.DEMAND, f"`{spec.call}` is no class of demand", spec.span, "not known",
                "known here: KvPrefix(model, keep), Steady(bytes, read, write)")  # fmt: skip


def _steady(spec: DemandSpec, hosts: int) -> HostDemand:
    """A fixed figure for every host, or a list with one a host."""
    gib = _per_host(spec, "bytes", "GiB", hosts)
    whole = tuple(-(-int(g * 1024) // 1024) for g in gib)
    read, write = _per_host(spec, "read", "B/s", hosts, 0.0), _per_host(spec, "write", "B/s", hosts, 0.0)
    return HostDemand("host", spec.reader, 3600.0, (whole,), whole, read, write, None)


def _per_host(spec: DemandSpec, name: str, unit: str, hosts: int, default: float | None = None) -> tuple[float, ...]:
    value = spec.arguments.get(name, spec.arguments.get("0") if name == "bytes" else None)
    if value is None and default is not None:
        return (default,) * hosts
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts or not all(isinstance(v, Quantity) for v in values):
        raise fault(
            Code.DEMAND, f"`{name}` is a figure in {unit}, or a list with one for each of {hosts} hosts", spec.span
        )
    return tuple(v.to(unit) for v in values)


def _kv_prefix(
    workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, lines: Any, model: Shape | None
) -> HostDemand:
    per_token = kv_bytes_per_token(model) if model is not None else None
    if per_token is None:
        raise fault(Code.DEMAND, "the model's key-value bytes per token are not known", spec.span, "needs a model",
                    "give a model with layers, kv_heads, head_dim and bytes, such as std.models.llama31_70b")  # fmt: skip
    keep = _seconds(spec.arguments.get("keep", spec.arguments.get("1")), "keep", spec.span)
    span = workload.spans.get("slice", workload.span)
    slice_s = round(_seconds(workload.values.get("slice"), "slice", span)) or 1
    instances = _instances(workload, hosts)
    trace = _trace(workload, lines)
    held = retained(trace, instances, per_token, keep)
    local = figure(workload, "local", "B") or 0.0
    beyond = np.maximum(held.held - local, 0.0)
    windows = window_peaks(beyond, slice_s, round(assignment.delay_s))
    peaks = beyond.max(axis=1)
    if assignment.kind == "static":
        windows = peaks[None, :]
    prefill = figure(workload, "prefill", "tokens/s")
    return HostDemand(
        kind="prefix", reader=spec.reader, slice_s=float(slice_s),
        gib=_rounded(windows, assignment), peak_gib=_rounded(peaks[None, :], assignment)[0],
        read_bytes_per_s=tuple(window_means(held.read, slice_s).max(axis=0).tolist()),
        write_bytes_per_s=tuple(window_means(held.written, slice_s).max(axis=0).tolist()),
        recompute_bytes_per_s=None if prefill is None else per_token * prefill,
    )  # fmt: skip


def _rounded(peak_bytes: Series, assignment: Assignment) -> tuple[tuple[int, ...], ...]:
    granules = np.ceil(peak_bytes * (1 + assignment.headroom) / (assignment.granule_gib * GIB) - 1e-9)
    return tuple(tuple(int(g) * assignment.granule_gib for g in row) for row in granules)


def _instances(workload: Shape, hosts: int) -> tuple[int, ...]:
    value = workload.values.get("instances")
    span = workload.spans.get("instances", workload.span)
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts:
        raise fault(Code.DEMAND, f"`instances` has {len(values)} entries for {hosts} hosts", span, "one a host")
    numbers = [int(v.value) for v in values if isinstance(v, Quantity) and v.dimension == NONE and v.value >= 0]
    if len(numbers) != hosts or sum(numbers) == 0:
        raise fault(Code.DEMAND, "`instances` says how many serving instances each host runs", span, "",
                    "write `instances = [8, 6, 4]`, or one number for all hosts")  # fmt: skip
    return tuple(numbers)


def _trace(workload: Shape, lines: Any) -> Trace:
    path = workload.values.get("trace")
    span = workload.spans.get("trace", workload.span)
    if not isinstance(path, str):
        raise fault(Code.TRACE, "the workload names no trace", span, "", 'write `trace = "traces/x.jsonl.gz"`')
    opened: Iterable[bytes] | str = lines(path)
    found = opened if isinstance(opened, str) else read_trace(opened)
    if isinstance(found, str):
        raise fault(Code.TRACE, f"the trace {path} cannot be read: {found}", span)
    return found


def model_of(workload: Shape, spec: DemandSpec) -> DefinitionRef | None:
    """Return the model a demand names, by itself or through the workload."""
    value = spec.arguments.get("model", spec.arguments.get("0", workload.values.get("model")))
    return value if isinstance(value, DefinitionRef) else None
