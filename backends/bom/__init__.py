"""Target `bom`: an indented bill of materials and a buy list. "MGX-style" is our own column set: no public one exists.

Unknown costs stay blank. Texts that a spreadsheet would take for a formula are escaped with a leading quote (OWASP
ASVS 1.2.10).
"""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from typing import Any, Final

from rackc.backends.bom.rows import Line, lines, rolled_up
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan

COLUMNS: Final = (
    "level", "find_no", "item_no", "category", "description", "manufacturer", "mpn", "qty_per", "ext_qty", "uom",
    "ref_des", "unit_cost", "currency", "ext_cost", "weight_kg", "power_w_max", "power_w_typ", "source", "cost_basis",
    "confidence",
)  # fmt: skip

#: A cell lists this many reference designators; the JSON lists all.
MAX_REFS: Final = 12


def emit(plan: Plan, report: Report) -> Emitted:
    """Write bom.csv (indented), buy-list.csv (rolled up) and bom.json (both, whole)."""
    bill = lines(plan)
    bought = rolled_up(bill)
    losses = []
    if report.unpriced:
        named = ", ".join(f"{n} x {name}" for name, n in report.unpriced)
        losses.append(f"no price is known of {named}: those cells are blank and the total leaves them out")
    if any(len(line.ref_des) > MAX_REFS for line in bill):
        losses.append(f"the CSV files list {MAX_REFS} reference designators a line; bom.json lists all")
    document = {
        "format": "rackc-bom-1", "design": plan.design, "currency": "USD",
        "known_cost": report.cost_cents / 100, "lines": [_row(line, None) for line in bill],
        "buy_list": [_row(line, None) for line in bought],
    }  # fmt: skip
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return Emitted({"bom.csv": _csv(bill), "buy-list.csv": _csv(bought), "bom.json": text.encode()}, tuple(losses))


def _row(line: Line, most: int | None) -> dict[str, Any]:
    refs = line.ref_des if most is None or len(line.ref_des) <= most else (
        *line.ref_des[:most], f"and {len(line.ref_des) - most} more")  # fmt: skip
    cost, total = line.unit_cost_cents, line.ext_cost_cents
    return {
        "level": line.level, "find_no": line.find_no, "item_no": line.item, "category": line.category,
        "description": line.description, "manufacturer": line.manufacturer, "mpn": line.mpn,
        "qty_per": _number(line.qty_per), "ext_qty": line.ext_qty, "uom": line.uom,
        "ref_des": list(refs), "unit_cost": None if cost is None else cost / 100,
        "currency": None if cost is None else "USD", "ext_cost": None if total is None else total / 100,
        "weight_kg": line.weight_kg, "power_w_max": line.power_w_max, "power_w_typ": line.power_w_typ,
        "source": line.source, "cost_basis": line.cost_basis, "confidence": line.confidence,
    }  # fmt: skip


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else round(float(value), 4)


def _csv(bill: list[Line]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for line in bill:
        row = _row(line, MAX_REFS)
        row["ref_des"] = " ".join(row["ref_des"])
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a cell that no spreadsheet evaluates."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\0"):
        return f"'{value}"
    return "" if value is None else value
