"""`require`, once all that it speaks of is known: each rule of every shape in use, each policy, tested on the Plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from rackc.compiler.analyse import fabric
from rackc.compiler.analyse.power import Load, available, sources
from rackc.compiler.analyse.report import Report
from rackc.compiler.evaluate import Scope, evaluate, message_of
from rackc.compiler.functions import PLAIN
from rackc.compiler.model import Model
from rackc.compiler.plan import Plan
from rackc.compiler.shape import Rule, Shape
from rackc.compiler.values import (
    Builtin,
    Counted,
    DefinitionRef,
    Fault,
    Selection,
    Space,
    Spoilt,
    Undecided,
    described,
    fault,
)
from rackc.compiler.worth import worths
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.units import Quantity, number, quantity


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about: the Plan, its Report and loads, and which racks still hold undecided pools."""

    model: Model
    plan: Plan
    report: Report
    loads: list[Load]
    undecided: frozenset[int]
    pools_open: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings, how many rules held, and how many wait for decisions."""

    diagnostics: tuple[Diagnostic, ...]
    held: int
    waiting: int


def check_rules(root: Shape, facts: Facts) -> Judged:
    """Test every rule: once for each shape in use (all its instances are alike), for racks once for each rack."""
    found: list[Diagnostic] = []
    held = waiting = 0
    known = _Known(facts.plan)
    for rule, scope, at in _instances_of_rules(root, facts):
        try:
            broken = _test(rule, scope, _Analysis(facts, known, at))
        except Undecided:
            waiting += 1
            continue
        except Fault as caught:
            broken = caught.diagnostic
        except Spoilt:
            continue
        if broken is None:
            held += 1
        else:
            found.append(broken)
    return Judged(tuple(found), held, waiting)


def _instances_of_rules(root: Shape, facts: Facts) -> Iterator[tuple[Rule, Scope, int]]:
    model = facts.model
    seen: set[int] = set()
    for instance in range(len(model.parent)):
        shape = model.shape_at(instance)
        if not shape.rules or (id(shape) in seen and shape.kind != "rack"):
            continue
        seen.add(id(shape))
        for rule in shape.rules:
            yield rule, rule.scope, instance
    for _, policy in root.policies:
        for rule in policy.rules:
            yield rule, replace(rule.scope, outer=_design_scope(root, rule.scope)), 0


def _design_scope(root: Shape, like: Scope) -> Scope:
    return Scope(like.program, "", root, builtins=PLAIN, instantiate=like.instantiate)


class _Known:
    """Figures of the whole Plan that several rules ask for, computed at first use."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._fabrics: dict[str, fabric.Fabric] = {}

    @cached_property
    def protocols(self) -> dict[str, str]:
        """Protocol of each interface in use, by the interface's name."""
        return {port.interface.name: port.interface.protocol for port in self._plan.ports}

    def fabric(self, protocol: str) -> fabric.Fabric:
        if protocol not in self._fabrics:
            self._fabrics[protocol] = fabric.fabric(self._plan, protocol)
        return self._fabrics[protocol]


def _test(rule: Rule, scope: Scope, analysis: _Analysis) -> Diagnostic | None:
    """Return the finding where a rule does not hold; addresses in it start where the analysis does."""
    facts, at = analysis.facts, analysis.base
    builtins = {**PLAIN, **analysis.functions(), **analysis.spaces(at)}
    view = replace(scope, builtins=builtins, attribute=analysis.attribute)
    if view.outer is not None:
        view = replace(view, outer=replace(view.outer, builtins=builtins, attribute=analysis.attribute))
    value = evaluate(rule.test, view)
    if value is True:
        return None
    if value is not False:
        raise fault(Code.TYPE, f"a rule is true or false, this is {described(value)}", rule.test.span, "",
                    "compare it with something: `<=`, `>=`, `==`")  # fmt: skip
    where = facts.model.address(at) if at else facts.plan.design
    message = message_of(rule.message, view)
    return Diagnostic(Code.REQUIREMENT, f"{message} ({where})", Label(rule.span, "does not hold"), hints=(
        "change the design, or the requirement",), notes=worths(rule.test, view))  # fmt: skip


def _measured(value: float, unit: str) -> Quantity:
    """Return a computed figure, to be printed in whatever unit fits it."""
    found = quantity(Fraction(value).limit_denominator(1000), unit)
    return Quantity(found.value, found.dimension)


class _Analysis:
    """Figures of the Plan as values of the language, seen from one instance."""

    def __init__(self, facts: Facts, known: _Known, base: int) -> None:
        self.facts = facts
        self.base = base
        self._known = known

    def functions(self) -> dict[str, Any]:
        """Return the functions that need the whole design."""
        return {
            "diameter": Builtin("diameter", self._diameter),
            "bisection": Builtin("bisection", self._bisection),
        }

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
            return _measured(getattr(self.facts.loads[instance], name), "W")

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
        return _measured(left, "W")

    # -------- fabrics

    def _among(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> tuple[list[int], str]:
        if len(positional) != 1 or not isinstance(positional[0], Selection) or set(named) != {"over"}:
            raise fault(Code.ARGUMENT, "write `f(gpu[*], over = NVLink5)`: instances, and the interface", call.span)
        over = named["over"]
        if not isinstance(over, DefinitionRef) or over.definition.kind != "interface":
            raise fault(Code.TYPE, f"`over` is an interface, this is {described(over)}", call.span)
        among = [int(i) + self.base for chunk in positional[0].chunks for i in chunk.instances]
        return among, self._known.protocols.get(over.definition.name, "")

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
