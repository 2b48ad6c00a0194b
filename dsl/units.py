"""Units and quantities: what a figure in a `.rack` file means.

A quantity is an exact number in base units with a dimension, and remembers the unit its author used. Decimal and
binary prefixes, bits and bytes, and U and OU are all told apart. Bandwidths are each way (one direction) throughout;
`both ways` in the source halves the figure when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Final

#: Exponents by base unit name, sorted, zero exponents left out: W is (("kg", 1), ("m", 2), ("s", -3)).
Dimension = tuple[tuple[str, int], ...]

NONE: Final[Dimension] = ()


class DimensionError(ValueError):
    """Two quantities met whose dimensions do not agree; the message names both in the author's units."""


def _dim(**exponents: int) -> Dimension:
    return tuple(sorted((base, n) for base, n in exponents.items() if n))


def _times(a: Dimension, b: Dimension, sign: int = 1) -> Dimension:
    total = dict(a)
    for base, n in b:
        total[base] = total.get(base, 0) + sign * n
    return _dim(**total)


_POWER: Final = _dim(kg=1, m=2, s=-3)
_BYTES: Final = _dim(B=1)
_RATE: Final = _dim(B=1, s=-1)

# 1 U is 44.45 mm and 1 OU is 48 mm, but a position in one pitch is no position in the other: they are counted
# apart, so that adding them is an error.
_ATOMS: Final[dict[str, tuple[Dimension, Fraction]]] = {
    "m": (_dim(m=1), Fraction(1)),
    "km": (_dim(m=1), Fraction(1000)),
    "cm": (_dim(m=1), Fraction(1, 100)),
    "mm": (_dim(m=1), Fraction(1, 1000)),
    "m2": (_dim(m=2), Fraction(1)),
    "cm2": (_dim(m=2), Fraction(1, 10**4)),
    "mm2": (_dim(m=2), Fraction(1, 10**6)),
    "U": (_dim(U=1), Fraction(1)),
    "OU": (_dim(OU=1), Fraction(1)),
    "kg": (_dim(kg=1), Fraction(1)),
    "g": (_dim(kg=1), Fraction(1, 1000)),
    "s": (_dim(s=1), Fraction(1)),
    "ms": (_dim(s=1), Fraction(1, 10**3)),
    "us": (_dim(s=1), Fraction(1, 10**6)),
    "ns": (_dim(s=1), Fraction(1, 10**9)),
    "ps": (_dim(s=1), Fraction(1, 10**12)),
    "min": (_dim(s=1), Fraction(60)),
    "h": (_dim(s=1), Fraction(3600)),
    "Hz": (_dim(s=-1), Fraction(1)),
    "kHz": (_dim(s=-1), Fraction(10**3)),
    "MHz": (_dim(s=-1), Fraction(10**6)),
    "GHz": (_dim(s=-1), Fraction(10**9)),
    "W": (_POWER, Fraction(1)),
    "kW": (_POWER, Fraction(10**3)),
    "MW": (_POWER, Fraction(10**6)),
    "J": (_times(_POWER, _dim(s=1)), Fraction(1)),
    "A": (_dim(A=1), Fraction(1)),
    "mA": (_dim(A=1), Fraction(1, 1000)),
    "kA": (_dim(A=1), Fraction(1000)),
    "V": (_times(_POWER, _dim(A=1), -1), Fraction(1)),
    "mV": (_times(_POWER, _dim(A=1), -1), Fraction(1, 1000)),
    "kV": (_times(_POWER, _dim(A=1), -1), Fraction(1000)),
    "K": (_dim(K=1), Fraction(1)),
    "degC": (_dim(degC=1), Fraction(1)),
    "dB": (_dim(dB=1), Fraction(1)),
    "L": (_dim(m=3), Fraction(1, 1000)),
    "CFM": (_dim(m=3, s=-1), Fraction(28_316_846_592, 60 * 10**12)),  # a cubic foot a minute
    "kPa": (_dim(kg=1, m=-1, s=-2), Fraction(1000)),
    "psi": (_dim(kg=1, m=-1, s=-2), Fraction(6_894_757, 1000)),
    "B": (_BYTES, Fraction(1)),
    "kB": (_BYTES, Fraction(10**3)),
    "MB": (_BYTES, Fraction(10**6)),
    "GB": (_BYTES, Fraction(10**9)),
    "TB": (_BYTES, Fraction(10**12)),
    "PB": (_BYTES, Fraction(10**15)),
    "KiB": (_BYTES, Fraction(2**10)),
    "MiB": (_BYTES, Fraction(2**20)),
    "GiB": (_BYTES, Fraction(2**30)),
    "TiB": (_BYTES, Fraction(2**40)),
    "PiB": (_BYTES, Fraction(2**50)),
    "b": (_BYTES, Fraction(1, 8)),
    "kb": (_BYTES, Fraction(10**3, 8)),
    "Mb": (_BYTES, Fraction(10**6, 8)),
    "Gb": (_BYTES, Fraction(10**9, 8)),
    "Tb": (_BYTES, Fraction(10**12, 8)),
    "Mbps": (_RATE, Fraction(10**6, 8)),
    "Gbps": (_RATE, Fraction(10**9, 8)),
    "Tbps": (_RATE, Fraction(10**12, 8)),
    "T": (_dim(transfer=1), Fraction(1)),
    "MT": (_dim(transfer=1), Fraction(10**6)),
    "GT": (_dim(transfer=1), Fraction(10**9)),
    "token": (_dim(token=1), Fraction(1)),
    "tokens": (_dim(token=1), Fraction(1)),
    "USD": (_dim(USD=1), Fraction(1)),
    "%": (NONE, Fraction(1, 100)),
}

#: Atomic unit names, longest first, so that a lexer can try them in order.
UNIT_NAMES: Final = tuple(sorted(_ATOMS, key=lambda name: (-len(name), name)))

#: The unit a derived quantity is printed in when no author's unit survives.
_DEFAULT_UNIT: Final[dict[Dimension, tuple[str, ...]]] = {
    _POWER: ("W", "kW", "MW"),
    _BYTES: ("B", "kB", "MB", "GB", "TB", "PB"),
    _RATE: ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    _dim(m=1): ("mm", "m", "km"),
    _dim(m=2): ("mm2", "m2"),
    _dim(s=1): ("ns", "us", "ms", "s"),
    _dim(kg=1): ("kg",),
    _dim(A=1): ("A",),
    _dim(m=3, s=-1): ("L/min",),
}


@cache
def unit_of(text: str) -> tuple[Dimension, Fraction] | None:
    """Return dimension and factor of a unit such as `GB/s`, or None where an atom is unknown."""
    dimension, factor = NONE, Fraction(1)
    for position, name in enumerate(text.split("/")):
        atom = _ATOMS.get(name)
        if atom is None:
            return None
        sign = 1 if position == 0 else -1
        dimension = _times(dimension, atom[0], sign)
        factor = factor * atom[1] if position == 0 else factor / atom[1]
    return dimension, factor


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact figure: `value` in base units (bytes, seconds, watts, metres, kg, USD), and the author's unit."""

    value: Fraction
    dimension: Dimension
    unit: str = ""

    def to(self, unit: str) -> float:
        """Return the figure in `unit`; raises DimensionError where the dimensions differ."""
        return float(self.exact(unit))

    def exact(self, unit: str) -> Fraction:
        """As `to`, exact."""
        known = unit_of(unit)
        if known is None or known[0] != self.dimension:
            raise DimensionError(f"{self} is not a figure in {unit}")
        return self.value / known[1]

    def __str__(self) -> str:
        unit = self.unit or _unit_for(self.value, self.dimension)
        known = unit_of(unit) if unit else None
        figure = _figure(self.value / known[1] if known else self.value)
        if not unit:
            return f"{figure} {_spell(self.dimension)}".rstrip()
        return f"{figure} {unit}"

    def __add__(self, other: Quantity) -> Quantity:
        return _sum(self, other, 1)

    def __sub__(self, other: Quantity) -> Quantity:
        return _sum(self, other, -1)

    def __mul__(self, other: Quantity) -> Quantity:
        dimension = _times(self.dimension, other.dimension)
        unit = self.unit if dimension == self.dimension else other.unit if dimension == other.dimension else ""
        return Quantity(self.value * other.value, dimension, unit if unit != "%" else "")

    def __truediv__(self, other: Quantity) -> Quantity:
        dimension = _times(self.dimension, other.dimension, -1)
        return Quantity(self.value / other.value, dimension, self.unit if dimension == self.dimension != NONE else "")

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.dimension, self.unit)


def number(value: float | Fraction) -> Quantity:
    """Return a plain count or ratio."""
    return Quantity(Fraction(value), NONE)


def quantity(value: float | str | Fraction, unit: str) -> Quantity:
    """Return `value` in `unit`; raises KeyError where the unit is unknown."""
    known = unit_of(unit)
    if known is None:
        raise KeyError(unit)
    return Quantity(Fraction(value) * known[1], known[0], unit)


def _sum(a: Quantity, b: Quantity, sign: int) -> Quantity:
    kelvin, celsius = _dim(K=1), _dim(degC=1)
    if (a.dimension, b.dimension) == (celsius, celsius):
        if sign > 0:
            raise DimensionError("two temperatures cannot be added; add a difference in K")
        return Quantity(a.value - b.value, kelvin, "K")
    if (a.dimension, b.dimension) == (celsius, kelvin):
        return Quantity(a.value + sign * b.value, celsius, a.unit)
    if (a.dimension, b.dimension) == (kelvin, celsius) and sign > 0:
        return b + a
    if a.dimension != b.dimension:
        word, link = ("add", "to") if sign > 0 else ("subtract", "from")
        raise DimensionError(f"cannot {word} {named(b)} {link} {named(a)}")
    return Quantity(a.value + sign * b.value, a.dimension, a.unit if a.unit == b.unit else "")


#: Dimensions by the names that a parameter's type gives them.
DIMENSIONS: Final[dict[str, Dimension]] = {
    "number": NONE, "power": _POWER, "memory": _BYTES, "bandwidth": _RATE, "length": _dim(m=1), "area": _dim(m=2), "time": _dim(s=1),
    "mass": _dim(kg=1), "current": _dim(A=1), "voltage": _ATOMS["V"][0], "energy": _ATOMS["J"][0], "frequency": _dim(s=-1),
    "money": _dim(USD=1), "temperature": _dim(degC=1), "difference": _dim(K=1), "flow": _dim(m=3, s=-1),
    "pressure": _ATOMS["kPa"][0], "loss": _dim(dB=1), "height_u": _dim(U=1), "height_ou": _dim(OU=1),
}  # fmt: skip
_KINDS: Final[dict[Dimension, str]] = {
    **{dimension: name for name, dimension in DIMENSIONS.items()},
    _dim(U=1): "height in U",
    _dim(OU=1): "height in OU",
    _dim(K=1): "temperature difference",
    NONE: "plain number",
}


def kind_of(dimension: Dimension) -> str:
    """Return the everyday name of a dimension: `power`, `length`, or its spelled-out units."""
    return _KINDS.get(dimension) or _spell(dimension)


def named(q: Quantity) -> str:
    """Return figure and kind, for messages: `300 W (power)`."""
    return f"{q} ({kind_of(q.dimension)})"


def _spell(dimension: Dimension) -> str:
    return " ".join(base if n == 1 else f"{base}^{n}" for base, n in dimension)


def _unit_for(value: Fraction, dimension: Dimension) -> str:
    ladder = _DEFAULT_UNIT.get(dimension)
    if ladder is None:
        return next((base for base, n in dimension if len(dimension) == 1 and n == 1 and base in _ATOMS), "")
    fitting = [name for name in ladder if abs(value) >= (unit_of(name) or (NONE, Fraction(1)))[1]]
    return fitting[-1] if fitting else ladder[0]


_HUGE: Final = 10**18


def _figure(value: Fraction) -> str:
    """Print up to six significant digits, exact integers whole, thousands apart."""
    if abs(value) >= _HUGE:
        rounded = Decimal(f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}").normalize()
        return str(rounded).replace("E+", "e")
    if value.denominator == 1:
        return f"{value.numerator:,}"
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{Decimal(f'{exact:.6g}').normalize():,f}"
