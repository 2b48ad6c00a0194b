"""Modules to scopes: which name means which definition. Imports are read through a loader that the caller gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rackc.compiler.values import Spoilt
from rackc.dsl import tree
from rackc.dsl.allow import Allow, read_allows
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest, respelt, starting, unknown
from rackc.dsl.parser import parse
from rackc.dsl.source import NOWHERE, Source, Span

#: A module name longer than this is no name of a file.
MAX_NAME: Final = 200
#: Statements and turns of loops that one design may take: far beyond any rack, and still about a second.
MAX_STEPS: Final = 100_000


class Loader(Protocol):
    """Where modules and traces come from: the one door to files, kept by the caller."""

    def module(self, name: str) -> Source | None:
        """Return the source of `nvidia.gb200`, or None where there is none."""
        ...

    def modules(self) -> tuple[str, ...]:
        """Return the names of all modules, for `did you mean`."""
        ...

    def trace(self, path: str) -> Iterable[bytes] | str:
        """Return the lines of a trace (decompressed), or a sentence that says why it cannot be read."""
        ...


@dataclass(slots=True)
class Module:
    """One file's scope: what each name means there; `values` are its lets as far as they were evaluated.

    `missing` are names whose import was reported: their uses are not reported as well.
    """

    name: str
    statements: tuple[tree.Statement, ...]
    names: dict[str, tuple[str, tree.Definition]] = field(default_factory=dict)
    lets: dict[str, tree.Let] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Program:
    """All modules that a design reaches, their sources for printing, and what was wrong with their names.

    `allows` are the findings that comments allow.
    """

    modules: dict[str, Module]
    sources: dict[str, Source]
    diagnostics: list[Diagnostic]
    loader: Loader
    steps: int = 0
    allows: list[Allow] = field(default_factory=list)

    def step(self, weight: int = 1) -> bool:
        """Count one statement or one turn of a loop; False where the design has used up its share."""
        self.steps += weight
        return not self.exhausted

    @property
    def exhausted(self) -> bool:
        """Whether the design has used up its steps."""
        return self.steps > MAX_STEPS

    def find(self, module: str, path: tuple[str, ...], span: Span) -> tuple[str, tree.Definition] | Diagnostic:
        """Resolve `Rack` or `std.racks.Eia48` as seen from `module`."""
        if len(path) == 1:
            found = self.modules[module].names.get(path[0])
            if found is not None:
                return found
            if path[0] in self.modules[module].missing:
                raise Spoilt
            return unknown(Code.UNKNOWN_PART, "part", path[0], self.modules[module].names, starting(span, path[0]))
        target = self.load(".".join(path[:-1]), span, ())
        if isinstance(target, Diagnostic):
            return target
        found = target.names.get(path[-1])
        at = self._last_step(path, span)
        return found or unknown(Code.UNKNOWN_PART, f"part of `{target.name}`", path[-1], target.names, at)

    def _last_step(self, path: tuple[str, ...], span: Span) -> Span:
        """Return the span of the last name of a path, within that of the type; all of it where it has blanks inside."""
        dotted = ".".join(path)
        source = self.sources.get(span.source)
        if source is None or not source.at(span).startswith(dotted):
            return span
        end = starting(span, dotted).end
        return Span(span.source, end - len(path[-1].encode()), end)

    def load(self, name: str, span: Span, chain: tuple[str, ...]) -> Module | Diagnostic:
        """Return a module by name, reading it at first use."""
        if name in self.modules:
            return self.modules[name]
        source = self.loader.module(name) if len(name) <= MAX_NAME else None
        if source is None:
            known = self.loader.modules()
            inside = [module for module in known if module.startswith(f"{name}.")]
            hints = (f"it is a folder: name a module such as {inside[0]}",) if inside else closest(name, known)
            shown = name if len(name) <= MAX_NAME else f"{name[:20]}…"
            return Diagnostic(
                Code.UNKNOWN_MODULE, f"there is no module `{shown}`", Label(span, "not found"), hints=hints,
                fix=None if inside else respelt(name, known, span),
            )  # fmt: skip
        return self.read(name, source, chain)

    def read(self, name: str, source: Source, chain: tuple[str, ...]) -> Module:
        """Parse one module, note its definitions, and follow its imports."""
        self.sources[source.name] = source
        parsed = parse(source)
        self.diagnostics.extend(parsed.diagnostics)
        remarks = read_allows(source, parsed.comments, parsed.tree.statements)
        self.diagnostics.extend(remarks.diagnostics)
        self.allows.extend(remarks.allows)
        module = Module(name, parsed.tree.statements)
        for statement in parsed.tree.statements:
            self._declare(module, statement, (*chain, name))
        self.modules[name] = module
        return module

    def _declare(self, module: Module, statement: tree.Statement, chain: tuple[str, ...]) -> None:
        match statement:
            case tree.Import():
                self._import(module, statement, chain)
            case tree.Definition():
                self._name(module, statement.name, statement.name_span, (module.name, statement))
                self._params(statement)
            case tree.Let(name=name, span=span):
                earlier = module.lets.get(name)
                if earlier is not None:
                    self.diagnostics.append(twice(name, span, earlier.span))
                else:
                    module.lets[name] = statement
            case tree.Edition(year=year, span=span):
                if year != 2026:
                    self.diagnostics.append(Diagnostic(Code.MISPLACED, f"edition {year} is not known", Label(span),
                                                       hints=("write `edition 2026`",)))  # fmt: skip
            case _:
                self.diagnostics.append(Diagnostic(
                    Code.MISPLACED, "this statement cannot stand outside a definition", Label(statement.span),
                    hints=("put it inside a part, tray, rack or design",),
                ))  # fmt: skip

    def _params(self, definition: tree.Definition) -> None:
        first: dict[str, Span] = {}
        for param in definition.params:
            if first.setdefault(param.name, param.span) is not param.span:
                self.diagnostics.append(twice(param.name, param.span, first[param.name]))
        if definition.on is not None and definition.kind != "workload":
            self.diagnostics.append(Diagnostic(
                Code.MISPLACED, f"a {definition.kind} runs on nothing: `on` belongs to a workload",
                Label(definition.on.span), hints=("remove `on …`",),
            ))  # fmt: skip

    def _name(self, module: Module, name: str, span: Span, meaning: tuple[str, tree.Definition]) -> None:
        earlier = module.names.get(name)
        if earlier is not None:
            self.diagnostics.append(Diagnostic(
                Code.DUPLICATE, f"`{name}` is defined twice", Label(span, "second"),
                also=(Label(earlier[1].name_span, "first"),), hints=("give one of them another name",),
            ))  # fmt: skip
            return
        module.names[name] = meaning

    def _import(self, module: Module, statement: tree.Import, chain: tuple[str, ...]) -> None:
        if statement.module in chain:
            ring = " -> ".join((*chain[chain.index(statement.module) :], statement.module))
            module.missing.update(wanted.alias for wanted in statement.names)
            self.diagnostics.append(Diagnostic(Code.CYCLE, f"imports go in a circle: {ring}",
                                               Label(statement.module_span), hints=(
                "move what both need to a third module",)))  # fmt: skip
            return
        target = self.load(statement.module, statement.module_span, chain)
        if isinstance(target, Diagnostic):
            self.diagnostics.append(target)
            module.missing.update(wanted.alias for wanted in statement.names)
            return
        for wanted in statement.names:
            found = target.names.get(wanted.name)
            if found is None:
                module.missing.add(wanted.alias)
                self.diagnostics.append(unknown(
                    Code.UNKNOWN_PART, f"part of `{statement.module}`", wanted.name, target.names,
                    starting(wanted.span, wanted.name)))  # fmt: skip
                continue
            self._name(module, wanted.alias, wanted.span, found)


def twice(name: str, second: Span, first: Span) -> Diagnostic:
    """Return the finding for a name that is given twice."""
    return Diagnostic(Code.DUPLICATE, f"`{name}` is given twice", Label(second, "second"), (Label(first, "first"),),
                      ("keep one of them",))  # fmt: skip


def link_modules(source: Source, loader: Loader) -> Program:
    """Read a design and everything it imports."""
    program = Program({}, {}, [], loader)
    program.read("", source, ())
    return program


def design_of(program: Program, wanted: str) -> tree.Definition | Diagnostic:
    """Return the design to build: the one called `wanted`, or the only one."""
    designs = [s for s in program.modules[""].statements if isinstance(s, tree.Definition) and s.kind == "design"]
    if wanted:
        named = [d for d in designs if d.name == wanted]
        if named:
            return named[0]
        return Diagnostic(Code.NO_DESIGN, f"the file has no design `{wanted}`", Label(NOWHERE),
                          hints=closest(wanted, [d.name for d in designs]))  # fmt: skip
    if len(designs) == 1:
        return designs[0]
    if not designs:
        end = Span(next(iter(program.sources)), 0, 0)
        return Diagnostic(Code.NO_DESIGN, "the file has no design to build", Label(end),
                          hints=("add one: `design Main { rack: MyRack }`",))  # fmt: skip
    return Diagnostic(
        Code.NO_DESIGN, f"the file has {len(designs)} designs", Label(designs[1].name_span, "second"),
        also=(Label(designs[0].name_span, "first"),), hints=(f"choose one with --design {designs[0].name}",),
    )  # fmt: skip
