"""Designs with one token changed, and what the parser says of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rackc.dsl.lexer import Token, lex
from rackc.dsl.parser import parse
from rackc.dsl.source import Source

ROOT = Path(__file__).parents[2]
DESIGNS = tuple(sorted((*(ROOT / "examples").rglob("*.rack"), *(ROOT / "dsl" / "library").rglob("*.rack"))))
OPERATIONS = ("delete", "insert", "replace", "swap")


class Mutant(NamedTuple):
    """A design with one token changed, and the lines that were changed, from 1."""

    name: str
    text: str
    lines: tuple[int, int]


class Verdict(NamedTuple):
    """How many findings the parser has, and how far the first is from the fault, in lines."""

    reports: int
    distance: int


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """Yield mutants of the examples and the library: one token deleted, inserted, replaced or swapped with the next."""
    rng = random.Random(seed)
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in DESIGNS]
    tokens = [[t for t in lex(Source("", text)).written if t.end > t.start and t.text.strip()] for _, text in texts]
    weights = [len(t) for t in tokens]
    for _ in range(count):
        at = rng.choices(range(len(texts)), weights)[0]
        yield mutant(*texts[at], tokens[at], rng)


def mutant(name: str, text: str, tokens: list[Token], rng: random.Random) -> Mutant:
    """Return one mutant."""
    source = Source("", text)
    place = rng.randrange(len(tokens) - 1)
    operation, token, other = rng.choice(OPERATIONS), tokens[place], rng.choice(tokens).text
    a, b = source.character_of(token.start), source.character_of(token.end)
    last = token
    if operation == "delete":
        changed = text[:a] + text[b:]
    elif operation == "insert":
        changed = f"{text[:a]}{other} {text[a:]}"
    elif operation == "replace":
        changed = text[:a] + other + text[b:]
    else:
        last = tokens[place + 1]
        c, d = source.character_of(last.start), source.character_of(last.end)
        changed = text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
    return Mutant(
        f"{name}: {operation} {token.text!r} {other!r}",
        changed,
        (source.line_of(token.start), source.line_of(last.start)),
    )


def verdict(one: Mutant) -> Verdict:
    """Parse a mutant."""
    source = Source("x.rack", one.text)
    found = parse(source).diagnostics
    if not found:
        return Verdict(0, 0)
    line = source.line_of(found[0].at.span.start)
    return Verdict(len(found), min(abs(line - at) for at in range(one.lines[0], one.lines[1] + 1)))
