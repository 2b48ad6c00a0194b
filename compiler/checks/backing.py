"""Headline numbers that rest on weakly backed figures: a lint, off unless a severity asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.report import Backing
from rackc.compiler.checks.planned import Planned
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_backing(planned: Planned) -> Iterator[Diagnostic]:
    """Yield each headline number whose weakest figure is an assumption, unverified, or of low confidence."""
    for one in planned.report.backing:
        if one.is_weak:
            yield Diagnostic(
                Code.WEAK, f"{one.headline} rests on {one}", Label(planned.defined(0), "of this design"), _stated(planned, one),
                (f"find a source for {one.figure} and state it, or allow this where the design is defined",),
                (f"it is {one.value}" + (f": {one.source}" if one.source else ""),),
            )  # fmt: skip


def _stated(planned: Planned, one: Backing) -> tuple[Label, ...]:
    """Return where the design says what a number rests on; nothing for what a pool brings in."""
    part, _, name = one.figure.rpartition(".")
    spans = (shape.spans[name] for shape in _shapes(planned) if shape.name == part and name in shape.spans)
    first = next(spans, None)
    return () if first is None else (Label(first, "stated here"),)


def _shapes(planned: Planned) -> Iterator[Shape]:
    """Yield all that the design is made of: things, workloads, ports, carriers."""
    model = planned.model
    yield from model.shapes
    yield from (workload for _, workload in model.shape_at(0).workloads)
    yield from (group.interface for group in model.port_groups)
    yield from (wiring.carrier for wiring in model.wirings if wiring.carrier is not None)
