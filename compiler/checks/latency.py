"""Latencies stated of what holds other things: never less than those of the things on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: What is crossed once on the way through a shelf.
_CROSSED: Final = ("retimer", "gearbox", "switch")


def check_latency(model: Model) -> Iterator[Diagnostic]:
    """Yield shelves faster than the retimers and switch in them, and controllers faster than those they are made of."""
    for _, shape, rows in model.standing():
        most, role = figure(shape, "latency", "ns", "high"), text(shape, "role")
        if most is None or role not in ("memory-shelf", "memory-controller"):
            continue
        found = {r: _least(shape, r) for r in (_CROSSED if role == "memory-shelf" else ("memory-controller",))}
        inside = {r: one for r, one in found.items() if one is not None}
        least = sum(latency for latency, _ in inside.values())
        if most < least:
            named = " and ".join(f"a {r} of {latency:,.0f} ns" for r, (latency, _) in inside.items())
            part = next(iter(inside.values()))[1]
            yield Diagnostic(
                Code.FASTER, f"{model.address(int(rows[0]))} states {most:,.0f} ns and holds {named}",
                Label(shape.spans.get("latency", shape.span), "stated here"),
                (Label(part.spans.get("latency", part.span), "what is crossed"),), (f"state {least:,.0f} ns or more",),
            )  # fmt: skip


def _least(shape: Shape, role: str) -> tuple[float, Shape] | None:
    """Return the least latency of what has a role directly inside a shape, with its part; None where none states one."""
    stated = [
        (latency, group.shape) for group in shape.children
        if text(group.shape, "role") == role and (latency := figure(group.shape, "latency", "ns", "low")) is not None
    ]  # fmt: skip
    return min(stated, key=lambda one: one[0], default=None)
