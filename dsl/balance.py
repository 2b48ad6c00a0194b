"""Braces that do not come out: indentation says which one is missing and which is one too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label
from rackc.dsl.lexer import Token
from rackc.dsl.source import Source, Span


@dataclass(slots=True)
class _Open:
    """A block that is open: its brace, where that stands in the output, and how its lines are set."""

    brace: Token
    place: int
    indent: int
    ends_line: bool
    indented: bool = False


def balance(source: Source, tokens: Sequence[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """Return tokens whose braces pair, and a finding for each brace that was added or left out."""
    opened = sum(t.type == "LBRACE" for t in tokens)
    closed = sum(t.type == "RBRACE" for t in tokens)
    if opened == closed and not _dips(tokens):
        return list(tokens), []
    work = _Balancer(source, closed - opened)
    for at, token in enumerate(tokens):
        work.take(token, tokens[at + 1] if at + 1 < len(tokens) else token)
    return work.out, work.found


def _dips(tokens: Sequence[Token]) -> bool:
    """Whether a brace closes before any is open."""
    depth = 0
    for token in tokens:
        depth += {"LBRACE": 1, "RBRACE": -1}.get(token.type, 0)
        if depth < 0:
            return True
    return False


class _Balancer:
    def __init__(self, source: Source, surplus: int) -> None:
        self._source = source
        self._surplus = surplus  # closing braces too many, as far as is known
        self._open: list[_Open] = []
        self._indents: dict[int, int] = {}
        self._last_line = 0
        self._before: Token | None = None
        self.out: list[Token] = []
        self.found: list[Diagnostic] = []

    def take(self, token: Token, after: Token) -> None:
        """Add one token, with what it shows to be missing before it."""
        if token.type == "NL":
            self.out.append(token)
            return
        line = self._source.line_of(token.start)
        first, self._last_line = line > self._last_line, line
        indent = self._indent(token)
        if token.type == "EOF":
            while self._open:
                self._close()
        elif first:
            self._settle(token, indent)
            self._open_missing(token, indent)
        if token.type != "RBRACE" or self._closes(token, first, indent):
            self.out.append(token)
        if token.type == "LBRACE":
            ends_line = self._source.line_of(after.start) > line or after.type == "EOF"
            self._open.append(_Open(token, len(self.out) - 1, indent, ends_line))
        self._before = token

    def _settle(self, token: Token, indent: int) -> None:
        """Close the blocks that a line this far to the left cannot belong to."""
        if self._open and self._open[-1].ends_line and self._open[-1].brace is self._before:
            self._open[-1].indented = indent > self._open[-1].indent
        while self._open:
            top = self._open[-1]
            left = indent < top.indent or (indent == top.indent and token.type != "RBRACE")
            if not left or not (top.indented or not top.ends_line):
                return
            self._close()

    def _open_missing(self, token: Token, indent: int) -> None:
        """Open the block that a line further to the right belongs to, where there are braces too many that close."""
        before = self._before
        if self._surplus <= 0 or before is None or before.type == "LBRACE" or not self.out or self.out[-1].type != "NL":
            return
        outside = self._indent(before)
        if indent <= outside or token.type == "RBRACE":
            return
        self._surplus -= 1
        self.out[-1] = Token("LBRACE", "{", before.end, before.end)
        self._open.append(_Open(self.out[-1], len(self.out) - 1, outside, ends_line=True, indented=True))
        last = Span(self._source.name, max(before.end - 1, before.start), before.end)
        self.found.append(Diagnostic(
            Code.SYNTAX, "expected `{`, found the end of the line", Label(last, "`{` is missing after this"),
            hints=("what is further to the right belongs to a block",), fix=Fix(last._replace(start=before.end), " {"),
        ))  # fmt: skip

    def _closes(self, token: Token, first: bool, indent: int) -> bool:
        """Take a closing brace; False where it is one too many."""
        top = self._open[-1] if self._open else None
        across = top is not None and self._source.line_of(top.brace.start) != self._source.line_of(token.start)
        misplaced = top is not None and across and self._surplus > 0 and (not first or indent > top.indent)
        if top is not None and not misplaced:
            self._open.pop()
            return True
        self._surplus -= 1
        span = Span(self._source.name, token.start, token.end)
        self.found.append(Diagnostic(
            Code.SYNTAX, "this `}` closes nothing", Label(span, "one too many"),
            hints=("remove it, or look for an extra `}` above",), fix=Fix(span, ""),
        ))  # fmt: skip
        return False

    def _close(self) -> None:
        """Close the innermost block here; a brace that opened in the middle of a line is left out instead."""
        top = self._open.pop()
        opener = Span(self._source.name, top.brace.start, top.brace.end)
        if not top.ends_line:
            del self.out[top.place]
            for inner in self._open:
                inner.place -= inner.place > top.place
            self.found.append(Diagnostic(Code.UNCLOSED, "this block is never closed", Label(opener, "opened here"),
                                         hints=("close it on the same line, or remove the `{`",)))  # fmt: skip
            return
        before = self._before or top.brace
        last = Span(self._source.name, max(before.end - 1, before.start), before.end)
        line = self._source.line(self._source.line_of(top.brace.start)).strip()
        end = Token("NL", "", before.end, before.end)
        brace = Token("RBRACE", "}", before.end, before.end)
        while self.out and self.out[-1].type == "NL":
            self.out.pop()
        self.out.extend((end, brace, end) if before.type != "LBRACE" else (brace, end))
        at = Label(last, "`}` is missing after this") if before is not top.brace else Label(opener, "opened here")
        also = (Label(opener, "opened here"),) if before is not top.brace else ()
        self.found.append(Diagnostic(Code.UNCLOSED, "this block is never closed", at, also,
                                     (f"add a `}}` after the last line of `{line}`",)))  # fmt: skip

    def _indent(self, token: Token) -> int:
        number = self._source.line_of(token.start)
        if number not in self._indents:
            line = self._source.line(number)
            self._indents[number] = len(line) - len(line.lstrip())
        return self._indents[number]
