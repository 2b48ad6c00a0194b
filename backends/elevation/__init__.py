"""Target `elevation`: the front of each rack to scale, one SVG a rack."""

from __future__ import annotations

from rackc.backends.drawing.names import counted, file_stems
from rackc.backends.drawing.stand import children_by_parent, racks_of
from rackc.backends.elevation.rack import RackView, view_of
from rackc.backends.elevation.sheet import draw
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


def emit(plan: Plan, report: Report) -> Emitted:
    """Return `<rack-address>-front.svg` for every rack."""
    racks = racks_of(plan)
    if not racks:
        return Emitted({}, ("the design has no rack",))
    kids = children_by_parent(plan)
    stems = file_stems((rack.address for rack in racks), "-front")
    views = [view_of(plan, report, kids, rack) for rack in racks]
    files = {f"{stem}.svg": draw(plan, view, stem) for stem, view in zip(stems, views, strict=True)}
    return Emitted(files, tuple(loss for view in views for loss in _losses(view)))


def _losses(view: RackView) -> list[str]:
    losses = []
    address = view.rack.address
    if view.unplaced:
        names = ", ".join(sorted({i.group for i in view.unplaced}))
        losses.append(
            f"{address}: {counted(len(view.unplaced), 'thing')} without a rack position listed, not drawn ({names})"
        )
    losses += [f"{address}: {i.address} reaches beyond the rack's units" for i in view.outside]
    losses += [
        f"{address}: {i.address} holds more than is drawn ({count:,} things)" for i, count in view.overfull if count
    ]
    return losses
