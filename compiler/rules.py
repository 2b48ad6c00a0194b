"""`require`, once all that it speaks of is known: each rule of every shape in use, each policy, tested on the Plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Test every rule: once for things that are alike, and for each of them where what lies around them counts too."""
    found: list[Diagnostic] = []
    held = waiting = 0
    weight = Fraction(0)
    known = Known(facts)
    for rule, scope, alike in _rules(root, facts):
        before = len(found)
        try:
            for at in alike:
                analysis = Analysis(facts, known, at)
                broken = _tested(rule, scope, analysis, alike if at == alike[0] else (at,))
                found.extend(() if broken is None else (broken,))
                if analysis.alone or len(found) > MAX_FINDINGS:
                    break
            held += len(found) == before
        except Undecided:
            waiting += 1
        except Spoilt:
            pass
        weight += (rule.weight or 0) if len(found) > before else 0
        if len(found) > MAX_FINDINGS:
            break
    return Judged(tuple(found), held, waiting, weight)


def _tested(rule: Rule, scope: Scope, analysis: Analysis, alike: Sequence[int]) -> Diagnostic | None:
    try:
        return _test(rule, scope, analysis, alike)
    except Fault as caught:
        return caught.diagnostic
    except RecursionError:
        return Diagnostic(Code.LIMIT, "this rule leads through too many names", Label(rule.span, "too deep"))


def goals_of(root: Shape, facts: Facts, broken: Fraction) -> tuple[Goal, ...] | Diagnostic:
    """Return what the design minimizes, in order of importance; none where that rests on decisions yet to be made.

    `broken` is the weight of the preferences that do not hold: `preferences.broken` to the goals.
    """
    known = Known(facts)
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


def _rules(root: Shape, facts: Facts) -> Iterator[tuple[Rule, Scope, Sequence[int]]]:
    """Yield each rule with the instances it speaks of that are alike, in the order in which these stand."""
    model = facts.model
    racks = {row.alike[0]: row.alike for row in facts.report.racks}
    groups: list[tuple[Sequence[int], Shape]] = []
    for _, shape, rows in model.standing():
        if not shape.rules:
            continue
        pooled = [owner for owner in facts.pools if owner - int(rows[0]) >= 0]
        if shape.kind != "rack":
            groups.append((rows.tolist(), shape))
        elif any(0 <= owner - row < shape.instances for row in rows.tolist() for owner in pooled):
            groups += [((row,), shape) for row in rows.tolist()]
        else:
            groups += [(racks[row], shape) for row in rows.tolist() if row in racks]
    for alike, shape in sorted(groups, key=lambda group: group[0][0]):
        for rule in shape.rules:
            yield rule, rule.scope, alike
    for _, policy in root.policies:
        for rule in policy.rules:
            yield rule, rule.scope, (0,)


def _test(rule: Rule, scope: Scope, analysis: Analysis, alike: Sequence[int]) -> Diagnostic | None:
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
    if len(alike) > 1 and analysis.alone:
        where += f" and {len(alike) - 1:,} like it"
    if rule.weight is not None:
        message = "a preference does not hold" if rule.message is None else message_of(rule.message, view)
        return Diagnostic(Code.PREFERENCE, f"{message} ({where})", Label(rule.span, "does not hold"), notes=worths(rule.test, view),
                          hints=(f"it weighs {said(number(rule.weight))}; `require` would insist on it",))  # fmt: skip
    message = message_of(rule.message, view)
    return Diagnostic(Code.REQUIREMENT, f"{message} ({where})", Label(rule.span, "does not hold"),
                      notes=worths(rule.test, view))  # fmt: skip
