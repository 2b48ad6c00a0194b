"""Examples built once a test run, through the command line as a user would."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def copied() -> Path:
    """A copy of the examples, so that locks are not written into the checkout."""
    folder = Path(mkdtemp(prefix="rackc-examples-")) / "examples"
    shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns("*.lock"))
    return folder


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run rackc."""
    import os

    return subprocess.run(
        [sys.executable, "-m", "rackc", *arguments], cwd=cwd or copied().parent, capture_output=True, text=True,
        check=False, env={**os.environ, **environment},
    )  # fmt: skip


@cache
def built(name: str) -> Path:
    """The output folder of one example."""
    out = copied().parent / "out" / name
    done = run("build", f"examples/{name}.rack", "-o", str(out))
    assert done.returncode == 0, done.stderr
    return out


@cache
def plan(name: str) -> dict[str, Any]:
    """plan.json of one example."""
    found: dict[str, Any] = json.loads((built(name) / "plan" / "plan.json").read_text(encoding="utf-8"))
    return found


def role_of(document: dict[str, Any]) -> dict[str, str]:
    """Role of every instance, by address."""
    parts = {part["id"]: part["role"] for part in document["parts"]}
    return {row["address"]: parts[row["part"]] for row in document["instances"]}
