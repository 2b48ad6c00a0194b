"""What the report says of a decided pool, against the Plan that it is made of."""

from __future__ import annotations

import re

from rackc.api import compile
from rackc.backends.report.pools import in_detail
from rackc.compiler.pipeline import Result
from tests.examples.building import ROOT


def built(name: str) -> Result:
    result = compile(ROOT / "tests" / "corpus" / "solve" / f"{name}.rack")
    assert result.plan is not None
    assert result.report is not None
    return result


def test_it_says_which_number_of_links_costs_least() -> None:
    result = built("pool_of_more_links_than_pay")
    assert result.plan is not None
    assert result.report is not None
    (pool,) = result.plan.pools
    told = "\n".join(in_detail(result.plan, pool, result.report, lambda _report, _name: ""))
    best = min((row for row in pool.by_links if not row.why), key=lambda row: row.cost_cents)
    less = (pool.cost_cents - best.cost_cents) / 100
    assert re.search(
        rf"least cost: {best.links} links? a host, {less:,.0f} USD less than the pool as it is to be", told
    )
    for row in pool.by_links:
        name = str(row.links) if row.links else "no pool"
        assert re.search(
            rf"^  {name} +{row.devices:,} +{row.gib:,} GiB +{row.cost_cents / 100:,.0f} USD", told, re.MULTILINE
        ), told
