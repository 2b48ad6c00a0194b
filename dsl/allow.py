"""`# rackc: allow CODE reason`: comments by which a design owns up to findings, read beside the tree."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.lexer import Token
from rackc.dsl.source import Source, Span

#: A comment may hold several remarks, each begun by a `#` that stands alone.
_REMARK: Final = re.compile(r"#+(?:(?!\s#+\s).)*")
#: What speaks to the compiler, or nearly does.
_ADDRESSED: Final = re.compile(r"#+\s*(?:rackc\s*:|rackc\s+allow\s+[EWN]\d)\s*", re.IGNORECASE)
_ALLOW: Final = re.compile(r"# ?rackc: ?allow\b[ \t]*(?P<code>[^\s:,]*)[:,]?[ \t]*(?P<reason>.*)")
_FORM: Final = "write `# rackc: allow CODE reason`"
#: After this many faults the comments of a file are not read on.
_MAX_FAULTS: Final = 50
_SHOWN: Final = 20

#: The way from a definition to one of the statements in it.
Path = tuple[tree.Statement, ...]


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
    path: Path


@dataclass(frozen=True, slots=True)
class Allows:
    """What the comments of a file allow, and what was wrong with them."""

    allows: tuple[Allow, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_allows(source: Source, comments: Sequence[Token], statements: Sequence[tree.Statement]) -> Allows:
    """Read the remarks among the comments of a file that speak to the compiler."""
    allows: list[Allow] = []
    found: list[Diagnostic] = []
    outline: _Outline | None = None
    for comment in comments:
        if "rackc" not in comment.text.lower():
            continue
        for span, text in _remarks(source, comment):
            read = _read(text, span) if _ADDRESSED.match(text) else None
            if isinstance(read, Diagnostic):
                found.append(read)
            elif read is not None:
                outline = outline or _Outline(source, statements)
                allows.append(Allow(*read, span, *outline.covered(comment)))
            if len(found) >= _MAX_FAULTS:
                return Allows(tuple(allows), tuple(found))
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
    if len(code) > _SHOWN:
        return Diagnostic(Code.ALLOW, f"`{code[: _SHOWN - 1]}…` is no code", Label(span, "allow what?"), hints=(_FORM,))
    if code not in set(Code):
        start = span.start + match.start("code")  # what stands before it is ASCII
        at = Span(span.source, start, start + len(code.encode("utf-8", "surrogatepass")))
        return unknown(Code.ALLOW, "finding", code, [known.value for known in Code], at)
    if not reason:
        return Diagnostic(Code.ALLOW, f"`allow {code}` gives no reason", Label(span, "why is this right?"),
                          hints=(f"write it after the code: `# rackc: allow {code} planned for the next revision`",))  # fmt: skip
    return Code(code), reason


# ---------------------------------------------------------------- what a remark is about


class _Outline:
    """The statements of a file in the order in which they begin."""

    def __init__(self, source: Source, statements: Sequence[tree.Statement]) -> None:
        self._source = source
        self._paths = list(_paths(statements, ()))
        self._starts = [path[-1].span.start for path in self._paths]

    def covered(self, comment: Token) -> tuple[Span, Path]:
        """Return where a comment allows findings, and the way to the statement that it is about."""
        source, at = self._source, comment.start
        begin, end = source.bounds(source.line_of(at))
        if source.at(Span(source.name, begin, at)).strip():
            return Span(source.name, begin, max(end, begin + 1)), self._around(at, begin)
        path = self._below(at)
        return path[-1].span if path else Span(source.name, at, at), path

    def _around(self, at: int, begin: int) -> Path:
        """Return the way to the last statement that begins before `at` and does not end before `begin`."""
        last = bisect_right(self._starts, at) - 1
        path = self._paths[last] if last >= 0 else ()
        while path and path[-1].span.end <= begin:
            path = path[:-1]
        return path

    def _below(self, at: int) -> Path:
        """Return the way to the first statement after a place in its block; to the one around it inside an expression."""
        around = self._around(at, at)
        block = None
        if around:
            block = next((b for b in blocks(around[-1]) if b.span.start < at < b.span.end), None)
            if block is None:
                return around
        after = bisect_right(self._starts, at)
        below = self._paths[after] if after < len(self._paths) else ()
        inside = block is None or (below and below[-1].span.start < block.span.end)
        return below if inside else ()


def _paths(statements: Sequence[tree.Statement], above: Path) -> Iterator[Path]:
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
