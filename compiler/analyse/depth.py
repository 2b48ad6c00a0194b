"""What a full report holds beyond a check: tiers, ways, and every single failure."""

from __future__ import annotations

from rackc.compiler.analyse.failures import failures
from rackc.compiler.analyse.report import Depth, Report
from rackc.compiler.analyse.tiers import tier_reports
from rackc.compiler.analyse.ways import ways
from rackc.compiler.plan import Plan


def depth(plan: Plan, report: Report) -> Depth:
    """Return what takes longer than a check should."""
    return Depth(tuple(tier_reports(plan)), ways(plan), failures(plan, report))
