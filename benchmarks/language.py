"""The language's own benchmark: parsing against python-hcl2 on the same content, and what checking a long design costs.

    python benchmarks/language.py

Processor time, the best of several runs, both sides in the same run.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import hcl2

from rackc.dsl.format import format_text
from rackc.dsl.parser import parse
from rackc.dsl.source import Source

ROOT = Path(__file__).parents[1]
LINES = 10_000

#: One tray in both notations, line by line: attributes, a list, a call, an expression, a comprehension, a comment.
RACK = """tray T{n}: Base {{
  # a tray of accelerators
  height = 1
  tdp    = 1200 W
  model  = "GB200-{n}"
  sizes  = [64 GiB, 96 GiB, 128 GiB]
  gpu[4]: B200(power = 1200 W, memory = 192 GB)
  total  = sum(gpu[*].tdp) * 2 + base * 3
  names  = [x.name for x in gpu if x.tdp > 100]
}}
"""
HCL = """resource "tray" "T{n}" {{
  # a tray of accelerators
  height = 1
  tdp    = 1200
  model  = "GB200-{n}"
  sizes  = [64, 96, 128]
  gpu    = b200(1200, 192)
  total  = sum(gpu[*].tdp) * 2 + base * 3
  names  = [for x in gpu : x.name if x.tdp > 100]
}}
"""


def cpu(run: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time of several runs, seconds."""
    found = []
    for _ in range(times):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return min(found)


def parsing() -> None:
    """Text to tree, 10,000 lines, beside python-hcl2 on the same content."""
    count = LINES // RACK.count("\n")
    rack = "".join(RACK.format(n=n) for n in range(count))
    hcl = "".join(HCL.format(n=n) for n in range(count))
    assert rack.count("\n") == hcl.count("\n") == LINES
    source = Source("bench.rack", rack)
    assert not parse(source).diagnostics
    ours, theirs = cpu(lambda: parse(source)), cpu(lambda: hcl2.loads(hcl), 1)
    formatting = cpu(lambda: format_text(source), 1)
    print(f"formatting {LINES:,} lines: {formatting:.2f} s, {formatting / ours:.1f} x parsing")
    print(f"parsing {LINES:,} lines: {ours:.2f} s, python-hcl2 {theirs:.2f} s: {theirs / ours:.1f} times as fast")


def checking() -> None:
    """A design of 1,000 lines beside an empty one, whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        empty, long = Path(folder) / "empty.rack", Path(folder) / "long.rack"
        empty.write_text("part P { }\ndesign Main { p: P }\n", encoding="utf-8")
        long.write_text(_long(), encoding="utf-8")
        lines = long.read_text(encoding="utf-8").count("\n")
        least, more = _check(empty), _check(long)
    print(f"checking {lines:,} lines: {more:.2f} s, an empty design {least:.2f} s: {more - least:.2f} s over it")


def _long() -> str:
    """Return a design of 1,000 lines: trays of their own, all different, in racks wired to switches."""
    head = "edition 2026\nfrom std.carriers import BoardTrace\nfrom std.interfaces import Pcie5\n"
    parts = 'part Gpu(power = 300 W) { role = "gpu"; tdp = power; port pcie: Pcie5(lanes = 16, connector = "board") }\n'
    parts += 'part Cpu(n) { role = "cpu"; tdp = 200 W; port pcie[n]: Pcie5(lanes = 16, connector = "board") }\n'
    trays = "".join(
        f"tray T{n} {{\n  height = 1 U\n  mass   = {20 + n % 7} kg\n  let gpus = {2 + n % 3}\n  cpu: Cpu(gpus)\n  gpu[gpus]: Gpu({300 + n} W)\n"
        f"  connect cpu.pcie -- gpu[*].pcie : BoardTrace by round_robin\n  for i in 0..<gpus {{ require gpu[i].tdp >= 300 W }}\n"
        f'  require sum(gpu[*].tdp) <= {(310 + n) * 4} W, "too hot"\n}}\n'
        for n in range(90)
    )
    racks = "".join(
        f"rack R{r}: std.racks.Eia48 {{\n"
        + "".join(f"  t{n}: T{r * 30 + n} at u({n + 1})\n" for n in range(30))
        + "}\n"
        for r in range(3)
    )
    return f"{head}{parts}{trays}{racks}design Main {{ a: R0; b: R1; c: R2 }}\n"


def _check(path: Path) -> float:
    """Return the least processor time of `rackc check` in a process of its own."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "rackc", "check", str(path)], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


if __name__ == "__main__":
    parsing()
    checking()
