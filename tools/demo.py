"""The demo: build the examples into out/, run SimGrid on what came out, and lay its rates beside the compiler's."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Build and simulate each example named; returns 1 where one fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--system-python", default="/usr/bin/python3")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    simulator = _has_simgrid(arguments.system_python)
    failed = [name for name in arguments.names if not _example(name, arguments.system_python if simulator else "")]
    if not simulator:
        print("\nSimGrid is not installed (Debian package python3-simgrid): its runs were left out.", file=sys.stderr)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
        return 1
    print("\nLook at out/*/elevation/*.svg, out/nvl72/fabric/*.svg and out/leo_pool/pool/*.svg in a browser.")
    return 0


def _has_simgrid(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", "import simgrid"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _example(name: str, python: str) -> bool:
    print(f"\n=== examples/{name}.rack", flush=True)
    began = time.monotonic()
    build = [sys.executable, "-m", "rackc", "build", f"examples/{name}.rack", "-o", f"out/{name}"]
    if subprocess.run(build, cwd=ROOT, check=False).returncode:
        return False
    print(f"built in {time.monotonic() - began:.1f} s", flush=True)
    if not python:
        return True
    print(f"\n--- SimGrid on out/{name}/simgrid/platform.xml", flush=True)
    return subprocess.run([python, "run_flows.py"], cwd=ROOT / "out" / name / "simgrid", check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
