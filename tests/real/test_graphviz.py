"""The real Graphviz reads what `rackc graph --format dot` writes, whatever names hold."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.formats.test_graph import ODD, odd, text

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def graphviz() -> None:
    """Skip where Graphviz is missing, but fail in CI."""
    if shutil.which("dot") is not None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("Graphviz is not installed (Debian: graphviz)")
    pytest.skip("Graphviz is not installed")


@pytest.mark.parametrize("name", ODD)
def test_dot_is_read(name: str) -> None:
    done = subprocess.run(["dot", "-Tplain"], input=text(odd(name), "dot").encode(), capture_output=True, check=True)
    words = [line.split()[0] for line in done.stdout.decode().splitlines()]
    assert (words.count("node"), words.count("edge")) == (2, 3)
