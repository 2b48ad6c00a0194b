"""Lower bounds of a fabric's bisection from traffic spread evenly, and from its spectrum, by matrices.

All nodes but the ends forward.
"""

from __future__ import annotations

import numpy as np

from rackc.compiler.analyse.fabric import Fabric
from rackc.compiler.columns import Flags, Floats, Ints

#: Bounds from eigenvalues are lowered by this share: they come with rounding.
_ROUNDING = 1e-9


def matrix(of: Fabric) -> Floats:
    """Return the bandwidth between each two nodes."""
    room = np.zeros((len(of), len(of)))
    room[of.a, of.b] = room[of.b, of.a] = of.capacity
    return room


def per_pair(of: Fabric, ends: Ints) -> float:
    """Return what each end can send each other end, all at once, by shortest ways: a lower bound of the best routing.

    Every pair's traffic goes over all its shortest ways, at each node in proportion to the ways on, weighted by their
    bandwidths (as Brandes counts betweenness). With load 1 from each end to each other the busiest direction of an edge
    carries `load / capacity`: the rate is one over that. 0 where a pair has no way.
    """
    room = matrix(of)
    room /= room.max(initial=1.0)
    away, ways = _ways(room, ends, of.forwards)
    if (away[:, ends] < 0).any():
        return 0.0
    wanted = np.zeros(len(of))
    wanted[ends] = 1.0
    owed = np.where(away > 0, wanted, 0.0)  # what ends here of each source's traffic, then what passes besides
    used = np.zeros_like(room)
    for steps in range(int(away.max()), 0, -1):
        onward = np.where(away == steps, owed / np.where(ways > 0, ways, 1.0), 0.0)
        from_here = np.where((away == steps - 1) & (of.forwards | (steps == 1)), ways, 0.0)
        used += from_here.T @ onward
        owed = owed + from_here * (onward @ room)
    busiest = float(
        used[room > 0].max(initial=0.0)
    )  # load of an edge divided by its capacity, in parts of the greatest
    return float(of.capacity.max()) / busiest if busiest else float("inf")


def _ways(room: Floats, ends: Ints, forwards: Flags) -> tuple[Ints, Floats]:
    """Return, from each end, the distance of every node, and the number of shortest ways, weighted by bandwidth."""
    away = np.full((len(ends), len(room)), -1)
    ways = np.zeros((len(ends), len(room)))
    away[np.arange(len(ends)), ends] = 0
    ways[np.arange(len(ends)), ends] = 1.0
    front, steps = ways.copy(), 0
    while front.any():
        steps += 1
        reached = (front @ room) * (away < 0)
        away[reached > 0] = steps
        ways += reached
        front = reached * forwards
    return away, ways


def halving(of: Fabric, ends: Ints) -> float:
    """Return a lower bound: with rate r for every pair, halves of n ends have (n // 2) * (n - n // 2) * r across."""
    half = len(ends) // 2
    return half * (len(ends) - half) * per_pair(of, ends)


def by_spectrum(of: Fabric, ends: Ints) -> tuple[float, Ints]:
    """Return a lower bound from the second least eigenvalue of the Laplacian (Fiedler; Donath and Hoffman).

    With x of 1 and -1 for the sides, a cut is x'Lx / 4. Let the nodes that are no ends take any value, which can only
    make it less: what is least then is x'Sx / 4 over the ends alone, S the Schur complement. S is a Laplacian too, and
    x'Sx is at least its second eigenvalue times the square of x without its mean, 4 * left * right / n. The ends are
    returned as well, in the order of that eigenvalue's vector: cut in the middle, they often make a narrow halving.
    """
    room = matrix(of)
    used = room.sum(axis=1) > 0
    inner = np.flatnonzero(used & ~np.isin(np.arange(len(of)), ends))
    laplacian = np.diag(room.sum(axis=1)) - room
    schur = laplacian[np.ix_(ends, ends)]
    if len(inner):
        try:
            schur = schur - laplacian[np.ix_(ends, inner)] @ np.linalg.solve(
                laplacian[np.ix_(inner, inner)], laplacian[np.ix_(inner, ends)]
            )
        except np.linalg.LinAlgError:  # switches that no end reaches
            return 0.0, ends
    values, vectors = np.linalg.eigh((schur + schur.T) / 2)
    half = len(ends) // 2
    least = float(values[1]) * half * (len(ends) - half) / len(ends)
    lowered = max(0.0, least - _ROUNDING * float(room.max(initial=0.0)) * len(ends))
    return lowered, ends[np.argsort(np.round(vectors[:, 1], 9), kind="stable")]
