"""What stands between two tokens of a line: a space, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.dsl.lexer import ENDS_OPERAND, Token, figure
from rackc.dsl.lines import Line

_CLINGS_AFTER: Final = frozenset(("LPAR", "LSQB", "DOT", "AT", "RANGE"))
_CLINGS_BEFORE: Final = frozenset(("RPAR", "RSQB", "COMMA", "DOT", "RANGE", "NL"))
#: After these a bracket is that of a call or an index.
_CALLED: Final = frozenset(("NAME", "RPAR", "RSQB"))


class Spacer:
    """Writes the tokens of a file line by line: each line rests on how the one before it ended."""

    def __init__(self) -> None:
        self._before = Token("NL", "", 0, 0)
        self._signed = False  # whether that is a sign, and no operator between two
        self._connecting = False  # the colon of a connection stands apart, that of a declaration does not

    def texts(self, line: Line) -> list[str]:
        """Return the text of each token with the space before it."""
        if line.begins and not line.inside:
            self._connecting = False
        found = list(self._spaced(line))
        if found:
            found[0] = found[0].lstrip(" ")
        return found

    def _spaced(self, line: Line) -> Iterator[str]:
        for token in line.tokens:
            kind = token.type
            sign = kind == "ADD" and self._before.type not in ENDS_OPERAND
            yield self._space(token, sign=sign) + _text(token)
            if kind in ("NL", "LBRACE", "CONNECT"):
                self._connecting = kind == "CONNECT"
            self._before, self._signed = token, sign

    def _space(self, token: Token, *, sign: bool) -> str:
        kind, before = token.type, self._before.type
        if kind in _CLINGS_BEFORE or before in _CLINGS_AFTER:
            return ""
        if kind in ("LPAR", "LSQB"):
            return "" if before in _CALLED or self._signed else " "
        if kind == "COLON":
            return " " if self._connecting else ""
        if self._signed:
            return " " if sign else ""  # two signs side by side would be a link
        return " "


def _text(token: Token) -> str:
    """Return a token as it is written: one space between a number and its unit."""
    if token.type == "NL":
        return ";"
    if token.type == "WAY":
        return " ".join(token.text.split())
    if token.type != "QUANTITY":
        return token.text
    return " ".join(figure(token.text))
