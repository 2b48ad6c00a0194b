"""Dragonfly: groups of fully meshed routers, and links between all groups (Kim et al., ISCA 2008)."""

from __future__ import annotations

import numpy as np

from rackc.compiler.patterns.grid import full_mesh
from rackc.compiler.patterns.joining import Given, Joining, Pairs, counted
from rackc.compiler.values import Offsets


def dragonfly(joining: Joining, given: Given) -> Pairs:
    """Join routers in `groups` groups: each with all of its group by `local` links, the groups by `global` a router.

    Routers fill groups in order, a = routers / groups each. A router's ports: `local` to each of its group in order
    without itself, then `global` to other groups: (a - 1) * local + global. Global port q of group i, counted through
    its routers, goes to group i + 1 + q mod (groups - 1), modulo groups ("relative" in Hastings et al., CLUSTER 2015);
    so every pair of groups gets a * global / (groups - 1) links, which must be whole.
    """
    groups, local, across = given.counts["groups"], given.counts["local"], given.counts["global"]
    routers = len(joining.left)
    each = _group_size(joining, routers, groups)
    _check_global(joining, groups, each, across)
    inner = (each - 1) * local
    table = joining.exactly(
        joining.left, "", inner + across, f"{inner} in its group and {across} to other groups",
        lambda n: f"`global = {n - inner}` uses all of them" if n > inner and each * (n - inner) % (groups - 1) == 0
        else "index the ports that take part" if n > inner + across else "lower `local` or `global`",
    )  # fmt: skip
    inside = full_mesh(table[:, :inner].reshape(groups, each, each - 1, local))
    between = _between(table[:, inner:].reshape(groups, each * across))
    return np.concatenate((inside[0], between[0])), np.concatenate((inside[1], between[1]))


def _group_size(joining: Joining, routers: int, groups: int) -> int:
    if groups < 2:
        raise joining.unequal("one group has no other to join", "groups = 1", "`mesh` joins all with all")
    if routers % groups or routers < groups:
        near = sorted((n for n in range(2, routers + 1) if routers % n == 0), key=lambda n: abs(n - groups))[:2]
        raise joining.unequal(
            f"{counted(routers, 'router')} cannot be divided into {groups} groups",
            f"{routers % groups} left over" if routers > groups else f"{groups - routers} missing",
            f"{' or '.join(str(n) for n in sorted(near))} groups come out" if near else "name several routers",
        )  # fmt: skip
    return routers // groups


def _check_global(joining: Joining, groups: int, each: int, across: int) -> None:
    others, ports = groups - 1, each * across
    if ports % others:
        works = [n for n in range(1, across + others + 1) if each * n % others == 0]
        nearest = min(works, key=lambda n: (abs(n - across), n))
        missing = f"{others - ports} missing" if ports < others else f"{ports % others} left over"
        raise joining.unequal(
            f"{counted(ports, 'global port')} of a group cannot be divided over {counted(others, 'other group')}", missing,
            f"`global = {nearest}` comes out: {each * nearest // others} between each two groups",
        )  # fmt: skip


def _between(table: Offsets) -> Pairs:
    """Join the groups; `table` is group x global port."""
    groups, ports = table.shape
    group, port = (axis.ravel() for axis in np.indices((groups, ports)))
    round_, step = np.divmod(port, groups - 1)
    other = (group + 1 + step) % groups
    # Seen from there, this group is the one `groups - 1 - step` further on.
    back = round_ * (groups - 1) + groups - 2 - step
    once = group < other
    return table[group[once], port[once]], table[other[once], back[once]]
