"""Source text and spans: byte offsets inside, line numbers only at the door."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of one source: `source` is its name, `start` and `end` byte offsets into its UTF-8 (end exclusive)."""

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
    """One file's text under the name that messages print; `shipped` where it came with rackc."""

    name: str
    text: str
    shipped: bool = False
    _bytes: array[int] | None = field(init=False, repr=False, compare=False)
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # In a file of ASCII alone, which nearly all are, a character is a byte and no table is needed.
        sizes = None if self.text.isascii() else (len(c.encode("utf-8", "surrogatepass")) for c in self.text)
        object.__setattr__(self, "_bytes", None if sizes is None else array("q", accumulate(sizes, initial=0)))
        starts = (0, *(self.byte_of(at + 1) for at, char in enumerate(self.text) if char == "\n"))
        object.__setattr__(self, "_line_starts", starts)

    def byte_of(self, character: int) -> int:
        """Return the byte offset of a character of `text`, or of its end."""
        return character if self._bytes is None else self._bytes[character]

    def character_of(self, offset: int) -> int:
        """Return the index in `text` of the character at, or around, a byte offset."""
        return offset if self._bytes is None else bisect_right(self._bytes, offset) - 1

    def line_of(self, offset: int) -> int:
        """Return the line number, from 1."""
        return bisect_right(self._line_starts, offset)

    def column_of(self, offset: int) -> int:
        """Return the column in characters, from 1."""
        start = self._line_starts[self.line_of(offset) - 1]
        return self.character_of(offset) - self.character_of(start) + 1

    def line(self, number: int) -> str:
        """Return the text of line `number` without its newline."""
        start = self.character_of(self._line_starts[number - 1])
        last = number >= len(self._line_starts)
        end = len(self.text) if last else self.character_of(self._line_starts[number]) - 1
        return self.text[start:end].rstrip("\r")

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the byte offsets of line `number`, from its first character to the first of the next line."""
        last = number >= len(self._line_starts)
        end = self.byte_of(len(self.text)) if last else self._line_starts[number]
        return self._line_starts[number - 1], end

    def at(self, span: Span) -> str:
        """Return the text of a span."""
        return self.text[self.character_of(span.start) : self.character_of(span.end)]
