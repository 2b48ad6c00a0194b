"""Sparse pods: what shapes save on traces, and a pod of 96 hosts wired, sized and priced.

    python benchmarks/pods.py [shapes | wide | ports]

Demand is the KV cache of running requests, a stand-in: it shows how demands of many hosts add up, and is no class that a
pool can carry (see the language reference). A request holds its input and half its output, 327,680 bytes a token
(Llama-3.1-70B, 16 bits), from its arrival until it is answered: 8,000 tokens/s of prefill and 40 ms a token, no queueing.
Instances are copies of a trace, thinned, each shifted by a time of its own, so that peaks are independent. A slice of 12 s
asks for the greatest demand of each host within it, and memory is dealt out anew in every slice: an upper bound.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from rackc.compiler.combine import build
from rackc.compiler.optimize.pods.fit import Lost, Net, least_uniform
from rackc.compiler.optimize.pods.pod import solve_pod
from rackc.compiler.optimize.pods.shapes import allowed_sets
from rackc.compiler.optimize.problem import Answer, PoolDecision, PoolProblem, Question, Unknown
from rackc.compiler.pipeline import Solver
from rackc.compiler.settings import Settings
from rackc.loader import FileLoader
from rackc.reading import read_design

ROOT = Path(__file__).parents[1]
TRACES = ROOT / "examples" / "traces"
EXAMPLE = ROOT / "examples" / "wide_pod.rack"

TOKEN_BYTES = 327_680
PREFILL_PER_S, TOKEN_S = 8_000, 0.04
GRID_S, SLICE_S = 0.5, 12

Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Requests:
    """A trace: arrivals in seconds, tokens in and out."""

    arrival_s: Table
    tokens_in: Table
    tokens_out: Table


def mooncake() -> Requests:
    """Return the conversations of the Mooncake trace."""
    with gzip.open(TRACES / "conversation.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    columns = ([float(row[name]) for row in rows] for name in ("timestamp", "input_length", "output_length"))
    arrival, given, made = (np.array(column) for column in columns)
    return Requests(arrival / 1000, given, made)


def azure() -> Requests:
    """Return the conversations of the Azure trace."""
    with gzip.open(TRACES / "azure_conversation.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    times = np.array([datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows])
    given, made = (np.array([float(row[name]) for row in rows]) for name in ("ContextTokens", "GeneratedTokens"))
    return Requests(times - times[0], given, made)


def instance(trace: Requests, rate: float, draw: np.random.Generator) -> Table:
    """Return the bytes that one instance holds, each half second: a copy of the trace, thinned to a rate and shifted in time."""
    span = np.ceil(trace.arrival_s[-1] / SLICE_S) * SLICE_S
    kept = draw.random(len(trace.arrival_s)) < rate * span / len(trace.arrival_s)
    begins = (trace.arrival_s[kept] + draw.random() * span) % span
    given, made = trace.tokens_in[kept], trace.tokens_out[kept]
    ends = begins + given / PREFILL_PER_S + made * TOKEN_S
    steps = round(span / GRID_S)
    change = np.zeros(2 * steps + 1)
    held = (given + made / 2) * TOKEN_BYTES
    np.add.at(change, (begins / GRID_S).astype(np.int64), held)
    np.add.at(change, np.minimum((ends / GRID_S).astype(np.int64), 2 * steps), -held)
    total = np.cumsum(change)
    found: Table = total[:steps] + total[steps : 2 * steps]
    return found


def demand(trace: Requests, rate: float, hosts: int, instances: int, seed: int) -> Table:
    """Return the greatest bytes by slice and host."""
    draw = np.random.default_rng(seed)
    series = np.stack([sum(instance(trace, rate, draw) for _ in range(instances)) for _ in range(hosts)])
    found: Table = series.reshape(hosts, -1, round(SLICE_S / GRID_S)).max(axis=2).T
    return found


# ---------------------------------------------------------------- shapes of 13 hosts

#: Memory saved against private peaks, percent, intact and with any one device lost, as an earlier study of these traces has
#: it: 13 hosts of four ports, 13 devices of four; islands are three of four hosts and four devices.
BEFORE = {
    "Mooncake 1/s": {"islands": (27.5, 3.3), "ring": (41.4, 36.5), "block design": (41.4, 36.5), "full": (41.4, 36.5)},
    "Mooncake 0.25/s": {
        "islands": (32.6, 10.1),
        "ring": (54.6, 46.7),
        "block design": (56.0, 50.5),
        "full": (56.0, 52.4),
    },
    "Azure 2/s": {"islands": (22.3, -3.6), "ring": (34.3, 28.8), "block design": (34.3, 28.8), "full": (34.3, 28.8)},
}
HOSTS = 13


def shapes() -> dict[str, tuple[tuple[int, ...], ...]]:
    """Return the hosts of each device in the four shapes."""
    islands = tuple(some for some in allowed_sets("islands", (4,), 12, 4) for _ in range(4))
    ring, design = allowed_sets("ring", (), HOSTS, 4), allowed_sets("block_design", (), HOSTS, 4)
    assert not isinstance(ring, str) and not isinstance(design, str)
    return {"islands": islands, "ring": ring, "block design": design, "full": (tuple(range(HOSTS)),) * HOSTS}  # type: ignore[dict-item]  # no sentence


def saving(rows: Table, devices: tuple[tuple[int, ...], ...]) -> tuple[float, float]:
    """Return the share of memory saved against private peaks with devices of one size, intact and with any one lost.

    The size is exact in MiB: the greatest ratio of any set of hosts in any slice.
    """
    served = sorted({host for some in devices for host in some})
    mib = np.ceil(rows / 2**20).astype(np.int64)
    mib[:, [host for host in range(rows.shape[1]) if host not in served]] = 0
    net, private = Net(devices, rows.shape[1]), int(mib.max(axis=0).sum())
    found = []
    for losses in ((), tuple(Lost((device,)) for device in range(len(devices)))):
        least = least_uniform(net, mib, losses)
        assert least is not None
        found.append(1 - float(least) * len(devices) / private)
    return found[0], found[1]


def means(trace: Requests, rate: float, seeds: int) -> dict[str, tuple[float, float]]:
    """Return the mean saving of each shape over seeds, percent."""
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(seeds):
        rows = demand(trace, rate, HOSTS, 1, seed)
        for name, devices in shapes().items():
            found.setdefault(name, []).append(saving(rows, devices))
    return {name: tuple(100 * np.mean(some, axis=0)) for name, some in found.items()}  # type: ignore[misc]  # pairs


def compare_shapes(seeds: int = 10) -> None:
    """Print the table, and stop where it is not as before: within 4 points, in order, islands worst by 10."""
    cases = (("Mooncake 1/s", mooncake(), 1.0), ("Mooncake 0.25/s", mooncake(), 0.25), ("Azure 2/s", azure(), 2.0))
    print(f"memory saved against private peaks, %, means of {seeds} seeds; with one device lost in brackets")
    for name, trace, rate in cases:
        found = means(trace, rate, seeds)
        print(f"  {name:16}" + "  ".join(f"{shape} {now[0]:.1f} ({now[1]:.1f})" for shape, now in found.items()))
        check_shapes(found, BEFORE[name])


def check_shapes(found: dict[str, tuple[float, float]], before: dict[str, tuple[float, float]]) -> None:
    """Assert that savings are within 4 points of earlier ones, in the same order, and islands worst by 10 or more."""
    for at in (0, 1):
        order = [found[name][at] for name in ("islands", "ring", "block design", "full")]
        assert all(low <= high + 1e-9 for low, high in pairwise(order)), order
        assert order[0] <= order[1] - 10, order
        for name, earlier in before.items():
            assert abs(found[name][at] - earlier[at]) <= 4, (name, found[name], earlier)


# ---------------------------------------------------------------- 96 hosts


def posed() -> PoolProblem:
    """Return the pool of the example as a problem."""
    asked: list[PoolProblem] = []

    def hear(questions: list[Question]) -> list[Answer]:
        asked.extend(question.problem for question in questions)
        return [Answer(Unknown(0.0, False))] * len(questions)

    build(
        read_design(EXAMPLE),
        FileLoader(EXAMPLE.parent, EXAMPLE),
        lambda: Solver("nobody", hear),
        None,
        "",
        Settings({}, {}),
    )  # type: ignore[arg-type]  # lists for sequences
    return asked[0]


def wide(instances: int = 4, seed: int = 1) -> PoolProblem:
    """Return the example's hosts, candidates and cables with the demand of running requests, links left to the optimizer."""
    problem = posed()
    rows = np.ceil(demand(mooncake(), 1.0, len(problem.hosts), instances, seed) / 2**30).astype(np.int64)
    return replace(problem, demand_gib=tuple(map(tuple, rows.tolist())))


def stated(problem: PoolProblem, links: int) -> PoolProblem:
    """Return the problem where every host has so many links at least."""
    return replace(problem, hosts=tuple(replace(host, least_links=links) for host in problem.hosts))


def least_mean_mm(problem: PoolProblem, links: int) -> float:
    """Return the mean routed length of the shortest wiring with so many links a host, whoever meets whom: a bound, by flow."""
    flow, hosts = min_cost_flow.SimpleMinCostFlow(), len(problem.hosts)
    sink = hosts + len(problem.controllers)
    for number, one in enumerate(problem.controllers):
        for host, cable in enumerate(problem.sites[one.site].cables):
            if cable is not None:
                flow.add_arc_with_capacity_and_unit_cost(host, hosts + number, 1, cable.routed_mm)
        flow.add_arc_with_capacity_and_unit_cost(hosts + number, sink, problem.sites[one.site].heads, 0)
    for host in range(hosts):
        flow.set_node_supply(host, links)
    flow.set_node_supply(sink, -links * hosts)
    assert flow.solve() == flow.OPTIMAL
    return float(flow.optimal_cost()) / (links * hosts)


@dataclass(frozen=True)
class Wired:
    """What a wiring comes to: links, distinct pairs of hosts, the share of all pairs within two hops, lengths in mm."""

    links: int
    pairs: int
    near: float
    longest_mm: int
    mean_mm: float


def wired(problem: PoolProblem, decision: PoolDecision) -> Wired:
    """Count a decision's wiring, by sets and nothing of the optimizer."""
    serves: dict[str, set[int]] = {}
    for link in decision.links:
        serves.setdefault(link.controller, set()).add(link.host)
    meets: dict[int, set[int]] = {host: set() for host in range(len(problem.hosts))}
    for some in serves.values():
        for host in some:
            meets[host] |= some - {host}
    within = [b in meets[a] or not meets[a].isdisjoint(meets[b]) for a, b in combinations(meets, 2)]
    lengths = [link.cable.routed_mm for link in decision.links]
    return Wired(
        len(lengths),
        sum(map(len, meets.values())) // 2,
        sum(within) / len(within),
        max(lengths),
        sum(lengths) / len(lengths),
    )


def solved(problem: PoolProblem) -> tuple[PoolDecision, float]:
    """Return the decision and the CPU seconds it took."""
    began = time.process_time()
    decision = solve_pod(problem)
    assert isinstance(decision, PoolDecision), decision
    return decision, time.process_time() - began


def eight_ports() -> None:
    """Wire 96 hosts with eight links each, and stop where the wiring is less than it can be."""
    problem = stated(wide(), 8)
    decision, took = solved(problem)
    found, bound = wired(problem, decision), least_mean_mm(problem, 8)
    print(f"96 hosts of 8 links, {len(decision.controllers)} devices: {found.links} links of at most {found.longest_mm / 1000:.2f} m "
          f"with both loops, {found.pairs:,} distinct pairs, {found.near:.1%} of pairs within two hops, {took:.0f} CPU-s")  # fmt: skip
    print(f"  mean length {found.mean_mm / 1000:.3f} m, bound {bound / 1000:.3f} m; cost {decision.cost_cents / 100:,.0f} USD, "
          f"bound {decision.bound / 100:,.0f}")  # fmt: skip
    assert found.links == 768 and found.longest_mm <= 1_500 and found.pairs >= 1_140 and found.near >= 0.95
    assert took < 60
    for line in verdict(decision, 8):
        print(f"  {line}")


def any_ports() -> None:
    """Decide links and devices too: least cost with any one device lost."""
    problem = wide()
    decision, took = solved(problem)
    peaks = np.array(problem.demand_gib).max(axis=0).sum()
    per_gib = min(one.cost_cents / one.gib for one in problem.modules) / 100
    print(f"96 hosts, links and devices decided: {len(decision.links)} links, {len(decision.controllers)} devices, "
          f"{sum(one.gib for one in decision.controllers):,} GiB, {decision.cost_cents / 100:,.0f} USD, gap {decision.gap:.1%}, "
          f"{took:.0f} CPU-s")  # fmt: skip
    print("  links  devices      GiB        USD   saved against direct expansion   net a host against plain memory")
    for row in decision.by_links:
        saved = "" if row.saving_cents is None else f"{row.saving_cents / 100:,.0f}"
        net = (peaks * per_gib - row.cost_cents / 100) / len(problem.hosts)
        print(f"  {row.links or 'none':>5}  {row.devices:>7}  {row.gib:>7,}  {row.cost_cents / 100:>9,.0f}  {saved:>30}  {net:>+30,.0f}"
              if not row.why else f"  {row.links or 'none':>5}  {row.why}")  # fmt: skip
    for line in verdict(decision, 8):
        print(f"  {line}")
    costs = {row.links: row.cost_cents for row in decision.by_links if not row.why}
    assert min(costs, key=lambda ports: costs[ports]) < 8 <= max(costs)


def verdict(decision: PoolDecision, links: int) -> Iterator[str]:
    """Yield in words whether fewer links, or no pool, would be better."""
    rows = {row.links: row for row in decision.by_links if not row.why}
    best = min(rows.values(), key=lambda row: row.cost_cents)
    if links in rows and best.links != links:
        more = (rows[links].cost_cents - best.cost_cents) / 100
        what = f"{best.links} links a host" if best.links else "no pool, devices of its own for each host,"
        yield f"{what} would be better than {links}: {more:,.0f} USD less"


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["shapes", "wide", "ports"]
    for name, run in (("shapes", compare_shapes), ("wide", eight_ports), ("ports", any_ports)):
        if name in wanted:
            run()
