"""Feeds tokens to the parser statement by statement. After a fault it mends what one token can mend, or goes on at the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lark import Token as LarkToken
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from rackc.dsl import tree
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.fault import Spot, describe, spare
from rackc.dsl.lexer import Token
from rackc.dsl.source import Source, Span

Stacks = tuple[list[Any], list[Any]]

#: After this many faults the rest are only skipped.
_MAX_MENDED: Final = 60
#: A statement longer than this is not tried again token by token.
_MAX_STATEMENT: Final = 120
# What a reduction raises where it meets a made-up token: the token itself was acceptable.
_REDUCED: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError)

#: Texts of made-up tokens: any that the tree can be built of.
_MADE_UP: Final = {
    "NAME": "missing", "INT": "1", "NUMBER": "1.0", "QUANTITY": "1 W", "STRING": '""', "KIND": "part", "CMP": "==", "ADD": "+",
    "MUL": "/", "RANGE": "..",
}  # fmt: skip
#: Tokens to try first where one is missing, the likeliest first.
_LIKELY: Final = (
    "COLON", "EQUAL", "COMMA", "RPAR", "RSQB", "LPAR", "LSQB", "LINK", "NL", "DOT", "IN", "BY", "NAME", "INT",
    "QUANTITY", "STRING", "IMPORT", "THEN", "ELSE", "FOR", "AT", "ADD", "CMP",
)  # fmt: skip
#: Tokens that are left as they are: the braces pair, and newlines end statements.
_STRUCTURE: Final = frozenset(("NL", "EOF", "LBRACE", "RBRACE"))
#: What begins a block that may be entered although its first line is broken: what to feed instead of that line.
_HEADS: Final = {
    "KIND": ("KIND", "NAME"), "POOL": ("POOL", "NAME"), "FOR": ("FOR", "NAME", "IN", "NAME"), "IF": ("IF", "NAME"),
}  # fmt: skip
_OTHER_HEAD: Final = ("NAME", "COLON", "NAME")


@dataclass(frozen=True, slots=True)
class _Edit:
    """One token changed: `removed` tokens at `at` give way to `added`."""

    at: int
    removed: int
    added: tuple[Token, ...]


class Reader:
    """Reads the tokens of one file. `found` are its findings, `lost` the names that dropped statements give.

    `known` are findings made before: where one stands on a line, what the parser says of that line is left out.
    """

    def __init__(
        self, source: Source, parser: InteractiveParser, tokens: Sequence[Token], known: Iterable[Diagnostic]
    ) -> None:
        self._source = source
        self._tokens = list(tokens)
        self._parser = parser
        self._told = {source.line_of(d.at.span.start) for d in known}
        self._dropped: list[tuple[int, int]] = []  # stretches of statements that do not say what was meant
        self._headless: list[tuple[int, int]] = []  # those of first lines of blocks that nothing is known of
        self._mended_at: set[int] = set()
        self.found: list[Diagnostic] = []
        self.lost: frozenset[str] = frozenset()

    def read(self) -> tree.Tree:
        """Return the tree of a whole file."""
        at, begins = 0, 0
        # Parser stacks at the start of each statement that is open, outermost first: where recovery goes back to.
        resume = [self._stacks()]
        while self._tokens[at].type != "EOF":
            token = self._tokens[at]
            try:
                self._feed(token)
            except UnexpectedToken:
                at = begins = self._recover(begins, at, resume)
                continue
            at += 1
            if token.type == "LBRACE":
                resume.append(self._stacks())
            elif token.type == "RBRACE":
                resume.pop()
            elif token.type == "NL":
                resume[-1] = self._stacks()
            if token.type in ("LBRACE", "NL"):
                begins = at
        return self._without_dropped(self._finish(resume))

    def read_expression(self, span: Span) -> tree.Expr | None:
        """Return the one expression that all tokens make; None where they make none, or several."""
        for at, token in enumerate(self._tokens):
            try:
                self._feed(token)
            except UnexpectedToken:
                self.found.append(describe(self._spot(at), self._expected()))
                return None
        try:
            made: tree.Expr = self._end()
        except UnexpectedToken:
            self.found.append(spare(self._spot(len(self._tokens)), self._expected(), span))
            return None
        return made

    # -------- the parser's stacks

    def _feed(self, token: Token) -> None:
        self._parser.parser_state.feed_token(
            LarkToken(token.type, token.text, start_pos=token.start, end_pos=token.end)
        )

    def _end(self) -> Any:
        end = len(self._source.text)
        return self._parser.parser_state.feed_token(LarkToken("$END", "", start_pos=end, end_pos=end), is_end=True)

    def _finish(self, resume: list[Stacks]) -> tree.Tree:
        """Return the tree; blocks that a mended fault left open are closed here."""
        end = len(self._source.text)
        while len(resume) > 1:
            self._restore(resume.pop())
            try:
                self._feed(Token("RBRACE", "}", end, end))
                self._feed(Token("NL", "", end, end))
            except UnexpectedToken:
                self._restore(resume[-1])
            resume[-1] = self._stacks()
        self._restore(resume[0])
        result = self._end()
        assert isinstance(result, tree.Tree), result
        return result

    def _stacks(self) -> Stacks:
        state = self._parser.parser_state
        return list(state.state_stack), list(state.value_stack)

    def _restore(self, stacks: Stacks) -> None:
        state = self._parser.parser_state
        state.state_stack[:], state.value_stack[:] = stacks

    # -------- recovery

    def _recover(self, begins: int, at: int, resume: list[Stacks]) -> int:
        """Report the fault at token `at` of the statement that `begins` earlier; return where to go on reading."""
        expected = self._expected()
        edit = self._mend(begins, at, resume[-1], expected)
        line = self._source.line_of(self._tokens[at].start)
        if line not in self._told and self._line_before(at) not in self._told:
            self.found.append(describe(self._spot(at), expected, self._mended(edit)))
        self._told.add(line)
        self._restore(resume[-1])
        end = self._statement_end(at)
        if edit is not None and (end == at or self._tokens[end].type != "LBRACE" or edit.at <= end):
            self._drop(begins, end, headless=any(token.type in _MADE_UP for token in edit.added))
            self._mended_at.add(begins)
            self._tokens[edit.at : edit.at + edit.removed] = edit.added
            return begins
        return self._enter(begins, at, end, resume)

    def _line_before(self, at: int) -> int:
        """Return the line of the token before, where the fault shows only at the end of its line."""
        if at and self._tokens[at].type in ("NL", "EOF", "RBRACE"):
            return self._source.line_of(max(self._tokens[at - 1].end - 1, 0))
        return self._source.line_of(self._tokens[at].start)

    def _statement_end(self, at: int) -> int:
        """Return the token that ends a statement or its first line: a newline, an open brace, the block's close."""
        while self._tokens[at].type not in ("NL", "LBRACE", "RBRACE", "EOF"):
            at += 1
        return at

    def _enter(self, begins: int, at: int, end: int, resume: list[Stacks]) -> int:
        """Leave the statement out; where it opens a block, read that all the same."""
        first, stop = self._tokens[begins], self._tokens[end]
        self._drop(begins, end, headless=True)
        if stop.type == "NL":
            return end + 1
        if stop.type == "RBRACE" and len(resume) == 1:  # closes nothing; an empty line may follow
            return end + 1 + (self._tokens[end + 1].type == "NL")
        if stop.type == "RBRACE":
            return end if "RBRACE" in self._expected() else end + 1
        if stop.type != "LBRACE":
            return end
        if "KIND" not in self._expected():
            return self._past_block(end)  # in an enum, where no block can stand
        for kind in (*_HEADS.get(first.type, _OTHER_HEAD), "LBRACE"):
            given = next((t for t in self._tokens[begins:at] if t.type == kind), None) if kind != "NAME" else None
            name = self._tokens[begins + 1] if kind == "NAME" and first.type == "KIND" and begins + 1 < end else None
            token = name if name is not None and name.type == "NAME" else given
            self._feed(token or Token(kind, _MADE_UP.get(kind, ""), stop.start, stop.end))
        resume.append(self._stacks())
        return end + 1

    def _past_block(self, at: int) -> int:
        """Return the token after the brace that closes the block opened at `at`."""
        depth = 0
        while self._tokens[at].type != "EOF":
            depth += {"LBRACE": 1, "RBRACE": -1}.get(self._tokens[at].type, 0)
            at += 1
            if not depth:
                break
        return at

    # -------- mending one token

    def _mend(self, begins: int, at: int, before: Stacks, expected: frozenset[str]) -> _Edit | None:
        """Return the likeliest change of one token after which the statement reads to its end."""
        if self._tokens[at].type == "RBRACE" and at == begins:
            return None  # no statement at all: the block closes, or the brace is one too many
        if at - begins > _MAX_STATEMENT or begins in self._mended_at or len(self._mended_at) > _MAX_MENDED:
            return None
        self._restore(before)
        return next((edit for edit in self._edits(begins, at, expected) if self._reads(begins, at, before, edit)), None)

    def _edits(self, begins: int, at: int, expected: frozenset[str]) -> Iterator[_Edit]:
        token = self._tokens[at]
        likely = [kind for kind in _LIKELY if kind in expected]
        yield from (_Edit(at, 0, (self._made(kind, token.start),)) for kind in likely)
        if token.type not in _STRUCTURE:
            yield _Edit(at, 1, ())
            yield from (_Edit(at, 1, (self._made(kind, token.start),)) for kind in likely if kind != token.type)
        for back in range(at - 1, max(begins - 1, at - 4), -1):
            earlier = self._tokens[back]
            if earlier.type in _STRUCTURE:
                return
            yield _Edit(back, 1, ())
            if self._tokens[back + 1].type not in _STRUCTURE:
                yield _Edit(back, 2, (self._tokens[back + 1], earlier))
            for kind in ("NAME", "COLON", "EQUAL", "DOT", "COMMA", "QUANTITY", "LPAR", "LSQB"):
                yield _Edit(back, 0, (self._made(kind, earlier.start),))
                if kind != earlier.type:
                    yield _Edit(back, 1, (self._made(kind, earlier.start),))

    def _made(self, kind: str, offset: int) -> Token:
        return Token(kind, _MADE_UP.get(kind, ""), offset, offset)

    def _reads(self, begins: int, at: int, before: Stacks, edit: _Edit) -> bool:
        """Whether the statement, so changed, is read to its end or into its block."""
        self._restore(before)
        end = self._statement_end(max(at, edit.at + edit.removed))
        tokens = [*self._tokens[begins : edit.at], *edit.added, *self._tokens[edit.at + edit.removed : end + 1]]
        if tokens[-1].type in ("EOF", "RBRACE"):
            tokens.pop()
        for token in tokens:
            try:
                self._feed(token)
            except (UnexpectedToken, *_REDUCED):
                return False
        return True

    def _mended(self, edit: _Edit | None) -> tuple[int, tuple[Token, ...], tuple[Token, ...]] | None:
        """Return an edit as place, tokens taken out and tokens put in."""
        if edit is None:
            return None
        return edit.at, tuple(self._tokens[edit.at : edit.at + edit.removed]), edit.added

    # -------- what is left out

    def _drop(self, begins: int, end: int, *, headless: bool) -> None:
        """Note that the statement from `begins` is not as its author meant it, and what it would have named."""
        inside = self._tokens[begins : end + 1]
        (self._headless if headless else self._dropped).append((inside[0].start, inside[-1].start))
        names = [t.text for t in inside if t.type == "NAME"]
        imports = any(t.text in ("from", "import") for t in inside)
        several = self._source.line_of(inside[0].start) < self._source.line_of(inside[-1].start)
        self.lost |= set(names) if imports or several else set(names[:3])

    def _without_dropped(self, whole: tree.Tree) -> tree.Tree:
        if not self._dropped and not self._headless:
            return whole
        return replace(whole, statements=self._kept(whole.statements))

    def _kept(self, statements: tuple[tree.Statement, ...]) -> tuple[tree.Statement, ...]:
        """Return the statements without those that were mended, which say something their author did not; blocks stay."""
        kept: list[tree.Statement] = []
        for statement in statements:
            inner = self._with_kept_blocks(statement)
            if inner is not None:
                kept.append(inner)
        return tuple(kept)

    def _with_kept_blocks(self, s: tree.Statement) -> tree.Statement | None:
        if _meets(s.span, self._headless, first_only=_opens_block(s)):
            return None
        match s:
            case tree.Definition(body=body) | tree.Pool(body=body) | tree.For(body=body):
                return replace(s, body=self._block(body))
            case tree.If(yes=yes, no=no):
                return replace(s, yes=self._block(yes), no=self._block(no) if no is not None else None)
            case tree.Instance(body=tree.Block() as body):
                return replace(s, body=self._block(body))
            case _:
                return None if _meets(s.span, self._dropped, first_only=False) else s

    def _block(self, block: tree.Block) -> tree.Block:
        return replace(block, statements=self._kept(block.statements))

    # -------- what could stand here

    def _spot(self, at: int) -> Spot:
        return Spot(self._source, self._tokens, at)

    def _expected(self) -> frozenset[str]:
        """Return the terminals that may come next."""
        found = set()
        stacks = self._stacks()
        for name in self._parser.choices():  # type: ignore[no-untyped-call]
            if not name.isupper():
                continue
            try:
                self._parser.parser_state.copy(deepcopy_values=False).feed_token(
                    LarkToken(name, _MADE_UP.get(name, ""), start_pos=0, end_pos=0)
                )
            except UnexpectedToken:
                continue
            except _REDUCED:
                pass
            found.add(name)
        self._restore(stacks)
        return frozenset(found)


def _opens_block(s: tree.Statement) -> bool:
    match s:
        case tree.Definition() | tree.Pool() | tree.For() | tree.If():
            return True
        case tree.Instance(body=body):
            return body is not None
        case _:
            return False


def _meets(span: Span, stretches: list[tuple[int, int]], *, first_only: bool) -> bool:
    """Whether a statement lies on one of the stretches; with `first_only`, whether it begins on one."""
    if first_only:
        return any(start <= span.start <= end for start, end in stretches)
    return any(start <= span.end and span.start <= end for start, end in stretches)
