"""NVIDIA's part of the library: each definition stands by itself, and the ranges of disagreeing sources are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import rackc
from rackc.dsl import tree
from rackc.dsl.parser import parse
from rackc.dsl.source import Source

LIBRARY = Path(__file__).parents[2] / "dsl" / "library"


def _definitions() -> list[str]:
    """Full names of the parts and trays that need no arguments."""
    return [
        f"nvidia.{path.stem}.{statement.name}"
        for path in sorted((LIBRARY / "nvidia").glob("*.rack"))
        for statement in parse(Source(path.name, path.read_text(encoding="utf-8"))).tree.statements
        if isinstance(statement, tree.Definition) and statement.kind in ("part", "tray", "shelf")
        if all(parameter.default is not None for parameter in statement.params)
    ]


@pytest.mark.parametrize("name", _definitions())
def test_each_definition_stands_by_itself(name: str) -> None:
    result = rackc.compile(f"edition 2026\ndesign D {{ x: {name} }}\n", solve=False)
    assert [d.message for d in result.diagnostics] == []
    assert result.plan is not None


@pytest.mark.parametrize(
    ("name", "figure", "unit", "low", "high"),
    [
        ("nvidia.gpus.B300", "tdp", "W", 1100, 1400),  # NV-LENOVO: 1,100; others 1,400
        ("nvidia.gpus.Rubin", "tdp", "W", 1800, 2300),  # NV-REVIEW
        ("nvidia.gpus.Rubin", "hbm_bandwidth", "TB/s", 19.4, 22),  # NV-RUBIN-FTM, NV-AIDC
        ("nvidia.gpus.B200", "hbm", "GB", 186, 186),  # visible, NV-MLPERF; 192 nominal
        ("nvidia.hgx.HgxB300Server", "power_budget", "kW", 14.3, 16),  # NV-AIDC, PR-GPU
    ],
)
def test_ranges_of_disagreeing_sources(name: str, figure: str, unit: str, low: float, high: float) -> None:
    result = rackc.compile(f"edition 2026\ndesign D {{ x: {name} }}\n", solve=False)
    assert result.plan is not None
    part = result.plan.instances[1].part
    assert part.low(figure, unit) == pytest.approx(low)
    assert part.high(figure, unit) == pytest.approx(high)


def test_cages_have_the_form_of_what_cools_them() -> None:
    """Air-cooled switches have finned twin-port cages, adapters flat ones; a BlueField-3 takes QSFP112 alone."""
    named = ("Qm9700", "Q3400", "ConnectX7", "BlueField3", "BlueField3B3220")
    things = "; ".join(f"x{at}: nvidia.network.{name}" for at, name in enumerate(named))
    result = rackc.compile(f"edition 2026\ndesign D {{ {things} }}\n", solve=False)
    assert result.plan is not None
    forms: dict[str, set[str]] = {}
    for port in result.plan.ports:
        if port.name.startswith(("net", "port[")):
            forms.setdefault(result.plan.instances[port.owner].part.name, set()).add(port.interface.connector)
    assert forms == {
        "Qm9700": {"OSFP finned"}, "Q3400": {"OSFP finned"}, "ConnectX7": {"OSFP flat"},
        "BlueField3": {"QSFP112"}, "BlueField3B3220": {"QSFP112"},
    }  # fmt: skip
