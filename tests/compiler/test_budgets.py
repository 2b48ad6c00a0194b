"""Rules that bound a figure of a pool are budgets of the optimizer; all others are rules alone."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rackc
from rackc.compiler.budgets import limit_of
from rackc.compiler.choices import Choices
from rackc.compiler.modules import design_of, link_modules
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Conflict, Limit, Loss, PoolDecision, PoolProblem, Sharing
from rackc.compiler.pipeline import Elaborated, elaborate
from rackc.compiler.settings import DEFAULTS
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source
from rackc.dsl.units import Quantity, number
from rackc.loader import FileLoader
from tests.optimize.samples import pool

_DESIGN = """edition 2026
from std.memory import rdimm_64
from std.servers import CxlHost
from std.shelves import CxlShelf
from std.cables import CxlCopper8
from astera.leo import LeoA1000

rack P: std.racks.Eia48 {{
  host[2]: CxlHost at u(1, 5)
  jbom: CxlShelf(slots = 4, card = LeoA1000) at u(9)
  most = 900 W
  pool kv {{
    members = host[*]; controllers = jbom.card[*]; modules = [rdimm_64]; cables = [CxlCopper8]
    demand = W.d
    {own}
  }}
  {rack}
}}
workload W {{ demand d: Steady(100 GiB) by cpu }}
policy Ci {{ {policy} }}
design Main {{ rack: P; load: W; policy: Ci; {racks} }}
"""


def _text(**where: str) -> str:
    return _DESIGN.format(**{name: where.get(name, "") for name in ("own", "rack", "policy", "racks")})


def _done(**where: str) -> Elaborated:
    program = link_modules(Source("<text>", _text(**where)), FileLoader(Path()))
    design = design_of(program, "")
    assert not isinstance(design, Diagnostic)
    done = elaborate(program, design, Choices({}, {}), DEFAULTS)
    assert not done.failed, [d.message for d in done.diagnostics]
    return done


def most_of_stranded(problem: PoolProblem, op: str, share: Quantity) -> int:
    limit = limit_of(problem, "stranded", op, share)
    assert limit is not None
    return limit.most


def _limits(**where: str) -> tuple[Limit, ...]:
    """Return the budgets of the first pool."""
    return _done(**where).posed[0].problem.limits


@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        ("kv.cost <= 60_000 USD", Limit("cost", 6_000_000)),
        ("kv.cost < 60_000 USD", Limit("cost", 5_999_999)),
        ("60_000 USD >= kv.cost", Limit("cost", 6_000_000)),
        ("60_000.005 USD > kv.cost", Limit("cost", 6_000_000)),
        ("kv.power <= most", Limit("power", 900_000)),
        ("kv.power <= 0.9 kW", Limit("power", 900_000)),
        ("kv.capacity < 1 TiB", Limit("capacity", 1_023)),
        ("kv.capacity < 1000.5 GiB", Limit("capacity", 1_000)),
        ("kv.controllers <= 2 + 1", Limit("controllers", 3)),
        ("kv.stranded <= 20 %", Limit("capacity", 250, (1, 5))),
        ("kv.stranded < 20 %", Limit("capacity", 249, (1, 5))),
        ("kv.stranded <= 21 %", Limit("capacity", 253, (21, 100))),
    ],
)
def test_a_bound_of_one_figure_is_a_budget(rule: str, limit: Limit) -> None:
    assert _limits(rack=f"require {rule}") == (limit,)
    in_design = rule.replace("kv.", "rack.kv.").replace("most", "900 W")
    assert _limits(policy=f"require {in_design}") == (limit,)


@pytest.mark.parametrize(
    "rule",
    [
        "kv.cost >= 60 USD", "kv.cost * 2 <= 60_000 USD", "kv.cost <= 60_000 USD or most > 1 W", "kv.power <= power.peak",
        "kv.cost + 1 USD <= 60_000 USD", "kv.stranded <= 100 %", "not (kv.cost > 60_000 USD)", "most <= 900 W",
        "kv.power <= kv.power",
    ],
)  # fmt: skip
def test_anything_else_is_a_rule_alone(rule: str) -> None:
    assert _limits(rack=f"require {rule}") == ()


def test_a_preference_is_no_budget() -> None:
    assert _limits(rack="prefer kv.cost <= 60_000 USD weight 3") == ()


def test_parts_of_an_and_stand_for_themselves_behind_the_pools_own_bounds() -> None:
    limits = _limits(own="power <= 700 W", rack="require kv.cost <= 9 USD and kv.controllers <= 3 and most > 1 W")
    assert limits == (Limit("power", 700_000), Limit("cost", 900), Limit("controllers", 3))


def test_a_rule_of_a_rack_holds_for_the_pool_of_each() -> None:
    done = _done(rack="require kv.cost <= 9 USD", policy="require other.kv.power <= 1 W", racks="other: P;")
    assert {posed.address: posed.problem.limits for posed in done.posed} == {
        "rack.kv": (Limit("cost", 900),),
        "other.kv": (Limit("cost", 900), Limit("power", 1_000)),
    }


def test_a_broken_budget_is_a_conflict_at_its_rule() -> None:
    text = _text(rack="require kv.power <= 80 W")
    result = rackc.compile(text)
    (found,) = [d for d in result.diagnostics if d.is_error]
    assert found.code == "E0708"
    assert "`power <= 80 W`" in found.message
    assert "require kv.power <= 80 W" in {text[label.span.start : label.span.end] for label in (found.at, *found.also)}


def test_a_budget_that_holds_is_still_a_rule() -> None:
    held = [rackc.compile(_text(rack=rule)).rules_held for rule in ("", "require kv.power <= 1 kW")]
    assert held[1] == held[0] + 1


@given(st.integers(1, 4_000), st.fractions(0, Fraction(99, 100), max_denominator=500), st.booleans())
def test_stranded_as_a_capacity(fullest: int, share: Fraction, strict: bool) -> None:
    """The greatest capacity keeps the share, one GiB more does not; both above the demand, as every pool is."""
    problem = replace(pool(((fullest,),)), limits=())
    most = most_of_stranded(problem, "<" if strict else "<=", number(share))

    def keeps(capacity: int) -> bool:
        stranded = Fraction(capacity - fullest, capacity)
        return stranded < share if strict else stranded <= share

    assert most < 1 or keeps(most)
    assert not keeps(most + 1)


def test_stranded_counts_copies_and_what_is_shared_as_held() -> None:
    """As the report does: a pool at exactly the bound keeps the rule, and the rule alone would refuse one GiB more."""
    problem = replace(
        pool(((60, 40), (50, 20))), sharing=(Sharing("s", (0, 1)),), shared_gib=((10,), (50,)),
        losses=(Loss("controller", 1, "data"),),
    )  # fmt: skip
    assert most_of_stranded(problem, "<=", number(Fraction(1, 5))) == 300
    plain = replace(problem, losses=(), sharing=(), shared_gib=())
    assert most_of_stranded(plain, "<=", number(Fraction(1, 5))) == 125


@pytest.mark.parametrize("own", ["", "survive 1 controller for data"])
def test_the_report_agrees(own: str) -> None:
    """The share that a pool comes to, as its own bound, is the capacity that it has."""
    plan = rackc.compile(_text(own=own)).plan
    report = rackc.compile(_text(own=own)).report
    assert plan is not None
    assert report is not None
    share = Fraction(report.pools[0].stranded_gib, plan.pools[0].capacity_gib)
    problem = _done(own=own).posed[0].problem
    assert most_of_stranded(problem, "<=", number(share)) == plan.pools[0].capacity_gib


def test_a_bound_on_stranded_memory_goes_with_the_demand() -> None:
    """Three hosts of 64 GiB on cards of 2 x 64 and more, one of which may be lost: half is idle, whatever is asked for."""
    problem = replace(pool(((64, 64, 64),), populations=(2, 4)), gap=0.0)
    limit = limit_of(problem, "stranded", "<=", number(Fraction(1, 10)))
    assert limit is not None
    answer = solve_pool(replace(problem, limits=(limit,)))
    assert isinstance(answer, Conflict)
    assert answer.relaxations
    assert not any("capacity" in one for one in answer.relaxations)
    assert any("stranded <= " in one for one in answer.relaxations)
    share = next(Fraction(found) for one in answer.relaxations if (found := _share(one)))
    wide = limit_of(problem, "stranded", "<=", number(share / 100))
    assert wide is not None
    assert isinstance(solve_pool(replace(problem, limits=(wide,))), PoolDecision)


def _share(said: str) -> str:
    found = re.search(r"stranded <= ([\d.]+) %", said)
    return found.group(1) if found else ""
