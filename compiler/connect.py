"""`connect`: two sides, a carrier and a pattern to pairs of ports."""

from __future__ import annotations

from collections.abc import Callable

from rackc.compiler.evaluate import Scope
from rackc.compiler.patterns.apply import Applying, pairs_of
from rackc.compiler.patterns.joining import Joining
from rackc.compiler.patterns.sides import side_of
from rackc.compiler.shape import Shape, Wiring
from rackc.compiler.values import DefinitionRef, a_kind, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code

#: Elaborates the definition that a type names.
ShapeOf = Callable[[tree.TypeRef, Scope], Shape]


def wire(statement: tree.Connect, scope: Scope, shape_of: ShapeOf, applying: Applying) -> None:
    """Add the links of one connection to the shape in hand; raises Fault where they do not come out."""
    left = side_of(statement.left, scope)
    right = None if statement.right is None else side_of(statement.right, scope)
    carrier = shape_of(statement.carrier, scope) if statement.carrier is not None else None
    if carrier is not None and carrier.kind != "link":
        raise fault(Code.TYPE, f"`{carrier.name}` is {a_kind(carrier.kind)}, a connection needs a link",
                    statement.carrier.span if statement.carrier else statement.span, "no link",
                    "name a link, such as std.carriers.Cat6, or leave it out")  # fmt: skip
    span = statement.pattern.span if statement.pattern else statement.span
    a, b = pairs_of(statement.pattern, Joining(left, right, scope.shape, span), scope, applying)
    candidates = () if carrier is not None else _carriers(scope)
    scope.shape.wirings.append(Wiring(a, b, carrier, candidates, statement.span))


def _carriers(scope: Scope) -> tuple[Shape, ...]:
    """Return every link that the module names: what a connection without a carrier may choose from."""
    assert scope.instantiate is not None
    names = scope.program.modules[scope.module].names
    make = scope.instantiate
    refs = [DefinitionRef(d, where) for where, d in names.values() if d.kind == "link" and not d.params]
    return tuple(make(ref, ref.definition.span) for ref in refs)
