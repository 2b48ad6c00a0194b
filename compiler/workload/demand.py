"""The demand of a workload on the hosts of a pool: bytes over time, rates each way, class and reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any, Final

import numpy as np

from rackc.compiler.media import figure
from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import DefinitionRef, Fault, Record, described, fault
from rackc.compiler.workload.retained import Series, retained, window_means, window_peaks
from rackc.compiler.workload.trace import Trace, read_trace
from rackc.dsl.diagnostics import Code, closest, unknown
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity, quantity

GIB: Final = 1 << 30
#: No host has a pebibyte, no slice lasts a year, no host runs a thousand instances: beyond these it is a slip.
MAX_GIB: Final = 1 << 20
_MAX_SECONDS: Final = 366 * 86_400
_MAX_INSTANCES: Final = 10_000
_MAX_HEADROOM: Final = 10
_MAX_PATH: Final = 200

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

    `kind` is the class (`prefix`, `active`, `parked`, `hand-off`, `weights`, `embeddings`, `host`),
    `recompute_bytes_per_s` what one serving instance would make anew by prefilling: a pool slower than that should
    recompute.
    `dynamic_gib` is the demand if memory could change hands at once, without headroom; `step_s` the time of a step of
    decoding, where the demand is read once a step; `stated_bytes` what each host was said to hold, before it is rounded up.
    """

    kind: str
    reader: str
    slice_s: float
    gib: tuple[tuple[int, ...], ...]
    peak_gib: tuple[int, ...]
    read_bytes_per_s: tuple[float, ...]
    write_bytes_per_s: tuple[float, ...]
    recompute_bytes_per_s: float | None
    dynamic_gib: tuple[tuple[int, ...], ...] = ()
    step_s: float | None = None
    stated_bytes: tuple[float, ...] = ()


def assignment_of(value: Any, span: Span) -> Assignment:
    """Return the assignment a pool declares; raises Fault where it is none."""
    if value is None:
        return Assignment("static", 0.0, 1, 0.0)
    if not isinstance(value, Record) or value.name not in ("static", "relet"):
        raise fault(Code.POOL, f"`assignment` is `static()` or `relet(…)`, this is {described(value)}", span, "",
                    "write `assignment = relet(delay = 30 s, granule = 1 GiB)`, or leave it out")  # fmt: skip
    if value.name == "static":
        return Assignment("static", 0.0, 1, 0.0)
    delay = _seconds(value.fields.get("delay"), "delay", span)
    granule = value.fields.get("granule")
    gib = granule.exact("GiB") if isinstance(granule, Quantity) and granule.dimension == (("B", 1),) else None
    if gib is None or gib.denominator != 1 or not 1 <= gib <= MAX_GIB:
        raise fault(Code.POOL, f"`granule` is a whole number of GiB, this is {described(granule)}", span, "",
                    "write `granule = 1 GiB`")  # fmt: skip
    return Assignment("relet", delay, int(gib), _headroom(value.fields.get("headroom"), span))


def _headroom(value: Any, span: Span) -> float:
    if value is None:
        return 0.0
    if isinstance(value, Quantity) and value.dimension == NONE and 0 <= value.value <= _MAX_HEADROOM:
        return float(value.value)
    raise fault(Code.POOL, f"`headroom` is a share from 0 % to 1000 %, this is {described(value)}", span, "",
                "write `headroom = 10 %`")  # fmt: skip


def _seconds(value: Any, name: str, span: Span) -> float:
    if isinstance(value, Quantity) and value.dimension == _SECONDS and 0 <= value.value <= _MAX_SECONDS:
        return float(value.value)
    said = "is not given" if value is None else f"is a time of up to a year, this is {described(value)}"
    raise fault(Code.DEMAND, f"`{name}` {said}", span, "", f"write `{name} = 60 s`")


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
    takes = _CLASSES.get(spec.call)
    if takes is None:
        raise fault(Code.DEMAND, f"`{spec.call}` is no class of demand", spec.span, "not known",
                    *(closest(spec.call, _CLASSES) or (f"known here: {', '.join(_CLASSES)}",)))  # fmt: skip
    names = [takes[int(name)] if name.isdigit() and int(name) < len(takes) else name for name in spec.arguments]
    for name in names:
        if name.isdigit():
            raise fault(Code.ARGUMENT, f"`{spec.call}` takes {', '.join(takes)}", spec.span, "one argument too many",
                        "remove it")  # fmt: skip
        if name not in takes:
            raise Fault(unknown(Code.ARGUMENT, f"argument of `{spec.call}`", name, takes, spec.span))
    if spec.reader not in _READERS:
        raise Fault(unknown(Code.DEMAND, "reader", spec.reader, _READERS, spec.span))
    return (
        _kv_prefix(workload, spec, hosts, assignment, lines, model) if spec.call == "KvPrefix" else stated(spec, hosts)
    )


#: Classes of demand that state their figures, by what they are.
_STATED: Final = {
    "Steady": "host", "KvActive": "active", "KvParked": "parked", "KvHandoff": "hand-off", "Weights": "weights",
    "Embeddings": "embeddings",
}  # fmt: skip
#: Classes of demand, with their arguments in order, and who may read it.
_CLASSES: Final = {
    "KvPrefix": ("model", "keep"), **dict.fromkeys(_STATED, ("bytes", "read", "write")), "KvActive": ("bytes", "step"),
}  # fmt: skip
_READERS: Final = ("cpu", "gpu")


def is_stated(spec: DemandSpec) -> bool:
    """Whether a demand follows from its own figures, without a trace."""
    return spec.call in _STATED and spec.reader in _READERS


def stated(spec: DemandSpec, hosts: int) -> HostDemand:
    """Return a demand of fixed figures for every host, or lists with one a host; raises Fault where one is none.

    The cache of running requests is read in full at every step of decoding: its rate is its bytes over the step.
    """
    gib = _per_host(spec, "bytes", "GiB", hosts)
    whole = tuple(ceil(g) for g in gib)
    step: float | None = None
    if spec.call == "KvActive":
        step = _seconds(spec.arguments.get("step", spec.arguments.get("1")), "step", spec.span)
        if step <= 0:
            raise fault(Code.DEMAND, "`step` is the time of one step of decoding, more than nothing", spec.span, "",
                        "write `step = 40 ms`")  # fmt: skip
        read, write = tuple(float(g * GIB) / step for g in gib), (0.0,) * hosts
    else:
        read, write = (tuple(map(float, _per_host(spec, name, "B/s", hosts))) for name in ("read", "write"))
    return HostDemand(_STATED[spec.call], spec.reader, 3600.0, (whole,), whole, read, write, None, step_s=step,
                      stated_bytes=tuple(float(g * GIB) for g in gib))  # fmt: skip


def _per_host(spec: DemandSpec, name: str, unit: str, hosts: int) -> tuple[Fraction, ...]:
    """Return a figure of a stated demand for each host, in `unit`; rates may be left out."""
    value = spec.arguments.get(name, spec.arguments.get(str(_CLASSES[spec.call].index(name))))
    if value is None and name != "bytes":
        return (Fraction(0),) * hosts
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts:
        raise fault(Code.DEMAND, f"`{name}` has {len(values)} entries for {hosts} hosts", spec.span, "one a host")
    wanted = quantity(1, unit)
    for one in values:
        if not isinstance(one, Quantity) or one.dimension != wanted.dimension:
            said = "is not given" if one is None else f"is a figure in {unit}, this is {described(one)}"
            raise fault(
                Code.DEMAND, f"`{name}` {said}", spec.span, "", f"write `{name} = 64 {unit}`, or a list with one a host"
            )
        if not 0 <= one.exact(unit) <= _MOST[unit]:
            raise fault(
                Code.DEMAND, f"`{name}` is {one}: a host has from 0 to {_MOST[unit]:,} {unit}", spec.span, "stated here"
            )
    return tuple(one.exact(unit) for one in values)


_MOST: Final = {"GiB": MAX_GIB, "B/s": 10**15}


def _kv_prefix(
    workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, lines: Any, model: Shape | None
) -> HostDemand:
    per_token = kv_bytes_per_token(model) if model is not None else None
    if per_token is None:
        raise fault(Code.DEMAND, "the model's key-value bytes per token are not known", spec.span, "needs a model",
                    "give a model with layers, kv_heads, head_dim and bytes, such as std.models.llama31_70b")  # fmt: skip
    keep = _seconds(spec.arguments.get("keep", spec.arguments.get("1")), "keep", spec.span)
    span = workload.spans.get("slice", workload.span)
    slice_s = round(_seconds(workload.values.get("slice"), "slice", span))
    if slice_s < 1:
        raise fault(
            Code.DEMAND, f"`slice` is {workload.values['slice']}, the least is 1 s", span, "", "write `slice = 60 s`"
        )
    instances = instances_of_hosts(workload, hosts)
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
        dynamic_gib=_rounded(window_peaks(beyond, slice_s, 0), replace(assignment, headroom=0.0)),
    )  # fmt: skip


def _rounded(peak_bytes: Series, assignment: Assignment) -> tuple[tuple[int, ...], ...]:
    granules = np.ceil(peak_bytes * (1 + assignment.headroom) / (assignment.granule_gib * GIB) - 1e-9)
    return tuple(tuple(int(g) * assignment.granule_gib for g in row) for row in granules)


def instances_of_hosts(workload: Shape, hosts: int) -> tuple[int, ...]:
    """Return how many serving instances each host runs; raises Fault where the workload does not say it rightly."""
    value = workload.values.get("instances")
    span = workload.spans.get("instances", workload.span)
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts:
        raise fault(Code.DEMAND, f"`instances` has {len(values)} entries for {hosts} hosts", span, "one a host")
    numbers = [
        int(v.value) for v in values
        if isinstance(v, Quantity) and v.dimension == NONE and 0 <= v.value <= _MAX_INSTANCES and v.value.denominator == 1
    ]  # fmt: skip
    if len(numbers) != hosts or sum(numbers) == 0:
        raise fault(Code.DEMAND, "`instances` says how many serving instances each host runs, in whole numbers", span, "",
                    "write `instances = [8, 6, 4]`, or one number for all hosts")  # fmt: skip
    return tuple(numbers)


def _trace(workload: Shape, lines: Any) -> Trace:
    path = workload.values.get("trace")
    span = workload.spans.get("trace", workload.span)
    if not isinstance(path, str):
        raise fault(Code.TRACE, "the workload names no trace", span, "", 'write `trace = "traces/x.jsonl.gz"`')
    if len(path) > _MAX_PATH:
        raise fault(Code.TRACE, f"the name of the trace has {len(path):,} characters", span, "", "shorten it")
    opened: Iterable[bytes] | str = lines(path)
    found = opened if isinstance(opened, str) else read_trace(opened)
    if isinstance(found, str):
        raise fault(Code.TRACE, f"the trace {path} cannot be read: {found}", span, "named here",
                    "a trace is JSON lines with `timestamp` and `hash_ids`, in the design's folder or below")  # fmt: skip
    return found


def model_of(workload: Shape, spec: DemandSpec) -> DefinitionRef | None:
    """Return the model a demand names, by itself or through the workload."""
    value = spec.arguments.get("model", spec.arguments.get("0", workload.values.get("model")))
    return value if isinstance(value, DefinitionRef) else None
