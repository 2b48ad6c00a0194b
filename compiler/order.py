"""Statements run in order: where a name that is not known yet is declared further down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rackc.dsl import tree
from rackc.dsl.source import Span


def declared_below(name: str, use: Span, statements: Sequence[tree.Statement]) -> Span | None:
    """Return where `name` is declared after its use in the same body, in the tree of a file; None where it is not."""
    found: Span | None = None
    around: tree.Statement | None = None
    for statement in statements:
        if statement.span.start <= use.start and use.end <= statement.span.end:
            around = statement
        elif around is not None and found is None and not isinstance(statement, tree.Definition):
            found = next((span for own, span in _declared(statement) if own == name), None)
    if around is None:
        return None
    inner = next((span for block in _blocks(around) if (span := declared_below(name, use, block.statements))), None)
    # What stands beside an instance is not in view inside its body: moving it up would not help.
    return inner or (None if isinstance(around, tree.Instance) and _is_inside(use, around.body) else found)


def _is_inside(use: Span, block: tree.Block | None) -> bool:
    return block is not None and block.span.start <= use.start and use.end <= block.span.end


def _declared(statement: tree.Statement) -> Iterator[tuple[str, Span]]:
    """Yield the names that a statement gives to the body it stands in: a `let` in a loop ends with the loop."""
    match statement:
        case tree.Let(name=name, span=span) | tree.Choose(name=name, name_span=span):
            yield name, span
        case tree.Assign(target=target) | tree.Instance(target=target) | tree.Port(target=target):
            named = target.of if isinstance(target, tree.Index) else target
            if isinstance(named, tree.Name):
                yield named.name, statement.span
        case tree.For() | tree.If():
            for inside in (one for block in _blocks(statement) for one in block.statements):
                if not isinstance(inside, tree.Let | tree.Choose):
                    yield from _declared(inside)
        case _:
            pass


def _blocks(statement: tree.Statement) -> tuple[tree.Block, ...]:
    match statement:
        case tree.Definition(body=body) | tree.For(body=body) | tree.Pool(body=body):
            return (body,)
        case tree.Instance(body=body):
            return () if body is None else (body,)
        case tree.If(yes=yes, no=no):
            return (yes,) if no is None else (yes, no)
        case _:
            return ()
