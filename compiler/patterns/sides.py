"""The sides of a connection: expressions to bundles of ports."""

from __future__ import annotations

from typing import Any

from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.patterns.joining import Bundles
from rackc.compiler.values import PortSet, Selection, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code


def side_of(expr: tree.Expr, scope: Scope) -> Bundles:
    """Return the ports that one side names, in bundles; raises Fault where it names none."""
    bundles = _ports_of(evaluate(expr, scope), expr).bundles
    if not any(map(len, bundles)):
        raise fault(Code.UNEQUAL, "there are no ports on this side", expr.span, "empty",
                    "check the counts; `if` leaves a connection out")  # fmt: skip
    return bundles


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
