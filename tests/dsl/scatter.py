"""A text written anew as carelessly as its meaning allows: other spaces, empty lines, comments and line breaks."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Final

from rackc.dsl.lexer import CLOSERS, ENDS_OPERAND, OPENERS, Token, lex
from rackc.dsl.source import Source
from rackc.dsl.words import BEFORE_EXPR, BEFORE_INT, BEFORE_NAME

_SPACES: Final = ("", "", " ", "  ", "\t", " \t ")
_COMMENTS: Final = ("#", "#x", "# x", "## x", "#  \tx  ", "#!x", "#----", "#é \\", '# a "{ ; b', "#-x", "##x\r")
_BEGINS: Final = frozenset((*BEFORE_NAME, *BEFORE_INT, *BEFORE_EXPR))
_BEGINS_OPERAND: Final = frozenset(("NAME", "INT", "NUMBER", "QUANTITY", "STRING", "TRUE", "FALSE", "NONE", "NOT"))


def respaced(text: str, seed: int) -> str:
    """Return a text with other spaces; every line break stays, but for those after a backslash."""
    return _Scatter(text, Random(seed), breaks=0, notes=0).text()


def scattered(text: str, seed: int) -> str:
    """As `respaced`, with other line breaks, and comments wherever one may stand."""
    return _Scatter(text, Random(seed), breaks=0.15, notes=0.15).text()


class _Scatter:
    """Writes the tokens of a text; `breaks` and `notes` are the shares of places that get a line break or a comment."""

    def __init__(self, text: str, random: Random, breaks: float, notes: float) -> None:
        self._source = Source("t", text)
        lexed = lex(self._source)
        self._items = sorted((*lexed.written, *lexed.comments), key=lambda item: item.start)
        self._random = random
        self._breaks = breaks
        self._notes = notes

    def text(self) -> str:
        """Return the text."""
        out = ["\ufeff" if self._chance(0.1) else "", self._lines() if self._chance(self._breaks) else ""]
        open_brackets: list[str] = []
        before = Token("NL", "\n", 0, 0)
        for item in self._items:
            if item.type in CLOSERS:
                open_brackets.pop()
            inside = bool(open_brackets) and open_brackets[-1] != "LBRACE"
            out.append(self._between(before, item, inside=inside))
            if item.type != "NL":
                out.append(item.text)
            if item.type in OPENERS:
                open_brackets.append(item.type)
            before = item
        return "".join(out)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _space(self) -> str:
        return self._random.choice(_SPACES)

    def _lines(self, *, end: str = "\n") -> str:
        """Return the end of a line, with a comment perhaps, and lines of comments or nothing after it."""
        note = self._random.choice(_COMMENTS) if self._chance(self._notes) else ""
        more = self._lines() if self._chance(self._breaks) else ""
        return f"{self._space()}{note}{self._random.choice((end, chr(13) + end))}{more}"

    def _between(self, before: Token, item: Token, *, inside: bool) -> str:
        """Return what stands between two tokens, the end of a line itself where `item` is one."""
        if item.type == "NL":
            swapped = self._chance(self._breaks) and before.type != "COMMENT" and not inside
            return f"{self._space()};{self._space()}" if (item.text == ";") != swapped else self._lines()
        if item.type == "EOF" or before.type == "NL":
            return self._space()
        if self._chance(self._breaks):
            if (inside and self._breakable(before, item)) or item.type == "ELSE":
                return self._lines() + self._space()
            if item.type != "COMMENT":
                return self._space() + self._random.choice(("\\\n", "\\\r\n")) + self._space()
        space = self._space()
        return space if self._may_part(before, space, item) else self._original(before, item)

    def _breakable(self, before: Token, item: Token) -> bool:
        """Whether a line may end between two tokens in brackets: not where an open one would be suspected."""
        operands = before.type in ENDS_OPERAND and item.type in _BEGINS_OPERAND
        return not operands and item.type != "EQUAL" and item.text not in _BEGINS

    def _may_part(self, before: Token, space: str, item: Token) -> bool:
        """Whether this can stand between two tokens, whatever stands around them."""
        if not space and (item.type == "MUL" or (before.type == "INT" and item.text[:1] in "eE")):
            return False  # `1 W` and `/` and `s`, `1` and `e` and `-` and `5` would become one
        return _parts(before.text, space, item.text)

    def _original(self, before: Token, item: Token) -> str:
        start, end = self._source.character_of(before.end), self._source.character_of(item.start)
        return self._source.text[start:end]


@cache
def _parts(before: str, space: str, after: str) -> bool:
    """Whether two tokens stay what they are with this between them."""
    found = lex(Source("t", before + space + after)).written
    return [token.text for token in found[:-1]] == [before, after]
