"""The hops of a decided pool between cable and memory or processor that are links of their own: adapters, switches, bays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.checks.planned import Planned
from rackc.compiler.checks.posed import rate
from rackc.compiler.plan import Plan, Pool
from rackc.compiler.pool_rates import WAYS, Way, rates_of_controllers, rates_of_links
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span


def check_hops(planned: Planned, pool: Pool, span: Span) -> Iterator[Diagnostic]:
    """Yield, each way, the first adapter, switch and bay that what crosses it is too much for, with both figures."""
    for way in WAYS:
        yield from _adapters(planned, pool, span, way)
        yield from _switches(planned, pool, span, way)


def _adapters(planned: Planned, pool: Pool, span: Span, way: Way) -> Iterator[Diagnostic]:
    """What leads from a socket to several cables gives them together no more than its own links towards the socket."""
    plan = planned.plan
    crossing: dict[int, float] = {}
    for k, needs in rates_of_links(pool, way).items():
        link = plan.links[pool.links[k]]
        owner = plan.ports[link.a].owner
        crossing[owner] = crossing.get(owner, 0.0) + needs
    for owner, needs in sorted(crossing.items()):
        part = plan.instances[owner].part
        gives = _towards_sockets(plan, owner) if part.flag("forwards") and part.role != "cpu" else None
        if gives is not None and needs > gives:
            yield _slow(
                planned,
                span,
                owner,
                f"{way}s of {rate(needs)} of {pool.address}",
                f"its links to the host give {rate(gives)}",
            )
            return


def _towards_sockets(plan: Plan, adapter: int) -> float | None:
    """Return what the links of an adapter to processors give each way, None where it has none that states a bandwidth."""
    of = plan.columns
    sockets = np.array([part.role == "cpu" for part in of.parts], bool)[of.part]
    near = ((of.a_owner == adapter) & sockets[of.b_owner]) | ((of.b_owner == adapter) & sockets[of.a_owner])
    return float(of.bandwidth[near].sum()) or None


def _switches(planned: Planned, pool: Pool, span: Span, way: Way) -> Iterator[Diagnostic]:
    """A switch passes on no more than it states, and each device behind it gives no more than its links do."""
    plan = planned.plan
    for at, needs in sorted(rates_of_controllers(pool, way).items()):
        row = pool.controllers[at]
        if not row.devices:
            continue
        passes, bay = (
            plan.instances[row.instance].part.low("switching", "B/s"),
            _bay(plan, row.instance, row.devices[0]),
        )
        if passes is not None and needs > passes:
            yield _slow(
                planned,
                span,
                row.instance,
                f"{way}s of {rate(needs)} of {pool.address}",
                f"it passes on {rate(passes)}",
            )
            return
        each = needs / len(row.devices)
        if bay is not None and each > bay:
            yield _slow(
                planned,
                span,
                row.devices[0],
                f"{way}s of {rate(each)} of {pool.address}",
                f"its link to the switch gives {rate(bay)}",
            )
            return


def _bay(plan: Plan, switch: int, device: int) -> float | None:
    of = plan.columns
    between = ((of.a_owner == switch) & (of.b_owner == device)) | ((of.b_owner == switch) & (of.a_owner == device))
    return float(of.bandwidth[between].sum()) or None


def _slow(planned: Planned, span: Span, instance: int, crossing: str, gives: str) -> Diagnostic:
    address = planned.plan.instances[instance].address
    return Diagnostic(
        Code.PATH, f"{address} would carry {crossing}; {gives}", Label(span, "the pool"),
        (Label(planned.model.shape_at(instance).span, "the hop"),), ("lower the rate, or use a wider link",),
    )  # fmt: skip
