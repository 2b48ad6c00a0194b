"""A Plan to its Report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from rackc.compiler.analyse.backing import OF_WORKLOADS, backings, shown
from rackc.compiler.analyse.circuits import currents
from rackc.compiler.analyse.cooling import Heat, cooling, couplings, kinds_of
from rackc.compiler.analyse.cost import cost
from rackc.compiler.analyse.fabrics import fabrics
from rackc.compiler.analyse.pools import pool_report
from rackc.compiler.analyse.power import Loads, kg_per_foot, masses, unpowered
from rackc.compiler.analyse.report import (
    WEAK,
    Assumption,
    CablingReport,
    CouplingReport,
    RackReport,
    Report,
)
from rackc.compiler.analyse.supply import power_cases
from rackc.compiler.columns import Flags, Floats
from rackc.compiler.plan import Carrier, PartType, Plan

#: Figures that headline numbers rest on; the rest of a part's figures are not named as assumptions of the result.
_LOAD_BEARING: Final = frozenset((
    "tdp", "peak", "power_budget", "mass", "frame_mass", "payload", "price", "prices", "rating", "supply_rating",
    "bandwidth", "efficiency", "read_bandwidth", "write_bandwidth", "latency", "reach", "cable_exit", "cable_slack",
    "max_hosts", "units", "base_power", "hbm", "memory", "capacity", "liquid", "flow_limit", "output_current", "busbar_current",
    "transient",
))  # fmt: skip


def analyse(plan: Plan, load: Loads, warm: Heat, workloads: Sequence[PartType] = ()) -> Report:
    """Return the figures that people ask of a plan; `load` and `warm` are those of every instance.

    `workloads` are those that its pools serve, and their models: what they state is behind the demand.
    """
    total, unpriced = cost(plan)
    of = plan.columns
    roles = Counter(dict(zip((p.role for p in of.parts), [0] * len(of.parts), strict=True)))
    for part, count in enumerate(np.bincount(of.part[of.populated], minlength=len(of.parts)).tolist()):
        roles[of.parts[part].role] += count
    return Report(
        counts=tuple(sorted((role, n) for role, n in roles.items() if role and n)),
        memory_gib=_memory(plan),
        racks=_racks(plan, load, warm),
        fabrics=fabrics(plan),
        pools=tuple(pool_report(plan, pool) for pool in plan.pools),
        cost_cents=total,
        unpriced=unpriced,
        assumptions=_assumptions(plan, workloads),
        backing=backings(plan, load, workloads),
        cabling=_cabling(plan),
    )


def _cabling(plan: Plan) -> tuple[CablingReport, ...]:
    """Return what is plugged in on site, all lengths of a carrier together."""
    rows: dict[tuple[str, str], list[Carrier]] = {}
    for carrier in plan.carriers:
        if carrier.field_installed and carrier.units:
            rows.setdefault((carrier.part.name, carrier.medium), []).append(carrier)
    return tuple(
        CablingReport(
            name, medium, sum(c.links for c in alike), sum(c.units for c in alike if not c.fibre), sum(c.cages for c in alike),
            sum(n for c in alike for _, n in c.transceivers), sum(c.units for c in alike if c.fibre),
        )
        for (name, medium), alike in sorted(rows.items())
    )  # fmt: skip


def _memory(plan: Plan) -> tuple[tuple[str, float], ...]:
    """GiB by tier: HBM, host DRAM, CXL memory attached directly, CXL memory pooled."""
    of = plan.columns
    joined, pooled = np.zeros(len(of.parent), bool), np.zeros(len(of.parent), bool)
    joined[of.a_owner] = joined[of.b_owner] = True
    pooled[[i for pool in plan.pools for c in pool.controllers for i in (c.instance, *c.devices)]] = True
    hosts = np.array([part.role in ("cpu", "server") for part in of.parts], bool)[of.part]
    modules = np.array([part.role == "memory" for part in of.parts], bool)[of.part] & (joined & ~pooled)[of.parent]
    tiers = {
        "HBM": _sum(of.figure("hbm", "GiB"), of.populated),
        "host DRAM": _sum(of.figure("memory", "GiB"), of.populated & hosts),
        "CXL direct": _sum(of.figure("capacity", "GiB"), of.populated & modules),
    }
    tiers["CXL pool"] = float(sum(pool.capacity_gib for pool in plan.pools))
    return tuple((name, gib) for name, gib in tiers.items() if gib)


def _sum(figures: Floats, of: Flags) -> float:
    return float(np.nansum(figures[of]))


def _racks(plan: Plan, load: Loads, warm: Heat) -> tuple[RackReport, ...]:
    """Return the figures of each kind of rack: alike are those of one part that hold, weigh, draw and warm the same."""
    of = plan.columns
    kilograms, unweighed = masses(plan)
    silent = unpowered(plan)
    used = np.bincount(of.rack[of.rack >= 0], of.height[of.rack >= 0], len(of.parent))
    columns = (of.part, kilograms, unweighed, silent, used, load.peak, load.steady, load.typical, load.transient, warm.liquid,
               warm.air)  # fmt: skip
    kinds: dict[tuple[float, ...], list[int]] = {}
    for i, key in zip(of.racks.tolist(), zip(*(c[of.racks].tolist() for c in columns), strict=True), strict=True):
        kinds.setdefault(key, []).append(i)
    coupled = _couplings(plan, warm, list(kinds.values()))
    return tuple(
        RackReport(
            alike=tuple(alike), units=int(plan.instances[i].part.typ("units", "") or 0), used_units=int(used[i]),
            pitch=plan.instances[i].part.text("pitch", "U"), mass_kg=float(kilograms[i]),
            mass_limit_kg=plan.instances[i].part.low("payload", "kg"), unweighed=int(unweighed[i]),
            unpowered=int(silent[i]), peak_w=float(load.peak[i]), typical_w=float(load.typical[i]),
            cases=power_cases(plan, i, load), currents=currents(plan, i, load),
            cooling=cooling(plan, i, warm, tuple(coupled[i])), kg_per_foot=kg_per_foot(plan.instances[i].part, kilograms[i]),
        )
        for alike in kinds.values() for i in alike[:1]
    )  # fmt: skip


def _couplings(plan: Plan, warm: Heat, kinds: list[list[int]]) -> dict[int, list[CouplingReport]]:
    """Return the neediest couplings of each kind of rack, by its first."""
    found: dict[int, list[CouplingReport]] = {alike[0]: [] for alike in kinds}
    for _, row in couplings(plan, warm, kinds_of(warm, kinds)):
        rack = int(warm.rack[row.instance])
        if rack >= 0:
            found[rack].append(row)
    return found


def _assumptions(plan: Plan, workloads: Sequence[PartType]) -> tuple[Assumption, ...]:
    """Weakly backed figures of parts in use and of workloads, once a part and figure, weakest first."""
    of = plan.columns
    parts = {id(of.parts[at]): of.parts[at] for at in np.unique(of.part[of.populated]).tolist()}
    parts |= {id(c.part): c.part for c in plan.carriers}
    parts |= {id(c.module): c.module for pool in plan.pools for c in pool.controllers if c.module is not None}
    rows = {
        Assumption(part.name, name, shown(figure.value), figure.confidence, figure.source)
        for part in parts.values() for name, figure in part.figures.items()
        if name in _LOAD_BEARING and figure.confidence in WEAK
    }  # fmt: skip
    rows |= {
        Assumption(work.name, name, shown(figure.value), figure.confidence, figure.source)
        for work in workloads for name, figure in work.figures.items()
        if name in OF_WORKLOADS and figure.confidence in WEAK
    }  # fmt: skip
    rows |= {
        Assumption(kind.name, name, shown(figure.value), figure.confidence, figure.source)
        for kind in of.interfaces for name, figure in kind.figures.items()
        if name in _LOAD_BEARING and figure.confidence in WEAK
    }  # fmt: skip
    return tuple(sorted(rows, key=lambda a: (tuple(WEAK).index(a.confidence), a.part, a.name, a.value)))
