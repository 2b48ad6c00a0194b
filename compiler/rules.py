"""`require`, once all that it speaks of is known: each rule of every shape in use, each policy, tested on the Plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from rackc.compiler.evaluate import Scope, evaluate, message_of
from rackc.compiler.functions import PLAIN
from rackc.compiler.plan import Interval
from rackc.compiler.questions import Analysis, Facts, Known
from rackc.compiler.shape import Rule, Shape
from rackc.compiler.values import (
    Fault,
    Space,
    Spoilt,
    Undecided,
    described,
    fault,
    said,
)
from rackc.compiler.worth import worths
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import Quantity, number

#: After this many broken rules the rest are not tested.
MAX_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings, how many rules held, how many wait for decisions, and the weight of the preferences that do not hold."""

    diagnostics: tuple[Diagnostic, ...]
    held: int
    waiting: int
    broken: Fraction


@dataclass(frozen=True, slots=True)
class Goal:
    """What a design minimizes, in its author's words, and what it comes to."""

    words: str
    value: Quantity


def check_rules(root: Shape, facts: Facts) -> Judged:
    """Test every rule: once for each shape in use (all its instances are alike), for racks once for each rack."""
    found: list[Diagnostic] = []
    held = waiting = 0
    weight = Fraction(0)
    known = Known(facts.plan)
    for rule, scope, at in _instances_of_rules(root, facts):
        try:
            broken = _test(rule, scope, Analysis(facts, known, at))
        except Undecided:
            waiting += 1
            continue
        except Fault as caught:
            broken = caught.diagnostic
        except RecursionError:
            broken = Diagnostic(Code.LIMIT, "this rule leads through too many names", Label(rule.span, "too deep"))
        except Spoilt:
            continue
        if broken is None:
            held += 1
        else:
            found.append(broken)
            if len(found) > MAX_FINDINGS:
                break
            weight += rule.weight or 0
    return Judged(tuple(found), held, waiting, weight)


def goals_of(root: Shape, facts: Facts, broken: Fraction) -> tuple[Goal, ...] | Diagnostic:
    """Return what the design minimizes, in order of importance; none where that rests on decisions yet to be made.

    `broken` is the weight of the preferences that do not hold: `preferences.broken` to the goals.
    """
    known = Known(facts.plan)
    preferences = Space("preferences", {"broken": number(broken)})
    found: list[Goal] = []
    for goal, scope in (*root.goals, *(g for _, policy in root.policies for g in policy.goals)):
        try:
            value = evaluate(goal, _view(scope, Analysis(facts, known, 0), {"preferences": preferences}))
            if isinstance(value, Interval):
                value = value.high  # the unfavourable end of what is to be small
            if not isinstance(value, Quantity):
                raise fault(Code.TYPE, f"a goal is a figure, this is {described(value)}", goal.span, "",
                            "write `minimize bom.cost then power.peak`")  # fmt: skip
        except Fault as caught:
            return caught.diagnostic
        except (Undecided, Spoilt):
            return ()
        source = scope.program.sources.get(goal.span.source)
        found.append(Goal(" ".join(source.at(goal.span).split()) if source else "goal", value))
    return tuple(found)


def _view(scope: Scope, analysis: Analysis, more: dict[str, Any]) -> Scope:
    """Return a rule's scope with the figures of the Plan in reach, in the design around it too."""
    builtins = {**PLAIN, **analysis.functions(), **analysis.spaces(analysis.base), **more}
    outer = scope.outer and replace(scope.outer, builtins=builtins, attribute=analysis.attribute)
    return replace(scope, builtins=builtins, attribute=analysis.attribute, outer=outer)


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
            yield rule, rule.scope, 0


def _test(rule: Rule, scope: Scope, analysis: Analysis) -> Diagnostic | None:
    """Return the finding where a rule does not hold; addresses in it start where the analysis does."""
    facts, at = analysis.facts, analysis.base
    view = _view(scope, analysis, {})
    value = evaluate(rule.test, view)
    if value is True:
        return None
    if value is not False:
        raise fault(Code.TYPE, f"a rule is true or false, this is {described(value)}", rule.test.span, "",
                    "compare it with something: `<=`, `>=`, `==`")  # fmt: skip
    where = facts.model.address(at) if at else facts.plan.design
    if rule.weight is not None:
        message = "a preference does not hold" if rule.message is None else message_of(rule.message, view)
        return Diagnostic(Code.PREFERENCE, f"{message} ({where})", Label(rule.span, "does not hold"), notes=worths(rule.test, view),
                          hints=(f"it weighs {said(number(rule.weight))}; `require` would insist on it",))  # fmt: skip
    message = message_of(rule.message, view)
    return Diagnostic(Code.REQUIREMENT, f"{message} ({where})", Label(rule.span, "does not hold"), hints=(
        "change the design, or the requirement",), notes=worths(rule.test, view))  # fmt: skip
