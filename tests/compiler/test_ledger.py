"""Laws of the ledger of lanes, of insertion loss and of retimers: what is found is what adding up says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.api import compile

_LAW = settings(deadline=None, max_examples=40)


def codes(text: str) -> list[str]:
    return sorted(d.code.value for d in compile("edition 2026\n" + text, solve=False).diagnostics)


_GROUPS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from((1, 2, 4, 8, 16)), st.sampled_from(("PCIe", "CXL", "NVLink"))), min_size=1, max_size=4)  # fmt: skip


@_LAW
@given(_GROUPS, st.integers(1, 120))
def test_a_part_has_the_lanes_of_its_ports_or_more(groups: list[tuple[int, int, str]], total: int) -> None:
    """Ports of other protocols have lanes of their own, and an array of none takes none."""
    used = sum(count * lanes for count, lanes, protocol in groups if protocol != "NVLink")
    ports = "".join(f'  port p{at}[{n}]: P({lanes}, "{protocol}")\n' for at, (n, lanes, protocol) in enumerate(groups))
    text = f"interface P(lanes, protocol) {{ }}\npart C {{\n  lanes_total = {total}\n{ports}}}\ndesign Main {{ c[2]: C }}\n"
    assert codes(text) == (["E0413"] if used > total else [])


@_LAW
@given(
    st.sampled_from((4, 8, 16)),
    st.sampled_from((1, 2, 3, 4, 6, 8, 16)),
    st.sets(st.sampled_from((1, 2, 4, 8, 16))),
    st.booleans(),
)
def test_a_port_splits_as_its_part_lists(of: int, each: int, listed: set[int], retimer: bool) -> None:
    """A retimer's lanes are split on both sides alike, without being told."""
    splits = ", ".join(f'"{of // lanes}x{lanes}"' for lanes in sorted(listed) if lanes <= of)
    own = f'role = "retimer"; lanes_total = {of}; ' if retimer else ""
    split_of = "" if retimer else f"; split_of = {of}"
    text = (
        f"interface P {{ protocol = \"PCIe\"; lanes = {each}{split_of} }}\n"
        f"part C {{ {own}splits = [{splits}]; port p: P }}\ndesign Main {{ c: C }}\n"
    )  # fmt: skip
    wrong = of % each != 0 or (bool(splits) and each not in listed)
    if each > of:
        wrong = True
    beyond = retimer and -(-each // 2) > of
    expected = (["E0413"] if beyond else []) + (["E0414"] if wrong and (splits or not retimer) else [])
    assert codes(text) == expected


@_LAW
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))
def test_what_passes_through_a_retimer_takes_a_lane_on_both_sides(up: int, down: int, either: int) -> None:
    text = f"""
interface P(direction) {{ protocol = "PCIe"; lanes = 8 }}
part C {{ role = "retimer"; lanes_total = 16; port u[{up}]: P("up"); port d[{down}]: P("down"); port e[{either}]: P("") }}
design Main {{ c: C }}
"""
    used = max(up, down, (up + down + either) / 2) * 8
    assert codes(text) == (["E0413"] if used > 16 else [])


_BUDGETS = {("PCIe", 3): 22, ("PCIe", 4): 28, ("CXL", 5): 36, ("PCIe", 6): 32, ("PCIe", 7): 36, ("Ethernet", 224): 40}


@_LAW
@given(
    st.sampled_from(sorted(_BUDGETS)),
    st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=4, max_size=4),
    st.booleans(),
)
def test_a_segment_loses_no_more_than_its_rate_allows(
    kind: tuple[str, int], losses: list[int | None], smart: bool
) -> None:
    """Both ports, the cable, and a metre of it; between the retimers of a smart cable it is three segments."""
    protocol, generation = kind
    left, right, fixed, along = losses
    stated = [f"; {name} = {db} {unit}" if db is not None else "" for name, db, unit in (
        ("loss", left, "dB"), ("loss", right, "dB"), ("loss", fixed, "dB"), ("loss_per_m", along, "dB/m"))]  # fmt: skip
    text = f"""
interface A {{ protocol = "{protocol}"; generation = {generation}{stated[0]} }}
interface B {{ protocol = "{protocol}"; generation = {generation}{stated[1]} }}
link C {{ medium = "cable"; protocols = ["{protocol}"]; lengths = [1 m]{"; retimers = 2" if smart else ""}{stated[2]}{stated[3]} }}
tray S {{ height = 1 U; port p: A }}
tray T {{ height = 1 U; port p: B }}
rack R: std.racks.Eia42 {{ s: S at u(1); t: T at u(2); connect s.p -- t.p : C }}
design Main {{ r: R }}
"""
    parts = [(left or 0), (fixed or 0) + (along or 0), (right or 0)]
    lost = max(parts) if smart else sum(parts)
    assert codes(text) == (["E0419"] if lost > _BUDGETS[kind] else [])


@_LAW
@given(st.lists(st.booleans(), min_size=1, max_size=4), st.integers(1, 3))
def test_two_retimers_are_the_most(smart: list[bool], ways: int) -> None:
    """A chain of as many cables as are said to be smart or not, with a board between two: every way of it alike."""
    boards = len(smart) - 1
    text = f"""
interface P(direction) {{ protocol = "PCIe"; generation = 5; lanes = 4 }}
link Plain {{ medium = "cable"; protocols = ["PCIe"] }}
link Smart {{ medium = "cable"; protocols = ["PCIe"]; retimers = 2 }}
part Cpu {{ port down[{ways}]: P("down") }}
part Card {{ port up[{ways}]: P("up") }}
part Retimer {{ role = "retimer"; port up[{ways}]: P("up"); port down[{ways}]: P("down") }}
tray T {{
  cpu: Cpu; card: Card; r[{boards}]: Retimer
"""
    names = ["cpu", *(f"r[{at}]" for at in range(boards)), "card"]
    for at, one in enumerate(smart):
        text += f"  connect {names[at]}.down -- {names[at + 1]}.up : {'Smart' if one else 'Plain'}\n"
    many = boards + 2 * sum(smart) > 2
    assert codes(text + "}\ndesign Main { t: T }\n") == (["E0420"] if many else [])


@pytest.mark.parametrize(("count", "found"), [(2, []), (3, ["E0420"])])
def test_a_cable_alone_may_have_too_many_retimers(count: int, found: list[str]) -> None:
    text = f"""
interface P {{ protocol = "PCIe"; lanes = 4 }}
link C {{ medium = "cable"; protocols = ["PCIe"]; retimers = {count} }}
part Cpu {{ port p: P }}
tray T {{ a: Cpu; b: Cpu; connect a.p -- b.p : C }}
design Main {{ t: T }}
"""
    assert codes(text) == found


def test_a_network_cable_has_its_own_retimers() -> None:
    """The two of PCIe are a rule of PCIe."""
    text = """
interface P { protocol = "Ethernet"; lanes = 4 }
link C { medium = "cable"; protocols = ["Ethernet"]; retimers = 4 }
interface E { protocol = "PCIe"; lanes = 4 }
link B { medium = "board trace"; protocols = ["PCIe"] }
part Nic { port p: P; port e: E }
tray T { a: Nic; b: Nic; connect a.p -- b.p : C; connect a.e -- b.e : B }
design Main { t: T }
"""
    assert codes(text) == []


def test_two_retimers_of_one_array_of_ports_are_not_taken_for_a_path() -> None:
    """Nothing says which port leads to which: each link is looked at by itself."""
    text = """
interface P { protocol = "PCIe"; lanes = 4 }
link C { medium = "cable"; protocols = ["PCIe"] }
part Cpu { port p[4]: P }
part Retimer { role = "retimer"; port p[4]: P }
tray T { a: Cpu; r[3]: Retimer
  connect [a.p[0], a.p[1], a.p[2], a.p[3]] -- [r[0].p[0], r[0].p[1], r[1].p[0], r[2].p[2]] : C
  connect [r[0].p[2], r[1].p[1], r[1].p[2]] -- [r[1].p[3], r[2].p[0], r[2].p[1]] : C
}
design Main { t: T }
"""
    assert codes(text) == []
