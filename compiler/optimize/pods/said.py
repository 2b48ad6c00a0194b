"""What a large pool says of its number of links: the alternatives that were tried, and which costs least."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.amounts import plural, usd
from rackc.compiler.comparison import LinksTried
from rackc.compiler.optimize.problem import PoolDecision
from rackc.compiler.shape import PoolSpec
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_fewer_links(address: str, spec: PoolSpec, decision: PoolDecision) -> Iterator[Diagnostic]:
    """Yield that another number of links a host, or none at all, costs less than those that the pool is to have."""
    stated = spec.bounds.get("links >=")
    rows = [row for row in decision.by_links if not row.why]
    best = min(rows, key=lambda row: (row.cost_cents, row.links), default=None)
    if stated is None or best is None or best.cost_cents >= decision.cost_cents:
        return
    least = "no pool, devices of its own for each host," if not best.links else f"{plural(best.links, 'link')} a host"
    yield Diagnostic(
        Code.FEWER_LINKS,
        f"{address} costs {usd(decision.cost_cents)} with {stated[1]} links a host or more, {least} {usd(best.cost_cents)}",
        Label(stated[2], "stated here"), (Label(spec.span, "the pool"),),
        ("leave the bound out, unless links are there for more than memory",), tuple(map(_row, rows)),
    )  # fmt: skip


def _row(row: LinksTried) -> str:
    links = f"{plural(row.links, 'link')} a host" if row.links else "no pool"
    saving = (
        ""
        if not row.saving_cents
        else f", {usd(abs(row.saving_cents))} {'less' if row.saving_cents > 0 else 'more'} than no pool"
    )
    return f"{links}: {row.devices:,} devices, {row.gib:,} GiB, {usd(row.cost_cents)}{saving}"
