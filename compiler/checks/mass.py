"""What racks carry: payload and bracing."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.checks.planned import Planned
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_mass(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks beyond their payload, and those that need a brace they do not have (OCP-RACK)."""
    for rack in planned.report.racks:
        part, address = planned.plan.instances[rack.instance].part, planned.named(rack.alike)
        if rack.mass_limit_kg is not None and rack.mass_kg > rack.mass_limit_kg:
            yield Diagnostic(Code.MASS, f"{address} carries {rack.mass_kg:,.0f} kg; its payload is "
                             f"{rack.mass_limit_kg:,.0f} kg", Label(planned.defined(rack.instance)),
                             hints=("take something out, or use a stronger rack",))  # fmt: skip
        brace = part.low("brace_above", "kg")
        if brace is not None and rack.mass_kg > brace and not part.flag("braced"):
            yield Diagnostic(Code.MASS_MARGIN, f"{address} carries {rack.mass_kg:,.0f} kg and states no brace",
                             Label(planned.defined(rack.instance)),
                             hints=(f"above {brace:,.0f} kg the frame needs its cross brace: `braced = true`",))  # fmt: skip
