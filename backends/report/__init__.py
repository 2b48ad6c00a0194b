"""Target `report`: what a reviewer asks first, as text and as JSON."""

from __future__ import annotations

from rackc.backends.report.summary import whole
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


def emit(plan: Plan, report: Report) -> Emitted:
    """Write report.txt and report.json."""
    from rackc.backends.report.depth import deep
    from rackc.backends.report.document import document  # pydantic: a check prints the summary without it
    from rackc.compiler.analyse.depth import depth

    more = depth(plan, report)
    text = "\n".join([*whole(plan, report), *deep(more)]) + "\n"
    data = document(plan, report, more).model_dump_json(indent=1) + "\n"
    return Emitted({"report.txt": text.encode(), "report.json": data.encode()})
