"""Definitions to shapes: statements run once for each set of arguments, in order, and faults are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, Final

from rackc.compiler.checks.figures import check_figures
from rackc.compiler.connect import wire
from rackc.compiler.declare import once, place, provenance, target_of
from rackc.compiler.evaluate import Scope, choose, decided, evaluate, lookup, message_of, spend, truth, turns
from rackc.compiler.functions import PLAIN
from rackc.compiler.modules import Program
from rackc.compiler.operators import interval_of
from rackc.compiler.patterns.apply import Applying
from rackc.compiler.plan import Figure
from rackc.compiler.pool_block import read_demand, read_pool
from rackc.compiler.shape import ChildGroup, PortGroup, Rule, Shape
from rackc.compiler.standing import ROOTS, THINGS, check_stands
from rackc.compiler.types import typed
from rackc.compiler.values import (
    SPOILT,
    DefinitionRef,
    Fault,
    Selection,
    Spoilt,
    a_kind,
    described,
    fault,
    key_of,
    plain,
)
from rackc.compiler.worth import worths
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, starting, unknown
from rackc.dsl.source import NOWHERE, Span
from rackc.dsl.units import NONE, Quantity

#: No part has more ports of one kind; the widest switch chips have some hundreds.
MAX_PORTS_EACH: Final = 10_000
#: A design larger than this is a mistake in a count.
MAX_PORTS: Final = 8_000_000
MAX_INSTANCES: Final = 2_000_000
MAX_DEPTH: Final = 40
#: After this many findings a design is not looked at any further.
MAX_FINDINGS: Final = 200
_STEPS_A_SHAPE: Final = 20

#: Definitions that stand nowhere: their rules speak of their own figures, and are tested as they are met.
_OWN_RULES: Final = frozenset(("link", "interface", "model", "workload"))


class Elaborator:
    """Elaborates one program. `diagnostics` grows as faults are met; `ran` holds the statements met, by identity."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.diagnostics: list[Diagnostic] = []
        self.ran: set[int] = set()
        self._cache: dict[Any, Shape] = {}
        self._told_deep = self._told_full = False
        self._running: list[tree.Definition] = []
        self._guests: list[tuple[tree.Instance, Scope]] = []
        self._outer: Scope | None = None

    # ---------------------------------------------------------------- definitions

    def root(self, design: tree.Definition) -> Shape:
        """Elaborate the design to build."""
        nothing = Scope(self.program, "", _nothing(design.name_span), builtins=PLAIN, instantiate=self.instantiate)
        for name, statement in self.program.modules[""].lets.items():
            if isinstance(statement, tree.Let):  # a decision that nothing uses is none
                self._attempt(partial(lookup, name, nothing))
        bound: dict[str, Any] = {}
        self._attempt(lambda: bound.update(self._bind(design, "", (), design.name_span, nothing)))
        shape = self._define(design, "", bound, None, None)
        # Workloads and policies look at the design: they are elaborated once all its members stand.
        self._outer = self._scope("", shape, {})
        for guest, scope in self._guests:
            self._attempt(partial(self._invite, guest, scope))
        return shape

    def _attempt(self, run: Callable[[], object]) -> None:
        """Run what may be at fault; note the finding and go on."""
        try:
            run()
        except Fault as caught:
            self.diagnostics.append(caught.diagnostic)
        except Spoilt:
            pass
        except RecursionError:
            self._told_deep = True
            self.diagnostics.append(Diagnostic(Code.LIMIT, "one value leads to another too many times", Label(NOWHERE),
                                               hints=("give the figures in between",)))  # fmt: skip

    def instantiate(self, ref: DefinitionRef, span: Span) -> Shape:
        """Elaborate a definition used as a value, with its default arguments."""
        return self._use(
            _no_enum(ref.definition, span), ref.module, (), span, Scope(self.program, ref.module, _nothing(span))
        )

    def shape_of(self, ref: tree.TypeRef, scope: Scope, extra: tree.Block | None = None) -> Shape:
        """Elaborate the definition that a type names; raises Fault where there is none."""
        module, definition = self._meant(ref, scope)
        outer, self._outer = self._outer, None
        try:
            return self._use(definition, module, ref.arguments, ref.span, scope, extra)
        finally:
            self._outer = outer

    def _meant(self, ref: tree.TypeRef, scope: Scope) -> tuple[str, tree.Definition]:
        """Return the definition that a type names, and its module."""
        given = scope.locals.get(ref.path[0]) if len(ref.path) == 1 else None
        if isinstance(given, DefinitionRef):  # a parameter that names a part: `card[8]: card`
            return given.module, _no_enum(given.definition, ref.span)
        if len(ref.path) == 1 and ref.path[0] in self.program.modules[scope.module].lets:
            chosen = lookup(ref.path[0], scope)
            if isinstance(chosen, DefinitionRef):
                return chosen.module, _no_enum(chosen.definition, ref.span)
        found = self.program.find(scope.module, ref.path, ref.span)
        if isinstance(found, Diagnostic):
            raise Fault(found)
        return found[0], _no_enum(found[1], ref.span)

    def _use(
        self, definition: tree.Definition, module: str, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope,
        extra: tree.Block | None = None,
    ) -> Shape:  # fmt: skip
        if definition.kind == "pattern":
            raise fault(Code.TYPE, f"`{definition.name}` is a pattern, a way of wiring", span, "not here",
                        f"a connection goes by it: `connect a -- b by {definition.name}`")  # fmt: skip
        bound = self._bind(definition, module, arguments, span, scope)
        if definition in self._running:
            ring = self._running[self._running.index(definition) :]
            names = " -> ".join(d.name for d in (*ring, definition))
            raise fault(Code.CYCLE, f"definitions contain each other: {names}", span, "used here",
                        "take one of them out: a thing cannot stand inside itself")  # fmt: skip
        self._check_depth(span)
        if extra is not None:
            spend(scope, span, _STEPS_A_SHAPE)
            return self._define(definition, module, bound, extra, scope)
        key = (module, definition.name, tuple(key_of(value) for value in bound.values()))
        if key not in self._cache:
            spend(scope, span, _STEPS_A_SHAPE)
            before = len(self.diagnostics)
            self._cache[key] = self._define(definition, module, bound, None, None)
            self._name_user(before, span)
        return self._cache[key]

    def _name_user(self, before: int, span: Span) -> None:
        """Add to findings in another file where the design uses what they are about: its author can mend it there."""
        root = next(iter(self.program.sources))
        for at, found in enumerate(self.diagnostics[before:], start=before):
            elsewhere = all(label.span.source != root for label in (found.at, *found.also))
            if span.source == root and elsewhere:
                self.diagnostics[at] = replace(found, also=(*found.also, Label(span, "used here")))

    def _check_depth(self, span: Span) -> None:
        if len(self._running) > MAX_DEPTH:
            names = " -> ".join(d.name for d in self._running[-4:])
            raise fault(Code.LIMIT, f"definitions are nested more than {MAX_DEPTH} deep: … {names}", span, "used here",
                        "a rack needs few levels: pod, row, rack, tray, part")  # fmt: skip

    def _bind(
        self, definition: tree.Definition, module: str, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope
    ) -> dict[str, Any]:
        params = definition.params
        bound: dict[str, Any] = {}
        names = [p.name for p in params]
        for at, argument in enumerate(arguments):
            if not argument.name and at >= len(params):
                takes = ", ".join(names) or "no arguments"
                raise fault(Code.ARGUMENT, f"`{definition.name}` takes {takes}", argument.span, "one too many",
                            "remove it, or set an attribute in a body: `x: Type { name = value }`")  # fmt: skip
            name = argument.name or params[at].name
            if name not in names:
                at_name = starting(argument.span, name)
                raise Fault(unknown(Code.ARGUMENT, f"parameter of `{definition.name}`", name, names, at_name))
            if name in bound:
                raise fault(Code.ARGUMENT, f"`{name}` of `{definition.name}` is given twice", argument.span, "second",
                            "keep one of them")  # fmt: skip
            bound[name] = evaluate(argument.value, scope)
            wanted = next(p for p in params if p.name == name).type
            if wanted is not None:
                bound[name] = typed(bound[name], wanted, self.program, module, name, argument.value.span)
        own = Scope(
            self.program, module, _nothing(definition.span), bound, builtins=PLAIN, instantiate=self.instantiate
        )
        for param in params:
            if param.name in bound:
                continue
            if param.default is None:
                raise fault(Code.ARGUMENT, f"`{definition.name}` needs `{param.name}`", span, "not given",
                            f"write `{definition.name}({param.name} = …)`")  # fmt: skip
            bound[param.name] = evaluate(param.default, own)
            if param.type is not None:
                bound[param.name] = typed(
                    bound[param.name], param.type, self.program, module, param.name, param.default.span
                )
        return {name: bound[name] for name in names}

    def _define(
        self, definition: tree.Definition, module: str, bound: dict[str, Any], extra: tree.Block | None,
        extra_scope: Scope | None,
    ) -> Shape:  # fmt: skip
        shape = Shape(definition.kind, definition.name, module, definition.doc, definition.name_span)
        self._running.append(definition)
        self.ran.add(id(definition))
        try:
            self._inherit(definition, module, bound, shape)
            for name, value in bound.items():
                shape.values.setdefault(name, value)
            scope = self._scope(module, shape, bound)
            if definition.on is not None and self._outer is not None:
                self._attempt(partial(self._stand, definition.on, shape, scope))
            self._run(definition.body, scope, definition.kind)
        finally:
            self._running.pop()
        if extra is not None and extra_scope is not None:  # text of the user's: it may hold the same definition again
            self._run(extra, self._scope(extra_scope.module, shape, {**bound, **extra_scope.locals}), definition.kind)
        self.diagnostics.extend(check_figures(shape))
        return shape

    def _scope(self, module: str, shape: Shape, local: dict[str, Any]) -> Scope:
        return Scope(
            self.program, module, shape, dict(local), builtins=PLAIN, outer=self._outer, instantiate=self.instantiate
        )

    def _inherit(self, definition: tree.Definition, module: str, bound: dict[str, Any], shape: Shape) -> None:
        """Run the bodies of the supertypes first, into the same shape, each in its own scope."""
        for ref in definition.supers:
            try:
                found = self.program.find(module, ref.path, ref.span)
                if isinstance(found, Diagnostic):
                    raise Fault(found)
                where, base = found[0], _no_enum(found[1], ref.span)
                if base in self._running:
                    raise fault(Code.CYCLE, f"`{base.name}` descends from itself", ref.span, "here again",
                                "remove one of the supertypes")  # fmt: skip
                self._check_depth(ref.span)
                spend(self._scope(module, shape, bound), ref.span, _STEPS_A_SHAPE)
                if base.kind not in ("trait", definition.kind) and not {base.kind, definition.kind} <= THINGS:
                    raise Fault(Diagnostic(
                        Code.TYPE, f"{a_kind(definition.kind)} cannot descend from {a_kind(base.kind)}", Label(ref.span, "supertype"),
                        (Label(base.name_span, "defined here"),), (f"descend from {a_kind(definition.kind)}, or from a trait",),
                    ))  # fmt: skip
                arguments = self._bind(base, where, ref.arguments, ref.span, self._scope(module, shape, bound))
                self._running.append(base)
                self.ran.add(id(base))
                shape.title = shape.title or base.doc  # the nearest that has one: before what it descends from itself
                try:
                    self._inherit(base, where, arguments, shape)
                    for name, value in arguments.items():
                        shape.values.setdefault(name, value)
                    self._run(base.body, self._scope(where, shape, arguments), definition.kind)
                finally:
                    self._running.pop()
                shape.lineage = (base.name, *shape.lineage)
            except Fault as caught:
                self.diagnostics.append(caught.diagnostic)
            except Spoilt:
                pass

    # ---------------------------------------------------------------- statements

    def _run(self, block: tree.Block, scope: Scope, kind: str, seen: dict[str, Span] | None = None) -> None:
        """Run statements in order; `seen` holds the attributes that the definition's body gave so far."""
        seen = {} if seen is None else seen
        lets: dict[str, Span] = {}
        for statement in block.statements:
            if self._is_full(statement):
                return
            self.ran.add(id(statement))
            try:
                spend(scope, statement.span)
                if isinstance(statement, tree.Let | tree.Choose):
                    once(statement.name, statement.span, lets)
                self._statement(statement, scope, kind, seen)
            except Fault as caught:
                self.diagnostics.append(caught.diagnostic)
                _spoil(statement, scope)
                if self.program.exhausted:
                    return
            except Spoilt:
                _spoil(statement, scope)
            except RecursionError:
                if not self._told_deep:
                    self._told_deep = True
                    self.diagnostics.append(Diagnostic(
                        Code.LIMIT, "definitions, blocks and expressions are nested too deep here",
                        Label(statement.span), hints=("give the inner parts names of their own",),
                    ))  # fmt: skip
                return

    def _is_full(self, statement: tree.Statement) -> bool:
        """Whether so much was found that the rest is not looked at; says so once."""
        if len(self.diagnostics) < MAX_FINDINGS:
            return False
        if not self._told_full:
            self._told_full = True
            self.diagnostics.append(Diagnostic(
                Code.LIMIT, f"more than {MAX_FINDINGS} findings: the rest of the design is not looked at",
                Label(statement.span, "given up here"), hints=("mend these first; often a few mistakes cause them all",),
            ))  # fmt: skip
        return True

    def _statement(self, statement: tree.Statement, scope: Scope, kind: str, seen: dict[str, Span]) -> None:
        check_stands(statement, kind)
        match statement:
            case tree.Let(name=name, value=value):
                scope.locals[name] = evaluate(value, scope)
            case tree.Choose(name=name):
                scope.locals[name] = choose(statement, scope)
            case tree.For():
                self._loop(statement, scope, kind, seen)
            case tree.If(test=test, yes=yes, no=no):
                branch = yes if decided(test, scope) else no
                if branch is not None:
                    self._run(branch, scope, kind, seen)
            case tree.Assign():
                self._assign(statement, scope, seen)
            case tree.Instance():
                self._instance(statement, scope)
            case tree.Port():
                self._port(statement, scope)
            case tree.Connect():
                wire(statement, scope, self.shape_of, Applying(self._bind, self.diagnostics.append))
            case tree.Bound(span=span) if kind in _OWN_RULES:
                self._statement(tree.Require(span, _as_test(statement), None), scope, kind, seen)
            case tree.Require(test=test, message=message, span=span) if kind in _OWN_RULES:
                if not truth(test, scope):
                    raise Fault(Diagnostic(
                        Code.REQUIREMENT, f"{message_of(message, scope)} ({scope.shape.name})", Label(span, "does not hold"),
                        notes=worths(test, scope),
                    ))  # fmt: skip
            case tree.Require(test=test, message=message, span=span):
                scope.shape.rules.append(Rule(span, test, message, scope))
            case tree.Bound(span=span):
                scope.shape.rules.append(Rule(span, _as_test(statement), None, scope))
            case tree.Prefer(test=test, weight=weight, message=message, span=span):
                scope.shape.rules.append(Rule(span, test, message, scope, _weight(weight, scope)))
            case tree.Minimize(goals=goals, span=span):
                once("minimize", span, seen)
                scope.shape.goals.extend((goal, scope) for goal in goals)
            case tree.Expect(codes=codes):
                scope.shape.expected.extend(_known_codes(codes))
            case tree.Pool():
                read_pool(statement, scope, self._attempt)
            case tree.Demand():
                read_demand(statement, scope)
            case _:
                raise AssertionError(statement)

    def _loop(self, statement: tree.For, scope: Scope, kind: str, seen: dict[str, Span]) -> None:
        for names in turns(statement, evaluate(statement.of, scope)):
            spend(scope, statement.span)
            self._run(statement.body, scope.inner(names), kind, seen)

    def _assign(self, statement: tree.Assign, scope: Scope, seen: dict[str, Span]) -> None:
        if not isinstance(statement.target, tree.Name):
            raise fault(Code.MISPLACED, "an attribute belongs to the definition it stands in", statement.target.span,
                        "set from outside", "give the type a parameter, or a body: `x: Type { name = value }`")  # fmt: skip
        name, shape = statement.target.name, scope.shape
        once(name, statement.span, seen)
        port = shape.port_group(name)
        earlier = [group.span for group in shape.child_groups(name)] + ([port.span] if port else [])
        if earlier:
            raise Fault(Diagnostic(Code.DUPLICATE, f"`{name}` is an instance or port here already",
                                   Label(statement.span, "second"), (Label(earlier[0], "first"),),
                                   ("give the attribute another name",)))  # fmt: skip
        value = interval_of(evaluate(statement.value, scope), statement.value.span)
        source, confidence = provenance(statement.cites)
        shape.values[name] = value
        shape.spans[name] = statement.span
        shape.figures[name] = Figure(plain(value), source, confidence)

    def _port(self, statement: tree.Port, scope: Scope) -> None:
        target = target_of(statement.target, scope)
        name, count, keys = target.name, target.count, target.keys
        if keys:
            raise fault(Code.COUNT, "ports are numbered, they have no keys", statement.target.span, "not a count",
                        f"write `port {name}[{len(keys)}]: …`, or give each port a name")  # fmt: skip
        if count is not None and count > MAX_PORTS_EACH:
            raise fault(Code.LIMIT, f"{count:,} ports of one kind are beyond the limit of {MAX_PORTS_EACH:,}",
                        statement.target.span, "no part has that many", "check the count")  # fmt: skip
        interface = self.shape_of(statement.type, scope)
        if interface.kind != "interface":
            raise fault(Code.TYPE, f"`{interface.name}` is {a_kind(interface.kind)}, a port needs an interface",
                        statement.type.span, "no interface", "name one, such as std.interfaces.Pcie5")  # fmt: skip
        shape = scope.shape
        self._new_name(name, statement.target.span, shape)
        offset = shape.port_count
        self._grow(shape, 0, 1 if count is None else count, statement.span)
        shape.add_ports(PortGroup(name, count, interface, offset, statement.span))

    def _instance(self, statement: tree.Instance, scope: Scope) -> None:
        target = target_of(statement.target, scope)
        name, count, keys = target.name, target.count, target.keys
        shape = scope.shape
        if shape.kind in ROOTS and self._meant(statement.type, scope)[1].kind in ("workload", "policy"):
            self._guests.append((statement, scope))
            return
        part = self.shape_of(statement.type, scope, statement.body)
        if part.kind not in THINGS:
            hint = "a port is written `port name: Interface`" if part.kind == "interface" else ""
            raise fault(Code.TYPE, f"`{part.name}` is {a_kind(part.kind)}, not a thing that can stand in {shape.name}",
                        statement.type.span, "not here", *filter(None, (hint,)))  # fmt: skip
        groups: list[ChildGroup] = []
        for at, key in enumerate(keys or (None,)):  # one child each, where there are keys
            self._new_name(name, statement.target.span, shape, key)
            offset, ports = shape.instances + at * part.instances, shape.port_count + at * part.port_count
            groups.append(ChildGroup(name, count, key, part, offset, ports, statement.span))
        if statement.at is not None:
            place(groups, statement.at, scope)
        size = sum(group.size for group in groups)
        self._grow(shape, size * part.instances, size * part.port_count, statement.span)
        for group in groups:
            shape.add_child(group)

    def _grow(self, shape: Shape, instances: int, ports: int, span: Span) -> None:
        for what, total, limit in (("instances", shape.instances + instances, MAX_INSTANCES),
                                   ("ports", shape.port_count + ports, MAX_PORTS)):  # fmt: skip
            if total > limit:
                raise fault(Code.LIMIT, f"`{shape.name}` would have {total:,} {what}, more than {limit:,}", span,
                            "this is the statement that passes it", "check the counts")  # fmt: skip
        shape.instances += instances
        shape.port_count += ports

    def _new_name(self, name: str, span: Span, shape: Shape, key: int | str | None = None) -> None:
        group = shape.port_group(name) or shape.standing(name, key)
        earlier = [group.span] if group else []
        earlier += [shape.spans[name]] if name in shape.spans else []
        if earlier:
            raise Fault(Diagnostic(Code.DUPLICATE, f"`{name}` stands here already", Label(span, "second"),
                                   also=(Label(earlier[0], "first"),),
                                   hints=("give one of them another name, or declare an array",)))  # fmt: skip

    def _invite(self, statement: tree.Instance, scope: Scope) -> None:
        """Elaborate a workload or policy of the design, with the design's members in view."""
        ref = statement.type
        module, definition = self._meant(ref, scope)
        target = target_of(statement.target, scope)
        name, count, keys = target.name, target.count, target.keys
        if count is not None or keys or statement.at is not None:
            raise fault(Code.MISPLACED, f"{a_kind(definition.kind)} is one thing and stands nowhere", statement.span,
                        "no array, no place", f"write `{name}: {definition.name}`")  # fmt: skip
        self._new_name(name, statement.target.span, scope.shape)
        made = self._define(definition, module, self._bind(definition, module, ref.arguments, ref.span, scope),
                            statement.body, scope)  # fmt: skip
        (scope.shape.workloads if made.kind == "workload" else scope.shape.policies).append((name, made))
        if made.kind == "workload" and isinstance(made.values.get("model"), DefinitionRef):
            self._attempt(partial(self._serve, made))

    def _serve(self, workload: Shape) -> None:
        """Note the language model that a workload serves, elaborated."""
        workload.serves = self.instantiate(workload.values["model"], workload.spans.get("model", workload.span))

    def _stand(self, on: tree.Expr, shape: Shape, scope: Scope) -> None:
        """Note what a workload runs on."""
        found = evaluate(on, scope)
        if not isinstance(found, Selection):
            raise fault(Code.TYPE, f"a workload runs on instances, this is {described(found)}", on.span, "",
                        "write `on rack.host[*]`")  # fmt: skip
        shape.on = found


def _spoil(statement: tree.Statement, scope: Scope) -> None:
    """Remember that a name was meant, so that its uses are not reported as well."""
    match statement:
        case tree.Assign(target=target) | tree.Instance(target=target) | tree.Port(target=target):
            while isinstance(target, tree.Index | tree.Attr):
                target = target.of
            if isinstance(target, tree.Name):
                scope.shape.values.setdefault(target.name, SPOILT)
        case tree.Let(name=name) | tree.Choose(name=name):
            scope.locals[name] = SPOILT
        case _:
            pass


def _no_enum(definition: tree.Definition | tree.Enum, span: Span) -> tree.Definition:
    """Return a definition that can be elaborated; raises Fault for an enum."""
    if isinstance(definition, tree.Enum):
        raise fault(Code.TYPE, f"`{definition.name}` is an enum, a list of names", span, "nothing that can stand here",
                    f"one of its names is written `{definition.name}.{definition.members[0].name if definition.members else '…'}`")  # fmt: skip
    return definition


def _as_test(bound: tree.Bound) -> tree.Binary:
    return tree.Binary(bound.span, bound.op, bound.target, bound.value)


def _weight(expr: tree.Expr | None, scope: Scope) -> Fraction:
    """Return the weight of a preference, 1 where none is given."""
    if expr is None:
        return Fraction(1)
    value = evaluate(expr, scope)
    if not isinstance(value, Quantity) or value.dimension != NONE or value.value <= 0:
        raise fault(Code.TYPE, f"a weight is a number above 0, this is {described(value)}", expr.span, "no weight",
                    "write `prefer … weight 2`")  # fmt: skip
    return value.value


def _known_codes(words: tuple[tree.Word, ...]) -> Iterator[tree.Word]:
    for word in words:
        if word.name not in set(Code):
            raise Fault(unknown(Code.UNKNOWN_NAME, "finding", word.name, [c.value for c in Code], word.span))
        yield word


def _nothing(span: Span) -> Shape:
    return Shape("", "", "", "", span)
