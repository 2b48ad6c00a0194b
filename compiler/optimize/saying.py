"""Requirements and amounts in the words and units of a design."""

from __future__ import annotations

from rackc.compiler.optimize.problem import Limit, Loss, PoolProblem, Requirement


def plural(count: int, noun: str) -> str:
    """Return "1 link", "2 links", "2 switches", "2 shelves"."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("shelf"):
        return f"{count:,} {noun[:-1]}ves"
    return f"{count:,} {noun}{'es' if noun.endswith('ch') else 's'}"


def usd(cents: int) -> str:
    """Return an amount of money in whole USD, rounded up."""
    return f"{-(-cents // 100):,} USD"


def amount_said(limit: Limit) -> str:
    """Return what a budget allows, with its unit, in the form of the language."""
    match limit.measure:
        case "cost":
            return f"{_decimal(limit.most, 100)} USD"
        case "power":
            return f"{_decimal(limit.most, 1000)} W"
        case "cable.length":
            return f"{_decimal(limit.most, 1000)} m"
        case "capacity":
            return f"{limit.most:_} GiB"
        case "controllers" | "links":
            return f"{limit.most:_}"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    return f"{whole:_}" if not part else f"{whole:_}.{part:0{len(str(unit)) - 1}}".rstrip("0")


def budget_said(limit: Limit) -> str:
    """Return a budget as a pool states it."""
    return f"{limit.measure} <= {amount_said(limit)}"


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
