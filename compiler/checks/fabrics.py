"""Scale-up fabrics that are not regular: a link missing or misplaced."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.analyse.fabric import endpoints, odd_ones, unlike
from rackc.compiler.analyse.routes import fabric
from rackc.compiler.checks.planned import Planned
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span


def check_fabrics(planned: Planned) -> Iterator[Diagnostic]:
    """Warn of endpoints of a scale-up fabric that are wired unlike nearly all others: a link missing or misplaced."""
    plan, spans = planned.plan, _scale_up(planned.model)
    for protocol in sorted(spans):
        of = fabric(plan, protocol)
        odd = odd_ones(of)
        if not odd:
            continue
        names = [f"{plan.instances[i].address} {unlike(plan, of, i)}" for i in odd]
        shown = "; ".join(names[:3]) + (f"; and {len(names) - 3} more" if len(names) > 3 else "")
        yield Diagnostic(Code.IRREGULAR, f"{len(odd)} of {len(endpoints(of))} {protocol} endpoints {'is' if len(odd) == 1 else 'are'} wired unlike the "
                         f"others: {shown}", Label(spans[protocol]),
                         hints=("look at the red cells of the `fabric` target's matrix",))  # fmt: skip


def _scale_up(model: Model) -> dict[str, Span]:
    """Return the protocols of scale-up fabrics (their interface limits a domain), with a connection of each."""
    found: dict[str, Span] = {}
    for link in np.unique(model.link_wiring, return_index=True)[1].tolist():
        interface = model.interface(int(model.link_a[link]))
        if "max_domain" in interface.values:
            wiring = model.wirings[int(model.link_wiring[link])]
            found.setdefault(str(interface.values.get("protocol")), wiring.span)
    return found
