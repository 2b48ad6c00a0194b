"""Pools proved: gap, effort and memory of the optimizer on racks of 8 and 18 hosts, and on fleets of racks side by side.

    python benchmarks/pooling.py [NAME …]

Demand is the KV cache of running requests of the Mooncake trace, a stand-in as in pods.py: 24 slices of 150 s, each host's
greatest in it, dealt out anew in every slice. Each instance is solved in a process of its own, and of fleets two racks at
a time; printed is the wall time as a share of what is allowed, which is stated for two cores.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pods import demand, mooncake

from rackc.compiler.combine import build
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import (
    Answer,
    Cable,
    Controller,
    Host,
    Loss,
    Module,
    PoolDecision,
    PoolProblem,
    Question,
    Site,
    Unknown,
)
from rackc.compiler.pipeline import Solver
from rackc.compiler.settings import Settings
from rackc.loader import FileLoader
from rackc.reading import read_design

ROOT = Path(__file__).parents[1]
SLICES, GIB = 24, 1 << 30
#: Hosts below and above the devices in the middle of a rack.
HOSTS_U = (1, 3, 5, 7, 9, 11, 13, 15, 17, 27, 29, 31, 33, 35, 37, 39, 41, 43)
#: GiB and cents: RDIMMs, the large ones dearer per GiB (illustrative prices, as of the library's modules).
RDIMMS = ((64, 96_000), (96, 148_800), (128, 208_000), (256, 480_000))
MOST_MB = 300


@dataclass(frozen=True)
class Shape:
    """A rack: heads of a card, ports of a host, cards by height, module counts, what cards and modules cost (cents)."""

    heads: int
    ports: int
    cards: tuple[tuple[int, int], ...]
    populations: tuple[int, ...]
    modules: tuple[tuple[int, int], ...]
    card_cents: int
    cable: Callable[[int], Cable]
    gap: float


def copper(units: int) -> Cable:
    """Return the shortest x8 copper cable for so many units of height, with 0.45 m for both ends."""
    metres = units * 0.04445 + 0.45
    length, cents = next(one for one in ((0.5, 6_000), (1.0, 8_500), (1.5, 12_000), (3.0, 20_000)) if one[0] >= metres)
    return Cable(f"x8 {length} m", round(length * 1000), round(metres * 1000), cents)


def by_height(units: int) -> Cable:
    """Return a cable of 40 USD and 4 more for each unit of height."""
    return Cable("x8", 200 + 44 * units, 44 * units, 4_000 + 400 * units)


TWO_HEADS = Shape(2, 4, ((19, 18), (23, 18)), (2, 4), RDIMMS, 150_000, copper, 0.01)
FOUR_PORTS = Shape(4, 4, ((19, 9), (23, 9)), (2, 4), RDIMMS, 150_000, copper, 0.01)
#: Hypothetical: no controller of six heads is on sale.
SIX_HEADS = Shape(
    6, 4, tuple((u, 1) for u in range(18, 27)), tuple(range(1, 17)), ((64, 30_000),), 90_000, by_height, 0.005
)


def rack(shape: Shape, instances: int, seed: int) -> PoolProblem:
    """Return a rack of 18 hosts, any one controller lost."""
    table = demand(mooncake(), 1.0, len(HOSTS_U), instances, seed)
    table = table[: len(table) // SLICES * SLICES].reshape(SLICES, -1, len(HOSTS_U)).max(axis=1)
    wanted = tuple(tuple(int(gib) for gib in row) for row in np.ceil(table / GIB))
    hosts = tuple(
        Host(f"host[{h}]", tuple(f"host[{h}].cxl[{p}]" for p in range(shape.ports)), 1) for h in range(len(HOSTS_U))
    )
    sites = tuple(
        Site(f"shelf[{s}]", shape.heads, shape.populations, 4_096, shape.card_cents, 50_000,
             tuple(shape.cable(abs(u - host)) for host in HOSTS_U), shelf=s)
        for s, (u, _) in enumerate(shape.cards)
    )  # fmt: skip
    cards = tuple(
        Controller(f"shelf[{s}].card[{c}]", tuple(f"shelf[{s}].card[{c}].head[{h}]" for h in range(shape.heads)), s)
        for s, (_, count) in enumerate(shape.cards)
        for c in range(count)
    )
    modules = tuple(Module(f"{gib} GiB", gib, cents, 6_000) for gib, cents in shape.modules)
    losses = (Loss("controller", 1),)
    return PoolProblem(f"rack{seed}", hosts, cards, sites, modules, True, wanted, losses, ("cost",), gap=shape.gap)


def leo_pool() -> PoolProblem:
    """Return the pool of the example."""
    found: list[PoolProblem] = []

    def solve(question: Question) -> Answer:
        found.append(question.problem)
        return Answer(Unknown(0.0, interrupted=False))

    path = ROOT / "examples" / "leo_pool.rack"
    solver = Solver("none", lambda questions: [solve(one) for one in questions])
    build(read_design(path), FileLoader(path.parent, path), lambda: solver, None, "", Settings({}, {}))
    return found[0]


@dataclass(frozen=True)
class Told:
    """What came of one rack."""

    objective: int
    bound: int
    estimate: int
    links_a_host: float
    peak_mb: float


def told(problem: PoolProblem) -> Told:
    """Solve one rack, in a process of its own."""
    answer = solve_pool(problem)
    assert isinstance(answer, PoolDecision), "the instances have answers"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Told(answer.objective, answer.bound, answer.estimate, len(answer.links) / len(problem.hosts), peak)


def show(name: str, problems: list[PoolProblem], most_gap: float, most_s: float) -> bool:
    """Solve racks, two at a time; print a line and return whether it is within what is allowed."""
    begun = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        found = pool.map(told, problems, chunksize=1)
    took = (time.monotonic() - begun) / most_s
    objective, bound = sum(one.objective for one in found), sum(one.bound for one in found)
    gap, estimate = 1 - bound / objective, 1 - sum(one.estimate for one in found) / objective
    links, peak = sum(one.links_a_host for one in found) / len(found), max(one.peak_mb for one in found)
    good = gap <= most_gap + 1e-9 and took <= 1 and peak <= MOST_MB and (links < 3 or estimate <= 0.02)
    print(
        f"{name:34} {objective / 100:12,.0f} USD, gap {gap:6.2%} (at most {most_gap:.1%}), {took:4.0%} of {most_s:.0f} s,"
        f" {peak:.0f} MB; {links:.1f} links a host, closed form {estimate:.2%} below{'' if good else '   MISSED'}"
    )
    return good


INSTANCES: dict[str, Callable[[], tuple[list[PoolProblem], float, float]]] = {
    "leo_pool": lambda: ([leo_pool()], 0.01, 10),
    "two heads, 18 hosts, 36 cards": lambda: ([rack(TWO_HEADS, 3, 1)], 0.01, 60),
    "four ports, 18 hosts": lambda: ([rack(FOUR_PORTS, 3, 1)], 0.01, 60),
    "six heads, 18 hosts, 9 cards": lambda: ([rack(SIX_HEADS, 1, 1)], 0.005, 30),
    "four such racks": lambda: ([rack(SIX_HEADS, 1, seed) for seed in range(1, 5)], 0.005, 90),
    "32 such racks": lambda: ([rack(SIX_HEADS, 1, seed) for seed in range(1, 33)], 0.005, 600),
}


def main(names: list[str]) -> int:
    """Solve the instances named, or all; return 1 where one misses what is allowed."""
    good = [show(name, *INSTANCES[name]()) for name in names or INSTANCES]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
