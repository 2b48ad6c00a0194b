"""Units: exact, told apart, and printed as their author wrote them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackc.api import compile
from rackc.dsl.units import NONE, UNIT_NAMES, DimensionError, Quantity, kind_of, named, number, quantity, unit_of

UNITS = tuple(name for name in UNIT_NAMES if name != "degC")
figures = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6)
units = st.sampled_from(UNITS)


def holds(rule: str) -> bool:
    """Whether a rule holds in a design; the design must have no other fault."""
    result = compile(f"part P {{ require {rule} }}\ndesign Main {{ p: P }}\n", solve=False)
    assert {d.code.value for d in result.diagnostics} <= {"E0801"}, [d.message for d in result.diagnostics]
    return not result.diagnostics


@pytest.mark.parametrize(
    "rule",
    [
        "0.1 m + 0.2 m == 0.3 m", "1 / 3 * 3 == 1", "0.1 W * 3 == 300 W / 1000",
        "1 GiB == 1_073_741_824 B", "1 GB == 1_000_000_000 B", "1 GiB > 1 GB", "1 GiB - 1 GB == 73_741_824 B",
        "8 Gb == 1 GB", "400 Gb/s == 50 GB/s", "400 Gbps == 50 GB/s", "100 GB/s both ways == 50 GB/s each way",
        "1 kW * 1 h == 3_600_000 J", "1 W * 1 s == 1 J", "50 V * 2 A == 100 W", "100 W / 50 V == 2 A",
        "5 GB / 1 s == 5 GB/s", "10 ns/m * 2 m == 20 ns", "1 GT/s * 1 s == 1e9 T", "1 / 1 s == 1 Hz", "60 min == 1 h",
        "20 degC + 5 K == 25 degC", "5 K + 20 degC == 25 degC", "25 degC - 20 degC == 5 K", "20 degC - 5 K == 15 degC",
        "10 % * 50 W == 5 W", "50 % + 50 % == 1", "200 % == 2", "2 U * 3 == 6 U", "1 L == 0.001 m * 1 m * 1 m",
        "7 mod 3 == 1", "7 W mod 3 W == 1 W", "1_000 W == 1 kW", "1.5e3 W == 1.5 kW",
    ],
)  # fmt: skip
def test_exact(rule: str) -> None:
    assert holds(rule)


@pytest.mark.parametrize(
    "rule", ["1 GB == 1 GiB", "1 Gb == 1 GB", "0.1 m + 0.2 m == 0.30000000000000004 m", "1 GB/s == 1 Gb/s"]
)
def test_told_apart(rule: str) -> None:
    assert not holds(rule)


@pytest.mark.parametrize(
    "expression",
    [
        "1 U + 1 OU", "1 W + 1 m", "1 W + 1", "1 GB + 1 GB/s", "20 degC + 20 degC", "5 K - 20 degC", "1 dB + 1", "1 V + 1 A",
        "1 USD + 1", "1 token + 1 B", "1 s - 1 Hz", "1 W == 1 V", "1 U < 44.45 mm", "1 W mod 1 m",
    ],
)  # fmt: skip
def test_kinds_do_not_mix(expression: str) -> None:
    result = compile(f"part P {{ x = {expression} }}\ndesign Main {{ p: P }}\n", solve=False)
    assert [d.code.value for d in result.diagnostics] == ["E0301"]


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (quantity("1200", "W"), "1,200 W"), (quantity("1.2", "kW"), "1.2 kW"), (quantity("0.5", "GB/s"), "0.5 GB/s"),
        (quantity("2", "kW") + quantity("1", "kW"), "3 kW"), (quantity("2", "kW") * number(3), "6 kW"),
        (quantity("2", "kW") + quantity("1", "W"), "2.001 kW"), (quantity("10", "%"), "10 %"), (quantity("1", "U"), "1 U"),
        (quantity("64", "GiB"), "64 GiB"), (quantity("45", "degC"), "45 degC"), (number(Fraction(1, 3)), "0.333333"),
        (quantity("1", "B") * number(10**9), "1,000,000,000 B"), (quantity("100", "W") / quantity("50", "V"), "2 A"),
        (quantity("1e30", "W"), "1e30 W"),
    ],
)  # fmt: skip
def test_printed_in_the_authors_unit(figure: Quantity, shown: str) -> None:
    assert str(figure) == shown


def test_messages_name_the_kind() -> None:
    assert named(quantity(300, "W")) == "300 W (power)"
    assert kind_of(NONE) == "plain number"
    with pytest.raises(DimensionError, match=r"cannot add 2 m \(length\) to 300 W \(power\)"):
        quantity(300, "W") + quantity(2, "m")
    with pytest.raises(DimensionError, match=r"5 W is not a figure in m"):
        quantity(5, "W").to("m")


@given(figures, figures, units)
def test_what_is_added_can_be_taken_away(a: Fraction, b: Fraction, unit: str) -> None:
    x, y = quantity(a, unit), quantity(b, unit)
    assert (x + y - y).value == x.value
    assert (x - y).value == (-(y - x)).value
    assert (x + y).value == (y + x).value


@given(figures, units)
def test_there_and_back(a: Fraction, unit: str) -> None:
    assert quantity(a, unit).exact(unit) == a


@given(figures, units, units)
def test_units_of_one_kind_convert_exactly(a: Fraction, one: str, other: str) -> None:
    x = quantity(a, one)
    if (unit_of(one) or ((), 0))[0] != (unit_of(other) or ((), 1))[0]:
        with pytest.raises(DimensionError):
            x.exact(other)
        return
    assert quantity(x.exact(other), other).value == x.value


@given(figures, figures.filter(bool), units, units)
def test_what_is_multiplied_can_be_divided(a: Fraction, b: Fraction, one: str, other: str) -> None:
    x, y = quantity(a, one), quantity(b, other)
    assert (x * y / y).value == x.value
    assert (x * y / y).dimension == x.dimension
    assert (x * y).dimension == (y * x).dimension


@given(figures, units, units)
def test_a_compound_unit_is_a_quotient(a: Fraction, one: str, other: str) -> None:
    compound, quotient = quantity(a, f"{one}/{other}"), quantity(a, one) / quantity(1, other)
    assert (compound.value, compound.dimension) == (quotient.value, quotient.dimension)


@given(figures, figures)
def test_temperatures_differ_in_kelvin(a: Fraction, b: Fraction) -> None:
    x, y = quantity(a, "degC"), quantity(b, "degC")
    assert x - y == Quantity(a - b, (("K", 1),), "K")
    assert (y + (x - y)).value == x.value


@given(figures, units)
def test_every_figure_prints(a: Fraction, unit: str) -> None:
    assert str(quantity(a, unit)).endswith(unit)
