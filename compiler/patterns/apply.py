"""`by name(…)`: the pattern that is meant, built in or of the design's own, and what it joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rackc.compiler.evaluate import Scope, spend
from rackc.compiler.patterns import PATTERNS
from rackc.compiler.patterns.joining import PORTS_A_STEP, Joining, Pairs, Pattern
from rackc.compiler.patterns.options import options_of
from rackc.compiler.patterns.own import run_pattern
from rackc.compiler.values import DefinitionRef, Fault, Spoilt, a_kind, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, unknown
from rackc.dsl.source import Span

#: Binds the arguments of a definition: the definition, its module, the arguments, what to point at, the user's scope.
Bind = Callable[[tree.Definition, str, tuple[tree.Argument, ...], Span, Scope], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Applying:
    """How a definition's arguments are bound, whom findings inside a body are told, and which bodies are running."""

    bind: Bind
    report: Callable[[Diagnostic], None]
    running: tuple[tree.Definition, ...] = ()


def pairs_of(ref: tree.TypeRef | None, joining: Joining, scope: Scope, applying: Applying) -> Pairs:
    """Return the ports that a connection joins by the pattern it names, one to one where it names none."""
    if ref is None and joining.right is None:
        raise joining.unequal("a connection has two sides", "the second is missing",
                              "add ` -- b`, or a pattern that joins a set with itself: `by ring`")  # fmt: skip
    spend(scope, joining.span, joining.size // PORTS_A_STEP)
    found = PATTERNS["one_to_one"] if ref is None else _find(ref, scope)
    if isinstance(found, Pattern):
        name = "one_to_one" if ref is None else ref.path[-1]
        given = options_of(found, name, ref.arguments if ref is not None else (), joining.span, scope)
        _check_sides(name, found, joining)
        return found.run(joining, given)
    assert ref is not None
    return _run_own(*found, ref, joining, scope, applying)


def _run_own(
    module: str, definition: tree.Definition, ref: tree.TypeRef, joining: Joining, scope: Scope, applying: Applying
) -> Pairs:
    if definition in applying.running:
        ring = applying.running[applying.running.index(definition) :]
        names = " -> ".join(d.name for d in (*ring, definition))
        raise fault(Code.CYCLE, f"patterns use each other: {names}", ref.span, "used here",
                    "take one of them out: a pattern cannot go by itself")  # fmt: skip
    bound = applying.bind(definition, module, ref.arguments, ref.span, scope)
    running = (*applying.running, definition)

    def join(inner: tree.TypeRef | None, asked: Joining, inside: Scope, report: Callable[[Diagnostic], None]) -> Pairs:
        return pairs_of(inner, asked, inside, replace(applying, report=report, running=running))

    return run_pattern(definition, bound, joining, replace(scope, module=module), join, applying.report)


def _find(ref: tree.TypeRef, scope: Scope) -> Pattern | tuple[str, tree.Definition]:
    """Return the pattern that is meant: a parameter's, the module's own or imported, or a built-in one."""
    name = ref.path[0]
    module = scope.program.modules[scope.module]
    if len(ref.path) > 1:
        found = scope.program.find(scope.module, ref.path, ref.span)
        if isinstance(found, Diagnostic):
            raise Fault(found)
    elif isinstance(given := scope.locals.get(name), DefinitionRef):
        found = given.module, given.definition
    elif name in module.names:
        found = module.names[name]
    elif name in PATTERNS:
        return PATTERNS[name]
    elif name in module.missing:
        raise Spoilt
    else:
        own = [own for own, (_, definition) in module.names.items() if definition.kind == "pattern"]
        raise Fault(unknown(Code.UNKNOWN_NAME, "pattern", name, [*PATTERNS, *own], ref.span))
    if isinstance(found[1], tree.Definition) and found[1].kind == "pattern":
        return found[0], found[1]
    if len(ref.path) == 1 and name in PATTERNS:
        return PATTERNS[name]
    raise fault(Code.TYPE, f"`{found[1].name}` is {a_kind(found[1].kind)}, a connection goes by a pattern", ref.span,
                "no pattern", f"patterns that are built in: {', '.join(PATTERNS)}")  # fmt: skip


def _check_sides(name: str, pattern: Pattern, joining: Joining) -> None:
    if joining.sides in pattern.sides:
        return
    if joining.right is None:
        instead = " (`mesh` joins all of one set)" if name == "all_to_all" else ""
        raise joining.unequal(f"`{name}` joins two sides", "the second is missing",
                              f"write `connect a -- b by {name}`{instead}")  # fmt: skip
    raise joining.unequal(f"`{name}` joins one set with itself", "two sides",
                          f"name all of them on one side: `connect a by {name}(…)`")  # fmt: skip
