"""Pools as lines of text: in short with the verdict, in detail with all rivals, what binds and where the verdict turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rackc.backends.report.amounts import amount, rate, usd
from rackc.backends.report.columns import aligned
from rackc.compiler.amounts import plural
from rackc.compiler.analyse.report import PoolReport, Report
from rackc.compiler.comparison import Comparison, Flip, Rival, Sized
from rackc.compiler.plan import Plan, Pool, PoolController

_LOSSES = {"capacity": "every slice fits again after restart in what is left", "host": "every slice fits again and no host goes down",
           "data": "nothing of it is lost"}  # fmt: skip
#: What the size of a pool follows from, in words.
_DECIDERS = {
    "peak of the sum": "the peak of the sum decides its size", "one host's peak": "the peak of one host decides its size",
    "links": "the number of links decides how many controllers there are",
}  # fmt: skip


def verdict(pool: Pool) -> Iterator[str]:
    """Yield whether the pool pays, with the figures; nothing where nothing was compared."""
    found = pool.comparison
    if not found.verdict:
        return
    rival = found.rival(found.against)
    row = None if rival is None else found.asked_of(rival)
    if rival is None or row is None:
        return
    margin, gain = found.margin_cents, f"multiplexing gain {found.gain:.2f}"
    shelves = f" with {usd(found.shelves_cents)} of shelves" if found.shelves_cents and not rival.shelves else ""
    base = row.cost_cents + rival.shelves * found.shelves_cents
    share = f" ({abs(margin) / base:.0%})" if base else ""
    apart = (
        "as much as"
        if not margin
        else f"{usd(margin)}{share} less than"
        if margin > 0
        else f"{usd(-margin)}{share} more than"
    )
    tie = ", a tie that goes to the simpler" if margin > 0 and not found.pays else ""
    yield (f"{pool.address}: {found.verdict}; at {usd(pool.cost_cents)}{shelves} it costs {apart} {rival.name} "
           f"({usd(row.cost_cents)}) {_promise(found)}{tie}; {gain}")  # fmt: skip


def _promise(found: Comparison) -> str:
    return "at the same promise" if found.asked == "lost" else "with nothing promised"


def in_short(pool: Pool, report: PoolReport) -> Iterator[str]:
    """Yield what is fitted, how far that is proved, what lies idle, and the verdict."""
    fitted = [c for c in pool.controllers if c.populated]
    kind = "switches" if pool.switched else "controllers"
    yield (f"{pool.address}: {len(fitted)} of {len(pool.controllers)} {kind}, {', '.join(_pieces(fitted)) or 'no memory'}, "
           f"{pool.capacity_gib:,} GiB, {len(pool.links)} cables, {usd(pool.cost_cents)}")  # fmt: skip
    proof = pool.proof
    goal = pool.goals[0]
    yield f"  {goal} {amount(goal, proof.objective)}, proved bound {amount(goal, proof.bound)}, gap {proof.gap:.2%} ({proof.said})"
    if proof.estimate and proof.objective:
        below = 1 - proof.estimate / proof.objective
        yield f"  estimate {amount(goal, proof.estimate)} (closed form), {below:.1%} below the {goal}"
    yield (f"  stranded {report.stranded_gib:,} GiB ({report.stranded_share:.0%}) in the fullest slice of time"
           + (f", {report.idle_gib:,} GiB beyond the reserve for a failure" if report.reserve_gib else ""))  # fmt: skip
    yield from (f"  {line.removeprefix(f'{pool.address}: ')}" for line in verdict(pool))
    if pool.comparison.rivals and not pool.comparison.verdict:
        yield "  no verdict: nothing that is known could stand in its place, see the report"
    yield from (f"  {line}" for line in _cheaper_static(pool))


def _cheaper_static(pool: Pool) -> Iterator[str]:
    """Yield that slices which stay as they are cost less: the headroom of re-letting outweighs what it saves."""
    found = pool.comparison
    static = found.rival("pool, static")
    row = None if static is None else found.asked_of(static)
    if found.declared == "pool, re-let" and row is not None and row.cost_cents < pool.cost_cents:
        yield (f"static slices cost {usd(pool.cost_cents - row.cost_cents)} less ({usd(row.cost_cents)}): "
               "the headroom of re-letting outweighs what it saves")  # fmt: skip


def _pieces(fitted: Sequence[PoolController]) -> Iterator[str]:
    """Yield modules by name with their number; of devices with memory of their own how many of each size."""
    modules = Counter[str]()
    for one in fitted:
        modules[one.module.name if one.module else f"device of {one.capacity_gib // one.pieces:,} GiB"] += one.pieces
    yield from (f"{count} x {name}" for name, count in sorted(modules.items()))


def in_detail(plan: Plan, pool: Pool, of: Report, rests: Callable[[Report, str], str]) -> Iterator[str]:
    """Yield everything that is known of a pool."""
    report = of.pools[pool.index]
    yield (f"demand {pool.demand_name}: class {pool.demand_class}, read by {pool.reader}, "
           f"{pool.assignment}{rests(of, 'demand')}")  # fmt: skip
    yield (f"peak of the sum {report.demand_peak_gib:,} GiB, sum of the hosts' own peaks "
           f"{report.demand_sum_of_peaks_gib:,} GiB, {plural(len(pool.demand_gib), 'slice')} of {pool.slice_seconds:g} s")  # fmt: skip
    yield from _demand(pool, report)
    for loss in pool.losses:
        many = f"any {plural(loss.count, loss.thing)}" if loss.count > 1 else f"any {loss.thing}"
        yield f"survives the loss of {many} for {loss.promise}: {_LOSSES.get(loss.promise, '')}"
    yield from _memory(report)
    if pool.latency_ns is not None:
        yield f"read latency {pool.latency_ns}, over the slowest cable allowed{rests(of, 'latency')}"
    yield f"most memory that one controller takes back between two slices: {report.largest_move_gib:,} GiB"
    yield from _bandwidth(pool, report, rests(of, "recompute"))
    yield from _binding(plan, pool)
    yield from _compared(pool)
    yield from _by_links(pool)
    yield "cabling:"
    for k, index in enumerate(pool.links):
        link = plan.links[index]
        carrier = plan.carriers[link.carrier].part.name
        peak = max((row[k] for row in pool.slices_gib), default=0)
        yield (f"  {plan.ports[link.a].address} -- {plan.ports[link.b].address}  {carrier} {link.length_m:g} m, "
               f"{f'up to {peak:,} GiB' if peak else 'empty until something is lost'}")  # fmt: skip


def _demand(pool: Pool, report: PoolReport) -> Iterator[str]:
    found = pool.comparison
    if found.peak_of_sum_gib:
        yield (f"multiplexing gain {found.gain:.2f}: without headroom the hosts' own peaks add up to {found.sum_of_peaks_gib:,} GiB, "
               f"together they hold {found.peak_of_sum_gib:,} GiB at most")  # fmt: skip
    if report.stress_gib:
        fits = "fits" if not report.stress_unmet_gib else f"{report.stress_unmet_gib:,} GiB of it do not fit"
        yield f"if all hosts peak at once they hold {report.stress_gib:,} GiB: with nothing lost, {fits}"


def _memory(report: PoolReport) -> Iterator[str]:
    yield (f"stranded: {report.stranded_gib:,} GiB of {report.capacity_gib:,} that no host holds in the fullest slice; "
           f"{report.reserve_gib:,} GiB are the reserve for a failure, {report.idle_gib:,} GiB lie idle beyond it")  # fmt: skip


def _bandwidth(pool: Pool, report: PoolReport, rests: str) -> Iterator[str]:
    read, write = max(pool.read_bytes_per_s, default=0.0), max(pool.write_bytes_per_s, default=0.0)
    yield f"busiest host reads {rate(read)} and writes {rate(write)} (mean over its busiest slice)"
    made, fetched = report.break_even_bytes_per_s, report.fetch_bytes_per_s
    if made is None:
        return
    if fetched is None:
        yield f"fetch or recompute: one instance makes {rate(made)} of cache by prefilling; a slower fetch should recompute{rests}"
        return
    way = "fetch" if fetched >= made else "recompute"
    yield (f"fetch or recompute: the links of the worst-off host fetch {rate(fetched)}, one instance makes {rate(made)} of cache by "
           f"prefilling: {way}, as long as no more than {int(fetched / made)} instances of a host fetch at once{rests}"
           if way == "fetch" else
           f"fetch or recompute: the links of the worst-off host fetch {rate(fetched)}, one instance makes {rate(made)} of cache by "
           f"prefilling: recompute{rests}")  # fmt: skip


# ---------------------------------------------------------------- what binds


def _binding(plan: Plan, pool: Pool) -> Iterator[str]:
    binds, goal = pool.comparison.binding, []
    if binds.full_hosts:
        names = [plan.instances[pool.hosts[h]].address for h in binds.full_hosts]
        goal.append(f"{_some(names)} {'have' if len(names) > 1 else 'has'} a link at every port")
    if binds.full_sites:
        goal.append(f"every candidate of {_some(list(binds.full_sites))} is fitted")
    goal += [_DECIDERS[one] for one in binds.deciders if one in _DECIDERS]
    if binds.loss_cents is not None:
        goal.append(f"what may be lost costs {usd(binds.loss_cents)}")
    if goal:
        yield f"what binds: {'; '.join(goal)}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


# ---------------------------------------------------------------- rivals


def _compared(pool: Pool) -> Iterator[str]:
    found = pool.comparison
    if not found.rivals:
        return
    lost = _lost(pool)
    yield f"other ways for the same demand, intact and {lost}; what the pool as declared saves against each:"
    yield from (f"  {line}" for line in table(found, lost))
    for rival in found.rivals:
        gap = max((row.gap for row in (rival.intact, rival.lost) if row is not None and row.rough), default=0.0)
        rough = f"<=: found in the effort given, up to {gap:.1%} less may do" if gap else ""
        said = "; ".join(word for word in (_speed(rival), rival.why, rival.note, rough) if word)
        yield f"  {rival.name}: {said}"
    if found.shelves_cents:
        yield f"  the shelves of the candidates, {usd(found.shelves_cents)}, are not in the table; the verdict counts them against what needs none"
    yield from (f"  {told(flip)}" for flip in found.flips)
    if found.higher is not None:
        other = found.higher
        pays = {True: "pool", False: "do not pool", None: "no verdict"}[other.pays]
        yield f"  by the higher reading ({other.what}): {usd(other.cost_cents)}, {other.links} links, {pays}"


def _by_links(pool: Pool) -> Iterator[str]:
    """Yield what other numbers of links a host come to, and which costs least."""
    found = [row for row in pool.by_links if not row.why]
    if not found:
        return
    yield "links a host, the best that was found with each; what it saves against controllers of its own for each host:"
    rows = [("links", "controllers", "memory", "cost", "saves")]
    for row in pool.by_links:
        saves = "" if row.saving_cents is None or not row.links else usd(row.saving_cents)
        figures = (
            (f"{row.devices:,}", f"{row.gib:,} GiB", usd(row.cost_cents), saves)
            if not row.why
            else ("-", "-", "-", "-")
        )
        rows.append((f"{row.links}" if row.links else "no pool", *figures))
    yield from (f"  {line}" for line in aligned(rows, left=1))
    yield from (f"  {_with(row.links)}: {row.why}" for row in pool.by_links if row.why)
    best, cost = min(found, key=lambda row: (row.cost_cents, row.links)), pool.cost_cents
    yield (f"  least cost: {_with(best.links)}"
           + (f", {usd(cost - best.cost_cents)} less than the pool as it is to be" if best.cost_cents < cost else ""))  # fmt: skip


def _with(links: int) -> str:
    return f"{plural(links, 'link')} a host" if links else "no pool"


def _lost(pool: Pool) -> str:
    """Return the row for a loss in words; of a rival, that many of its devices."""
    if len(pool.losses) == 1:
        return f"{pool.losses[0].count} {'lost' if pool.losses[0].thing == 'controller' else pool.losses[0].thing + ' lost'}"
    return "with what may be lost" if pool.losses else "1 lost"


def table(found: Comparison, lost: str) -> list[str]:
    """Return the rivals as a table, columns aligned: two rows each, and what the pool saves against them."""
    mine = found.rival(found.declared)
    rows = [("", "", "cost", "memory", "devices", "power", "saves cost", "memory", "power")]
    for rival in found.rivals:
        own = (None, None) if mine is None else (mine.intact, mine.lost)
        for at, (label, row) in enumerate((("intact", rival.intact), (lost, rival.lost))):
            name = "" if at else rival.name + ("*" if rival is mine else "")
            if rival.intact is None and rival.lost is None:
                if not at:
                    rows.append((name, "", "-", "-", "-", "-", "", "", ""))
                continue
            rows.append((name, label, *_cells(rival, row), *_saved(rival is mine, own[at], row)))
    return aligned(rows, left=2)


def _cells(rival: Rival, row: Sized | None) -> tuple[str, str, str, str]:
    if row is None:
        return "none", "-", "-", "-"
    return (
        f"{'<= ' * row.rough}{usd(row.cost_cents)}",
        f"{row.gib:,} GiB",
        f"{row.devices:,} {rival.device}",
        f"{row.power_mw / 1000:,.0f} W",
    )


def _saved(itself: bool, own: Sized | None, row: Sized | None) -> tuple[str, str, str]:
    if itself or own is None or row is None:
        return "", "", ""
    sure = not row.rough or own.cost_cents < row.cost_cents * (1 - row.gap)
    cost = _share(own.cost_cents, row.cost_cents) if sure else "?"
    return cost, _share(own.gib, row.gib), _share(own.power_mw, row.power_mw)


def _share(own: int, other: int) -> str:
    return f"{1 - own / other:+.0%}" if other else "-"


def _speed(rival: Rival) -> str:
    """Return latency and bandwidth each way, as far as they are known."""
    said = []
    if rival.latency_ns is not None:
        low, high = rival.latency_ns
        said.append(f"a read takes {low:,} to {high:,} ns" if low != high else f"a read takes {low:,} ns")
    if rival.read_mbps is not None and rival.write_mbps is not None:
        each = " a link" if rival.device == "controllers" else " a host"
        said.append(f"reads {rate(rival.read_mbps * 1e6)}, writes {rate(rival.write_mbps * 1e6)}{each}")
    return ", ".join(said)


def told(flip: Flip) -> str:
    """Return in words where the verdict turns."""
    by = " (by the closed form)" if flip.closed_form else ""
    if flip.factor is None:
        return f"{flip.of}: no flip within a factor of 3{by}"
    money = "" if flip.cents is None else f", {usd(flip.cents)}"
    return f"{flip.of}: {flip.side} {flip.factor:.4g} times what is stated{money}, the verdict is `{flip.then}`{by}"
