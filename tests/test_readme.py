"""What the README shows is true: its design builds, its pictures and its tables are those of this version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rackc.backends import TARGETS
from tests.examples.building import ROOT, built, run

README = (ROOT / "README.md").read_text(encoding="utf-8")

#: Pictures in docs/, and the build they come from.
PICTURES = {
    "leo_pool-pool.svg": ("leo_pool", "pool/rack.kv.svg"),
    "nvl72-front.svg": ("nvl72", "elevation/rack-front.svg"),
}


def test_the_smallest_design_builds(tmp_path: Path) -> None:
    (design,) = re.findall(r"```rack\n(.*?)```", README, re.DOTALL)
    (tmp_path / "small.rack").write_text(design, encoding="utf-8")
    done = run("build", "small.rack", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "144 NVLink links, 8 endpoints, bisection 3.6 TB/s each way, diameter 2 links" in done.stdout
    assert "warning" not in done.stderr


def test_every_target_and_command_is_listed() -> None:
    for name in TARGETS:
        assert f"| `{name}` |" in README
    for command in ("check", "build", "show", "explain", "targets", "schema"):
        assert f"`rackc {command}" in README


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


@pytest.mark.parametrize("picture", PICTURES)
def test_pictures_are_those_of_the_examples(picture: str, update: bool) -> None:
    name, path = PICTURES[picture]
    fresh = (built(name) / path).read_bytes()
    if update:
        (ROOT / "docs" / picture).write_bytes(fresh)
    assert (ROOT / "docs" / picture).read_bytes() == fresh, "run `make update` and look at the picture"


def test_the_architecture_page_names_what_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:dsl|compiler|backends|src|tests|tools)/[\w./]*)`", text):
        assert (ROOT / name).exists(), name
