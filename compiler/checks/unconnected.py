"""Ports that must carry a link and carry none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.checks.planned import Planned
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_unconnected(planned: Planned) -> Iterator[Diagnostic]:
    """Yield ports marked `mandatory` without a link, those of one statement together.

    Ports of a pool that is still open get their links later, candidates that are left out get none.
    """
    model, plan = planned.model, planned.plan
    must = np.array([group.interface.values.get("mandatory") is True for group in model.port_groups], bool)
    if not must.any():
        return
    free = must[model.port_group] & plan.columns.populated[model.port_owner]
    for ends in (
        model.link_a,
        model.link_b,
        plan.columns.a,
        plan.columns.b,
        np.array(sorted(planned.waiting), np.int64),
    ):
        free[ends] = False
    ports = np.flatnonzero(free)
    groups, firsts, counts = np.unique(model.port_group[ports], return_index=True, return_counts=True)
    for group, first, count in zip(groups.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        stated = model.port_groups[group]
        name = model.port_address(int(ports[first])) + (f" (and {count - 1:,} like it)" if count > 1 else "")
        interface = stated.interface
        yield Diagnostic(
            Code.UNCONNECTED, f"{name} must carry a link and carries none", Label(stated.span, "declared here"),
            (Label(interface.spans.get("mandatory", interface.span), "mandatory"),),
            ("connect it, or use a port that may stay free",),
        )  # fmt: skip
