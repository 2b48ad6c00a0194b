"""A tree back to text: one statement a line, brackets only where precedence needs them.

What is printed parses to the tree it was printed from, but for spans. Columns are not aligned: `format` does that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple, assert_never

from rackc.dsl import tree
from rackc.dsl.lexer import MAX_DIGITS, sensible
from rackc.dsl.precedence import BINDS, NOT_BINDS, SIGN_BINDS
from rackc.dsl.words import BEFORE_EXPR, CONTINUING, INFIX, PREFIX

#: Operators written without spaces.
_TIGHT: Final = frozenset(("..", "..<"))
_ATOM: Final = SIGN_BINDS + 1
_CONDITION: Final = -1
#: A number longer than this is written with an exponent, where that is shorter.
_PLAIN_DIGITS: Final = 20
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "{": "{{", "}": "}}"})
_FIRST_WORD: Final = re.compile(r"\w*")


def print_tree(whole: tree.Tree) -> str:
    """Return the text of a tree that `parse` could have made."""
    return "".join(f"{line}\n" for statement in whole.statements for line in _statement(statement))


# ---------------------------------------------------------------- statements


def _statement(s: tree.Statement) -> Iterator[str]:
    """Yield the lines of a statement."""
    match s:
        case tree.Definition() | tree.Enum() | tree.Pool() | tree.For() | tree.If() | tree.Instance():
            yield from _with_block(s)
        case _:
            yield _one_line(s)


def _with_block(
    s: tree.Definition | tree.Enum | tree.Pool | tree.For | tree.If | tree.Instance,
) -> Iterator[str]:
    match s:
        case tree.Definition():
            yield from _doc(s.doc)
            yield from _block(_definition_head(s), s.body)
        case tree.Enum():
            yield from _doc(s.doc)
            yield from _enum(s)
        case tree.Pool():
            yield from _block(f"pool {s.name}", s.body)
        case tree.For():
            yield from _block(f"for {_loop(s.key, s.name, s.of)}", s.body)
        case tree.If():
            yield from _if(s)
        case tree.Instance():
            head = f"{_expr(s.target)}: {_type(s.type)}{_after(' at', s.at)}"
            yield from (head,) if s.body is None else _block(head, s.body)
        case _:
            assert_never(s)


def _one_line(
    s: tree.Edition | tree.Import | tree.ImportModule | tree.Assign | tree.Bound | tree.Port | tree.Connect | tree.Demand
    | tree.Let | tree.Choose | tree.Require | tree.Prefer | tree.Survive | tree.Minimize | tree.Expect,
) -> str:  # fmt: skip
    match s:
        case tree.Edition():
            return f"edition {s.year}"
        case tree.Import():
            module = _quoted(s.module) if s.is_path else s.module
            return f"from {module} import {', '.join(_renamed(n.name, n.name, n.alias) for n in s.names)}"
        case tree.ImportModule():
            return f"import {_renamed(s.module, s.module.rpartition('.')[2], s.alias)}"
        case tree.Assign():
            return " ".join((f"{_expr(s.target)} = {_expr(s.value)}", *map(_cite, s.cites)))
        case tree.Bound():
            return f"{_expr(s.target)} {s.op} {_expr(s.value)}"
        case tree.Port():
            return f"port {_expr(s.target)}: {_type(s.type)}"
        case tree.Connect():
            carrier = f" : {_type(s.carrier)}" if s.carrier is not None else ""
            pattern = f" by {_type(s.pattern)}" if s.pattern is not None else ""
            return f"connect {_expr(s.left)}{_after(' --', s.right)}{carrier}{pattern}"
        case tree.Demand():
            return f"demand {s.name}: {_type(s.type)}{_after(' by', s.reader)}"
        case tree.Let():
            return f"let {s.name} = {_expr(s.value)}"
        case tree.Choose():
            return f"choose {s.name}{_typed(s.type)} in {_expr(s.options)}"
        case tree.Require():
            return f"require {_expr(s.test)}{_after(',', s.message)}"
        case tree.Prefer():
            return f"prefer {_expr(s.test)}{_after(' weight', s.weight)}{_after(',', s.message)}"
        case tree.Survive():
            return f"survive {s.count} {s.noun} for {s.promise}"
        case tree.Minimize():
            return f"minimize {' then '.join(map(_expr, s.goals))}"
        case tree.Expect():
            return f"expect {', '.join(code.name for code in s.codes)}"
        case _:
            assert_never(s)


def _block(head: str, block: tree.Block) -> Iterator[str]:
    if not block.statements:
        yield f"{head} {{ }}"
        return
    first, *rest = (line for statement in block.statements for line in _statement(statement))
    if _first_word(first) in CONTINUING:
        yield f"{head} {{ {first}"
    else:
        yield from (f"{head} {{", f"  {first}")
    yield from (f"  {line}" for line in rest)
    yield "}"


def _if(s: tree.If) -> Iterator[str]:
    *lines, last = _block(f"if {_expr(s.test)}", s.yes)
    yield from lines
    if s.no is None:
        yield last
    elif len(s.no.statements) == 1 and isinstance(s.no.statements[0], tree.If):
        first, *rest = _if(s.no.statements[0])
        yield f"{last} else {first}"
        yield from rest
    else:
        yield from _block(f"{last} else", s.no)


def _doc(text: str) -> Iterator[str]:
    """Yield `##` lines that read back as `text`: lines are joined by a space, so one at an end was an empty line."""
    if text:
        inner = text.strip(" ")
        before = len(text) - len(text.lstrip(" "))
        after = len(text) - len(inner) - before
        yield from ("##",) * before
        yield f"## {inner}".rstrip()
        yield from ("##",) * after


def _enum(s: tree.Enum) -> Iterator[str]:
    """Yield an enum in one line, but for members that only the start or the end of a line makes names."""
    head, line = f"enum {s.name} {{ ", ""
    for member in s.members:
        if line and (member.name in PREFIX or line in BEFORE_EXPR):
            yield head + line
            head, line = "  ", ""
        line = f"{line}, {member.name}" if line else member.name
    yield f"{head}{line}".rstrip() + " }"


def _definition_head(s: tree.Definition) -> str:
    params = f"({', '.join(map(_param, s.params))})" if s.params else ""
    supers = f": {', '.join(map(_type, s.supers))}" if s.supers else ""
    return f"{s.kind} {s.name}{params}{supers}{_after(' on', s.on)}"


def _param(param: tree.Param) -> str:
    return f"{param.name}{_typed(param.type)}{_after(' =', param.default)}"


def _typed(type_ref: tree.TypeRef | None) -> str:
    return f": {_type(type_ref)}" if type_ref is not None else ""


def _type(type_ref: tree.TypeRef) -> str:
    return ".".join(type_ref.path) + (_arguments(type_ref.arguments) if type_ref.arguments else "")


def _cite(cite: tree.Cite) -> str:
    return f"@{cite.name}{_arguments(cite.arguments) if cite.arguments else ''}"


def _renamed(text: str, name: str, alias: str) -> str:
    return text if alias == name else f"{text} as {alias}"


def _after(words: str, value: tree.Expr | None) -> str:
    return f"{words} {_expr(value)}" if value is not None else ""


def _loop(key: str, name: str, of: tree.Expr) -> str:
    return f"{f'{key}, ' if key else ''}{name} in {_expr(of)}"


# ---------------------------------------------------------------- expressions


class _Printed(NamedTuple):
    """An expression's text, how tightly its outermost operator binds, and whether it ends in the reach of a `not`,
    which would take in a comparison or sum that follows."""

    text: str
    binds: int
    grabs: bool = False

    def within(self, brackets: bool) -> str:
        return f"({self.text})" if brackets else self.text


def _expr(e: tree.Expr | tree.Every) -> str:
    return _printed(e).text


def _printed(e: tree.Expr | tree.Every) -> _Printed:
    match e:
        case tree.Binary():
            return _binary(e)
        case tree.Unary():
            return _unary(e)
        case tree.Conditional():
            return _Printed(f"if {_expr(e.test)} then {_expr(e.yes)} else {_expr(e.no)}", _CONDITION)
        case _:
            return _Printed(_atom(e), _ATOM)


def _binary(e: tree.Binary) -> _Printed:
    binds = BINDS[e.op]
    left, right = _printed(e.left), _printed(e.right)
    before = left.within(left.binds < binds or (left.grabs and binds >= NOT_BINDS))
    # An operand may begin with any sign or `not`, however tightly the operator before it binds.
    bare = right.binds > binds or isinstance(e.right, tree.Unary)
    space = "" if e.op in _TIGHT else " "
    return _Printed(f"{before}{space}{e.op}{space}{right.within(not bare)}", binds, bare and right.grabs)


def _unary(e: tree.Unary) -> _Printed:
    of = _printed(e.of)
    prefix = isinstance(e.of, tree.Unary)
    if e.op == "not":
        return _Printed(f"not {of.within(of.binds < NOT_BINDS and not prefix)}", NOT_BINDS, grabs=True)
    text = of.within(of.binds < SIGN_BINDS and not prefix)
    # Two signs side by side would be a link.
    space = " " if text.startswith("-") else ""
    return _Printed(f"{e.op}{space}{text}", SIGN_BINDS, prefix and of.grabs)


def _atom(
    e: tree.Number | tree.Measure | tree.Counted | tree.Text | tree.Template | tree.Constant | tree.Name | tree.Attr
    | tree.Every | tree.Index | tree.Call | tree.ListOf | tree.Comprehension,
) -> str:  # fmt: skip
    match e:
        case tree.Number():
            return _decimal(e.value)
        case tree.Measure():
            return f"{_decimal(e.value)} {e.unit}{' both ways' if e.both_ways else ''}"
        case tree.Counted():
            return f"{e.count} {e.noun}"
        case tree.Text():
            return _quoted(e.value)
        case tree.Template():
            return f'"{"".join(map(_part, e.parts))}"'
        case tree.Constant():
            return "none" if e.value is None else str(e.value).lower()
        case tree.Name():
            return e.name
        case tree.Attr():
            return f"{_expr(e.of)}.{e.name}"
        case tree.Every():
            return "*"
        case tree.Index():
            return f"{_expr(e.of)}[{_list(e.subscripts)}]"
        case tree.Call():
            return f"{_expr(e.of)}{_arguments(e.arguments)}"
        case tree.ListOf():
            return f"[{_list(e.items)}]"
        case tree.Comprehension():
            return f"[{_expr(e.item)} for {_loop(e.key, e.name, e.of)}{_after(' if', e.where)}]"
        case _:
            assert_never(e)


def _list(items: Iterable[tree.Expr | tree.Every]) -> str:
    return ", ".join(map(_expr, items))


def _arguments(arguments: Iterable[tree.Argument]) -> str:
    return f"({', '.join(f'{a.name} = {_expr(a.value)}' if a.name else _expr(a.value) for a in arguments)})"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _part(part: str | tree.Expr) -> str:
    if isinstance(part, str):
        return part.translate(_ESCAPES)
    text = _expr(part)
    # A word that joins operands does so at the start of a text's expression too, unless a bracket stands before it.
    joins = _first_word(text) in INFIX and not isinstance(part, tree.Conditional)
    return f"{{({text})}}" if joins else f"{{{text}}}"


def _first_word(text: str) -> str:
    return _FIRST_WORD.match(text)[0]  # type: ignore[index]  # an empty one matches too


# ---------------------------------------------------------------- numbers


def _decimal(value: Fraction) -> str:
    """Return the digits of a number, exact; raises ValueError where no number of the language has this value."""
    digits, exponent = _digits(value)
    plain = _shifted(digits, exponent)
    if len(plain) <= _PLAIN_DIGITS:
        return plain
    normal = max(-MAX_DIGITS, min(MAX_DIGITS, len(digits) - 1 + exponent))
    forms = (plain, f"{_shifted(digits, exponent - normal)}e{normal}", f"{digits}e{exponent}")
    return min(filter(sensible, forms), key=len)


def _digits(value: Fraction) -> tuple[str, int]:
    """Return digits without zeros at their end, and the power of ten they count."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    while rest > 1:
        factor = 5 if rest % 5 == 0 else 2
        if value < 0 or rest % factor:
            raise ValueError(f"{value} has no decimal form")
        rest, places = rest // factor, places + 1
    digits = str(value.numerator * 10**places // value.denominator)
    kept = digits.rstrip("0") or "0"
    return kept, len(digits) - len(kept) - places if kept != "0" else 0


def _shifted(digits: str, exponent: int) -> str:
    """Return `digits` times ten to the power of `exponent`, without an exponent."""
    if exponent >= 0:
        return digits + "0" * exponent
    padded = digits.rjust(1 - exponent, "0")
    return f"{padded[:exponent]}.{padded[exponent:]}"
