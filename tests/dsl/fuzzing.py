"""Inputs that no author would write, each made from a seed, and what must hold for every one of them."""

from __future__ import annotations

import random
import re
import resource
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from rackc.api import compile
from rackc.dsl.lexer import lex
from rackc.dsl.source import Source
from rackc.dsl.words import KEYWORDS
from rackc.reading import UnreadableError

ROOT: Final = Path(__file__).parents[2]
#: The pod of 96 hosts, each with copies of a trace, takes about as long by itself as an input may.
EXAMPLES: Final = tuple(sorted(set((ROOT / "examples").glob("*.rack")) - {ROOT / "examples" / "wide_pod.rack"}))
LIBRARY: Final = tuple(sorted((ROOT / "dsl" / "library").rglob("*.rack")))
SMALL: Final = tuple(sorted((ROOT / "tests" / "corpus" / "check").glob("*.rack")))
#: The longest that one input may take, in processor time; most take milliseconds.
SECONDS: Final = 2.0
#: The most memory that a process may ever have held, in bytes.
MEMORY: Final = 500_000_000

PUNCTUATION: Final = (
    "{", "}", "(", ")", "[", "]", ",", ":", "=", ".", "@", "--", "..", "..<", "+/-", "==", "<=", "+", "-", "*", "/", "\n", ";",
)  # fmt: skip
VALUES: Final = (
    "0", "1", "3", "1e9", "4 U", "300 W", "1.5 m", "16 GiB", "10 %", "1 feed", '"x"', '"{x}"', '"{"', "true", "none", '"',
    "#", "§", "\t", "\0", "\u2028", "\U0001f525", "1..4", "0..<9", "@cite",
)  # fmt: skip
ABSURD: Final = (
    "0", "1", "(-1)", "0.5", "1_000_000", "1e60", "1e-60", "(0 - 1e50)", "5 W", "(-3 m)", "1e50 GiB", "0 s", "1e40 s", "0.01 s",
    "1e15 USD", "100 %", "900 %", '""', '"x"', '"{1 W}"', "none", "true", "[]", "[1, 2]", "[[]]", "0..5", "5..1", "0..<1e9",
    "(1..2 W typ 1.5 W)", "1 feed", "(3 kg +/- 200 %)", "sum([])", "count([])", "u(1)", "static()", "20 degC",
    "9" * 400, "1e999999999999", "0x10", "keys(x)", "hops(x, y, over = z)",
)  # fmt: skip
NAMES: Final = (
    "a",
    "b",
    "gpu",
    "host",
    "tdp",
    "height",
    "lanes",
    "sum",
    "count",
    "power",
    "u",
    "slot",
    "relet",
    "Main",
    "left",
)


def soup(rng: random.Random) -> str:
    """Return tokens in no order."""
    words = (*KEYWORDS, *PUNCTUATION, *PUNCTUATION, *VALUES, *NAMES)
    return " ".join(rng.choice(words) for _ in range(rng.randrange(1, 120)))


def _design(rng: random.Random, files: tuple[Path, ...]) -> str:
    return rng.choice(files).read_text(encoding="utf-8")


def changed(rng: random.Random, text: str) -> str:
    """Return a text with one to three tokens deleted, doubled, swapped or replaced by others of its own."""
    for _ in range(rng.randrange(1, 4)):
        source = Source("", text)
        tokens = [t for t in lex(source).written if t.end > t.start]
        if len(tokens) < 2:
            return text
        pair = sorted(rng.sample(tokens, 2), key=lambda t: t.start)
        (a, b), (c, d) = ((source.character_of(t.start), source.character_of(t.end)) for t in pair)
        text = {
            "delete": text[:a] + text[b:],
            "double": text[:b] + " " + text[a:],
            "swap": text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:],
            "replace": text[:a] + text[c:d] + text[b:],
        }[rng.choice(("delete", "double", "swap", "replace"))]
    if "design " not in text:
        first = re.search(r"^(?:part|tray|shelf|rack) (\w+)", text, re.MULTILINE)
        text += f"\ndesign Main {{ x: {first[1] if first else 'X'} }}"
    return text


def mutated(rng: random.Random) -> str:
    """Return an example or a module of the library, changed."""
    return changed(rng, _design(rng, EXAMPLES + LIBRARY))


def small(rng: random.Random) -> str:
    """Return a small design of the corpus, changed."""
    return changed(rng, _design(rng, SMALL))


def absurd(rng: random.Random) -> str:
    """Return a design with one to three of its figures and texts replaced by others that parse, mostly."""
    text = _design(rng, rng.choice((EXAMPLES, LIBRARY, SMALL, SMALL, SMALL)))
    for _ in range(rng.randrange(1, 4)):
        source = Source("", text)
        values = [t for t in lex(source).written if t.type in ("QUANTITY", "INT", "NUMBER", "STRING")]
        if not values:
            return text
        at = rng.choice(values)
        text = text[: source.character_of(at.start)] + rng.choice(ABSURD) + text[source.character_of(at.end) :]
    return text


def deep(rng: random.Random) -> str:
    """Return nesting of one kind, to a depth near the limits or far beyond."""
    depth = rng.choice((3, 20, 45, 55, 100, 3_000))
    opener, closer = rng.choice((
        ("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("not ", ""), ("if a then b else ", ""), ("a.", ""), ("1 + ", ""), ("[x for x in ", "]"),
    ))  # fmt: skip
    block = rng.choice(("if true { ", "for i in 0..1 { ", "x: T { ", "part P { ", "pool p { ", "{ "))
    if rng.random() < 0.5:
        return f"part P {{ x = {opener * depth}1{closer * rng.choice((depth, depth - 1, 0))} }}\ndesign Main {{ p: P }}"
    return (
        f"part P {{ {block * depth}x = 1{' }' * rng.choice((depth, depth - 1, depth + 2))} }}\ndesign Main {{ p: P }}"
    )


def huge(rng: random.Random) -> str:
    """Return numbers, names, texts and lines far too long, and counts far too large."""
    n = rng.choice((10, 61, 400, 20_000))
    return rng.choice((
        f"part P {{ x = {'9' * n} W }}", f"part P {{ x = 1e{'9' * min(n, 30)} }}", f"part {'a' * n} {{ }}", f'part P {{ x = "{"y" * n}" }}',
        f"part P {{ a[{'9' * min(n, 40)}]: P }}", f"tray T {{ a[{10 ** min(n, 12)}]: P; port b[{10 ** min(n, 9)}]: I }}\npart P {{ }}\ninterface I {{ }}",
        f"part P {{ for i in 0..{10 ** min(n, 20)} {{ let x = i }} }}", f"part P {{ x = [i for i in 0..{10 ** min(n, 20)}] }}",
        f"# {'z' * n}\npart P {{ }}", "part P { " + "x 3 " * n + "}", f"from {'a.' * n}b import c", "part P { }" * min(n, 400),
        f"enum E {{ {', '.join(f'm{i}' for i in range(min(n, 3_000)))} }}\npart P {{ x = E.m1 }}", f"edition {'9' * n}",
        "choose a in 1..9\nchoose b in 1..9\npart P(n = a + b) { }", f'part P {{ x = "{"{a}" * min(n, 300)}" }}',
    )) + "\ndesign Main { p: P }\n"  # fmt: skip


def noise(rng: random.Random) -> bytes:
    """Return random bytes."""
    return rng.randbytes(rng.randrange(0, 400))


def broken_bytes(rng: random.Random) -> bytes:
    """Return a small design with a few bytes overwritten, put in or cut off: broken UTF-8, null bytes, lone returns."""
    data = bytearray(_design(rng, SMALL).encode())
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(0, 3)] = rng.choice(
            (b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\r", b"\x1b[31m", b"\xef\xbb\xbf", b"\\")
        )
    return bytes(data)


KINDS: Final[dict[str, Callable[[random.Random], str | bytes]]] = {
    "soup": soup, "mutated": mutated, "small": small, "absurd": absurd, "deep": deep, "huge": huge, "noise": noise, "bytes": broken_bytes,
}  # fmt: skip


class TooSlow(Exception):
    """An input took more processor time than it may."""


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow


def try_one(kind: str, seed: int) -> None:
    """Compile one input; raises whatever the compiler lets through, TooSlow, or MemoryError beyond the limit."""
    made = KINDS[kind](random.Random(f"{kind} {seed}"))
    before = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        _compile(made)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > MEMORY:
        raise MemoryError


def _compile(made: str | bytes) -> None:
    if isinstance(made, str):
        compile(made + "\n", solve=False)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.rack"
        path.write_bytes(made)
        try:
            compile(path, solve=False)
        except UnreadableError as error:
            assert str(path) in str(error)
