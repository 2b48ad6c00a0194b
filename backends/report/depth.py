"""Tiers, ways and failures as lines of text: one table each."""

from __future__ import annotations

from collections.abc import Sequence

from rackc.backends.report.amounts import rate
from rackc.backends.report.columns import aligned
from rackc.compiler.analyse.report import Bounds, Depth, FailureReport, TierReport, WayReport, WidthReport
from rackc.dsl.text import printable


def deep(depth: Depth) -> list[str]:
    """Return the sections of the text report that a check does not print."""
    lines: list[str] = []
    if depth.widths:
        lines += ["", "Widths, each way", *_table(("fabric", "domains", "of endpoints", "bisection", "all to all, each endpoint"),
                                                  [_width(row) for row in depth.widths])]  # fmt: skip
    if depth.tiers:
        lines += ["", "Tiers of switches", *_table(("fabric", "tier", "switches", "down", "up", "down by up", "worst"),
                                                   [_tier(row) for row in depth.tiers])]  # fmt: skip
    if depth.ways:
        lines += ["", "Ways, each way; latency without the ends' own part", *_table(
            ("over", "from", "where", "pairs", "links", "latency", "bandwidth", "paths sharing no link", "nothing"),
            [_way(row) for row in depth.ways])]  # fmt: skip
    if depth.failures:
        lines += ["", "Failures, one at a time", *_table(
            ("lost", "what", "such", "cut off", "worst pair keeps", "all to all keeps", "memory left", "power", "for example"),
            [_failure(row) for row in depth.failures])]  # fmt: skip
        if any(row.sampled for row in depth.failures):
            lines.append("  ~ of a large fabric, a pair of each kind near what is lost was looked at")
    return [printable(line) for line in lines]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return columns side by side; those that hold nothing are left out."""
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    cells = [[row[at] or "-" for at in kept] for row in (head, *rows)]
    return [f"  {line}" for line in aligned(cells)]


def _width(row: WidthReport) -> list[str]:
    return [row.fabric, f"{row.alike:,}", f"{row.endpoints:,}", _rates(row.bisection), _rates(row.all_to_all)]


def _rates(bounds: Bounds) -> str:
    return rate(bounds.high) if bounds.exact else f"between {rate(bounds.low)} and {rate(bounds.high)}"


def _tier(row: TierReport) -> list[str]:
    return [row.fabric, str(row.tier), f"{row.switches:,}", rate(row.down_each_way), rate(row.up_each_way),
            f"{row.down_each_way / row.up_each_way:.3g}" if row.up_each_way else "",
            "" if row.worst is None else f"{row.worst:.3g}"]  # fmt: skip


def _way(row: WayReport) -> list[str]:
    hops = str(row.least_hops) if row.least_hops == row.most_hops else f"{row.least_hops} to {row.most_hops}"
    return [row.fabric, row.ends, row.place, "some" if row.pairs is None else f"{row.pairs:,}", hops, _latency(row),
            rate(row.bandwidth_each_way), str(row.paths), str(row.separate_paths)]  # fmt: skip


def _latency(row: WayReport) -> str:
    if row.latency_ns is None or row.typical_ns is None:
        return "not stated"
    if row.latency_ns.exact:
        return f"{row.latency_ns.high:,.4g} ns"
    return f"{row.latency_ns.low:,.4g} to {row.latency_ns.high:,.4g} ns (typ {row.typical_ns:,.4g})"


def _failure(row: FailureReport) -> list[str]:
    about = "~" if row.sampled else ""
    power = (
        ""
        if row.spare_w is None
        else f"{abs(row.spare_w) / 1000:,.1f} kW {'to spare' if row.spare_w >= 0 else 'short'}"
    )
    return [row.what, row.of, f"{row.count:,}",
            f"{row.cut_off:,}" if row.cut_off or row.pair_left is not None else "",
            "" if row.pair_left is None else f"{about}{row.pair_left:.1%}", _share(row.all_to_all_left),
            "" if row.memory_left_gib is None else f"{row.memory_left_gib:,.0f} GiB", power, row.example]  # fmt: skip


def _share(share: Bounds | None) -> str:
    if share is None:
        return ""
    return f"{share.high:.1%}" if share.exact else f"{share.low:.1%} to {share.high:.1%}"
