"""What rules may ask of a Plan: its figures, its fabrics and its pools, as values of the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from rackc.compiler.analyse.cooling import Heat
from rackc.compiler.analyse.power import Loads, masses
from rackc.compiler.analyse.report import Report
from rackc.compiler.analyse.supply import RUNNING, available, sources, unrated
from rackc.compiler.columns import Floats
from rackc.compiler.fabric_questions import FabricQuestions, Fabrics
from rackc.compiler.model import Model
from rackc.compiler.plan import Plan
from rackc.compiler.values import Builtin, Counted, Fault, Selection, Space, Undecided, Untold, fault, measured
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, unknown
from rackc.dsl.units import Quantity, number, quantity


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about: the Plan, its Report, loads and heat, and the owners of undecided and of all pools."""

    model: Model
    plan: Plan
    report: Report
    loads: Loads
    heat: Heat
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
        groups = self._figures()
        return {**{name: group(instance) for name, group in groups.items()}, "bom": Space("bom", {"cost": self._cost})}

    def _figures(self) -> dict[str, Callable[[int], Space]]:
        """Return the groups of figures that any thing has."""
        return {"power": self._power, "cooling": self._cooling, "weight": self._weight, "space": self._space}

    def attribute(self, of: Selection, name: str) -> Any:
        """Return `power`, `cooling`, `weight`, `space` or a pool of an instance."""
        if not of.single:
            return None
        instance = int(of.chunks[0].instances[0]) + self.base
        if name in self._figures():
            return self._figures()[name](instance)
        for spec in of.chunks[0].shape.pools:
            if spec.name == name:
                return self._pool(instance, name)
        return None

    def _cost(self) -> Quantity:
        if self.facts.pools_open:
            raise Undecided
        return quantity(Fraction(self.facts.report.cost_cents, 100), "USD")

    # -------- power, cooling, weight, space

    def _decided(self, instance: int, value: float | None, unit: str, name: str = "", hint: str = "") -> Quantity:
        """Return a figure of an instance, once no pool in it is open; `hint` says what one that is not known wants."""
        if any(self._within(rack, instance) for rack in self.facts.undecided):
            raise Undecided
        if value is None:
            raise Untold(f"{name} of {self.facts.model.address(instance) or 'the design'} is not known", hint)
        return quantity(Fraction(value).limit_denominator(1000), unit) if unit == "CFM" else measured(value, unit)

    def _power(self, instance: int) -> Space:
        def load(name: str) -> Quantity:
            return self._decided(instance, getattr(self.facts.loads[instance], name), "W")

        return Space("power", {
            **{name: partial(load, name) for name in ("peak", "typical", "steady", "transient")},
            "drawn": lambda: self._decided(instance, self._running(instance, "drawn_w"), "W", "what the shelves draw",
                                           "ask it of a rack whose shelves state their `efficiency`"),
            "available": Builtin("available", partial(self._available, instance)),
            "busbar": Builtin("busbar", partial(self._busbar, instance)),
        })  # fmt: skip

    def _running(self, rack: int, name: str) -> float | None:
        report = self.facts.report.rack(rack)
        return next((getattr(case, name) for case in report.cases), None) if report is not None else None

    def _cooling(self, instance: int) -> Space:
        warm = self.facts.heat

        def figure(column: Floats, unit: str, unknown: Floats | None = None, *said: str) -> Callable[[], Quantity]:
            value = None if unknown is not None and unknown[instance] else float(column[instance])
            return lambda: self._decided(instance, value, unit, *said)

        return Space("cooling", {
            "liquid": figure(warm.liquid, "W"), "air": figure(warm.air, "W"),
            "flow": figure(warm.flow, "L/min", warm.unknown, "the coolant", "state `coolant` and `coolant_rise` at its rack"),
            "airflow": figure(warm.airflow, "CFM", warm.breathless, "the airflow", "state `air_rise` at its rack"),
        })  # fmt: skip

    def _weight(self, instance: int) -> Space:
        plan = self.facts.plan

        def total() -> Quantity:
            kilograms, of = masses(plan)[0], plan.columns
            return self._decided(
                instance, float((kilograms + of.summed(of.figure("frame_mass", "kg", "high")))[instance]), "kg"
            )

        def per_foot() -> Quantity:
            report = self.facts.report.rack(instance)
            return self._decided(instance, report.kg_per_foot if report else None, "kg", "the mass on each foot",
                                 "ask it of a rack that states its `feet`")  # fmt: skip

        return Space("weight", {"total": total, "per_foot": per_foot})

    def _space(self, instance: int) -> Space:
        def units(free: bool) -> Quantity:
            report = self.facts.report.rack(instance)
            if report is None:
                raise Untold(f"{self.facts.model.address(instance) or 'the design'} has no units", "ask it of a rack")
            return number(report.units - report.used_units if free else report.used_units)

        return Space("space", {"used": partial(units, False), "free": partial(units, True)})

    def _within(self, inner: int, outer: int) -> bool:
        while inner > outer:
            inner = int(self.facts.model.parent[inner])
        return inner == outer

    def _lost(self, name: str, instance: int, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Counted:
        """Return what a question about the sources of a thing says is lost."""
        lose = named.get("lose", Counted(0, "supply"))
        if positional or set(named) - {"lose"} or not isinstance(lose, Counted):
            raise fault(Code.ARGUMENT, f"`{name}` takes `lose = 1 feed`, or nothing", call.span)
        feeding = sources(self.facts.plan, instance)
        silent = unrated(feeding)
        if silent:
            raise fault(
                Code.MISSING_FIGURE, f"`{silent[0].part.name}` states no rating: what it gives is not known", call.span
            )
        if not feeding:
            address = self.facts.model.address(instance)
            raise fault(Code.MISSING_FIGURE, f"{address or 'the design'} has no power shelf or PDU", call.span)
        return lose

    def _available(self, instance: int, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        lose = self._lost("available", instance, call, positional, named)
        left = available(sources(self.facts.plan, instance), (lose.count, lose.noun))
        if left is None:
            raise Fault(unknown(Code.UNKNOWN_NAME, "loss", lose.noun, ("supply", "shelf", "feed"), call.span))
        return measured(left, "W")

    def _busbar(self, instance: int, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the greatest current along the busbar in a case of the report."""
        lose = self._lost("busbar", instance, call, positional, named)
        report = self.facts.report.rack(instance)
        cases = {case.name: case for case in report.cases} if report is not None else {}
        name = f"{lose.count} {lose.noun} lost" if lose.count else RUNNING
        if name not in cases:
            known = ", ".join(case.removesuffix(" lost") for case in cases if case.endswith(" lost"))
            raise fault(Code.ARGUMENT, f"the busbar is not known with {lose.count} {lose.noun} lost", call.span, "",
                        f"known are: {known}")  # fmt: skip
        amps = cases[name].busbar_a
        if amps is None:
            raise fault(Code.MISSING_FIGURE, f"the busbar of {self.facts.model.address(instance)} is not known", call.span, "",
                        "state its `bus_voltage`, and give its shelves and trays a place")  # fmt: skip
        return self._decided(instance, amps, "A")

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
            "stranded": number(Fraction(report.stranded_gib, gib) if gib else 0),
            "idle": number(Fraction(report.idle_gib, gib) if gib else 0), "capacity": quantity(gib, "GiB"),
            "cost": quantity(Fraction(row.cost_cents, 100), "USD"), "power": quantity(Fraction(row.power_w).limit_denominator(1000), "W"),
            "controllers": number(sum(c.populated for c in row.controllers)),
        })  # fmt: skip
