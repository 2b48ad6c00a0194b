"""Source text and spans: offsets inside, line numbers only at the door."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of one source: `source` is its name, `start` and `end` character offsets (end exclusive)."""

    source: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the stretch from the start of this one to the end of `other`."""
        return Span(self.source, self.start, other.end)


#: Where no text caused a thing (a design given no file, a missing lock).
NOWHERE = Span("", 0, 0)


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text under the name that messages print."""

    name: str
    text: str
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0, *(at + 1 for at, char in enumerate(self.text) if char == "\n")]
        object.__setattr__(self, "_line_starts", tuple(starts))

    def line_of(self, offset: int) -> int:
        """Return the line number, from 1."""
        return bisect_right(self._line_starts, offset)

    def column_of(self, offset: int) -> int:
        """Return the column, from 1."""
        return offset - self._line_starts[self.line_of(offset) - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line `number` without its newline."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] - 1 if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")
