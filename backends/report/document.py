"""The report as JSON; `rackc schema report` prints its schema."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rackc.compiler.analyse.report import Depth, Report
from rackc.compiler.plan import Plan


class ReportDocument(BaseModel):
    """report.json. Units are in the names; bandwidths are bytes per second each way. `depth` comes with a build alone."""

    model_config = ConfigDict(frozen=True)

    format: Literal["rackc-report-1"] = "rackc-report-1"
    design: str
    report: Report
    depth: Depth | None = None


def document(plan: Plan, report: Report, depth: Depth | None = None) -> ReportDocument:
    """Return the document of one plan."""
    return ReportDocument(design=plan.design, report=report, depth=depth)
