"""`require rack.kv.cost <= 60_000 USD`: rules that bound one figure of one pool, given to the optimizer as budgets.

A rule stays a rule: it is tested on the Plan as any other. Only what is exactly a pool's figure on one side, and known
before any decision on the other, is a budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.functions import PLAIN
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.optimize.pose_said import LIMITS, Bound
from rackc.compiler.optimize.problem import Limit, Measure, PoolProblem
from rackc.compiler.optimize.promises import capacity_of, held_at_once
from rackc.compiler.plan import Interval
from rackc.compiler.shape import Rule, Shape
from rackc.compiler.values import Fault, Selection, Space, Spoilt, Undecided, Untold
from rackc.dsl import tree
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that a rule sets, and where."""

    limit: Limit
    span: Span


@dataclass(frozen=True, slots=True)
class _Figure:
    """Stands for a figure of a pool that is not known yet."""

    pool: str
    name: str


#: What rules may bound, as the bounds of a pool are.
_UNITS: Final[dict[str, Bound]] = {
    **{name: LIMITS[name] for name in ("cost", "power", "capacity", "controllers")},
    "stranded": Bound(NONE, "", 1, "stranded <= 0.1"),
}
#: What of the problem a bound on a figure limits.
_LIMITS: Final[dict[str, Measure]] = {
    "cost": "cost",
    "power": "power",
    "capacity": "capacity",
    "controllers": "controllers",
    "stranded": "capacity",
}
_MIRRORED: Final = {"<=": "<=", "<": "<", ">=": "<=", ">": "<"}


def with_budgets(
    root: Shape, model: Model, posed: Sequence[PosedPool]
) -> tuple[list[PosedPool], dict[str, tuple[Budget, ...]]]:
    """Return the pools with the budgets that rules set, behind those of their own, and these by the pool's address."""
    problems = {pool.address: pool.problem for pool in posed}
    found: dict[str, tuple[Budget, ...]] = {}
    for figure, op, bound, span in _bounds(root, model):
        problem = problems.get(figure.pool)
        limit = None if problem is None else limit_of(problem, figure.name, op, bound)
        if limit is not None:
            budget = Budget(limit, span)
            found[figure.pool] = (*found.get(figure.pool, ()), budget)
    widened = [_widened(pool, found.get(pool.address, ())) for pool in posed]
    return widened, found


def _widened(pool: PosedPool, budgets: tuple[Budget, ...]) -> PosedPool:
    limits = (*pool.problem.limits, *(budget.limit for budget in budgets))
    return replace(pool, problem=replace(pool.problem, limits=limits)) if budgets else pool


def _bounds(root: Shape, model: Model) -> Iterator[tuple[_Figure, str, Quantity, Span]]:
    """Yield what rules bound from above, each for every instance that it speaks of."""
    for rule, instances in _rules(root, model):
        for at in instances:
            for test in _conjuncts(rule.test):
                bound = _bound(test, rule.scope, model, at)
                if bound is not None:
                    yield (*bound, rule.span)


def _rules(root: Shape, model: Model) -> Iterator[tuple[Rule, Iterable[int]]]:
    """Yield every `require`, with the instances of the thing that states it; a policy speaks of the design."""
    for _, shape, rows in model.standing():
        for rule in shape.rules:
            if rule.weight is None:
                yield rule, rows.tolist()
    for _, policy in root.policies:
        for rule in policy.rules:
            if rule.weight is None:
                yield rule, (0,)


def _conjuncts(test: tree.Expr) -> Iterator[tree.Expr]:
    """Yield what must hold one by one: the parts of `a and b`."""
    match test:
        case tree.Binary(op="and", left=left, right=right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield test


def _bound(test: tree.Expr, scope: Scope, model: Model, at: int) -> tuple[_Figure, str, Quantity] | None:
    """Return the figure, the way and the bound of a comparison of a pool's figure with something known."""
    if not isinstance(test, tree.Binary) or test.op not in _MIRRORED:
        return None
    sides = (test.left, test.right) if test.op in ("<=", "<") else (test.right, test.left)
    if not isinstance(sides[0], tree.Attr) or sides[0].name not in _UNITS:
        return None
    view = _view(scope, partial(_attribute, model, at))
    try:
        figure, bound = evaluate(sides[0], view), evaluate(sides[1], view)
    except (Fault, Spoilt, Undecided, Untold, RecursionError):
        return None  # it rests on the Plan, or is at fault: the rule itself tells
    if isinstance(bound, Interval):
        bound = bound.low  # a range counts with its unfavourable end
    if not isinstance(figure, _Figure) or not isinstance(bound, Quantity):
        return None
    return (figure, _MIRRORED[test.op], bound) if bound.dimension == _UNITS[figure.name].dimension else None


def _view(scope: Scope, attribute: Any) -> Scope:
    """Return a rule's scope where pools have figures that are not known yet, in the design around it too."""
    outer = scope.outer and replace(scope.outer, builtins=PLAIN, attribute=attribute)
    return replace(scope, builtins=PLAIN, attribute=attribute, outer=outer)


def _attribute(model: Model, at: int, of: Selection, name: str) -> Space | None:
    """Return the figures of a pool of an instance; nothing else is known yet."""
    if not of.single or all(pool.name != name for pool in of.chunks[0].shape.pools):
        return None
    instance = int(of.chunks[0].instances[0]) + at
    address = f"{model.address(instance)}.{name}" if instance else name
    return Space(name, {figure: _Figure(address, figure) for figure in _UNITS})


def limit_of(problem: PoolProblem, name: str, op: str, bound: Quantity) -> Limit | None:
    """Return a bound in the problem's whole units: the greatest that keeps it. None where it bounds nothing."""
    unit = _UNITS[name]
    if name == "stranded":
        share = bound.value
        if share >= 1:
            return None
        most = capacity_of(problem, share)
        just = op == "<" and most * (1 - share) == held_at_once(problem)
        return Limit(_LIMITS[name], most - just, (share.numerator, share.denominator))
    value = bound.exact(unit.unit) * unit.each if unit.unit else bound.value
    return Limit(_LIMITS[name], math.floor(value) if op == "<=" else math.ceil(value) - 1)
