"""Block designs: every two hosts share exactly so many devices, counted here pair by pair and not by the compiler."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.patterns.designs import design, is_design, near
from rackc.compiler.patterns.geometry import Field
from tests.patterns.wired import Link, join, refused

#: Hosts, ports of a device, shared devices; with the construction that makes it.
KNOWN = [
    (4, 4, 3, "all points"), (5, 3, 3, "subsets"), (7, 2, 1, "pairs"), (9, 3, 1, "affine plane"), (16, 4, 1, "affine plane"),
    (64, 8, 1, "affine plane"), (81, 9, 1, "affine plane"), (27, 3, 1, "affine space"), (7, 3, 1, "projective plane"),
    (13, 4, 1, "projective plane"), (21, 5, 1, "projective plane"), (73, 9, 1, "projective plane"), (91, 10, 1, "projective plane"),
    (15, 3, 1, "projective space"), (40, 4, 1, "projective space"), (19, 3, 1, "cyclic family"), (37, 4, 1, "cyclic family"),
    (25, 4, 1, "family in Z5 x Z5"), (45, 5, 1, "family in Z3 x Z15"), (52, 4, 1, "family with a short block"),
    (28, 4, 1, "family with a fixed point"), (11, 5, 2, "difference set"), (16, 6, 2, "difference set in Z2 x Z8"),
    (7, 4, 2, "difference set"), (9, 6, 5, "complement"), (6, 3, 2, "residual"), (10, 4, 2, "residual"), (16, 4, 2, "repeated"),
]  # fmt: skip


def counts(hosts: int, width: int, times: int) -> tuple[int, int]:
    """Return ports of a host, and devices."""
    ports = times * (hosts - 1) // (width - 1)
    return ports, hosts * ports // width


def shared(links: list[Link]) -> Counter[tuple[int, int]]:
    """Return how many devices each pair of hosts shares."""
    on: dict[int, list[int]] = {}
    for host, device in links:
        on.setdefault(device[1], []).append(host[1])
    return Counter(pair for hosts in on.values() for pair in combinations(sorted(hosts), 2))


@pytest.mark.parametrize(("hosts", "width", "times", "_"), KNOWN)
def test_every_two_hosts_share_as_many_devices(hosts: int, width: int, times: int, _: str) -> None:
    ports, devices = counts(hosts, width, times)
    links = join("block_design", [ports] * hosts, [width] * devices, **{"lambda": times})
    assert len(links) == hosts * ports
    assert shared(links) == Counter(dict.fromkeys(combinations(range(hosts), 2), times))
    assert links == join("block_design", [ports] * hosts, [width] * devices, **{"lambda": times})


@pytest.mark.parametrize(("hosts", "width"), [(13, 4), (25, 4), (9, 3)])
def test_ports_are_used_in_order(hosts: int, width: int) -> None:
    ports, devices = counts(hosts, width, 1)
    links = join("block_design", [ports] * hosts, [width] * devices)
    for host in range(hosts):
        mine = sorted((a[2], b[1]) for a, b in links if a[1] == host)
        assert mine == list(enumerate(sorted(device for _, device in mine)))
    for device in range(devices):
        there = sorted((b[2], a[1]) for a, b in links if b[1] == device)
        assert there == list(enumerate(sorted(host for _, host in there)))


def test_a_wrong_design_is_recognised() -> None:
    fano = design(7, 3, 1)
    assert fano is not None
    assert is_design(fano, 7, 3, 1)
    assert not is_design(fano, 7, 3, 2)
    assert not is_design([*fano[:-1], fano[0]], 7, 3, 1)
    assert not is_design([(*fano[0][:2], fano[0][1]), *fano[1:]], 7, 3, 1)


@given(st.sampled_from((2, 3, 4, 5, 8, 9, 16, 25, 27)), st.data())
def test_fields_are_fields(order: int, data: st.DataObject) -> None:
    field = Field(order)
    a, b, c = (data.draw(st.integers(0, order - 1)) for _ in range(3))
    assert field.times(a, field.add(b, c)) == field.add(field.times(a, b), field.times(a, c))
    assert field.times(field.times(a, b), c) == field.times(a, field.times(b, c))
    assert not a or sorted(field.times(a, x) for x in range(order)) == list(range(order))


@pytest.mark.parametrize(
    ("left", "right", "times", "words"),
    [
        ([4] * 13, [4] * 12, 1, ("E0410: v r = b k does not hold: 13 hosts x 4 are 52 ports, 12 devices x 4 are 48",
                                 "4 left over on the left", "there is one of 13 hosts with 4 ports on 13 devices of 4")),
        ([4] * 12, [4] * 13, 1, ("4 left over on the right", "13 hosts with 4 ports on 13 devices of 4")),
        ([4] * 12, [4] * 12, 1, ("E0410: lambda (v - 1) = r (k - 1) does not hold: 1 x 11", "4 x 3", "11 is not 12",
                                 "one of 4 hosts with 1 port on 1 device of 4; or one of 13 hosts")),
        ([4] * 7, [4] * 7, 1, ("6 is not 12", "`lambda = 2` comes out")),
        ([3] * 16, [6] * 8, 1, ("E0410: b >= v does not hold: 8 devices for 16 hosts", "too few")),
        ([7] * 43, [7] * 43, 1, ("E0410: no design of 43 hosts on 43 devices of 7 ports is known here",
                                 "7 hosts with 1 port on 1 device of 7; or one of 49 hosts with 8 ports on 56 devices of 7")),
        ([3] * 2, [3] * 2, 1, ("a device of 3 ports cannot be shared by 3 of 2 hosts", "more ports than hosts")),
        ([2] * 3, [1] * 6, 1, ("a device of 1 port cannot be shared", "shared by nobody", "no counts near these")),
        ([4] * 12 + [5], [4] * 13, 1, ("E0403", "needs 4 ports, as the others have; left[12] has 5", "index the ports")),
        ([4] * 13, [4] * 12 + [3], 1, ("E0403", "right[12] has 3", "1 missing", "parts of one kind")),
    ],
)  # fmt: skip
def test_what_does_not_come_out_is_said(left: list[int], right: list[int], times: int, words: tuple[str, ...]) -> None:
    said = refused("block_design", left, right, **{"lambda": times})
    for word in words:
        assert word in said, said


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(1, 9), st.integers(1, 30), st.integers(1, 6), st.integers(1, 2))
def test_it_joins_all_or_says_why(hosts: int, ports: int, devices: int, width: int, times: int) -> None:
    fits = hosts * ports == devices * width and times * (hosts - 1) == ports * (width - 1) and 2 <= width <= hosts
    if not fits:
        assert refused("block_design", [ports] * hosts, [width] * devices, **{"lambda": times}).startswith("E0410")
        return
    if design(hosts, width, times) is not None:
        links = join("block_design", [ports] * hosts, [width] * devices, **{"lambda": times})
        assert set(shared(links).values()) == {times}


@pytest.mark.parametrize(("width", "times"), [(3, 1), (4, 1), (5, 1), (3, 2)])
def test_counts_that_are_proposed_have_a_design(width: int, times: int) -> None:
    for hosts in range(2, 40, 12):
        for count in near(hosts, width, times):
            assert design(count, width, times) is not None
