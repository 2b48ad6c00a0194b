"""What the library's files say, figure by figure, read from their trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rackc.dsl import tree
from rackc.dsl.parser import parse
from rackc.dsl.source import Source

LIBRARY = Path(__file__).parents[2] / "dsl" / "library"
FILES = sorted(LIBRARY.rglob("*.rack"))


@dataclass(frozen=True)
class Stated:
    """One attribute as a definition states it; `part` is its full name, with the instance whose body says it."""

    part: str
    name: str
    value: tree.Expr
    cites: tuple[tree.Cite, ...]

    @property
    def address(self) -> str:
        return f"{self.part}.{self.name}"

    @property
    def source(self) -> tuple[str, str]:
        """Key and confidence of its `@cite`; a reason and `assumption` of an `@assume`; nothing where it has neither."""
        if not self.cites:
            return "", ""
        cite = self.cites[0]
        words = [a.value for a in cite.arguments]
        key = words[0].value if isinstance(words[0], tree.Text) else ""
        if cite.name == "assume":
            return key, "assumption"
        return key, words[1].name if len(words) > 1 and isinstance(words[1], tree.Name) else "medium"


@cache
def parsed(path: Path) -> tree.Tree:
    """The tree of one file, which has no faults."""
    found = parse(Source(str(path), path.read_text(encoding="utf-8")))
    assert not found.diagnostics
    return found.tree


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts)


def definitions(path: Path) -> Iterator[tuple[str, tree.Definition]]:
    """Every definition of a file with its full name."""
    for statement in parsed(path).statements:
        if isinstance(statement, tree.Definition):
            yield f"{module_of(path)}.{statement.name}", statement


def stated(path: Path) -> Iterator[Stated]:
    """Every attribute that a file states, wherever it stands: in loops, both branches, bodies of instances."""
    for name, definition in definitions(path):
        yield from _in(definition.body, name)


def _in(block: tree.Block, part: str) -> Iterator[Stated]:
    for statement in block.statements:
        match statement:
            case tree.Assign(target=tree.Name(name=name), value=value, cites=cites):
                yield Stated(part, name, value, cites)
            case tree.For(body=body):
                yield from _in(body, part)
            case tree.If(yes=yes, no=no):
                yield from _in(yes, part)
                yield from _in(no, part) if no is not None else ()
            case tree.Instance(target=target, body=tree.Block() as body):
                yield from _in(body, f"{part}.{_first_name(target)}")
            case _:
                pass


def _first_name(target: tree.Expr) -> str:
    while isinstance(target, tree.Index | tree.Attr):
        target = target.of
    return target.name if isinstance(target, tree.Name) else "?"


def leaves(value: tree.Expr) -> Iterator[tree.Expr]:
    """The literals and names that an expression is made of, in order."""
    match value:
        case tree.Binary(left=left, right=right):
            yield from leaves(left)
            yield from leaves(right)
        case tree.Unary(of=of):
            yield from leaves(of)
        case tree.ListOf(items=items):
            for item in items:
                yield from leaves(item)
        case tree.Conditional(test=test, yes=yes, no=no):
            for part in (test, yes, no):
                yield from leaves(part)
        case tree.Call(arguments=arguments):
            for argument in arguments:
                yield from leaves(argument.value)
        case _:
            yield value
