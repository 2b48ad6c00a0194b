"""Racks of CXL memory by counts that follow from what they are: Open Rack, switched, pooled, sparse."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from tests.examples.building import plan, role_of, run

RACKS = ("orv3_cxl", "beluga", "shared_pool", "switch_pool", "sparse_pod")


@pytest.mark.parametrize("name", RACKS)
def test_checks_clean(name: str) -> None:
    done = run("check", f"examples/{name}.rack")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert "no errors, no warnings" in first
    assert " note" not in first


def _counts(name: str) -> Counter[str]:
    return Counter(role_of(plan(name)).values())


def _cxl(name: str) -> list[dict[str, Any]]:
    return [link for link in plan(name)["links"] if link["protocol"] == "CXL"]


def _gib(name: str) -> float:
    """Memory of all modules that stand in the design."""
    document = plan(name)
    capacity = {p["id"]: p["figures"].get("capacity") for p in document["parts"] if p["role"] == "memory"}
    return sum(_to_gib(capacity[i["part"]]) for i in document["instances"] if i["part"] in capacity)


def _to_gib(figure: dict[str, Any]) -> float:
    number, unit = str(figure["value"]).replace(",", "").split()
    return float(number) * {"GiB": 2**30, "GB": 10**9}[unit] / 2**30


def _owner(port: str) -> str:
    return port.rsplit(".", 1)[0]


def test_orv3_has_four_cards_a_host_and_shelves_of_18_kw_on_two_feeds() -> None:
    counts = _counts("orv3_cxl")
    assert (counts["server"], counts["cpu"], counts["memory-controller"]) == (12, 24, 48)
    assert (counts["memory"], counts["power-shelf"]) == (4 * 48, 4)
    assert _gib("orv3_cxl") == 48 * 512
    assert len(_cxl("orv3_cxl")) == 48  # a card joins one socket, and no other card
    assert set(Counter(_owner(link["a"]) for link in _cxl("orv3_cxl")).values()) == {2}


def test_beluga_fills_both_switches_with_hosts_and_devices() -> None:
    counts = _counts("beluga")
    assert (counts["server"], counts["switch"], counts["memory-controller"]) == (16, 2, 32)
    assert _gib("beluga") == pytest.approx(32 * 256 * 10**9 / 2**30)  # 8 TB
    role = role_of(plan("beluga"))
    lanes: Counter[str] = Counter()
    for link in _cxl("beluga"):
        for end in (link["a"], link["b"]):
            if role[_owner(end)] == "switch":
                lanes[_owner(end)] += 8
    assert set(lanes.values()) == {256}


def test_beluga_gives_every_host_a_cable_to_each_switch() -> None:
    cables = [link for link in _cxl("beluga") if link["carrier"] == "CxlCopper8"]
    assert len(cables) == 32
    assert all(link["routed_m"] <= link["length_m"] <= 1.5 for link in cables)
    pairs = {(link["a"].split(".adapter")[0], link["b"].split(".switch")[0]) for link in cables}
    assert len(pairs) == 32


def test_the_shared_pool_serves_four_hosts_and_survives_a_card() -> None:
    (pool,) = plan("shared_pool")["pools"]
    assert len(pool["hosts"]) == 4
    fitted = [c for c in pool["controllers"] if c["populated"]]
    demand = max(sum(row["demand_gib"]) for row in pool["slices"])
    assert demand >= 1000 * 10**9 / 2**30
    assert sum(c["capacity_gib"] for c in fitted) - max(c["capacity_gib"] for c in fitted) >= demand
    heads = Counter(row["controller"] for row in pool["links"])
    assert max(heads.values()) <= 2
    assert pool["proof"]["status"] == "optimal"


def test_the_switched_pool_survives_a_device_and_counts_its_switches_once() -> None:
    document = plan("switch_pool")
    (pool,) = document["pools"]
    fitted = [c for c in pool["controllers"] if c["populated"]]
    devices = [device for c in fitted for device in c["devices"]]
    demand = sum(pool["slices"][0]["demand_gib"])
    assert 256 * len(devices) == pool["capacity_gib"]
    assert 256 * (len(devices) - 1) >= demand
    assert pool["cost_usd"] == 6_000 * len(fitted) + 3_600 * len(devices) + 85 * len(pool["links"])
    there = {i["address"] for i in document["instances"] if i["populated"] and ".device[" in i["address"]}
    assert {address for address in there if not address.endswith(".dram")} == set(devices)
    assert all(c["logical_devices"] <= 16 for c in fitted)
    assert all(".switch.port[" in row["link"] for row in pool["links"])
    assert len({(row["host"], row["controller"]) for row in pool["links"]}) == 2 * len(pool["hosts"])


def test_any_two_hosts_of_the_sparse_pod_share_exactly_one_device() -> None:
    reaches: dict[str, set[str]] = {}
    for link in _cxl("sparse_pod"):
        reaches.setdefault(_owner(link["a"]), set()).add(_owner(link["b"]))
    assert len(reaches) == 13
    assert {len(devices) for devices in reaches.values()} == {4}
    assert len(set().union(*reaches.values())) == 13
    assert {len(a & b) for a, b in combinations(reaches.values(), 2)} == {1}


def test_cables_of_the_sparse_pod_reach() -> None:
    assert len(_cxl("sparse_pod")) == 52
    assert all(link["routed_m"] <= link["length_m"] <= 1.5 for link in _cxl("sparse_pod"))
