"""What became of a pool beside its rivals: pools that do not pay, and answers that hang on one reading of a part."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.amounts import usd
from rackc.compiler.checks.planned import Planned
from rackc.compiler.comparison import Comparison
from rackc.compiler.plan import Pool
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span


def check_verdicts(planned: Planned) -> Iterator[Diagnostic]:
    """Yield pools that cost more than something that holds the same promise, and those whose answer has two readings."""
    for pool in planned.plan.pools:
        span = planned.pools[pool.address]
        yield from _loses(pool, span)
        yield from _two_readings(pool, span)


def _loses(pool: Pool, span: Span) -> Iterator[Diagnostic]:
    found = pool.comparison
    rival = found.rival(found.against)
    row = None if rival is None else found.asked_of(rival)
    # A tie, as of a pool of one host with cards of its own, is no loss; the report says that it does not pay.
    if found.pays is not False or found.margin_cents >= 0 or rival is None or row is None:
        return
    shelves = f" and {usd(found.shelves_cents)} of shelves" if found.shelves_cents and not rival.shelves else ""
    said = f"{pool.address} costs {usd(pool.cost_cents)}{shelves}, {rival.name} {usd(row.cost_cents)} and holds the same promise"
    gain = (
        f"multiplexing gain {found.gain:.2f}: the hosts' own peaks add up to {found.sum_of_peaks_gib:,} GiB, "
        f"together they hold {found.peak_of_sum_gib:,} GiB at most"
    )
    yield Diagnostic(Code.POOL_LOSES, f"do not pool: {said}", Label(span), hints=(_way_out(found),), notes=(gain,))


def _way_out(found: Comparison) -> str:
    turns = [
        f"{'controllers' if flip.of == 'controller price' else 'modules'} at {flip.factor:.4g} times their price"
        for flip in found.flips if flip.factor is not None and flip.of != "demand"
    ]  # fmt: skip
    more = f", or look for {' or '.join(turns)}" if turns else ""
    return f"leave the pool out{more}"


def _two_readings(pool: Pool, span: Span) -> Iterator[Diagnostic]:
    found = pool.comparison
    if found.higher is None:
        return
    differs = []
    if found.higher.links is not None and found.higher.links != len(pool.links):
        differs.append(f"{len(pool.links)} links or {found.higher.links}")
    if found.higher.pays is not None and found.pays is not None and found.higher.pays != found.pays:
        differs.append("`do not pool` or `pool`")
    if differs:
        yield Diagnostic(
            Code.TWO_READINGS, f"{pool.address} hangs on one reading: {' and '.join(differs)}, as {found.higher.what}", Label(span),
            hints=("the lower reading was taken: measure the part before you order",),
        )  # fmt: skip
