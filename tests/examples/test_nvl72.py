"""The NVL72 example against published counts, read from plan.json alone."""

from __future__ import annotations

from collections import Counter

from tests.examples.building import ROOT, plan, role_of, run

_NVLINK = "NVLink"


def _degrees() -> Counter[str]:
    degree: Counter[str] = Counter()
    for link in plan("nvl72")["links"]:
        if link["protocol"] == _NVLINK:
            for end in (link["a"], link["b"]):
                degree[end.rsplit(".", 1)[0]] += 1
    return degree


def test_counts() -> None:
    roles = Counter(role_of(plan("nvl72")).values())
    assert roles["gpu"] == 72
    assert roles["cpu"] == 36
    assert roles["switch"] == 18
    assert roles["compute-tray"] == 18
    assert roles["switch-tray"] == 9
    assert roles["power-shelf"] == 8
    assert sum(link["protocol"] == _NVLINK for link in plan("nvl72")["links"]) == 1296


def test_every_gpu_has_18_links_and_every_chip_72() -> None:
    role = role_of(plan("nvl72"))
    degree = _degrees()
    assert {degree[a] for a, r in role.items() if r == "gpu"} == {18}
    assert {degree[a] for a, r in role.items() if r == "switch"} == {72}
    assert set(degree) == {a for a, r in role.items() if r in ("gpu", "switch")}


def test_every_gpu_meets_every_chip_once() -> None:
    pairs = Counter(
        (link["a"].rsplit(".", 1)[0], link["b"].rsplit(".", 1)[0])
        for link in plan("nvl72")["links"]
        if link["protocol"] == _NVLINK
    )
    assert len(pairs) == 72 * 18
    assert set(pairs.values()) == {1}


def test_no_port_carries_two_links() -> None:
    ends = Counter(end for link in plan("nvl72")["links"] for end in (link["a"], link["b"]))
    assert max(ends.values()) == 1


def test_nvlinks_sit_in_four_cartridges_and_c2c_in_no_cable() -> None:
    carriers = {row["name"]: row for row in plan("nvl72")["carriers"]}
    cartridge = carriers["CopperCartridge"]
    assert cartridge["links"] / cartridge["links_per_unit"] == 4
    assert {link["medium"] for link in plan("nvl72")["links"] if link["protocol"] == "C2C"} == {"board trace"}


def test_a_check_says_what_a_reviewer_asks() -> None:
    done = run("check", str(ROOT / "examples" / "nvl72.rack"))
    assert done.returncode == 0
    assert "error[" not in done.stderr
    for words in ("72 gpu", "18 switch,", "1,296 NVLink links", "bisection 32.4 TB/s each way", "diameter 2 links",
                  "1 supply lost:           258.5 kW", "1 feed lost:             132.0 kW", "132.0 kW peak"):  # fmt: skip
        assert words in done.stdout
    assert "no errors, no warnings, 2 allowed" in done.stdout
    assert not done.stderr


def test_examples_stay_under_60_lines() -> None:
    for path in (ROOT / "examples").glob("*.rack"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 60, path
