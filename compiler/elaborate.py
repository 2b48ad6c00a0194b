"""Definitions to shapes: statements run once for each set of arguments, in order, and faults are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from rackc.compiler.checks.figures import check_figures
from rackc.compiler.evaluate import (
    Scope,
    evaluate,
    fault,
    interval_of,
    items_of,
    lookup,
    spend,
    truth,
)
from rackc.compiler.functions import PLAIN
from rackc.compiler.modules import Program, twice
from rackc.compiler.patterns import PATTERNS
from rackc.compiler.plan import Confidence, Figure, Interval
from rackc.compiler.shape import ChildGroup, DemandSpec, PoolSpec, PortGroup, Rule, Shape, Wiring
from rackc.compiler.values import (
    SPOILT,
    Counted,
    DefinitionRef,
    DemandRef,
    Family,
    Fault,
    PortSet,
    Record,
    Selection,
    Spoilt,
    Whole,
    described,
)
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Quantity

#: A design larger than this is a mistake in a count.
MAX_PORTS: Final = 5_000_000
MAX_INSTANCES: Final = 1_000_000
MAX_DEPTH: Final = 40
_STEPS_A_SHAPE: Final = 20

THINGS: Final = frozenset(("part", "tray", "shelf", "rack", "row", "pod"))
_CONFIDENCES: Final = ("assumption", "unverified", "low", "derived", "medium", "high")

_EVERYWHERE: Final = (tree.Let, tree.For, tree.If)
_ALLOWED: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(THINGS, (tree.Assign, tree.Instance, tree.Port, tree.Connect, tree.Pool, tree.Require)),
    "design": (tree.Assign, tree.Instance, tree.Connect, tree.Require),
    "link": (tree.Assign, tree.Require),
    "interface": (tree.Assign, tree.Require),
    "model": (tree.Assign, tree.Require),
    "trait": (tree.Assign, tree.Instance, tree.Port, tree.Connect, tree.Pool, tree.Require),
    "workload": (tree.Assign, tree.Demand, tree.Require),
    "policy": (tree.Require,),
    "pool": (tree.Assign, tree.Bound, tree.Survive, tree.Minimize),
}
_CALLED: Final = {
    tree.Assign: "an attribute", tree.Instance: "an instance", tree.Port: "a port", tree.Connect: "a connection",
    tree.Pool: "a pool", tree.Require: "a rule", tree.Demand: "a demand", tree.Bound: "a bound",
    tree.Survive: "`survive`", tree.Minimize: "`minimize`", tree.Definition: "a definition", tree.Import: "an import",
    tree.Edition: "`edition`",
}  # fmt: skip
_INSTEAD: Final[dict[tuple[type, str], str]] = {
    (tree.Bound, ""): "a limit is written `require name <= value`",
    (tree.Assign, "policy"): "a policy holds rules; give it a parameter, or a `let`",
    (tree.Definition, ""): "put it beside the others, outside the braces",
    (tree.Import, ""): "imports stand at the top of the file",
    (tree.Edition, ""): "`edition 2026` stands at the top of the file",
    (tree.Demand, ""): "a demand belongs to a `workload`",
    (tree.Pool, "design"): "put it in the rack or tray whose hosts share it",
    (tree.Port, "design"): "put it in the part or tray that has it",
    (tree.Survive, ""): "it belongs in a `pool`",
    (tree.Minimize, ""): "it belongs in a `pool`",
    (tree.Require, "pool"): "put it beside the pool: `require kv.stranded <= 40 %`",
    (tree.Instance, "pool"): "put it beside the pool, and name it in `members` or `controllers`",
    (tree.Instance, "workload"): "put it in a tray or rack",
    (tree.Instance, "interface"): "put it in a part, tray or rack",
    (tree.Connect, "pool"): "the compiler decides the cables of a pool",
}  # fmt: skip
#: Definitions that stand nowhere: their rules speak of their own figures, and are tested as they are met.
_OWN_RULES: Final = frozenset(("link", "interface", "model", "workload"))


class Elaborator:
    """Elaborates one program. `diagnostics` grows as faults are met."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.diagnostics: list[Diagnostic] = []
        self._cache: dict[Any, Shape] = {}
        self._told_deep = False
        self._running: list[tree.Definition] = []

    # ---------------------------------------------------------------- definitions

    def root(self, design: tree.Definition) -> Shape:
        """Elaborate the design to build."""
        nothing = Scope(self.program, "", _nothing(design.name_span), builtins=PLAIN, instantiate=self.instantiate)
        for name in self.program.modules[""].lets:
            self._attempt(lambda name=name: lookup(name, nothing))  # type: ignore[misc]
        bound: dict[str, Any] = {}
        self._attempt(lambda: bound.update(self._bind(design, "", (), design.name_span, nothing)))
        shape = self._define(design, "", bound, None, None)
        for _, workload in shape.workloads:
            self._attach(workload, shape)
        return shape

    def _attempt(self, run: Callable[[], object]) -> None:
        """Run what may be at fault; note the finding and go on."""
        try:
            run()
        except Fault as caught:
            self.diagnostics.append(caught.diagnostic)
        except Spoilt:
            pass

    def instantiate(self, ref: DefinitionRef, span: Span) -> Shape:
        """Elaborate a definition used as a value, with its default arguments."""
        return self._use(ref.definition, ref.module, (), span, Scope(self.program, ref.module, _nothing(span)))

    def shape_of(self, ref: tree.TypeRef, scope: Scope, extra: tree.Block | None = None) -> Shape:
        """Elaborate the definition that a type names; raises Fault where there is none."""
        given = scope.locals.get(ref.path[0]) if len(ref.path) == 1 else None
        if isinstance(given, DefinitionRef):  # a parameter that names a part: `card[8]: card`
            return self._use(given.definition, given.module, ref.arguments, ref.span, scope, extra)
        found = self.program.find(scope.module, ref.path, ref.span)
        if isinstance(found, Diagnostic):
            raise Fault(found)
        return self._use(found[1], found[0], ref.arguments, ref.span, scope, extra)

    def _use(
        self, definition: tree.Definition, module: str, arguments: tuple[tree.Argument, ...], span: Span, scope: Scope,
        extra: tree.Block | None = None,
    ) -> Shape:  # fmt: skip
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
        key = (module, definition.name, tuple(_key(value) for value in bound.values()))
        if key not in self._cache:
            spend(scope, span, _STEPS_A_SHAPE)
            self._cache[key] = self._define(definition, module, bound, None, None)
        return self._cache[key]

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
                raise Fault(unknown(Code.ARGUMENT, f"parameter of `{definition.name}`", name, names, argument.span))
            if name in bound:
                raise fault(Code.ARGUMENT, f"`{name}` of `{definition.name}` is given twice", argument.span, "second",
                            "keep one of them")  # fmt: skip
            bound[name] = evaluate(argument.value, scope)
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
        return {name: bound[name] for name in names}

    def _define(
        self, definition: tree.Definition, module: str, bound: dict[str, Any], extra: tree.Block | None,
        extra_scope: Scope | None,
    ) -> Shape:  # fmt: skip
        shape = Shape(definition.kind, definition.name, module, definition.doc, definition.name_span)
        self._running.append(definition)
        try:
            self._inherit(definition, module, bound, shape)
            for name, value in bound.items():
                shape.values.setdefault(name, value)
            scope = self._scope(module, shape, bound)
            if definition.on is not None:
                shape.on = (definition.on, scope)
            self._run(definition.body, scope, definition.kind)
            if extra is not None and extra_scope is not None:
                self._run(
                    extra, self._scope(extra_scope.module, shape, {**bound, **extra_scope.locals}), definition.kind
                )
            self.diagnostics.extend(check_figures(shape))
        finally:
            self._running.pop()
        return shape

    def _scope(self, module: str, shape: Shape, local: dict[str, Any]) -> Scope:
        return Scope(self.program, module, shape, dict(local), builtins=PLAIN, instantiate=self.instantiate)

    def _inherit(self, definition: tree.Definition, module: str, bound: dict[str, Any], shape: Shape) -> None:
        """Run the bodies of the supertypes first, into the same shape, each in its own scope."""
        for ref in definition.supers:
            try:
                found = self.program.find(module, ref.path, ref.span)
                if isinstance(found, Diagnostic):
                    raise Fault(found)
                where, base = found
                if base in self._running:
                    raise fault(Code.CYCLE, f"`{base.name}` descends from itself", ref.span, "here again",
                                "remove one of the supertypes")  # fmt: skip
                self._check_depth(ref.span)
                if base.kind not in ("trait", definition.kind) and not {base.kind, definition.kind} <= THINGS:
                    raise Fault(Diagnostic(
                        Code.TYPE, f"{_a(definition.kind)} cannot descend from {_a(base.kind)}", Label(ref.span, "supertype"),
                        (Label(base.name_span, "defined here"),), (f"descend from {_a(definition.kind)}, or from a trait",),
                    ))  # fmt: skip
                arguments = self._bind(base, where, ref.arguments, ref.span, self._scope(module, shape, bound))
                self._running.append(base)
                try:
                    self._inherit(base, where, arguments, shape)
                    for name, value in arguments.items():
                        shape.values.setdefault(name, value)
                    self._run(base.body, self._scope(where, shape, arguments), definition.kind)
                finally:
                    self._running.pop()
                shape.lineage = (base.name, *shape.lineage)
                shape.title = shape.title or base.doc
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
            try:
                spend(scope, statement.span)
                if isinstance(statement, tree.Let):
                    self._once(statement.name, statement.span, lets)
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

    def _once(self, name: str, span: Span, seen: dict[str, Span]) -> None:
        if name in seen:
            raise Fault(twice(name, span, seen[name]))
        seen[name] = span

    def _statement(self, statement: tree.Statement, scope: Scope, kind: str, seen: dict[str, Span]) -> None:
        if not isinstance(statement, (*_EVERYWHERE, *_ALLOWED[kind])):
            raise _misplaced(statement, kind)
        match statement:
            case tree.Let(name=name, value=value):
                scope.locals[name] = evaluate(value, scope)
            case tree.For():
                self._loop(statement, scope, kind, seen)
            case tree.If(test=test, yes=yes, no=no):
                branch = yes if truth(test, scope) else no
                if branch is not None:
                    self._run(branch, scope, kind, seen)
            case tree.Assign():
                self._assign(statement, scope, seen)
            case tree.Instance():
                self._instance(statement, scope)
            case tree.Port():
                self._port(statement, scope)
            case tree.Connect():
                self._connect(statement, scope)
            case tree.Require(test=test, message=message, span=span) if kind in _OWN_RULES:
                if not truth(test, scope):
                    raise fault(Code.REQUIREMENT, f"{message or 'a requirement does not hold'} ({scope.shape.name})", span,
                                "does not hold", "change the figures, or the requirement")  # fmt: skip
            case tree.Require(test=test, message=message, span=span):
                scope.shape.rules.append(Rule(span, test, message, scope))
            case tree.Pool():
                self._pool(statement, scope)
            case tree.Demand():
                self._demand(statement, scope)
            case _:
                raise AssertionError(statement)

    def _loop(self, statement: tree.For, scope: Scope, kind: str, seen: dict[str, Span]) -> None:
        for item in items_of(evaluate(statement.of, scope), statement.of.span):
            spend(scope, statement.span)
            self._run(statement.body, scope.inner(statement.name, item), kind, seen)

    def _assign(self, statement: tree.Assign, scope: Scope, seen: dict[str, Span]) -> None:
        if not isinstance(statement.target, tree.Name):
            raise fault(Code.MISPLACED, "an attribute belongs to the definition it stands in", statement.target.span,
                        "set from outside", "give the type a parameter, or a body: `x: Type { name = value }`")  # fmt: skip
        name, shape = statement.target.name, scope.shape
        self._once(name, statement.span, seen)
        port = shape.port_group(name)
        earlier = [group.span for group in shape.child_groups(name)] + ([port.span] if port else [])
        if earlier:
            raise Fault(Diagnostic(Code.DUPLICATE, f"`{name}` is an instance or port here already",
                                   Label(statement.span, "second"), (Label(earlier[0], "first"),),
                                   ("give the attribute another name",)))  # fmt: skip
        value = interval_of(evaluate(statement.value, scope), statement.value.span)
        source, confidence = self._provenance(statement.cites)
        shape.values[name] = value
        shape.spans[name] = statement.span
        shape.figures[name] = Figure(plain(value), source, confidence)

    def _provenance(self, cites: tuple[tree.Cite, ...]) -> tuple[str, Confidence]:
        for cite in cites:
            values = [a.value for a in cite.arguments]
            if cite.name == "assume" and len(values) == 1 and isinstance(values[0], tree.Text):
                return values[0].value, "assumption"
            if cite.name == "cite" and values and isinstance(values[0], tree.Text):
                return values[0].value, self._confidence(values[1:], cite.span)
            raise fault(Code.ARGUMENT, 'a source is `@cite("KEY", confidence)` or `@assume("why")`', cite.span,
                        "no such source")  # fmt: skip
        return "", "unstated"

    def _confidence(self, words: list[tree.Expr], span: Span) -> Confidence:
        if not words:
            return "medium"
        word = words[0].name if isinstance(words[0], tree.Name) else ""
        if len(words) > 1 or word not in _CONFIDENCES:
            raise Fault(unknown(Code.ARGUMENT, "confidence", word, _CONFIDENCES, span))
        return word  # type: ignore[return-value]  # it is one of them

    def _port(self, statement: tree.Port, scope: Scope) -> None:
        name, count, _ = self._target(statement.target, scope)
        interface = self.shape_of(statement.type, scope)
        if interface.kind != "interface":
            raise fault(Code.TYPE, f"`{interface.name}` is {_a(interface.kind)}, a port needs an interface",
                        statement.type.span, "no interface", "name one, such as std.interfaces.Pcie5")  # fmt: skip
        shape = scope.shape
        self._new_name(name, statement.target.span, shape)
        offset = shape.port_count
        self._grow(shape, 0, 1 if count is None else count, statement.span)
        shape.ports.append(PortGroup(name, count, interface, offset, statement.span))

    def _instance(self, statement: tree.Instance, scope: Scope) -> None:
        name, count, key = self._target(statement.target, scope)
        part = self.shape_of(statement.type, scope, statement.body)
        shape = scope.shape
        if part.kind in ("workload", "policy") and shape.kind == "design":
            (shape.workloads if part.kind == "workload" else shape.policies).append((name, part))
            return
        if part.kind not in THINGS:
            hint = "a port is written `port name: Interface`" if part.kind == "interface" else ""
            raise fault(Code.TYPE, f"`{part.name}` is {_a(part.kind)}, not a thing that can stand in {shape.name}",
                        statement.type.span, "not here", *filter(None, (hint,)))  # fmt: skip
        self._new_name(name, statement.target.span, shape, key)
        group = ChildGroup(name, count, key, part, shape.instances, shape.port_count, statement.span)
        if statement.at is not None:
            self._place(group, statement.at, scope)
        self._grow(shape, group.size * part.instances, group.size * part.port_count, statement.span)
        shape.children.append(group)

    def _grow(self, shape: Shape, instances: int, ports: int, span: Span) -> None:
        for what, total, limit in (("instances", shape.instances + instances, MAX_INSTANCES),
                                   ("ports", shape.port_count + ports, MAX_PORTS)):  # fmt: skip
            if total > limit:
                raise fault(Code.LIMIT, f"`{shape.name}` would have {total:,} {what}, more than {limit:,}", span,
                            "this is the statement that passes it", "check the counts")  # fmt: skip
        shape.instances += instances
        shape.port_count += ports

    def _new_name(self, name: str, span: Span, shape: Shape, key: int | str | None = None) -> None:
        group = shape.port_group(name)
        earlier = [group.span] if group else [
            g.span for g in shape.child_groups(name) if key is None or g.key is None or g.key == key]  # fmt: skip
        earlier += [shape.spans[name]] if name in shape.spans else []
        if earlier:
            raise Fault(Diagnostic(Code.DUPLICATE, f"`{name}` stands here already", Label(span, "second"),
                                   also=(Label(earlier[0], "first"),),
                                   hints=("give one of them another name, or declare an array",)))  # fmt: skip

    def _target(self, target: tree.Expr, scope: Scope) -> tuple[str, int | None, int | str | None]:
        """Return name, count and key: `gpu[4]` is four of them, `gpu[i]` in a loop over i is one."""
        if isinstance(target, tree.Name):
            return target.name, None, None
        if not isinstance(target, tree.Index) or not isinstance(target.of, tree.Name):
            raise fault(Code.MISPLACED, "a name, or a name with a count, is wanted here", target.span)
        subscript = target.subscripts[0]
        value = evaluate(subscript, scope) if not isinstance(subscript, tree.Every) else None
        keyed = not isinstance(subscript, tree.Every) and _mentions(subscript, scope.loop_names)
        if keyed and isinstance(value, str):
            return target.of.name, None, value
        if (
            isinstance(value, Quantity)
            and value.dimension == NONE
            and value.value.denominator == 1
            and value.value >= 0
        ):
            count = int(value.value)
            return (
                (target.of.name, None, count) if keyed else (target.of.name, self._count(count, subscript.span), None)
            )
        if isinstance(subscript, tree.Every):
            raise fault(Code.COUNT, "`*` is no count", subscript.span, "how many?", "write a number: `gpu[4]: B200`")
        raise fault(
            Code.COUNT, f"a count is a whole number from 0, this is {described(value)}", subscript.span, "no count"
        )

    def _count(self, count: int, span: Span) -> int:
        if count > MAX_PORTS:
            raise fault(Code.LIMIT, f"a count of {count:,} is beyond the limit of {MAX_PORTS:,}", span, "",
                        "check the count")  # fmt: skip
        return count

    def _place(self, group: ChildGroup, at: tree.Expr, scope: Scope) -> None:
        value = evaluate(at, scope)
        if not isinstance(value, Record) or value.name not in ("u", "ou", "slot"):
            raise fault(Code.TYPE, f"a place is `u(…)`, `ou(…)` or `slot(…)`, this is {described(value)}", at.span, "",
                        "write `at u(5)` for one, `at u(5..12)` for eight")  # fmt: skip
        positions: list[int] = []
        for one in value.fields.values():
            for item in items_of(one, at.span) if isinstance(one, Whole | tuple) else [one]:
                if not isinstance(item, Quantity) or item.dimension != NONE or item.value.denominator != 1:
                    raise fault(Code.TYPE, f"a place is a whole number, this is {described(item)}", at.span, "no place")
                positions.append(int(item.value))
        if len(positions) != group.size:
            raise fault(
                Code.COUNT, f"{group.size} of `{group.name}`, but {len(positions)} places", at.span,
                f"{abs(group.size - len(positions))} {'too few' if len(positions) < group.size else 'too many'}",
                "a range counts both ends: 1..4 is four places; `step` skips",
            )  # fmt: skip
        group.positions, group.position_kind = tuple(positions), value.name

    # ---------------------------------------------------------------- connections

    def _connect(self, statement: tree.Connect, scope: Scope) -> None:
        left, right = self._port_set(statement.left, scope), self._port_set(statement.right, scope)
        carrier = self.shape_of(statement.carrier, scope) if statement.carrier is not None else None
        if carrier is not None and carrier.kind != "link":
            raise fault(Code.TYPE, f"`{carrier.name}` is {_a(carrier.kind)}, a connection needs a link",
                        statement.carrier.span if statement.carrier else statement.span, "no link",
                        "name a link, such as std.carriers.Cat6, or leave it out")  # fmt: skip
        name, options = self._pattern(statement.pattern, scope)
        span = statement.pattern.span if statement.pattern else statement.span
        if not len(left) or not len(right):
            side = statement.left if not len(left) else statement.right
            raise fault(Code.UNEQUAL, "there are no ports on this side", side.span, "empty",
                        "check the counts; `if` leaves a connection out")  # fmt: skip
        a, b = PATTERNS[name][0](left, right, span, **options)
        candidates = () if carrier is not None else self._carriers(scope)
        scope.shape.wirings.append(Wiring(a, b, carrier, candidates, statement.span))

    def _carriers(self, scope: Scope) -> tuple[Shape, ...]:
        """Return every link that the module names: what a connection without a carrier may choose from."""
        names = self.program.modules[scope.module].names
        refs = [DefinitionRef(d, where) for where, d in names.values() if d.kind == "link" and not d.params]
        return tuple(self.instantiate(ref, ref.definition.span) for ref in refs)

    def _pattern(self, ref: tree.TypeRef | None, scope: Scope) -> tuple[str, dict[str, int]]:
        if ref is None:
            return "one_to_one", {}
        name = ".".join(ref.path)
        if name not in PATTERNS:
            raise Fault(unknown(Code.UNKNOWN_NAME, "pattern", name, PATTERNS, ref.span))
        options: dict[str, int] = {}
        for argument in ref.arguments:
            key = argument.name or next(iter(PATTERNS[name][1]), "")
            if key not in PATTERNS[name][1]:
                raise Fault(unknown(Code.ARGUMENT, f"option of `{name}`", key, PATTERNS[name][1], argument.span))
            value = evaluate(argument.value, scope)
            if (
                not isinstance(value, Quantity)
                or value.dimension != NONE
                or value.value < 1
                or value.value.denominator > 1
            ):
                raise fault(
                    Code.TYPE,
                    f"`{key}` is a whole number from 1, this is {described(value)}",
                    argument.span,
                    "no such number",
                )
            if key in options:
                raise fault(Code.ARGUMENT, f"`{key}` of `{name}` is given twice", argument.span, "second", "keep one")
            options[key] = int(value.value)
        return name, options

    def _port_set(self, expr: tree.Expr, scope: Scope) -> PortSet:
        return _ports_of(evaluate(expr, scope), expr)

    # ---------------------------------------------------------------- pools and workloads

    def _pool(self, statement: tree.Pool, scope: Scope) -> None:
        spec = PoolSpec(statement.name, statement.span)
        earlier = next((pool.span for pool in scope.shape.pools if pool.name == statement.name), None)
        if earlier is not None:
            raise Fault(Diagnostic(Code.DUPLICATE, f"pool `{statement.name}` stands here already",
                                   Label(statement.name_span, "second"), (Label(earlier, "first"),),
                                   ("give one of them another name",)))  # fmt: skip
        self._pool_body(statement.body, spec, scope, {})
        scope.shape.pools.append(spec)

    def _pool_body(self, block: tree.Block, spec: PoolSpec, scope: Scope, seen: dict[str, Span]) -> None:
        for inner in block.statements:
            self._attempt(partial(self._pool_statement, inner, spec, scope, seen))

    def _pool_statement(self, statement: tree.Statement, spec: PoolSpec, scope: Scope, seen: dict[str, Span]) -> None:
        spend(scope, statement.span)
        match statement:
            case tree.Assign(target=tree.Name(name=name), value=value, span=span):
                self._once(name, span, seen)
                found = evaluate(value, scope)
                _check_choice(name, found, value.span)
                spec.values[name], spec.spans[name] = found, span
            case tree.Bound(target=target, op=op, value=value, span=span):
                self._once(f"{_target_name(target)} {op}", span, seen)
                spec.bounds[_target_name(target)] = (op, evaluate(value, scope), span)
            case tree.Survive(count=count, noun=noun, promise=promise, span=span):
                self._once("survive", span, seen)
                spec.survive = (count, noun, promise, span)
            case tree.Minimize(goals=goals, span=span):
                self._once("minimize", span, seen)
                spec.goals = tuple(_dotted(goal) for goal in goals)
            case tree.Let(name=name, value=value):
                scope.locals[name] = evaluate(value, scope)
            case tree.If(test=test, yes=yes, no=no):
                branch = yes if truth(test, scope) else no
                if branch is not None:
                    self._pool_body(branch, spec, scope, seen)
            case tree.For(name=name, of=of, body=body):
                for item in items_of(evaluate(of, scope), of.span):
                    self._pool_body(body, spec, scope.inner(name, item), seen)
            case _:
                raise _misplaced(statement, "pool")

    def _demand(self, statement: tree.Demand, scope: Scope) -> None:
        kind = statement.type
        earlier = next((d.span for d in scope.shape.demands if d.name == statement.name), None)
        if earlier is not None:
            raise Fault(twice(statement.name, statement.span, earlier))
        positional = [a for a in kind.arguments if not a.name]
        arguments: dict[str, Any] = {str(at): evaluate(a.value, scope) for at, a in enumerate(positional)}
        arguments |= {a.name: evaluate(a.value, scope) for a in kind.arguments if a.name}
        reader = _dotted(statement.reader) if statement.reader is not None else "cpu"
        scope.shape.demands.append(DemandSpec(statement.name, statement.span, ".".join(kind.path), arguments, reader))

    def _attach(self, workload: Shape, design: Shape) -> None:
        """Evaluate what a workload stands on, with the design's members in view."""
        if workload.on is None:
            return
        expr, scope = workload.on
        workload.on = None

        def find() -> None:
            found = evaluate(expr, replace(scope, outer=self._scope("", design, {})))
            if not isinstance(found, Selection):
                raise fault(Code.TYPE, f"a workload runs on instances, this is {described(found)}", expr.span, "",
                            "write `on rack.host[*]`")  # fmt: skip
            workload.on = found

        self._attempt(find)


def _spoil(statement: tree.Statement, scope: Scope) -> None:
    """Remember that a name was meant, so that its uses are not reported as well."""
    match statement:
        case tree.Assign(target=target) | tree.Instance(target=target) | tree.Port(target=target):
            while isinstance(target, tree.Index | tree.Attr):
                target = target.of
            if isinstance(target, tree.Name):
                scope.shape.values.setdefault(target.name, SPOILT)
        case tree.Let(name=name):
            scope.locals[name] = SPOILT
        case _:
            pass


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
                f"`{name}` are {wanted}, `{one.definition.name}` is {_a(one.definition.kind)}",
                span,
                f"no {wanted}",
            )


def _misplaced(statement: tree.Statement, kind: str) -> Fault:
    hint = _INSTEAD.get((type(statement), kind)) or _INSTEAD.get((type(statement), ""), "")
    message = f"{_CALLED.get(type(statement), 'this statement')} cannot stand in {_a(kind)}"
    return fault(Code.MISPLACED, message, statement.span, "not here", *filter(None, (hint,)))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _nothing(span: Span) -> Shape:
    return Shape("", "", "", "", span)


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


def _target_name(target: tree.Expr) -> str:
    return target.of.name if isinstance(target, tree.Index) and isinstance(target.of, tree.Name) else _dotted(target)


def _dotted(expr: tree.Expr) -> str:
    match expr:
        case tree.Name(name=name):
            return name
        case tree.Attr(of=of, name=name):
            return f"{_dotted(of)}.{name}"
        case _:
            raise fault(Code.TYPE, "a name is wanted here", expr.span)


def _mentions(expr: tree.Expr, names: Iterable[str]) -> bool:
    match expr:
        case tree.Name(name=name):
            return name in names
        case tree.Binary(left=left, right=right):
            return _mentions(left, names) or _mentions(right, names)
        case tree.Attr(of=of) | tree.Unary(of=of):
            return _mentions(of, names)
        case _:
            return False


def plain(value: Any) -> Any:
    """Return a value as a Plan can hold it: references by name, selections not at all."""
    match value:
        case Quantity() | Interval() | str() | bool() | None:
            return value
        case tuple():
            return tuple(plain(v) for v in value)
        case DefinitionRef(definition=definition):
            return definition.name
        case Counted(count=count, noun=noun):
            return f"{count} {noun}"
        case _:
            return described(value)


def _key(value: Any) -> Any:
    """Return a hashable stand-in for an argument, equal for equal arguments."""
    match value:
        case DefinitionRef(definition=definition, module=module):
            return (module, definition.name)
        case tuple():
            return tuple(_key(v) for v in value)
        case Selection():
            return tuple((id(c.shape), c.instances.tobytes()) for c in value.chunks)
        case PortSet():
            return tuple(bundle.tobytes() for bundle in value.bundles)
        case Family(name=name, rows=rows):
            return (name, tuple((_key(selection), keys) for selection, keys in rows))
        case DemandRef(workload=workload, name=name):
            return (_key(workload), name)
        case Record():
            return (value.name, tuple((k, _key(v)) for k, v in value.fields.items()))
        case _:
            return value
