"""Text to tokens. Comments are kept beside, newlines are settled here, soft keywords are decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source, Span
from rackc.dsl.units import UNIT_NAMES
from rackc.dsl.words import BEFORE_EXPR, BEFORE_INT, BEFORE_NAME, CONSTANTS, CONTINUING, INFIX, PREFIX

UNITS: Final = "|".join(re.escape(name) for name in UNIT_NAMES)
NUMBER: Final = r"[0-9][0-9_]*+(?:\.[0-9][0-9_]*+)?+(?:[eE][+-]?[0-9]++)?+"
_TOKEN: Final = re.compile(
    rf"""
    (?P<SPACE>\A\ufeff|[ \t\f\r]+|\\\r?\n)
  | (?P<COMMENT>\#[^\n]*)
  | (?P<NL>\n|;)
  | (?P<QUANTITY>{NUMBER}[ \t]*(?:{UNITS})(?:/(?:{UNITS}))*(?![A-Za-z0-9_]))
  | (?P<NUMBER>{NUMBER})
  | (?P<WAY>(?:each|both)[ \t]+ways?\b)
  | (?P<WORD>[A-Za-z_]\w*)
  | (?P<STRING>"(?:\\.|[^"\\\n])*")
  | (?P<LINK>--)
  | (?P<RANGE>\.\.<|\.\.)
  | (?P<TOL>\+/-)
  | (?P<CMP>==|!=|<=|>=|<|>)
  | (?P<ADD>[+-])
  | (?P<STAR>\*)
  | (?P<MUL>/)
  | (?P<LPAR>\() | (?P<RPAR>\)) | (?P<LSQB>\[) | (?P<RSQB>\]) | (?P<LBRACE>\{{) | (?P<RBRACE>\}})
  | (?P<COMMA>,) | (?P<COLON>:) | (?P<EQUAL>=) | (?P<AT>@) | (?P<DOT>\.)
  | (?P<OPEN_STRING>"[^\n{{}}]*)
  | (?P<OTHER>(?P<CHARACTER>.)(?P=CHARACTER)*+)
    """,
    re.VERBOSE,
)

_NUMBERS: Final = re.compile(NUMBER)

#: A number with more digits, or an exponent beyond, is a slip, not a figure.
MAX_DIGITS: Final = 60
_SHORT: Final = 20
#: After this many bad characters or texts the file is no design.
MAX_FAULTS: Final = 100

_NOT_AFTER_WORD: Final = frozenset({"EQUAL", "COLON", "DOT", "CMP", "NL", "RBRACE", "EOF"})


class Token(NamedTuple):
    """One token: its terminal, its text, its place."""

    type: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexed:
    """A file's tokens: `written`, with every newline, and `tokens`, ready for the parser; comments stand apart.

    Starts and ends are byte offsets. `diagnostics` say what was wrong with the characters.
    """

    written: tuple[Token, ...]
    tokens: tuple[Token, ...]
    comments: tuple[Token, ...]
    diagnostics: tuple[Diagnostic, ...]


def lex(source: Source) -> Lexed:
    """Split `source` into tokens; never fails."""
    work = _Lexer(source)
    work.run(0, len(source.text))
    written = tuple(_name_words(work.tokens))
    return Lexed(written, tuple(_settle_newlines(written)), tuple(work.comments), tuple(work.found))


def lex_part(source: Source, start: int, end: int) -> Lexed:
    """As `lex`, for the characters from `start` to `end`, which hold one expression: newlines do not count."""
    work = _Lexer(source)
    work.run(start, end)
    written = tuple(t for t in _name_words(work.tokens, starts_statement=False) if t.type not in ("NL", "EOF"))
    return Lexed(written, written, tuple(work.comments), tuple(work.found))


class _Lexer:
    """Tokens, comments and findings of one file, as they are met."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.tokens: list[Token] = []
        self.comments: list[Token] = []
        self.found: list[Diagnostic] = []

    def run(self, start: int, end: int) -> None:
        """Read the characters from `start` to `end`, and close with EOF."""
        add, ascii_only = self.tokens.append, self._source.text.isascii()
        byte_of = self._source.byte_of
        for match in _TOKEN.finditer(self._source.text, start, end):
            kind = match.lastgroup or "OTHER"
            if kind == "SPACE":
                continue
            first, last = match.span() if ascii_only else (byte_of(match.start()), byte_of(match.end()))
            token = Token(kind, match.group(), first, last)
            if kind in _PLAIN:
                add(token)
            else:
                self._special(token)
                if len(self.found) > MAX_FAULTS:
                    break
        at = self._source.byte_of(end)
        add(Token("EOF", "", at, at))

    def _special(self, token: Token) -> None:
        kind, source = token.type, self._source
        if kind == "COMMENT":
            self.comments.append(token)
        elif kind == "OPEN_STRING":
            self.found.append(_open_string(source, token))
            self.tokens.append(Token("STRING", token.text.rstrip() + '"', token.start, token.end))
        elif kind == "OTHER":
            self.found.append(_bad_character(source, token))
        elif not sensible(token.text):
            self.found.append(_out_of_range(source, token))
            self.tokens.append(token._replace(text=f"1 {figure(token.text)[1]}" if kind == "QUANTITY" else "1"))
        else:
            self.tokens.append(token)


#: Tokens that need no second look.
_PLAIN: Final = frozenset((
    "NL", "WAY", "WORD", "STRING", "LINK", "RANGE", "TOL", "CMP", "ADD", "STAR", "MUL", "LPAR", "RPAR", "LSQB", "RSQB",
    "LBRACE", "RBRACE", "COMMA", "COLON", "EQUAL", "AT", "DOT",
))  # fmt: skip


def is_figure(text: str) -> bool:
    """Whether a text is one figure with its unit: `5 m` is, `5 feeds` and `5  m` are numbers of things."""
    match = _TOKEN.match(text)
    return match is not None and match.lastgroup == "QUANTITY"


def sensible(text: str) -> bool:
    """Whether a number can be worked with: few enough digits, and an exponent that a figure can have."""
    if len(text) <= _SHORT and "e" not in text and "E" not in text:
        return True
    digits, _, exponent = _NUMBERS.match(text)[0].lower().partition("e")  # type: ignore[index]  # it was lexed as one
    return len(digits) <= MAX_DIGITS and len(exponent) <= _SHORT and abs(int(exponent or "0")) <= MAX_DIGITS


def figure(text: str) -> tuple[str, str]:
    """Return the number and the unit of a quantity, as written."""
    unit = _NUMBERS.sub("", text, count=1)
    return text[: len(text) - len(unit)], unit.strip()


def _out_of_range(source: Source, token: Token) -> Diagnostic:
    shown = token.text if len(token.text) <= _SHORT else f"{token.text[: _SHORT - 1]}…"
    return Diagnostic(
        Code.TOO_LARGE,
        f"the number `{shown}` has more than {MAX_DIGITS} digits",
        Label(Span(source.name, token.start, token.end), "no figure of a rack is that long"),
        hints=("give it in a larger or smaller unit",),
    )


def _open_string(source: Source, token: Token) -> Diagnostic:
    return Diagnostic(
        Code.STRING,
        "this text is never closed",
        Label(Span(source.name, token.start, token.end), 'no closing `"` on this line'),
        hints=('end the text with `"`; a text stays on one line',),
    )


def _bad_character(source: Source, token: Token) -> Diagnostic:
    shown = token.text[0] if token.text.isprintable() else f"U+{ord(token.text[0]):04X}"
    return Diagnostic(
        Code.CHARACTER,
        f"the character `{shown}` has no meaning here",
        Label(Span(source.name, token.start, token.end), "not part of the language"),
        hints=(_INSTEAD.get(token.text[0], "remove it, or put it in a text or a comment"),),
    )


#: What was probably meant by characters of other languages.
_INSTEAD: Final = {
    "&": "write `and`", "|": "write `or`", "!": "write `not`, or `!=`", "'": 'texts stand in `"`', "`": 'texts stand in `"`',
    "$": "money is written `500 USD`", "^": "there are no powers: write a product", "?": "write `if a then b else c`",
    "\\": "only at the end of a line, to go on with it on the next",
}  # fmt: skip


OPENERS: Final = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSERS: Final = frozenset(OPENERS.values())
#: What begins a statement cannot stand inside ( ) or [ ]: one was left open.
_NEVER_INSIDE: Final = frozenset((
    "KIND", "PORT", "POOL", "DEMAND", "LET", "FROM", "ENUM", "CHOOSE", "EXPECT", "EDITION", "SURVIVE", "CONNECT", "REQUIRE",
    "PREFER", "MINIMIZE",
))  # fmt: skip
# What follows these is a name, whatever the word.
_NAMES: Final = frozenset(("KIND", "PORT", "POOL", "DEMAND", "LET", "FOR", "ENUM", "CHOOSE", "EXPECT"))
#: What an operand can end with: after one, a word may be an operator.
ENDS_OPERAND: Final = frozenset((
    "NAME", "INT", "NUMBER", "QUANTITY", "WAY", "STRING", "RPAR", "RSQB", "TRUE", "FALSE", "NONE", "RBRACE",
))  # fmt: skip


def _name_words(raw: list[Token], *, starts_statement: bool = True) -> Iterator[Token]:
    """Decide keyword or name for every word, and split counts from other numbers."""
    # An expression on its own stands as if in brackets: no operand is before its first word.
    last, starts = "NL" if starts_statement else "LPAR", starts_statement
    brackets: list[str] = []
    for at, token in enumerate(raw):
        kind = token.type
        if kind == "WORD":
            inside = not starts_statement or bool(brackets and brackets[-1] != "LBRACE")
            kind = "NAME" if last in _NAMES else _word_type(token.text, starts, inside, last, raw[at + 1].type)
        elif kind == "NUMBER" and token.text.replace("_", "").isdigit():
            kind = "INT"
        yield token if kind == token.type else Token(kind, token.text, token.start, token.end)
        if kind in OPENERS:
            brackets.append(kind)
        elif kind in CLOSERS and brackets:
            brackets.pop()
        starts = kind in ("NL", "LBRACE", "RBRACE")
        if kind != "NL" or not brackets or brackets[-1] == "LBRACE":
            last = kind


def _word_type(text: str, starts: bool, inside: bool, before: str, after: str) -> str:
    """Return the terminal of a word from what stands around it: attributes, ports and instances may bear any name.

    `starts` says that it is the first on its line or in its block, `inside` that it stands in `( )` or `[ ]`.
    """
    if before == "DOT":
        return "NAME"
    if starts:
        begun = _beginning(text, after)
        if begun and (not inside or begun in _NEVER_INSIDE):
            return begun
        if not inside and text not in (*CONSTANTS, *CONTINUING):
            return "NAME"
    if after == "EQUAL" and text != "else":
        return "NAME"
    if text in INFIX and (before in ENDS_OPERAND or before == "NL"):
        return INFIX[text]
    return PREFIX.get(text, "NAME")


def _beginning(text: str, after: str) -> str:
    """Return the terminal of a word that begins a statement, empty where it is a name."""
    if text in BEFORE_NAME and (after == "WORD" or (text == "from" and after == "STRING")):
        return BEFORE_NAME[text]
    if text in BEFORE_INT and after == "NUMBER":
        return BEFORE_INT[text]
    return BEFORE_EXPR[text] if text in BEFORE_EXPR and after not in _NOT_AFTER_WORD else ""


_BEGINS_OPERAND: Final = frozenset(("NAME", "INT", "NUMBER", "QUANTITY", "STRING", "TRUE", "FALSE", "NONE", "NOT"))


def _settle_newlines(tokens: Iterable[Token]) -> Iterator[Token]:
    """Keep the newlines that end statements: none inside brackets, after `{`, doubled, or before `else`."""
    brackets: list[str] = []
    last = "NL"
    pending: Token | None = None
    new_line = False
    for token in tokens:
        if token.type == "NL":
            new_line = True
            if (not brackets or brackets[-1] == "RBRACE") and last not in ("NL", "LBRACE"):
                pending = pending or token
            continue
        if brackets and brackets[-1] != "RBRACE" and (
            token.type in _NEVER_INSIDE
            or (new_line and last in ENDS_OPERAND and token.type in _BEGINS_OPERAND)
        ):  # fmt: skip
            # No statement begins inside ( ) or [ ], and no two operands follow each other there: a bracket was left
            # open on an earlier line, which ends here.
            while brackets and brackets[-1] != "RBRACE":
                brackets.pop()
            pending = Token("NL", "", token.start, token.start)
        new_line = False
        if pending is not None and token.type != "ELSE":
            yield pending
            last = "NL"
        pending = None
        # One statement may share its line with the brace that closes its block.
        if token.type in ("RBRACE", "EOF") and last not in ("NL", "LBRACE"):
            yield Token("NL", "", token.start, token.start)
        if token.type in OPENERS:
            brackets.append(OPENERS[token.type])
        elif token.type in CLOSERS:
            # A brace closes every bracket left open before it: a forgotten `)` must not swallow the file.
            while brackets and brackets.pop() != token.type:
                pass
        yield token
        last = token.type
