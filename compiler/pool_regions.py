"""How hosts use what a pool gives them: regions interleaved over links, or a node a link with weights; blocks in common."""

from __future__ import annotations

from math import gcd
from typing import Final

from rackc.compiler.interleave import CAPABILITY, WAYS, numbers
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.optimize.problem import PoolDecision
from rackc.compiler.plan import PoolRegion, PoolSharing

#: Linux weights a node with a byte (mempolicy, weighted interleave).
_MOST_WEIGHT: Final = 255


def regions_of(model: Model, posed: PosedPool, decision: PoolDecision) -> tuple[PoolRegion, ...]:
    """Return how each host with links uses them, in order of hosts.

    An interleaved region has one of the ways that CXL encodes, supported by all its targets, holds as much on each, and is made
    once: of memory that changes hands it is not, nor where no host may go down with a controller, nor over copies. Else pages go to a node for
    each link, by weights. Behind a switch, every populated device is a target.
    """
    behind = {c.address: len(c.devices) or 1 for c in decision.controllers}
    fixed = posed.assignment.kind == "static" and not any(one.promise != "capacity" for one in posed.spec.survive)
    found = []
    for host in range(len(posed.hosts)):
        mine = [k for k, link in enumerate(decision.links) if link.host == host]
        used = [k for k in mine if any(row[k] for row in decision.slices_gib)]
        if not mine:
            continue
        reached = [decision.links[k].controller for k in used]
        able = fixed and _alike(decision, used, [behind[one] for one in reached])
        ways = sum(behind[one] for one in reached)
        region = able and ways in WAYS and (ways not in CAPABILITY or ways in _supported(model, posed, set(reached)))
        found.append(
            PoolRegion(host, ways if region else 1, weights_of([[row[k] for k in mine] for row in decision.slices_gib]))
        )
    return tuple(found)


def _alike(decision: PoolDecision, links: list[int], targets: list[int]) -> bool:
    """Whether these links lead to as many targets each, and hold as much as each other in every slice of time."""
    return len(set(targets)) == 1 and all(len({row[k] for k in links}) == 1 for row in decision.slices_gib)


def _supported(model: Model, posed: PosedPool, controllers: set[str]) -> frozenset[int]:
    """Return the ways that all these controllers, or the devices behind them, say that they support."""
    said = [
        frozenset(numbers(model.shape_at(devices[0] if devices else card), "interleave_ways"))
        for card, devices in zip(posed.controllers, posed.devices, strict=True)
        if model.address(card) in controllers
    ]
    return frozenset.intersection(*said)


def weights_of(rows: list[list[int]]) -> tuple[int, ...]:
    """Return the memory by link in the fullest slice of time as small whole weights; 0 where nothing lies then."""
    fullest = max(rows, key=sum, default=[])
    part = gcd(*fullest) or 1
    weights = [gib // part for gib in fullest]
    most = max(weights, default=0)
    if most > _MOST_WEIGHT:
        weights = [round(weight * _MOST_WEIGHT / most) for weight in weights]
    return tuple(max(weight, 1) if gib else 0 for weight, gib in zip(weights, fullest, strict=True))


def sharing_of(posed: PosedPool, decision: PoolDecision) -> tuple[PoolSharing, ...]:
    """Return what groups of hosts have in common: on which controllers, and how much in each slice of time."""
    order = {one.address: at for at, one in enumerate(posed.problem.controllers)}
    rows = []
    for number, group in enumerate(posed.problem.sharing):
        shares = [share for share in decision.shares if share.group == number and any(share.gib)]
        shares.sort(key=lambda share: order[share.controller])
        by_slice = tuple(tuple(share.gib[t] for share in shares) for t in range(len(decision.slices_gib)))
        rows.append(PoolSharing(group.hosts, tuple(order[share.controller] for share in shares), by_slice))
    return tuple(rows)
