"""Expressions to values. Single pass, finite, without I/O; a fault carries the span of the operand at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from rackc.compiler.modules import MAX_STEPS, Module, Program
from rackc.compiler.operators import OPERATIONS, whole
from rackc.compiler.order import declared_below
from rackc.compiler.plan import Interval
from rackc.compiler.selections import NOTHING, here, member, merge, take, title, wrap
from rackc.compiler.shape import Shape
from rackc.compiler.values import (
    SPOILT,
    Builtin,
    Chunk,
    Counted,
    DefinitionRef,
    DemandRef,
    Family,
    Fault,
    Member,
    ModuleRef,
    PortSet,
    Record,
    Selection,
    Space,
    Spoilt,
    Untold,
    Whole,
    described,
    fault,
    said,
)
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, starting, unknown
from rackc.dsl.source import Source, Span
from rackc.dsl.units import UNIT_NAMES, DimensionError, Quantity, number, quantity

#: No text of a design is longer.
MAX_TEXT: Final = 20_000
#: What can be counted without a unit: `lose = 1 feed`.
COUNTED: Final = ("supply", "shelf", "feed", "controller", "link", "host", "switch")
#: A range longer than this in a loop or list is a mistake, not a design.
MAX_RANGE: Final = 100_000


@dataclass(slots=True)
class Scope:
    """Where names are looked up: local names, then the shape in hand, then its design, then its module.

    `builtins` are functions and spaces of the phase that evaluates; `attribute` finds what a selection does not have
    of itself (`power` of a rack), again by phase.
    """

    program: Program
    module: str
    shape: Shape
    locals: dict[str, Any] = field(default_factory=dict)
    loop_names: frozenset[str] = frozenset()
    builtins: dict[str, Any] = field(default_factory=dict)
    attribute: Callable[[Selection, str], Any] | None = None
    outer: Scope | None = None
    instantiate: Callable[[DefinitionRef, Span], Shape] | None = None

    def inner(self, names: Mapping[str, Any]) -> Scope:
        """Return a scope with more local names, those of a loop."""
        return Scope(self.program, self.module, self.shape, {**self.locals, **names}, self.loop_names | names.keys(),
                     self.builtins, self.attribute, self.outer, self.instantiate)  # fmt: skip


def evaluate(expr: tree.Expr, scope: Scope) -> Any:
    """Return what `expr` is worth in `scope`; raises Fault, or Spoilt where the cause was reported already."""
    match expr:
        case tree.Number(value=value):
            return number(value)
        case tree.Measure(value=value, unit=unit, both_ways=both):
            return quantity(value / 2 if both else value, unit)
        case tree.Counted(count=count, noun=noun, span=span):
            if noun not in COUNTED:
                raise _no_unit(noun, span)
            return Counted(count, noun)
        case tree.Text(value=text):
            return text
        case tree.Template(parts=parts):
            text = "".join(part if isinstance(part, str) else said(evaluate(part, scope)) for part in parts)
            if len(text) > MAX_TEXT:
                raise fault(
                    Code.LIMIT, f"the text would have {len(text):,} characters, more than {MAX_TEXT:,}", expr.span
                )
            return text
        case tree.Constant(value=constant):
            return constant
        case tree.Name():
            return _name(expr, scope)
        case tree.Attr():
            return _attr(expr, scope)
        case tree.Index():
            return _index(expr, scope)
        case tree.Call():
            return _call(expr, scope)
        case tree.ListOf(items=items):
            return bounded_list(tuple(evaluate(item, scope) for item in items), expr.span)
        case tree.Comprehension():
            return _comprehension(expr, scope)
        case tree.Unary():
            return _unary(expr, scope)
        case tree.Binary():
            return _binary(expr, scope)
        case tree.Conditional(test=test, yes=yes, no=no):
            return evaluate(yes if decided(test, scope) else no, scope)


def message_of(message: tree.Text | tree.Template | None, scope: Scope) -> str:
    """Return what a rule says where it does not hold."""
    return "a requirement does not hold" if message is None else str(evaluate(message, scope))


def truth(expr: tree.Expr, scope: Scope) -> bool:
    """Return a yes or no; raises Fault for anything else."""
    return _yes(evaluate(expr, scope), expr.span)


#: What holds where a comparison certainly does not.
_OPPOSITE: Final = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "!=": "=="}


def fails(expr: tree.Expr, scope: Scope) -> bool:
    """Return whether a condition certainly does not hold: a range counts with its unfavourable end here too."""
    match expr:
        case tree.Unary(op="not", of=of):
            return truth(of, scope)
        case tree.Binary(op="and", left=left, right=right):
            return fails(left, scope) or fails(right, scope)
        case tree.Binary(op="or", left=left, right=right):
            return fails(left, scope) and fails(right, scope)
        case tree.Binary(op=op) if op in _OPPOSITE:
            return truth(replace(expr, op=_OPPOSITE[op]), scope)
        case tree.Conditional(test=test, yes=yes, no=no):
            return fails(yes if decided(test, scope) else no, scope)
        case _:
            return not truth(expr, scope)


def decided(expr: tree.Expr, scope: Scope) -> bool:
    """Return a yes or no to go by; raises Fault where a range makes it neither."""
    if truth(expr, scope):
        return True
    if fails(expr, scope):
        return False
    raise fault(Code.TYPE, "a range leaves this condition open: it holds for a part of it", expr.span, "yes and no",
                "compare one end: `low(…)`, `high(…)` or `typical(…)`")  # fmt: skip


def _yes(value: Any, span: Span) -> bool:
    if not isinstance(value, bool):
        raise fault(Code.TYPE, f"a condition is true or false, this is {described(value)}", span, "no condition",
                    "compare it with something: `x > 0`")  # fmt: skip
    return value


def _no_unit(noun: str, span: Span) -> Fault:
    """Return the finding for a number of what is neither a unit nor counted; without a close name it lists the latter."""
    found = unknown(Code.UNKNOWN_NAME, "unit", noun, (*UNIT_NAMES, *COUNTED), span)
    return Fault(replace(found, hints=found.hints or (f"without a unit these are counted: {', '.join(COUNTED)}",)))


# ---------------------------------------------------------------- names


def _name(expr: tree.Name, scope: Scope) -> Any:
    value = lookup(expr.name, scope)
    if value is SPOILT:
        raise Spoilt
    if value is not None:
        return None if value is NOTHING else value
    if expr.name in scope.program.lost:
        raise Spoilt
    raise Fault(_unknown_name(expr, scope))


def _unknown_name(expr: tree.Name, scope: Scope) -> Diagnostic:
    """Return the finding for a name that means nothing here: it may come further down, or be in a module."""
    module = scope.program.modules[scope.module]
    below = declared_below(expr.name, expr.span, module.statements) if expr.span.source == module.source else None
    if below is not None:
        return Diagnostic(Code.UNKNOWN_NAME, f"`{expr.name}` is declared further down", Label(expr.span, "not known yet"),
                          (Label(below, "declared here"),), ("put it above: statements run in order",))  # fmt: skip
    found = unknown(Code.UNKNOWN_NAME, "thing here", expr.name, _visible(scope), expr.span)
    return scope.program.importable(found, expr.name, scope.module)


def lookup(name: str, scope: Scope) -> Any:
    """Return what `name` means in `scope`; None where it means nothing."""
    if name in scope.locals:
        return wrap(scope.locals[name])
    own = member(here(scope.shape), name, scope.attribute)
    if own is not None:
        return own
    if scope.outer is not None:
        found = lookup(name, scope.outer)
        if found is not None:
            return found
    module = scope.program.modules[scope.module]
    if name in module.lets:
        return wrap(_let(module, name, scope))
    if name in module.names:
        where, definition = module.names[name]
        return DefinitionRef(definition, where)
    if name in module.aliases:
        return ModuleRef(module.aliases[name])
    if name in module.missing:
        return SPOILT
    return scope.builtins.get(name)


def _let(module: Module, name: str, scope: Scope) -> Any:
    """Return what a `let` of a module is worth: evaluated once, at its first use."""
    from rackc.compiler.functions import PLAIN  # functions are made of evaluation

    let = module.lets[name]
    if name not in module.values:
        module.values[name] = _RUNNING
        own = Scope(scope.program, module.name, Shape("", "", "", "", let.span), builtins=PLAIN,
                    instantiate=scope.instantiate)  # fmt: skip
        try:
            module.values[name] = evaluate(let.value, own) if isinstance(let, tree.Let) else choose(let, own)
        except (Fault, Spoilt):
            module.values[name] = SPOILT
            raise
    if module.values[name] is _RUNNING:
        raise fault(Code.CYCLE, f"`{name}` is defined by itself", let.span, "needs its own value", "give it a value")
    return module.values[name]


def choose(statement: tree.Choose, scope: Scope) -> Any:
    """Return the option that this run takes of a decision."""
    from rackc.compiler.types import typed  # types are made of evaluation

    options = tuple(items_of(evaluate(statement.options, scope), statement.options.span))
    if not options:
        raise fault(Code.CHOICE, f"`{statement.name}` has nothing to choose from", statement.options.span, "empty",
                    "give at least one option")  # fmt: skip
    if statement.type is not None:
        wanted, at = statement.type, statement.options.span
        options = tuple(typed(o, wanted, scope.program, scope.module, statement.name, at) for o in options)
    inside = (scope.module, scope.shape.name, statement.name)
    found = scope.program.choices.pick(
        ".".join(filter(None, inside)), options, statement.span, lambda text: _read(text, scope)
    )
    if isinstance(found, Diagnostic):
        raise Fault(found)
    return found


def _read(text: str, scope: Scope) -> Any:
    """Return what the words given to `--set` are worth here; the text itself where they are no expression."""
    from rackc.dsl.parser import parse_expression

    parsed = parse_expression(Source("--set", text)).expression
    try:
        return text if parsed is None else evaluate(parsed, scope)
    except (Fault, Spoilt):
        return text


_RUNNING: Final = object()


def _visible(scope: Scope) -> set[str]:
    module = scope.program.modules[scope.module]
    names = set(scope.locals) | scope.shape.members() | set(module.given) | set(scope.builtins)
    return names | (_visible(scope.outer) if scope.outer else set())


# ---------------------------------------------------------------- selections


def _attr(expr: tree.Attr, scope: Scope) -> Any:
    dotted = _qualified(expr, scope)
    if dotted is not None:
        return dotted
    of = evaluate(expr.of, scope)
    match of:
        case () | Selection(chunks=()):
            return ()
        case Selection():
            found = member(of, expr.name, scope.attribute)
            if found is SPOILT or (found is None and expr.name in scope.program.lost):
                raise Spoilt
            if found is not None:
                return None if found is NOTHING else found
            known = set.intersection(*(chunk.shape.members() for chunk in of.chunks)) if of.chunks else set()
            what = f"member of {title(of)}"
            raise Fault(unknown(Code.UNKNOWN_NAME, what, expr.name, known, expr.name_span))
        case Family():
            hint = f"write `{of.name}[*].{expr.name}` for all of them, or an index"
            raise fault(Code.TYPE, f"`{of.name}` is an array", expr.of.span, "needs an index", hint)
        case DefinitionRef(definition=tree.Enum(members=members, name=name)):
            if any(member.name == expr.name for member in members):
                return Member(of, expr.name)
            names = [member.name for member in members]
            raise Fault(unknown(Code.UNKNOWN_NAME, f"member of `{name}`", expr.name, names, expr.name_span))
        case ModuleRef(name=name):
            found = scope.program.member(name, expr.name, expr.name_span)
            if isinstance(found, Diagnostic):
                raise Fault(found)
            return DefinitionRef(found[1], found[0])
        case DefinitionRef(definition=definition) if definition.kind == "workload":
            return DemandRef(of, expr.name)
        case DefinitionRef() if scope.instantiate is not None:
            shape = scope.instantiate(of, expr.span)
            if shape.values.get(expr.name) is SPOILT:
                raise Spoilt
            if expr.name in shape.values:
                return shape.values[expr.name]
            raise Fault(
                unknown(Code.UNKNOWN_NAME, f"figure of `{shape.name}`", expr.name, shape.values, expr.name_span)
            )
        case Space(name=name, members=members):
            if expr.name in members:
                return _told(members[expr.name], expr)
            raise Fault(unknown(Code.UNKNOWN_NAME, f"figure in `{name}`", expr.name, members, expr.name_span))
        case _:
            raise fault(Code.TYPE, f"{described(of)} has no member `{expr.name}`", expr.name_span)


def _told(found: Any, expr: tree.Attr) -> Any:
    """Return a figure of a group, which may be computed when it is asked for."""
    if isinstance(found, Builtin) or not callable(found):
        return found
    try:
        return found()
    except Untold as caught:
        message, hint = caught.args
        raise fault(Code.MISSING_FIGURE, message, expr.span, "not known", hint) from None


def _qualified(expr: tree.Attr, scope: Scope) -> DefinitionRef | None:
    """Resolve `std.memory.rdimm_64` where `std` is no name here."""
    path: list[str] = [expr.name]
    of: tree.Expr = expr.of
    while isinstance(of, tree.Attr):
        path.append(of.name)
        of = of.of
    if not isinstance(of, tree.Name) or lookup(of.name, scope) is not None:
        return None
    path.append(of.name)
    full = tuple(reversed(path))
    module = scope.program.seek(".".join(full[:-1]), expr.span, scope.module)
    if isinstance(module, Diagnostic):
        raise Fault(module)
    if module is None or full[-1] not in module.names:
        return None
    where, definition = module.names[full[-1]]
    return DefinitionRef(definition, where)


def _index(expr: tree.Index, scope: Scope) -> Any:
    of = evaluate(expr.of, scope)
    if len(expr.subscripts) != 1:
        raise fault(Code.TYPE, "one index is wanted", expr.span)
    subscript = expr.subscripts[0]
    match of:
        case Family():
            return _index_family(of, subscript, scope)
        case PortSet():
            return _index_ports(of, subscript, expr, scope)
        case tuple():
            wanted, single = _positions(subscript, range(len(of)), "the list", scope)
            picked = tuple(of[p] for p in wanted)
            return picked[0] if single else picked
        case _:
            what = title(of) if isinstance(of, Selection) else described(of)
            raise fault(Code.TYPE, f"{what} is not an array", expr.of.span, "has no index",
                        "remove the index" if isinstance(of, Selection) else "only arrays and lists have one")  # fmt: skip


def _index_family(of: Family, subscript: tree.Expr | tree.Every, scope: Scope) -> Selection:
    chunks: list[Chunk] = []
    single = len(of.rows) == 1
    for selection, keys in of.rows:
        positions, one = _positions(subscript, keys, of.name, scope)
        single = single and one
        chunks.extend(selection.chunks if isinstance(subscript, tree.Every) else take(selection, positions))
    if not chunks:  # none of them, but still none of a kind: its members are known
        chunks = [Chunk(c.shape, c.instances[:0], c.ports[:0]) for selection, _ in of.rows for c in selection.chunks]
    return Selection(merge(chunks), single)


def _index_ports(of: PortSet, subscript: tree.Expr | tree.Every, expr: tree.Index, scope: Scope) -> PortSet:
    if not of.array:
        raise fault(Code.TYPE, "this port is not an array", expr.of.span, "has no index", "remove the index")
    name = expr.of.name if isinstance(expr.of, tree.Name | tree.Attr) else "the ports"
    wanted: dict[int, Any] = {}
    for size in {len(bundle): None for bundle in of.bundles}:  # mostly one, however many bundles there are
        positions, _ = _positions(subscript, range(size), name, scope)
        wanted[size] = np.array(positions, dtype=np.int64)
    return PortSet(tuple(bundle[wanted[len(bundle)]] for bundle in of.bundles), array=False)


def _positions(
    subscript: tree.Expr | tree.Every, keys: Sequence[int | str | None], what: str, scope: Scope
) -> tuple[list[int], bool]:
    """Return the positions a subscript names among `keys`, and whether it names exactly one."""
    if isinstance(subscript, tree.Every):
        return list(range(len(keys))), False
    value = evaluate(subscript, scope)
    wanted: list[Any]
    match value:
        case Whole() if value.count <= MAX_RANGE:
            wanted = list(value.numbers())
        case Whole():
            raise fault(Code.INDEX, f"`{what}` has no [{value.last}]", subscript.span, "out of range", _extent(keys))
        case tuple():
            wanted = [_key_of(v, subscript.span) for v in value]
        case _:
            wanted = [_key_of(value, subscript.span)]
    places: Any = keys if isinstance(keys, range) else {key: at for at, key in enumerate(keys)}
    for one in wanted:
        if one not in places:
            raise fault(Code.INDEX, f"`{what}` has no [{one}]", subscript.span, "out of range", _extent(keys))
    return [places[one] for one in wanted], not isinstance(value, Whole | tuple)


def _key_of(value: Any, span: Span) -> int | str:
    number = whole(value)
    if number is not None:
        return number
    if isinstance(value, str | Member):
        return value if isinstance(value, str) else value.name
    raise fault(
        Code.TYPE, f"an index is a whole number, a range or a key, this is {described(value)}", span, "no index"
    )


def _extent(keys: Sequence[int | str | None]) -> str:
    if keys and all(isinstance(key, int) for key in keys):
        return f"it has {len(keys)}: [{keys[0]}] to [{keys[-1]}]"
    return f"it has {', '.join(str(key) for key in keys)}" if keys else "it is empty"


# ---------------------------------------------------------------- calls and operators


def _call(expr: tree.Call, scope: Scope) -> Any:
    given = [a.name for a in expr.arguments if a.name]
    again = next((a for at, a in enumerate(a for a in expr.arguments if a.name) if a.name in given[:at]), None)
    if again is not None:
        raise fault(Code.ARGUMENT, f"`{again.name}` is given twice", again.span, "second", "keep one of them")
    positional = [evaluate(a.value, scope) for a in expr.arguments if not a.name]
    named = {a.name: evaluate(a.value, scope) for a in expr.arguments if a.name}
    if isinstance(expr.of, tree.Name) and expr.of.name in RECORDS and lookup(expr.of.name, scope) is None:
        return _record(expr, expr.of.name, positional, named)
    of = evaluate(expr.of, scope)
    if isinstance(of, Builtin):
        return of.run(expr, positional, named)
    raise fault(Code.TYPE, f"{described(of)} cannot be called", expr.of.span, "not a function")


#: Calls that only gather their arguments, with the names they take in order.
RECORDS: Final = {
    "static": (),
    "relet": ("delay", "granule", "headroom"),
    "dynamic": (),
    "curve": None,
    "islands": ("hosts",),
    "ring": (),
    "circulant": ("steps",),
    "block_design": ("meetings",),
    "full": (),
    "u": None,
    "ou": None,
    "slot": None,
}


def _record(expr: tree.Call, name: str, positional: list[Any], named: dict[str, Any]) -> Record:
    wanted = RECORDS[name]
    if wanted is None and named:
        raise fault(
            Code.ARGUMENT,
            f"`{name}` takes {'points' if name == 'curve' else 'numbers and ranges'}, no `{next(iter(named))}`",
            expr.span,
        )
    if wanted is None:
        return Record(name, expr.span, {str(at): value for at, value in enumerate(positional)})
    if len(positional) > len(wanted):
        raise fault(Code.ARGUMENT, f"`{name}` takes {', '.join(wanted) or 'no arguments'}", expr.span, "one too many")
    for key in named:
        if key not in wanted:
            given = next(a.span for a in expr.arguments if a.name == key)
            raise Fault(unknown(Code.ARGUMENT, f"argument of `{name}`", key, wanted, starting(given, key)))
    return Record(name, expr.span, {**dict(zip(wanted, positional, strict=False)), **named})


def items_of(value: Any, span: Span) -> list[Any]:
    """Return the things a loop goes over: numbers of a range, items of a list, instances of a selection."""
    match value:
        case Whole():
            if value.count > MAX_RANGE:
                raise fault(Code.LIMIT, f"the range has {value.count:,} numbers, more than {MAX_RANGE:,}", span,
                            "too long", "check its ends")  # fmt: skip
            return [number(n) for n in value.numbers()]
        case tuple():
            return list(value)
        case DefinitionRef(definition=tree.Enum(members=members)):
            return [Member(value, member.name) for member in members]
        case Selection():
            if len(value) > MAX_RANGE:
                raise fault(Code.LIMIT, f"these are {len(value):,} instances, more than {MAX_RANGE:,}", span)
            return [Selection((chunk,), single=True) for chunk in take(value, list(range(len(value))))]
        case Family(name=name):
            raise fault(
                Code.TYPE, f"`{name}` is an array", span, "needs an index", f"write `{name}[*]` for all of them"
            )
        case _:
            raise fault(Code.TYPE, f"a loop goes over a range, a list or instances, not {described(value)}", span,
                        "nothing to go over")  # fmt: skip


def bounded_list(found: tuple[Any, ...], span: Span) -> tuple[Any, ...]:
    """Return a list; raises Fault where lists in lists hold more items than a design can have."""
    waiting, count = [found], 0
    while waiting:
        inner = waiting.pop()
        count += len(inner)
        if count > MAX_RANGE:
            raise fault(Code.LIMIT, f"the lists in this list hold more than {MAX_RANGE:,} items", span, "too many")
        waiting.extend(item for item in inner if isinstance(item, tuple))
    return found


def turns(loop: tree.For | tree.Comprehension, value: Any) -> Iterator[dict[str, Any]]:
    """Yield the names of a loop for each of its turns; the first of two is the key, or the number from 0."""
    if not loop.key and not isinstance(value, Family):
        yield from ({loop.name: item} for item in items_of(value, loop.of.span))
        return
    keys: Sequence[Any] = ()
    if isinstance(value, Family):
        keys = [key for _, row in value.rows for key in row]
        value = Selection(tuple(chunk for row, _ in value.rows for chunk in row.chunks), single=False)
    for at, item in enumerate(items_of(value, loop.of.span)):
        key = keys[at] if keys else at
        named = {loop.key: key if isinstance(key, str) else number(at if key is None else key)} if loop.key else {}
        yield {**named, loop.name: item}


def spend(scope: Scope, span: Span, weight: int = 1) -> None:
    """Count steps of the design's share; raises Fault where it is used up."""
    if not scope.program.step(weight):
        raise fault(Code.LIMIT, f"the design takes more than {MAX_STEPS:,} steps", span, "given up here",
                    "check the ends of the loops; arrays such as `gpu[72]` take one step")  # fmt: skip


def _comprehension(expr: tree.Comprehension, scope: Scope) -> tuple[Any, ...]:
    found: list[Any] = []
    for names in turns(expr, evaluate(expr.of, scope)):
        spend(scope, expr.span)
        inner = scope.inner(names)
        if expr.where is None or decided(expr.where, inner):
            found.append(evaluate(expr.item, inner))
    return bounded_list(tuple(found), expr.span)


def _unary(expr: tree.Unary, scope: Scope) -> Any:
    if expr.op == "not":
        return fails(expr.of, scope)
    value = evaluate(expr.of, scope)
    if isinstance(value, Quantity):
        return -value
    if isinstance(value, Interval):
        return Interval(-value.high, -value.low, -value.typ)
    raise fault(Code.TYPE, f"`-` needs a figure, this is {described(value)}", expr.of.span, "no figure")


def _binary(expr: tree.Binary, scope: Scope) -> Any:
    # A long sum leans to the left: it is walked, not recursed into.
    spine = [expr]
    while isinstance(spine[-1].left, tree.Binary):
        spine.append(spine[-1].left)
    value = evaluate(spine[-1].left, scope)
    for node in reversed(spine):
        value = _operate(node, value, scope)
    return value


def _operate(expr: tree.Binary, left: Any, scope: Scope) -> Any:
    if expr.op in ("and", "or"):
        return left if _yes(left, expr.left.span) == (expr.op == "or") else truth(expr.right, scope)
    right = evaluate(expr.right, scope)
    try:
        return OPERATIONS[expr.op](expr, left, right)
    except DimensionError as error:
        raise fault(Code.UNIT_MISMATCH, str(error), expr.span, "units do not agree",
                    f"left is {described(left)}, right is {described(right)}: give both the same kind of unit",
                    ) from None  # fmt: skip
    except ZeroDivisionError:
        raise fault(Code.TYPE, "division by zero", expr.right.span, f"this is {described(right)}") from None
