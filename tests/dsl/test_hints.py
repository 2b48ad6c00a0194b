"""What messages say beyond their code: the hint that leads out, in the reader's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.api import compile
from rackc.dsl.render import render
from rackc.loader import FileLoader
from rackc.parts import full_name, open_catalogue

CHECK = Path(__file__).parents[1] / "corpus" / "check"

#: Files with findings, and what these must say.
_SAID = {
    "bisection_of_what": ("write `bisection(gpu[*], over = NVLink5)`", "write `hops(gpu[0], gpu[1], over = NVLink5)`"),
    "declared_below": (
        "`tor` is declared further down",
        "`e` is declared further down",
        "`m` is declared further down",
        "tor: Tor\n  |   -------- declared here",
        "put it above: statements run in order",
    ),
    "declared_beside_the_body": ("no thing here is called `q`",),
    "part_not_imported": ("write `from ocp.orv3 import Orv3`", "write `from astera.leo import LeoA1000`"),
    "interface_not_imported": ("write `from nvidia.nvlink import NVLink5`",),
    "misspelt_import_used_right": ("did you mean `Orv3`?",),
    "lose_a_rack": ("no unit is called `rack`", "supply, shelf, feed, controller, link, host, switch"),
    "text_of_the_weight": ("6 kg of 6 kg", "`weight.total` is 6 kg"),
}


@pytest.mark.parametrize("name", _SAID)
def test_what_is_said(name: str) -> None:
    result = compile(CHECK / f"{name}.rack", solve=False)
    said = "\n\n".join(render(d, result.sources) for d in result.diagnostics)
    assert [words for words in _SAID[name] if words not in said] == [], said


def test_a_requirement_that_does_not_hold_is_told_by_its_figures_alone() -> None:
    (found,) = compile(CHECK / "text_of_the_weight.rack", solve=False).diagnostics
    assert found.notes
    assert not found.hints


def test_what_is_offered_is_what_the_catalogue_holds(tmp_path: Path) -> None:
    """A look at the beginnings of lines finds the definitions that compiling the library finds, and no others."""
    loader = FileLoader(tmp_path)
    catalogue = open_catalogue(tmp_path).parts
    known = {full_name(one) for one in catalogue}
    names = {one.definition.name for one in catalogue}
    assert {f"{module}.{name}" for name in names for module in loader.offering(name)} == known
    assert loader.offering("NoSuchPart") == ()
