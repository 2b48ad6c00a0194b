"""Requirements and amounts in the words and units of a design."""

from __future__ import annotations

from collections.abc import Sequence

from rackc.compiler.optimize.problem import Limit, Loss, PoolProblem, Requirement


def usd(cents: int) -> str:
    """Return an amount of money in whole USD, rounded up."""
    return f"{-(-cents // 100):,} USD"


def amount_said(limit: Limit) -> str:
    """Return what a budget allows, with its unit: "1,240 W"."""
    match limit.measure:
        case "cost":
            return f"{_decimal(limit.most, 100)} USD"
        case "power":
            return f"{_decimal(limit.most, 1000)} W"
        case "cable.length":
            return f"{_decimal(limit.most, 1000)} m"
        case "capacity":
            return f"{limit.most:,} GiB"
        case "controllers" | "links":
            return f"{limit.most:,}"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    return f"{whole:,}" if not part else f"{whole:,}.{part:0{len(str(unit)) - 1}}".rstrip("0")


def budget_said(limit: Limit) -> str:
    """Return a budget as it is stated: "power <= 1_240 W", "stranded <= 10 %"."""
    if limit.stranded is not None:
        return f"stranded <= {100 * limit.stranded[0] / limit.stranded[1]:g} %"
    return f"{limit.measure} <= {amount_said(limit).replace(',', '_')}"


def promise_said(loss: Loss) -> str:
    """Return a promise as a pool states it."""
    return f"survive {loss.count} {loss.thing} for {loss.promise}"


def name_of(problem: PoolProblem, one: Requirement) -> str:
    """Return a requirement in the words that stand for it in the design."""
    match one.family:
        case "survive":
            return promise_said(problem.losses[one.which])
        case "budget":
            return budget_said(problem.limits[one.which])
        case "links":
            return f"links <= {min((host.most_links or 0 for host in problem.hosts), default=0)}"
        case "least links":
            return f"links >= {max((host.least_links for host in problem.hosts), default=0)}"
        case "isolation":
            return "isolate"
        case other:
            return other


def names_of(problem: PoolProblem, some: Sequence[Requirement]) -> str:
    """Return the names of requirements in a row: "`ports`, `demand` and `power <= 600 W`"."""
    names = [f"`{name_of(problem, one)}`" for one in some]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
