"""One token changed in a real design: the fault is reported where it is, and nearly always once."""

from __future__ import annotations

import pytest

from tests.dsl.mutants import Verdict, mutants, verdict

_COUNT = 2_400


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [verdict(one) for one in mutants(2026, _COUNT)]


def test_enough_of_them_are_faulty(verdicts: list[Verdict]) -> None:
    assert sum(v.reports > 0 for v in verdicts) >= 2_000


def test_the_first_report_is_within_a_line_of_the_fault(verdicts: list[Verdict]) -> None:
    faulty = [v for v in verdicts if v.reports]
    assert sum(v.distance <= 1 for v in faulty) >= 0.99 * len(faulty)


def test_there_is_one_report(verdicts: list[Verdict]) -> None:
    faulty = [v for v in verdicts if v.reports]
    assert sum(v.reports == 1 for v in faulty) >= 0.97 * len(faulty)
