"""What the comparison of a pool needs of its candidates: their higher readings, and the shelves that hold them."""

from __future__ import annotations

from dataclasses import replace

from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_paths import Candidate, candidates_of, gives
from rackc.compiler.optimize.pose_said import share_of
from rackc.compiler.optimize.pose_sites import Ground, sites_of
from rackc.compiler.optimize.problem import MEGA, Host, Reading, Site
from rackc.compiler.shape import PoolSpec
from rackc.compiler.values import Fault
from rackc.dsl.units import quantity


def shelves_of(ground: Ground, name: str, unit: str, times: int) -> int:
    """Return the sum of a figure over the shelves and trays that hold candidates; what states none counts for nothing."""
    trays = {int(ground.placed.tray[card]) for card in ground.want.controllers} - {-1, *ground.want.controllers}
    members = {int(ground.placed.tray[host]) for host in ground.want.hosts}
    stated = [figure(ground.model.shape_at(tray), name, unit) or 0.0 for tray in sorted(trays - members)]
    return round(sum(stated) * times)


def higher_reading(ground: Ground, hosts: tuple[Host, ...], sites: list[Site], site_of: list[int]) -> Reading | None:
    """Return the problem's hosts and sites by the higher reading of bandwidth and latency; None where all is exact.

    The higher reading of a latency is the shorter one: more cables keep to the bound.
    """
    of_site = {site: of for of, site in reversed(list(zip(candidates_of(ground.want), site_of, strict=True)))}
    spread = max((_spread_ns(ground.model, of) for of in of_site.values()), default=0.0)
    bound = ground.spec.bounds.get("latency")
    cabled = sites if bound is None or not spread else _with_laxer_bound(ground, spread) or sites
    ceiling = share_of(ground.spec) / MEGA
    made = tuple(
        replace(site, read_mbps=_of(ground.model, of_site[at], "read", ceiling), write_mbps=_of(ground.model, of_site[at], "write", ceiling),
                cables=other.cables)
        for at, (site, other) in enumerate(zip(sites, cabled, strict=True))
    )  # fmt: skip
    if made == tuple(sites):
        return None
    return Reading(_told(ground.model, of_site[0], bound is not None), hosts, made)


def _of(model: Model, of: Candidate, way: str, ceiling: float) -> int:
    return int((gives(model, of, way, "high") or 0.0) * ceiling)


def _spread_ns(model: Model, of: Candidate) -> float:
    """Return how far the readings of a candidate's own latency are apart."""
    shape = model.shape_at(of.device)
    return (figure(shape, "latency", "ns", "high") or 0.0) - (figure(shape, "latency", "ns", "low") or 0.0)


def _with_laxer_bound(ground: Ground, spread_ns: float) -> list[Site] | None:
    """Return the sites with cables that keep to the bound by the shorter latency of the device."""
    op, bound, span = ground.spec.bounds["latency"]
    most = quantity(round(bound.to("ns") + spread_ns, 3), "ns")
    spec: PoolSpec = replace(ground.spec, bounds={**ground.spec.bounds, "latency": (op, most, span)})
    try:
        return sites_of(replace(ground, spec=spec))[0]
    except Fault:
        return None


def _told(model: Model, of: Candidate, bounded: bool) -> str:
    """Return what is stated as a range, in words."""
    shape, said = model.shape_at(of.device), []
    for way in ("read", "write"):
        low, high = (figure(shape, f"{way}_bandwidth", "GB/s", end) for end in ("low", "high"))
        if low is not None and high is not None and low < high:
            said.append(f"{way}s at {low:g} to {high:g} GB/s")
    low, high = (figure(shape, "latency", "ns", end) for end in ("low", "high"))
    if bounded and low is not None and high is not None and low < high:
        said.append(f"answers in {low:g} to {high:g} ns")
    return f"{shape.name} {' and '.join(said)}"
