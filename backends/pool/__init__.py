"""Target `pool`: a map of each memory pool, who holds how much of which card, and when."""

from __future__ import annotations

from rackc.backends.drawing.names import file_stems
from rackc.backends.pool.sheet import draw_pool
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


def emit(plan: Plan, report: Report) -> Emitted:
    """Return `<pool-address>.svg` for every pool."""
    if not plan.pools:
        return Emitted({}, ("the design has no pool",))
    stems = file_stems(pool.address for pool in plan.pools)
    figures = {figure.pool: figure for figure in report.pools}
    files = {
        f"{stem}.svg": draw_pool(plan, pool, figures.get(pool.index), stem)
        for stem, pool in zip(stems, plan.pools, strict=True)
    }
    return Emitted(files)
