"""Currents out of a rack's sources and into them: outputs, inlets, whips and breakers, in each case of loss.

A whip or a breaker that stands in a shelf or PDU carries what that draws, shared evenly with others of its role in it;
one that stands in the rack itself shares what the sources of its `feed` draw. Current per phase is W / (V · power
factor), by the square root of 3 for three phases, at the lowest `ac_voltage`. What a source does not state counts as 1
(efficiency, power factor): the least that can flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np

from rackc.compiler.analyse.power import SOURCES, Loads
from rackc.compiler.analyse.report import CurrentReport
from rackc.compiler.analyse.supply import RUNNING, Case, losses, sources, unrated
from rackc.compiler.columns import Floats
from rackc.compiler.plan import Instance, PartType, Plan

#: Roles of what lies between a source and its feed.
CIRCUITS: Final = ("whip", "breaker")


@dataclass(frozen=True, slots=True)
class Path:
    """One thing that current flows through: `amperes` are A per watt that each source gives.

    `limit_a` holds for the peak, its `continuous` share for the steady load.
    """

    instance: int
    what: str
    limit_a: float
    continuous: float
    amperes: Floats

    def flowing(self, case: Case, peak_w: float, steady_w: float) -> CurrentReport | None:
        """Return the current in a case against its limit, of the peak or of the steady load, whichever is nearer."""
        carried = case.carried(peak_w), case.carried(steady_w)
        if not len(carried[0]):
            return None
        flow = [float((watts @ self.amperes).max()) for watts in carried]
        rows = ((flow[0], self.limit_a), (flow[1], self.limit_a * self.continuous))
        amps, limit = max(rows, key=lambda row: row[0] / row[1] if row[1] else 0.0)
        return CurrentReport(self.instance, self.what, case.name, amps, limit)


def currents(plan: Plan, rack: int, load: Loads) -> tuple[CurrentReport, ...]:
    """Return the current that is nearest to its limit for each kind of output, inlet, whip and breaker of a rack.

    That of the worst case; where the limit is exceeded with everything running, of that.
    """
    feeding = sources(plan, rack)
    peak, steady = float(load.peak[rack]), float(load.steady[rack])
    paths = [] if unrated(feeding) else [*_outputs(plan, rack, feeding), *_inputs(plan, rack, feeding)]
    names = [(plan.instances[path.instance].part.name, path.what, path.limit_a) for path in paths]
    worst: dict[tuple[str, str, float], CurrentReport] = {}
    for case in losses(feeding) if paths else ():
        for path, name in zip(paths, names, strict=True):
            found = path.flowing(case, peak, steady)
            if found is not None and _nearer(found, worst.get(name)):
                worst[name] = found
    return tuple(replace(row, things=names.count(name)) for name, row in worst.items())


def _nearer(new: CurrentReport, old: CurrentReport | None) -> bool:
    if old is None:
        return True
    settled = old.case == RUNNING != new.case and old.amps > old.limit_a
    return not settled and new.amps / new.limit_a > old.amps / old.limit_a * (1 + 1e-9)  # rounding decides nothing


def _outputs(plan: Plan, rack: int, feeding: Sequence[Instance]) -> Iterator[Path]:
    """The output connector of each shelf, at its lowest voltage (R5: 47.5 to 50 V, OCP-PWR)."""
    bus = plan.instances[rack].part.low("bus_voltage", "V")
    for at, source in enumerate(feeding):
        limit, volts = source.part.low("output_current", "A"), source.part.low("output_voltage", "V") or bus
        if limit and volts:
            yield Path(source.index, "output", limit, 1.0, _only(at, len(feeding)) / volts)


def _inputs(plan: Plan, rack: int, feeding: Sequence[Instance]) -> Iterator[Path]:
    """The inlet of each source, and the whips and breakers before it."""
    into = np.array([per_watt(source.part) or np.nan for source in feeding])
    for at, source in enumerate(feeding):
        limit = source.part.low("ac_current", "A")
        if limit and not np.isnan(into[at]):
            yield Path(source.index, "inlet", limit, 1.0, np.nan_to_num(into) * _only(at, len(feeding)))
    for instance, serves, sharing in circuits(plan, rack, feeding):
        part, amperes = plan.instances[instance].part, into[serves]
        limit = part.low("rated_current", "A")
        if limit and len(serves) and not np.isnan(amperes).any():
            column = np.zeros(len(feeding))
            column[serves] = amperes / sharing
            yield Path(instance, part.role, limit, part.low("continuous_share", "") or 1.0, column)


def _only(at: int, count: int) -> Floats:
    return np.eye(count)[at]  # type: ignore[no-any-return]  # numpy knows no more


def per_watt(part: PartType) -> float | None:
    """Return the current per phase that a source draws for each watt it gives, A; None where it cannot be told."""
    volts, phases = part.low("ac_voltage", "V"), part.typ("phases", "")
    if not volts or phases not in (1, 3):
        return None
    lost = 1.0 if part.role == "pdu" else part.low("efficiency", "") or 1.0
    return 1 / (lost * volts * (part.low("power_factor", "") or 1.0) * (sqrt(3) if phases == 3 else 1.0))


def circuits(plan: Plan, rack: int, feeding: Sequence[Instance]) -> Iterator[tuple[int, list[int], int]]:
    """Yield whips and breakers of a rack: the instance, the sources it serves by position, how many share them."""
    of = plan.columns
    position = {source.index: at for at, source in enumerate(feeding)}
    found: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    rows = of.with_role(*CIRCUITS)
    for row in rows[of.within(rows, ("rack",)) == rack].tolist():
        part, holder = plan.instances[row].part, int(of.parent[row])
        while holder != rack and of.parts[of.part[holder]].role not in SOURCES:
            holder = int(of.parent[holder])
        feed = part.text("feed")
        serves = (position[holder],) if holder in position else _of_feed(feeding, feed) if holder == rack else ()
        found.setdefault((part.role, serves), []).append(row)
    for (_, serves), sharing in found.items():
        for row in sharing:
            yield row, list(serves), len(sharing)


def _of_feed(feeding: Sequence[Instance], feed: str) -> tuple[int, ...]:
    return tuple(at for at, source in enumerate(feeding) if feed and source.part.text("feed") == feed)
