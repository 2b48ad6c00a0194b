"""Tokens to a syntax tree. Parsing never fails: a statement that cannot be read is reported and left out."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from threading import local
from typing import Any, Final

import lark
from lark import Lark
from lark import Token as LarkToken
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from rackc.dsl import tree
from rackc.dsl.build import Builder
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.lexer import Token, lex
from rackc.dsl.source import Source, Span

#: Limits that keep any input within seconds and megabytes.
MAX_CHARACTERS: Final = 4_000_000
MAX_NESTING: Final = 50
MAX_OPERATORS: Final = 300
MAX_REPORTS: Final = 50

_WORDS: Final = {
    "NL": "the end of the line", "NAME": "a name", "INT": "a number", "NUMBER": "a number", "QUANTITY": "a quantity",
    "STRING": "a text", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "LBRACE": "`{`", "RBRACE": "`}`",
    "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`", "LINK": "`--`", "DOT": "`.`", "AT": "`@`", "EOF": "the end of the file",
    "IN": "`in`", "BY": "`by`", "IMPORT": "`import`", "FOR": "`for`", "THEN": "`then`", "ELSE": "`else`",
    "KIND": "a definition", "VALUE": "a value",
}  # fmt: skip
# What a reduction raises where it meets a made-up token: the token itself was acceptable.
_REDUCED: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError)
_VALUE: Final = frozenset(("NAME", "QUANTITY", "STRING"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, complete but for what the diagnostics name."""

    tree: tree.Tree
    diagnostics: tuple[Diagnostic, ...]


def grammar_text() -> str:
    """Return the text of the grammar, for tools and tests."""
    return resources.files("rackc.dsl").joinpath("rack.lark").read_text(encoding="utf-8")


def lark_options() -> dict[str, Any]:
    """Return the options the parser is built with; the saved table was made with the same."""
    return {"parser": "lalr", "lexer": "basic", "keep_all_tokens": True, "maybe_placeholders": False}


def table_name() -> str:
    """Return the name of the saved parser table: that of the installed Lark and of this very grammar."""
    digest = hashlib.sha256(grammar_text().encode()).hexdigest()
    return f"rack-{lark.__version__}-{digest[:8]}.table"


class _Relay(local):
    """A transformer that forwards every reduction to the builder of the file in hand, one a thread."""

    builder: Builder | None = None

    def __getattr__(self, rule: str) -> Callable[[list[Any]], Any]:
        if rule.startswith("_") or not hasattr(Builder, rule):
            raise AttributeError(rule)
        return lambda children: getattr(self.builder, rule)(children)


_relay = _Relay()


@cache
def _parser() -> Lark:
    saved = resources.files("rackc.dsl").joinpath(table_name())
    if not saved.is_file():
        return Lark(grammar_text(), transformer=_relay, **lark_options())
    # Our own package data, written by tools/save_grammar.py. `Lark.load` takes no transformer, the method behind it does.
    loaded: Lark = Lark.__new__(Lark)._load(io.BytesIO(saved.read_bytes()), transformer=_relay)
    return loaded


def parse(source: Source) -> Parsed:
    """Parse one source into a tree and what was wrong with it."""
    if len(source.text) > MAX_CHARACTERS:
        message = f"the file has {len(source.text):,} characters; the limit is {MAX_CHARACTERS:,}"
        too_large = Diagnostic(Code.TOO_LARGE, message, Label(Span(source.name, 0, 0)),
                               hints=("split it into modules",))  # fmt: skip
        return Parsed(tree.Tree(source.name, ()), (too_large,))
    lexed = lex(source)
    deep = _too_deep(source, lexed.tokens)
    if deep is not None:
        return Parsed(tree.Tree(source.name, ()), (*lexed.diagnostics, deep))
    _relay.builder = Builder(source.name, _doc_finder(source, lexed.comments))
    reader = _Reader(source, lexed.tokens)
    result = reader.read()
    found = sorted((*lexed.diagnostics, *reader.found), key=lambda d: d.at.span.start)
    return Parsed(result, tuple(found[:MAX_REPORTS]))


#: What makes an expression deeper besides its brackets, and what only makes it longer.
_DEEPER: Final = frozenset(("NOT", "THEN", "DOT", "LPAR", "LSQB"))
_LONGER: Final = frozenset(("ADD", "STAR", "MUL", "CMP", "AND", "OR", "IN", "RANGE", "TOL", "STEP", "TYP"))


def _too_deep(source: Source, tokens: Sequence[Token]) -> Diagnostic | None:
    """Find where expressions or blocks are nested, or one expression is strung together, beyond the limits."""
    outside: list[tuple[int, int]] = []  # of each bracket that is open: depth and operators of what it stands in
    depth = operators = 0
    before = ""
    for token in tokens:
        kind = token.type
        if kind in _DEEPER or (kind == "ADD" and before in _LONGER):
            depth += 1
        elif kind in _LONGER:
            operators += 1
        elif kind in ("COMMA", "NL"):
            depth = operators = 0
        if kind in ("LPAR", "LSQB", "LBRACE"):
            outside.append((depth, operators))
            depth = operators = 0
        elif kind in ("RPAR", "RSQB", "RBRACE") and outside:
            depth, operators = outside.pop()
        before = kind
        if len(outside) > MAX_NESTING:
            return _beyond(source, token, f"brackets are nested more than {MAX_NESTING} deep")
        if depth > MAX_NESTING or operators > MAX_OPERATORS:
            return _beyond(
                source,
                token,
                f"more than {MAX_OPERATORS if operators > depth else MAX_NESTING} steps in one expression",
            )
    return None


def _beyond(source: Source, token: Token, message: str) -> Diagnostic:
    return Diagnostic(Code.TOO_LARGE, message, Label(Span(source.name, token.start, token.end), "here"),
                      hints=("give the inner parts names of their own",))  # fmt: skip


def _doc_finder(source: Source, comments: Sequence[Token]) -> Callable[[int], str]:
    """Return a function from a definition's offset to the text of the `##` lines just above it."""
    by_line = {source.line_of(c.start): c.text[2:].strip() for c in comments if c.text.startswith("##")}

    def find(offset: int) -> str:
        line, lines = source.line_of(offset) - 1, list[str]()
        while line in by_line:
            lines.append(by_line[line])
            line -= 1
        return " ".join(reversed(lines))

    return find


class _Reader:
    """Feeds the tokens of one file, statement by statement, and recovers at the next statement after a fault."""

    def __init__(self, source: Source, tokens: Sequence[Token]) -> None:
        self._source = source
        self._tokens = tokens
        self._parser: InteractiveParser = _parser().parse_interactive("")
        self.found: list[Diagnostic] = []

    def read(self) -> tree.Tree:
        at = 0
        # Parser stacks at the start of each statement that is open, outermost first: where recovery goes back to.
        resume = [self._stacks()]
        while self._tokens[at].type != "EOF":
            token = self._tokens[at]
            try:
                self._feed(token)
            except UnexpectedToken:
                at = self._recover(at, resume)
                continue
            if token.type == "LBRACE":
                resume.append(self._stacks())
            elif token.type == "RBRACE":
                resume.pop()
            elif token.type == "NL":
                resume[-1] = self._stacks()
            at += 1
        if len(resume) > 1:
            self.found.append(self._unclosed())
            return self._partial(resume)
        return self._finish()

    def _feed(self, token: Token) -> None:
        self._parser.parser_state.feed_token(
            LarkToken(token.type, token.text, start_pos=token.start, end_pos=token.end)
        )

    def _finish(self) -> tree.Tree:
        end = LarkToken("$END", "", start_pos=len(self._source.text), end_pos=len(self._source.text))
        result = self._parser.parser_state.feed_token(end, is_end=True)
        assert isinstance(result, tree.Tree), result
        return result

    def _stacks(self) -> tuple[list[Any], list[Any]]:
        state = self._parser.parser_state
        return list(state.state_stack), list(state.value_stack)

    def _restore(self, stacks: tuple[list[Any], list[Any]]) -> None:
        state = self._parser.parser_state
        state.state_stack[:], state.value_stack[:] = stacks

    def _recover(self, at: int, resume: list[tuple[list[Any], list[Any]]]) -> int:
        """Report the fault at token `at`, drop its statement, and return where to go on."""
        self.found.append(self._fault(at))
        token = self._tokens[at]
        if token.type == "RBRACE" and len(resume) == 1:
            self._restore(resume[-1])
            return self._skip_newline(at + 1)
        if token.type == "RBRACE":
            # The statement before the brace is broken; the block itself closes.
            self._restore(resume[-1])
            return at
        self._restore(resume[-1])
        return self._next_statement(at)

    def _next_statement(self, at: int) -> int:
        """Return the token after the newline that ends this statement, or the brace that closes its block."""
        depth = 0
        while self._tokens[at].type != "EOF":
            kind = self._tokens[at].type
            if kind == "LBRACE":
                depth += 1
            elif kind == "RBRACE":
                if depth == 0:
                    return at
                depth -= 1
            elif kind == "NL" and depth == 0:
                return at + 1
            at += 1
        return at

    def _skip_newline(self, at: int) -> int:
        return at + 1 if self._tokens[at].type == "NL" else at

    def _partial(self, resume: list[tuple[list[Any], list[Any]]]) -> tree.Tree:
        """Keep what stands outside the block that was never closed."""
        self._restore(resume[0])
        return self._finish()

    # -------- messages

    def _fault(self, at: int) -> Diagnostic:
        token = self._tokens[at]
        before = self._tokens[at - 1] if at else None
        if token.type == "RBRACE" and not self._accepts("NL") and self._depth(at) <= 0:
            return Diagnostic(Code.SYNTAX, "this `}` closes nothing", self._label(token, "no block is open here"),
                              hints=("remove it, or look for an extra `}` above",))  # fmt: skip
        expected = self._expected()
        found = _WORDS.get(token.type, f"`{token.text}`") if not token.text.strip() else f"`{token.text}`"
        message = f"expected {expected}, found {found}" if expected else f"{found} cannot stand here"
        if before is None or before.type in ("NL", "LBRACE"):
            message = f"a statement cannot begin with {found}"
        anchor = self._label(token, "not understood from here")
        if token.type in ("NL", "EOF") and before is not None:
            anchor = Label(
                Span(self._source.name, before.end - 1, before.end), f"{expected or 'more'} is missing after this"
            )
        elif before is not None and self._source.line_of(before.start) < self._source.line_of(token.start):
            # The fault shows on the next line, but what is missing belongs to the end of this one.
            anchor = Label(Span(self._source.name, before.start, before.end), "something is missing after this")
        return Diagnostic(Code.SYNTAX, message, anchor, hints=self._hints(token, before))

    def _hints(self, token: Token, before: Token | None) -> tuple[str, ...]:
        if before is not None and before.type == "NAME" and token.type in ("NAME", "QUANTITY", "INT", "STRING"):
            if token.type != "NAME":
                return (f"an attribute is written `{before.text} = {token.text}`",)
            return (f"an instance is written `{before.text}: {token.text}`",)
        if token.type == "MUL" and token.text == "/":
            return ("comments begin with `#`",)
        if token.type == "EQUAL" and before is not None and before.type == "EQUAL":
            return ("one `=` gives a value; `==` compares, in `require`",)
        if before is not None and before.type in ("INT", "NUMBER") and token.type == "NAME":
            return (f"`{token.text}` is no unit known here; write a unit such as W, kW, GB/s, GiB, ns, m, kg",)
        return ()

    def _accepts(self, terminal: str) -> bool:
        return terminal in self._parser.choices()  # type: ignore[no-untyped-call]

    def _expected(self) -> str:
        names = {name for name in self._acceptable() if name in _WORDS}
        if names >= _VALUE:
            names = names - _VALUE - {"LPAR", "LSQB", "INT", "NUMBER", "IF"} | {"VALUE"}
        words = sorted({_WORDS[name] for name in names})
        if not words or len(words) > 6:
            return ""
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

    def _acceptable(self) -> set[str]:
        found = set()
        stacks = self._stacks()
        for name in self._parser.choices():  # type: ignore[no-untyped-call]
            if name in _WORDS:
                try:
                    self._parser.parser_state.copy(deepcopy_values=False).feed_token(LarkToken(name, "", 0, end_pos=0))
                except UnexpectedToken:
                    continue
                except _REDUCED:
                    pass
                found.add(name)
        self._restore(stacks)
        return found

    def _depth(self, at: int) -> int:
        return sum({"LBRACE": 1, "RBRACE": -1}.get(t.type, 0) for t in self._tokens[:at])

    def _label(self, token: Token, text: str) -> Label:
        return Label(Span(self._source.name, token.start, max(token.end, token.start + 1)), text)

    def _unclosed(self) -> Diagnostic:
        """Name the block whose brace is missing: indentation tells better than counting."""
        open_blocks: list[Token] = []
        suspect: Token | None = None
        for token in self._tokens:
            if token.type == "LBRACE":
                open_blocks.append(token)
            elif token.type == "RBRACE" and open_blocks:
                opener = open_blocks.pop()
                first_on_line = self._source.line(self._source.line_of(token.start)).lstrip().startswith("}")
                if suspect is None and first_on_line and self._indent(token) < self._indent(opener):
                    suspect = opener
        opener = suspect or open_blocks[-1]
        line = self._source.line(self._source.line_of(opener.start)).strip()
        return Diagnostic(
            Code.UNCLOSED, "this block is never closed", self._label(opener, "opened here"),
            hints=(f"add a `}}` after the last line of `{line}`",),
        )  # fmt: skip

    def _indent(self, token: Token) -> int:
        line = self._source.line(self._source.line_of(token.start))
        return len(line) - len(line.lstrip())
