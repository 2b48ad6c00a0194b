"""Figures as the library writes them, and as the facts do, brought to one form: numbers in base units, or words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rackc.dsl import tree
from rackc.dsl.units import unit_of
from tests.library.stated import leaves

#: Units of the facts that the language has no word for, in its own.
_OTHER: Final[dict[str, tuple[str, float]]] = {
    "psi": ("kPa", 6.894757),
    "psig": ("kPa", 6.894757),
    "k USD": ("USD", 1e3),
    "M USD": ("USD", 1e6),
    "um": ("mm", 1e-3),
    "bytes": ("B", 1.0),
    "G": ("Gb/s", 1.0),
    "GbE": ("Gb/s", 1.0),
    "RU": ("U", 1.0),
}
_NUMBER: Final = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\d])")
_UNIT: Final = re.compile(r"\s*([kM] USD|[A-Za-z%]+(?:/[A-Za-z]+)*)")
_WORDS: Final = re.compile(r"[\s,+/]+")


@dataclass(frozen=True)
class Reading:
    """What a figure comes to: `numbers` with their dimensions, or `words` where it has none."""

    numbers: frozenset[tuple[str, str]]
    words: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.numbers or self.words)


def _number(value: float | Fraction, unit: str) -> tuple[str, str]:
    """A number in base units, to four digits, and its dimension."""
    found = unit_of(unit) if unit else ((), Fraction(1))
    assert found is not None, unit
    return f"{float(value) * float(found[1]):.4g}", str(found[0])


def of_library(value: tree.Expr, default: Callable[[str], tree.Expr | None]) -> Reading:
    """What an expression states: the literals in it; of a bare parameter, those of its default.

    The typical value of a range is a choice of the library's and does not count, nor does the test of an `if`.
    """
    numbers: set[tuple[str, str]] = set()
    words: set[str] = set()
    for leaf in _literals(value, default):
        match leaf:
            case tree.Measure(value=n, unit=unit):
                numbers.add(_number(n, unit))
            case tree.Number(value=n):
                numbers.add(_number(n, ""))
            case tree.Text(value=text):
                words.update(word.lower() for word in _WORDS.split(text))
            case tree.Constant(value=answer):
                words.add(str(answer).lower())
            case _:
                pass
    return Reading(frozenset(numbers), frozenset(words))


def _literals(value: tree.Expr, default: Callable[[str], tree.Expr | None]) -> Iterator[tree.Expr]:
    match value:
        case tree.Name(name=name):
            given = default(name)
            yield from leaves(given) if given is not None else ()
        case tree.Binary(op="typ", left=left):
            yield from _literals(left, default)
        case tree.Binary(op="..", left=tree.Number(span=span, value=low), right=tree.Measure(unit=unit) as high):
            yield from (
                tree.Measure(span, low, unit, both_ways=False),
                high,
            )  # the unit of both ends stands at the second
        case tree.Conditional(yes=yes, no=no):
            yield from _literals(yes, default)
            yield from _literals(no, default)
        case _:
            yield from leaves(value)


def of_fact(text: str, *, as_words: bool) -> Reading:
    """What the words of a fact come to: every number with the unit that follows it or the last one, or all its words."""
    if as_words:
        return Reading(frozenset(), frozenset(word.lower() for word in _WORDS.split(text.strip())))
    found = [(float(m.group().replace(",", "")), _unit(text, m.end())) for m in _NUMBER.finditer(text)]
    last = next((unit for _, unit in reversed(found) if unit), ("", 1.0))
    return Reading(frozenset(_number(n * (unit or last)[1], (unit or last)[0]) for n, unit in found), frozenset())


def _unit(text: str, at: int) -> tuple[str, float] | None:
    """The unit that follows a number, and a factor; None where none follows."""
    found = _UNIT.match(text, at)
    if found is None:
        return None
    word = found.group(1)
    if word in _OTHER:
        return _OTHER[word]
    return (word, 1.0) if unit_of(word) is not None else None


def both_ways(value: tree.Expr) -> bool:
    """Whether a bandwidth is written as the sum of its two directions."""
    return any(isinstance(leaf, tree.Measure) and leaf.both_ways for leaf in leaves(value))


def worked_out(formula: str, facts: Mapping[str, str]) -> float:
    """The worth of a formula over numbers and facts: `{part.attribute}` is the first number of one."""
    first = {name: _NUMBER.search(value) for name, value in facts.items()}

    def number(match: re.Match[str]) -> str:
        found = first[match.group(1)]
        assert found is not None, match.group(1)
        return found.group().replace(",", "")

    return _worth(ast.parse(re.sub(r"\{([^}]+)\}", number, formula), mode="eval").body)


def _worth(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _worth(left), _worth(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
                case ast.Pow():
                    return float(a**b)
                case _:
                    raise AssertionError(op)
        case _:
            raise AssertionError(ast.dump(node))
