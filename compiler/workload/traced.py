"""Demands from a request trace: the classes that a workload counts in it, in order, and what each comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rackc.compiler.media import figure
from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import DefinitionRef, Fault, fault
from rackc.compiler.workload.assignment import Assignment, seconds_of
from rackc.compiler.workload.figures import is_stated
from rackc.compiler.workload.holdings import flow_of
from rackc.compiler.workload.host_demand import HostDemand, with_tables, within
from rackc.compiler.workload.service import MAX_COPIED, Service, copied_requests, own_rate, service_of
from rackc.compiler.workload.tables import Windows, tables_of, windows_of
from rackc.compiler.workload.timeline import Series, window_means
from rackc.compiler.workload.trace import Trace, read_trace
from rackc.compiler.workload.turns import ORDER, Class, Flow, Step, residence_s
from rackc.dsl.diagnostics import Code, Diagnostic, Label

_MAX_PATH: Final = 200

#: Classes that follow from a trace, what they take then, and which of it is a time that they need.
TRACED: Final[dict[str, Class]] = {
    "KvHandoff": "hand-off", "KvActive": "active", "KvParked": "parked", "KvPrefix": "prefix",
}  # fmt: skip
TAKES: Final = {
    "KvHandoff": ("model", "deadline"), "KvActive": ("model",), "KvParked": ("model", "idle", "deadline"),
    "KvPrefix": ("model", "keep", "deadline"),
}  # fmt: skip
_WAITS: Final = {"KvHandoff": "deadline", "KvParked": "idle", "KvPrefix": "keep"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A demand of a trace, ready to count: the classes up to it, and how they are served."""

    trace: Trace
    service: Service
    steps: tuple[Step, ...]
    per_token: float
    groups: tuple[tuple[int, ...], ...]
    local_bytes: float


def of_trace(
    workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, lines: Any, model: Shape | None,
    groups: tuple[tuple[int, ...], ...],
) -> HostDemand:  # fmt: skip
    """Return what a class of a trace comes to; raises Fault where the workload or the trace leaves something out."""
    per_token = kv_bytes_per_token(model) if model is not None else None
    if per_token is None:
        raise fault(Code.DEMAND, "the model's key-value bytes per token are not known", spec.span, "needs a model",
                    "give a model with layers, kv_heads, head_dim and bytes, such as std.models.llama31_70b")  # fmt: skip
    steps = _steps(workload, spec)
    windows_of(workload, 1, hosts)
    service = service_of(workload, hosts)
    _check_service(workload, spec, service, steps, groups)
    trace = _trace(workload, lines)
    _check_trace(workload, spec, trace, service, steps)
    windows = windows_of(workload, trace.seconds, hosts)
    asked = _Asked(trace, service, steps, per_token, groups, figure(workload, "local", "B") or 0.0)
    deadline = _deadline(spec)
    return _demand(asked, spec, windows, assignment, deadline)


def _demand(
    asked: _Asked, spec: DemandSpec, windows: Windows, assignment: Assignment, deadline: float | None
) -> HostDemand:
    kind, service = asked.steps[-1].kind, asked.service
    flow = _flow(asked, asked.steps)
    tables = tables_of(_beyond(asked, flow), flow.shared, windows, assignment)
    cold = kind in ("parked", "prefix")
    demand = HostDemand(
        kind=kind, reader=spec.reader, slice_s=0.0, gib=(), peak_gib=(),
        read_bytes_per_s=tuple(window_means(flow.read, windows.slice_s).max(axis=0).tolist()),
        write_bytes_per_s=tuple(window_means(flow.written, windows.slice_s).max(axis=0).tolist()),
        recompute_bytes_per_s=asked.per_token * service.prefill_tokens_per_s if cold and service.prefill_tokens_per_s else None,
        step_s=service.token_s if kind == "active" else None,
        spread=service.spread, sessions=asked.trace.has_blocks,
    )  # fmt: skip
    demand = with_tables(
        demand, tables, slice_s=float(windows.slice_s), provision=windows.provision, assumed=assignment.kind != "relet"
    )
    if deadline is None:
        return demand
    # All that is on its way at a time must move within the deadline; of parked contexts and prefixes, one request's.
    return within(demand, deadline, tables.provided_bytes if kind == "hand-off" else tuple(flow.burst.tolist()))


def _flow(asked: _Asked, steps: tuple[Step, ...]) -> Flow:
    return flow_of(
        asked.trace, asked.service, steps, asked.per_token, asked.groups if steps[-1].kind == "prefix" else ()
    )


def _beyond(asked: _Asked, flow: Flow) -> Series:
    """Return what does not fit the hosts' own memory, `local`: parked contexts fill it first, then prefixes."""
    if asked.steps[-1].kind not in ("parked", "prefix") or not asked.local_bytes:
        return flow.held
    before = asked.steps[:-1]
    if not before or before[-1].kind != "parked":
        return np.maximum(flow.held - asked.local_bytes, 0.0)
    first = _flow(asked, before).held
    return np.maximum(first + flow.held - asked.local_bytes, 0.0) - np.maximum(first - asked.local_bytes, 0.0)


# ---------------------------------------------------------------- what a workload counts in its trace


def _steps(workload: Shape, spec: DemandSpec) -> tuple[Step, ...]:
    """Return the classes that a workload counts in its trace, up to the one asked for, in the order in which they count."""
    found: dict[Class, DemandSpec] = {}
    mine = model_of(workload, spec)
    for one in workload.demands:
        kind = TRACED.get(one.call)
        if kind is None or is_stated(one):
            continue
        if kind in found:
            raise Fault(Diagnostic(
                Code.DEMAND, f"`{one.name}` counts the same of the trace as `{found[kind].name}`", Label(one.span, "second"),
                (Label(found[kind].span, "first"),), ("keep one of them, or put the other into a workload of its own",),
            ))  # fmt: skip
        found[kind] = one
        other = model_of(workload, one)
        if (
            other is not None
            and mine is not None
            and (other.module, other.definition.name) != (mine.module, mine.definition.name)
        ):
            raise Fault(Diagnostic(
                Code.DEMAND, f"one trace is served by two models, `{mine.definition.name}` and `{other.definition.name}`",
                Label(spec.span, "the one"), (Label(one.span, "the other"),), ("give each model a workload of its own",),
            ))  # fmt: skip
    last = ORDER.index(TRACED[spec.call])
    return tuple(Step(kind, _wait(found[kind])) for kind in ORDER[: last + 1] if kind in found)


def _wait(spec: DemandSpec) -> float:
    name = _WAITS.get(spec.call)
    if name is None:
        return 0.0
    place = str(TAKES[spec.call].index(name))
    seconds = seconds_of(spec.arguments.get(name, spec.arguments.get(place)), name, spec.span)
    if name == "deadline" and seconds <= 0:
        raise _no_deadline(spec)
    return seconds


def _deadline(spec: DemandSpec) -> float | None:
    if "deadline" not in TAKES[spec.call]:
        return None
    value = spec.arguments.get("deadline", spec.arguments.get(str(TAKES[spec.call].index("deadline"))))
    if value is None:
        return None
    seconds = seconds_of(value, "deadline", spec.span)
    if seconds <= 0:
        raise _no_deadline(spec)
    return seconds


def _no_deadline(spec: DemandSpec) -> Fault:
    return fault(Code.DEMAND, "`deadline` is a time of more than nothing", spec.span, "", "write `deadline = 100 ms`")


def _check_service(
    workload: Shape, spec: DemandSpec, service: Service, steps: tuple[Step, ...], groups: tuple[tuple[int, ...], ...]
) -> None:
    """Raise where the speeds that the classes need are not given, or where the routing contradicts a class."""
    kinds = [step.kind for step in steps]
    needs = [("prefill", service.prefill_tokens_per_s, any(kind != "prefix" for kind in kinds)),
             ("decode", service.token_s, "active" in kinds or "parked" in kinds)]  # fmt: skip
    for name, value, needed in needs:
        if needed and value is None:
            example = "8_000 tokens/s" if name == "prefill" else "40 ms"
            raise fault(Code.SERVICE, f"how long a request runs is not known: `{name}` is not given", workload.span, "",
                        f"write `{name} = {example}`, of one instance")  # fmt: skip
    if "parked" in kinds and service.routing != "session":
        raise fault(Code.SERVICE, "a session that comes back elsewhere finds nothing parked", workload.spans["routing"], "round robin",
                    'write `routing = "session"`, or count no parked contexts')  # fmt: skip
    if groups and service.spread == "copied":
        raise fault(Code.SERVICE, "copies of a trace have no blocks in common: there is nothing to share", spec.span, "",
                    'write `spread = "split"`, or share nothing')  # fmt: skip


def _check_trace(workload: Shape, spec: DemandSpec, trace: Trace, service: Service, steps: tuple[Step, ...]) -> None:
    """Raise where a trace does not tell what the classes need, or cannot be copied as asked."""
    at = workload.spans["trace"]
    if any(step.kind == "prefix" for step in steps) and not trace.has_blocks:
        raise fault(Code.TRACE_LACKS, f"`{spec.call}` needs the prefix blocks of each request (`hash_ids`); the trace has none", at, "",
                    "take a trace with prefix blocks, or `KvParked`, which needs only lengths")  # fmt: skip
    lacking = "input" if trace.input_tokens is None else "output" if trace.output_tokens is None else ""
    if lacking and any(step.kind != "prefix" for step in steps):
        raise fault(Code.TRACE_LACKS, f"`{spec.call}` needs the tokens of each request; the trace has no {lacking} lengths", at, "",
                    "take a trace with `input_length` and `output_length`")  # fmt: skip
    if service.spread != "copied":
        return
    if service.rate is not None and service.rate > own_rate(trace) * (1 + 1e-9):
        raise fault(Code.SERVICE, f"a copy is thinned to its `rate`, {service.rate:g} Hz; the trace itself has {own_rate(trace):.3g} Hz",
                    workload.spans["rate"], "", "lower it, or run more instances")  # fmt: skip
    if copied_requests(trace, service) > MAX_COPIED:
        raise fault(Code.EXTENT, f"the copies have {copied_requests(trace, service):,} requests, more than {MAX_COPIED:,}", at, "",
                    "lower `rate`, or cut the trace")  # fmt: skip
    if (
        service.prefill_tokens_per_s
        and trace.input_tokens is not None
        and residence_s(trace, service, steps) > trace.seconds
    ):
        raise fault(Code.SERVICE, f"a request runs for {residence_s(trace, service, steps):,.0f} s, longer than the trace: it cannot be copied",
                    at, f"it lasts {trace.seconds:,} s", 'write `spread = "split"`, or take a longer trace')  # fmt: skip


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
                    "a trace is JSON lines with `timestamp` and `hash_ids`, or CSV with `TIMESTAMP`, `ContextTokens`, `GeneratedTokens`")  # fmt: skip
    return found


# ---------------------------------------------------------------- models


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


def model_of(workload: Shape, spec: DemandSpec) -> DefinitionRef | None:
    """Return the model a demand names, by itself or through the workload."""
    value = spec.arguments.get("model", spec.arguments.get("0", workload.values.get("model")))
    return value if isinstance(value, DefinitionRef) else None
