"""Benchmarks: ratios against a bound or a peer in the same run, and the compiler's figures against measurements.

    python benchmarks/run.py

Machines are noisy, so times are the best of several and are given beside a reference taken in the same run.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import rackc
from rackc.compiler.analyse.flows import canonical_flows, fair_rates

ROOT = Path(__file__).parents[1]


def best(run: Callable[[], object], times: int = 5) -> float:
    """Return the least wall time of several runs, seconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def _command(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=True)


def start_up() -> None:
    """A cold check of the NVL72 against the libraries that it cannot do without."""
    bound = best(_command("-c", "import numpy, lark"))
    check = best(_command("-m", "rackc", "check", "examples/nvl72.rack"))
    print(f"cold check of nvl72.rack: {check:.2f} s, {check / bound:.1f} x importing numpy and lark ({bound:.2f} s)")


def pooling() -> None:
    """Deciding leo_pool against only checking it, and the proof."""
    path = ROOT / "examples" / "leo_pool.rack"
    check = best(lambda: rackc.compile(path, solve=False), 3)
    build = best(lambda: rackc.compile(path), 3)
    result = rackc.compile(path)
    assert result.plan is not None
    proof = result.plan.pools[0].proof
    print(f"leo_pool decided with its rivals: {build:.2f} s, {build / check:.1f} x the check ({check:.2f} s); "
          f"gap {proof.gap:.2%}, effort {proof.effort:g}")  # fmt: skip


def against_measurements() -> None:
    """What the compiler says of an NVL72 against public measurements of one."""
    with (ROOT / "benchmarks" / "measured.csv").open(encoding="utf-8") as file:
        measured = {row["what"]: row for row in csv.DictReader(file)}
    plan = rackc.compile(ROOT / "examples" / "nvl72.rack").plan
    assert plan is not None
    scenario = next(s for s in canonical_flows(plan) if s.name == "gpu-to-gpu")
    rate = fair_rates(plan, scenario.flows)[0]
    ring_ms = 2 * 71 / 72 * 2**30 / rate * 1e3
    reduce, copy = measured["all-reduce"], measured["gpu-to-gpu copy"]
    print(f"all-reduce of 1 GiB over 72 GPUs: ring bound {ring_ms:.3f} ms, measured {reduce['low']} to {reduce['high']} "
          f"{reduce['unit']}: the bound is {1 - ring_ms / float(reduce['low']):.0%} to "
          f"{1 - ring_ms / float(reduce['high']):.0%} below")  # fmt: skip
    print(f"GPU to GPU: {rate / 1e9:.0f} GB/s by line rate, measured {copy['low']} {copy['unit']}: "
          f"{rate / 1e9 / float(copy['low']) - 1:.0%} above")  # fmt: skip


if __name__ == "__main__":
    start_up()
    pooling()
    against_measurements()
