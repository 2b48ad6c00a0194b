"""The candidate rules that the facts imply, R1 to R30: each has a file in the corpus that breaks it and nothing else."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[1] / "corpus"
with Path(__file__).with_name("rules.csv").open(encoding="utf-8") as file:
    RULES = {row["rule"]: row["codes"].split() for row in csv.DictReader(file)}


@cache
def alone() -> dict[str, list[str]]:
    """Return the files that expect findings of one code and of no other; the corpus's runner holds them to it."""
    found = defaultdict(list)
    for path in sorted(CORPUS.glob("*/*.rack")):
        codes = set(re.findall(r"# (?:error|warning|note): ([EWN]\d{4})", path.read_text(encoding="utf-8")))
        if len(codes) == 1:
            found[codes.pop()].append(path.stem)
    return found


def test_there_are_thirty() -> None:
    assert list(RULES) == [f"R{n}" for n in range(1, 31)]


@pytest.mark.parametrize(("rule", "code"), [(rule, code) for rule, codes in RULES.items() for code in codes])
def test_a_file_breaks_exactly_this_rule(rule: str, code: str) -> None:
    assert alone()[code], f"no file of {rule} expects {code} alone"
