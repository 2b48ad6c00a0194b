"""Where the verdict turns: prices of controllers and modules, and the memory asked for, each scaled by itself.

The cost of the best pool is concave and piecewise linear in a price: the least of one line a design. So the line of the
design at hand is above it everywhere, and the crossing of that line with the cheapest rival, where the pool is solved again, gives
the next design and the next crossing, ever nearer (Dinkelbach, Management Science 13(7), 1967). Rivals are exact at every price.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, Literal

from rackc.compiler.comparison import Flip, Scaled
from rackc.compiler.optimize.compare.pools import Solved
from rackc.compiler.optimize.compare.rated import Rivals
from rackc.compiler.optimize.compare.scaling import PRICES, WITHIN, Line, line, scaled
from rackc.compiler.optimize.floor import least_floor
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.problem import PoolDecision, PoolProblem

#: Solves for one flip of a price, and of demand; a gain that is none; crossings of demand that are one.
_SOLVES: Final = 3
_SOLVES_DEMAND: Final = 6
_NEAR: Final = 0.0005
_ALIKE: Final = 0.02

#: Steps in which a factor is looked through, and halvings of a step that holds a crossing.
_STEPS: Final = 16
_HALVINGS: Final = 12


def flips(problem: PoolProblem, decision: PoolDecision, pays: bool, solved: Solved) -> tuple[Flip, ...]:
    """Return, for each thing that may be scaled, where the verdict turns: at most once up and once down."""
    found: list[Flip] = []
    for of in PRICES:
        found += _of_price(problem, decision, pays, of, solved)
    return (*found, *_of_demand(problem, decision, pays, solved))


# ---------------------------------------------------------------- prices


def _of_price(
    problem: PoolProblem, decision: PoolDecision, pays: bool, of: Scaled, solved: Solved
) -> Iterator[Flip]:  # fmt: skip
    """Yield the nearest crossings down and up, or one row that says there is none."""
    search = _Prices(problem, decision, pays, of, solved)
    found = [flip for end in (1 / WITHIN, WITHIN) if (flip := search.towards(end)) is not None]
    yield from found or [Flip(of, None)]


class _Prices:
    """The search for crossings of one price: the designs met, as lines whose least lies above the best pool everywhere."""

    def __init__(self, problem: PoolProblem, decision: PoolDecision, pays: bool, of: Scaled, solved: Solved) -> None:
        self._problem, self._decision, self._pays, self._of, self._solved = problem, decision, pays, of, solved
        self._lines = [line_of(problem, decision, of)]
        self._rivals = Rivals(problem)

    def towards(self, end: float) -> Flip | None:
        """Return the first crossing on the way from what is stated to `end`, None where there is none."""
        for _ in range(_SOLVES):
            here = _first(self._turned, end)
            if here is None and (self._pays or not self._could_turn(end)):
                return None
            at = end if here is None else here
            better = self._solved.answer(scaled(self._problem, self._of, at))
            if not isinstance(better, PoolDecision):
                break
            known, line = self._cost(at), line_of(self._problem, better, self._of)
            self._lines.append(line)
            if known - line.at(at) <= _NEAR * known:
                break
        crossing = _first(self._turned, end)
        return (
            None if crossing is None else _flip(self._problem, self._decision, self._pays, self._of, crossing, end > 1)
        )

    def _cost(self, factor: float) -> float:
        return min(line.at(factor) for line in self._lines)

    def _turned(self, factor: float) -> bool:
        """Whether the verdict of the designs met so far differs from the one at what is stated."""
        there = scaled(self._problem, self._of, factor)
        found = self._rivals.pays(there, self._cost(factor), self._of, factor)
        return found is not None and found != self._pays

    def _could_turn(self, factor: float) -> bool:
        """Whether the closed form, which no pool is below, would pay."""
        there = scaled(self._problem, self._of, factor)
        floor = _estimate(there)
        return floor is not None and self._rivals.pays(there, floor, self._of, factor) is True


def _estimate(problem: PoolProblem) -> int | None:
    """Return the least that any pool for this problem costs, in cents; None where none is possible."""
    return least_floor(problem, needs(problem), "cost")


def line_of(problem: PoolProblem, decision: PoolDecision, of: Scaled) -> Line:
    """Return what a design costs at any price, by prices as the problem states them."""
    sites = {one.address: problem.sites[one.site] for one in problem.controllers}
    prices = {one.name: one.cost_cents for one in problem.modules}
    cable = sum(link.cable.cost_cents for link in decision.links)
    cards = sum(
        sites[one.address].cost_cents + len(one.devices) * sites[one.address].device_cost_cents
        for one in decision.controllers
    )
    modules = sum(one.modules * max(len(one.devices), 1) * prices[one.module] for one in decision.controllers)
    return line(of, cards, modules, cable)


def _first(test: Callable[[float], bool], end: float, start: float = 1.0) -> float | None:
    """Return the factor nearest to `start` on the way to `end` for which a test holds, to a thousandth; None where none does."""
    before = start
    for step in range(1, _STEPS + 1):
        here = start * (end / start) ** (step / _STEPS)
        if test(here):
            return _between(test, before, here)
        before = here
    return None


def _between(test: Callable[[float], bool], out: float, there: float) -> float:
    for _ in range(_HALVINGS):
        middle = math.sqrt(out * there)
        out, there = (out, middle) if test(middle) else (middle, there)
    return float(f"{there:.4g}")


def _flip(problem: PoolProblem, decision: PoolDecision, pays: bool, of: Scaled, factor: float, up: bool) -> Flip:
    cents = _stated(problem, decision, of)
    return Flip(of, factor, "above" if up else "below", "do not pool" if pays else "pool",
                None if cents is None else round(cents * factor))  # fmt: skip


def _stated(problem: PoolProblem, decision: PoolDecision, of: Scaled) -> int | None:
    """Return the price that is scaled, of what is fitted first."""
    if of == "demand" or not decision.controllers:
        return None
    first = decision.controllers[0]
    if of == "module price":
        return next(one.cost_cents for one in problem.modules if one.name == first.module)
    site = problem.sites[next(one.site for one in problem.controllers if one.address == first.address)]
    return site.device_cost_cents if first.devices else site.cost_cents


# ---------------------------------------------------------------- demand


def _of_demand(problem: PoolProblem, decision: PoolDecision, pays: bool, solved: Solved) -> Iterator[Flip]:
    """Yield the nearest crossings of demand that were found, or one row that says there is none.

    The cost in between is not known in closed form: the closed-form bound, raised by as much as it is below the cost where a pool
    was solved last, says where to solve next. What is reported was solved there, unless it says that it is by the closed form.
    """
    found = [
        flip for end in (1 / WITHIN, WITHIN) if (flip := _demand(problem, decision, pays, end, solved)) is not None
    ]
    yield from found or [Flip("demand", None, closed_form=True)]


def _demand(problem: PoolProblem, decision: PoolDecision, pays: bool, end: float, solved: Solved) -> Flip | None:
    floor = _estimate(problem)
    above = decision.cost_cents / floor if floor else 1.0

    def turned(factor: float) -> bool:
        there = scaled(problem, "demand", factor)
        least = _estimate(there)
        return least is not None and _turns(there, least * above, pays)

    stays, turns, told = 1.0, None, None
    for _ in range(_SOLVES_DEMAND):
        told = _first(turned, end if turns is None else turns, stays)
        if turns is not None and (told is None or abs(told / turns - 1) < _ALIKE):
            told = math.sqrt(stays * turns)  # modules come in whole pieces: it may turn before the bound says so
            if abs(told / turns - 1) < _ALIKE:
                break
        if told is None:
            break
        there = scaled(problem, "demand", told)
        answer, least = solved.answer(there), _estimate(there)
        if not isinstance(answer, PoolDecision) or not least:
            break
        above = answer.cost_cents / least
        if _turns(there, answer.cost_cents, pays):
            turns = told
        else:
            stays = told
    at = told if turns is None else turns
    if at is None:
        return None
    then: Literal["pool", "do not pool"] = "do not pool" if pays else "pool"
    return Flip("demand", at, "above" if end > 1 else "below", then, closed_form=turns is None)


def _turns(there: PoolProblem, cents: float, pays: bool) -> bool:
    """Whether the verdict on a pool of this cost is another one."""
    found = Rivals(there).pays(there, cents, "demand", 1.0)
    return found is not None and found != pays
