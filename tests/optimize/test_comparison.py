"""The answer in its context: rivals at the same promise, the verdict, where it turns, what binds."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import pytest

from rackc.compiler.comparison import Comparison, Rival, Sized
from rackc.compiler.optimize.compare.alone import Owed
from rackc.compiler.optimize.compare.comparing import compare
from rackc.compiler.optimize.compare.direct import cheapest, direct_expansion, least_modules
from rackc.compiler.optimize.compare.scaling import scaled
from rackc.compiler.optimize.compare.verdict import judge, others
from rackc.compiler.optimize.pooling import solve_pool
from rackc.compiler.optimize.problem import Beside, Conflict, Controller, Loss, PoolDecision, PoolProblem, Reading, Tier
from tests.optimize.families import PROMISES, sample
from tests.optimize.samples import pool, walk

DIMM = ((64, 96_000),)


def decided(problem: PoolProblem) -> PoolDecision:
    answer = solve_pool(problem)
    assert isinstance(answer, PoolDecision)
    return answer


def compared(problem: PoolProblem) -> Comparison:
    return compare(problem, decided(problem))


def rival(found: Comparison, name: str) -> Rival:
    one = found.rival(name)
    assert one is not None
    return one


def lost(found: Comparison, name: str) -> Sized:
    row = rival(found, name).lost
    assert row is not None
    return row


def beside(problem: PoolProblem, **more: object) -> PoolProblem:
    return replace(problem, beside=replace(problem.beside, **more))  # type: ignore[arg-type]  # fields by name


# ---------------------------------------------------------------- rivals


def roomy(problem: PoolProblem) -> PoolProblem:
    """Return a pool whose hosts have slots to spare."""
    return beside(problem, free_dimm_slots=1_000)


def test_every_way_has_a_row_intact_and_one_with_a_loss() -> None:
    found = compared(pool(walk(3, 6, seed=1)))
    assert [one.name for one in found.rivals] == ["pool, static", "pool, dynamic", "direct expansion", "host DRAM"]
    for one in found.rivals:
        assert one.intact is not None
        assert one.lost is not None
        assert one.intact.cost_cents <= one.lost.cost_cents


def test_a_loss_that_is_not_promised_is_one_controller() -> None:
    promised, bare = pool(((100, 80),)), pool(((100, 80),), survive=0)
    assert rival(compared(bare), "direct expansion").lost == rival(compared(promised), "direct expansion").lost
    assert compared(bare).asked == "intact"


def test_direct_expansion_by_hand() -> None:
    # 100 GiB with one card lost: two cards of 2 x 64 keep 128.
    problem = pool(((100,),), slots=(4,), sizes=DIMM)
    cable = problem.sites[0].cables[0]
    assert cable is not None
    assert lost(compared(problem), "direct expansion").cost_cents == 2 * (150_000 + 2 * 96_000 + cable.cost_cents)


def test_a_pool_with_one_head_is_direct_expansion() -> None:
    problem = replace(pool(walk(3, 8, seed=2), slots=(16,), heads=1), gap=0.0)
    found = compared(problem)
    assert lost(found, "direct expansion").cost_cents == decided(problem).cost_cents
    assert found.pays is False


@pytest.mark.parametrize("peak", [1, 90, 128, 300, 511, 513])
@pytest.mark.parametrize("gone", [0, 1, 2])
@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("more", [0, 100])
def test_least_modules_is_what_enumeration_finds(peak: int, gone: int, copies: int, more: int) -> None:
    """With devices or hosts lost all fits once (`more` is what a lost host brings); with none lost, in all copies."""
    counts = (1, 2, 4)
    for cards in (1, 2, 3, 4):
        held = [
            sum(fill)
            for fill in combinations_with_replacement(counts, cards)
            if cards > gone
            and sum(n * 64 for n in sorted(fill)[: cards - gone]) >= peak
            and sum(fill) * 64 >= peak + more
            and sum(min(n * 64, peak) for n in fill) >= copies * peak
        ]
        assert least_modules(cards, Owed(peak + more, gone, peak, copies), counts, 64) == min(held, default=None)


@pytest.mark.parametrize("promise", [name for name in PROMISES if "host" not in name or name == "controller for host"])
def test_direct_expansion_is_a_pool_of_one_head_a_card(promise: str) -> None:
    """With cards of two kinds, modules of two sizes on each, and shelves: solved together it comes to the same."""
    for seed in range(3):
        some = replace(sample("one head", seed, tiny=True), losses=PROMISES[promise], one_size=False, goals=("cost",))
        dear = replace(
            some.sites[0], name="dear", cost_cents=some.sites[0].cost_cents * 3 // 2, populations=(2, 4), shelf=9
        )
        sites = (*some.sites, dear)
        every = tuple(
            Controller(f"c{at}.{k}", (f"c{at}.{k}.h",), at)
            for at in range(len(sites))
            for k in range(sum(len(host.ports) for host in some.hosts))
        )
        problem = replace(some, sites=sites, controllers=every)
        alone, together = cheapest(problem), solve_pool(problem)
        if alone is None:
            assert isinstance(together, Conflict)
        else:
            assert isinstance(together, PoolDecision)
            assert alone.cost_cents == together.objective, seed


def test_two_cards_may_stand_in_each_of_two_shelves() -> None:
    # 4 cards of 2 x 64 hold 256 with either shelf lost; three shelves are not there.
    problem = replace(pool(((256,),), slots=(4, 4), sizes=DIMM, populations=(2,)), losses=(Loss("shelf", 1),))
    assert lost(compared(problem), "direct expansion").devices == 4


def test_cards_of_two_kinds_serve_one_host() -> None:
    # 384 GiB: one card of 4 x 64 and one of 2 x 64 are cheaper than two of either kind.
    problem = pool(((384,),), slots=(2, 2), survive=0, sizes=DIMM)
    small, large = problem.sites
    two = replace(
        problem,
        sites=(replace(small, populations=(2,)), replace(large, populations=(4,), cost_cents=small.cost_cents * 2)),
        hosts=(replace(problem.hosts[0], ports=problem.hosts[0].ports[:2]),),
    )
    found = rival(compared(two), "direct expansion").intact
    assert found is not None
    assert (found.devices, found.gib) == (2, 384)
    assert found.cost_cents == decided(two).cost_cents


def test_every_host_has_modules_of_its_own_size() -> None:
    # 64 and 256 GiB: a module of 64 for the one, of 128 for the other, where slots are few.
    problem = roomy(pool(((60, 250),), survive=0, sizes=((64, 96_000), (128, 150_000))))
    row = rival(compared(problem), "host DRAM").intact
    assert row is not None
    assert (row.cost_cents, row.gib, row.devices) == (96_000 + 2 * 150_000, 64 + 256, 3)


def test_links_stated_for_the_pool_are_not_asked_of_direct_expansion() -> None:
    problem = pool(walk(3, 6, seed=1))
    wide = replace(problem, hosts=tuple(replace(host, least_links=4) for host in problem.hosts))
    assert direct_expansion(wide).lost == direct_expansion(problem).lost


def test_of_sites_alike_the_cheapest_cable_counts() -> None:
    problem = pool(walk(3, 6, seed=1))
    apart = replace(
        problem, sites=tuple(replace(site, shelf=0, read_mbps=90_000 + at) for at, site in enumerate(problem.sites))
    )
    assert direct_expansion(apart).lost == direct_expansion(problem).lost


def test_host_dram_has_a_module_more_for_the_one_that_is_lost() -> None:
    found = compared(pool(((65, 10), (1, 70)), sizes=DIMM))
    dram = rival(found, "host DRAM")
    assert dram.intact == Sized(4 * 96_000, 256, 4, 4 * 7_280)
    assert dram.lost == Sized(6 * 96_000, 384, 6, 6 * 7_280)


def test_host_dram_takes_larger_modules_where_slots_are_few() -> None:
    problem = pool(((500,),), survive=0)
    free = lost(compared(problem), "host DRAM")
    few = compared(beside(problem, tiers=(Tier("host DRAM", pieces=(2,)),)))
    row = rival(few, "host DRAM").intact
    assert row is not None
    assert (row.devices, row.gib) == (2, 512)
    assert free.devices > 2
    assert rival(few, "host DRAM").choice


def test_no_demand_is_not_compared() -> None:
    assert compared(pool(((0, 0),))) == Comparison()


# ---------------------------------------------------------------- other tiers


def drives(**more: object) -> Tier:
    base = Tier("local NVMe", "Ssd", pieces=(4, 4), piece_gib=1_000, piece_cents=20_000, piece_mw=20_000,
                read_mbps=(40_000, 40_000), write_mbps=(20_000, 20_000), latency_ns=(10_000, 100_000))  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]  # fields by name


def with_rates(problem: PoolProblem, read: int, write: int) -> PoolProblem:
    return replace(problem, hosts=tuple(replace(one, read_mbps=read, write_mbps=write) for one in problem.hosts))


def test_drives_by_capacity_and_by_rate() -> None:
    slow = with_rates(pool(((300, 200),)), 1_000, 1_000)
    assert lost(compared(beside(slow, tiers=(drives(),))), "local NVMe") == Sized(80_000, 4_000, 4, 80_000)
    # 35 GB/s are more than three of four drives give.
    fast = with_rates(pool(((300, 200),)), 35_000, 1_000)
    assert lost(compared(beside(fast, tiers=(drives(),))), "local NVMe").devices == 8


def test_a_drive_that_is_too_slow_says_both_figures() -> None:
    problem = with_rates(pool(((300, 200),)), 50_000, 1_000)
    one = rival(compared(beside(problem, tiers=(drives(),))), "local NVMe")
    assert not one.choice
    assert one.why == "too slow: a host reads 50 GB/s, it gives 40 GB/s"


def test_a_read_that_takes_longer_than_asked() -> None:
    problem = beside(pool(((300, 200),)), tiers=(drives(),), most_latency_ns=700)
    assert rival(compared(problem), "local NVMe").why == "too slow: a read takes up to 100 us, 700 ns are asked"


def test_a_tier_that_states_too_little_is_not_compared() -> None:
    one = rival(compared(beside(pool(((300, 200),)), tiers=(Tier("local NVMe", "Ssd", missing="`Ssd` states no `price`"),))), "local NVMe")  # fmt: skip
    assert (one.intact, one.lost, one.choice, one.why) == (None, None, False, "not compared: `Ssd` states no `price`")


def test_lpddr_is_lost_with_its_host() -> None:
    tier = Tier("LPDDR over C2C", "Cpu", pieces=(480, 480), piece_gib=1, lost_with="host")
    one = rival(compared(beside(pool(((300, 200),)), tiers=(tier,))), "LPDDR over C2C")
    assert (one.intact, one.lost, one.why) == (Sized(0, 500, 500, 0), None, "it is lost with its host")
    free = compared(beside(pool(((300, 200),), survive=0), tiers=(tier,)))
    assert (free.pays, free.against) == (False, "LPDDR over C2C")


def test_remote_memory_is_shared_and_survives_a_host() -> None:
    tier = Tier("RDMA to remote DRAM", "Nic", pieces=(400, 400, 400), piece_gib=1, latency_ns=(2_000, 3_000), shared=True, lost_with="host")  # fmt: skip
    # 300 at most at once; with one of three hosts lost two thirds of 450 are left.
    found = compared(beside(pool(((300, 0, 0), (0, 300, 0), (0, 0, 300))), tiers=(tier,)))
    assert rival(found, "RDMA to remote DRAM").intact == Sized(0, 300, 300, 0)
    assert lost(found, "RDMA to remote DRAM").gib == 450


def test_remote_memory_without_room() -> None:
    tier = Tier("RDMA to remote DRAM", "Nic", pieces=(100, 100, 100), piece_gib=1, shared=True, lost_with="host")
    one = rival(compared(beside(pool(((300, 0, 0), (0, 300, 0))), tiers=(tier,))), "RDMA to remote DRAM")
    assert one.why == "it takes 450 GiB, 300 are free"


# ---------------------------------------------------------------- assignments and gain


def test_three_assignments_side_by_side() -> None:
    dynamic = ((300, 20), (20, 300))
    problem = replace(
        pool(((330, 30), (30, 330)), sizes=DIMM),
        beside=Beside(
            static_gib=((300, 300),), relet_gib=((330, 30), (30, 330)), dynamic_gib=dynamic, assignment="relet"
        ),
    )
    found = compared(problem)
    assert found.declared == "pool, re-let"
    costs = [lost(found, name).cost_cents for name in ("pool, dynamic", "pool, re-let", "pool, static")]
    assert costs == sorted(costs)
    assert costs[1] == decided(problem).cost_cents
    assert "upper bound" in rival(found, "pool, dynamic").note
    assert (found.sum_of_peaks_gib, found.peak_of_sum_gib) == (600, 320)


def test_hosts_that_peak_together_gain_nothing_and_host_dram_is_cheaper() -> None:
    found = compared(roomy(pool(((300, 200, 100), (30, 20, 10)))))
    assert found.gain == 1.0
    assert (found.verdict, found.against) == ("do not pool", "host DRAM")


def test_no_free_slots_is_no_choice() -> None:
    problem = pool(((300, 20, 10), (20, 300, 10), (10, 20, 300)))
    assert compared(roomy(problem)).verdict == "do not pool"
    silent = compared(problem)
    assert rival(silent, "host DRAM").why.endswith("the hosts do not say how many are free")
    assert silent.verdict == "pool"
    full = compared(beside(problem, free_dimm_slots=0))
    assert (full.verdict, full.against) == ("pool", "direct expansion")
    assert rival(full, "host DRAM").why.endswith("0 are free")


def test_shelves_count_against_what_needs_none() -> None:
    problem = pool(((300, 20, 10), (20, 300, 10), (10, 20, 300)))
    bare, shelved = compared(roomy(problem)), compared(beside(roomy(problem), shelves_cents=440_000))
    assert bare.margin_cents - shelved.margin_cents == 440_000
    sold_out = beside(problem, free_dimm_slots=0)
    assert compared(sold_out).margin_cents == compared(beside(sold_out, shelves_cents=440_000)).margin_cents


# ---------------------------------------------------------------- where the verdict turns


def near(seed: int) -> PoolProblem:
    """Return a pool that only just loses against modules in the hosts."""
    return replace(roomy(pool(walk(3, 6, seed=seed, top=200), sizes=DIMM, slots=(4, 4))), gap=0.0)


@pytest.mark.parametrize("seed", [4, 5, 6])
@pytest.mark.parametrize("controllers", [1.0, 0.3])
def test_moving_a_price_across_its_flip_turns_the_verdict(seed: int, controllers: float) -> None:
    problem = scaled(near(seed), "controller price", controllers)
    found = compared(problem)
    assert found.verdict == ("do not pool" if controllers == 1.0 else "pool")
    turned = [flip for flip in found.flips if flip.factor is not None and flip.of != "demand"]
    assert {flip.of for flip in turned} == {"controller price", "module price"}
    for flip in turned:
        assert flip.factor is not None
        assert flip.then != found.verdict
        out = 1.02 if flip.side == "above" else 1 / 1.02
        assert pays(scaled(problem, flip.of, flip.factor * out)) is (flip.then == "pool")
        assert pays(scaled(problem, flip.of, flip.factor / out)) is (flip.then != "pool")


def test_a_flip_is_the_same_from_either_side() -> None:
    at = {c: compared(scaled(near(4), "controller price", c)).flips[0] for c in (1.0, 0.4)}
    assert at[1.0].factor is not None
    assert at[0.4].factor is not None
    assert at[0.4].factor * 0.4 == pytest.approx(at[1.0].factor, rel=0.002)
    assert (at[1.0].side, at[0.4].side) == ("below", "above")


def test_demand_turns_the_verdict_too() -> None:
    # Two hosts that take turns at d GiB, modules of 64: at 60 it is one module each, 1,920 USD, against two on a card; from 65
    # on two each, 3,840 USD, against the same card.
    problem = replace(roomy(pool(((60, 0), (0, 60)), sizes=DIMM, slots=(4,), survive=0)), gap=0.0)
    found = compared(problem)
    assert found.verdict == "do not pool"
    (turned,) = (flip for flip in found.flips if flip.of == "demand")
    assert turned.factor == pytest.approx(64 / 60, abs=0.001)
    assert (turned.side, turned.then, turned.closed_form) == ("above", "pool", False)
    assert pays(scaled(problem, "demand", 65 / 60))


def pays(problem: PoolProblem) -> bool | None:
    return judge(problem, decided(problem).cost_cents, others(problem)).pays


def test_far_from_it_nothing_turns() -> None:
    dear = pool(((300, 20, 10), (20, 300, 10)))
    dear = replace(dear, sites=tuple(replace(site, cost_cents=9_000_000) for site in dear.sites))
    assert {flip.of: flip.factor for flip in compared(dear).flips}["controller price"] is None


# ---------------------------------------------------------------- what binds, other readings


def test_what_binds() -> None:
    # One port a host and two cards: everything is full.
    problem = pool(((200, 200),), slots=(1,), ports=1, survive=0, sizes=DIMM, populations=(2, 8))
    found = compared(problem)
    assert found.binding.full_hosts == (0, 1)
    assert found.binding.full_sites == ("shelf0",)
    assert "peak of the sum" in found.binding.deciders
    assert found.binding.loss_cents is None


def test_a_shelf_is_full_only_as_a_whole() -> None:
    # Two sites in one shelf, as where slots lie across its face: the card in the nearer one is enough.
    problem = pool(((200, 200),), slots=(1, 1), ports=1, survive=0, sizes=DIMM, populations=(2, 8))
    one_shelf = replace(problem, sites=tuple(replace(site, name="shelf") for site in problem.sites))
    assert len(decided(one_shelf).controllers) == 1
    assert compared(one_shelf).binding.full_sites == ()


def test_what_a_loss_costs() -> None:
    problem = replace(pool(((200, 100), (100, 200)), sizes=DIMM), gap=0.0)
    without = decided(replace(problem, losses=())).cost_cents
    assert compared(problem).binding.loss_cents == decided(problem).cost_cents - without


def test_two_controllers_lost() -> None:
    problem = replace(pool(((100, 60), (60, 100)), sizes=DIMM), losses=(Loss("controller", 2),))
    found = compared(problem)
    # Three cards of 2 x 64 each: with two lost one keeps 128.
    assert lost(found, "direct expansion").devices == 6
    assert lost(found, "host DRAM").devices == 2 * (2 + 2)


def test_the_higher_reading_may_need_fewer_links() -> None:
    problem = pool(((100, 60), (60, 100)), sizes=DIMM, survive=0)
    problem = replace(problem, hosts=tuple(replace(one, min_links=2) for one in problem.hosts))
    fewer = tuple(replace(one, min_links=1) for one in problem.hosts)
    found = compared(beside(problem, higher=Reading("Card reads at 32 to 50 GB/s", fewer, problem.sites)))
    assert found.higher is not None
    assert found.higher.links == 2
    assert len(decided(problem).links) == 4


def test_a_reading_that_cannot_matter_is_not_solved() -> None:
    problem = with_rates(pool(((100, 60), (60, 100)), sizes=DIMM), 1_000, 1_000)
    problem = replace(
        problem, sites=tuple(replace(site, read_mbps=25_000, write_mbps=25_000) for site in problem.sites)
    )
    wider = tuple(replace(site, read_mbps=40_000) for site in problem.sites)
    assert compared(beside(problem, higher=Reading("Card", problem.hosts, wider))).higher is None


def test_the_same_comparison_every_time() -> None:
    problem = pool(walk(4, 8, seed=7), slots=(6, 6))
    assert compared(problem) == compared(problem)
