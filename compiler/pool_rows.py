"""A pool and its answer as a row of the Plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rackc.compiler.model import Model
from rackc.compiler.plan import PartType, Pool, PoolController, PoolLoss, Proof
from rackc.compiler.pool_regions import regions_of, sharing_of
from rackc.compiler.shape import Shape

if TYPE_CHECKING:
    from rackc.compiler.realize import SolvedPool


def pool_row(
    model: Model, solved: SolvedPool, index: int, links: tuple[int, ...], part: Callable[[Shape], PartType], source: str
) -> Pool:
    """Return a pool as the Plan has it; `links` are its rows, `part` gives the Plan's part of a shape."""
    posed, decision = solved.posed, solved.decision
    order = {model.address(card): at for at, card in enumerate(posed.controllers)}
    fit = [one for one in posed.spec.survive if one.thing == "controller" and one.promise != "data"]
    proof = Proof(
        "feasible" if not decision.proved else "within_gap" if decision.gap > 0 else "optimal", decision.objective, decision.bound, decision.gap,
        decision.effort, decision.interrupted, solved.solver, decision.estimate,
    )  # fmt: skip
    return Pool(
        index=index, address=posed.address, owner=posed.owner, hosts=posed.hosts, controllers=_controllers(model, solved, part),
        links=links, link_host=tuple(d.host for d in decision.links),
        link_controller=tuple(order[d.controller] for d in decision.links),
        demand_name=posed.demand_name, demand_class=posed.demand.kind, reader=posed.demand.reader,
        assignment=str(posed.assignment),
        relet_delay_s=posed.assignment.delay_s if posed.assignment.kind == "relet" else None, slice_seconds=posed.demand.slice_s, demand_gib=posed.demand.gib,
        slices_gib=decision.slices_gib, read_bytes_per_s=posed.demand.read_bytes_per_s,
        write_bytes_per_s=posed.demand.write_bytes_per_s,
        recompute_bytes_per_s=posed.demand.recompute_bytes_per_s, survive=max((one.count for one in fit), default=0),
        promise=fit[0].promise if fit else "", capacity_gib=sum(c.gib for c in decision.controllers),
        cost_cents=decision.cost_cents, power_w=decision.power_mw / 1000, latency_ns=posed.latency_ns,
        goals=tuple(posed.problem.goals), proof=proof, comparison=solved.comparison,
        source=source,
        losses=tuple(PoolLoss(one.count, one.thing, one.promise) for one in posed.spec.survive),
        regions=regions_of(model, posed, decision), sharing=sharing_of(posed, decision),
        stress_gib=posed.demand.stress_gib[0] if posed.demand.stress_gib else posed.demand.peak_gib, utilisation=posed.utilisation,
        by_links=decision.by_links,
    )  # fmt: skip


def _controllers(model: Model, solved: SolvedPool, part: Callable[[Shape], PartType]) -> tuple[PoolController, ...]:
    """Return every candidate as decided; a module that no list names is a device's own memory."""
    posed, decision = solved.posed, solved.decision
    fitted = {c.address: c for c in decision.controllers}
    shapes = {shape.name: shape for shape in posed.modules}
    rows = []
    for card, behind in zip(posed.controllers, posed.devices, strict=True):
        chosen = fitted.get(model.address(card))
        if chosen is None:
            rows.append(PoolController(card, False, None, 0, 0))
            continue
        devices = tuple(one for one in behind if model.address(one) in chosen.devices)
        shape = shapes.get(chosen.module)
        rows.append(PoolController(
            card, True, part(shape) if shape is not None else None,
            chosen.modules * max(len(devices), 1) if shape is not None else 0, chosen.gib, devices,
            sum(link.controller == chosen.address for link in decision.links),
        ))  # fmt: skip
    return tuple(rows)
