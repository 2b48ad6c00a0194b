"""Try many inputs that no author would write, in as many processes as there are cores; each must be refused in time.

    python tools/fuzz.py [COUNT] [FIRST_SEED]

Prints what failed with its kind and seed, and how much processor time and memory the worst took. Exits with 1 where
anything did.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.dsl.fuzzing import KINDS, try_one

_BATCH = 250


def batch(job: tuple[str, int, int]) -> tuple[list[str], float, int]:
    """Try the seeds of one job; return what failed, the longest time in seconds and the most memory held in bytes."""
    kind, first, count = job
    os.chdir(ROOT / "examples")  # where the examples' traces are
    failed, longest = [], 0.0
    for seed in range(first, first + count):
        began = time.process_time()
        try:
            try_one(kind, seed)
        except BaseException as error:  # noqa: BLE001 (whatever comes out is the finding)
            last = traceback.extract_tb(error.__traceback__)[-1]
            failed.append(f"{kind} {seed}: {type(error).__name__} {str(error)[:100]!r} ({last.filename}:{last.lineno})")
        longest = max(longest, time.process_time() - began)
    return failed, longest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Run all kinds, a fair share of inputs each."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    share = -(-total // len(KINDS))
    jobs = [(kind, start + at, min(_BATCH, share - at)) for at in range(0, share, _BATCH) for kind in KINDS]
    failed: list[str] = []
    longest, memory, done = 0.0, 0, 0
    with ProcessPoolExecutor() as pool:
        for job, (found, seconds, held) in zip(jobs, pool.map(batch, jobs), strict=True):
            failed += found
            longest, memory, done = max(longest, seconds), max(memory, held), done + job[2]
            if sys.stderr.isatty():
                print(f"\r{done:,} inputs, {len(failed)} failed", end="", file=sys.stderr, flush=True)
    for line in failed[:50]:
        print(line)
    print(f"{done:,} inputs of {len(KINDS)} kinds, {len(failed)} failed; the longest took {longest:.2f} s, the most memory "
          f"held was {memory / 1e6:.0f} MB")  # fmt: skip
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
