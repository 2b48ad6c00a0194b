"""`pool` and `demand` blocks to their specifications: values by name, with the place each stands at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from rackc.compiler.declare import dotted, once, target_name
from rackc.compiler.evaluate import Scope, choose, decided, evaluate, spend, turns
from rackc.compiler.shape import DemandSpec, PoolSpec, Promised
from rackc.compiler.standing import THINGS, misplaced
from rackc.compiler.values import DefinitionRef, Fault, Selection, a_kind, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, twice
from rackc.dsl.source import Span

#: Runs what may be at fault, and notes the finding.
Attempt = Callable[[Callable[[], object]], None]


def read_pool(statement: tree.Pool, scope: Scope, attempt: Attempt) -> None:
    """Add a pool to the shape in hand; `attempt` notes what is wrong with a statement of it, and goes on."""
    spec = PoolSpec(statement.name, statement.span)
    earlier = next((pool.span for pool in scope.shape.pools if pool.name == statement.name), None)
    if earlier is not None:
        raise Fault(Diagnostic(Code.DUPLICATE, f"pool `{statement.name}` stands here already",
                               Label(statement.name_span, "second"), (Label(earlier, "first"),),
                               ("give one of them another name",)))  # fmt: skip
    _body(statement.body, spec, scope, {}, attempt)
    scope.shape.pools.append(spec)


def _body(block: tree.Block, spec: PoolSpec, scope: Scope, seen: dict[str, Span], attempt: Attempt) -> None:
    for inner in block.statements:
        attempt(partial(_statement, inner, spec, scope, seen, attempt))


def _statement(
    statement: tree.Statement, spec: PoolSpec, scope: Scope, seen: dict[str, Span], attempt: Attempt
) -> None:
    spend(scope, statement.span)
    match statement:
        case tree.Assign(target=tree.Name(name=name), value=value, span=span):
            once(name, span, seen)
            found = evaluate(value, scope)
            _check_choice(name, found, value.span)
            spec.values[name], spec.spans[name] = found, span
        case tree.Bound(target=target, op=op, value=value, span=span):
            name = target_name(target)
            once(f"{name} {op}", span, seen)
            spec.bounds[name if op == "<=" else f"{name} {op}"] = (op, evaluate(value, scope), span)
        case tree.Survive(count=count, noun=noun, promise=promise, span=span):
            once(f"survive {noun} for {promise}", span, seen)
            spec.survive = (*spec.survive, Promised(count, noun, promise, span))
        case tree.Minimize(goals=goals, span=span):
            once("minimize", span, seen)
            spec.goals = tuple(dotted(goal) for goal in goals)
        case tree.Let(name=name, value=value):
            scope.locals[name] = evaluate(value, scope)
        case tree.Choose(name=name):
            scope.locals[name] = choose(statement, scope)
        case tree.If(test=test, yes=yes, no=no):
            branch = yes if decided(test, scope) else no
            if branch is not None:
                _body(branch, spec, scope, seen, attempt)
        case tree.For(of=of, body=body):
            for names in turns(statement, evaluate(of, scope)):
                _body(body, spec, scope.inner(names), seen, attempt)
        case _:
            raise misplaced(statement, "pool")


def read_demand(statement: tree.Demand, scope: Scope) -> None:
    """Add a demand to the workload in hand."""
    kind = statement.type
    earlier = next((d.span for d in scope.shape.demands if d.name == statement.name), None)
    if earlier is not None:
        raise Fault(twice(statement.name, statement.span, earlier))
    positional = [a for a in kind.arguments if not a.name]
    arguments: dict[str, Any] = {str(at): evaluate(a.value, scope) for at, a in enumerate(positional)}
    arguments |= {a.name: evaluate(a.value, scope) for a in kind.arguments if a.name}
    reader = dotted(statement.reader) if statement.reader is not None else "cpu"
    scope.shape.demands.append(DemandSpec(statement.name, statement.span, ".".join(kind.path), arguments, reader))


#: What a pool's lists hold, and what they must not be without.
_KINDS_IN_POOL: Final = {"modules": THINGS, "cables": frozenset(("link",))}
_NOT_EMPTY: Final = ("members", "controllers", "modules")


def _check_choice(name: str, value: Any, span: Span) -> None:
    """Raise where a list of a pool is empty, or holds definitions of the wrong kind."""
    if name in _NOT_EMPTY and isinstance(value, tuple | Selection) and not len(value):
        raise fault(Code.POOL, f"`{name}` is empty", span, "nothing here", "name at least one")
    for one in value if isinstance(value, tuple) else (value,):
        if (
            isinstance(one, DefinitionRef)
            and name in _KINDS_IN_POOL
            and one.definition.kind not in _KINDS_IN_POOL[name]
        ):
            wanted = "links" if name == "cables" else "parts"
            raise fault(
                Code.POOL,
                f"`{name}` are {wanted}, `{one.definition.name}` is {a_kind(one.definition.kind)}",
                span,
                f"no {wanted}",
            )
