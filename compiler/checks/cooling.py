"""Heat and what carries it away: coolant there at all, its flow through every connection, its temperature, its pressure, and air."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.analyse.cooling import (
    COOLANTS,
    LOOP,
    alike,
    couplings,
    disconnects,
    figure_around,
    inherited,
    kinds_of,
    said_around,
)
from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Floats, Ints
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: What comes out even is enough, whatever the last digit of a sum.
_EVEN: Final = 1 + 1e-9
#: What the loop stands under besides the head of its CDU, psi: a rack for 50 psig takes a head of 40 (R8, OCP-LIQ).
_STATIC_PSI: Final = 10.0


def check_cooling(planned: Planned) -> Iterator[Diagnostic]:
    """Yield heat that is not carried away: liquid-cooled things without coolant, flows beyond what passes, hot inlets."""
    kinds = kinds_of(planned.heat, [rack.alike for rack in planned.report.racks])
    yield from _dry(planned)
    yield from _unknown(planned)
    yield from _couplings(planned, kinds)
    yield from _loops(planned)
    yield from _branches(planned)
    yield from _inlets(planned, kinds)
    yield from _heads(planned)
    yield from _air(planned, kinds)


def _kw(watts: float) -> str:
    return f"{watts / 1000:,.1f} kW"


def _flow(litres: float) -> str:
    return f"{litres:,.2f} L/min" if litres < 10 else f"{litres:,.1f} L/min"


def _cooled(planned: Planned) -> Ints:
    """Return racks whose heat goes to liquid in part, the first of each kind."""
    first = np.array([rack.instance for rack in planned.report.racks], np.int64)
    return first[planned.heat.liquid[first] > 0] if len(first) else first


def _dry(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks to which no coolant comes though things in them are cooled by liquid: the first of these is shown."""
    plan, of = planned.plan, planned.plan.columns
    liquid = of.figure("liquid", "", "high")
    for rack in _cooled(planned).tolist():
        if said_around(plan, rack, "coolant"):
            continue
        wet = np.flatnonzero((liquid > 0) & of.populated & (planned.heat.rack == rack))
        first = int(wet[0]) if len(wet) else rack
        more = f" (and {len(wet) - 1:,} more things in it)" if len(wet) > 1 else ""
        racks = planned.report.rack(rack)
        assert racks is not None
        yield Diagnostic(Code.NO_COOLANT, f"{planned.model.address(first)}{more} gives heat to liquid; "
                         f"{planned.named(racks.alike)} states no coolant",
                         Label(planned.stands(first), "cooled by liquid"), (Label(planned.defined(rack), "the rack"),),
                         ('state it at the rack, or around it: `coolant = "PG25"` and `coolant_rise = 10 K`',))  # fmt: skip


def _unknown(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks whose flow cannot be told: the rise is not declared, or the coolant is none that is known."""
    plan = planned.plan
    for rack in planned.report.racks:
        coolant, at = said_around(plan, rack.instance, "coolant"), rack.instance
        if not coolant or not planned.heat.unknown[at]:
            continue
        wanted = (
            ("coolant_rise", "state the rise from inlet to outlet: `coolant_rise = 10 K`")
            if figure_around(plan, at, "coolant_rise", "K") is None
            else ("coolant_density` and `coolant_heat", f"state both, or use one that is known: {', '.join(COOLANTS)}")
        )
        yield Diagnostic(Code.FLOW_UNKNOWN, f"{planned.named(rack.alike)} states no `{wanted[0]}`: the flow for "
                         f"{_kw(planned.heat.liquid[at])} to {coolant} is not known", Label(planned.defined(at)), hints=(wanted[1],))  # fmt: skip


def _couplings(planned: Planned, kinds: Ints) -> Iterator[Diagnostic]:
    """Yield things whose quick disconnects pass less than their heat needs (R9: UQD 2.1 to 17.8 L/min a pair, OCP-LIQ)."""
    of = planned.plan.columns
    pairs = disconnects(of)
    for rows, row in couplings(planned.plan, planned.heat, kinds):
        if row.flow_l_min <= row.limit_l_min * _EVEN:
            continue
        pair = int(pairs[of.parent[pairs] == row.instance][0])
        over = rows[planned.heat.flow[rows] > row.limit_l_min]
        yield Diagnostic(Code.COUPLING, f"{planned.named(over.tolist())} needs {_flow(row.flow_l_min)}; its {row.pairs} "
                         f"pair{'s' * (row.pairs != 1)} of quick disconnects pass {_flow(row.limit_l_min)}",
                         Label(planned.stands(row.instance), f"{_kw(planned.heat.liquid[row.instance])} to liquid"),
                         (Label(planned.stands(pair), "the pair"),),
                         ("use more pairs or a larger size, or allow a greater `coolant_rise`",))  # fmt: skip


def _loops(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks and rows whose flow is more than they are given, or than their manifolds or CDUs pass (R7)."""
    of, warm = planned.plan.columns, planned.heat
    passes, takes = of.figure("flow_limit", "L/min", "low"), of.figure("rating", "W", "low")
    through = np.where(_is(planned, LOOP), np.nan, passes)
    through[disconnects(of)] = np.nan
    for name, limit, has in (
        ("coolant_flow", of.figure("coolant_flow", "L/min", "low"), "it has"),
        ("flow_limit", through, "it passes"),
    ):
        for instances, needed, most in _worst(planned, warm.flow, limit):
            yield _beyond(
                planned,
                instances,
                needed,
                f"{has} {_flow(most)}",
                Label(planned.said(instances[0], name), "stated here"),
            )
    for role, many in (("manifold", "manifolds pass"), ("cdu", "CDUs give")):
        for instances, needed, most in _worst(planned, warm.flow, _held(planned, role, passes)):
            yield _beyond(planned, instances, needed, f"its {many} {_flow(most)}", _first(planned, instances[0], role))
    for instances, heat, most in _worst(planned, warm.liquid, _held(planned, "cdu", takes)):
        yield Diagnostic(Code.CDU_HEAT, f"{planned.named(instances)} gives {_kw(heat)} to liquid; its CDUs take {_kw(most)}",
                         Label(planned.stands(instances[0])), (_first(planned, instances[0], "cdu"),),
                         ("add a CDU, or use a larger one",))  # fmt: skip


def _beyond(planned: Planned, instances: list[int], needed: float, has: str, other: Label) -> Diagnostic:
    return Diagnostic(Code.FLOW, f"{planned.named(instances)} needs {_flow(needed)}; {has}",
                      Label(planned.stands(instances[0]), f"{_kw(planned.heat.liquid[instances[0]])} to liquid"), (other,),
                      ("bring more coolant, allow a greater `coolant_rise`, or move heat elsewhere",))  # fmt: skip


def _is(planned: Planned, roles: tuple[str, ...]) -> Flags:
    of = planned.plan.columns
    return np.array([part.role in roles for part in of.parts], bool)[of.part]


def _first(planned: Planned, holder: int, role: str) -> Label:
    """Return where the first thing of a role stands in another."""
    child = next(i for i in planned.plan.children(holder) if i.part.role == role)
    return Label(planned.stands(child.index), f"the {role}")


def _worst(planned: Planned, need: Floats, limit: Floats) -> Iterator[tuple[list[int], float, float]]:
    """Yield, for each part, the instances that need more than their limit, the neediest first, and its two figures."""
    of = planned.plan.columns
    over = np.flatnonzero((need > limit * _EVEN) & of.populated)
    for part in dict.fromkeys(of.part[over].tolist()):
        rows = over[of.part[over] == part]
        rows = rows[np.argsort(limit[rows] - need[rows], kind="stable")]
        yield rows.tolist(), float(need[rows[0]]), float(limit[rows[0]])


def _held(planned: Planned, role: str, each: Floats) -> Floats:
    """Return for every instance what the things of a role directly in it come to; nan where it has none that says."""
    of = planned.plan.columns
    rows = of.with_role(role)
    rows = rows[(of.parent[rows] >= 0) & ~np.isnan(each[rows])]
    total = np.bincount(of.parent[rows], each[rows], len(of.parent)).astype(float)  # of no rows, counts are whole
    total[np.bincount(of.parent[rows], minlength=len(of.parent)) == 0] = np.nan
    return total


def _branches(planned: Planned) -> Iterator[Diagnostic]:
    """Yield racks in which more pairs of quick disconnects want a branch than the manifolds have."""
    of = planned.plan.columns
    has = _held(planned, "manifold", of.figure("branch_pairs", "", "low"))
    holder = of.parent[disconnects(of)]
    standing = holder[of.rack[holder] >= 0]
    wanted = np.bincount(of.rack[standing], minlength=len(of.parent)).astype(float)
    for racks, want, most in _worst(planned, wanted, has):
        yield Diagnostic(Code.BRANCHES, f"{planned.named(racks)} has {want:.0f} pairs of quick disconnects and {most:.0f} "
                         "branches of its manifolds", Label(planned.defined(racks[0])),
                         (_first(planned, racks[0], "manifold"),),
                         ("use a manifold with more branches, or fewer and larger disconnects",))  # fmt: skip


def _inlets(planned: Planned, kinds: Ints) -> Iterator[Diagnostic]:
    """Yield things whose coolant or air comes in warmer, or colder, than they bear."""
    of = planned.plan.columns
    for limit, end, stated, other, word in (
        ("inlet_max", "low", "coolant_inlet", "high", "at most"),
        ("inlet_min", "high", "coolant_inlet", "low", "at least"),
        ("air_inlet_max", "low", "air_inlet", "high", "at most"),
    ):
        bears, comes = of.figure(limit, "degC", end), inherited(of, of.figure(stated, "degC", other))
        comes = np.where(planned.heat.rack < 0, np.nan, comes[planned.heat.rack])
        wrong = comes > bears if word == "at most" else comes < bears
        fluid = "coolant" if stated == "coolant_inlet" else "air"
        for same in alike(of, np.flatnonzero(wrong & of.populated), kinds):
            at = int(same[0])
            yield Diagnostic(Code.INLET, f"{fluid} comes to {planned.named(same.tolist())} at {comes[at]:g} degC; it takes "
                             f"{bears[at]:g} degC {word}", Label(planned.stands(at)),
                             (Label(planned.said(int(planned.heat.rack[at]), stated), "stated here"),),
                             (f"change `{stated}`, or use a part that bears it",))  # fmt: skip


def _heads(planned: Planned) -> Iterator[Diagnostic]:
    """Yield CDUs whose head, with the loop's own pressure, can be more than what they feed bears (R8)."""
    of = planned.plan.columns
    head = of.figure("head", "psi", "high")
    rows = of.with_role("cdu")
    rows = rows[head[rows] > 0]
    if not len(rows):
        return
    bears = _least_inside(planned, of.figure("pressure_limit", "psi", "low"))
    for same in alike(of, rows, of.part[np.maximum(of.parent, 0)]):
        cdu, holder = int(same[0]), int(of.parent[same[0]])
        limit = bears[holder] if holder >= 0 else np.nan
        if head[cdu] > limit - _STATIC_PSI:
            yield Diagnostic(Code.HEAD, f"{planned.named(same.tolist())} has a head of {head[cdu]:.0f} psi; what it feeds bears "
                             f"{limit:.0f} psig", Label(planned.stands(cdu)), (Label(planned.stands(holder), "here"),),
                             (f"keep the head to {max(limit - _STATIC_PSI, 0):.0f} psi, or fit a relief valve",))  # fmt: skip


def _least_inside(planned: Planned, own: Floats) -> Floats:
    """Return, for every instance, the least of a figure that anything in it states; nan where nothing does."""
    of = planned.plan.columns
    least = np.where(np.isnan(own) | ~of.populated, np.inf, own)
    for level in range(int(of.depth.max(initial=0)), 0, -1):
        at = np.flatnonzero(of.depth == level)
        np.minimum.at(least, of.parent[at], least[at])
    return np.where(np.isinf(least), np.nan, least)


def _air(planned: Planned, kinds: Ints) -> Iterator[Diagnostic]:
    """Yield things that move less air than their heat needs for the declared rise (R30: CFM = 1.76 W / K, PR-CFM)."""
    of, warm = planned.plan.columns, planned.heat
    moves = of.figure("airflow", "CFM", "low")
    for same in alike(of, np.flatnonzero((warm.airflow > moves) & of.populated), kinds):
        worst = int(same[np.argmax(warm.airflow[same])])
        yield Diagnostic(Code.AIRFLOW, f"{planned.named(same.tolist())} needs {warm.airflow[worst]:,.0f} CFM and moves {moves[worst]:,.0f}",
                         Label(planned.stands(worst), f"{_kw(warm.air[worst])} to air"),
                         hints=("move more air, or allow a greater `air_rise`",))  # fmt: skip
