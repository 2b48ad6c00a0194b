"""A design with two pools that have nothing to do with each other, and rackc with an optimizer that takes its time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

TWO_POOLS = """edition 2026
from std.memory import rdimm_64, rdimm_128
from std.servers import CxlHost
from std.shelves import CxlShelf
from std.cables import CxlCopper8
from astera.leo import LeoA1000

rack Half: std.racks.Eia42 {
  host[4]: CxlHost(cxl = 3) at u(1..13 step 4)
  jbom:    CxlShelf(slots = 6, card = LeoA1000, heads = 2) at u(17)

  pool kv {
    members     = host[*]
    controllers = jbom.card[*]
    modules     = [rdimm_64, rdimm_128]
    cables      = [CxlCopper8]
    demand      = Tables.cold
    assignment  = static()
    survive 1 controller for capacity
    minimize cost then cable.length
  }
}

workload Tables {
  demand cold: Embeddings([400 GB, 300 GB, 200 GB, 100 GB], read = 6 GB/s, write = 1 GB/s) by cpu
}

design Main { a: Half; b: Half; load: Tables }
"""

#: Runs rackc; each search says so, and then waits to be stopped (DEAF: in vain; DIES, FAILS: not at all). As the first file
#: of a process it is imported by its workers too, and as a module it can be given to a worker of a cluster.
SLOW = """
import os, signal, sys, time
from dataclasses import replace
from rackc.compiler.optimize import pooling

# Dask runs a preload twice.
real = getattr(pooling, "real", pooling.solve_pool)
pooling.real = real

def slow(problem, watch=None, prior=None):
    answer = real(problem, watch, prior)
    print("searching", flush=True)
    if os.environ.get("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("FAILS"):
        raise ZeroDivisionError("planted")
    for _ in range(400):
        if watch.stopped and not os.environ.get("DEAF"):
            return replace(answer, interrupted=True, proved=False) if hasattr(answer, "proved") else answer
        time.sleep(0.05)
    return answer

pooling.solve_pool = slow

if __name__ == "__main__":
    from rackc import cli
    sys.exit(cli.main(sys.argv[1:]))
"""


def slow_build(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Begin to build the two pools, in a process group of its own."""
    (folder / "two.rack").write_text(TWO_POOLS, encoding="utf-8")
    (folder / "slow.py").write_text(SLOW, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "slow.py", "build", "two.rack", "-o", "out", "--target", "plan", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
        process_group=0,
    )  # fmt: skip


def press(process: subprocess.Popen[str]) -> None:
    """Do what Ctrl-C does in a terminal: a signal to all processes of the group."""
    os.killpg(process.pid, signal.SIGINT)


def wait_for(process: subprocess.Popen[str], word: str, times: int = 1) -> None:
    """Read what a process writes until a word was met so often."""
    assert process.stdout is not None
    assert process.stderr is not None
    stream = process.stderr if word == "stopping" else process.stdout
    for _ in range(times):
        while word not in (line := stream.readline()):
            assert line, "the process has ended"
