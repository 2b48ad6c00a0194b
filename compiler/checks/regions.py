"""Regions of a pool: enough links for its interleave, enough decoders for its regions, and none that must grow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

from rackc.compiler.checks.paths import spec_of
from rackc.compiler.checks.planned import Planned
from rackc.compiler.interleave import WAYS, Region, region
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.plan import Plan, Pool
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_growing(model: Model, pool: PosedPool) -> Iterator[Diagnostic]:
    """Warn of interleaved memory that is to change hands: an interleaved region does not grow, it is made anew."""
    del model
    said = region(pool.spec.values, pool.spec.spans, pool.spec.span)
    if said is None or pool.assignment.kind != "relet" or said.ways in (None, 1):
        return
    yield Diagnostic(
        Code.GROWS, f"{pool.address} interleaves over {said.ways} ways and is re-let: an interleaved region cannot grow",
        Label(said.at("interleave"), f"{said.ways} ways"), (Label(pool.spec.spans.get("assignment", pool.spec.span), "re-let here"),),
        ("leave `interleave` out and weight the nodes, or assign it `static()`",),
    )  # fmt: skip


def check_regions(planned: Planned) -> Iterator[Diagnostic]:
    """Yield hosts with fewer links than a pool's ways, and sockets and cards with fewer decoders than regions."""
    for pool in planned.plan.pools:
        spec = spec_of(planned.model, pool)
        said = region(spec.values, spec.spans, spec.span)
        ways = said.ways if said is not None and said.ways in WAYS else None
        if said is not None and ways is not None:
            yield from _links(planned.model, pool, said, ways)
            yield from _uneven(planned.model, pool, said, ways)
        yield from _decoders(planned, pool, ways or 1)


def _links(model: Model, pool: Pool, said: Region, ways: int) -> Iterator[Diagnostic]:
    cards = Counter(host for host, _ in set(zip(pool.link_host, pool.link_controller, strict=True)))
    few = [at for at in range(len(pool.hosts)) if 0 < cards[at] < ways]
    if few:
        like = f" (and {len(few) - 1:,} more hosts)" if len(few) > 1 else ""
        yield Diagnostic(
            Code.TARGET, f"{model.address(pool.hosts[few[0]])}{like} has links to {cards[few[0]]} cards of {pool.address}, which interleaves over {ways}",
            Label(said.at("interleave"), "stated here"), (Label(model.shape_at(pool.hosts[few[0]]).span, "the host"),),
            ("interleave over fewer ways, or lower `utilisation`, so that hosts get more links",),
        )  # fmt: skip


def _uneven(model: Model, pool: Pool, said: Region, ways: int) -> Iterator[Diagnostic]:
    """Warn of a stated region whose host holds unlike amounts over its links: an interleaved set takes as much of each."""
    for decided in pool.regions if ways > 1 else ():
        mine = [k for k, host in enumerate(pool.link_host) if host == decided.host]
        row = max(pool.slices_gib, key=lambda slices: sum(slices[k] for k in mine))
        held = sorted((row[k] for k in mine if row[k]), reverse=True)
        if decided.ways == 1 and len(held) >= ways and len(set(held[:ways])) > 1:
            yield Diagnostic(
                Code.UNEVEN_REGION, f"{model.address(pool.hosts[decided.host])} holds {held[0]:,} and {held[ways - 1]:,} GiB of {pool.address}; over {ways} ways it would "
                "hold as much of each",
                Label(said.at("interleave"), f"{ways} ways"), (Label(model.shape_at(pool.hosts[decided.host]).span, "the host"),),
                ("leave `interleave` out: pages then go to a node a link, by the decided weights",),
            )  # fmt: skip
            return


def _decoders(planned: Planned, pool: Pool, ways: int) -> Iterator[Diagnostic]:
    """A region takes a decoder of the root port's socket and one of the card's head; re-letting takes a free one of each."""
    plan, spare = planned.plan, 0 if pool.relet_delay_s is None else 1
    owner = plan.columns.owner
    cards = {pool.controllers[at].instance for at in set(pool.link_controller)}
    ends = [int(owner[int(end[link])]) for link in pool.links for end in (plan.columns.a, plan.columns.b)]
    links = Counter(end for end in ends if end not in cards)
    needed = {end: ceil(count / ways) + spare for end, count in links.items()} | dict.fromkeys(cards, 1 + spare)
    few = [end for end in sorted(needed) if needed[end] > _stated(plan, end)]
    if few:
        shape = planned.model.shape_at(few[0])
        more = f" (and {len(few) - 1:,} more)" if len(few) > 1 else ""
        yield Diagnostic(
            Code.DECODERS, f"{plan.instances[few[0]].address}{more} has {_stated(plan, few[0]):.0f} HDM decoders; {pool.address} takes "
            f"{needed[few[0]] - spare} and {'one free' if spare else 'no more'}",
            Label(planned.pools[pool.address], "the pool"), (Label(shape.spans.get("hdm_decoders", shape.span), "stated here"),),
            ("interleave over more ways, or assign the pool `static()`" if spare else "interleave over more ways",),
        )  # fmt: skip


def _stated(plan: Plan, instance: int) -> float:
    found = plan.instances[instance].part.low("hdm_decoders", "")
    return float("inf") if found is None else found
