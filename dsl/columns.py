"""Columns: what stands in lines of one kind, one below the other, begins at one place.

Where a column is depends on the words alone, never on how they were set before. A line that is much longer than the
others does not move them: it stands out, and they keep their column.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from rackc.dsl.lexer import CLOSERS, OPENERS, Token
from rackc.dsl.lines import Line

#: A line this much longer than the one in the middle stands out of its column.
_BEYOND: Final = 24
#: No line is filled up by more than this.
_FILL: Final = 40
#: Columns in the order in which they come in a line: the type, the place, the block, the value, where it is from.
_ORDER: Final = ("type", "place", "block", "value", "source")
_TYPED: Final = frozenset(("PORT", "DEMAND", "CHOOSE", "KIND"))


@dataclass(slots=True)
class Row:
    """A line with the texts of its tokens, each with the space before it; `gap` is the space before the comment."""

    line: Line
    texts: list[str]
    gap: int = 2


class _Cells(NamedTuple):
    """What a line is, and before which token each of its columns begins."""

    row: Row
    kind: str
    stops: dict[str, int]

    def end(self, column: str) -> int:
        """Return how far the line reaches before a column; an operator ends where its column begins."""
        at = self.stops[column]
        return sum(map(len, self.row.texts[: at + (column == "value")]))


def align(rows: Sequence[Row]) -> None:
    """Widen the spaces before columns and comments, so that those of lines that belong together begin at one place."""
    for run in _runs(rows):
        cells = [_cells(row) for row in run]
        for _, alike in groupby(cells, key=lambda c: c.kind):
            _align_columns(tuple(alike))
        for noted in _noted(cells):
            for row, pad in zip(noted, _pads([sum(map(len, row.texts)) for row in noted]), strict=True):
                row.gap += pad


def _noted(cells: Iterable[_Cells]) -> Iterator[list[Row]]:
    """Yield lines whose comments stand together: those of one kind, and those that follow each other."""
    group: list[Row] = []
    last: _Cells | None = None
    for one in cells:
        comment = one.row.line.comment
        if last is not None and last.kind != one.kind and not (comment and last.row.line.comment):
            yield group
            group = []
        if comment:
            group.append(one.row)
        last = one
    yield group


def _runs(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield lines that stand together, with no empty line and no statement of several lines between them.

    A comment on a line of its own speaks of the line below it, and does not part that from the one above.
    """
    run: list[Row] = []
    for row in rows:
        line = row.line
        if run and (line.blank or (line.tokens and not line.whole)):
            yield run
            run = []
        if line.whole:
            run.append(row)
    if run:
        yield run


def _align_columns(cells: Sequence[_Cells]) -> None:
    for column in _ORDER:
        having = [c for c in cells if column in c.stops]
        for one, pad in zip(having, _pads([c.end(column) for c in having]), strict=True):
            at = one.stops[column]
            one.row.texts[at] = " " * pad + one.row.texts[at]


def _pads(ends: Sequence[int]) -> list[int]:
    """Return how much to add to each line so that they end at one place, those aside that are much longer or shorter.

    Lines set aside that follow each other get a place of their own.
    """
    pads = [0] * len(ends)
    waiting = [list(range(len(ends)))] if ends else []
    while waiting:
        lines = waiting.pop()
        place = _place([ends[at] for at in lines])
        aside: list[list[int]] = [[]]
        for at in lines:
            if place - _FILL <= ends[at] <= place:
                pads[at] = place - ends[at]
                aside.append([])
            else:
                aside[-1].append(at)
        waiting.extend(rest for rest in aside if len(rest) > 1)
    return pads


def _place(ends: Iterable[int]) -> int:
    """Return the end of the longest line that is not much longer than the one in the middle."""
    ordered = sorted(ends)
    middle = ordered[(len(ordered) - 1) // 2]
    return ordered[bisect_right(ordered, middle + _BEYOND) - 1]


# ---------------------------------------------------------------- the columns of one line


def _cells(row: Row) -> _Cells:
    first = row.line.tokens[0]
    if row.line.inside:
        return _Cells(row, "element", {})
    if first.type not in _TYPED and first.type not in ("NAME", "LET"):
        return _Cells(row, first.type, {})
    scan = _Scan(first.type)
    for at, token in enumerate(row.line.tokens):
        scan.take(at, token)
    stops = scan.stops()
    if not stops:
        return _Cells(row, "several" if scan.several else "none", {})
    if first.type == "NAME":
        return _Cells(row, "instance" if "type" in stops else "attribute", stops)
    return _Cells(row, first.text, stops)


class _Scan:
    """Finds the columns of a line, and those of the one attribute that a block on the line may hold."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._found: dict[str, int] = {}
        self.several = False  # whether several statements share the line
        self._inner: list[str] = []  # what stands between the braces, brackets left out
        self._depth = 0
        self._braces = 0

    def take(self, at: int, token: Token) -> None:
        """Look at the next token."""
        kind = token.type
        if kind in OPENERS or kind in CLOSERS:
            step = 1 if kind in OPENERS else -1
            if kind in ("LBRACE", "RBRACE"):
                self._braces += step
            else:
                self._depth += step
            if kind == "LBRACE":
                self._found.setdefault("block", at)
        if self._depth:
            return
        if self._braces:
            self._inside(at, kind)
        else:
            self._outside(at, kind)

    def _outside(self, at: int, kind: str) -> None:
        found = self._found
        if kind == "NL":
            self.several = True
        elif kind == "COLON" and "value" not in found:
            found.setdefault("type", at + 1)
        elif kind in ("EQUAL", "CMP") and self._first in ("NAME", "LET") and "type" not in found:
            found.setdefault("value", at)
        elif kind == "AT_WORD" and "type" in found:
            found.setdefault("place", at)
        elif kind == "AT":
            found.setdefault("source", at)

    def _inside(self, at: int, kind: str) -> None:
        self._inner.append(kind)
        if kind == "EQUAL":
            self._found.setdefault("value", at)
        elif kind == "AT":
            self._found.setdefault("source", at)

    def stops(self) -> dict[str, int]:
        """Return the columns; none where several statements share the line."""
        if self.several:
            return {}
        block = self._found.get("block", -1)
        inner = self._inner[1:]
        if block < 0 or (inner[:1] == ["NAME"] and not {"NL", "COLON", "LBRACE"} & set(inner)):
            return self._found
        return {name: at for name, at in self._found.items() if at <= block}
