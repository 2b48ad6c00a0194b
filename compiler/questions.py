"""What rules may ask of a Plan: its figures, its fabrics and its pools, as values of the language."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from rackc.compiler.analyse.power import Loads, available, sources
from rackc.compiler.analyse.report import Report
from rackc.compiler.fabric_questions import FabricQuestions, Fabrics
from rackc.compiler.model import Model
from rackc.compiler.plan import Plan
from rackc.compiler.values import Builtin, Counted, Fault, Selection, Space, Undecided, fault, measured
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, unknown
from rackc.dsl.units import Quantity, number, quantity


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about: the Plan, its Report and loads, and the owners of undecided and of all pools."""

    model: Model
    plan: Plan
    report: Report
    loads: Loads
    undecided: frozenset[int]
    pools: frozenset[int]
    pools_open: bool


class Known:
    """Figures of the whole Plan that several rules ask for, computed at first use."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def fabrics(self) -> Fabrics:
        """The fabrics of the Plan."""
        return Fabrics(self._facts.plan, self._facts.model)


class Analysis:
    """Figures of the Plan as values of the language, seen from one instance.

    `alone` says that nothing asked so far rests on what lies outside the instance: its likes give the same answers.
    """

    def __init__(self, facts: Facts, known: Known, base: int) -> None:
        self.facts = facts
        self.base = base
        self._fabrics = FabricQuestions(facts.model, known.fabrics, base)

    @property
    def alone(self) -> bool:
        """Whether nothing asked so far rests on what lies outside."""
        return self._fabrics.alone

    def functions(self) -> dict[str, Any]:
        """Return the functions that need the whole design."""
        return self._fabrics.functions()

    def spaces(self, instance: int) -> dict[str, Any]:
        """Return the groups of figures known without a name before them."""
        return {"power": self._power(instance), "bom": Space("bom", {"cost": self._cost})}

    def attribute(self, of: Selection, name: str) -> Any:
        """Return `power`, `mass` or a pool of an instance."""
        if not of.single:
            return None
        instance = int(of.chunks[0].instances[0]) + self.base
        if name == "power":
            return self._power(instance)
        for spec in of.chunks[0].shape.pools:
            if spec.name == name:
                return self._pool(instance, name)
        return None

    def _cost(self) -> Quantity:
        if self.facts.pools_open:
            raise Undecided
        return quantity(Fraction(self.facts.report.cost_cents, 100), "USD")

    # -------- power

    def _power(self, instance: int) -> Space:
        def load(name: str) -> Quantity:
            if any(self._within(rack, instance) for rack in self.facts.undecided):
                raise Undecided
            return measured(getattr(self.facts.loads[instance], name), "W")

        return Space("power", {
            "peak": lambda: load("peak"), "typical": lambda: load("typical"),
            "available": Builtin("available", lambda call, positional, named: self._available(instance, call, positional, named)),
        })  # fmt: skip

    def _within(self, inner: int, outer: int) -> bool:
        while inner > outer:
            inner = int(self.facts.model.parent[inner])
        return inner == outer

    def _available(self, instance: int, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        lose = named.get("lose", Counted(0, "supply"))
        if positional or set(named) - {"lose"} or not isinstance(lose, Counted):
            raise fault(Code.ARGUMENT, "`available` takes `lose = 1 feed`, or nothing", call.span)
        feeding = sources(self.facts.plan, instance)
        if not feeding:
            address = self.facts.model.address(instance)
            raise fault(Code.MISSING_FIGURE, f"{address or 'the design'} has no power shelf or PDU", call.span)
        left = available(feeding, (lose.count, lose.noun))
        if left is None:
            raise Fault(unknown(Code.UNKNOWN_NAME, "loss", lose.noun, ("supply", "shelf", "feed"), call.span))
        return measured(left, "W")

    # -------- pools

    def _pool(self, instance: int, name: str) -> Space:
        address = self.facts.model.address(instance)
        wanted = f"{address}.{name}" if instance else name
        row = next((p for p in self.facts.plan.pools if p.address == wanted), None)
        if row is None:
            raise Undecided
        report = self.facts.report.pools[row.index]
        gib = row.capacity_gib
        return Space(name, {
            "stranded": number(Fraction(report.stranded_gib, gib) if gib else 0), "capacity": quantity(gib, "GiB"),
            "cost": quantity(Fraction(row.cost_cents, 100), "USD"), "power": quantity(Fraction(row.power_w).limit_denominator(1000), "W"),
            "controllers": number(sum(c.populated for c in row.controllers)),
        })  # fmt: skip
