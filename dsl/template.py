"""Texts with expressions in braces: `"{n} of them"`. `{{` and `}}` stand for the braces themselves."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PIECE: Final = re.compile(r"\{\{|\}\}|\\.|\{(?P<hole>[^{}]*)\}|(?P<stray>[{}])", re.DOTALL)


class Hole(NamedTuple):
    """An expression in a text: where it stands in the text, in characters."""

    start: int
    end: int


class Pieces(NamedTuple):
    """What a text is made of: literal stretches (raw) and holes in order, and braces that open or close nothing."""

    parts: tuple[str | Hole, ...]
    stray: tuple[int, ...]


def pieces(text: str) -> Pieces:
    """Split the raw text between two quotes."""
    parts: list[str | Hole] = []
    stray: list[int] = []
    literal = 0
    for match in _PIECE.finditer(text):
        if match.lastgroup == "stray":
            stray.append(match.start())
        elif match.lastgroup == "hole":
            if match.start() > literal:
                parts.append(text[literal : match.start()])
            parts.append(Hole(match.start() + 1, match.end() - 1))
            literal = match.end()
    if literal < len(text):
        parts.append(text[literal:])
    return Pieces(tuple(parts), tuple(stray))
