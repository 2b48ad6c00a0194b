"""The emitted platform and driver, run by real SimGrid. Agreement is consistency, not validation.

Figures are asserted, not exit codes alone: SimGrid accepts much that is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from rackc.backends.simgrid import emit, emit_scenarios
from rackc.compiler.analyse.flows import Scenario
from rackc.compiler.plan import Plan
from tests.targets.sample_plans import EMPTY_REPORT, UNLIMITED_CARD, bare, expansion, mesh, pooled, scale_up, tangle
from tests.targets.test_simgrid import short_cut, two_ways

pytestmark = pytest.mark.real

PYTHON = "/usr/bin/python3"  # Debian's SimGrid module is built for the system's Python


@cache
def installed() -> bool:
    """Whether the system's Python has SimGrid."""
    try:
        return subprocess.run([PYTHON, "-c", "import simgrid"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(autouse=True)
def simgrid() -> None:
    """Skip where SimGrid is missing, but fail in CI."""
    if installed():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"SimGrid is not installed for {PYTHON} (Debian: python3-simgrid)")
    pytest.skip("SimGrid is not installed")


def write(plan: Plan, folder: Path) -> Path:
    """Write what the target emits."""
    for name, data in emit(plan, EMPTY_REPORT).files.items():
        (folder / name).write_bytes(data)
    return folder


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the emitted driver."""
    command = [PYTHON, str(folder / "run_flows.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def measured(plan: Plan, folder: Path) -> dict[str, list[float]]:
    """Return GB/s by scenario as SimGrid measured them; all must agree with the compiler's own."""
    done = run(write(plan, folder), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["agree"] is True
    found: dict[str, list[float]] = {}
    for row in result["rows"]:
        found.setdefault(row["scenario"], []).append(row["measured_gb_per_s"])
    return found


def close(*figures: float) -> object:
    """Return figures that match within 1 %."""
    return pytest.approx(list(figures), rel=0.01)


def test_gpu_to_gpu_over_eighteen_chips(tmp_path: Path) -> None:
    found = measured(scale_up(trays=4, gpus_each=2, chips=18), tmp_path)
    assert found == {"gpu-to-gpu": close(900), "all-pairs-shift": close(*[900] * 8)}


def test_two_readers_of_one_controller_share_its_read_limit(tmp_path: Path) -> None:
    # The second cable is four times as slow in latency: the shares stay equal.
    found = measured(pooled(), tmp_path)
    assert found["pool-one-reader"] == close(25)
    assert found["pool-two-readers"] == close(20, 20)
    assert found["cross-socket"] == close(48)


def test_a_slow_gpu_link_binds_before_the_controller(tmp_path: Path) -> None:
    assert measured(pooled(gpu_gb_per_s=12.5), tmp_path)["pool-two-readers"] == close(12.5, 12.5)


def test_heads_bind_where_a_controller_states_no_limit(tmp_path: Path) -> None:
    assert measured(pooled("cpu", UNLIMITED_CARD), tmp_path)["pool-two-readers"] == close(25, 25)


def test_reading_an_expansion_card(tmp_path: Path) -> None:
    assert measured(expansion(), tmp_path) == {"expansion-read": close(40), "expansion-read-by-gpu": close(32)}


def test_writing_is_held_by_the_write_limit(tmp_path: Path) -> None:
    folder = write(expansion(), tmp_path)
    card, cpu = {"source": "rack.host.card", "target": "rack.host.cpu"}, 2**36
    flows = [
        {"name": "read", **card, "size_bytes": cpu, "expected_gb_per_s": 40.0},
        {"name": "write", "source": card["target"], "target": card["source"], "size_bytes": cpu,
         "expected_gb_per_s": 20.0},
    ]  # fmt: skip
    (folder / "flows.json").write_text(json.dumps({"scenarios": [{"name": "both", "flows": flows}]}))
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_full_mesh(tmp_path: Path) -> None:
    assert measured(mesh(), tmp_path)["all-pairs-shift"] == close(64, 64, 64, 64)


def test_of_equal_hops_simgrid_takes_the_compilers_path(tmp_path: Path) -> None:
    assert measured(two_ways(), tmp_path) == {"gpu-to-gpu": close(20), "all-pairs-shift": close(20, 20)}


def test_no_path_through_a_gpu(tmp_path: Path) -> None:
    assert measured(short_cut(), tmp_path) == {"cross-socket": close(64)}


@pytest.mark.parametrize("seed", range(12))
def test_on_a_tangle_simgrid_and_the_compiler_agree(seed: int, tmp_path: Path) -> None:
    plan, flows = tangle(seed)
    made = emit_scenarios(plan, (Scenario("tangle", "Do both share alike?", flows),))
    for name, data in made.files.items():
        (tmp_path / name).write_bytes(data)
    done = run(tmp_path, "--tolerance", "0.01")
    assert flows
    assert done.returncode == 0, done.stdout + done.stderr


def test_simgrid_loads_a_platform_with_nothing_in_it(tmp_path: Path) -> None:
    folder = write(bare(), tmp_path)
    code = "import sys, simgrid; e = simgrid.Engine(['x']); e.load_platform(sys.argv[1]); print(len(e.all_hosts))"
    command = [PYTHON, "-c", code, str(folder / "platform.xml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert run(folder).returncode == 0


@pytest.mark.parametrize(
    ("plan", "old", "new", "scenario"),
    [
        (scale_up(chips=18), '"900GBps"', '"880GBps"', "gpu-to-gpu"),
        (pooled(), '"40GBps"', '"39GBps"', "pool-two-readers"),
        (expansion(), '"32GBps"', '"33GBps"', "expansion-read-by-gpu"),
    ],
)
def test_a_changed_bandwidth_is_noticed(plan: Plan, old: str, new: str, scenario: str, tmp_path: Path) -> None:
    folder = write(plan, tmp_path)
    platform = folder / "platform.xml"
    text = platform.read_text()
    assert old in text
    platform.write_text(text.replace(old, new))
    done = run(folder, "--json")
    assert done.returncode == 1
    wrong = {row["scenario"] for row in json.loads(done.stdout)["rows"] if abs(row["difference"]) > 0.01}
    assert scenario in wrong
    assert run(folder, "--tolerance", "50").returncode == 0


def test_a_broken_platform_is_neither_agreement_nor_difference(tmp_path: Path) -> None:
    folder = write(pooled(), tmp_path)
    platform = folder / "platform.xml"
    platform.write_text(platform.read_text().replace('dst="rack.card-0~port"', 'dst="nowhere"'))
    done = run(folder)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_the_default_model_says_so_and_differs(tmp_path: Path) -> None:
    done = run(write(expansion(), tmp_path), "--default-model")
    assert done.returncode == 1
    assert "SimGrid's default model" in done.stdout
    assert "not validation" in done.stdout
    exact = run(tmp_path)
    assert "network/crosstraffic:0" in exact.stdout
    assert "not validation" in exact.stdout
