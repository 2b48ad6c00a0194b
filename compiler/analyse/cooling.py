"""Where the heat of a Plan goes, and the flows that carry it.

All power becomes heat. A thing's `liquid` is the share of its heat that goes into the coolant; what states none has that
of the thing around it, and none at all is air alone. Where a share is a range, the liquid counts at its high end and the
air at its low one: each side is sized for what it may get. Coolant, rises and inlets are those of the rack, or of what is
around the rack. Heat is that of the steady load: a peak of moments is not what cooling is sized for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.analyse.power import SOURCES, Loads, apart
from rackc.compiler.analyse.report import CoolingReport, CouplingReport
from rackc.compiler.analyse.supply import rating
from rackc.compiler.columns import Columns, Flags, Floats, Ints
from rackc.compiler.plan import Plan


@dataclass(frozen=True, slots=True)
class Coolant:
    """Density in kg/L and specific heat in J/(g K)."""

    density: float
    specific_heat: float

    def flow(self, rise_k: float) -> float:
        """Return the flow for each watt, L/min: 60 ÷ (density x specific heat x rise)."""
        return 60 / (self.density * 1000 * self.specific_heat * rise_k)


#: Coolants by name. PG25: 1.5 L/min for each kW at 10 K (OCP-LIQ), which is 4.0 J/(mL K); the split into density and
#: specific heat is assumed, the product is not. Water: properties at 25 degC.
COOLANTS: Final = {"PG25": Coolant(1.02, 4.0 / 1.02), "water": Coolant(0.997, 4.18)}

#: Airflow is so many CFM for each watt and kelvin of rise (PR-CFM).
CFM_K_PER_W: Final = 1.76

_L_PER_US_GALLON: Final = 3.785411784
_KPA_PER_PSI: Final = 6.894757

#: Roles of what gives or spreads coolant: their `flow_limit` is that of the loop, not of one thing's connection.
LOOP: Final = ("cdu", "manifold")


@dataclass(frozen=True, slots=True)
class Heat:
    """Heat of every instance of a Plan with all in it, in rows of the Plan, and the flows that take it away.

    `liquid` and `air` are W, `flow` L/min of coolant, `airflow` CFM. `unknown` is the liquid heat whose flow cannot be told,
    `breathless` the heat to air whose flow cannot; `rack` is the rack that each instance is or stands in, -1 outside.
    """

    liquid: Floats
    air: Floats
    flow: Floats
    airflow: Floats
    unknown: Floats
    breathless: Floats
    rack: Ints


def heat(plan: Plan, load: Loads) -> Heat:
    """Return where the heat of every instance goes."""
    of = plan.columns
    own = apart(of, load.steady) + _losses(of, load)
    low, high = (np.nan_to_num(inherited(of, of.figure("liquid", "", end))) for end in ("low", "high"))
    rack = of.within(np.arange(len(of.parent)), ("rack",))
    liquid, air = own * high, own * (1 - low)
    per_watt, per_watt_air = (
        _of_rack(_per_watt(of), rack),
        _of_rack(CFM_K_PER_W / inherited(of, _rise(of, "air_rise")), rack),
    )
    return Heat(
        of.summed(liquid), of.summed(air), of.summed(liquid * per_watt), of.summed(air * per_watt_air),
        of.summed(np.where(np.isnan(per_watt), liquid, 0.0)), of.summed(np.where(np.isnan(per_watt_air), air, 0.0)), rack,
    )  # fmt: skip


def inherited(of: Columns, own: Floats) -> Floats:
    """Return each instance's figure: its own, or that of the nearest thing around it that has one."""
    found = own.copy()
    for level in range(1, int(of.depth.max(initial=0)) + 1):
        at = np.flatnonzero((of.depth == level) & np.isnan(found))
        found[at] = found[of.parent[at]]
    return found


def _of_rack(column: Floats, rack: Ints) -> Floats:
    """Return for every instance what holds at its rack; nan outside of racks."""
    return np.where(rack < 0, np.nan, column[rack])


def _rise(of: Columns, name: str) -> Floats:
    """Return a rise of temperature, K, at its low end: the smaller, the more flow; nan where it is none or 0."""
    rise = of.figure(name, "K", "low")
    return np.where(rise > 0, rise, np.nan)


def _per_watt(of: Columns) -> Floats:
    """Return the coolant that each instance needs for a watt, L/min; nan where coolant or rise are not known."""
    product = np.array([np.nan, *(c.density * c.specific_heat for c in COOLANTS.values())])
    names = ["", *COOLANTS]
    kinds = np.array([_kind(part.text("coolant"), names) for part in of.parts], float)
    kind = inherited(of, kinds[of.part])
    known = product[np.nan_to_num(kind).astype(np.int64)]
    stated = inherited(of, of.figure("coolant_density", "kg/L", "low")) * inherited(
        of, of.figure("coolant_heat", "J/g/K", "low")
    )
    return 60 / (np.where(np.isnan(stated), known, stated) * 1000 * inherited(of, _rise(of, "coolant_rise")))


def _kind(coolant: str, names: list[str]) -> float:
    """Return the place of a coolant among those known: 0 for one that is not, nan where none is stated."""
    if not coolant:
        return np.nan
    return float(names.index(coolant)) if coolant in names else 0.0


def _losses(of: Columns, load: Loads) -> Floats:
    """Return what each power shelf makes of its load itself: the difference of what it draws and what it gives.

    A shelf that states a load of its own has said it.
    """
    found = np.zeros(len(of.parent))
    feeding = of.with_role(*SOURCES)
    feeding = feeding[of.parent[feeding] >= 0]
    given = np.array([rating(part) for part in of.parts])[of.part[feeding]]
    whole = np.bincount(of.parent[feeding], given, len(of.parent))[of.parent[feeding]]
    efficiency = of.figure("efficiency", "", "low")[feeding]
    lost = 1 / np.where(efficiency > 0, efficiency, np.nan) - 1
    shelf = np.array([part.role == "power-shelf" for part in of.parts], bool)[of.part[feeding]]
    tells = shelf & (lost > 0) & (whole > 0) & (load.steady[feeding] == 0)
    at = feeding[tells]
    found[at] = load.steady[of.parent[at]] * given[tells] / whole[tells] * lost[tells]
    return found


def couplings(plan: Plan, warm: Heat, kind: Ints) -> Iterator[tuple[Ints, CouplingReport]]:
    """Yield, for each kind of thing with quick disconnects in each kind of rack, all of them and the neediest one's row."""
    of = plan.columns
    limit, pairs = of.figure("flow_limit", "L/min", "low"), disconnects(of)
    count = np.bincount(of.parent[pairs], minlength=len(of.parent))
    total = np.bincount(of.parent[pairs], limit[pairs], len(of.parent))
    for rows in alike(of, np.flatnonzero(count), kind):
        worst = int(rows[np.argmax(warm.flow[rows] / np.maximum(total[rows], 1e-9))])
        flow, n = float(warm.flow[worst]), int(count[worst])
        inside = (plan.instances[i].part.low("cv", "") for i in pairs[of.parent[pairs] == worst].tolist())
        cv = min((each for each in inside if each), default=None)
        drop = None if cv is None else pressure_drop(flow / n, cv)
        yield rows, CouplingReport(worst, n, flow, float(total[worst]), drop)


def disconnects(of: Columns) -> Ints:
    """Return the pairs of quick disconnects: parts with a `flow_limit` that are nothing else.

    All liquid heat of the thing that holds them goes through. Those of a manifold or a CDU are outlets for others.
    """
    is_pair = np.array([part.kind == "part" and part.role in ("", "coupling") for part in of.parts], bool)[of.part]
    loop = np.array([part.role in LOOP for part in of.parts], bool)[of.part]
    found = np.flatnonzero(is_pair & ~np.isnan(of.figure("flow_limit", "L/min")) & of.populated & (of.parent >= 0))
    outlet: Flags = loop[of.parent[found]]
    return np.delete(found, np.flatnonzero(outlet))


def kinds_of(warm: Heat, kinds: Sequence[Sequence[int]]) -> Ints:
    """Return for every instance the first of the racks that are alike to its own, -1 outside of racks."""
    first = np.full(len(warm.rack), -1, np.int64)
    for racks in kinds:
        first[np.array(racks)] = racks[0]
    return np.where(warm.rack < 0, -1, first[warm.rack])


def alike(of: Columns, rows: Ints, kind: Ints) -> Iterator[Ints]:
    """Yield rows of one part and one kind together, in order of the first."""
    pairs = np.stack((of.part[rows], kind[rows]), axis=1)
    _, first, which = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    for group in np.argsort(first).tolist():
        yield rows[which.reshape(-1) == group]


def pressure_drop(flow_l_min: float, cv: float) -> float:
    """Return what a valve of that flow coefficient takes, kPa: (US gallons a minute ÷ Cv)² psi."""
    return float((flow_l_min / _L_PER_US_GALLON / cv) ** 2 * _KPA_PER_PSI)


def cooling(plan: Plan, rack: int, warm: Heat, coupled: tuple[CouplingReport, ...]) -> CoolingReport:
    """Return the figures of one rack with its couplings."""
    flow = None if warm.unknown[rack] or not warm.liquid[rack] else float(warm.flow[rack])
    air = None if warm.breathless[rack] or not warm.air[rack] else float(warm.airflow[rack])
    return CoolingReport(
        float(warm.liquid[rack]), float(warm.air[rack]), said_around(plan, rack, "coolant"),
        figure_around(plan, rack, "coolant_rise", "K"), flow, figure_around(plan, rack, "air_rise", "K"), air, coupled,
    )  # fmt: skip


def around(plan: Plan, instance: int) -> Iterator[int]:
    """Yield an instance, and what it stands in, outward."""
    while instance >= 0:
        yield instance
        instance = int(plan.columns.parent[instance])


def said_around(plan: Plan, rack: int, name: str) -> str:
    """Return a text that a rack states, or the nearest thing around it; empty where none does."""
    return next((said for i in around(plan, rack) if (said := plan.instances[i].part.text(name))), "")


def figure_around(plan: Plan, rack: int, name: str, unit: str, end: str = "low") -> float | None:
    """As `said_around`, a figure at its low or high end."""
    parts = (plan.instances[i].part for i in around(plan, rack))
    found = (part.low(name, unit) if end == "low" else part.high(name, unit) for part in parts)
    return next((figure for figure in found if figure is not None), None)
