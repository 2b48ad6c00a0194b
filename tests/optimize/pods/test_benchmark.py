"""The benchmarks' tables on few seeds, and the example's geometry: the full ones take longer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rackc.compiler.optimize.problem import PoolProblem
from tests.optimize.pods.geometry import routed_mm


@pytest.fixture(scope="module")
def pods() -> ModuleType:
    """Return benchmarks/pods.py."""
    spec = importlib.util.spec_from_file_location(
        "pods_benchmark", Path(__file__).parents[3] / "benchmarks" / "pods.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wide(pods: ModuleType) -> PoolProblem:
    """Return the pool of the example as it is posed."""
    problem: PoolProblem = pods.posed()
    return problem


#: Memory saved, percent, intact and with one device lost, in islands, ring, block design and full: means of two seeds.
TWO_SEEDS = {
    "mooncake 0.25": ((39.6, 19.5), (58.4, 52.5), (59.3, 54.1), (59.3, 55.9)),
    "azure 2": ((21.9, -4.1), (32.5, 26.9), (32.5, 26.9), (32.5, 26.9)),
}


@pytest.mark.parametrize("name", TWO_SEEDS)
def test_shapes_save_what_they_saved(pods: ModuleType, name: str) -> None:
    trace, rate = name.split()
    found = pods.means(getattr(pods, trace)(), float(rate), 2)
    assert [tuple(round(float(one), 1) for one in found[shape]) for shape in found] == list(TWO_SEEDS[name])
    assert found["islands"][0] <= found["ring"][0] - 10


def test_cables_of_the_example_run_through_the_channels_port_to_port(wide: PoolProblem) -> None:
    wanted = routed_mm(3, 8, 8)
    assert (len(wide.hosts), len(wide.controllers)) == (96, 192)
    for host in range(0, 96, 7):
        rack, of_rack = divmod(host, 32)
        place = (
            32 * rack + of_rack % 8 * 4 + of_rack // 8
        )  # the example goes by row of its blocks, the geometry by block
        for number in range(0, 192, 5):
            cable = wide.sites[wide.controllers[number].site].cables[host]
            if wanted[place, number] <= 1_500:
                assert cable is not None and abs(cable.routed_mm - wanted[place, number]) <= 1
            else:
                assert cable is None


def test_the_bound_on_lengths_is_below_every_wiring(pods: ModuleType, wide: PoolProblem) -> None:
    bounds = [pods.least_mean_mm(wide, links) for links in (2, 8)]
    assert np.all(np.diff(bounds) > 0)
    assert 900 < bounds[0] < bounds[1] < 1_100
