"""The adjacency of endpoints and switch chips as a grid of counts, and which of its cells break the pattern."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackc.backends.drawing.stand import rack_order, tray_of
from rackc.backends.fabric.bundles import SWITCHES, Fabric
from rackc.compiler.plan import Instance, Plan

MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row or column: an instance, and the tray it is in."""

    instance: Instance
    tray: Instance


@dataclass(frozen=True, slots=True)
class Grid:
    """Counts of links by (row, column) index.

    `usual` is the count that cells of one (row part, column part) have, `totals` the sum that the lines of one part have,
    each only where there is a pattern. `beyond` counts links that are not between an endpoint and a switch.
    """

    protocol: str
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    counts: dict[tuple[int, int], int]
    usual: dict[tuple[str, str], int]
    totals: dict[str, int]
    beyond: int

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.rows) * len(self.columns)

    def expected(self, row: Line, column: Line) -> int:
        """Return the links that cells of this kind have."""
        return self.usual.get((row.instance.part.name, column.instance.part.name), 0)


def grid_of(plan: Plan, fabric: Fabric) -> Grid:
    """Return endpoints against switches."""
    pairs: Counter[tuple[int, int]] = Counter()
    beyond = 0
    for link in fabric.links:
        a, b = plan.ports[link.a].owner, plan.ports[link.b].owner
        if _switches(plan, a) == _switches(plan, b):
            beyond += 1
            continue
        pairs[(b, a) if _switches(plan, a) else (a, b)] += 1
    rows = _lines(plan, {a for a, _ in pairs})
    columns = _lines(plan, {b for _, b in pairs})
    totals: Counter[int] = Counter()
    for (a, b), links in pairs.items():
        totals.update({a: links, b: links})
    usual = _usual(rows, columns, pairs)
    return Grid(fabric.protocol, rows, columns, dict(pairs), usual, _usual_totals((*rows, *columns), totals), beyond)


def _switches(plan: Plan, index: int) -> bool:
    return plan.instances[index].part.role in SWITCHES


def _lines(plan: Plan, indices: set[int]) -> tuple[Line, ...]:
    lines = [Line(plan.instances[i], tray_of(plan, i)) for i in indices]
    return tuple(sorted(lines, key=lambda one: (rack_order(one.tray), one.instance.index)))


def _usual(
    rows: tuple[Line, ...], columns: tuple[Line, ...], pairs: Counter[tuple[int, int]]
) -> dict[tuple[str, str], int]:
    """Return the commonest count of each kind of cell, where at least four in five of them have it.

    Where most cells are empty by design (rails, planes) there is no such count, and nothing is called missing.
    """
    cells: dict[tuple[str, str], Counter[int]] = {}
    for row in rows:
        for column in columns:
            kind = (row.instance.part.name, column.instance.part.name)
            cells.setdefault(kind, Counter())[pairs[row.instance.index, column.instance.index]] += 1
    common = {kind: counts.most_common(1)[0] for kind, counts in cells.items()}
    return {kind: count for kind, (count, often) in common.items() if count and often * 5 >= cells[kind].total() * 4}


def _usual_totals(lines: tuple[Line, ...], totals: Counter[int]) -> dict[str, int]:
    """Return the commonest sum of the lines of each part, where at least four in five have it: rails have it too."""
    sums: dict[str, Counter[int]] = {}
    for one in lines:
        sums.setdefault(one.instance.part.name, Counter())[totals[one.instance.index]] += 1
    common = {name: counts.most_common(1)[0] for name, counts in sums.items()}
    return {name: total for name, (total, often) in common.items() if often * 5 >= sums[name].total() * 4}
