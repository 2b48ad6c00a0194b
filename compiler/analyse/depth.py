"""What a full report holds beyond a check: tiers, ways, and every single failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.analyse.bisection import bisection
from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.fabric import fabric
from rackc.compiler.analyse.fabrics import is_network
from rackc.compiler.analyse.failures import failures
from rackc.compiler.analyse.losses import all_to_all
from rackc.compiler.analyse.report import Depth, Report, WidthReport
from rackc.compiler.analyse.tiers import tier_reports
from rackc.compiler.analyse.ways import ways
from rackc.compiler.plan import Plan

#: Nodes up to which a bisection that is not known from its shape is looked for at length.
_MOST_DENSE: Final = 300


def depth(plan: Plan, report: Report) -> Depth:
    """Return what takes longer than a check should."""
    return Depth(tuple(_widths(plan)), tuple(tier_reports(plan)), ways(plan), failures(plan, report))


def _widths(plan: Plan) -> Iterator[WidthReport]:
    """Yield the widths of the commonest kinds of domains that have switches."""
    for protocol in plan.columns.protocols:
        every = domains(fabric(plan, protocol))
        for kind in every.commonest:
            of, alike = every.fabric_of(kind), len(every.alike[kind])
            ends = of.endpoints
            if of.capacity.any() and is_network(of) and len(ends) > 1:
                yield WidthReport(
                    protocol, alike, int(of.nodes[0]), len(ends), bisection(of, ends, thorough=len(of) <= _MOST_DENSE),
                    all_to_all(of, ends),
                )  # fmt: skip
