"""Modules to scopes: which name means which definition. Imports are read through a loader that the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rackc.compiler.choices import Choices
from rackc.compiler.loading import Answer, Found, Loader, Refusal, Several
from rackc.compiler.shadows import Given, check_shadows
from rackc.compiler.values import Spoilt
from rackc.dsl import tree
from rackc.dsl.allow import Allow, read_allows
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest, respelt, starting, twice, unknown
from rackc.dsl.parser import parse
from rackc.dsl.source import NOWHERE, Source, Span

#: A module name longer than this is no name of a file.
MAX_NAME: Final = 200
#: Imports that lead on to imports: more of them in a row are a mistake.
MAX_CHAIN: Final = 40
#: Statements and turns of loops that one design may take: far beyond any rack, and less than a second.
MAX_STEPS: Final = 50_000
#: What a name at the top of a file can mean.
Named = tree.Definition | tree.Enum
_ROUTE_SHOWN: Final = 3
_NAME_SHOWN: Final = 60
_WAYS_SHOWN: Final = 2


@dataclass(slots=True)
class Module:
    """One file's scope: what each name means there; `values` are its lets as far as they were evaluated.

    `names` give the module that each comes from, `aliases` the modules that stand under a name of their
    own, `given` the place in this file of every name in it. `missing` are names whose import was reported: their uses
    are not reported as well. `broken` says that the text has faults: braces may be amiss, and statements where they
    were not meant.
    """

    name: str
    source: str
    statements: tuple[tree.Statement, ...]
    broken: bool
    names: dict[str, tuple[str, Named]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    lets: dict[str, tree.Let | tree.Choose] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Program:
    """All modules that a design reaches, their sources for printing, and what was wrong with their names.

    `imports` holds who imports whom, with the first place that says so; `reached` the import that a module was first
    read for. `lost` are names that statements with syntax faults would have given: their uses are not reported as well.
    `allows` are the findings that comments allow.
    """

    modules: dict[str, Module]
    sources: dict[str, Source]
    diagnostics: list[Diagnostic]
    loader: Loader
    imports: dict[str, dict[str, Span]] = field(default_factory=dict)
    reached: dict[str, tuple[str, Span]] = field(default_factory=dict)
    steps: int = 0
    lost: set[str] = field(default_factory=set)
    choices: Choices = field(default_factory=Choices)
    allows: list[Allow] = field(default_factory=list)

    def afresh(self, choices: Choices) -> None:
        """Forget what an earlier run evaluated; the modules stay read."""
        self.steps, self.choices = 0, choices
        for module in self.modules.values():
            module.values.clear()

    def step(self, weight: int = 1) -> bool:
        """Count one statement or one turn of a loop; False where the design has used up its share."""
        self.steps += weight
        return not self.exhausted

    @property
    def exhausted(self) -> bool:
        """Whether the design has used up its steps."""
        return self.steps > MAX_STEPS

    # ---------------------------------------------------------------- finding

    def find(self, module: str, path: tuple[str, ...], span: Span) -> tuple[str, Named] | Diagnostic:
        """Resolve `Rack`, `mgx.Rack` or `std.racks.Eia48` as seen from `module`; Spoilt where it was reported."""
        home = self.modules[module]
        if len(path) == 1:
            found = home.names.get(path[0])
            if found is not None:
                return found
            if path[0] in home.missing or path[0] in self.lost:
                raise Spoilt
            if path[0] in home.aliases:
                return Diagnostic(Code.UNKNOWN_PART, f"`{path[0]}` is a module, not a part", Label(span, "no part"),
                                  hints=(f"name one of its parts: `{path[0]}.…`",))  # fmt: skip
            told = unknown(Code.UNKNOWN_PART, "part", path[0], {*home.names, *home.aliases}, starting(span, path[0]))
            return self.importable(told, path[0], module)
        if path[0] in home.missing:
            raise Spoilt
        if len(path) == 2 and path[0] in home.aliases:
            return self.member(home.aliases[path[0]], path[1], self._last_step(path, span))
        target = self.load(".".join(path[:-1]), span, module)
        return (
            target
            if isinstance(target, Diagnostic)
            else self.member(target.name, path[-1], self._last_step(path, span))
        )

    def importable(self, told: Diagnostic, name: str, module: str) -> Diagnostic:
        """Return the finding for an unknown name with the import that would make it known, where the library has one."""
        modules = [one for one in self.loader.offering(name) if one != module]
        if not modules:
            return told
        ways = " or ".join(f"`from {one} import {name}`" for one in modules[:_WAYS_SHOWN])
        return replace(told, hints=(f"write {ways}",), fix=None)

    def _last_step(self, path: tuple[str, ...], span: Span) -> Span:
        """Return the span of the last name of a path, within that of the type; all of it where it has blanks inside."""
        dotted = ".".join(path)
        source = self.sources.get(span.source)
        if source is None or not source.at(span).startswith(dotted):
            return span
        end = starting(span, dotted).end
        return Span(span.source, end - len(path[-1].encode()), end)

    def member(self, module: str, name: str, span: Span) -> tuple[str, Named] | Diagnostic:
        """Return a definition of a module; Spoilt where what it rests on was reported."""
        target = self.modules[module]
        if name in target.missing or (name not in target.names and name in self.lost):
            raise Spoilt
        return target.names.get(name) or unknown(
            Code.UNKNOWN_PART, f"part of `{self._title(target.name)}`", name, target.names, span
        )

    def load(self, name: str, span: Span, importer: str) -> Module | Diagnostic:
        """Return a module by its name, reading it at first use; Spoilt where it was reported."""
        return self.seek(name, span, importer) or self._unknown_module(name, span, importer)

    def seek(self, name: str, span: Span, importer: str) -> Module | Diagnostic | None:
        """As `load`, with None where there is no such module."""
        answer = self.loader.module(name, importer) if len(name) <= MAX_NAME else None
        return self._take(answer, name, span, importer)

    def _load_file(self, path: str, span: Span, importer: str) -> Module | Diagnostic:
        taken = self._take(self.loader.file(path, importer), path, span, importer)
        return taken or Diagnostic(Code.UNKNOWN_MODULE, f"there is no file `{path}`", Label(span, "not found"),
                                   hints=("the path starts at the folder of the file that imports",))  # fmt: skip

    def _take(self, answer: Answer, name: str, span: Span, importer: str) -> Module | Diagnostic | None:
        match answer:
            case Found():
                return self._reach(answer, span, importer)
            case Refusal(message=""):
                raise Spoilt
            case Refusal(message=message, hint=hint, code=code):
                return Diagnostic(code, message, Label(span, "asked for here"), hints=(hint,) if hint else ())
            case Several(places=places):
                self.sources.update((source.name, source) for source, _ in places)
                labels = tuple(Label(Span(source.name, 0, 1), f"`{name}` in {words}") for source, words in places)
                return Diagnostic(Code.SHADOW, f"`{name}` leads to {len(places)} files", Label(span, "asked for here"),
                                  labels, ("rename one of them, or import the one you mean by its path: `from \"…\"`",),
                                  )  # fmt: skip
            case None:
                return None

    def _reach(self, found: Found, span: Span, importer: str) -> Module | Diagnostic:
        """Note that `importer` imports a module, and read it at first use."""
        target = found.name
        if target == importer and target in self.modules:  # a file that calls its own parts by their full names
            return self.modules[target]
        known = self.imports.setdefault(importer, {})
        if target not in known:
            ring = self._path(target, importer)
            if ring is not None:
                return self._circle(ring, importer, target, span)
            known[target] = span
        if target in self.modules:
            return self.modules[target]
        if len(self._chain(importer)) >= MAX_CHAIN:
            return Diagnostic(Code.LIMIT, f"imports lead on to imports more than {MAX_CHAIN} deep",
                              Label(span, "given up here"), hints=("import what is needed directly",))  # fmt: skip
        self.reached[target] = (importer, span)
        return self.read(target, found.source)

    def _path(self, start: str, goal: str) -> list[tuple[str, str, Span]] | None:
        """Return the shortest chain of imports from one module to another, None where there is none."""
        came: dict[str, tuple[str, Span] | None] = {start: None}
        waiting = [start]
        for module in waiting:
            for target, span in self.imports.get(module, {}).items():
                if target not in came:
                    came[target] = (module, span)
                    waiting.append(target)
        if goal not in came:
            return None
        chain: list[tuple[str, str, Span]] = []
        while (step := came[goal]) is not None:
            chain.insert(0, (step[0], goal, step[1]))
            goal = step[0]
        return chain

    def _circle(self, ring: list[tuple[str, str, Span]], importer: str, target: str, span: Span) -> Diagnostic:
        if importer == target:
            return Diagnostic(Code.CYCLE, f"`{self._title(target)}` imports itself", Label(span, "this very file"),
                              hints=("remove it: a file knows its own names",))  # fmt: skip
        chain = [*ring, (importer, target, span)]
        words = " -> ".join(self._title(name) for name in (target, *(b for _, b, _ in chain)))
        *labels, last = (Label(at, f"`{self._title(a)}` imports `{self._title(b)}`") for a, b, at in chain)
        return Diagnostic(Code.CYCLE, f"imports go in a circle: {words}", last, tuple(labels),
                          ("move what both need to a third module",))  # fmt: skip

    def _title(self, module: str) -> str:
        return module or next(iter(self.sources)).rsplit("/", 1)[-1]

    def _unknown_module(self, name: str, span: Span, importer: str) -> Diagnostic:
        known = self.loader.modules(importer)
        inside = [module for module in known if module.startswith(f"{name}.")]
        hints = (f"it is a folder: name a module such as {inside[0]}",) if inside else closest(name, known)
        shown = name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}…"
        path = f"{name.replace('.', '/')}.rack"
        if len(name) <= MAX_NAME and isinstance(self.loader.file(path, importer), Found):
            hints = (f'it stands beside this file: write `from "{path}" import …`',)
        return Diagnostic(Code.UNKNOWN_MODULE, f"there is no module `{shown}`", Label(span, "not found"), hints=hints,
                          fix=None if inside else respelt(name, known, span))  # fmt: skip

    # ---------------------------------------------------------------- reading

    def read(self, name: str, source: Source) -> Module:
        """Parse one module, note its definitions, and follow its imports."""
        self.sources[source.name] = source
        parsed = parse(source)
        self.diagnostics.extend(parsed.diagnostics)
        self.lost |= parsed.lost
        remarks = read_allows(source, parsed.comments, parsed.tree.statements)
        self.diagnostics.extend(remarks.diagnostics)
        self.allows.extend(remarks.allows)
        module = Module(name, source.name, parsed.tree.statements, broken=bool(parsed.diagnostics))
        for statement in parsed.tree.statements:
            self._declare(module, statement)
        self.diagnostics.extend(check_shadows(source, module.given, parsed.tree.statements))
        self.modules[name] = module
        return module

    def _declare(self, module: Module, statement: tree.Statement) -> None:
        match statement:
            case tree.Import():
                self._import(module, statement)
            case tree.ImportModule():
                self._import_module(module, statement)
            case tree.Definition():
                if self._claim(module, statement.name, "definition", statement.name_span):
                    module.names[statement.name] = (module.name, statement)
                self._params(statement)
            case tree.Enum():
                if self._claim(module, statement.name, "definition", statement.name_span):
                    module.names[statement.name] = (module.name, statement)
                self._members(statement)
            case tree.Let(name=name, span=span) | tree.Choose(name=name, span=span):
                if self._claim(module, name, "`let`" if isinstance(statement, tree.Let) else "decision", span):
                    module.lets[name] = statement
            case tree.Edition(year=year, span=span):
                if year != 2026:
                    self.diagnostics.append(Diagnostic(Code.MISPLACED, f"edition {year} is not known", Label(span),
                                                       hints=("write `edition 2026`",)))  # fmt: skip
            case _ if not module.broken:
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

    def _members(self, enum: tree.Enum) -> None:
        if not enum.members:
            self.diagnostics.append(Diagnostic(Code.COUNT, f"`{enum.name}` has no members", Label(enum.name_span, "empty"),
                                               hints=("name them: `enum Cooling { air, liquid }`",)))  # fmt: skip
        first: dict[str, Span] = {}
        for member in enum.members:
            if first.setdefault(member.name, member.span) is not member.span:
                self.diagnostics.append(twice(member.name, member.span, first[member.name]))

    def _claim(self, module: Module, name: str, what: str, span: Span) -> bool:
        """Note that a file gives a name; report it, and return False, where it gave it before."""
        earlier = module.given.get(name)
        if earlier is None:
            module.given[name] = Given(what, span)
            return True
        self.diagnostics.append(twice(name, span, earlier.span))
        return False

    def _import(self, module: Module, statement: tree.Import) -> None:
        load = self._load_file if statement.is_path else self.load
        target = self._loaded(lambda: load(statement.module, statement.module_span, module.name))
        if target is None:
            module.missing.update(wanted.alias for wanted in statement.names)
            return
        for wanted in statement.names:
            if wanted.name in target.names and self._claim(module, wanted.alias, "import", wanted.span):
                module.names[wanted.alias] = target.names[wanted.name]
            elif wanted.name not in target.names:
                module.missing.add(wanted.alias)
                if wanted.name not in target.missing and wanted.name not in self.lost:
                    what = f"part of `{self._title(target.name)}`"
                    at = starting(wanted.span, wanted.name)
                    told = unknown(Code.UNKNOWN_PART, what, wanted.name, target.names, at)
                    self.diagnostics.append(told)
                    if told.fix is not None and wanted.alias == wanted.name:
                        module.missing.add(told.fix.text)  # it may be spelt right where it is used

    def _import_module(self, module: Module, statement: tree.ImportModule) -> None:
        name, alias, span = statement.module, statement.alias, statement.span
        target = self._loaded(lambda: self.load(name, statement.module_span, module.name))
        if target is None:
            module.missing.add(alias)
            return
        if not self._claim(module, alias, "module", span):
            return
        module.aliases[alias] = target.name
        package = self.loader.package(alias, module.name)
        if package and name != alias:
            self.diagnostics.append(Diagnostic(
                Code.SHADOW, f"`{alias}` hides the package `{alias}`", Label(span, f"from here on `{alias}` is `{name}`"),
                hints=(f"give it another name: `import {name} as …`",), notes=(f"`{alias}.…` leads into {package}",),
            ))  # fmt: skip

    def _loaded(self, load: Callable[[], Module | Diagnostic]) -> Module | None:
        """Return what was loaded; report it, and return None, where it could not be."""
        try:
            target = load()
        except Spoilt:
            return None
        if isinstance(target, Module):
            return target
        self.diagnostics.append(target)
        return None

    # ---------------------------------------------------------------- how a file was reached

    def _chain(self, module: str) -> list[Span]:
        """Return the imports that led to a module, the nearest first."""
        spans: list[Span] = []
        while module in self.reached:
            module, span = self.reached[module]
            spans.append(span)
        return spans

    def routed(self, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Add to findings in an imported module how the design got there."""
        modules = {module.source: module.name for module in self.modules.values()}
        for found in diagnostics:
            chain = self._chain(modules.get(found.at.span.source, ""))
            yield replace(found, notes=(*found.notes, self._route(chain))) if chain else found

    def _route(self, chain: list[Span]) -> str:
        places = [f"{span.source}:{self.sources[span.source].line_of(span.start)}" for span in chain]
        words = f"imported by {places[0]}"
        if len(places) > _ROUTE_SHOWN:
            return f"{words}, which {places[1]} imports, and so on from {places[-1]}"
        return words + "".join(f", which {place} imports" for place in places[1:])


def link_modules(source: Source, loader: Loader) -> Program:
    """Read a design and everything it imports; what is wrong with its project comes first."""
    own = {s.name: s for s in (source, *loader.sources)}
    program = Program({}, own, list(loader.findings), loader)
    program.read("", source)
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
