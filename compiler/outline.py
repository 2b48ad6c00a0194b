"""Definitions by themselves, for catalogues and tests: elaborated on the defaults of their parameters.

What rests on a parameter without a default stays open: its figure is the text that its author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rackc.compiler.choices import Choices
from rackc.compiler.declare import provenance, target_name
from rackc.compiler.elaborate import Elaborator
from rackc.compiler.evaluate import Scope, evaluate
from rackc.compiler.functions import PLAIN
from rackc.compiler.modules import Module, Program
from rackc.compiler.plan import Figure
from rackc.compiler.shape import Shape
from rackc.compiler.standing import THINGS
from rackc.compiler.values import SPOILT, Fault, Spoilt
from rackc.dsl import tree
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Span

#: Kinds that have figures of their own; of all others a name and a title are what there is to say.
FIGURED: Final = THINGS | {"trait", "interface", "link", "model"}
#: Roots are built, not imported.
ROOTS: Final = frozenset(("design", "test"))


@dataclass(frozen=True, slots=True)
class Outline:
    """One definition of a module and what it says; `loose` are ports whose number or kind a parameter leaves open.

    `findings` are what is at fault in it by itself.
    """

    module: str
    definition: tree.Definition | tree.Enum
    shape: Shape | None = None
    loose: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()


def outlines(program: Program, module: Module) -> Iterator[Outline]:
    """Yield every definition of a module that a design could import, in the order of its file."""
    for statement in module.statements:
        if isinstance(statement, tree.Enum):
            yield Outline(module.name, statement)
        elif isinstance(statement, tree.Definition) and statement.kind not in ROOTS:
            yield _Outliner(program).outline(statement, module.name)


class _Outliner(Elaborator):
    """Elaborates on defaults; what has none is spoilt from the start, and its uses are noted as their author wrote them."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._loose: dict[int, list[str]] = {}

    def outline(self, definition: tree.Definition, module: str) -> Outline:
        if definition.kind not in FIGURED:
            return Outline(module, definition)
        self.program.afresh(Choices())
        nothing = Scope(self.program, module, Shape("", "", "", "", definition.span), builtins=PLAIN,
                        instantiate=self.instantiate)  # fmt: skip
        bound = self._bind(definition, module, (), definition.name_span, nothing)
        shape = self._define(definition, module, bound, None, None)
        loose = tuple(self._loose.get(id(shape), ()))
        return Outline(module, definition, shape, loose, tuple(self.diagnostics))

    def _bind(
        self, definition: tree.Definition, module: str, arguments: tuple[tree.Argument, ...],
        span: Span, scope: Scope,  # noqa: ARG002 (nothing is at fault here)
    ) -> dict[str, Any]:  # fmt: skip
        names = [param.name for param in definition.params]
        bound = {a.name or names[at]: _tried(a.value, scope) for at, a in enumerate(arguments)}
        own = Scope(self.program, module, Shape("", "", "", "", definition.span), bound, builtins=PLAIN,
                    instantiate=self.instantiate)  # fmt: skip
        for param in definition.params:
            if param.name not in bound:
                bound[param.name] = SPOILT if param.default is None else _tried(param.default, own)
        return {name: bound[name] for name in names}

    def _meant(self, ref: tree.TypeRef, scope: Scope) -> tuple[str, tree.Definition]:
        if len(ref.path) == 1 and scope.locals.get(ref.path[0]) is SPOILT:  # `card[8]: card` where no card is given
            raise Spoilt
        return super()._meant(ref, scope)

    def _assign(self, statement: tree.Assign, scope: Scope, seen: dict[str, Span]) -> None:
        try:
            super()._assign(statement, scope, seen)
        except Spoilt:
            name = target_name(statement.target)
            scope.shape.figures[name] = Figure(self._words(statement.value.span), *provenance(statement.cites))
            scope.shape.spans[name] = statement.span
            raise

    def _port(self, statement: tree.Port, scope: Scope) -> None:
        try:
            super()._port(statement, scope)
        except Spoilt:
            self._loose.setdefault(id(scope.shape), []).append(self._words(statement.span).removeprefix("port "))
            raise

    def _words(self, span: Span) -> str:
        return " ".join(self.program.sources[span.source].at(span).split())


def _tried(expr: tree.Expr, scope: Scope) -> Any:
    """Return what an expression is worth, SPOILT where it rests on what is open."""
    try:
        return evaluate(expr, scope)
    except (Fault, Spoilt):
        return SPOILT
