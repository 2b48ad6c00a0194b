"""Rivals that need no controller: modules in the hosts' own slots, LPDDR over C2C, local drives, memory of remote hosts."""

from __future__ import annotations

from dataclasses import dataclass

from rackc.compiler.comparison import Rival, Sized
from rackc.compiler.optimize.compare.alone import Owed, intact, owed, with_loss
from rackc.compiler.optimize.problem import Module, PoolProblem, Tier
from rackc.compiler.optimize.promises import copies, copies_in_all, devices_lost, may_lose, rows_of, rows_with_losses

HOST_DRAM = "host DRAM"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a tier is bought in."""

    gib: int
    cost_cents: int
    power_mw: int


@dataclass(frozen=True, slots=True)
class Taken:
    """How many pieces each host has, and of which kind."""

    pieces: tuple[Piece, ...]
    counts: tuple[int, ...]

    @property
    def sized(self) -> Sized:
        """What they come to."""
        each = tuple(zip(self.counts, self.pieces, strict=True))
        return Sized(
            sum(count * piece.cost_cents for count, piece in each), sum(count * piece.gib for count, piece in each),
            sum(self.counts), sum(count * piece.power_mw for count, piece in each),
        )  # fmt: skip


def tiered(problem: PoolProblem) -> tuple[Rival, ...]:
    """Return host DRAM, then the other tiers in their order."""
    stated = {tier.name: tier for tier in problem.beside.tiers}
    dram = stated.pop(HOST_DRAM, Tier(HOST_DRAM))
    return tuple(_rival(problem, tier) for tier in (dram, *stated.values()))


def _rival(problem: PoolProblem, tier: Tier) -> Rival:
    if tier.missing:
        return Rival(tier.name, False, None, None, "", choice=False, why=f"not compared: {tier.missing}")
    if tier.name == HOST_DRAM and not _for_slots(problem):
        return Rival(tier.name, False, None, None, "modules", choice=False, why="the pool names no modules for slots")
    bare, safe = _answer(intact(problem), tier), _answer(with_loss(problem), tier)
    asked = safe if problem.losses else bare
    faults = [asked] if isinstance(asked, str) else _room(problem, tier, asked)
    faults += [*_rates(problem, tier), *_latency(problem, tier)]
    return Rival(
        tier.name, False, None if isinstance(bare, str) else bare.sized, None if isinstance(safe, str) else safe.sized,
        _device(tier), not faults, "; ".join(faults), _note(tier),
        tier.latency_ns if any(tier.latency_ns) else None, min(tier.read_mbps, default=None), min(tier.write_mbps, default=None),
    )  # fmt: skip


def _device(tier: Tier) -> str:
    return "modules" if not tier.piece_gib else "drives" if tier.piece_gib > 1 else "GiB"


def _note(tier: Tier) -> str:
    if tier.name == HOST_DRAM:
        return (
            "modules in the hosts' own slots, each host to its own peak, one module size a host; one device is a module"
        )
    kind = "all hosts together, whoever has room" if tier.shared else "each host to its own peak"
    return f"{tier.part}: {kind}; one device is a {'host' if tier.shared or tier.lost_with == 'host' else 'drive'}"


# ---------------------------------------------------------------- sizes


def _answer(problem: PoolProblem, tier: Tier) -> Taken | str:
    """Return what the tier takes for the promises of the problem, or why it cannot hold them.

    Of modules the cheapest that there is room for, each host its own size; without any, the cheapest.
    """
    if not tier.shared and (copies(problem, "host") > 1 or (devices_lost(problem) and tier.lost_with == "host")):
        return "it is lost with its host"
    pieces = [Piece(tier.piece_gib, tier.piece_cents, tier.piece_mw)]
    if not tier.piece_gib:
        pieces = [Piece(one.gib, one.cost_cents, one.power_mw) for one in _for_slots(problem)]
    found: list[Taken | str] = [
        _shared(problem, tier, one) if tier.shared else _of_hosts(problem, tier, one) for one in pieces
    ]
    if len(pieces) > 1:
        found.append(_each_its_own([one for one in found if isinstance(one, Taken)], tier))
    taken = [one for one in found if isinstance(one, Taken)]
    if not taken:
        return next((one for one in found if isinstance(one, str)), "there is no module")
    return min(taken, key=lambda one: (bool(_room(problem, tier, one)), one.sized.cost_cents, one.sized.gib))


def _for_slots(problem: PoolProblem) -> list[Module]:
    """Return the modules that go into slots; what a device has of its own states no price."""
    return [one for one in problem.modules if one.gib > 0 and one.cost_cents > 0]


def _of_hosts(problem: PoolProblem, tier: Tier, piece: Piece) -> Taken:
    every = owed(problem)
    counts = tuple(_pieces(problem, tier, host, own, piece.gib) for host, own in enumerate(every))
    return Taken((piece,) * len(counts), counts)


def _each_its_own(found: list[Taken], tier: Tier) -> Taken:
    """Return for each host the cheapest that it has slots for, without any the one that takes fewest; among equals less memory."""

    def worth(host: int, one: Taken) -> tuple[bool, int, int]:
        count, piece = one.counts[host], one.pieces[host]
        lacks = host < len(tier.pieces) and count > tier.pieces[host]
        return lacks, count if lacks else count * piece.cost_cents, count * piece.gib

    chosen = [min(found, key=lambda one: worth(host, one)) for host in range(len(found[0].counts))]
    return Taken(
        tuple(one.pieces[host] for host, one in enumerate(chosen)),
        tuple(one.counts[host] for host, one in enumerate(chosen)),
    )


def _pieces(problem: PoolProblem, tier: Tier, host: int, own: Owed, gib: int) -> int:
    """Return the pieces of one host: its peak with its copies, those that may be lost, and as many as its rates ask for."""
    if not own.peak:
        return 0
    for_copies = max(-(-own.copies * own.plain // min(gib, own.plain)), own.copies) if own.plain else 0
    return max(-(-own.peak // gib), -(-own.plain // gib) + own.lost, for_copies, _for_rates(problem, tier, host))


def _for_rates(problem: PoolProblem, tier: Tier, host: int) -> int:
    """Return how many drives must work side by side; memory gives the same in any number of pieces."""
    one, there = problem.hosts[host], tier.pieces[host] if host < len(tier.pieces) else 0
    if tier.piece_gib <= 1 or not there:
        return 0
    ways = ((one.read_mbps, tier.read_mbps), (one.write_mbps, tier.write_mbps))
    return max(
        (min(there, -(-need * there // gives[host])) for need, gives in ways if gives and gives[host]), default=0
    )


def _shared(problem: PoolProblem, tier: Tier, piece: Piece) -> Taken | str:
    """Return the fewest pieces over all hosts, spread evenly, that hold the peak of the sum with hosts lost.

    The device is a host here: a lost controller of the pool is answered by a lost host with its memory.
    """
    gone = max(devices_lost(problem), may_lose(problem, "host"))
    times = max(copies_in_all(problem), copies(problem, "host"))
    intact_gib, lost_gib = (max(map(sum, rows), default=0) for rows in (rows_of(problem), rows_with_losses(problem)))
    need = max(times * intact_gib, lost_gib)
    holders, least = sum(1 for n in tier.pieces if n), max(gone + 1, times)
    if need and holders < least:
        return f"{holders} hosts have room for it, it takes {least}"
    total = -(-need // piece.gib)
    most = max(sum(tier.pieces), 2 * holders * total)
    while (
        need and total < most and (total - sum(sorted(_dealt(tier, total))[-gone:] if gone else ())) * piece.gib < need
    ):
        total += 1
    return Taken((piece,) * len(tier.pieces), _dealt(tier, total))


def _dealt(tier: Tier, total: int) -> tuple[int, ...]:
    """Return how many pieces each host has when so many are spread as evenly as their room allows."""
    dealt = [0] * len(tier.pieces)
    while total > 0:
        room = [host for host, most in enumerate(tier.pieces) if most > dealt[host]]
        # More than there is room for goes on evenly, and is said to lack room.
        room = room or [host for host, most in enumerate(tier.pieces) if most]
        left = max(1, min(tier.pieces[host] - dealt[host] for host in room))
        each = max(1, min(left, total // len(room)))
        for host in room[:total]:
            dealt[host] += each
        total -= each * len(room[:total])
    return tuple(dealt)


# ---------------------------------------------------------------- what it lacks


def _room(problem: PoolProblem, tier: Tier, taken: Taken) -> list[str]:
    """Return a sentence where the design has not as many pieces as it takes."""
    named = "slots" if tier.piece_gib == 0 else "drives" if tier.piece_gib > 1 else "GiB"
    total, there = sum(taken.counts), sum(tier.pieces)
    if tier.shared:
        return [] if total <= there else [f"it takes {total:,} {named}, {there:,} are free"]
    for host, (takes, free) in enumerate(zip(taken.counts, tier.pieces, strict=False)):
        if takes > free:
            return [
                f"it takes {total:,} {named}, {there:,} are free ({problem.hosts[host].address}: {takes:,} of {free:,})"
            ]
    if tier.pieces or tier.name != HOST_DRAM:
        return []
    slots = problem.beside.free_dimm_slots
    if slots is None:
        return [f"it takes {total:,} slots, the hosts do not say how many are free"] if total else []
    return [f"it takes {total:,} slots, {slots:,} are free"] if total > slots else []


def _rates(problem: PoolProblem, tier: Tier) -> list[str]:
    """Return a sentence for a way that is too slow, with both figures."""
    found = []
    for way in ("read", "write"):
        gives = tier.read_mbps if way == "read" else tier.write_mbps
        needs = [one.read_mbps if way == "read" else one.write_mbps for one in problem.hosts]
        short = [(need / max(give, 1), need, give) for need, give in zip(needs, gives, strict=False) if need > give]
        if short:
            _, need, give = max(short)
            found.append(f"too slow: a host {way}s {need / 1000:,.3g} GB/s, it gives {give / 1000:,.3g} GB/s")
    return found


def _latency(problem: PoolProblem, tier: Tier) -> list[str]:
    most, takes = problem.beside.most_latency_ns, tier.latency_ns[1]
    if not most or takes <= most:
        return []
    return [f"too slow: a read takes up to {_time(takes)}, {_time(most)} are asked"]


def _time(ns: int) -> str:
    return f"{ns:,} ns" if ns < 10_000 else f"{ns / 1000:,.3g} us"
