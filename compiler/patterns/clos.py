"""Folded Clos networks of two tiers (leaves and spines) and of three (pods of them, and cores above)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

import numpy as np

from rackc.compiler.patterns.joining import Given, Joining, Pairs, counted, lengths
from rackc.compiler.values import Fault, Offsets, fault
from rackc.dsl.diagnostics import Code


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; without cores there is one pod."""

    leaves: int
    spines: int
    ratio: Fraction
    pods: int = 1
    cores: int = 0
    core_ratio: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Fabric:
    """How many ports go where: `down` and `up` of a leaf, `links` between a leaf and each spine of its pod.

    `core_up` ports of a spine go to the cores of its plane, `core_links` to each; `planes` is their number.
    """

    down: int
    up: int
    links: int
    leaf: int
    spine: int
    core: int = 0
    core_up: int = 0
    core_links: int = 0
    planes: int = 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it does not come out: a sentence, and by how much."""

    message: str
    label: str


def clos(joining: Joining, given: Given) -> Pairs:
    """Join endpoint ports (left) by leaf and spine switches, and cores above where `pods` and `cores` are given.

    The right side holds the leaves' bundles, then the spines', then the cores'; leaves and spines pod by pod. Endpoint
    ports fill the leaves in order, d each, on ports 0 to d - 1. The next d / oversubscription ports of a leaf go to the
    spines (of its pod) in order, in equal runs; ports of a spine go to the leaves likewise. Above, spine j of a pod is
    in plane j mod p, p = gcd(spines a pod, cores); plane k has the k-th run of cores. A spine's up ports follow its down
    ports, down / core_oversubscription of them, in equal runs to the cores of its plane; a core's ports go to the
    pods in order, and in each to the spines of its plane. Switch ports may stay free; endpoint ports may not.
    """
    wanted = _wanted(joining, given)
    count = wanted.leaves + wanted.spines + wanted.cores
    switches = joining.others
    if len(switches) != count:
        raise _other_switches(joining, wanted, count)
    leaves, spines = switches[: wanted.leaves], switches[wanted.leaves : wanted.leaves + wanted.spines]
    cores = switches[wanted.leaves + wanted.spines :]
    ends = np.concatenate(joining.left)
    found = plan(len(ends), wanted)
    room = [int(lengths(tier).min()) if tier else 0 for tier in (leaves, spines, cores)]
    if isinstance(found, Trouble):
        raise joining.unequal(found.message, found.label, _way_out(len(ends), wanted, room))
    none = np.zeros((0, 0), np.int64)
    leaf, spine, core = (
        joining.at_least(tier, need, why, lambda: _way_out(len(ends), wanted, room)) if tier else none
        for tier, need, why in (
            (leaves, found.leaf, f"{found.down} down and {found.up} up"),
            (spines, found.spine, f"{found.spine - found.core_up} down and {found.core_up} up"),
            (cores, found.core, f"{found.core // wanted.pods} for each of {wanted.pods} pods"),
        )
    )
    return _joined(ends, wanted, found, leaf, spine, core)


def plan(ends: int, wanted: Wanted) -> Fabric | Trouble:
    """Return how many ports go where for so many endpoint ports, or why it does not come out whole."""
    if ends % wanted.leaves:
        return Trouble(f"{counted(ends, 'endpoint port')} cannot be divided over {counted(wanted.leaves, 'leaf', 'leaves')}",
                       f"{ends % wanted.leaves} left over")  # fmt: skip
    for names, count in ((("leaf", "leaves"), wanted.leaves), (("spine", "spines"), wanted.spines)):
        if count % wanted.pods:
            return Trouble(
                f"{counted(count, *names)} cannot be divided over {wanted.pods} pods",
                f"{count % wanted.pods} left over",
            )
    leaves, spines = wanted.leaves // wanted.pods, wanted.spines // wanted.pods
    down = ends // wanted.leaves
    up = Fraction(down) / wanted.ratio
    if up.denominator != 1:
        return Trouble(
            f"{counted(down, 'port')} down and {said(wanted.ratio)} to 1 make {float(up):g} up, on each leaf",
            "not whole",
        )
    links = up / spines
    if links.denominator != 1:
        return Trouble(
            f"{counted(int(up), 'port')} up of a leaf cannot be divided over {counted(spines, 'spine')}",
            _uneven(int(up), spines),
        )
    fabric = Fabric(down, int(up), int(links), down + int(up), leaves * int(links))
    return _with_cores(fabric, wanted, spines) if wanted.cores else fabric


def _with_cores(fabric: Fabric, wanted: Wanted, spines: int) -> Fabric | Trouble:
    up = Fraction(fabric.spine) / wanted.core_ratio
    if up.denominator != 1:
        return Trouble(f"{counted(fabric.spine, 'port')} down and {said(wanted.core_ratio)} to 1 make {float(up):g} up, on each spine",
                       "not whole")  # fmt: skip
    planes = gcd(spines, wanted.cores)
    links = up / (wanted.cores // planes)
    if links.denominator != 1:
        cores = wanted.cores // planes
        return Trouble(
            f"{counted(int(up), 'port')} up of a spine cannot be divided over {counted(cores, 'core')} of its plane",
            _uneven(int(up), cores),
        )
    return replace(fabric, spine=fabric.spine + int(up), core=wanted.pods * (spines // planes) * int(links),
                   core_up=int(up), core_links=int(links), planes=planes)  # fmt: skip


def _uneven(ports: int, switches: int) -> str:
    return f"{switches - ports} missing" if ports < switches else f"{ports % switches} left over"


def said(ratio: Fraction) -> str:
    """Return a ratio as the language writes it."""
    return str(ratio.numerator) if ratio.denominator == 1 else f"{ratio.numerator} / {ratio.denominator}"


def _wanted(joining: Joining, given: Given) -> Wanted:
    counts, one = given.counts, Fraction(1)
    wanted = Wanted(counts["leaves"], counts["spines"], given.ratios.get("oversubscription", one))
    upper = [name for name in ("pods", "cores") if name in counts]
    if len(upper) == 1 or (not upper and "core_oversubscription" in given.ratios):
        raise fault(Code.ARGUMENT, "three tiers need `pods` and `cores`", joining.span, f"only `{upper[0]}`" if upper else
                    "neither is given", "write `clos(leaves = …, spines = …, pods = …, cores = …)`")  # fmt: skip
    if not upper:
        return wanted
    if counts["pods"] < 2:
        raise joining.unequal("one pod has no other to reach over cores", "pods = 1", "leave `pods` and `cores` out")
    return replace(wanted, pods=counts["pods"], cores=counts["cores"],
                   core_ratio=given.ratios.get("core_oversubscription", one))  # fmt: skip


def _other_switches(joining: Joining, wanted: Wanted, count: int) -> Fault:
    switches = joining.others
    tiers = f"{counted(wanted.leaves, 'leaf', 'leaves')} and {counted(wanted.spines, 'spine')}"
    tiers = f"{tiers} and {counted(wanted.cores, 'core')}" if wanted.cores else tiers
    label = (
        f"left over: {joining.owners(switches[count:])}"
        if len(switches) > count
        else f"{count - len(switches)} missing"
    )
    return joining.unequal(f"{tiers} are {count} bundles on the right, there are {len(switches)}", label,
                           "name them in that order: `[leaf[*].port, spine[*].port]`")  # fmt: skip


def _way_out(ends: int, wanted: Wanted, room: list[int]) -> str:
    """Return the nearest change of one option that comes out with the ports that the switches have."""
    leaf, spine, core = room

    def fits(other: Wanted) -> bool:
        fabric = plan(ends, other)
        return isinstance(fabric, Fabric) and fabric.leaf <= leaf and fabric.spine <= spine and fabric.core <= core

    found = []
    for name, candidates in _changes(ends, wanted):
        works = next((text for text, other in candidates if fits(other)), None)
        if works is not None:
            found.append(f"`{name} = {works}`")
    if not found:
        found = [text for text, other in _both(ends, wanted) if fits(other)][:1]
    return (
        f"{' or '.join(found[:2])} would come out"
        if found
        else "no other options near these come out: add ports or switches"
    )


#: How far a count is varied in search of one that comes out, alone and together with the ratio.
_NEAR = 512
_NEARER = 16


def _both(ends: int, wanted: Wanted) -> Iterator[tuple[str, Wanted]]:
    """Yield other counts of leaves, the nearest first, each with the ratios near to what is asked for."""
    for count in sorted(
        range(max(1, wanted.leaves - _NEARER), wanted.leaves + _NEARER), key=lambda n: abs(n - wanted.leaves)
    ):
        for ratio in _ratios(ends // count, wanted.spines // wanted.pods, wanted.ratio)[:_NEARER]:
            yield f"`leaves = {count}, oversubscription = {said(ratio)}`", replace(wanted, leaves=count, ratio=ratio)


def _changes(ends: int, wanted: Wanted) -> Iterator[tuple[str, list[tuple[str, Wanted]]]]:
    """Yield each option with its other values, the nearest first."""
    spines = wanted.spines // wanted.pods
    yield (
        "oversubscription",
        [(said(r), replace(wanted, ratio=r)) for r in _ratios(ends // wanted.leaves, spines, wanted.ratio)],
    )
    below = plan(ends, replace(wanted, cores=0))
    if wanted.cores and isinstance(below, Fabric):
        cores = wanted.cores // gcd(spines, wanted.cores)
        ratios = _ratios(below.spine, cores, wanted.core_ratio)
        yield "core_oversubscription", [(said(r), replace(wanted, core_ratio=r)) for r in ratios]
    for name in ("leaves", "spines", "cores") if wanted.cores else ("leaves", "spines"):
        at: int = getattr(wanted, name)
        near = sorted(range(max(1, at - _NEAR), at + _NEAR), key=lambda n: abs(n - at))
        yield name, [(str(n), replace(wanted, **{name: n})) for n in near]  # type: ignore[arg-type]  # they are counts


def _ratios(down: int, switches: int, wanted: Fraction) -> list[Fraction]:
    """Return the ratios that share equal ports up among so many switches, the nearest first."""
    most = max(1, down // max(1, switches))
    ratios = [Fraction(down, up * max(1, switches)) for up in range(max(1, most - _NEAR), most + 1)]
    return sorted(ratios, key=lambda r: (abs(r - wanted), r))


def _joined(ends: Offsets, wanted: Wanted, fabric: Fabric, leaf: Offsets, spine: Offsets, core: Offsets) -> Pairs:
    pods, leaves, spines = wanted.pods, wanted.leaves // wanted.pods, wanted.spines // wanted.pods
    down = leaves * fabric.links
    lefts = [ends, leaf[:, fabric.down :].ravel()]
    rights = [
        leaf[:, : fabric.down].ravel(),
        spine[:, :down].reshape(pods, spines, leaves, fabric.links).transpose(0, 2, 1, 3).ravel(),
    ]
    if wanted.cores:
        shape = (wanted.cores // fabric.planes, pods, spines // fabric.planes, fabric.core_links)
        lefts.append(spine[:, down:].ravel())
        # plane, core, pod, spine, link to pod, spine, plane, core, link
        rights.append(core.reshape(fabric.planes, *shape).transpose(2, 3, 0, 1, 4).ravel())
    return np.concatenate(lefts), np.concatenate(rights)
