"""Cost of checking designs from one rack to a fleet, and the nearest peer at the sizes that it finishes.

    python benchmarks/scale.py [PEER_PYTHON]

Each size is a process of its own; CPU seconds are beyond those of an empty design, so that starting up does not count. The
peer needs an environment with `infragraph` (`make bench` makes one); it builds a graph, and checks nothing of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fleet import EXAMPLE, GPUS, fleet

SIZES = (14, 140, 1400)
#: The peer takes some 0.3 ms a link: a fleet would take a quarter of an hour.
PEER_SIZES = (1, 14, 140)


@dataclass(frozen=True)
class Run:
    """CPU seconds and peak memory of a process, and what it printed."""

    cpu_s: float
    peak_mb: float
    printed: str


def run(*command: str) -> Run:
    """Run a process to its end; raises where it fails."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        out.seek(0)
        printed = out.read()
    if status:
        raise SystemExit(printed)
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed)


def check(path: Path, times: int) -> Run:
    """Check a design so often, and return the run that took least."""
    command = (sys.executable, "-m", "rackc", "check", "--format", "json", str(path))
    return min((run(*command) for _ in range(times)), key=lambda one: one.cpu_s)


def links_of(path: Path) -> int:
    """Return how many links a design has; in a process of its own, since the next would inherit this one's peak memory."""
    count = "import sys, rackc; print(len(rackc.compile(sys.argv[1], solve=False).plan.links))"
    return int(run(sys.executable, "-c", count, str(path)).printed)


def main() -> None:
    """Print a table of sizes, and the peer's."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.rack")
        empty.write_text("edition 2026\ndesign Main { }\n", encoding="utf-8")
        start = check(empty, 5).cpu_s
        one = check(EXAMPLE, 5)
        print(f"starting up: {start:.2f} CPU-s")
        print(f"one NVL72 at port level: {one.cpu_s - start:.2f} CPU-s beyond it, {one.peak_mb:.0f} MB")
        print(f"{'racks':>6} {'GPUs':>8} {'links':>10} {'CPU-s':>7} {'MB':>6} {'us a link':>10} {'x the least':>12}")
        first = 0.0
        for racks in SIZES:
            path = Path(folder, f"fleet{racks}.rack")
            path.write_text(fleet(racks), encoding="utf-8")
            took = check(path, 3 if racks < 1000 else 1)
            links, spent = links_of(path), took.cpu_s - start
            first = first or spent / links
            print(f"{racks:>6,} {racks * GPUS:>8,} {links:>10,} {spent:>7.2f} {took.peak_mb:>6.0f} "
                  f"{spent / links * 1e6:>10.2f} {spent / links / first:>12.2f}")  # fmt: skip
        ours = first
    for racks in PEER_SIZES if len(sys.argv) > 1 else ():
        row = json.loads(run(sys.argv[1], str(Path(__file__).with_name("infragraph_peer.py")), str(racks)).printed)
        each = row["cpu_s"] / row["links"]
        print(f"infragraph, {racks} racks: {row['links']:,} links, {row['cpu_s']:.1f} CPU-s, {row['peak_mb']:.0f} MB, "
              f"{each * 1e6:.0f} us a link: {each / ours:.0f} x ours at 14 racks")  # fmt: skip


if __name__ == "__main__":
    main()
