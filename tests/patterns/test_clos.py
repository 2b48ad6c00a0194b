"""Folded Clos networks: who meets whom, port by port, and the bandwidth between halves by max-flow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.values import Fault
from tests.patterns.wired import Link, graph, join, refused


@dataclass(frozen=True)
class Net:
    """A Clos network by what each switch has: `links` of a leaf to each spine of its pod, `core_links` likewise."""

    leaves: int
    spines: int
    down: int
    links: int
    pods: int = 1
    planes: int = 1
    cores: int = 0
    core_links: int = 0

    @property
    def leaf_up(self) -> int:
        """Ports of a leaf towards the spines of its pod."""
        return self.spines * self.links

    @property
    def spine_down(self) -> int:
        """Ports of a spine towards the leaves of its pod."""
        return self.leaves * self.links

    @property
    def spine_up(self) -> int:
        """Ports of a spine towards the cores of its plane."""
        return self.cores * self.core_links

    def join(self, spare: int = 0) -> list[Link]:
        """Return its links, with `spare` ports too many on each switch."""
        core = [self.pods * self.spines // self.planes * self.core_links + spare] * (self.cores * self.planes)
        right = [
            *[self.down + self.leaf_up + spare] * (self.leaves * self.pods),
            *[self.spine_down + self.spine_up + spare] * (self.spines * self.pods), *core,
        ]  # fmt: skip
        upper = {"pods": self.pods, "cores": self.cores * self.planes} if core else {}
        ratios = {"core_oversubscription": Fraction(self.spine_down, self.spine_up)} if core else {}
        return join(
            "clos", [1] * (self.down * self.leaves * self.pods), right, leaves=self.leaves * self.pods,
            spines=self.spines * self.pods, oversubscription=Fraction(self.down, self.leaf_up), **upper, **ratios,
        )  # fmt: skip


two_tiers = st.builds(Net, st.integers(2, 6), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))


def three_tiers(planes: int) -> st.SearchStrategy[Net]:
    """Return networks of three tiers whose cores come in so many planes."""
    # With one core a plane, the planes are as many as the spines of a pod and the cores have in common: all of them.
    return st.builds(
        Net, st.integers(1, 3), st.integers(1, 2).map(lambda n: n * planes), st.integers(1, 4), st.integers(1, 2),
        st.integers(2, 4), st.just(planes), st.just(1), st.integers(1, 2),
    )  # fmt: skip


def flow(links: list[Link], net: Net) -> int:
    """Return the most that the first half of the leaves can send to the second, in links."""
    made = graph(links)
    simple = nx.DiGraph()
    for a, b in made.edges():
        count = made.number_of_edges(a, b)
        simple.add_edge(a, b, capacity=count)
        simple.add_edge(b, a, capacity=count)
    half = net.leaves * net.pods // 2 if net.pods == 1 else net.leaves * (net.pods // 2)
    first, second = range(half), range(net.leaves * net.pods - half, net.leaves * net.pods)
    for end in [node for node in made if node[0] == "left"]:
        (leaf,) = made[end]
        if leaf[1] in first:
            simple.add_edge("source", end, capacity=1)
        elif leaf[1] in second:
            simple.add_edge(end, "sink", capacity=1)
    value: int = nx.maximum_flow_value(simple, "source", "sink")
    return value


@settings(max_examples=60)
@given(two_tiers, st.integers(0, 1))
def test_every_leaf_meets_every_spine_alike(net: Net, spare: int) -> None:
    links = net.join(spare)
    made = graph(links)
    assert len(links) == net.leaves * (net.down + net.leaf_up)
    for leaf in range(net.leaves):
        ends = sorted(n[1] for n in made["right", leaf] if n[0] == "left")
        assert ends == list(range(leaf * net.down, (leaf + 1) * net.down))
        for spine in range(net.spines):
            assert made.number_of_edges(("right", leaf), ("right", net.leaves + spine)) == net.links


@settings(max_examples=40)
@given(two_tiers)
def test_halves_of_two_tiers_have_the_bandwidth_that_the_ratio_states(net: Net) -> None:
    ratio = Fraction(net.down, net.leaf_up)
    assert flow(net.join(), net) == net.leaves // 2 * net.down / max(Fraction(1), ratio)


def test_ports_of_two_tiers_are_in_runs() -> None:
    links = set(Net(leaves=3, spines=2, down=4, links=2).join())
    assert {(("left", 4 * leaf + k, 0), ("right", leaf, k)) for leaf in range(3) for k in range(4)} <= links
    assert {
        (("right", leaf, 4 + 2 * spine + k), ("right", 3 + spine, 2 * leaf + k))
        for leaf in range(3) for spine in range(2) for k in range(2)
    } <= links  # fmt: skip


@settings(max_examples=60)
@given(st.integers(1, 3).flatmap(three_tiers))
def test_spines_meet_the_leaves_of_their_pod_and_the_cores_of_their_plane(net: Net) -> None:
    made = graph(net.join())
    spines, cores = net.leaves * net.pods, (net.leaves + net.spines) * net.pods
    for spine in range(net.spines * net.pods):
        pod, own = divmod(spine, net.spines)
        met = {n[1]: made.number_of_edges(("right", spines + spine), n) for n in made["right", spines + spine]}
        meant = {pod * net.leaves + leaf: net.links for leaf in range(net.leaves)}
        meant |= {cores + own % net.planes * net.cores + core: net.core_links for core in range(net.cores)}
        assert met == meant


@settings(max_examples=40)
@given(st.integers(1, 3).flatmap(three_tiers))
def test_halves_of_three_tiers_have_the_bandwidth_that_the_ratios_state(net: Net) -> None:
    ratio, core_ratio = Fraction(net.down, net.leaf_up), Fraction(net.spine_down, net.spine_up)
    half = net.pods // 2 * net.leaves * net.down
    assert flow(net.join(), net) == half / max(Fraction(1), ratio, ratio * core_ratio)


def test_the_classic_fat_tree() -> None:
    """Al-Fares et al., SIGCOMM 2008, with k = 4: 16 hosts, 20 switches of 4 ports, all full."""
    links = join("clos", [1] * 16, [4] * 20, leaves=8, spines=8, pods=4, cores=4)
    made = graph(links)
    assert len(links) == 48
    assert {made.degree(n) for n in made if n[0] == "right"} == {4}
    cores = [("right", 16 + core) for core in range(4)]
    for core in cores:
        assert sorted((n[1] - 8) // 2 for n in made[core]) == [0, 1, 2, 3]
    assert [sorted((n[1] - 8) % 2 for n in made[core]) for core in cores] == [[0] * 4, [0] * 4, [1] * 4, [1] * 4]


def test_cores_fewer_than_spines_are_shared() -> None:
    # Six spines a pod and four cores: two planes of three spines and two cores.
    links = join("clos", [1] * 12, [12] * 2 + [4] * 12 + [12] * 4, leaves=2, spines=12, pods=2, cores=4,
                 oversubscription=Fraction(1), core_oversubscription=Fraction(1, 2))  # fmt: skip
    made = graph(links)
    assert [sorted(n[1] for n in made["right", 2 + spine] if n[1] >= 14) for spine in range(3)] == [
        [14, 15],
        [16, 17],
        [14, 15],
    ]


@pytest.mark.parametrize(
    ("ends", "right", "options", "words"),
    [
        (8, [8, 8, 4], {"leaves": 2, "spines": 2}, ("2 leaves and 2 spines are 4 bundles on the right, there are 3", "1 missing")),
        (8, [8, 8, 4, 4, 4], {"leaves": 2, "spines": 2}, ("left over: right[4]", "in that order")),
        (9, [8] * 4, {"leaves": 2, "spines": 2}, ("9 endpoint ports cannot be divided over 2 leaves", "1 left over",
                                                 "`leaves = 3, oversubscription = 3 / 2` would come out")),
        (10, [8] * 4, {"leaves": 2, "spines": 2}, ("5 ports up of a leaf cannot be divided over 2 spines", "1 left over",
                                                  "`oversubscription = 5 / 2`")),
        (8, [8] * 4, {"leaves": 2, "spines": 2, "oversubscription": Fraction(3)}, ("4 ports down and 3 to 1 make 1.33333 up",
                                                                                  "not whole", "`oversubscription = 2`")),
        (2, [8] * 4, {"leaves": 2, "spines": 2}, ("1 port up of a leaf cannot be divided over 2 spines", "1 missing",
                                                 "`oversubscription = 1 / 2` or `leaves = 1` would come out")),
        (16, [12] * 4, {"leaves": 2, "spines": 2}, ("right[0] needs 16 ports, 8 down and 8 up, and has 12", "4 missing",
                                                   "`oversubscription = 2` or `leaves = 4` would come out")),
        (8, [8, 8, 4, 3], {"leaves": 2, "spines": 2}, ("right[3] needs 4 ports, 4 down and 0 up, and has 3", "1 missing",
                                                      "`oversubscription = 2`")),
        (3, [2, 3], {"leaves": 1, "spines": 1}, ("right[0] needs 6 ports", "4 missing", "`leaves = 3` would come out")),
        (9, [2, 2], {"leaves": 1, "spines": 1}, ("16 missing", "no other options near these come out")),
        (8, [4] * 4, {"leaves": 2, "spines": 2, "pods": 1, "cores": 1}, ("one pod", "pods = 1")),
        (12, [8] * 10, {"leaves": 3, "spines": 4, "pods": 2, "cores": 3}, ("3 leaves cannot be divided over 2 pods", "1 left")),
        (8, [8] * 10, {"leaves": 4, "spines": 3, "pods": 2, "cores": 3}, ("3 spines cannot be divided over 2 pods", "1 left")),
        (16, [8] * 11, {"leaves": 4, "spines": 4, "pods": 2, "cores": 3},
         ("4 ports up of a spine cannot be divided over 3 cores of its plane", "1 left over",
          "`core_oversubscription = 4 / 3` or `cores = 2`")),
        (16, [8] * 10, {"leaves": 4, "spines": 4, "pods": 2, "cores": 2, "core_oversubscription": Fraction(3)},
         ("4 ports down and 3 to 1 make 1.33333 up, on each spine", "`core_oversubscription = 2`")),
        (16, [8] * 8 + [7] * 2, {"leaves": 4, "spines": 4, "pods": 2, "cores": 2},
         ("right[8] needs 8 ports, 4 for each of 2 pods, and has 7", "`core_oversubscription = 4 / 3`")),
    ],
)  # fmt: skip
def test_what_does_not_come_out_is_said(
    ends: int, right: list[int], options: dict[str, int | Fraction], words: tuple[str, ...]
) -> None:
    said = refused("clos", [1] * ends, right, **options)
    assert said.startswith("E0403")
    for word in words:
        assert word in said


def test_pods_and_cores_come_together() -> None:
    assert "E0208: three tiers need `pods` and `cores`\nonly `pods`" in refused(
        "clos", [1] * 4, [4] * 4, leaves=2, spines=2, pods=2
    )
    assert "neither is given" in refused(
        "clos", [1] * 4, [4] * 4, leaves=2, spines=2, core_oversubscription=Fraction(2)
    )


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(2, 5), st.integers(1, 4), st.integers(2, 12), st.integers(2, 12))
def test_the_way_out_comes_out(ends: int, leaves: int, spines: int, leaf: int, spine: int) -> None:
    """What a hint proposes is true: with that option, and as many switches, the network is made."""
    options: dict[str, int | Fraction] = {"leaves": leaves, "spines": spines}
    try:
        join("clos", [1] * ends, [leaf] * leaves + [spine] * spines, **options)
    except Fault:
        said = refused("clos", [1] * ends, [leaf] * leaves + [spine] * spines, **options).splitlines()[-1]
        if "would come out" not in said:
            assert said.startswith("no other options")
            return
        for proposal in said.removesuffix(" would come out").split(" or "):
            other = dict(options)
            for name, value in re.findall(r"(\w+) = ([\d /]+)", proposal):
                other[name] = Fraction(value.replace(" ", "")) if name == "oversubscription" else int(value)
            right = [leaf] * int(other["leaves"]) + [spine] * int(other["spines"])
            assert join("clos", [1] * ends, right, **other)
