"""Rows that both formulations of the pool share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ortools.sat.python import cp_model

from rackc.compiler.optimize.counting import least_total


@dataclass(frozen=True, slots=True)
class Counted:
    """Some cards: how many (`cards`, at most `most`) and the quanta they hold (`held`), as expressions."""

    name: str
    cards: cp_model.LinearExpr
    held: cp_model.LinearExpr
    most: int


def weighted(terms: Iterable[tuple[int, cp_model.IntVar]]) -> cp_model.LinearExpr:
    """Return sum of coefficient * variable; an expression also where there are no terms."""
    listed = list(terms)
    return cp_model.LinearExpr.weighted_sum([variable for _, variable in listed], [factor for factor, _ in listed])


def total(variables: Iterable[cp_model.IntVar]) -> cp_model.LinearExpr:
    """Return the sum of variables."""
    return weighted((1, variable) for variable in variables)


def hold_by_count(model: cp_model.CpModel, counted: Counted, demand: int, levels: tuple[int, ...], lost: int) -> None:
    """With k cards chosen one-hot: cards = sum of k * chosen[k], held >= sum of least_total(k, demand) * chosen[k].

    With k equal cards one of which may be lost this is demand * k / (k - 1); the exact value also knows the levels.
    """
    chosen: list[tuple[int, int, cp_model.IntVar]] = []
    for count in range(1, counted.most + 1):
        least = least_total(count, demand, levels, lost)
        if least is not None:
            chosen.append((count, least, model.new_bool_var(f"{counted.name}_{count}")))
    model.add(total(one for _, _, one in chosen) == 1)
    model.add(counted.cards == weighted((count, one) for count, _, one in chosen))
    model.add(counted.held >= weighted((least, one) for _, least, one in chosen))
