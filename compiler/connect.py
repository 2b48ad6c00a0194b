"""`connect`: two sides, a carrier and a pattern to pairs of ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.operators import whole
from rackc.compiler.patterns import PATTERNS
from rackc.compiler.shape import Shape, Wiring
from rackc.compiler.standing import a_kind
from rackc.compiler.values import DefinitionRef, Fault, PortSet, Selection, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, starting, unknown

#: Elaborates the definition that a type names.
ShapeOf = Callable[[tree.TypeRef, Scope], Shape]


def wire(statement: tree.Connect, scope: Scope, shape_of: ShapeOf) -> None:
    """Add the links of one connection to the shape in hand; raises Fault where they do not come out."""
    if statement.right is None:
        raise fault(Code.UNEQUAL, "a connection has two sides", statement.span, "the second is missing")
    left, right = _port_set(statement.left, scope), _port_set(statement.right, scope)
    carrier = shape_of(statement.carrier, scope) if statement.carrier is not None else None
    if carrier is not None and carrier.kind != "link":
        raise fault(Code.TYPE, f"`{carrier.name}` is {a_kind(carrier.kind)}, a connection needs a link",
                    statement.carrier.span if statement.carrier else statement.span, "no link",
                    "name a link, such as std.carriers.Cat6, or leave it out")  # fmt: skip
    name, options = _pattern(statement.pattern, scope)
    span = statement.pattern.span if statement.pattern else statement.span
    if not len(left) or not len(right):
        side = statement.left if not len(left) else statement.right
        raise fault(Code.UNEQUAL, "there are no ports on this side", side.span, "empty",
                    "check the counts; `if` leaves a connection out")  # fmt: skip
    a, b = PATTERNS[name][0](left, right, span, **options)
    candidates = () if carrier is not None else _carriers(scope)
    scope.shape.wirings.append(Wiring(a, b, carrier, candidates, statement.span))


def _carriers(scope: Scope) -> tuple[Shape, ...]:
    """Return every link that the module names: what a connection without a carrier may choose from."""
    assert scope.instantiate is not None
    names = scope.program.modules[scope.module].names
    make = scope.instantiate
    refs = [DefinitionRef(d, where) for where, d in names.values() if d.kind == "link" and not d.params]
    return tuple(make(ref, ref.definition.span) for ref in refs)


def _pattern(ref: tree.TypeRef | None, scope: Scope) -> tuple[str, dict[str, int]]:
    if ref is None:
        return "one_to_one", {}
    name = ".".join(ref.path)
    if name not in PATTERNS:
        raise Fault(unknown(Code.UNKNOWN_NAME, "pattern", name, PATTERNS, starting(ref.span, name)))
    options: dict[str, int] = {}
    for argument in ref.arguments:
        key = argument.name or next(iter(PATTERNS[name][1]), "")
        if key not in PATTERNS[name][1]:
            at = starting(argument.span, key) if argument.name else argument.span
            raise Fault(unknown(Code.ARGUMENT, f"option of `{name}`", key, PATTERNS[name][1], at))
        value = evaluate(argument.value, scope)
        number = whole(value)
        if number is None or number < 1:
            raise fault(Code.TYPE, f"`{key}` is a whole number from 1, this is {described(value)}", argument.span,
                        "no such number")  # fmt: skip
        if key in options:
            raise fault(Code.ARGUMENT, f"`{key}` of `{name}` is given twice", argument.span, "second", "keep one")
        options[key] = number
    return name, options


def _port_set(expr: tree.Expr, scope: Scope) -> PortSet:
    return _ports_of(evaluate(expr, scope), expr)


def _ports_of(value: Any, expr: tree.Expr) -> PortSet:
    if isinstance(value, PortSet):
        return value
    if isinstance(value, tuple) and value and all(isinstance(v, PortSet) for v in value):
        return PortSet(tuple(bundle for v in value for bundle in v.bundles), array=False)
    if isinstance(value, tuple):
        value, text = next(((v, "in this list") for v in value if not isinstance(v, PortSet)), (value, ""))
        if not value and not text:
            raise fault(Code.UNEQUAL, "there are no ports on this side", expr.span, "empty", "name the ports to join")
    hint = "name its port: `x.port`" if isinstance(value, Selection) else "a connection joins ports"
    raise fault(Code.TYPE, f"ports are wanted here, this is {described(value)}", expr.span, "", hint)
