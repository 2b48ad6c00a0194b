"""Tokens and comments to the lines of a formatted file: the author's breaks are kept, indentation follows the brackets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rackc.dsl.lexer import CLOSERS, OPENERS, Token
from rackc.dsl.source import Source

#: Spaces a level.
INDENT: Final = 2


@dataclass(slots=True)
class Line:
    """One line to be: tokens, or a comment, or both; `;` is among the tokens where statements share the line.

    `blank`: an empty line stands before it. `continued`: it ends in a backslash. `begins`: a statement, or inside
    brackets an element, begins with it. `whole`: and ends on it. `inside`: it begins within ( ) or [ ].
    """

    tokens: list[Token] = field(default_factory=list)
    comment: str = ""
    blank: bool = False
    continued: bool = False
    begins: bool = True
    whole: bool = False
    inside: bool = False
    indent: int = 0

    @property
    def describes(self) -> bool:
        """Whether its comment would describe a definition on the next line."""
        return self.comment.startswith("##")


def lines_of(source: Source, written: Iterable[Token], comments: Iterable[Token]) -> list[Line]:
    """Return the lines of a file without faults."""
    work = _Splitter(source)
    for item in sorted((*written, *comments), key=lambda token: token.start):
        work.take(item)
    _indent(work.lines)
    return work.lines


# ---------------------------------------------------------------- line breaks


#: A backslash at the end of a line is a mere line break beside these: no statement goes on there.
_ENDS_BEFORE: Final = frozenset(("NL", "LBRACE", "RBRACE"))
_ENDS_AFTER: Final = frozenset(("NL", "RBRACE", "EOF", "COMMENT"))


class _Splitter:
    """Gathers tokens and comments in lines, as they are met."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._wraps = "\\\n" in source.text or "\\\r\n" in source.text
        self._brackets: list[str] = []
        self._line = Line()
        self._blank = False
        self._separator: Token | None = None
        self._before = Token("NL", "", 0, 0)
        self.lines: list[Line] = []

    def take(self, item: Token) -> None:
        """Add a token or a comment."""
        if self._wraps and self._is_wrapped(item):
            self._wrap(item)
        if item.type == "COMMENT":
            self._line.comment = _tidy(item.text)
        elif item.type == "EOF" or item.text == "\n":
            self._break()
        elif item.type == "NL":
            self._separator = item
        else:
            self._add(item)
        self._before = item

    def _is_wrapped(self, item: Token) -> bool:
        start, end = self._source.character_of(self._before.end), self._source.character_of(item.start)
        return "\\" in self._source.text[start:end]

    def _wrap(self, item: Token) -> None:
        """End the line where a backslash ended it."""
        goes_on = self._before.type not in _ENDS_BEFORE and item.type not in _ENDS_AFTER
        self._line.continued = goes_on
        self._break()
        self._line.begins = not goes_on

    def _break(self) -> None:
        self._separator = None
        if not self._line.tokens and not self._line.comment:
            self._blank = True
            return
        self._line.blank, self._blank = self._blank, False
        self.lines.append(self._line)
        self._line = Line()

    def _add(self, token: Token) -> None:
        if token.type == "ELSE" and not self._line.tokens:
            self._rejoin()
        tokens = self._line.tokens
        if self._separator is not None:
            inside = bool(self._brackets) and self._brackets[-1] != "LBRACE"
            if tokens and tokens[-1].type != "LBRACE" and token.type not in ("RBRACE", "ELSE") and not inside:
                tokens.append(self._separator)
            self._separator = None
        tokens.append(token)
        if token.type in OPENERS:
            self._brackets.append(token.type)
        elif token.type in CLOSERS:
            self._brackets.pop()

    def _rejoin(self) -> None:
        """Go on in the line before, where `}` ends it: `} else {`. Elsewhere `else` goes on with what stands above."""
        last = self.lines[-1] if self.lines else self._line
        described = len(self.lines) > 1 and self.lines[-2].describes and not last.blank
        if last.tokens and last.tokens[-1].type == "RBRACE" and not last.comment and not described:
            self._line = self.lines.pop()
            self._blank = self._line.blank
        else:
            self._line.begins = False


def _tidy(comment: str) -> str:
    """Return a comment with a space after its `#`, but for `##`, `#!` and rulers such as `#----`."""
    text = comment.rstrip()
    mark = text[1:2]
    if not mark or mark.isspace() or mark in "#!" or (not mark.isalnum() and text[2:3] == mark):
        return text
    return f"# {text[1:]}"


# ---------------------------------------------------------------- indentation


class _Open(NamedTuple):
    """A bracket that is open, how far the line of its closing one is indented, and what stands between."""

    type: str
    outside: int
    inside: int


def _indent(lines: Iterable[Line]) -> None:
    work = _Indenter()
    for line in lines:
        work.take(line)


class _Indenter:
    """Sets indentation, and finds what begins and ends on one line."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._statement = 0  # indentation of the statement in hand
        self._comments: list[Line] = []  # lines without tokens, which are indented like what follows
        self._last = Line()

    def take(self, line: Line) -> None:
        """Indent a line, and the comments that wait for it."""
        if not line.tokens:
            line.indent = self._inside()
            self._comments.append(line)
            return
        first = line.tokens[0].type
        line.inside = bool(self._open) and self._open[-1].type != "LBRACE"
        line.indent = self._indentation(line, first)
        if first not in CLOSERS:
            for comment in self._comments:
                comment.indent = line.indent
        self._comments.clear()
        if not line.begins:
            self._last.whole = False
        elif not line.inside and first not in CLOSERS:
            self._statement = line.indent
        line.whole = self._walk(line) and line.begins and not line.continued
        self._last = line

    def _inside(self) -> int:
        return self._open[-1].inside if self._open else 0

    def _indentation(self, line: Line, first: str) -> int:
        if first in CLOSERS:
            return self._open[-1].outside
        if line.begins or line.inside:
            return self._inside()
        after_block = first == "ELSE" and self._last.tokens[-1].type == "RBRACE"
        return self._statement + (0 if after_block else INDENT)

    def _walk(self, line: Line) -> bool:
        """Open and close the brackets of a line; return whether all that it opens it closes, and nothing else."""
        depth, least = 0, 0
        here = line.indent  # what brackets hang from; several that open on one line are one level
        for token in line.tokens:
            kind = token.type
            if kind == "NL":
                here = self._statement = min(line.indent, self._inside())
            elif kind == "LBRACE":
                self._open.append(_Open(kind, self._statement, self._statement + INDENT))
                here = self._statement = min(line.indent, self._inside())
            elif kind in OPENERS:
                self._open.append(_Open(kind, here, here + INDENT))
            elif kind in CLOSERS:
                outside = self._open.pop().outside
                if kind == "RBRACE":
                    here = self._statement = outside
            depth += (kind in OPENERS) - (kind in CLOSERS)
            least = min(least, depth)
        return depth == 0 and least == 0
