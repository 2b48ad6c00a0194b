"""`rackc plan`: what a build would change against the lock, in words and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rackc.backends.report.amounts import usd
from rackc.compiler.changes import Ends, Figures, Fill, LinkChange, PoolChange
from rackc.findings import count

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock
    from rackc.compiler.pipeline import Result


@dataclass(frozen=True, slots=True)
class Planned:
    """What a build would change: pools, and decisions as (name, before, after)."""

    path: Path
    result: Result
    decisions: tuple[tuple[str, str | None, str | None], ...]

    @property
    def pools(self) -> tuple[PoolChange, ...]:
        """The pools that change."""
        return tuple(pool for pool in self.result.changes if pool.changed)

    @property
    def changed(self) -> bool:
        """Whether anything would be built otherwise."""
        return bool(self.pools or self.decisions)

    @property
    def links_changed(self) -> int:
        """How many links are not as they were."""
        return sum(len(pool.links) for pool in self.result.changes)

    @property
    def links(self) -> int:
        """How many links there are, those that go away with them."""
        gone = sum(link.after is None for pool in self.result.changes for link in pool.links)
        return gone + sum(pool.after.links for pool in self.result.changes if pool.after is not None)


def planned(path: Path, result: Result, old: Lock | None) -> Planned:
    """Return what a result changes against a lock."""
    after = {one.name: one.answer for one in result.decisions}
    before: dict[str, str] = {}
    if old is not None and old.choice is not None:
        kept = next((row for row in old.choice.table if row.outcome == "kept"), None)
        before = dict(kept.picked) if kept is not None else {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return Planned(path, result, tuple((name, before.get(name), after.get(name)) for name in names))


def as_text(plan: Planned) -> Iterator[str]:
    """Yield the changes, a line each, a headline before."""
    if not plan.changed:
        renewed = plan.result.solved
        again = f"; {', '.join(renewed)} solved again, the lock would be renewed" if renewed else ""
        yield f"{plan.path}: nothing would change{again}"
        return
    yield f"{plan.path}: {summary(plan)}"
    if plan.result.interrupted:
        yield "  the search was interrupted: this is the best answer so far"
    for name, before, after in plan.decisions:
        yield f"  {name}: {before or 'undecided'} -> {after or 'gone'}"
    for pool in plan.pools:
        yield from _pool(pool)


def summary(plan: Planned) -> str:
    """Return how much changes, in a few words."""
    controllers = sum(len(pool.controllers) for pool in plan.result.changes)
    links = f"{plan.links_changed:,} of {count(plan.links, 'link')}"
    share = f" ({plan.links_changed / plan.links:.0%})" if plan.links else ""
    if not controllers and not plan.links_changed:
        return "no link and no module changes"
    return f"{links}{share} and the modules of {count(controllers, 'controller')} change"


def _pool(pool: PoolChange) -> Iterator[str]:
    word = "new" if pool.before is None else "gone" if pool.after is None else "changed"
    yield f"  {pool.address}: {word}"
    for link in pool.links:
        yield f"    {_link(link)}"
    for row in pool.controllers:
        yield f"    {row.controller}: {_fill(row.before)} -> {_fill(row.after)}"
    before, after = pool.before or Figures(0, 0, 0, 0), pool.after or Figures(0, 0, 0, 0)
    yield f"    memory  {before.gib:,} GiB -> {after.gib:,} GiB{_more(before.gib, after.gib)}"
    yield f"    cost    {usd(before.cost_cents)} -> {usd(after.cost_cents)}{_more(before.cost_cents, after.cost_cents)}"
    yield f"    power   {_watts(before)} -> {_watts(after)}{_more(before.power_mw, after.power_mw)}"


def _link(link: LinkChange) -> str:
    old, new = link.before, link.after
    if old is None or new is None:
        there = old or new
        assert there is not None
        return f"{link.kind:<8} {there.port} -- {there.head}, {_cable(there)}"
    if link.kind == "recabled":
        return f"recabled {new.port} -- {new.head}: {_cable(old)} -> {_cable(new)}"
    way = (
        f"{new.port}: {old.head} -> {new.head}"
        if old.port == new.port
        else f"{old.port} -- {old.head} -> {new.port} -- {new.head}"
    )
    return f"moved    {way}, {_cable(new)}"


def _cable(ends: Ends) -> str:
    return f"{ends.carrier} {ends.length_mm / 1000:g} m"


def _fill(fill: Fill | None) -> str:
    if fill is None:
        return "empty"
    each = f" in each of {len(fill.devices)} devices" if fill.devices else ""
    return f"{fill.modules} x {fill.module}{each}"


def _watts(figures: Figures) -> str:
    return f"{figures.power_mw / 1000:,.0f} W"


def _more(before: int, after: int) -> str:
    if before == after or not before:
        return ""
    return f" ({after / before - 1:+.1%})"


def document(plan: Planned) -> dict[str, Any]:
    """Return the changes as plain data (`rackc schema changes`)."""
    from dataclasses import asdict

    from rackc.dsl.render import as_json

    result = plan.result
    return {
        "file": str(plan.path), "design": result.design, "changed": plan.changed,
        "links_changed": plan.links_changed, "links": plan.links,
        "decisions": [{"name": name, "before": before, "after": after} for name, before, after in plan.decisions],
        "pools": [
            {**asdict(pool), "solved": pool.address in result.solved, "interrupted": _interrupted(result, pool.address)}
            for pool in result.changes
        ],
        "diagnostics": as_json(result.diagnostics, result.sources),
    }  # fmt: skip


def _interrupted(result: Result, address: str) -> bool:
    kept = result.lock.pools.get(address) if result.lock is not None else None
    return kept is not None and kept.decision.interrupted
