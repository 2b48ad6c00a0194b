"""Patterns that a design defines: their body runs once for each connection that goes by them.

In it, `left` and `right` are lists of bundles (`right` is empty where a connection has one side), and `take(bundle, n)`
gives the next ports of a bundle that nothing has used. Every port must be joined, unless the body says `spare`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from rackc.compiler.declare import once, target_name
from rackc.compiler.evaluate import Scope, choose, decided, evaluate, message_of, spend, truth, turns
from rackc.compiler.functions import PLAIN
from rackc.compiler.operators import whole
from rackc.compiler.patterns.joining import PORTS_A_STEP, Bundles, Joining, Pairs, counted
from rackc.compiler.patterns.sides import side_of
from rackc.compiler.shape import Shape
from rackc.compiler.standing import check_stands
from rackc.compiler.values import SPOILT, Builtin, Fault, Offsets, PortSet, Spoilt, described, fault
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.source import Span

#: Joins ports by the pattern of an inner connection, and reports what goes wrong inside it.
Join = Callable[[tree.TypeRef | None, Joining, Scope, Callable[[Diagnostic], None]], Pairs]

_SIDES: Final = ("left", "right")
_RESERVED: Final = {"left": "a side of the connection", "right": "a side of the connection", "take": "a function here"}
_FREE, _TAKEN = 0, -1


def run_pattern(
    definition: tree.Definition, bound: dict[str, Any], joining: Joining, scope: Scope, join: Join,
    report: Callable[[Diagnostic], None],
) -> Pairs:  # fmt: skip
    """Return what a pattern's body joins; raises Spoilt where it is at fault and has been reported.

    `scope` is that of the module that defines it, `bound` holds its arguments.
    """
    _check_head(definition)
    run = _Run(definition, joining, scope, join, report)
    sides = dict(zip(_SIDES, (_bundles(joining.left), _bundles(joining.right or ())), strict=True))
    nothing = Shape("", "", "", "", definition.span)
    builtins = {**PLAIN, "take": Builtin("take", run.take)}
    inner = Scope(scope.program, scope.module, nothing, {**bound, **sides}, builtins=builtins,
                  instantiate=scope.instantiate)  # fmt: skip
    run.block(definition.body, inner)
    if run.faulty:
        raise Spoilt
    run.check_all_used()
    none = [np.zeros(0, np.int64)]
    return np.concatenate(none + run.lefts), np.concatenate(none + run.rights)


def _check_head(definition: tree.Definition) -> None:
    if definition.supers:
        raise fault(Code.MISPLACED, "a pattern has no supertypes", definition.supers[0].span, "not here",
                    "a pattern uses another in its body: `connect left -- right by other`")  # fmt: skip
    for param in definition.params:
        _check_name(param.name, param.span)


def _check_name(name: str, span: Span) -> None:
    if name in _RESERVED:
        raise fault(
            Code.DUPLICATE, f"`{name}` is {_RESERVED[name]} in every pattern", span, "second", "use another name"
        )


def _bundles(side: Bundles) -> tuple[PortSet, ...]:
    return tuple(PortSet((bundle,), array=True) for bundle in side)


@dataclass(slots=True)
class _Run:
    """One run of a body: what it joined so far, and what became of each port."""

    definition: tree.Definition
    joining: Joining
    scope: Scope
    join: Join
    tell: Callable[[Diagnostic], None]
    known: Offsets = field(init=False)
    #: For each known port: free, taken, or 1 + the number of the inner connection that uses it.
    state: Offsets = field(init=False)
    spans: list[Span] = field(default_factory=list)
    lefts: list[Offsets] = field(default_factory=list)
    rights: list[Offsets] = field(default_factory=list)
    spare: tuple[str, ...] = ()
    spare_at: dict[str, Span] = field(default_factory=dict)
    told: set[tuple[Code, Span]] = field(default_factory=set)
    faulty: bool = False
    stopped: bool = False

    def __post_init__(self) -> None:
        self.known = np.unique(np.concatenate([*self.joining.left, *(self.joining.right or ())]))
        self.state = np.full(len(self.known), _FREE, np.int64)

    def report(self, found: Diagnostic) -> None:
        """Tell a finding inside the body with the connection that it comes from, once for each place."""
        self.faulty = True
        key = (found.code, found.at.span)
        if key not in self.told:
            self.told.add(key)
            self.tell(replace(found, also=(*found.also, Label(self.joining.span, "used here"))))

    # ---------------------------------------------------------------- statements

    def block(self, block: tree.Block, scope: Scope) -> None:
        """Run statements in order; a fault gives up its statement, a requirement that does not hold the run."""
        lets: dict[str, Span] = {}
        for statement in block.statements:
            if self.stopped or scope.program.exhausted:
                return
            try:
                spend(scope, statement.span)
                check_stands(statement, "pattern")
                self._statement(statement, scope, lets)
            except Fault as caught:
                self.report(caught.diagnostic)
                _spoil(statement, scope)
            except Spoilt:
                self.faulty = True
                _spoil(statement, scope)

    def _statement(self, statement: tree.Statement, scope: Scope, lets: dict[str, Span]) -> None:
        match statement:
            case tree.Let(name=name, value=value, span=span):
                _check_name(name, span)
                once(name, span, lets)
                scope.locals[name] = evaluate(value, scope)
            case tree.Choose(name=name, span=span):
                _check_name(name, span)
                once(name, span, lets)
                scope.locals[name] = choose(statement, scope)
            case tree.For(of=of, body=body, span=span):
                for names in turns(statement, evaluate(of, scope)):
                    if self.stopped or scope.program.exhausted:
                        return
                    spend(scope, span)
                    self.block(body, scope.inner(names))
            case tree.If(test=test, yes=yes, no=no):
                branch = yes if decided(test, scope) else no
                if branch is not None:
                    self.block(branch, scope)
            case tree.Require(test=test, message=message, span=span):
                if not truth(test, scope):
                    self.stopped = True
                    raise fault(Code.REQUIREMENT, f"{message_of(message, scope)} ({self.definition.name})", span,
                                "does not hold", "change the connection, or the requirement")  # fmt: skip
            case tree.Assign():
                self._assign(statement, scope)
            case tree.Connect():
                self._connect(statement, scope)
            case _:
                raise AssertionError(statement)

    def _assign(self, statement: tree.Assign, scope: Scope) -> None:
        name = target_name(statement.target)
        if name != "spare":
            raise Fault(replace(unknown(Code.UNKNOWN_NAME, "attribute of a pattern", name, ("spare",), statement.target.span),
                                hints=("a name of its own is written `let name = value`",)))  # fmt: skip
        once(name, statement.span, self.spare_at)
        value = evaluate(statement.value, scope)
        if value not in (*_SIDES, "both"):
            raise fault(Code.TYPE, f"`spare` is \"left\", \"right\" or \"both\", this is {described(value)}",
                        statement.value.span, "no side")  # fmt: skip
        self.spare = _SIDES if value == "both" else (value,)

    def _connect(self, statement: tree.Connect, scope: Scope) -> None:
        if statement.carrier is not None:
            raise fault(Code.MISPLACED, "a pattern names no carrier", statement.carrier.span, "not here",
                        "the connection that goes by the pattern names it")  # fmt: skip
        left = side_of(statement.left, scope)
        right = None if statement.right is None else side_of(statement.right, scope)
        span = statement.pattern.span if statement.pattern is not None else statement.span
        asked = replace(self.joining, left=left, right=right, span=span)
        a, b = self.join(statement.pattern, asked, scope, self.report)
        self._use(a, b, statement.span)
        self.lefts.append(a)
        self.rights.append(b)

    # ---------------------------------------------------------------- ports

    def _rows(self, ports: Offsets, span: Span) -> Offsets:
        """Return the rows of ports; raises Fault for one that is on neither side."""
        rows = np.minimum(np.searchsorted(self.known, ports), len(self.known) - 1)
        strange = ports[self.known[rows] != ports]
        if len(strange):
            raise fault(Code.UNEQUAL, f"{self.joining.ports(strange[:1])} is on neither side of the connection", span,
                        "not a port of this pattern", "a pattern joins ports of `left` and `right`")  # fmt: skip
        return rows

    def _use(self, a: Offsets, b: Offsets, span: Span) -> None:
        """Note that ports are joined; raises Fault where one was already."""
        rows = self._rows(np.concatenate((a, b)), span)
        own = np.flatnonzero(a == b)
        if len(own):
            raise fault(Code.SELF_LINK, f"port {self.joining.ports(a[own[:1]])} is joined to itself", span, "a link has two ends",
                        "name another port on one side")  # fmt: skip
        met, counts = np.unique(rows, return_counts=True)
        again = met[(counts > 1) | (self.state[met] > 0)]
        if len(again):
            raise Fault(self._taken(int(again[0]), span))
        self.spans.append(span)
        self.state[met] = len(self.spans)

    def _taken(self, row: int, span: Span) -> Diagnostic:
        first = self.spans[int(self.state[row]) - 1] if self.state[row] > 0 else span
        also = () if first == span else (Label(first, "first link"),)
        return Diagnostic(Code.PORT_TAKEN, f"port {self.joining.ports(self.known[row : row + 1])} already carries a link",
                          Label(span, "second link" if also else "twice by this statement"), also,
                          ("`take(bundle, n)` gives ports that are free",))  # fmt: skip

    def take(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> PortSet:
        """Return the next `n` ports of a bundle that were neither used nor taken in this run."""
        count = whole(positional[1]) if len(positional) == 2 else None
        if named or len(positional) != 2:
            raise fault(Code.ARGUMENT, "`take` takes a bundle and a number", call.span, "",
                        "write `take(left[0], 2)`")  # fmt: skip
        ports = positional[0]
        if not isinstance(ports, PortSet) or len(ports.bundles) != 1:
            raise fault(Code.TYPE, f"`take` needs a bundle of ports, this is {described(ports)}",
                        call.arguments[0].value.span, "no bundle", "write `left[i]`")  # fmt: skip
        if count is None or count < 0:
            raise fault(Code.TYPE, f"a number of ports is wanted, this is {described(positional[1])}",
                        call.arguments[1].value.span, "no number")  # fmt: skip
        bundle = ports.bundles[0]
        spend(self.scope, call.span, len(bundle) // PORTS_A_STEP)
        rows = self._rows(bundle, call.span) if len(bundle) else bundle
        free = np.flatnonzero(self.state[rows] == _FREE)
        if len(free) < count:
            raise replace(self.joining, span=call.span).unequal(
                f"{self.joining.owner(bundle)} has {counted(len(free), 'free port')} here, {count} cannot be taken",
                f"{count - len(free)} missing", "take fewer, or give it more ports",
            )  # fmt: skip
        self.state[rows[free[:count]]] = _TAKEN
        return PortSet((bundle[free[:count]],), array=True)

    def check_all_used(self) -> None:
        """Raise Fault where a port was left over on a side that may spare none."""
        left_over: list[tuple[str, Offsets]] = []
        for name, side in zip(_SIDES, (self.joining.left, self.joining.right or ()), strict=True):
            if name not in self.spare and side:
                ports = np.concatenate(side)
                free = ports[self.state[np.searchsorted(self.known, ports)] <= 0]
                left_over += [(name, free)] if len(free) else []
        if left_over:
            counts = " and ".join(f"{len(ports)} on the {name}" for name, ports in left_over)
            counts = counts if self.joining.sides == 2 else f"{len(left_over[0][1])} of {len(self.known)}"
            name, ports = left_over[0]
            raise Fault(Diagnostic(
                Code.UNEQUAL, f"`{self.definition.name}` leaves ports without a link: {counts}",
                Label(self.joining.span, f"left over: {self.joining.ports(ports)}"),
                (Label(self.definition.name_span, "the pattern"),),
                (f"index the ports that take part, or say `spare = \"{name if len(left_over) == 1 else 'both'}\"` in it",),
            ))  # fmt: skip


def _spoil(statement: tree.Statement, scope: Scope) -> None:
    """Remember that a name was meant, so that its uses are not reported as well."""
    if isinstance(statement, tree.Let | tree.Choose) and statement.name not in _RESERVED:
        scope.locals[statement.name] = SPOILT
