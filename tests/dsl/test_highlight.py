"""Editors colour what the compiler reads: the TextMate grammar and the Pygments lexer agree with each other and with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import string_to_tokentype

from rackc.dsl.highlight import PYGMENTS, SCOPES, textmate
from rackc.dsl.lexer import lex
from rackc.dsl.source import Source
from rackc.dsl.words import CONSTANTS, KEYWORDS, OPERATOR_WORDS
from rackc.pygments_lexer import RackLexer

ROOT = Path(__file__).parents[2]
GRAMMAR = ROOT / "dsl" / "editors" / "rack.tmLanguage.json"
FILES = sorted((*(ROOT / "examples").glob("*.rack"), *(ROOT / "dsl" / "library").rglob("*.rack")))
CORPUS = sorted((ROOT / "tests" / "corpus" / "check").glob("ok_*.rack"))


def wanted(source: Source) -> dict[int, tuple[str, ...]]:
    """Return the categories that each token may have, by the character it starts at, as the compiler's lexer has it."""
    made: dict[int, tuple[str, ...]] = {}
    lexed = lex(source)
    for token in (*lexed.written, *lexed.comments):
        at = source.character_of(token.start)
        if token.type in ("NL", "EOF"):
            continue
        if token.type == "COMMENT":
            made[at] = ("doc",) if token.text.startswith("##") else ("comment",)
        elif token.type == "NAME":
            made[at] = ("name", "definition", "function")
        elif token.text in OPERATOR_WORDS:
            made[at] = ("operator word",)
        elif token.text in CONSTANTS:
            made[at] = ("constant",)
        elif token.text in KEYWORDS:
            made[at] = ("keyword",)
        elif token.type in ("QUANTITY", "NUMBER", "INT"):
            made[at] = ("number",)
        elif token.type == "WAY":
            made[at] = ("unit",)
        else:
            made[at] = ("text",) if token.type == "STRING" else ("sign",)
    return made


def by_pygments(text: str) -> list[str]:
    """Return the category of each character."""
    category = {string_to_tokentype(name): key for key, name in PYGMENTS.items()}
    found = [""] * len(text)
    for at, kind, part in RackLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(text):
        found[at : at + len(part)] = [category.get(kind, "error")] * len(part)
    return found


def by_textmate(text: str) -> list[str]:
    """Return the category of each character as an editor finds it: line by line, the leftmost rule, the first among equals."""
    category = {scope: key for key, scope in SCOPES.items()}
    patterns = [(re.compile(p["match"]), p) for p in json.loads(GRAMMAR.read_text(encoding="utf-8"))["patterns"]]
    found = [""] * len(text)
    start = 0
    for line in text.splitlines(keepends=True):
        at = 0
        while at < len(line):
            hits = [
                (m.start(), n, m, p)
                for n, (regex, p) in enumerate(patterns)
                if (m := regex.search(line, at)) and m.end() > at
            ]
            if not hits:
                break
            _, _, match, pattern = min(hits, key=lambda hit: hit[:2])
            _mark(found, start, match, pattern, category)
            at = match.end()
        start += len(line)
    return found


def _mark(
    found: list[str], start: int, match: re.Match[str], pattern: dict[str, Any], category: dict[str, str]
) -> None:
    groups = pattern.get("captures", {"0": {"name": pattern.get("name", "")}})
    for number, scope in groups.items():
        a, b = match.span(int(number))
        found[start + a : start + b] = [category[scope["name"]]] * (b - a)


def test_the_grammar_file_is_that_of_the_tables() -> None:
    assert GRAMMAR.read_text(encoding="utf-8") == textmate(), "run `make grammar`"


@pytest.mark.parametrize("path", [*FILES, *CORPUS], ids=lambda p: p.stem)
def test_both_colour_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pairs = zip(by_pygments(text), by_textmate(text), text, strict=True)
    assert not [(a, b, c) for a, b, c in pairs if a != b and not c.isspace()]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_they_agree_with_the_compiler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = by_pygments(text)
    wrong = {text[at : at + 20]: (found[at], ok) for at, ok in wanted(Source("", text)).items() if found[at] not in ok}
    assert not wrong


def test_the_corpus_is_coloured_right_but_for_words_that_editors_cannot_tell() -> None:
    total = wrong = 0
    for path in CORPUS:
        text = path.read_text(encoding="utf-8")
        found = by_pygments(text)
        for at, ok in wanted(Source("", text)).items():
            total, wrong = total + 1, wrong + (found[at] not in ok)
    assert total > 2_000
    assert wrong <= 0.01 * total


def test_pygments_finds_the_lexer_by_name() -> None:
    assert type(get_lexer_by_name("rack")).__name__ == "RackLexer"
