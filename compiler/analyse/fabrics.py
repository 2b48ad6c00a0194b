"""The fabrics of a Plan, a row each: its links, and its domains with how wide and how far across they are.

Domains that are alike are looked at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from rackc.compiler.analyse.bisection import bisection
from rackc.compiler.analyse.domains import Domains, domains
from rackc.compiler.analyse.fabric import Fabric, fabric, managed
from rackc.compiler.analyse.report import DomainReport, FabricReport
from rackc.compiler.analyse.routes import farthest, searches
from rackc.compiler.columns import Ints
from rackc.compiler.plan import Plan

#: Domains that are told of a fabric, and kinds of which figures are computed.
_MOST_TOLD: Final = 6
_MOST_KINDS: Final = 32
#: A diameter is computed where a step of the searches looks at no more edges than this, by 64 searches at a time.
_MOST_EDGES: Final = 2**25


def fabrics(plan: Plan) -> tuple[FabricReport, ...]:
    """Return one row a protocol, in order of name; where it has links to management switches, one more for these."""
    of = plan.columns
    managing = managed(of)
    rows = []
    for at, protocol in enumerate(of.protocols):
        for management in (False, True):
            links = np.flatnonzero((of.protocol == at) & (managing == management) & of.live)
            if len(links):
                rows.append(_report(plan, protocol, links, management=management))
    return tuple(sorted(rows, key=lambda row: (row.protocol, row.management)))


def _report(plan: Plan, protocol: str, links: Ints, *, management: bool) -> FabricReport:
    of = fabric(plan, protocol, managing=management)
    installed = np.array([carrier.field_installed for carrier in plan.carriers], bool)[plan.columns.carrier[links]]
    told, more = _domains(of, figures=not management)
    return FabricReport(
        protocol, len(links), len(of.endpoints), float(plan.columns.bandwidth[links].sum()), int(installed.sum()),
        told, more, management,
    )  # fmt: skip


def _domains(of: Fabric, *, figures: bool) -> tuple[tuple[DomainReport, ...], int]:
    """Return the domains to tell, the greatest first, and how many are left out."""
    every = domains(of)
    rows: dict[DomainReport, DomainReport] = {}
    order = sorted(range(len(every.alike)), key=lambda kind: (-_size(every, kind), kind))
    for kind in order[:_MOST_KINDS]:
        found = _domain(every, kind, figures=figures)
        same = replace(found, alike=0, first=0)
        last = rows.get(same)
        rows[same] = found if last is None else replace(last, alike=last.alike + found.alike)
    told = tuple(rows.values())[:_MOST_TOLD]
    return told, len(every.kind) - sum(row.alike for row in told)


def _size(every: Domains, kind: int) -> int:
    return len(every.alike[kind]) * len(every.nodes(int(every.alike[kind][0])))


def _domain(every: Domains, kind: int, *, figures: bool) -> DomainReport:
    of = every.fabric_of(kind)
    ends = of.endpoints
    told = figures and len(ends) > 1 and of.capacity.any() and is_network(of)
    across = farthest(of, ends, ends) if told and searches(of, ends) <= _MOST_EDGES else None
    return DomainReport(
        len(every.alike[kind]), int(of.nodes[0]), len(ends), int(of.switches.sum()), int(of.links.sum()),
        float(of.capacity.sum()), bisection(of, ends, thorough=False) if told else None, across,
    )  # fmt: skip


def is_network(of: Fabric) -> bool:
    """Whether it has switches, or is one of things that pass on themselves: halves of a host's own links say little."""
    return bool(of.switches.any()) or (len(of) > 2 and bool(of.forwards.all()))
