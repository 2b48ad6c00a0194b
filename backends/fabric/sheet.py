"""The sheet of all fabrics: a panel a protocol, one above the other."""

from __future__ import annotations

from rackc.backends.drawing.furniture import Swatch, header, legend
from rackc.backends.drawing.names import counted, sheet_name, short_rate, slug
from rackc.backends.drawing.svg import Document, label, paint, rect
from rackc.backends.fabric.bundles import Fabric
from rackc.backends.fabric.panel import HUES, Panel, draw_panel, plan_panel
from rackc.compiler.analyse.report import FabricReport, Report
from rackc.compiler.plan import Plan

MARGIN, WIDTH, GAP, HEAD = 28.0, 1100.0, 24.0, 58.0


def draw_sheet(plan: Plan, report: Report, all_fabrics: tuple[Fabric, ...], stem: str) -> bytes:
    """Return the drawing of all fabrics that leave a tray, with what is not drawn at its foot."""
    fabrics = tuple(fabric for fabric in all_fabrics if fabric.bundles)
    total = sum(len(fabric.links) - fabric.inside for fabric in fabrics)
    described = ", ".join(f"{f.protocol}: {counted(len(f.bundles), 'bundle')}" for f in fabrics)
    document = Document(slug(stem), f"{sheet_name(plan)}: links between trays", described)
    subtitle = f"{counted(total, 'link')} between trays · a line is all links of one protocol between two trays"
    document.add(*header(MARGIN, 24, WIDTH - 2 * MARGIN, sheet_name(plan), "fabric", subtitle))
    figures = {figure.protocol: figure for figure in report.fabrics}
    y = 92.0
    for at, fabric in enumerate(fabrics):
        panel = plan_panel(plan, fabric, MARGIN + 16, y + HEAD, WIDTH - 2 * MARGIN - 32, HUES[at % len(HUES)])
        document.add(*_frame(document, fabric, figures.get(fabric.protocol), panel, y))
        draw_panel(document, plan, fabric, panel)
        y += HEAD + panel.height + 16 + GAP
    for note in _notes(all_fabrics):
        document.add(label(MARGIN, y, note, WIDTH - 2 * MARGIN, size=10.5, ink="muted"))
        y += 16
    return document.text(WIDTH, y - GAP + MARGIN)


def _notes(fabrics: tuple[Fabric, ...]) -> list[str]:
    inside = ", ".join(f"{counted(f.inside, 'link')} of {f.protocol}" for f in fabrics if f.inside)
    coarse = ", ".join(f.protocol for f in fabrics if f.by_rack)
    notes = [f"Not drawn, inside one tray: {inside}"] if inside else []
    return [*notes, f"Drawn rack to rack, too many trays to tell apart: {coarse}"] if coarse else notes


def _frame(document: Document, fabric: Fabric, figures: FabricReport | None, panel: Panel, y: float) -> list[str]:
    room = WIDTH - 2 * MARGIN
    rows = _legend(document, fabric, panel)
    wide = min(200.0 * len(rows), room * 0.45)
    return [
        rect(MARGIN, y, room, HEAD + panel.height + 16, paint("paper", "line"), 6),
        label(MARGIN + 16, y + 25, fabric.protocol, room * 0.4, size=15, bold=True),
        label(MARGIN + 16, y + 43, _facts(fabric, figures), room - wide - 40, size=10.5, ink="muted"),
        *legend(MARGIN + room - wide - 8, y + 16, wide, rows, columns=len(rows)),
    ]


def _facts(fabric: Fabric, figures: FabricReport | None) -> str:
    out = [f"{counted(len(fabric.links) - fabric.inside, 'link')} in {counted(len(fabric.bundles), 'bundle')}"]
    if fabric.usual:
        out.append(f"{counted(fabric.usual, 'link')} each")
    if figures is not None:
        out.append(f"{short_rate(figures.bandwidth_each_way)} each way")
        if figures.bisection_each_way is not None:
            out.append(f"bisection {short_rate(figures.bisection_each_way)} each way")
        if figures.diameter is not None:
            out.append(f"diameter {figures.diameter}")
    return " · ".join(out)


def _legend(document: Document, fabric: Fabric, panel: Panel) -> list[Swatch]:
    text = "as wide as it has links"
    if fabric.usual:
        text = counted(fabric.usual, "link")
    elif panel.common:
        text = f"{counted(panel.common, 'link')}, or as numbered"
    rows = [(paint(panel.hue), text)]
    if any(fabric.usual and bundle.links != fabric.usual for bundle in (*fabric.bundles, *fabric.gaps)):
        rows.append((paint(hatch=document.hatch("missing"), stroke="vermilion"), "other than usual"))
    return rows
