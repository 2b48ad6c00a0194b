"""Syntax faults in words: what was expected, what stands there, and what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label
from rackc.dsl.lexer import Token
from rackc.dsl.source import Source, Span
from rackc.dsl.words import KINDS

_WORDS: Final = {
    "NL": "the end of the line", "NAME": "a name", "INT": "a number", "NUMBER": "a number", "QUANTITY": "a quantity",
    "STRING": "a text", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "LBRACE": "`{`", "RBRACE": "`}`",
    "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`", "LINK": "`--`", "DOT": "`.`", "AT": "`@`", "EOF": "the end of the file",
    "IN": "`in`", "BY": "`by`", "IMPORT": "`import`", "FOR": "`for`", "THEN": "`then`", "ELSE": "`else`",
    "KIND": "a definition", "VALUE": "a value",
}  # fmt: skip
_VALUE: Final = frozenset(("NAME", "QUANTITY", "STRING"))
#: Punctuation that stands for itself: where one of these alone is missing, the fix is certain.
_SIGNS: Final = {
    "COLON": ":", "EQUAL": "=", "COMMA": ",", "RPAR": ")", "RSQB": "]", "LBRACE": "{", "LINK": "--", "IN": "in",
}  # fmt: skip

#: An edit that makes the statement readable: its place, tokens taken out, tokens put in.
Mended = tuple[int, tuple[Token, ...], tuple[Token, ...]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where reading stopped: the token at `at` of a file's tokens."""

    source: Source
    tokens: Sequence[Token]
    at: int

    @property
    def token(self) -> Token:
        """The token that cannot stand here."""
        return self.tokens[self.at]

    @property
    def before(self) -> Token | None:
        """The token before it, None at the start of a line or file."""
        return self.tokens[self.at - 1] if self.at else None

    @property
    def first(self) -> Token:
        """The first token of the statement."""
        at = self.at
        while at and self.tokens[at - 1].type not in ("NL", "LBRACE"):
            at -= 1
        return self.tokens[at]

    def label(self, token: Token, text: str) -> Label:
        """Return a label at a token; one that stands for no text is given the character before it."""
        start = token.start if token.end > token.start else max(token.start - 1, 0)
        return Label(Span(self.source.name, start, max(token.end, start + 1)), text)


def describe(spot: Spot, expected: frozenset[str], mended: Mended | None = None) -> Diagnostic:
    """Return the finding for a token that cannot stand where it does."""
    token, before = spot.token, spot.before
    wanted = _list(expected)
    found = f"`{token.text}`" if token.text.strip() else _WORDS.get(token.type, f"`{token.text}`")
    begins = before is None or before.type in ("NL", "LBRACE")
    message = f"expected {wanted}, found {found}" if wanted else f"{found} cannot stand here"
    if begins:
        message = f"a statement cannot begin with {found}"
    fix, hint = _fix(spot, mended)
    own = _hints(spot)
    hints = own or ((hint,) if hint else ())
    return Diagnostic(Code.SYNTAX, message, _anchor(spot, wanted, begins), hints=hints, fix=None if own else fix)


def spare(spot: Spot, expected: frozenset[str], span: Span) -> Diagnostic:
    """Return the finding for an expression that breaks off, or is none."""
    wanted = _list(expected)
    if not spot.tokens:
        return Diagnostic(Code.STRING, "an expression is wanted between the braces", Label(span, "nothing here"),
                          hints=("write `{{` and `}}` for the braces themselves",))  # fmt: skip
    message = f"the expression breaks off, {wanted or 'more'} is missing"
    return Diagnostic(Code.SYNTAX, message, spot.label(spot.tokens[-1], f"{wanted or 'more'} is missing after this"))


def _list(expected: frozenset[str]) -> str:
    names = {name for name in expected if name in _WORDS}
    if names >= _VALUE:
        names = names - _VALUE - {"LPAR", "LSQB", "INT", "NUMBER", "IF"} | {"VALUE"}
    words = sorted({_WORDS[name] for name in names})
    if not words or len(words) > 6:
        return ""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _anchor(spot: Spot, wanted: str, begins: bool) -> Label:
    token, before = spot.token, spot.before
    if before is None or (begins and token.type not in ("NL", "EOF")):
        return spot.label(token, "not understood from here")
    last = Token("", "", max(before.end - 1, before.start), before.end)
    if token.type in ("NL", "EOF", "RBRACE"):
        return spot.label(last, f"{wanted or 'more'} is missing after this")
    if spot.source.line_of(before.start) < spot.source.line_of(token.start):
        # The fault shows on the next line, but what is missing belongs to the end of this one.
        return spot.label(before, "something is missing after this")
    return spot.label(token, "not understood from here")


def _fix(spot: Spot, mended: Mended | None) -> tuple[Fix | None, str]:
    """Return the edit and its words where adding one sign, or taking one token away, is all that is needed."""
    if mended is None:
        return None, ""
    at, removed, added = mended
    name, anchor = spot.source.name, spot.tokens[at]
    if not removed and len(added) == 1 and added[0].type in _SIGNS and at:
        sign, before = _SIGNS[added[0].type], spot.tokens[at - 1]
        glue = "" if sign in (",", ")", "]", ":") else " "
        return Fix(Span(name, before.end, before.end), glue + sign), f"write `{sign}` after `{before.text}`"
    if removed and not added and len(removed) == 1:
        return Fix(Span(name, anchor.start, anchor.end), ""), f"remove `{removed[0].text}`"
    return None, ""


def _hints(spot: Spot) -> tuple[str, ...]:
    token, before = spot.token, spot.before
    if token.type == "NAME" and before is not None and before.type in ("INT", "NUMBER"):
        return (f"`{token.text}` is no unit known here; write a unit such as W, kW, GB/s, GiB, ns, m, kg",)
    if token.type == "MUL" and token.text == "/":
        return ("comments begin with `#`",)
    if before is None:
        return ()
    first = spot.first
    if token.type == "EQUAL" and first.type in ("REQUIRE", "PREFER", "IF"):
        return ("`==` compares; one `=` gives a value",)
    if first.type == "CONNECT" and token.text == ">" and before.text == "-":
        return ("a connection is written `connect a -- b`",)
    if before.type == "COLON" and token.type in ("QUANTITY", "NUMBER", "INT", "STRING"):
        return (f"a value is given with `=`: `= {token.text}`",)
    if token.type == "COMMA" and first.type == "MINIMIZE":
        return ("goals follow each other with `then`",)
    if first.text == "maximize":
        return ("write `minimize 0 - …`: there is one direction",)
    if token.type == "COMMA" and before.type == "INT" and first.type != "CONNECT":
        return ("thousands are written `1_000`",)
    if token.type == "EQUAL" and before.type == "EQUAL":
        return ("one `=` gives a value; `==` compares, in `require`",)
    if token.type == "LBRACE" and before.text in KINDS:
        return (f"a {before.text} needs a name: `{before.text} Name {{ … }}`",)
    if not _alone(spot, before):
        return ()
    if token.type in ("QUANTITY", "INT", "STRING"):
        return (f"an attribute is written `{before.text} = {token.text}`",)
    if token.type == "NAME":
        return (f"an instance is written `{before.text}: {token.text}`",)
    return ()


def _alone(spot: Spot, before: Token) -> bool:
    """Whether the word before is the first of its statement."""
    first = spot.at < 2 or spot.tokens[spot.at - 2].type in ("NL", "LBRACE")
    return before.type == "NAME" and first
