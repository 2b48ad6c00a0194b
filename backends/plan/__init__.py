"""Target `plan`: the whole plan as JSON, one row a line, so that a diff reads."""

from __future__ import annotations

import json
from typing import Any

from rackc.backends.plan.document import rows
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


def emit(plan: Plan, report: Report) -> Emitted:  # noqa: ARG001 (every target takes both)
    """Write plan.json."""
    return Emitted({"plan.json": _text(rows(plan)).encode()})


def _text(document: dict[str, Any]) -> str:
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f' "{key}": [\n  {lines}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"
