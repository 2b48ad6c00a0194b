"""The front of the folder: a demand of a workload to what the hosts of a pool must hold."""

from __future__ import annotations

from typing import Any, Final

from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import Fault, fault
from rackc.compiler.workload import figures, traced
from rackc.compiler.workload.assignment import Assignment, assignment_of
from rackc.compiler.workload.figures import READERS, is_stated, of_figures, stated
from rackc.compiler.workload.host_demand import HostDemand
from rackc.compiler.workload.service import instances_of_hosts
from rackc.compiler.workload.traced import kv_bytes_per_token, model_of, of_trace
from rackc.dsl.diagnostics import Code, closest, unknown

__all__ = [
    "Assignment", "HostDemand", "assignment_of", "demand_of", "instances_of_hosts", "is_stated", "kv_bytes_per_token",
    "model_of", "stated",
]  # fmt: skip

#: Classes of demand.
_CLASSES: Final = ("KvPrefix", *figures.STATED)


def demand_of(
    workload: Shape, spec: DemandSpec, hosts: int, assignment: Assignment, lines: Any, model: Shape | None,
    sharing: tuple[tuple[int, ...], ...] = (),
) -> HostDemand:  # fmt: skip
    """Return the demand of `hosts` hosts; raises Fault where the workload leaves something out.

    `lines(path)` gives the lines of a trace, or a sentence that says why it cannot be read. `sharing` are groups of
    hosts (numbers, each in one group at most): prefix blocks that several of a group hold at a time are stored once for it.
    """
    if spec.call not in _CLASSES:
        raise fault(Code.DEMAND, f"`{spec.call}` is no class of demand", spec.span, "not known",
                    *(closest(spec.call, _CLASSES) or (f"known here: {', '.join(_CLASSES)}",)))  # fmt: skip
    if spec.reader not in READERS:
        raise Fault(unknown(Code.DEMAND, "reader", spec.reader, READERS, spec.span))
    in_figures = is_stated(spec)
    _check_arguments(spec, (figures.TAKES if in_figures else traced.TAKES)[spec.call])
    if in_figures:
        return of_figures(workload, spec, hosts, assignment, len(sharing))
    return of_trace(workload, spec, hosts, assignment, lines, model, sharing)


def _check_arguments(spec: DemandSpec, takes: tuple[str, ...]) -> None:
    """Raise for an argument that the class does not take; the order of the checks is that of the arguments."""
    names = [takes[int(name)] if name.isdigit() and int(name) < len(takes) else name for name in spec.arguments]
    for name in names:
        if name.isdigit():
            raise fault(Code.ARGUMENT, f"`{spec.call}` takes {', '.join(takes)}", spec.span, "one argument too many",
                        "remove it")  # fmt: skip
        if name not in takes:
            raise Fault(unknown(Code.ARGUMENT, f"argument of `{spec.call}`", name, takes, spec.span))
