"""What a check of a Plan may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rackc.compiler.analyse.cooling import Heat
from rackc.compiler.analyse.power import Loads
from rackc.compiler.analyse.report import Report
from rackc.compiler.cages import Plugged
from rackc.compiler.choosing import Laid
from rackc.compiler.model import Model
from rackc.compiler.plan import Plan
from rackc.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Planned:
    """A Plan with the Model it came from (rows of instances are the same in both), its figures, and where things are said.

    `laid` are all links by what carries them, `plugged` those over cables with their cages; `waiting` are ports of pools that are still open, whose links are yet to come.

    `loads` and `heat` are those of every instance; `pools` are the spans of the pools, by address. `plan.instances[i]` is a row
    made on demand: a check that runs over every instance, port or link of a design reads `plan.columns`.
    """

    model: Model
    plan: Plan
    report: Report
    loads: Loads
    heat: Heat
    pools: Mapping[str, Span]
    laid: tuple[Laid, ...]
    plugged: Plugged
    waiting: frozenset[int]

    def joined(self, link: int) -> Span:
        """Return the connection or the pool that a link comes from."""
        group = int(self.plan.columns.group[link])
        wirings = self.model.wirings
        return (
            wirings[group].span if group < len(wirings) else self.pools[self.plan.pools[group - len(wirings)].address]
        )

    def defined(self, instance: int) -> Span:
        """Return where the definition of an instance stands."""
        return self.model.shape_at(instance).span

    def stands(self, instance: int) -> Span:
        """Return the statement that puts a thing where it is; the definition of a rack, which is mostly made for it."""
        group = self.model.group_at(instance)
        return self.defined(instance) if group is None or group.shape.kind == "rack" else group.span

    def said(self, instance: int, name: str) -> Span:
        """Return where an attribute of an instance is stated, or of the nearest thing around it that states it."""
        at = instance
        while at >= 0:
            shape = self.model.shape_at(at)
            if name in shape.spans:
                return shape.spans[name]
            at = int(self.model.parent[at])
        return self.defined(instance)

    def named(self, alike: Sequence[int]) -> str:
        """Return the address of the first of things that are alike, and how many more there are."""
        first = self.model.address(alike[0])
        return first if len(alike) == 1 else f"{first} (and {len(alike) - 1:,} like it)"
