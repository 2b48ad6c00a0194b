"""Golden racks: compiled once a test run without deciding anything, and the figures that published ones are compared with."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import rackc
from rackc.compiler.pipeline import Result
from rackc.compiler.plan import Plan
from tests.examples.building import ROOT


@cache
def checked(name: str) -> Result:
    """A design of examples/, as `rackc check` sees it."""
    return rackc.compile(ROOT / "examples" / f"{name}.rack", solve=False)


@cache
def of_library(text: str) -> Result:
    """A design of one line, of the library's parts: `rack: nvidia.gb200.Gb200Nvl72`."""
    return rackc.compile(f"edition 2026\n{text}\n", solve=False)


def plan_of(result: Result) -> Plan:
    """The plan of a design that must have one."""
    assert result.plan is not None, [d.message for d in result.diagnostics]
    return result.plan


def parts(plan: Plan, **wanted: str) -> list[Any]:
    """The instances whose part has these attributes: `role="gpu"`, or `name="Qm9700"`."""
    return [
        row for row in plan.instances
        if all((row.part.name if key == "name" else row.part.text(key)) == value for key, value in wanted.items())
    ]  # fmt: skip


def total(plan: Plan, role: str, name: str, unit: str, end: str = "low") -> float:
    """A figure of all things of a role, added up."""
    return float(sum(getattr(row.part, end)(name, unit) or 0.0 for row in parts(plan, role=role)))


def links(plan: Plan, protocol: str) -> list[tuple[Any, Any]]:
    """The ports at both ends of every link of a protocol."""
    return [(plan.ports[link.a], plan.ports[link.b]) for link in plan.links if link.protocol == protocol]


def degrees(plan: Plan, protocol: str) -> Counter[int]:
    """How many links of a protocol each instance has."""
    return Counter(end.owner for pair in links(plan, protocol) for end in pair)


def units_of_carrier(plan: Plan, name: str) -> float:
    """How many orderable units of a carrier the links of a plan are."""
    counts = Counter(link.carrier for link in plan.links)
    return sum(n / plan.carriers[c].links_per_unit for c, n in counts.items() if plan.carriers[c].part.name == name)


def kilograms(result: Result) -> float:
    """The mass of the first rack with its frame."""
    plan, report = plan_of(result), result.report
    assert report is not None
    rack = report.racks[0]
    return rack.mass_kg + (plan.instances[rack.instance].part.typ("frame_mass", "kg") or 0.0)
