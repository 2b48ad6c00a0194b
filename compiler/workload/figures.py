"""Demands of stated figures: a figure or a curve for all hosts, or one for each."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any, Final

import numpy as np

from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import DefinitionRef, Record, described, fault
from rackc.compiler.workload.assignment import MAX_GIB, Assignment, seconds_of
from rackc.compiler.workload.curve import Curve, curve_of, lasts_s, series_of
from rackc.compiler.workload.host_demand import HostDemand, with_tables, within
from rackc.compiler.workload.tables import GIB, constant, tables_of, windows_of
from rackc.dsl.diagnostics import Code
from rackc.dsl.units import Quantity, quantity

#: Classes of demand that can be stated in figures, by what they are.
STATED: Final = {
    "Steady": "host", "KvActive": "active", "KvParked": "parked", "KvHandoff": "hand-off", "Weights": "weights",
    "Embeddings": "embeddings",
}  # fmt: skip
#: What they take then, in order.
TAKES: Final = {
    **dict.fromkeys(STATED, ("bytes", "read", "write")), "KvActive": ("bytes", "step"),
    "KvHandoff": ("bytes", "read", "write", "deadline"),
}  # fmt: skip
READERS: Final = ("cpu", "gpu")
_MOST: Final = {"GiB": MAX_GIB, "B/s": 10**15}


def is_stated(spec: DemandSpec) -> bool:
    """Whether a demand follows from its own figures, without a trace."""
    first = spec.arguments.get("bytes", spec.arguments.get("0"))
    given = first is not None and not isinstance(first, DefinitionRef)
    return (
        spec.call in STATED
        and spec.reader in READERS
        and (given or spec.call not in ("KvActive", "KvParked", "KvHandoff"))
    )


def stated(spec: DemandSpec, hosts: int) -> HostDemand:
    """Return a demand of stated figures at its greatest, for every host; raises Fault where one is none.

    The cache of running requests is read in full at every step of decoding: its rate is its bytes over the step.
    """
    peaks = tuple(one.peak if isinstance(one, Curve) else one for one in _amounts(spec, hosts))
    whole = tuple(ceil(g) for g in peaks)
    held = tuple(float(g * GIB) for g in peaks)
    step = _more_than_nothing(spec, "step", "1", "step of decoding") if spec.call == "KvActive" else None
    if step is not None:
        read, write = tuple(b / step for b in held), (0.0,) * hosts
    else:
        read, write = (_rates(spec, name, hosts) for name in ("read", "write"))
    demand = HostDemand(
        STATED[spec.call], spec.reader, 3600.0, (whole,), whole, read, write, None, step_s=step, stated_bytes=held
    )
    demand = with_tables(demand, constant(whole, 0), slice_s=3600.0, provision="peak", assumed=True)
    if "deadline" in spec.arguments or "3" in spec.arguments:
        return within(demand, _more_than_nothing(spec, "deadline", "3", "hand-off"), held)
    return demand


def of_figures(workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, groups: int) -> HostDemand:
    """Return a demand of figures or curves by slice of time; raises Fault where one is none."""
    demand = stated(spec, hosts)
    amounts = _amounts(spec, hosts)
    seconds = lasts_s(amounts)
    if not seconds:
        return replace(demand, shared_gib=((0,) * groups,) if groups else ())
    windows = windows_of(workload, seconds, hosts)
    own = series_of(amounts)
    tables = tables_of(own, np.zeros((groups, seconds)), windows, assignment)
    demand = with_tables(
        demand, tables, slice_s=float(windows.slice_s), provision=windows.provision, assumed=assignment.kind != "relet"
    )
    if demand.step_s is not None:  # what spills is not read here
        demand = replace(demand, read_bytes_per_s=tuple(b / demand.step_s for b in tables.provided_bytes))
    return demand


def _amounts(spec: DemandSpec, hosts: int) -> tuple[Curve | Fraction, ...]:
    value = _argument(spec, "bytes")
    values = _one_a_host(spec, "bytes", value, hosts)
    return tuple(
        curve_of(one, spec.span) if isinstance(one, Record) and one.name == "curve" else _figure(spec, "bytes", "GiB", one)
        for one in values
    )  # fmt: skip


def _rates(spec: DemandSpec, name: str, hosts: int) -> tuple[float, ...]:
    """Return a rate by host, bytes per second; it may be left out."""
    value = _argument(spec, name)
    if value is None:
        return (0.0,) * hosts
    return tuple(float(_figure(spec, name, "B/s", one)) for one in _one_a_host(spec, name, value, hosts))


def _argument(spec: DemandSpec, name: str) -> Any:
    return spec.arguments.get(name, spec.arguments.get(str(TAKES[spec.call].index(name))))


def _one_a_host(spec: DemandSpec, name: str, value: Any, hosts: int) -> tuple[Any, ...]:
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts:
        raise fault(Code.DEMAND, f"`{name}` has {len(values)} entries for {hosts} hosts", spec.span, "one a host")
    return values


def _figure(spec: DemandSpec, name: str, unit: str, one: Any) -> Fraction:
    if not isinstance(one, Quantity) or one.dimension != quantity(1, unit).dimension:
        said = "is not given" if one is None else f"is a figure in {unit}, this is {described(one)}"
        example = "40 ms" if name == "step" else f"64 {unit}"
        raise fault(
            Code.DEMAND, f"`{name}` {said}", spec.span, "", f"write `{name} = {example}`, or a list with one a host"
        )
    if not 0 <= one.exact(unit) <= _MOST[unit]:
        raise fault(
            Code.DEMAND, f"`{name}` is {one}: a host has from 0 to {_MOST[unit]:,} {unit}", spec.span, "stated here"
        )
    return one.exact(unit)


def _more_than_nothing(spec: DemandSpec, name: str, place: str, what: str) -> float:
    seconds = seconds_of(spec.arguments.get(name, spec.arguments.get(place)), name, spec.span)
    if seconds <= 0:
        raise fault(
            Code.DEMAND,
            f"`{name}` is the time of one {what}, more than nothing",
            spec.span,
            "",
            f"write `{name} = 40 ms`",
        )
    return seconds
