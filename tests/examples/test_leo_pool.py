"""The pool example: decisions judged from plan.json by a max-flow that shares no code with the optimizer."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tests.examples.building import ROOT, built, copied, plan, run


def _pool() -> dict[str, Any]:
    found: dict[str, Any] = plan("leo_pool")["pools"][0]
    return found


def _carried(pool: dict[str, Any], demand: list[int], lost: str) -> int:
    """The most of `demand` that fits with controller `lost` gone."""
    graph = nx.DiGraph()
    for host, gib in zip(pool["hosts"], demand, strict=True):
        graph.add_edge("source", host, capacity=gib)
    for row in pool["links"]:
        if row["controller"] != lost:
            graph.add_edge(row["host"], row["controller"])
    for controller in pool["controllers"]:
        if controller["populated"] and controller["address"] != lost:
            graph.add_edge(controller["address"], "sink", capacity=controller["capacity_gib"])
    return int(nx.maximum_flow_value(graph, "source", "sink"))


def test_the_demand_is_terabytes_from_the_trace() -> None:
    pool = _pool()
    assert max(sum(row["demand_gib"]) for row in pool["slices"]) > 2048
    assert pool["demand_class"] == "prefix"
    assert pool["reader"] == "gpu"
    assert len(pool["slices"]) == 59  # the trace's last request comes after 3,536 s


def test_every_slice_fits_intact_and_with_each_controller_lost() -> None:
    pool = _pool()
    fitted = [c["address"] for c in pool["controllers"] if c["populated"]]
    assert len(fitted) > 8
    for row in pool["slices"]:
        for lost in ("", *fitted):
            assert _carried(pool, row["demand_gib"], lost) == sum(row["demand_gib"]), (row["start_s"], lost)


def test_the_judge_can_fail() -> None:
    pool = json.loads(json.dumps(_pool()))
    for controller in pool["controllers"]:
        controller["capacity_gib"] = controller["capacity_gib"] * 3 // 4
    fullest = max(pool["slices"], key=lambda row: sum(row["demand_gib"]))
    assert _carried(pool, fullest["demand_gib"], "") < sum(fullest["demand_gib"])


def test_slices_carry_the_demand_within_capacity() -> None:
    pool = _pool()
    capacity = {c["address"]: c["capacity_gib"] for c in pool["controllers"]}
    for row in pool["slices"]:
        by_host: Counter[str] = Counter()
        by_controller: Counter[str] = Counter()
        for link, gib in zip(pool["links"], row["link_gib"], strict=True):
            by_host[link["host"]] += gib
            by_controller[link["controller"]] += gib
        assert [by_host[h] for h in pool["hosts"]] == row["demand_gib"]
        assert all(gib <= capacity[c] for c, gib in by_controller.items())


def test_the_gap_is_proved() -> None:
    proof = _pool()["proof"]
    assert proof["status"] == "optimal"
    assert not proof["interrupted"]
    assert 0 <= (proof["objective"] - proof["bound"]) / proof["objective"] <= 0.01
    assert proof["objective"] == round(_pool()["cost_usd"] * 100)


def test_cost_adds_up_from_parts() -> None:
    pool, document = _pool(), plan("leo_pool")
    price = {"rdimm_64": 960, "rdimm_96": 1488, "rdimm_128": 2080, "rdimm_256": 4800}
    cables = {0.5: 60, 1.0: 85, 1.5: 120}
    links = {link["address"]: link for link in document["links"]}
    cards = sum(1500 + c["modules"] * price[c["module"]] for c in pool["controllers"] if c["populated"])
    wires = [links[row["link"]] for row in pool["links"]]
    assert {w["carrier"] for w in wires} == {"CxlCopper8"}
    assert cards + sum(cables[w["length_m"]] for w in wires) == pool["cost_usd"]
    assert all(w["routed_m"] <= w["length_m"] <= 1.5 for w in wires)


def test_one_module_size_and_channels_filled_alike() -> None:
    fitted = [c for c in _pool()["controllers"] if c["populated"]]
    assert len({c["module"] for c in fitted}) == 1
    assert {c["modules"] for c in fitted} <= {2, 4}


def test_ports_and_heads_are_used_once_and_no_host_has_more_than_four() -> None:
    links = [row["link"].split(" -- ") for row in _pool()["links"]]
    ends = Counter(end for pair in links for end in pair)
    assert max(ends.values()) == 1
    assert max(Counter(row["host"] for row in _pool()["links"]).values()) <= 4
    assert max(Counter(row["controller"] for row in _pool()["links"]).values()) <= 2


def test_the_report_compares() -> None:
    rivals = {a["name"]: a for a in _pool()["alternatives"]}
    assert set(rivals) == {"pool, static", "pool, re-let", "pool, dynamic", "direct expansion", "host DRAM"}
    own = rivals["pool, re-let"]["lost"]["cost_usd"]
    assert own == _pool()["cost_usd"]
    assert rivals["direct expansion"]["lost"]["cost_usd"] > rivals["pool, static"]["lost"]["cost_usd"] >= own
    assert own >= rivals["pool, dynamic"]["lost"]["cost_usd"]
    assert not rivals["host DRAM"]["choice"]
    assert _pool()["verdict"]["verdict"] == "pool"
    assert _pool()["verdict"]["against"] == "direct expansion"
    text = (built("leo_pool") / "report" / "report.txt").read_text(encoding="utf-8")
    assert text.splitlines()[1].startswith("  rack.kv: pool; at ")
    assert "less than direct expansion" in text
    assert "stranded" in text


def test_a_second_build_solves_nothing_and_changes_no_byte(tmp_path: Path) -> None:
    built("leo_pool")
    first, second = tmp_path / "first", tmp_path / "second"
    for out, seed in ((first, "1"), (second, "2")):
        done = run("build", "examples/leo_pool.rack", "-o", str(out), PYTHONHASHSEED=seed)
        assert done.returncode == 0
        assert "nothing was solved" in done.stdout
    assert _bytes(first) == _bytes(second) == _bytes(built("leo_pool"))


def test_deciding_afresh_gives_the_same_bytes(tmp_path: Path) -> None:
    lock = copied() / "leo_pool.rack.lock"
    built("leo_pool")
    before = lock.read_bytes()
    done = run("build", "examples/leo_pool.rack", "-o", str(tmp_path / "again"), "--relock", PYTHONHASHSEED="7")
    assert "decided by the solver: rack.kv" in done.stdout
    assert lock.read_bytes() == before
    assert _bytes(tmp_path / "again") == _bytes(built("leo_pool"))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("change", "families"),
    [
        (("cxl = 4", "cxl = 1"), {"ports", "survive 1 controller for capacity"}),
        (("slots = 8", "slots = 2"), {"candidates", "survive 1 controller for capacity"}),
    ],
)
def test_removing_what_it_needs_exits_3_with_the_conflict(
    tmp_path: Path, change: tuple[str, str], families: set[str]
) -> None:
    text = (ROOT / "examples" / "leo_pool.rack").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "d.rack").write_text(text.replace(*change), encoding="utf-8")
    shutil.copytree(ROOT / "examples" / "traces", tmp_path / "traces")
    done = run("build", "d.rack", "-o", "out", cwd=tmp_path)
    assert done.returncode == 3
    assert "error[E0708]" in done.stderr
    for family in families:
        assert f"`{family}`" in done.stderr
    assert "this would do:" in done.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "d.rack.lock").exists()
