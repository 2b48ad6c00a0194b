"""Interleave sets: the bits of an address that choose the target, against the division that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackc.compiler.interleave import CAPABILITY, GRANULARITIES, WAYS, address_bits


@given(st.sampled_from(sorted(WAYS)), st.sampled_from(GRANULARITIES), st.integers(0, 2**40))
def test_the_bits_choose_the_target_but_for_the_factor_of_three(ways: int, granularity: int, address: int) -> None:
    of_two = ways // 3 if ways % 3 == 0 else ways
    bits = address_bits(ways, granularity)
    chosen = 0 if bits is None else (address >> bits[0]) & ((1 << (bits[1] - bits[0] + 1)) - 1)
    assert chosen == address // granularity % of_two


@pytest.mark.parametrize(
    ("ways", "granularity", "bits"),
    [(1, 256, None), (2, 256, (8, 8)), (3, 16384, None), (16, 16384, (14, 17)), (6, 512, (9, 9)), (12, 256, (8, 9))],
)
def test_bits_as_the_specification_counts_them(ways: int, granularity: int, bits: tuple[int, int] | None) -> None:
    """eIG + 8 to eIG + eIW + 7 with 2, 4, 8 or 16 ways; eIG + 8 to eIG + eIW - 1 with 6 or 12; none with 1 or 3."""
    assert address_bits(ways, granularity) == bits


def test_what_there_is() -> None:
    assert sorted(WAYS) == [1, 2, 3, 4, 6, 8, 12, 16]
    assert GRANULARITIES == (256, 512, 1024, 2048, 4096, 8192, 16384)
    assert {ways for ways, code in WAYS.items() if code >= 8 or ways == 16} == CAPABILITY
