"""What rules may ask of a Plan: its figures, its fabrics and its pools, as values of the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np

from rackc.compiler.analyse import fabric
from rackc.compiler.analyse.cooling import Heat
from rackc.compiler.analyse.power import Loads, masses
from rackc.compiler.analyse.report import Report
from rackc.compiler.analyse.routes import Fabric, disjoint_paths, distances
from rackc.compiler.analyse.routes import fabric as fabric_of
from rackc.compiler.analyse.supply import RUNNING, available, sources, unrated
from rackc.compiler.columns import Floats, Ints
from rackc.compiler.model import Model
from rackc.compiler.plan import Plan
from rackc.compiler.values import (
    Builtin,
    Counted,
    DefinitionRef,
    Fault,
    Selection,
    Space,
    Undecided,
    Untold,
    described,
    fault,
)
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
        self._plan = facts.plan
        self._fabrics: dict[str, Fabric] = {}
        self._distances: dict[tuple[str, int], dict[int, int]] = {}
        self._owners: dict[str, frozenset[int]] = {}
        self._closed: dict[tuple[str, int], bool] = {}
        self._ends: dict[str, tuple[Ints, Ints]] = {}

    def distances(self, protocol: str, start: int) -> dict[int, int]:
        """Return how many links away each instance is that `start` reaches."""
        key = (protocol, start)
        if key not in self._distances:
            self._distances[key] = distances(self._plan, self.fabric(protocol), start)
        return self._distances[key]

    @cached_property
    def protocols(self) -> dict[str, str]:
        """Protocol of each interface in use, by the interface's name."""
        return {kind.name: kind.protocol for kind in self._plan.columns.interfaces}

    def owners(self, protocol: str) -> frozenset[int]:
        """Return the instances that have a port of a protocol."""
        if protocol not in self._owners:
            of = self._plan.columns
            speaks = np.array([kind.protocol == protocol for kind in of.interfaces], bool)
            self._owners[protocol] = frozenset(np.unique(of.owner[speaks[of.interface]]).tolist())
        return self._owners[protocol]

    def closed(self, protocol: str, instance: int) -> bool:
        """Whether no link of a protocol leads out of an instance: then what is outside does not matter to it."""
        key = (protocol, instance)
        if key not in self._closed:
            of = self._plan.columns
            if protocol not in self._ends:
                number = of.protocols.index(protocol) if protocol in of.protocols else -1
                links = np.flatnonzero(of.protocol == number)
                self._ends[protocol] = of.a_owner[links], of.b_owner[links]
            last = instance + self._facts.model.shape_at(instance).instances
            inside = [(instance <= end) & (end < last) for end in self._ends[protocol]]
            self._closed[key] = bool((inside[0] == inside[1]).all())
        return self._closed[key]

    def fabric(self, protocol: str) -> Fabric:
        if protocol not in self._fabrics:
            self._fabrics[protocol] = fabric_of(self._plan, protocol)
        return self._fabrics[protocol]


def _measured(value: float, unit: str) -> Quantity:
    """Return a computed figure, to be printed in whatever unit fits it."""
    found = quantity(Fraction(value).limit_denominator(1000), unit)
    return Quantity(found.value, found.dimension)


class Analysis:
    """Figures of the Plan as values of the language, seen from one instance.

    `alone` says that nothing asked so far rests on what lies outside the instance: its likes give the same answers.
    """

    def __init__(self, facts: Facts, known: Known, base: int) -> None:
        self.facts = facts
        self.base = base
        self.alone = True
        self._known = known

    def functions(self) -> dict[str, Any]:
        """Return the functions that need the whole design."""
        return {
            "diameter": Builtin("diameter", self._diameter),
            "bisection": Builtin("bisection", self._bisection),
            "hops": Builtin("hops", self._hops),
            "paths": Builtin("paths", self._paths),
            "reachable": Builtin("reachable", self._reachable),
        }

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
        return quantity(Fraction(value).limit_denominator(1000), unit) if unit == "CFM" else _measured(value, unit)

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
        return _measured(left, "W")

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

    # -------- fabrics

    def _among(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> tuple[list[int], str]:
        sides, protocol = self._sides(call, positional, named, 1, 1)
        return sides[0], protocol

    def _sides(
        self, call: tree.Call, positional: list[Any], named: dict[str, Any], least: int, most: int
    ) -> tuple[list[list[int]], str]:
        """Return the instances of each side, and the protocol of the interface."""
        shown = ", ".join(("gpu[0]", "gpu[1]")[:most]) if most > 1 else "gpu[*]"
        if not least <= len(positional) <= most or set(named) != {"over"}:
            raise fault(Code.ARGUMENT, f"write `f({shown}, over = NVLink5)`: instances, and the interface", call.span)
        wrong = next((value for value in positional if not isinstance(value, Selection)), None)
        if wrong is not None:
            raise fault(Code.ARGUMENT, f"instances are wanted, this is {described(wrong)}", call.span, "",
                        f"write `f({shown}, over = NVLink5)`")  # fmt: skip
        over = named["over"]
        if not isinstance(over, DefinitionRef) or over.definition.kind != "interface":
            raise fault(Code.TYPE, f"`over` is an interface, this is {described(over)}", call.span)
        sides = [[int(i) + self.base for chunk in side.chunks for i in chunk.instances] for side in positional]
        protocol = self._known.protocols.get(over.definition.name, "")
        self.alone = self.alone and self._known.closed(protocol, self.base)
        for instance in (i for side in sides for i in side):
            if instance not in self._known.owners(protocol):
                raise self._no_port(call, instance, over.definition.name, protocol)
        return sides, protocol

    def _no_port(self, call: tree.Call, instance: int, interface: str, protocol: str) -> Fault:
        """Return the finding for a thing that has no port of an interface, with what inside it has one."""
        address = self.facts.model.address(instance)
        inside = [i for i in sorted(self._known.owners(protocol)) if i != instance and self._within(i, instance)]
        found = [self.facts.model.address(i) for i in inside[:2]]
        hint = f"name what has: {', '.join(found)}" if found else "name things whose ports speak it"
        return fault(
            Code.ARGUMENT, f"{address} has no port of `{interface}`", call.span, "not an end of that fabric", hint
        )

    def _hops(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the most links on a shortest way from any of one side to any of the other."""
        (left, right), protocol = self._sides(call, positional, named, 2, 2)
        found = [self._known.distances(protocol, a).get(b) for a in left for b in right]
        if not found:
            raise fault(Code.TYPE, "there is nothing on one side", call.span, "an empty list")
        if None in found:
            raise fault(Code.MISSING_FIGURE, "some of these cannot reach each other", call.span)
        return number(max(n for n in found if n is not None))

    def _paths(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the number of ways from one thing to another that share no link: one less can fail."""
        (left, right), protocol = self._sides(call, positional, named, 2, 2)
        if len(left) != 1 or len(right) != 1 or left == right:
            raise fault(Code.ARGUMENT, "`paths` goes from one thing to another", call.span, "",
                        "write `min([paths(a, b, over = …) for b in others])` for several")  # fmt: skip
        return number(disjoint_paths(self.facts.plan, self._known.fabric(protocol), left[0], right[0]))

    def _reachable(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> bool:
        """Whether all of one side reach all of the other; with one side, whether all reach each other."""
        sides, protocol = self._sides(call, positional, named, 1, 2)
        return all(b in self._known.distances(protocol, a) for a in sides[0] for b in sides[-1])

    def _diameter(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        among, protocol = self._among(call, positional, named)
        found = fabric.diameter(self.facts.plan, self._known.fabric(protocol), among)
        if found is None:
            raise fault(Code.MISSING_FIGURE, "some of these cannot reach each other", call.span)
        return number(found)

    def _bisection(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        among, protocol = self._among(call, positional, named)
        found = fabric.bisection(self._known.fabric(protocol), among)
        if found is None:
            of = self._known.fabric(protocol)
            odd = [f"{self.facts.plan.instances[i].address} {fabric.unlike(self.facts.plan, of, i)}" for i in
                   fabric.odd_ones(of)[:2]]  # fmt: skip
            why = "; ".join(odd) or f"it has {len(among)} endpoints, more than {fabric.MAX_ENUMERATED}"
            raise fault(Code.MISSING_FIGURE, "the bisection of this irregular fabric is not known exactly", call.span,
                        why, "mend the wiring, or leave the requirement out to draw the matrix")  # fmt: skip
        return _measured(found, "B/s")

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
