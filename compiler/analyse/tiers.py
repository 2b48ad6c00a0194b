"""Oversubscription: what comes from below against what can go on upward, of a switch, and of a set of ends.

The tier of a switch is its distance from the nearest thing that is no switch. Links within a tier are neither.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.analyse.fabric import Fabric, fabric
from rackc.compiler.analyse.maxflow import least_cut
from rackc.compiler.analyse.report import TierReport
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Floats, Ints
from rackc.compiler.plan import Plan


def tiers(of: Fabric) -> Ints:
    """Return the tier of each node: 0 is an end, -1 a switch that no end reaches."""
    return distances(of, of.endpoints)


def down_and_up(of: Fabric) -> tuple[Floats, Floats]:
    """Return the bandwidth of each node to tiers below it, and to those above."""
    tier = tiers(of)
    down, up = np.zeros(len(of)), np.zeros(len(of))
    for here, there in ((of.a, of.b), (of.b, of.a)):
        down += np.bincount(here, np.where(tier[here] > tier[there], of.capacity, 0.0), len(of))
        up += np.bincount(here, np.where(tier[here] < tier[there], of.capacity, 0.0), len(of))
    return down, up


def of_ends(of: Fabric, ends: Ints) -> tuple[float, float]:
    """Return what these ends can send in all, and what of it can leave to the other ends at once, by a least cut."""
    left, right = np.zeros(len(of), bool), np.zeros(len(of), bool)
    left[ends] = True
    right[of.endpoints] = True
    right &= ~left
    keep = of.forwards | left | right
    sub, _ = of.only(keep)
    sent = (np.bincount(sub.a, sub.capacity, len(sub)) + np.bincount(sub.b, sub.capacity, len(sub)))[left[keep]]
    return float(sent.sum()), least_cut(sub, left[keep], right[keep])[0]


def tier_reports(plan: Plan) -> Iterator[TierReport]:
    """Yield the tiers of every fabric that has more than one."""
    for protocol in plan.columns.protocols:
        of = fabric(plan, protocol)
        tier = np.where(of.switches, tiers(of), -1)
        if tier.max(initial=0) < 2 or not of.capacity.any():
            continue
        down, up = down_and_up(of)
        for number in range(1, int(tier.max()) + 1):
            here = np.flatnonzero(tier == number)
            over = here[up[here] > 0]
            worst = float((down[over] / up[over]).max()) if len(over) else None
            yield TierReport(protocol, number, len(here), float(down[here].sum()), float(up[here].sum()), worst)
