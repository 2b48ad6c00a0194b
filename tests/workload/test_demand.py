"""Demands as a workload states them: tables of all assignments, percentiles, curves, deadlines, local memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.shape import DemandSpec, Shape
from rackc.compiler.values import Fault, Record
from rackc.compiler.workload import tables
from rackc.compiler.workload.assignment import USUAL_RELET
from rackc.compiler.workload.curve import Curve, series_of
from rackc.compiler.workload.demand import Assignment, HostDemand, demand_of, kv_bytes_per_token, stated
from rackc.compiler.workload.tables import GIB, Windows, tables_of
from rackc.compiler.workload.timeline import percentile
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import number, quantity
from tests.workload.given import TRACES

AT = Span("", 0, 0)
STATIC, DYNAMIC = Assignment("static", 0.0, 1, 0.0), Assignment("dynamic", 0.0, 1, 0.0)
RELET = Assignment("relet", 10.0, 4, 0.2)


def shape(kind: str, **values: Any) -> Shape:
    """Return a definition with nothing but attributes."""
    made = Shape(kind, "X", "", "", AT)
    made.values.update(values)
    made.spans.update(dict.fromkeys(values, AT))
    return made


LLAMA = shape("model", layers=number(80), kv_heads=number(8), head_dim=number(128), bytes=quantity(2, "B"))
SERVED = {
    "trace": "x", "instances": number(4), "slice": quantity(60, "s"), "prefill": quantity(8000, "tokens/s"),
    "decode": quantity(40, "ms"),
}  # fmt: skip


def minutes(n: int) -> Any:
    """Return a time."""
    return quantity(n, "min")


def asked(
    *specs: tuple[str, dict[str, Any]], hosts: int = 2, assignment: Assignment = STATIC, lines: Any = None,
    sharing: tuple[tuple[int, ...], ...] = (), **values: Any,
) -> HostDemand:  # fmt: skip
    """Return the demand of the last of `specs` in a workload that has them all."""
    workload = shape("workload", **{**SERVED, **values})
    workload.demands.extend(DemandSpec(f"d{at}", AT, call, given_, "cpu") for at, (call, given_) in enumerate(specs))
    return demand_of(workload, workload.demands[-1], hosts, assignment, lines or _mooncake, LLAMA, sharing)


def _mooncake(_: str) -> Iterable[bytes]:
    return gzip.open(TRACES / "conversation.jsonl.gz")


def faulty(code: Code, *specs: tuple[str, dict[str, Any]], **values: Any) -> str:
    """Return what is said of a demand that is at fault."""
    with pytest.raises(Fault) as caught:
        asked(*specs, **values)
    assert caught.value.diagnostic.code is code
    return caught.value.diagnostic.message


def test_bytes_of_a_token() -> None:
    assert kv_bytes_per_token(LLAMA) == 327_680
    deepseek = shape("model", layers=number(61), latent=number(512), rope=number(64), bytes=quantity(2, "B"))
    assert kv_bytes_per_token(deepseek) == 61 * (512 + 64) * 2
    assert kv_bytes_per_token(shape("model", layers=number(61))) is None


PREFIX = ("KvPrefix", {"keep": minutes(5)})
PARKED = ("KvParked", {"idle": minutes(5)})
ACTIVE: tuple[str, dict[str, Any]] = ("KvActive", {})
HANDED = ("KvHandoff", {"deadline": quantity(200, "ms")})


def test_all_three_tables_are_there_whatever_is_declared() -> None:
    static, relet, dynamic = (asked(PREFIX, assignment=a) for a in (STATIC, RELET, DYNAMIC))
    assert (static.gib, relet.gib, dynamic.gib) == (static.static_gib, relet.relet_gib, dynamic.dynamic_gib)
    assert static.static_gib == relet.static_gib == dynamic.static_gib == static.stress_gib
    assert static.relet_gib == dynamic.relet_gib != relet.relet_gib
    assert (static.relet_assumed, relet.relet_assumed, dynamic.relet_assumed) == (True, False, True)
    assert (len(static.gib), len(static.dynamic_gib), len(relet.gib)) == (1, 59, 59)
    peaks = np.array(static.dynamic_gib).max(axis=0)
    assert peaks.tolist() == list(static.static_gib[0])
    assert (abs(np.array(static.relet_gib).max(axis=0) - peaks * 1.1) <= 1.1).all()
    assert all(gib % 4 == 0 for row in relet.gib for gib in row)
    assert (np.array(static.relet_gib) >= np.array(static.dynamic_gib)).all()


amounts = st.lists(st.integers(0, 3000), min_size=1, max_size=200)


@settings(deadline=None)
@given(st.lists(amounts, min_size=1, max_size=4), st.integers(1, 50), st.sampled_from(["peak", "p99", "p99.9"]),
       st.sampled_from([STATIC, RELET, DYNAMIC]))  # fmt: skip
def test_slices_hold_every_second_up_to_the_percentile(
    rows: list[list[int]], slice_s: int, provision: str, assignment: Assignment
) -> None:
    seconds = min(map(len, rows))
    series = np.array([row[:seconds] for row in rows], np.float64) * (GIB / 10)
    windows = Windows(slice_s, provision)
    found = tables_of(series, np.zeros((0, seconds)), windows, assignment)
    cap = percentile(series, windows.share)
    kept = np.minimum(series, cap[:, None])
    for table in (found.static_gib, found.relet_gib, found.dynamic_gib, found.gib):
        for second in range(seconds):
            row = table[min(second // slice_s, len(table) - 1)]
            assert (np.array(row) * GIB >= kept[:, second]).all()
    ahead = (assignment if assignment.kind == "relet" else USUAL_RELET).delay_s  # asked for before it is needed
    for at, row in enumerate(found.relet_gib):
        assert (np.array(row) * GIB >= kept[:, at * slice_s : (at + 1) * slice_s + int(ahead)].max(axis=1)).all()
    peak = np.ceil(series.max(axis=1) / GIB - 1e-9)
    assert found.stress_gib[0] == tuple(peak)
    assert (np.array(found.static_gib[0]) <= peak).all()  # a percentile is no more than the peak
    assert (np.array(found.dynamic_gib).max(axis=0) <= np.array(found.static_gib[0]) + assignment.granule_gib).all()
    assert (np.array(found.spill_share) <= 1 - windows.share + 1e-9).all()
    assert np.allclose(found.spill_bytes, series.max(axis=1) - kept.max(axis=1))
    assert found.spill_share == tuple((series > kept).mean(axis=1))


def test_a_percentile_is_the_authors_choice() -> None:
    peak, rarely, often = (asked(ACTIVE, provision=p, instances=number(1)) for p in ("peak", "p99.9", "p99"))
    assert sum(peak.static_gib[0]) > sum(rarely.static_gib[0]) > sum(often.static_gib[0])
    assert peak.stress_gib == often.stress_gib
    assert 0 < max(often.spill_share) <= 0.01
    assert max(rarely.spill_share) <= 0.001
    assert (max(peak.spill_share), max(peak.spill_bytes)) == (0, 0)
    assert often.provided_bytes[0] + often.spill_bytes[0] == pytest.approx(peak.provided_bytes[0])


def test_classes_of_one_trace_have_rates_of_their_own() -> None:
    active = asked(ACTIVE)
    # Every step reads all: no slice's mean is beyond the peak over the step.
    assert active.step_s == 0.04
    assert active.kind == "active"
    assert active.read_bytes_per_s[0] <= active.provided_bytes[0] / 0.04
    assert active.read_bytes_per_s[0] > 0.3 * active.provided_bytes[0] / 0.04
    parked, prefix = asked(ACTIVE, PARKED), asked(ACTIVE, PARKED, PREFIX)
    assert (parked.kind, prefix.kind) == ("parked", "prefix")
    assert parked.recompute_bytes_per_s == prefix.recompute_bytes_per_s == 327_680 * 8000
    assert sum(prefix.read_bytes_per_s) < 0.6 * sum(asked(PREFIX).read_bytes_per_s)
    # The order in which they stand does not matter.
    assert asked(PREFIX, PARKED, ACTIVE).gib == active.gib


def test_host_memory_is_filled_by_parked_contexts_first() -> None:
    """What is beyond it adds up to what both together are beyond it, second by second, so within a GiB each a slice."""
    beyond = [
        asked(*s, assignment=DYNAMIC, local=quantity(300, "GiB"), slice=quantity(1, "s"))
        for s in ((PARKED,), (PARKED, PREFIX))
    ]
    whole = [asked(*s, assignment=DYNAMIC, slice=quantity(1, "s")) for s in ((PARKED,), (PARKED, PREFIX))]
    parked, prefix = (np.array(d.dynamic_gib) for d in whole)
    assert (prefix.max(), parked.max()) > (0, 300)
    left = np.maximum(parked + prefix - 300, 0)
    assert (abs(np.array(beyond[0].dynamic_gib) - np.maximum(parked - 300, 0)) <= 1).all()
    assert (abs(np.array(beyond[0].dynamic_gib) + np.array(beyond[1].dynamic_gib) - left) <= 2).all()


def test_a_hand_off_moves_all_that_is_on_its_way_within_its_deadline() -> None:
    slow, fast = (asked(("KvHandoff", {"deadline": quantity(ms, "ms")})) for ms in (2000, 20))
    assert (slow.kind, slow.deadline_s, fast.deadline_s) == ("hand-off", 2.0, 0.02)
    for found in (slow, fast):
        assert found.read_bytes_per_s == found.write_bytes_per_s
        assert found.read_bytes_per_s == tuple(b / found.deadline_s for b in found.provided_bytes)  # type: ignore[operator]
    # One request of 126,195 tokens is the least that must be on its way at some time.
    assert max(fast.provided_bytes) >= 126_195 * 327_680
    assert max(slow.provided_bytes) >= max(fast.provided_bytes)


def test_a_parked_context_comes_back_within_its_deadline() -> None:
    found = asked(("KvParked", {"idle": minutes(5), "deadline": quantity(500, "ms")}))
    assert found.deadline_bytes[0] / 0.5 == found.read_bytes_per_s[0]
    assert max(found.deadline_bytes) > 30_000 * 327_680
    assert found.write_bytes_per_s == asked(PARKED).write_bytes_per_s


def test_sharing_is_of_prefixes_and_has_a_column_for_each_group() -> None:
    in_turn: dict[str, Any] = {"routing": "round robin", "hosts": 4, "assignment": DYNAMIC, "slice": quantity(1, "s")}
    alone = asked(PREFIX, **in_turn)
    found = asked(PREFIX, sharing=((0, 1), (2, 3)), **in_turn)
    assert [len(row) for row in found.shared_gib] == [2] * 3537
    assert alone.shared_gib == ()
    private, shared, before = (np.array(t) for t in (found.gib, found.shared_gib, alone.gib))
    assert shared[1200:].min() > 0
    assert (private <= before).all()
    # Two of a group hold each shared block: what both save is what the group keeps once, and again; GiB are rounded up.
    saved = (before - private).reshape(3537, 2, 2).sum(axis=2)
    assert (abs(saved - 2 * shared) <= 4).all()
    assert sum(found.read_bytes_per_s) > sum(alone.read_bytes_per_s)
    by_session = asked(PREFIX, sharing=((0, 1), (2, 3)), hosts=4, assignment=DYNAMIC)
    assert np.array(by_session.shared_gib).max() <= 1  # the first block, common to all
    assert asked(("KvParked", {"bytes": quantity(64, "GiB")}), sharing=((0, 1),)).shared_gib == ((0,),)
    copied = {"spread": "copied", "rate": quantity(1, "Hz")}
    assert "nothing to share" in faulty(Code.SERVICE, PREFIX, sharing=((0, 1),), **copied)


def curve(*points: tuple[int, int]) -> Record:
    """Return a curve of seconds and GiB."""
    return Record(
        "curve", AT, {str(n): (quantity(at, "s"), quantity(gib, "GiB")) for n, (at, gib) in enumerate(points)}
    )


def test_a_curve_is_straight_between_its_points() -> None:
    found = asked(
        ("KvParked", {"bytes": curve((0, 64), (120, 64), (240, 96), (240, 32), (300, 32))}), assignment=DYNAMIC
    )
    assert [row[0] for row in found.gib] == [64, 64, 80, 96, 32]
    assert (found.kind, found.slice_s, found.static_gib) == ("parked", 60.0, ((96, 96),))
    step = asked(("KvParked", {"bytes": curve((0, 64), (120, 64), (120, 96), (180, 96))}), assignment=DYNAMIC)
    assert [row[0] for row in step.gib] == [64, 64, 96]  # a step up is of the second that it begins
    by_host = asked(("Steady", {"bytes": (curve((0, 64), (180, 32)), quantity(16, "GiB"))}), assignment=DYNAMIC)
    assert by_host.gib == ((64, 16), (54, 16), (43, 16))
    active = asked(("KvActive", {"bytes": curve((0, 1), (60, 2)), "step": quantity(40, "ms")}))
    assert active.read_bytes_per_s == (2 * GIB / 0.04,) * 2


points = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 500)), min_size=1, max_size=6)


@given(points)
def test_no_moment_of_a_curve_is_above_its_second(found: list[tuple[int, int]]) -> None:
    """Times in tenths of a second; each second is reached within a hundredth."""
    rows = [(0, 7), *sorted(found, key=lambda row: row[0])]
    rows.append((rows[-1][0] + 1, 3))
    one = Curve(tuple(at / 10 for at, _ in rows), tuple(Fraction(gib) for _, gib in rows))
    peaks = series_of((one, Fraction(5)))
    assert peaks.shape == (2, ceil(rows[-1][0] / 10))
    assert (peaks[1] == 5 * GIB).all()
    assert peaks.max() <= max(5, *(gib for _, gib in rows)) * GIB
    for (a, x), (b, y) in pairwise(rows):
        for moment in range(a * 10, b * 10, 3):
            assert (x + (y - x) * (moment / 10 - a) / (b - a)) * GIB <= peaks[0, moment // 100] + 1e-3


def test_figures_are_the_same_in_all_tables() -> None:
    found = asked(("Embeddings", {"bytes": (quantity(64, "GiB"), quantity(100, "GB"))}), assignment=RELET)
    assert found.gib == found.static_gib == found.relet_gib == found.dynamic_gib == found.stress_gib == ((64, 94),)
    handed = ("KvHandoff", {"bytes": quantity(1, "GB"), "read": quantity(1, "GB/s"), "deadline": quantity(100, "ms")})
    assert asked(handed).read_bytes_per_s == asked(handed).write_bytes_per_s == pytest.approx((10e9, 10e9))
    spec = DemandSpec(
        "d",
        AT,
        "KvHandoff",
        {"bytes": quantity(1, "GB"), "read": quantity(20, "GB/s"), "deadline": quantity(100, "ms")},
        "cpu",
    )
    assert stated(spec, 1).read_bytes_per_s == (20e9,)


def test_what_lasts_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_HOST_SECONDS", 7000)
    assert "3,537 s for 2 hosts" in faulty(Code.EXTENT, PREFIX)
    long = [
        json.dumps({"timestamp": at, "input_length": 10**7, "output_length": 1, "hash_ids": []}).encode()
        for at in (0, 2000)
    ]
    told = faulty(Code.SERVICE, ACTIVE, lines=lambda _: long, spread="copied")
    assert told == "a request runs for 1,250 s, longer than the trace: it cannot be copied"


def test_nothing_of_a_broken_trace_is_used() -> None:
    whole = list(_mooncake(""))
    broken = [*whole[:-1], whole[-1].replace(b'"timestamp": ', b'"timestamp": -')]
    assert "line 12031 has no `timestamp`" in faulty(Code.TRACE, PREFIX, lines=lambda _: broken)


def test_the_usual_relet_is_what_is_said() -> None:
    assert str(USUAL_RELET) == "relet(delay 30 s, granule 1 GiB, headroom 10%)"
