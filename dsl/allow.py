"""`# rackc: allow CODE reason`: comments by which a design owns up to findings, read beside the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.lexer import Token
from rackc.dsl.source import Source, Span

#: A comment may hold several remarks, each begun by a `#` that stands alone.
_REMARK: Final = re.compile(r"#+(?:(?!\s#+\s).)*")
#: What speaks to the compiler, or nearly does.
_ADDRESSED: Final = re.compile(r"#+\s*(?:rackc\s*:|rackc\s+allow\s+[EW]\d)\s*", re.IGNORECASE)
_ALLOW: Final = re.compile(r"# ?rackc: ?allow\b[ \t]*(?P<code>[^\s:,]*)[:,]?[ \t]*(?P<reason>.*)")
_FORM: Final = "write `# rackc: allow CODE reason`"


@dataclass(frozen=True, slots=True)
class Allow:
    """A finding that the design allows: its code, why, and where.

    `span` is the remark. `covers` is where a finding's primary label must begin or end. `path` leads from a definition
    to the statement it is about; it is empty where the remark is about none.
    """

    code: Code
    reason: str
    span: Span
    covers: Span
    path: tuple[tree.Statement, ...] = field(compare=False)

    def reaches(self, found: Diagnostic) -> bool:
        """Whether a finding is one that this allows."""
        at, over = found.at.span, self.covers
        last = max(at.start, at.end - 1)
        inside = over.start <= at.start < over.end or over.start <= last < over.end
        return found.code is self.code and at.source == over.source and inside


@dataclass(frozen=True, slots=True)
class Allows:
    """What the comments of a file allow, and what was wrong with them."""

    allows: tuple[Allow, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_allows(source: Source, comments: Sequence[Token], statements: Sequence[tree.Statement]) -> Allows:
    """Read the remarks among the comments of a file that speak to the compiler."""
    allows: list[Allow] = []
    found: list[Diagnostic] = []
    for comment in comments:
        if "rackc" not in comment.text.lower():
            continue
        for span, text in _remarks(source, comment):
            if not _ADDRESSED.match(text):
                continue
            read = _read(text, span)
            if isinstance(read, Diagnostic):
                found.append(read)
                continue
            covers, path = _covered(source, comment, statements)
            allows.append(Allow(*read, span, covers, path))
    return Allows(tuple(allows), tuple(found))


def _remarks(source: Source, comment: Token) -> Iterator[tuple[Span, str]]:
    first = source.character_of(comment.start)
    for match in _REMARK.finditer(comment.text):
        text = match.group().rstrip()
        start = first + match.start()
        yield Span(source.name, source.byte_of(start), source.byte_of(start + len(text))), text


def _read(text: str, span: Span) -> tuple[Code, str] | Diagnostic:
    """Return the code and the reason of a remark, or what is wrong with it."""
    match = _ALLOW.match(text)
    if match is None:
        return Diagnostic(Code.ALLOW, "this comment speaks to rackc and is not understood", Label(span, "not read"),
                          hints=(_FORM,))  # fmt: skip
    code, reason = match["code"], match["reason"].strip()
    if not code:
        return Diagnostic(Code.ALLOW, "`allow` names no code", Label(span, "allow what?"), hints=(_FORM,))
    if code not in set(Code):
        start = span.start + match.start("code")  # what stands before it is ASCII
        at = Span(span.source, start, start + len(code.encode("utf-8", "surrogatepass")))
        return unknown(Code.ALLOW, "finding", code, [known.value for known in Code], at)
    if not reason:
        return Diagnostic(Code.ALLOW, f"`allow {code}` gives no reason", Label(span, "why is this right?"),
                          hints=(f"write it after the code: `# rackc: allow {code} planned for the next revision`",))  # fmt: skip
    return Code(code), reason


# ---------------------------------------------------------------- what a remark is about


def _covered(
    source: Source, comment: Token, statements: Sequence[tree.Statement]
) -> tuple[Span, tuple[tree.Statement, ...]]:
    """Return where findings are allowed by a comment, and the way to the statement that it is about."""
    number = source.line_of(comment.start)
    begin, end = source.bounds(number)
    line = Span(source.name, begin, max(end, begin + 1))
    alone = not source.at(Span(source.name, begin, comment.start)).strip()
    if not alone:
        return line, _on_line(source, number, comment.start, statements)
    path = _below(statements, comment.start)
    return (path[-1].span if path else Span(source.name, comment.start, comment.start)), path


def _below(statements: Sequence[tree.Statement], at: int) -> tuple[tree.Statement, ...]:
    """Return the way to the first statement after a place in its block; to the one around it inside an expression."""
    for statement in statements:
        if statement.span.start > at:
            return (statement,)
        if statement.span.end > at:
            block = next((b for b in blocks(statement) if b.span.start < at < b.span.end), None)
            if block is None:
                return (statement,)
            below = _below(block.statements, at)
            return (statement, *below) if below else ()
    return ()


def _on_line(source: Source, number: int, at: int, statements: Sequence[tree.Statement]) -> tuple[tree.Statement, ...]:
    """Return the way to the last statement that begins on a line before a place, or to the one around it."""
    best: tuple[tree.Statement, ...] = ()
    for path in _paths(statements, ()):
        span = path[-1].span
        touches = source.line_of(span.start) <= number <= source.line_of(max(span.start, span.end - 1))
        if span.start < at and touches and (not best or span.start >= best[-1].span.start):
            best = path
    return best


def _paths(
    statements: Sequence[tree.Statement], above: tuple[tree.Statement, ...]
) -> Iterator[tuple[tree.Statement, ...]]:
    for statement in statements:
        path = (*above, statement)
        yield path
        for block in blocks(statement):
            yield from _paths(block.statements, path)


def blocks(statement: tree.Statement) -> tuple[tree.Block, ...]:
    """Return the blocks of statements that a statement holds."""
    match statement:
        case tree.Definition(body=body) | tree.Pool(body=body) | tree.For(body=body):
            return (body,)
        case tree.Instance(body=block) if block is not None:
            return (block,)
        case tree.If(yes=yes, no=no):
            return (yes,) if no is None else (yes, no)
        case _:
            return ()
