"""Target `fabric`: who is linked to whom, a panel a protocol, and a matrix for each protocol that has switches."""

from __future__ import annotations

from rackc.backends.drawing.names import counted, file_stems
from rackc.backends.fabric.bundles import Fabric, fabrics_of
from rackc.backends.fabric.grid import MOST_CELLS, grid_of
from rackc.backends.fabric.matrix import draw_matrix
from rackc.backends.fabric.panel import HUES
from rackc.backends.fabric.sheet import draw_sheet
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


def emit(plan: Plan, report: Report) -> Emitted:
    """Return `fabric.svg` and `<protocol>-matrix.svg`."""
    fabrics = fabrics_of(plan)
    losses = [loss for fabric in fabrics for loss in _losses(fabric)]
    drawn = tuple(fabric for fabric in fabrics if fabric.bundles)
    if not drawn:
        return Emitted({}, (*losses, "the design has no link between trays"))
    files = {"fabric.svg": draw_sheet(plan, report, fabrics, "fabric")}
    switched = [(fabric, HUES[at % len(HUES)]) for at, fabric in enumerate(drawn) if fabric.switched]
    stems = file_stems((fabric.protocol for fabric, _ in switched), "-matrix")
    for (fabric, hue), stem in zip(switched, stems, strict=True):
        grid = grid_of(plan, fabric)
        if not grid.size:
            losses.append(f"{fabric.protocol}: no endpoint meets a switch, no matrix is drawn")
            continue
        if grid.size > MOST_CELLS:
            losses.append(f"{fabric.protocol}: a matrix of {grid.size:,} cells is not drawn")
            continue
        files[f"{stem}.svg"] = draw_matrix(plan, grid, hue, stem)
    return Emitted(files, tuple(losses))


def _losses(fabric: Fabric) -> list[str]:
    losses = []
    if fabric.inside:
        losses.append(f"{fabric.protocol}: {counted(fabric.inside, 'link')} inside one tray not drawn")
    if fabric.by_rack:
        losses.append(f"{fabric.protocol}: drawn rack to rack, too many trays to tell apart")
    return losses
