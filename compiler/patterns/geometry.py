"""Block designs from geometry: the lines of affine and projective spaces over small finite fields."""

from __future__ import annotations

from itertools import product
from typing import Final

#: Prime powers with a field here; a plane over the last has 993 points.
ORDERS: Final = (2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 19, 23, 25, 27, 29, 31)
#: Spaces beyond this many points are larger than any pod.
MAX_POINTS: Final = 1_000

Blocks = list[tuple[int, ...]]
Vector = tuple[int, ...]


class Field:
    """GF(q): elements are 0 to q - 1, whose digits to the base of the prime are coefficients of a polynomial."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.prime = next(p for p in range(2, order + 1) if order % p == 0)
        self.degree = next(e for e in range(1, order) if self.prime**e == order) if order > 2 else 1
        self._digits = [self._digits_of(n) for n in range(order)]
        self._rule = self._irreducible()
        self._times = [[self._product(a, b, self._rule) for b in range(order)] for a in range(order)]

    def add(self, a: int, b: int) -> int:
        """Return a + b."""
        return self._number([(x + y) % self.prime for x, y in zip(self._digits[a], self._digits[b], strict=True)])

    def times(self, a: int, b: int) -> int:
        """Return a * b."""
        return self._times[a][b]

    def _digits_of(self, n: int) -> list[int]:
        return [n // self.prime**at % self.prime for at in range(self.degree)]

    def _number(self, digits: list[int]) -> int:
        return sum(digit * self.prime**at for at, digit in enumerate(digits))

    def _product(self, a: int, b: int, rule: list[int]) -> int:
        """Multiply two polynomials modulo x^degree = `rule`."""
        long = [0] * (2 * self.degree - 1)
        for i, x in enumerate(self._digits[a]):
            for j, y in enumerate(self._digits[b]):
                long[i + j] += x * y
        for at in range(len(long) - 1, self.degree - 1, -1):
            for i, r in enumerate(rule):
                long[at - self.degree + i] += long[at] * r
        return self._number([n % self.prime for n in long[: self.degree]])

    def _irreducible(self) -> list[int]:
        """Return the first rule under which no product of two elements vanishes: that of a field."""
        elements = range(1, self.order)
        return next(rule for rule in self._digits
                    if all(self._product(a, b, rule) for a in elements for b in elements))  # fmt: skip


def affine_lines(order: int, dimension: int) -> Blocks:
    """Return the lines of AG(dimension, order), as points numbered with the last coordinate fastest."""
    field = Field(order)
    points = list(product(range(order), repeat=dimension))
    number = {point: at for at, point in enumerate(points)}
    lines: Blocks = []
    for direction in _directions(order, dimension):
        steps = [tuple(field.times(t, x) for x in direction) for t in range(order)]
        left = set(range(len(points)))
        while left:
            base = points[min(left)]
            line = tuple(sorted(number[_sum(field, base, step)] for step in steps))
            left -= set(line)
            lines.append(line)
    return lines


def projective_lines(order: int, dimension: int) -> Blocks:
    """Return the lines of PG(dimension, order); points are vectors with a first nonzero coordinate of 1."""
    field = Field(order)
    points = _directions(order, dimension + 1)
    number = {point: at for at, point in enumerate(points)}
    lines: Blocks = []
    joined: set[tuple[int, int]] = set()
    for i, a in enumerate(points):
        for j in range(i + 1, len(points)):
            if (i, j) in joined:
                continue
            steps = [tuple(field.times(t, x) for x in points[j]) for t in range(order)]
            line = tuple(sorted({j, *(number[_sum(field, a, step, normal=True)] for step in steps)}))
            joined.update((p, q) for p in line for q in line if p < q)
            lines.append(line)
    return lines


def _directions(order: int, length: int) -> list[Vector]:
    """Return one vector of each direction: the first coordinate that is not 0 is 1."""
    return [v for v in product(range(order), repeat=length) if any(v) and next(x for x in v if x) == 1]


def _sum(field: Field, a: Vector, b: Vector, normal: bool = False) -> Vector:
    total = tuple(field.add(x, y) for x, y in zip(a, b, strict=True))
    if not normal:
        return total
    first = next(x for x in total if x)
    inverse = next(x for x in range(1, field.order) if field.times(x, first) == 1)
    return tuple(field.times(inverse, x) for x in total)


def space_of(points: int, size: int) -> tuple[str, int, int] | None:
    """Return the kind, order and dimension of the space with so many points and so many on a line."""
    if points > MAX_POINTS:
        return None
    for order in ORDERS:
        for dimension in range(2, 10):
            if size == order and points == order**dimension:
                return "affine", order, dimension
            if size == order + 1 and points * (order - 1) == order ** (dimension + 1) - 1:
                return "projective", order, dimension
    return None
