"""What may stand where: statements by the kind of definition around them."""

from __future__ import annotations

from typing import Final

from rackc.compiler.values import Fault, a_kind, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code

#: Kinds of definition that can be built or checked by themselves.
ROOTS: Final = frozenset(("design", "test"))
#: Kinds of definition whose instances stand in a rack.
THINGS: Final = frozenset(("part", "tray", "shelf", "rack", "row", "pod"))

_EVERYWHERE: Final = (tree.Let, tree.For, tree.If, tree.Choose)
_RULES: Final = (tree.Require, tree.Prefer, tree.Bound)
_ALLOWED: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(THINGS, (tree.Assign, tree.Instance, tree.Port, tree.Connect, tree.Pool, *_RULES)),
    "design": (tree.Assign, tree.Instance, tree.Connect, tree.Minimize, *_RULES),
    "test": (tree.Assign, tree.Instance, tree.Connect, tree.Minimize, tree.Expect, *_RULES),
    **dict.fromkeys(("link", "interface", "model"), (tree.Assign, tree.Require, tree.Bound)),
    "trait": (tree.Assign, tree.Instance, tree.Port, tree.Connect, tree.Pool, *_RULES),
    "workload": (tree.Assign, tree.Demand, tree.Require, tree.Bound),
    "policy": (tree.Minimize, *_RULES),
    "pattern": (tree.Assign, tree.Connect, tree.Require),
    "pool": (tree.Assign, tree.Bound, tree.Survive, tree.Minimize),
}
_CALLED: Final = {
    tree.Assign: "an attribute", tree.Instance: "an instance", tree.Port: "a port", tree.Connect: "a connection",
    tree.Pool: "a pool", tree.Require: "a rule", tree.Demand: "a demand", tree.Bound: "a bound",
    tree.Survive: "`survive`", tree.Minimize: "`minimize`", tree.Definition: "a definition", tree.Import: "an import",
    tree.Edition: "`edition`", tree.Enum: "an enum", tree.ImportModule: "an import", tree.Prefer: "a preference",
    tree.Choose: "a decision", tree.Expect: "`expect`",
}  # fmt: skip
_INSTEAD: Final[dict[tuple[type, str], str]] = {
    (tree.Enum, ""): "put it beside the definitions, outside the braces",
    (tree.ImportModule, ""): "imports stand at the top of the file",
    (tree.Expect, ""): "it belongs in a `test`",
    (tree.Prefer, "pool"): "put it beside the pool: `prefer kv.stranded <= 40 %`",
    (tree.Assign, "policy"): "a policy holds rules; give it a parameter, or a `let`",
    (tree.Definition, ""): "put it beside the others, outside the braces",
    (tree.Import, ""): "imports stand at the top of the file",
    (tree.Edition, ""): "`edition 2026` stands at the top of the file",
    (tree.Demand, ""): "a demand belongs to a `workload`",
    (tree.Pool, "design"): "put it in the rack or tray whose hosts share it",
    (tree.Port, "design"): "put it in the part or tray that has it",
    (tree.Survive, ""): "it belongs in a `pool`",
    (tree.Minimize, ""): "it belongs in a `pool`, a `policy` or the `design`",
    (tree.Require, "pool"): "put it beside the pool: `require kv.stranded <= 40 %`",
    (tree.Instance, "pool"): "put it beside the pool, and name it in `members` or `controllers`",
    (tree.Instance, "workload"): "put it in a tray or rack",
    (tree.Instance, "interface"): "put it in a part, tray or rack",
    (tree.Instance, "pattern"): "a pattern joins ports that are there: put things in a tray or rack",
    (tree.Port, "pattern"): "a pattern joins ports that are there: `left` and `right`",
    (tree.Connect, "pool"): "the compiler decides the cables of a pool",
}  # fmt: skip


def check_stands(statement: tree.Statement, kind: str) -> None:
    """Raise Fault where a statement has no place in a definition of this kind."""
    if not isinstance(statement, (*_EVERYWHERE, *_ALLOWED[kind])):
        raise misplaced(statement, kind)


def misplaced(statement: tree.Statement, kind: str) -> Fault:
    """Return the finding for a statement in the wrong place."""
    hint = _INSTEAD.get((type(statement), kind)) or _INSTEAD.get((type(statement), ""), "")
    message = f"{_CALLED.get(type(statement), 'this statement')} cannot stand in {a_kind(kind)}"
    return fault(Code.MISPLACED, message, statement.span, "not here", *filter(None, (hint,)))
