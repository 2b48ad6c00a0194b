"""Cages, links, cables, transceivers and fibres are five counts, in the Plan, the report and the bill."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.api import compile
from rackc.backends import bom, report
from rackc.compiler.pipeline import Result

_PORTS = """edition 2026
interface Twin { protocol = "Ethernet"; generation = 112; lanes = 4; connector = "OSFP finned"; ports_per_cage = 2 }
interface One { protocol = "Ethernet"; generation = 112; lanes = 4; connector = "OSFP flat" }
link Split {
  medium = "cable"; protocols = ["Ethernet"]; field = true; connectors = ["OSFP finned", "OSFP flat"]; ways = [1, 2]
  lanes = 8; lengths = [1 m, 2 m, 3 m]; prices = [10 USD, 20 USD, 30 USD]
}
link Twins {
  medium = "cable"; protocols = ["Ethernet"]; field = true; connector = "OSFP finned"; ways = [1, 1]; links_per_unit = 2
  lanes = 8; lengths = [1 m, 2 m]; prices = [10 USD, 20 USD]
}
link Fibre {
  medium = "cable"; protocols = ["Ethernet"]; field = true; construction = "optical"; transceivers = 2; fibre = "MPO-12"
  lengths = [3 m, 5 m]; prices = [40 USD, 50 USD]
}
link Lone { medium = "cable"; protocols = ["Ethernet"]; field = true; connector = "OSFP flat"; lengths = [1 m]; price = 1 USD }
"""


def built(body: str) -> tuple[Result, dict[str, dict[str, int]], dict[str, int]]:
    """Return what comes of a design, its cabling by carrier, and what is bought."""
    result = compile(_PORTS + body, solve=False)
    assert [d.message for d in result.diagnostics] == []
    assert result.plan is not None
    assert result.report is not None
    rows = json.loads(report.emit(result.plan, result.report).files["report.json"])["report"]["cabling"]
    bill = json.loads(bom.emit(result.plan, result.report).files["bom.json"])["buy_list"]
    bought: dict[str, int] = {}
    for line in bill:
        bought[line["item_no"]] = bought.get(line["item_no"], 0) + line["ext_qty"]
    return result, {row.pop("carrier"): row for row in rows}, bought


def counts(links: int, cables: int, cages: int, transceivers: int = 0, fibres: int = 0) -> dict[str, object]:
    return {
        "medium": "cable",
        "links": links,
        "cables": cables,
        "cages": cages,
        "transceivers": transceivers,
        "fibres": fibres,
    }


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 6), st.booleans())
def test_splitters(cages: int, turned: bool) -> None:
    """Each twin cage takes one splitter, whichever side the connection names first."""
    ends = ("nic[*].p", "sw.p") if turned else ("sw.p", "nic[*].p")
    _, found, bought = built(
        f"part Sw {{ port p[{2 * cages}]: Twin }}\npart Nic {{ port p: One }}\n"
        f"tray T {{ sw: Sw; nic[{2 * cages}]: Nic; connect {ends[0]} -- {ends[1]} : Split }}\ndesign Main {{ t: T }}\n"
    )
    assert found["Split"] == counts(2 * cages, cages, 3 * cages)
    assert bought["Split"] == cages


def test_the_cage_tells_which_end_of_a_splitter_is_the_first() -> None:
    """Where both ends have one plug, the links begin at the end whose cage holds them."""
    _, found, _ = built(
        "interface Narrow { protocol = \"Ethernet\"; generation = 112; lanes = 4; connector = \"OSFP finned\" }\n"
        "link Same { medium = \"cable\"; protocols = [\"Ethernet\"]; field = true; connector = \"OSFP finned\"; ways = [1, 2] }\n"
        "part Sw { port p[4]: Twin }\npart Nic { port p: Narrow }\n"
        "tray T { sw: Sw; nic[4]: Nic; connect nic[0..1].p -- sw.p[0..1] : Same; connect sw.p[2..3] -- nic[2..3].p : Same }\n"
        "design Main { t: T }\n"
    )  # fmt: skip
    assert found["Same"] == counts(4, 2, 6)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.integers(0, 1))
def test_straight_cables_and_a_leg_left_free(cages: int, free: int) -> None:
    ports = 2 * cages - free
    _, found, bought = built(
        f"part Sw {{ port p[{2 * cages}]: Twin }}\n"
        f"tray T {{ sw[2]: Sw; connect sw[0].p[0..<{ports}] -- sw[1].p[0..<{ports}] : Twins }}\ndesign Main {{ t: T }}\n"
    )
    assert found["Twins"] == counts(ports, cages, 2 * cages)
    assert bought["Twins"] == cages


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.integers(0, 1))
def test_fibres_share_transceivers_and_are_bought_one_a_link(cages: int, free: int) -> None:
    ports = 2 * cages - free
    result, found, bought = built(
        f"part Sw {{ port p[{2 * cages}]: Twin }}\n"
        f"tray T {{ sw[2]: Sw; connect sw[0].p[0..<{ports}] -- sw[1].p[0..<{ports}] : Fibre }}\ndesign Main {{ t: T }}\n"
    )
    assert found["Fibre"] == counts(ports, 0, 2 * cages, transceivers=2 * cages, fibres=ports)
    assert (bought["Fibre"], bought["Fibre transceiver"]) == (ports, 2 * cages)
    assert result.report is not None
    assert dict(result.report.unpriced)["Fibre transceiver"] == 2 * cages


def test_transceivers_are_told_by_the_form_of_their_cage() -> None:
    result, found, _ = built(
        "part Sw { port p[4]: Twin }\npart Nic { port p: One }\n"
        "link F { medium = \"cable\"; protocols = [\"Ethernet\"]; field = true; construction = \"optical\"; transceivers = 2\n"
        "  connectors = [\"OSFP finned\", \"OSFP flat\"]; lengths = [3 m] }\n"
        "tray T { sw: Sw; nic[4]: Nic; connect sw.p -- nic[*].p : F }\ndesign Main { t: T }\n"
    )  # fmt: skip
    assert found["F"] == counts(4, 0, 6, transceivers=6, fibres=4)
    assert result.plan is not None
    (carrier,) = result.plan.carriers
    assert carrier.transceivers == (("OSFP finned", 2), ("OSFP flat", 4))


def test_a_splitter_has_one_length_that_of_its_longer_leg() -> None:
    result, found, bought = built(
        "part Sw { port p[2]: Twin }\ntray S { height = 1 U; sw: Sw }\ntray N { height = 1 U; port p: One }\n"
        "rack R: std.racks.Eia42 { s: S at u(1); n[2]: N at u(2, 40); connect s.sw.p -- n[*].p : Split }\n"
        "design Main { r: R }\n"
    )
    assert result.plan is not None
    assert [link.length_m for link in result.plan.links] == [3, 3]
    assert [link.routed_m for link in result.plan.links] == [
        pytest.approx(0.4945, abs=1e-3),
        pytest.approx(2.184, abs=1e-3),
    ]
    assert {link.latency_ns for link in result.plan.links} == {round(3 * 4.6, 3)}
    assert found["Split"] == counts(2, 1, 3)
    assert bought["Split"] == 1
    assert result.report is not None
    assert result.report.cost_cents == 2_500_00 + 30_00


def test_a_cage_with_one_link_takes_a_cable_of_its_own() -> None:
    _, found, bought = built(
        "part Sw { port p[6]: Twin }\npart Nic { port p: One }\n"
        "tray T { sw: Sw; nic[3]: Nic; connect [sw.p[0], sw.p[3], sw.p[4]] -- nic[*].p : Split }\ndesign Main { t: T }\n"
    )
    assert found["Split"] == counts(3, 3, 6)
    assert bought["Split"] == 3


def test_a_loom_takes_its_links_as_they_come() -> None:
    _, found, bought = built(
        "link Loom { medium = \"cable\"; protocols = [\"Ethernet\"]; field = true; links_per_unit = 4; lengths = [1 m] }\n"
        "part Nic { port p[10]: One }\ntray T { n[2]: Nic; connect n[0].p -- n[1].p : Loom }\ndesign Main { t: T }\n"
    )  # fmt: skip
    assert found["Loom"] == counts(10, 3, 20)
    assert bought["Loom"] == 3


def test_parallel_links_are_kept_and_counted() -> None:
    """Links between the same two things are each a link, a cable and a part of the bandwidth."""
    result, found, bought = built(
        "part Nic { port p[3]: One }\ntray T { a: Nic; b: Nic; connect a.p -- b.p : Lone }\ndesign Main { t: T }\n"
    )
    assert result.report is not None
    (fabric,) = result.report.fabrics
    assert (fabric.links, fabric.endpoints, fabric.field_installed) == (3, 2, 3)
    assert found["Lone"] == counts(3, 3, 6)
    assert bought["Lone"] == 3
    assert result.plan is not None
    assert len({(link.a, link.b) for link in result.plan.links}) == 3
