"""The Fusion example: mixed silicon in one NVLink domain, expansion where a host has CXL and nowhere else."""

from __future__ import annotations

from collections import Counter

from tests.examples.building import plan, role_of


def test_xpus_and_gpus_share_one_domain() -> None:
    role = role_of(plan("fusion"))
    degree: Counter[str] = Counter()
    for link in plan("fusion")["links"]:
        if link["protocol"] == "NVLink":
            degree[link["a"].rsplit(".", 1)[0]] += 1
    assert Counter(role[a] for a in degree) == {"gpu": 36, "chiplet": 36}
    assert set(degree.values()) == {18}


def test_every_xpu_has_its_chiplet_and_custom_cpus_join_by_c2c() -> None:
    links = plan("fusion")["links"]
    assert sum(link["protocol"] == "UCIe" for link in links) == 36
    c2c = Counter(link["a"].rsplit(".", 1)[0] for link in links if link["protocol"] == "C2C")
    assert len(c2c) == 9
    assert set(c2c.values()) == {4}


def test_each_host_with_cxl_has_one_card_and_no_other_has() -> None:
    role = role_of(plan("fusion"))
    cards = [a for a, r in role.items() if r == "memory-controller"]
    with_cxl = {p["owner"] for p in plan("fusion")["ports"] if p["protocol"] == "CXL" and role[p["owner"]] == "cpu"}
    assert len(cards) == len(with_cxl) == 9
    joined = {link["a"].rsplit(".", 1)[0] for link in plan("fusion")["links"] if link["protocol"] == "CXL"}
    assert joined == with_cxl
    assert not plan("fusion")["pools"]
