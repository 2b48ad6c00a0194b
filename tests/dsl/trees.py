"""Random trees of every kind of node, as `parse` could have made them, and comparison of trees up to their spans."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from rackc.dsl import tree
from rackc.dsl.lexer import sensible
from rackc.dsl.precedence import BINDS
from rackc.dsl.source import NOWHERE as N
from rackc.dsl.source import Span
from rackc.dsl.units import UNIT_NAMES
from rackc.dsl.words import BEFORE_EXPR, CONSTANTS, CONTINUING, INFIX, KEYWORDS, KINDS, PREFIX

T = TypeVar("T")

ROOT: Final = Path(__file__).parents[2]

PLAIN: Final = ("a", "b", "gpu", "x1", "_y", "each", "naïve")
UNITS: Final = ("W", "m", "U", "GB/s", "%", "ns/m", "tokens/s", "GiB", "h", "USD", "min")


def designs(*folders: str) -> list[Path]:
    """Return all files of designs below some folders; a corpus may hold some that are no text, or no file."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.rack"))
        if path.is_file() and _is_text(path)
    ]


def _is_text(path: Path) -> bool:
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return False
    return True


def bare(node: Any) -> Any:
    """Return a tree as nested tuples without spans, to compare."""
    if isinstance(node, Span):
        return None
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if dataclasses.is_dataclass(node):
        return (type(node).__name__, *(bare(getattr(node, field.name)) for field in dataclasses.fields(node)))
    return node


def kinds(node: Any) -> set[str]:
    """Return the names of the node kinds in a tree."""
    if isinstance(node, tuple):
        return set().union(*(kinds(item) for item in node))
    if not dataclasses.is_dataclass(node):
        return set()
    return {type(node).__name__}.union(*(kinds(getattr(node, field.name)) for field in dataclasses.fields(node)))


def _without(*groups: Any) -> tuple[str, ...]:
    banned = {word for group in groups for word in group}
    return tuple(word for word in KEYWORDS if word not in banned)


#: After a dot, and after a word such as `port` or `let`, every word is a name.
ANY: Final = KEYWORDS
#: Elsewhere those that begin an operand are not.
NAME: Final = _without(PREFIX)
#: After a number those that join operands are not either.
NOUN: Final = _without(PREFIX, INFIX)
#: What a statement may begin with, before `=`, before `:` or a comparison or `.`, and before `[`.
ASSIGNED: Final = _without(("else",))
DECLARED: Final = _without(CONSTANTS, CONTINUING)
INDEXED: Final = _without(CONSTANTS, CONTINUING, BEFORE_EXPR)

_OPERATORS: Final = tuple(BINDS)
_CHARACTERS: Final = 'ab {}"\\#;é.…\t\n(=\r\u2028\x1f'


class _Grower:
    """Draws a tree node by node. `size` bounds the number of nodes; a text's braces hold expressions without texts."""

    def __init__(self, seed: int, size: int) -> None:
        self._random = Random(seed)
        self._left = size
        self._in_text = False

    # -------- choices

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _pick(self, options: tuple[T, ...]) -> T:
        return self._random.choice(options)

    def _noun(self) -> str:
        word = self._word(NOUN)
        return "feed" if word in UNIT_NAMES else word

    def _word(self, keywords: tuple[str, ...]) -> str:
        return self._pick(PLAIN if self._chance(0.6) else keywords)

    def _maybe(self, make: Callable[[], T], share: float = 0.4) -> T | None:
        return make() if self._chance(share) else None

    def _some(self, make: Callable[[], T], least: int = 0, most: int = 3) -> tuple[T, ...]:
        wanted = self._random.randint(least, most)
        return tuple(make() for at in range(wanted) if at < least or self._left > 0)

    def _text(self) -> str:
        return "".join(self._random.choices(_CHARACTERS, k=self._random.randint(0, 6)))

    def _value(self) -> Fraction:
        if self._chance(0.6):
            return Fraction(self._random.randint(0, 2000), self._pick((1, 1, 2, 8, 10, 125)))
        digits = self._random.randint(0, 10 ** self._random.randint(1, 59))
        places = self._random.randint(0, len(str(digits)))
        text = f"{digits // 10**places}.{digits % 10**places:0{places}d}" if places else f"{digits}"
        text += f"e{self._random.randint(-60, 60)}" if self._chance(0.5) else ""
        return Fraction(text) if sensible(text) else Fraction(1)

    # -------- expressions

    def expr(self) -> tree.Expr:
        """Return any expression."""
        self._left -= 1
        if self._left <= 0 or self._chance(0.35):
            return self._leaf()
        make: Callable[[], tree.Expr] = self._pick((
            self._postfix, self._list, self._comprehension, self._unary, self._binary, self._binary, self._binary,
            self._conditional,
        ))  # fmt: skip
        return make()

    def _leaf(self) -> tree.Expr:
        texts = () if self._in_text else (self._literal, self._template)
        make: Callable[[], tree.Expr] = self._pick((
            self._number, self._measure, self._counted, self._constant, self._name, *texts,
        ))  # fmt: skip
        return make()

    def _number(self) -> tree.Expr:
        return tree.Number(N, self._value())

    def _measure(self) -> tree.Expr:
        return tree.Measure(N, self._value(), self._pick(UNITS), self._chance(0.3))

    def _counted(self) -> tree.Expr:
        return tree.Counted(N, self._random.randint(0, 10**20), self._noun())

    def _constant(self) -> tree.Expr:
        return tree.Constant(N, self._pick((True, False, None)))

    def _name(self) -> tree.Expr:
        return tree.Name(N, self._word(NAME))

    def _literal(self) -> tree.Text:
        return tree.Text(N, self._text())

    def _template(self) -> tree.Template:
        self._in_text = True
        parts: list[str | tree.Expr] = [self._text()]
        for _ in range(self._random.randint(1, 2)):
            parts += (self.expr(), self._text())
        self._in_text = False
        return tree.Template(N, tuple(part for part in parts if part != ""))

    def _message(self) -> tree.Text | tree.Template | None:
        return self._maybe(self._literal) if self._chance(0.5) else self._maybe(self._template)

    def _postfix(self) -> tree.Expr:
        made = self._name()
        for _ in range(self._random.randint(1, 3)):
            made = self._pick((self._attr, self._index, self._call))(made)
        return made

    def _attr(self, of: tree.Expr) -> tree.Expr:
        return tree.Attr(N, of, self._word(ANY), N)

    def _index(self, of: tree.Expr) -> tree.Expr:
        return tree.Index(N, of, self._some(lambda: tree.Every(N) if self._chance(0.3) else self.expr(), 1, 2))

    def _call(self, of: tree.Expr) -> tree.Expr:
        return tree.Call(N, of, self._arguments())

    def _arguments(self) -> tuple[tree.Argument, ...]:
        return self._some(lambda: tree.Argument(N, self._word(ANY) if self._chance(0.4) else "", self.expr()))

    def _list(self) -> tree.Expr:
        return tree.ListOf(N, self._some(self.expr))

    def _comprehension(self) -> tree.Expr:
        return tree.Comprehension(N, self.expr(), *self._loop(), self._maybe(self.expr))

    def _loop(self) -> tuple[str, str, tree.Expr]:
        return (*(("", self._word(ANY)) if self._chance(0.6) else (self._word(ANY), self._word(NAME))), self.expr())

    def _unary(self) -> tree.Expr:
        return tree.Unary(N, self._pick(("-", "not")), self.expr())

    def _binary(self) -> tree.Expr:
        return tree.Binary(N, self._pick(_OPERATORS), self.expr(), self.expr())

    def _conditional(self) -> tree.Expr:
        return tree.Conditional(N, self.expr(), self.expr(), self.expr())

    # -------- parts of statements

    def _type(self) -> tree.TypeRef:
        return tree.TypeRef(N, self._path(), self._arguments() if self._chance(0.4) else ())

    def _path(self) -> tuple[str, ...]:
        return (self._word(NAME), *self._some(lambda: self._word(ANY), 0, 2))

    def _target(self, keywords: tuple[str, ...]) -> tree.Expr:
        """Return what a statement may begin with; of `keywords`, where it is a name alone."""
        if self._chance(0.6):
            return tree.Name(N, self._word(keywords))
        if self._chance(0.5):
            return self._attr(tree.Name(N, self._word(DECLARED)))
        made: tree.Expr = tree.Index(N, tree.Name(N, self._word(INDEXED)), self._some(self.expr, 1, 2))
        return self._attr(made) if self._chance(0.3) else made

    def _doc(self) -> str:
        return " ".join(self._some(lambda: self._text().replace("\n", "").strip(), 0, 3))

    def _cite(self) -> tree.Cite:
        return tree.Cite(N, self._word(NAME), self._arguments())

    def _param(self) -> tree.Param:
        if self._chance(0.5):
            return tree.Param(N, self._word(ANY), None, self.expr())
        return tree.Param(N, self._word(NAME), self._maybe(self._type), self._maybe(self.expr))

    def _names(self, keywords: tuple[str, ...]) -> tuple[tree.Word, ...]:
        return self._some(lambda: tree.Word(N, self._word(keywords)), 1)

    def _block(self) -> tree.Block:
        return tree.Block(N, self._some(self.statement, 0, 4))

    # -------- statements

    def statement(self) -> tree.Statement:
        """Return any statement."""
        self._left -= 1
        blocks = (self._definition, self._instance, self._pool, self._for, self._if) if self._left > 0 else ()
        make: Callable[[], tree.Statement] = self._pick((
            *blocks, *blocks, self._edition, self._import, self._import_module, self._enum, self._assign, self._assign, self._bound,
            self._port, self._connect, self._demand, self._let, self._choose, self._require, self._prefer, self._survive,
            self._minimize, self._expect, self._instance,
        ))  # fmt: skip
        return make()

    def _edition(self) -> tree.Statement:
        return tree.Edition(N, self._random.randint(0, 3000))

    def _import(self) -> tree.Statement:
        names = self._some(lambda: tree.ImportName(N, self._word(NAME), self._word(NAME)), 1)
        if self._chance(0.5):
            return tree.Import(N, self._text(), N, names, is_path=True)
        return tree.Import(N, ".".join(self._path()), N, names, is_path=False)

    def _import_module(self) -> tree.Statement:
        path = self._path()
        return tree.ImportModule(N, ".".join(path), N, path[-1] if self._chance(0.5) else self._word(NAME))

    def _enum(self) -> tree.Statement:
        return tree.Enum(N, self._word(ANY), N, self._names(_without(CONSTANTS, CONTINUING)), self._doc())

    def _assign(self) -> tree.Statement:
        return tree.Assign(N, self._target(ASSIGNED), self.expr(), self._some(self._cite, 0, 2))

    def _bound(self) -> tree.Statement:
        return tree.Bound(N, self._target(DECLARED), self._pick(("<=", ">=", "==", "!=", "<", ">")), self.expr())

    def _port(self) -> tree.Statement:
        return tree.Port(N, self._target(ANY), self._type())

    def _connect(self) -> tree.Statement:
        return tree.Connect(N, self.expr(), self._maybe(self.expr), self._maybe(self._type), self._maybe(self._type))

    def _demand(self) -> tree.Statement:
        return tree.Demand(N, self._word(ANY), N, self._type(), self._maybe(self.expr))

    def _let(self) -> tree.Statement:
        return tree.Let(N, self._word(ANY), self.expr())

    def _choose(self) -> tree.Statement:
        return tree.Choose(N, self._word(ANY), N, self._maybe(self._type), self.expr())

    def _require(self) -> tree.Statement:
        return tree.Require(N, self.expr(), self._message())

    def _prefer(self) -> tree.Statement:
        return tree.Prefer(N, self.expr(), self._maybe(self.expr), self._message())

    def _survive(self) -> tree.Statement:
        return tree.Survive(N, self._random.randint(0, 99), self._noun(), self._word(ANY))

    def _minimize(self) -> tree.Statement:
        return tree.Minimize(N, self._some(self.expr, 1))

    def _expect(self) -> tree.Statement:
        return tree.Expect(N, self._names(NAME))

    def _instance(self) -> tree.Statement:
        body = self._maybe(self._block) if self._left > 0 else None
        return tree.Instance(N, self._target(DECLARED), self._type(), self._maybe(self.expr), body)

    def _definition(self) -> tree.Statement:
        params, supers = self._some(self._param, 0, 2), self._some(self._type, 0, 2)
        on = self._maybe(self.expr, 0.2)
        return tree.Definition(
            N, self._pick(tuple(KINDS)), self._word(ANY), N, params, supers, on, self._block(), self._doc()
        )

    def _pool(self) -> tree.Statement:
        return tree.Pool(N, self._word(ANY), N, self._block())

    def _for(self) -> tree.Statement:
        return tree.For(N, *self._loop(), self._block())

    def _if(self) -> tree.If:
        otherwise = self._maybe(lambda: tree.Block(N, (self._if(),)) if self._chance(0.4) else self._block())
        return tree.If(N, self.expr(), self._block(), otherwise)


def random_tree(seed: int, size: int) -> tree.Tree:
    """Return a tree of about `size` nodes, the same for the same seed."""
    grower = _Grower(seed, size)
    return tree.Tree("t", tuple(grower.statement() for _ in range(1 + size // 20)))


def random_expr(seed: int, size: int) -> tree.Expr:
    """As `random_tree`, one expression."""
    return _Grower(seed, size).expr()


#: Trees and expressions come from a seed and a size, so that a failing one is made small by its size.
_seeds: Final = st.integers(0, 2**32 - 1)
trees: Final = st.builds(random_tree, _seeds, st.integers(1, 60))
exprs: Final = st.builds(random_expr, _seeds, st.integers(1, 16))
