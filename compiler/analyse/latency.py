"""How long the quickest way takes: links, and what is passed between, added up; the ends' own part is not in it.

A figure that is a range gives three sums, each with the quickest way by its own figures: least, typical and greatest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Floats, Ints

#: Sums that one step of a search over all starts looks at; what takes more is not computed.
MOST_SUMS: Final = 2**29
_SUMS_AT_ONCE: Final = 2**22


def latencies_ns(of: Fabric, starts: Ints, goals: Ints) -> Floats:
    """Return, in rows low, typical and high, the latency from each start to each goal; inf where none is known.

    Ways through things that state no latency do not count: those through others that are found are no quicker than
    the quickest there is.
    """
    wide = max(1, _SUMS_AT_ONCE // max(2 * len(of.a), len(of), 1))
    found = np.empty((3, len(starts), len(goals)))
    for end in range(3):
        for at in range(0, len(starts), wide):
            found[end, at : at + wide] = _quickest(of, end, starts[at : at + wide])[:, goals]
    return found


def sums(of: Fabric, starts: Ints) -> int:
    """Return what a step of the searches from these starts looks at."""
    return 2 * len(of.a) * len(starts)


def _quickest(of: Fabric, end: int, starts: Ints) -> Floats:
    """Let each node take the quickest way over its neighbours, until none has a quicker one."""
    begins, heads, edges = of.around
    linked = np.flatnonzero(np.diff(begins))
    away = np.full((len(starts), len(of)), np.inf)
    rows = np.arange(len(starts))
    away[rows, starts] = 0.0
    passing = np.where(of.forwards & ~np.isnan(of.pass_ns[end]), np.nan_to_num(of.pass_ns[end]), np.inf)
    step = of.latency_ns[end][edges]
    while True:
        beyond = away + passing
        beyond[rows, starts] = 0.0
        nearer = away.copy()
        if len(linked):
            over = np.minimum.reduceat(beyond[:, heads] + step, begins[linked], axis=1)
            nearer[:, linked] = np.minimum(nearer[:, linked], over)
        if np.array_equal(nearer, away):
            return away
        away = nearer


def mute(of: Fabric, start: int, goal: int) -> Ints:
    """Return what states no latency and passes traffic on a way from `start` to `goal`, those on the shortest first."""
    ways = distances(of, np.array([start])), distances(of, np.array([goal]))
    between = (ways[0] > 0) & (ways[1] > 0) & of.forwards & np.isnan(of.pass_ns[1])
    found = np.flatnonzero(between)
    return found[np.argsort((ways[0] + ways[1])[found], kind="stable")]
