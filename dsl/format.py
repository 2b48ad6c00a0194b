"""The formatter: spaces, indentation and columns are set anew; words, line breaks and comments are the author's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rackc.dsl.columns import Row, align
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.lexer import CLOSERS, OPENERS, Token, lex
from rackc.dsl.lines import Line, lines_of
from rackc.dsl.parser import parse
from rackc.dsl.source import Source
from rackc.dsl.spacing import Spacer

_SPACED: Final = frozenset(("QUANTITY", "WAY"))


def format_text(source: Source) -> str | tuple[Diagnostic, ...]:
    """Return a file in its one form, with the same tree and comments; or its faults, where it has some."""
    parsed = parse(source)
    if parsed.diagnostics or parsed.lexed is None:
        return parsed.diagnostics
    spacer = Spacer()
    lines = lines_of(source, parsed.lexed.written, parsed.lexed.comments)
    rows = [Row(line, spacer.texts(line)) for line in lines]
    align(rows)
    text = "".join(f"{line}\n" for line in _written(rows))
    # Whoever rewrites files in place had better look twice.
    assert _same(parsed.lexed.tokens, lex(Source(source.name, text)).tokens), source.name
    return text


def _same(before: Sequence[Token], after: Sequence[Token]) -> bool:
    """Whether the parser sees the same in both."""
    return len(before) == len(after) and all(
        a.type == b.type and (a.text == b.text or a.type == "NL" or (a.type in _SPACED and _close(a) == _close(b)))
        for a, b in zip(before, after, strict=True)
    )


def _close(token: Token) -> str:
    return "".join(token.text.split())


def _written(rows: Iterable[Row]) -> Iterator[str]:
    last: Line | None = None
    for row in rows:
        line = row.line
        if last is not None and line.blank and not _at_edge(last, line):
            yield ""
        yield _line(row)
        last = line


def _at_edge(last: Line, line: Line) -> bool:
    """Whether a block or list begins or ends between two lines, and an empty line says nothing there."""
    if last.describes and (line.describes or any(token.type in ("KIND", "ENUM") for token in line.tokens)):
        return False
    opens = bool(last.tokens) and last.tokens[-1].type in OPENERS
    return opens or (bool(line.tokens) and line.tokens[0].type in CLOSERS)


def _line(row: Row) -> str:
    line = row.line
    code = "".join(row.texts)
    if line.comment:
        code += f"{' ' * row.gap if code else ''}{line.comment}"
    wrap = " \\" if line.continued else ""
    return f"{' ' * line.indent}{code}{wrap}"
