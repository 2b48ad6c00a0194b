"""What links come to: bandwidth of those that train down, protocols of ports that run several, and how far carriers reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.api import compile
from rackc.compiler.pipeline import Result
from rackc.compiler.plan import Plan

CORPUS = Path(__file__).parents[1] / "corpus"
_LANE_GB = {4: 1.97, 5: 3.94, 6: 7.5}


def checked(text: str) -> Result:
    return compile("edition 2026\n" + text, solve=False)


def plan_of(text: str) -> Plan:
    plan = checked(text).plan
    assert plan is not None
    return plan


def codes(text: str) -> list[str]:
    return [d.code.value for d in checked(text).diagnostics]


def joined(left: tuple[int, int], right: tuple[int, int], rate: int | None = None) -> str:
    """Return a design of one link between ports of (lanes, generation), on a carrier of a rate."""
    ends = "".join(
        f'interface {name} {{ protocol = "PCIe"; lanes = {lanes}; generation = {generation}; accepts = [4, 8, 16]\n'
        f"  bandwidth = {lanes * _LANE_GB[generation]} GB/s }}\npart P{name} {{ port p: {name} }}\n"
        for name, (lanes, generation) in (("A", left), ("B", right))
    )
    own = "" if rate is None else f"; rate = {rate}"
    return (
        f"{ends}link W {{ medium = \"board trace\"; protocols = [\"PCIe\"]{own} }}\n"
        "tray T { a: PA; b: PB; connect a.p -- b.p : W }\ndesign Main { t: T }\n"
    )  # fmt: skip


_ENDS = st.tuples(st.sampled_from((4, 8, 16)), st.sampled_from(tuple(_LANE_GB)))


@settings(deadline=None, max_examples=20)
@given(_ENDS, _ENDS, st.sampled_from((None, *_LANE_GB)))
def test_a_link_runs_with_the_lanes_of_the_narrower_at_the_rate_of_the_slowest(
    left: tuple[int, int], right: tuple[int, int], rate: int | None
) -> None:
    result = checked(joined(left, right, rate))
    assert result.plan is not None
    lanes, generation = min(left[0], right[0]), min(left[1], right[1], rate or 9)
    (link,) = result.plan.links
    assert link.bandwidth_each_way == pytest.approx(lanes * _LANE_GB[generation] * 1e9)
    unlike = left != right or generation < left[1]
    assert [d.code.value for d in result.diagnostics] == (["W0451"] if unlike else [])
    if unlike:
        assert f"{lanes * _LANE_GB[generation]:.4g} GB/s each way of" in result.diagnostics[0].message


def test_two_x16_of_generation_5_are_about_one_x16_of_generation_6() -> None:
    five = plan_of(joined((16, 5), (16, 5))).links[0].bandwidth_each_way
    six = plan_of(joined((16, 6), (16, 6))).links[0].bandwidth_each_way
    assert six / five == pytest.approx(2, rel=0.05)


def test_a_link_speaks_what_both_ends_can() -> None:
    plan = plan_of("""
interface Both { protocol = "PCIe"; modes = ["PCIe", "CXL"]; lanes = 8 }
interface Cxl { protocol = "CXL"; lanes = 8 }
interface Turned { protocol = "PCIe"; modes = ["CXL", "PCIe"]; lanes = 8 }
interface Set { protocol = "PCIe"; modes = ["PCIe", "CXL"]; mode = "CXL"; lanes = 8 }
link W { medium = "board trace"; protocols = ["PCIe", "CXL"] }
part Cpu { port p[3]: Both; port s: Set; port t: Turned }
part Card { port p[2]: Cxl }
tray T {
  a: Cpu; b: Cpu; c: Card
  connect a.p[0] -- c.p[0] : W
  connect c.p[1] -- b.p[0] : W
  connect a.p[1] -- b.p[1] : W
  connect a.s -- b.p[2] : W
  connect a.t -- b.t : W
}
design Main { t: T }
""")
    assert [link.protocol for link in plan.links] == ["CXL", "CXL", "PCIe", "CXL", "PCIe"]
    assert {port.name: port.interface.protocol for port in plan.ports}["s"] == "CXL"


#: Construction, protocol, rate, `ways`; what is sure and what is the most, in metres (facts of links and reach).
_REACH = [
    ("passive copper", "Ethernet", 28, None, 3, 5),
    ("passive copper", "Ethernet", 56, None, 3, 3),
    ("passive copper", "Ethernet", 112, None, 2, 2),
    ("passive copper", "InfiniBand", 100, None, 2, 2),
    ("passive copper", "Ethernet", 112, "[1, 2]", 3, 3),
    ("passive copper", "Ethernet", 224, None, 1.2, 1.75),
    ("passive copper", "Ethernet", 224, "[1, 2]", 1.2, 1.75),
    ("redriver", "Ethernet", 56, None, 5, 5),
    ("redriver", "Ethernet", 112, None, 5, 5),
    ("retimed", "Ethernet", 56, None, 7, 7),
    ("retimed", "Ethernet", 112, None, 5, 7),
    ("retimed", "InfiniBand", 224, None, 2.5, 3),
    ("active optical", "Ethernet", 112, None, 100, 100),
    ("optical", "Ethernet", 56, None, 100, 100),
    ("passive copper", "CXL", 5, None, 1.5, 1.5),
    ("retimed", "PCIe", 5, None, 7, 7),
    ("retimed", "CXL", 6, None, 6, 7),
    ("optical", "PCIe", 6, None, 50, 50),
    ("passive copper", "NVLink", 5, None, 1.0, 1.5),
]


def cabled(construction: str, protocol: str, rate: int, ways: str | None, length: float, **own: str) -> str:
    more = "".join(f"; {name} = {value}" for name, value in {"ways": ways, **own}.items() if value)
    cage = "; ports_per_cage = 2" if ways else ""
    return f"""
interface P {{ protocol = "{protocol}"; generation = {rate}{cage} }}
interface Q {{ protocol = "{protocol}"; generation = {rate} }}
link C {{ medium = "cable"; protocols = ["{protocol}"]; construction = "{construction}"; lengths = [{length} m]{more} }}
tray A {{ height = 1 U; port p[2]: P }}
tray B {{ height = 1 U; port q: Q }}
rack R: std.racks.Eia42 {{ a: A at u(1); b: B at u(2); connect a.p[0] -- b.q : C }}
design Main {{ r: R }}
"""


@pytest.mark.parametrize(("construction", "protocol", "rate", "ways", "sure", "most"), _REACH)
def test_reach(construction: str, protocol: str, rate: int, ways: str | None, sure: float, most: float) -> None:
    """Sure, then claimed, then beyond; a longer reach of its own counts for fibre alone, a shorter one for all."""
    for length, found in ((sure, []), (most, ["W0456"] if most > sure else []), (most + 0.25, ["E0407"])):
        assert codes(cabled(construction, protocol, rate, ways, length)) == found, length
        own = [] if construction == "optical" else found
        assert codes(cabled(construction, protocol, rate, ways, length, reach="900 m")) == own, length
    assert codes(cabled(construction, protocol, rate, ways, sure, reach=f"{sure / 2} m")) == ["E0407"]


@pytest.mark.parametrize(
    ("construction", "protocol", "rate"),
    [("passive copper", "PCIe", 5), ("redriver", "Ethernet", 224), ("passive copper", "Ethernet", 10), ("", "CXL", 5)],
)
def test_what_is_not_known_bounds_nothing(construction: str, protocol: str, rate: int) -> None:
    text = cabled(construction, protocol, rate, None, 30).replace('construction = ""; ', "")
    assert codes(text) == []


def test_what_is_left_to_choose_stays_within_what_is_sure() -> None:
    text = """
interface P { protocol = "Ethernet"; generation = 224; connector = "OSFP" }
link Dac { medium = "cable"; protocols = ["Ethernet"]; field = true; connector = "OSFP"; construction = "passive copper"
  lengths = [1 m, 1.7 m]; prices = [10 USD, 20 USD] }
link Aec { medium = "cable"; protocols = ["Ethernet"]; field = true; connector = "OSFP"; construction = "retimed"
  lengths = [2 m]; prices = [90 USD] }
tray A { height = 1 U; port p: P }
rack R: std.racks.Eia42 { a: A at u(1); b: A at u(24); connect a.p -- b.p }
design Main { r: R }
"""
    plan = plan_of(text)
    assert [plan.carriers[link.carrier].part.name for link in plan.links] == ["Aec"]
    assert codes(text) == []


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        ("rate = 56", "too slow"),
        ('fibre = "MPO-16"', "another fibre"),
        ("lanes = 4", "too narrow"),
        ('connectors = ["OSFP finned", "QSFP112"]', "another plug"),
        ('connector = "OSFP finned"', "one plug for unlike ports"),
    ],
)
def test_what_does_not_fit_is_not_chosen(unfit: str, why: str) -> None:
    """Of two imported cables the cheaper is taken, unless it is unfit."""
    own = 'connectors = ["OSFP flat", "OSFP finned"]; lanes = 8; rate = 112; fibre = "MPO-12"'
    text = """
interface A {{ protocol = "Ethernet"; generation = 112; lanes = 8; connector = "OSFP finned"; fibre = "MPO-12" }}
interface B {{ protocol = "Ethernet"; generation = 112; lanes = 8; connector = "OSFP flat"; fibre = "MPO-12" }}
link Cheap {{ medium = "cable"; protocols = ["Ethernet"]; lengths = [1 m]; prices = [1 USD]; {own} }}
link Dear {{ medium = "cable"; protocols = ["Ethernet"]; lengths = [1 m]; prices = [9 USD]; {fit} }}
tray S {{ height = 1 U; port p: A }}
tray T {{ height = 1 U; port p: B }}
rack R: std.racks.Eia42 {{ s: S at u(1); t: T at u(2); connect s.p -- t.p }}
design Main {{ r: R }}
"""
    name = unfit.split(" ")[0].removesuffix("s") if "connector" in unfit else unfit.split(" ")[0]
    worse = "; ".join([*(part for part in own.split("; ") if not part.startswith(name)), unfit])
    for cheap, chosen in ((own, "Cheap"), (worse, "Dear")):
        plan = plan_of(text.format(own=cheap, fit=own))
        assert [plan.carriers[link.carrier].part.name for link in plan.links] == [chosen], why


def test_a_pools_links_come_to_what_both_ends_can() -> None:
    """Eight lanes of a head that would have sixteen, at the generation of the card."""
    plan = compile(CORPUS / "solve" / "pool_of_older_and_wider_heads.rack").plan
    assert plan is not None
    assert len(plan.links) >= 2
    assert {link.bandwidth_each_way for link in plan.links} == {31.5e9}


@pytest.mark.parametrize(("units", "found"), [(23, []), (24, ["W0456"]), (34, ["W0456"]), (35, ["E0407"])])
def test_a_cartridge_spans_so_much_height(units: int, found: list[str]) -> None:
    """1.0 m is sure and 1.5 m the most for NVLink over copper: 22 units of 44.45 mm are within the one, 33 the other."""
    text = f"""
interface N {{ protocol = "NVLink"; generation = 5; connector = "blind mate" }}
link C {{ medium = "cartridge"; protocols = ["NVLink"]; construction = "passive copper" }}
tray T {{ height = 1 U; port p: N }}
rack R: std.racks.Eia42 {{ a: T at u(1); b: T at u({units}); connect a.p -- b.p : C }}
design Main {{ r: R }}
"""
    assert codes(text) == found


def test_a_cable_that_comes_too_long_only_is_told_without_places() -> None:
    text = """
interface P { protocol = "Ethernet"; generation = 224 }
link C { medium = "cable"; protocols = ["Ethernet"]; construction = "passive copper"; lengths = [2.5 m, 3 m] }
part A { port p: P }
tray T { a: A; b: A; connect a.p -- b.p : C }
design Main { t: T }
"""
    (found,) = checked(text).diagnostics
    assert found.code.value == "E0407"
    assert found.message == "the shortest `C` is 2.5 m, and it ends at 1.75 m: t.a.p to t.b.p"
    assert found.notes == ("passive copper ends at 1.75 m at 224 Gb/s a lane (AL-224G)",)
