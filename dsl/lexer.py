"""Text to tokens. Comments are kept beside, newlines are settled here, soft keywords are decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source, Span
from rackc.dsl.units import UNIT_NAMES

#: Words that begin a definition.
KINDS: Final = (
    "part", "tray", "shelf", "rack", "row", "pod", "link", "interface", "model", "trait", "workload", "policy", "design",
)  # fmt: skip

# A word that begins a statement is a keyword only if what follows can follow that keyword; otherwise it is a name,
# so that an attribute, an instance or a port may bear it.
_BEFORE_NAME: Final = {
    **dict.fromkeys(KINDS, "KIND"), "port": "PORT", "pool": "POOL", "demand": "DEMAND", "let": "LET", "for": "FOR",
    "from": "FROM",
}  # fmt: skip
_BEFORE_INT: Final = {"edition": "EDITION", "survive": "SURVIVE"}
_BEFORE_EXPR: Final = {"connect": "CONNECT", "require": "REQUIRE", "minimize": "MINIMIZE", "if": "IF"}
_INSIDE: Final = {
    "import": "IMPORT", "as": "AS", "on": "ON", "at": "AT_WORD", "by": "BY", "for": "FOR", "in": "IN", "if": "IF",
    "else": "ELSE", "then": "THEN", "and": "AND", "or": "OR", "not": "NOT", "step": "STEP", "typ": "TYP",
    "mod": "MUL", "true": "TRUE", "false": "FALSE", "none": "NONE",
}  # fmt: skip
#: Every word with a meaning of its own somewhere.
KEYWORDS: Final = tuple(sorted({*_BEFORE_NAME, *_BEFORE_INT, *_BEFORE_EXPR, *_INSIDE}))

_UNIT: Final = "|".join(re.escape(name) for name in UNIT_NAMES)
_NUMBER: Final = r"[0-9][0-9_]*+(?:\.[0-9][0-9_]*+)?+(?:[eE][+-]?[0-9]++)?+"
_TOKEN: Final = re.compile(
    rf"""
    (?P<SPACE>\A\ufeff|[ \t\f\r]+|\\\r?\n)
  | (?P<COMMENT>\#[^\n]*)
  | (?P<NL>\n|;)
  | (?P<QUANTITY>{_NUMBER}[ \t]?(?:{_UNIT})(?:/(?:{_UNIT}))*(?![A-Za-z0-9_]))
  | (?P<NUMBER>{_NUMBER})
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
  | (?P<OPEN_STRING>"[^\n]*)
  | (?P<OTHER>(?P<CHARACTER>.)(?P=CHARACTER)*+)
    """,
    re.VERBOSE,
)

_NUMBERS: Final = re.compile(_NUMBER)

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
    """Tokens ready for the parser, comments by offset, and what was wrong with the characters."""

    tokens: tuple[Token, ...]
    comments: tuple[Token, ...]
    diagnostics: tuple[Diagnostic, ...]


def lex(source: Source) -> Lexed:
    """Split `source` into tokens; never fails."""
    raw: list[Token] = []
    comments: list[Token] = []
    found: list[Diagnostic] = []
    for match in _TOKEN.finditer(source.text):
        if len(found) > MAX_FAULTS:
            break
        kind = match.lastgroup or "OTHER"
        if kind == "SPACE":
            continue
        token = Token(kind, match.group(), match.start(), match.end())
        if kind == "COMMENT":
            comments.append(token)
        elif kind == "OPEN_STRING":
            found.append(_open_string(source, token))
            raw.append(Token("STRING", token.text + '"', token.start, token.end))
        elif kind == "OTHER":
            found.append(_bad_character(source, token))
        elif kind in ("NUMBER", "QUANTITY") and not _sensible(token.text):
            found.append(_out_of_range(source, token))
            raw.append(token._replace(text=f"1 {_unit_in(token.text)}" if kind == "QUANTITY" else "1"))
        else:
            raw.append(token)
    end = len(source.text)
    raw.append(Token("EOF", "", end, end))
    return Lexed(tuple(_settle_newlines(_name_words(raw))), tuple(comments), tuple(found))


def _sensible(text: str) -> bool:
    """Whether a number can be worked with: few enough digits, and an exponent that a figure can have."""
    if len(text) <= _SHORT and "e" not in text and "E" not in text:
        return True
    digits, _, exponent = _NUMBERS.match(text)[0].lower().partition("e")  # type: ignore[index]  # it was lexed as one
    return len(digits) <= MAX_DIGITS and len(exponent) <= _SHORT and abs(int(exponent or "0")) <= MAX_DIGITS


def _unit_in(text: str) -> str:
    return _NUMBERS.sub("", text, count=1).strip()


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
        hints=("remove it, or put it in a text or a comment",),
    )


# What follows these is a name, whatever the word.
_NAMES: Final = frozenset(("KIND", "PORT", "POOL", "DEMAND", "LET", "FOR"))


def _name_words(raw: list[Token]) -> Iterator[Token]:
    """Decide keyword or name for every word, and split counts from other numbers."""
    starts_statement = True
    last = "NL"
    for at, token in enumerate(raw):
        if token.type == "WORD":
            after = raw[at + 1].type
            before = raw[at - 1].type if at else "NL"
            last = "NAME" if last in _NAMES else _word_type(token.text, starts_statement, before, after)
            yield token._replace(type=last)
        elif token.type == "NUMBER":
            yield token._replace(type="INT") if token.text.replace("_", "").isdigit() else token
        else:
            yield token
        starts_statement = token.type in ("NL", "LBRACE", "RBRACE")
        last = last if token.type == "WORD" else token.type


def _word_type(text: str, starts_statement: bool, before: str, after: str) -> str:
    if before == "DOT":
        return "NAME"
    if starts_statement and text not in ("else", "in", "true", "false", "none"):
        if text in _BEFORE_NAME:
            return _BEFORE_NAME[text] if after == "WORD" or (text == "from" and after == "STRING") else "NAME"
        if text in _BEFORE_INT:
            return _BEFORE_INT[text] if after == "NUMBER" else "NAME"
        if text in _BEFORE_EXPR:
            return _BEFORE_EXPR[text] if after not in _NOT_AFTER_WORD else "NAME"
        return "NAME"
    if after == "EQUAL" and text != "else":
        return "NAME"
    return _INSIDE.get(text, "NAME")


_OPENERS: Final = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSERS: Final = frozenset(_OPENERS.values())
_NEVER_INSIDE: Final = frozenset(
    ("KIND", "PORT", "POOL", "DEMAND", "LET", "FROM", "EDITION", "SURVIVE", "CONNECT", "REQUIRE", "MINIMIZE")
)


def _settle_newlines(tokens: Iterator[Token]) -> Iterator[Token]:
    """Keep the newlines that end statements: none inside brackets, after `{`, doubled, or before `else`."""
    brackets: list[str] = []
    last = "NL"
    pending: Token | None = None
    for token in tokens:
        if token.type == "NL":
            if (not brackets or brackets[-1] == "RBRACE") and last not in ("NL", "LBRACE"):
                pending = pending or token
            continue
        if token.type in _NEVER_INSIDE and brackets and brackets[-1] != "RBRACE":
            # A statement cannot begin inside ( ) or [ ]: one was left open on an earlier line, which ends here.
            while brackets and brackets[-1] != "RBRACE":
                brackets.pop()
            pending = Token("NL", "", token.start, token.start)
        if pending is not None and token.type != "ELSE":
            yield pending
            last = "NL"
        pending = None
        # One statement may share its line with the brace that closes its block.
        if token.type in ("RBRACE", "EOF") and last not in ("NL", "LBRACE"):
            yield Token("NL", "", token.start, token.start)
        if token.type in _OPENERS:
            brackets.append(_OPENERS[token.type])
        elif token.type in _CLOSERS:
            # A brace closes every bracket left open before it: a forgotten `)` must not swallow the file.
            while brackets and brackets.pop() != token.type:
                pass
        yield token
        last = token.type
