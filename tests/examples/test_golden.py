"""Golden racks against published counts: a number, how it was printed, and where it stands.

`nvl72` is the GB200 NVL72. A published number is met where ours, rounded as it was printed, is the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from rackc.compiler.pipeline import Result
from tests.examples.building import ROOT, copied, run
from tests.examples.golden import (
    checked,
    degrees,
    kilograms,
    links,
    of_library,
    parts,
    plan_of,
    total,
    units_of_carrier,
)

NVL72: Final = ("nvl72", "gb300_nvl72", "vera_rubin_nvl72")
GOLDEN: Final = (*NVL72, "hgx_h100_pod")

Measure = Callable[[Result], float]


def _count(**wanted: str) -> Measure:
    return lambda result: len(parts(plan_of(result), **wanted))


def _total(role: str, name: str, unit: str, end: str = "low", scale: float = 1.0) -> Measure:
    return lambda result: total(plan_of(result), role, name, unit, end) * scale


def _each(name: str, attribute: str, unit: str) -> Measure:
    """A figure that all things of one definition have."""

    def of(result: Result) -> float:
        (value,) = {row.part.typ(attribute, unit) for row in parts(plan_of(result), name=name)}
        assert value is not None
        return float(value)

    return of


def _links(protocol: str) -> Measure:
    return lambda result: len(links(plan_of(result), protocol))


def _domain_tb_s(result: Result) -> float:
    """What all GPUs put into NVLink, TB/s both ways."""
    plan = plan_of(result)
    gpus = {row.index for row in parts(plan, role="gpu")}
    return 2e-12 * sum(
        link.bandwidth_each_way
        for link in plan.links
        if link.protocol == "NVLink" and {plan.ports[link.a].owner, plan.ports[link.b].owner} & gpus
    )


def _load_kw(kind: str) -> Measure:
    def of(result: Result) -> float:
        assert result.report is not None
        return float(getattr(result.report.racks[0], kind)) / 1000

    return of


def _foot_kg(result: Result) -> float:
    assert result.report is not None
    return result.report.racks[0].kg_per_foot or 0.0


def _liquid_share(result: Result) -> float:
    assert result.report is not None
    heat = result.report.racks[0].cooling
    assert heat is not None
    return heat.liquid_w / (heat.liquid_w + heat.air_w)


def _cartridges(name: str) -> Measure:
    return lambda result: units_of_carrier(plan_of(result), name)


def _ports(part: str) -> Measure:
    """The ports for data of each thing of a definition."""

    def of(result: Result) -> float:
        plan = plan_of(result)
        owners = {row.index for row in parts(plan, name=part)}
        (count,) = set(
            Counter(p.owner for p in plan.ports if p.owner in owners and p.name.startswith("port[")).values()
        )
        return count

    return of


#: design, what is counted, how, the published number as printed, and its source.
PUBLISHED: Final[tuple[tuple[str, str, Measure, str, str], ...]] = (
    ("nvl72", "GPUs", _count(role="gpu"), "72", "NV-DGXGB"),
    ("nvl72", "CPUs", _count(role="cpu"), "36", "NV-DGXGB"),
    ("nvl72", "compute trays", _count(role="compute-tray"), "18", "NV-DGXGB"),
    ("nvl72", "switch trays", _count(role="switch-tray"), "9", "NV-DGXGB"),
    ("nvl72", "switch chips", _count(role="switch"), "18", "NV-FACTS"),
    ("nvl72", "adapters", _count(role="nic"), "72", "NV-DGXGB"),
    ("nvl72", "DPUs", _count(role="dpu"), "36", "NV-DGXGB"),
    ("nvl72", "management switches", _count(role="management-switch"), "2", "NV-DGXGB"),
    ("nvl72", "power shelves", _count(role="power-shelf"), "8", "NV-BCM-PS"),
    ("nvl72", "shelf power, kW", _total("power-shelf", "rating", "W", scale=1e-3 / 8), "33", "NV-BCM-PS"),
    ("nvl72", "NVLink links", _links("NVLink"), "1296", "CALC"),
    ("nvl72", "NVLink cartridges", _cartridges("CopperCartridge"), "4", "NV-SPINE"),
    ("nvl72", "NVLink, TB/s both ways", _domain_tb_s, "130", "NV-FACTS"),
    ("nvl72", "HBM, TB", _total("gpu", "hbm", "B", scale=1e-12), "13.4", "NV-REVIEW"),
    ("nvl72", "LPDDR5X, TB", _total("cpu", "memory", "B", scale=1e-12), "17", "NV-REVIEW"),
    ("nvl72", "typical power, kW", _load_kw("typical_w"), "120", "NV-REVIEW"),
    ("nvl72", "most power, kW", _load_kw("peak_w"), "132", "NV-REVIEW"),
    ("nvl72", "mass, kg", kilograms, "1360", "NV-REVIEW"),
    ("nvl72", "mass a foot, kg", _foot_kg, "340", "CALC"),
    ("gb300_nvl72", "GPUs", _count(role="gpu"), "72", "NV-AIDC"),
    ("gb300_nvl72", "CPUs", _count(role="cpu"), "36", "NV-AIDC"),
    ("gb300_nvl72", "adapters", _count(role="nic"), "72", "NV-AIDC"),
    ("gb300_nvl72", "power shelves", _count(role="power-shelf"), "8", "NV-FACTS"),
    ("gb300_nvl72", "NVLink links", _links("NVLink"), "1296", "CALC"),
    ("gb300_nvl72", "NVLink cartridges", _cartridges("CopperCartridge"), "4", "NV-SPINE"),
    ("gb300_nvl72", "HBM, TB", _total("gpu", "hbm", "B", scale=1e-12), "20", "NV-AIDC"),
    ("gb300_nvl72", "HBM of a GPU, GB", _each("B300", "hbm", "B"), "288e9", "NV-AIDC"),
    ("gb300_nvl72", "TDP, kW", _load_kw("typical_w"), "135", "NV-LENOVO"),
    ("gb300_nvl72", "peak, kW", _load_kw("peak_w"), "155", "NV-LENOVO"),
    ("gb300_nvl72", "heat to liquid, share", _liquid_share, "0.9", "NV-LENOVO"),
    ("gb300_nvl72", "mass, kg", kilograms, "1500", "NV-AIDC"),
    ("vera_rubin_nvl72", "GPUs", _count(role="gpu"), "72", "NV-REVIEW"),
    ("vera_rubin_nvl72", "dies", _total("gpu", "dies", ""), "144", "NV-REVIEW"),
    ("vera_rubin_nvl72", "CPUs", _count(role="cpu"), "36", "NV-RUBIN-C114"),
    ("vera_rubin_nvl72", "DPUs", _count(role="dpu"), "18", "NV-RUBIN-C114"),
    ("vera_rubin_nvl72", "compute trays", _count(role="compute-tray"), "18", "NV-RUBIN-PT4"),
    ("vera_rubin_nvl72", "switch trays", _count(role="switch-tray"), "9", "NV-RUBIN-PT4"),
    ("vera_rubin_nvl72", "power shelves", _count(role="power-shelf"), "4", "NV-RUBIN-PT4"),
    ("vera_rubin_nvl72", "switch chips", _count(role="switch"), "18", "CALC"),
    ("vera_rubin_nvl72", "NVLink links", _links("NVLink"), "1296", "CALC"),
    ("vera_rubin_nvl72", "NVLink, TB/s both ways", lambda r: round(_domain_tb_s(r), -1), "260", "NV-AIDC"),
    ("vera_rubin_nvl72", "HBM of a GPU, GB", _each("Rubin", "hbm", "B"), "288e9", "NV-RUBIN-FTM"),
    ("vera_rubin_nvl72", "LPDDR5X, TB", _total("cpu", "memory", "B", scale=1e-12), "54", "NV-MS-BOM"),
    ("vera_rubin_nvl72", "most power, kW", _load_kw("peak_w"), "230", "NV-RUBIN-DRILL"),
    ("hgx_h100_pod", "GPUs, 8 a server", _count(role="gpu"), "64", "NV-AIDC"),
    ("hgx_h100_pod", "switch chips, 4 a server", _count(name="NvSwitch3"), "32", "NV-REVIEW"),
    ("hgx_h100_pod", "adapters, 8 a server", _count(role="nic"), "64", "NV-AIDC"),
    ("hgx_h100_pod", "HBM, 80 GB a GPU, TB", _total("gpu", "hbm", "B", scale=1e-12), "5.12", "NV-AIDC"),
    ("hgx_h100_pod", "NVLink of a GPU, TB/s both ways", lambda r: _domain_tb_s(r) / 64, "0.9", "NV-AIDC"),
    ("hgx_h100_pod", "power of a server, kW", _total("server", "power_budget", "W", scale=1e-3 / 8), "10.2", "NV-AIDC"),
    ("hgx_h100_pod", "mass of a server, kg", _total("server", "mass", "kg", scale=1 / 8), "130", "NV-AIDC"),
    ("hgx_h100_pod", "ports of a network switch", _ports("Qm9700"), "64", "NV-AIDC"),
    ("hgx_h100_pod", "power of a network switch, kW", _each("Qm9700", "tdp", "W"), "1720", "NV-AIDC"),
)


def _as_printed(value: float, printed: str) -> float:
    digits = len(printed.partition(".")[2]) if "e" not in printed else 0
    return round(value, digits)


@pytest.mark.parametrize(
    ("name", "measure", "printed"),
    [(name, measure, printed) for name, _, measure, printed, _ in PUBLISHED],
    ids=[f"{name}: {what} ({source})" for name, what, _, _, source in PUBLISHED],
)
def test_published_counts(name: str, measure: Measure, printed: str) -> None:
    assert _as_printed(measure(checked(name)), printed) == float(printed)


def test_every_source_of_a_count_is_listed() -> None:
    listed = (ROOT / "dsl" / "library" / "SOURCES.md").read_text(encoding="utf-8")
    assert not [source for *_, source in PUBLISHED if f"| {source} |" not in listed]


@pytest.mark.parametrize(
    ("name", "standing", "allowed"),
    [
        ("nvl72", [], ["W0651", "W0653"]),
        ("gb300_nvl72", [], ["N0680", "W0651"]),
        ("vera_rubin_nvl72", [], ["N0680", "N0690"]),
        ("hgx_h100_pod", [], []),
    ],
)
def test_findings(name: str, standing: list[str], allowed: list[str]) -> None:
    result = checked(name)
    assert [d.code.value for d in result.diagnostics] == standing
    assert [d.code.value for d in result.allowed] == allowed
    assert not result.rules_waiting
    assert result.rules_held


@pytest.mark.parametrize("name", NVL72)
def test_every_gpu_meets_every_chip_of_its_rack_once(name: str) -> None:
    plan = plan_of(checked(name))
    pairs = Counter((a.owner, b.owner) for a, b in links(plan, "NVLink"))
    roles = {plan.instances[end].part.role for pair in pairs for end in pair}
    assert roles == {"gpu", "switch"}
    assert len(pairs) == 72 * 18
    assert set(pairs.values()) == {1}


@pytest.mark.parametrize("name", GOLDEN)
def test_no_chip_has_more_links_than_ports_and_every_gpu_has_18(name: str) -> None:
    plan = plan_of(checked(name))
    of = degrees(plan, "NVLink")
    assert {of[row.index] for row in parts(plan, role="gpu")} == {18}
    most = {"NvSwitch3": 64}.get
    assert all(of[row.index] <= most(row.part.name, 72) for row in parts(plan, role="switch"))


def test_each_gpu_of_a_server_has_five_or_four_links_to_each_of_its_four_chips() -> None:
    plan = plan_of(checked("hgx_h100_pod"))
    pairs = Counter((a.owner, b.owner) for a, b in links(plan, "NVLink"))
    shares: dict[int, list[int]] = {}
    for (gpu, chip), count in pairs.items():
        assert plan.instances[gpu].parent == plan.instances[chip].parent
        shares.setdefault(gpu, []).append(count)
    assert {tuple(sorted(counts)) for counts in shares.values()} == {(4, 4, 5, 5)}
    assert {degrees(plan, "NVLink")[row.index] for row in parts(plan, name="NvSwitch3")} == {32, 40}


def test_adapter_i_of_every_server_meets_leaf_i() -> None:
    plan = plan_of(checked("hgx_h100_pod"))
    rails: dict[int | None, set[int | None]] = {}
    for a, b in links(plan, "InfiniBand"):
        adapter, leaf = plan.instances[a.owner], plan.instances[b.owner]
        if adapter.part.role == "nic":
            rails.setdefault(adapter.ordinal, set()).add(leaf.ordinal)
            assert leaf.group == "leaf"
    assert rails == {rail: {rail} for rail in range(8)}


def test_leaves_have_as_many_links_up_as_down_alike_to_both_spines() -> None:
    plan = plan_of(checked("hgx_h100_pod"))
    up: Counter[tuple[int, int]] = Counter()
    down: Counter[int] = Counter()
    for a, b in links(plan, "InfiniBand"):
        if plan.instances[a.owner].group == "leaf":
            up[a.owner, b.owner] += 1
        else:
            down[b.owner] += 1
    assert len(up) == 8 * 2
    assert set(up.values()) == {4}
    assert set(down.values()) == {8}


def _cage(port: str) -> int:
    return int(port.removeprefix("port[").removesuffix("]")) // 2


def test_both_ports_of_a_cage_go_to_one_cage_or_to_one_rack_by_one_length() -> None:
    plan = plan_of(checked("hgx_h100_pod"))
    ends: dict[tuple[int, int], set[tuple[object, ...]]] = {}
    for link in plan.links:
        if link.protocol != "InfiniBand":
            continue
        a, b = plan.ports[link.a], plan.ports[link.b]
        far = plan.instances[a.owner]
        adapter = far.part.role == "nic"
        near, other = (b, plan.instances[far.parent].parent) if adapter else (a, b.owner)
        ends.setdefault((near.owner, _cage(near.name)), set()).add(
            (other, -1 if adapter else _cage(b.name), plan.carriers[link.carrier].part.name, link.length_m)
        )
    assert len(ends) == 32 + 32
    assert all(len(reached) == 1 for reached in ends.values())


def test_the_library_s_own_rack_is_the_example_s() -> None:
    ours, theirs = of_library("design D { rack: nvidia.gb200.Gb200Nvl72 }"), checked("nvl72")
    assert kilograms(ours) == kilograms(theirs)
    assert ours.report is not None
    assert theirs.report is not None
    assert ours.report.counts == theirs.report.counts
    assert [f.links for f in ours.report.fabrics] == [f.links for f in theirs.report.fabrics]
    assert [d.code for d in ours.diagnostics] == [d.code for d in theirs.allowed]


def test_six_shelves_run_a_gb200_rack_but_not_without_a_feed() -> None:
    result = of_library("design D { rack: nvidia.gb200.Gb200Nvl72(6) }")
    assert len(parts(plan_of(result), role="power-shelf")) == 6
    assert [d.code.value for d in result.diagnostics] == ["W0651", "W0653"]
    five = of_library("design D { rack: nvidia.gb200.Gb200Nvl72(5) }")
    assert "E0801" in [d.code.value for d in five.diagnostics]


@pytest.mark.parametrize(("tray", "watts"), [("1100", 72 * 1100), ("1400", 72 * 1400)])
def test_both_readings_of_a_b300_stay_within_what_is_stated_of_the_rack(tray: str, watts: float) -> None:
    result = of_library(f"design D {{ rack: nvidia.gb300.Gb300Nvl72(nvidia.gb300.Gb300ComputeTray{tray}) }}")
    assert total(plan_of(result), "gpu", "tdp", "W", "high") == watts
    assert "W0652" not in [d.code.value for d in result.diagnostics]


@pytest.mark.parametrize(
    ("server", "height", "chips", "hbm_gb", "kilowatts"),
    [
        ("HgxH100", 8, 4, 80, 10.2),
        ("HgxH200", 8, 4, 141, 10.2),
        ("HgxB200Server", 10, 2, 180, 14.3),
        ("HgxB300Server", 10, 2, 288, 14.3),
    ],
)
def test_hgx_servers(server: str, height: int, chips: int, hbm_gb: float, kilowatts: float) -> None:
    """NV-AIDC and NV-REVIEW."""
    result = of_library(f"from nvidia.hgx import {server}\ndesign D {{ s: {server} }}")
    assert not result.diagnostics
    plan = plan_of(result)
    (tray,) = parts(plan, name=server)
    assert tray.part.typ("height", "U") == height
    assert tray.part.typ("power_budget", "W") == pytest.approx(kilowatts * 1000)
    assert len(links(plan, "NVLink")) == 8 * 18
    fabric = [row for row in parts(plan, role="switch") if row.part.name.endswith(("NvSwitch3", "NvSwitch5"))]
    assert len(fabric) == chips
    assert {row.part.typ("hbm", "B") for row in parts(plan, role="gpu")} == {hbm_gb * 1e9}
    assert len(parts(plan, role="gpu")) == len(parts(plan, role="nic")) == 8


def test_a_vera_may_have_cxl_and_a_grace_has_none() -> None:
    expander = (
        "from astera.leo import LeoA1000\nfrom std.carriers import CardSlot\nfrom nvidia.cpus import Grace, Vera\n"
        'tray T {{ cpu: {cpu}; leo: LeoA1000(connector = "MCIO"); connect cpu.cxl_port -- leo.head : CardSlot }}\n'
        "design D {{ t: T }}"
    )
    vera = of_library(expander.format(cpu="Vera(cxl_ports = 1)"))
    assert not vera.diagnostics
    assert len(links(plan_of(vera), "CXL")) == 1
    assert not parts(plan_of(vera), name="Grace")
    grace = of_library(expander.format(cpu="Grace"))
    assert [d.code.value for d in grace.diagnostics] == ["E0201"]
    assert "cxl" not in parts(plan_of(of_library("design D { c: nvidia.cpus.Vera }")), role="cpu")[0].part.figures


@pytest.mark.parametrize(
    ("name", "bought"),
    [
        ("nvl72", {"CopperCartridge": 4, "PowerShelf33": 8, "B200": 72}),
        ("gb300_nvl72", {"CopperCartridge": 4, "PowerShelf33Buffered": 8, "B300": 72, "ConnectX8": 72}),
        ("vera_rubin_nvl72", {"CopperCartridge6": 4, "PowerShelfVeraRubin": 4, "Rubin": 72, "BlueField4": 18}),
        ("hgx_h100_pod", {"TwinPortDac": 32, "TwinPortDacSplitter": 32, "Qm9700": 10, "HgxH100": 8}),
    ],
)  # fmt: skip
def test_bill_of_materials(name: str, bought: dict[str, int], tmp_path: Path) -> None:
    copied()
    done = run("build", f"examples/{name}.rack", "-o", str(tmp_path / "out"), "--target", "bom")
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "out" / "bom" / "bom.json").read_text(encoding="utf-8"))
    counted: Counter[str] = Counter()
    for line in bill["buy_list"]:
        counted[line["item_no"]] += line["ext_qty"]
    assert {item: counted[item] for item in bought} == bought
