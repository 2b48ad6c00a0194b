"""How far the headline numbers are to be trusted: each is no better than the weakest figure that it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from rackc.compiler.analyse.power import SOURCES, Loads
from rackc.compiler.analyse.report import Backing
from rackc.compiler.columns import Flags
from rackc.compiler.plan import Confidence, Figure, Interval, PartType, Plan
from rackc.dsl.units import Quantity

#: Weakest first; a figure whose author names no source counts as the author's word.
ORDER: Final[tuple[Confidence, ...]] = get_args(Confidence)

#: What each headline number is made of, by attribute; bandwidth counts by protocol.
MADE_OF: Final[Mapping[str, frozenset[str]]] = {
    "mass": frozenset(("mass",)),
    "power": frozenset(("tdp", "peak", "power_budget", "transient")),
    "supply": frozenset(("rating", "supplies", "supply_rating", "overload", "efficiency")),
    "cooling": frozenset(("liquid", "coolant_rise", "coolant_density", "coolant_heat", "air_rise")),
    "cost": frozenset(("price", "prices")),
    "memory": frozenset(("hbm", "memory", "capacity")),
    "latency": frozenset(("latency", "delay", "retimers", "retimer_latency")),
    "demand": frozenset(("local", "slice", "layers", "kv_heads", "head_dim", "latent", "rope")),
    "recompute": frozenset(("prefill", "layers", "kv_heads", "head_dim", "latent", "rope")),
}
#: What only workloads and their models state.
OF_WORKLOADS: Final = MADE_OF["demand"] | MADE_OF["recompute"]
#: What a controller gives is behind what its links carry.
_OF_CONTROLLERS: Final = ("read_bandwidth", "write_bandwidth")


@dataclass(frozen=True, slots=True)
class _Stated:
    """A figure in use: `count` things have it. `carries` is the protocol whose bandwidth it is of."""

    part: str
    name: str
    figure: Figure
    count: int
    carries: str = ""

    @property
    def weight(self) -> float:
        """How much it contributes, in base units: what to name first of figures that are equally weak."""
        values = self.figure.value if isinstance(self.figure.value, tuple) else (self.figure.value,)
        ends = [v.typ if isinstance(v, Interval) else v for v in values]
        return self.count * max((float(v.value) for v in ends if isinstance(v, Quantity)), default=0.0)


def backings(plan: Plan, load: Loads, workloads: Iterable[PartType]) -> tuple[Backing, ...]:
    """Return, for each headline number, the weakest confidence of the figures that it is made of."""
    stated = tuple(_stated(plan, load, workloads))
    behind = {
        headline: [one for one in stated if one.name in names and not one.carries]
        for headline, names in MADE_OF.items()
    }
    for protocol in sorted({one.carries for one in stated} - {""}):
        behind[f"{protocol} bandwidth"] = [one for one in stated if one.carries == protocol]
    return tuple(_weakest(headline, rows) for headline, rows in behind.items() if rows)


def _weakest(headline: str, rows: list[_Stated]) -> Backing:
    weakest = min((row.figure.confidence for row in rows), key=ORDER.index)
    alike: dict[str, _Stated] = {}
    for row in rows:
        if row.figure.confidence == weakest:
            alike.setdefault(f"{row.part}.{row.name}", row)
    name, first = min(alike.items(), key=lambda pair: (-pair[1].weight, pair[0]))
    return Backing(headline, weakest, name, shown(first.figure.value), first.figure.source, len(alike) - 1)


def shown(value: object) -> str:
    """Return the value of a figure in words."""
    return ", ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------- figures in use


def _stated(plan: Plan, load: Loads, workloads: Iterable[PartType]) -> Iterator[_Stated]:
    yield from _of_parts(plan, load)
    yield from _of_links(plan)
    fitted: Counter[int] = Counter()
    modules: dict[int, PartType] = {}
    for controller in (c for pool in plan.pools for c in pool.controllers if c.module is not None):
        assert controller.module is not None
        modules[id(controller.module)] = controller.module
        fitted[id(controller.module)] += controller.modules
    for key, module in modules.items():
        yield from (_Stated(module.name, name, figure, fitted[key]) for name, figure in module.figures.items())
    for work in workloads:
        yield from (_Stated(work.name, name, f, 1) for name, f in work.figures.items() if name in OF_WORKLOADS)


def _of_parts(plan: Plan, load: Loads) -> Iterator[_Stated]:
    of = plan.columns
    counts = np.bincount(of.part[of.populated], minlength=len(of.parts))
    drawing = np.bincount(of.part[of.populated & ~_budgeted(plan, load)], minlength=len(of.parts))
    for part, count, drawn in zip(of.parts, counts.tolist(), drawing.tolist(), strict=True):
        for name, figure in part.figures.items():
            feeds = part.role in SOURCES or name not in MADE_OF["supply"]
            things = drawn if name in ("tdp", "peak") else count
            if things and feeds and name not in OF_WORKLOADS:
                yield _Stated(part.name, name, figure, things, "CXL" if name in _OF_CONTROLLERS else "")


def _budgeted(plan: Plan, load: Loads) -> Flags:
    """Which instances have their own draw left out, since a budget stands for it: their own, or that of what holds them."""
    of = plan.columns
    budget = of.figure("power_budget", "W", "high")
    covered = np.nan_to_num(budget, nan=-1.0) >= load.peak * (1 - 1e-9)
    covered &= ~np.isnan(budget)
    for level in range(1, int(of.depth.max(initial=0)) + 1):
        at = np.flatnonzero(of.depth == level)
        covered[at] |= covered[of.parent[at]]
    return covered


def _of_links(plan: Plan) -> Iterator[_Stated]:
    """Yield figures of what carries links, and of the ports that links join."""
    of = plan.columns
    for at, count in enumerate(np.bincount(of.carrier, minlength=len(plan.carriers)).tolist()):
        part = plan.carriers[at].part
        yield from (_Stated(part.name, name, figure, count) for name, figure in part.figures.items() if count)
    joined = np.bincount(of.interface[np.concatenate((of.a, of.b))], minlength=len(of.interfaces))
    for kind, count in zip(of.interfaces, joined.tolist(), strict=True):
        for name in ("bandwidth", "efficiency"):
            if count and name in kind.figures:
                yield _Stated(kind.name, name, kind.figures[name], count, kind.protocol)
