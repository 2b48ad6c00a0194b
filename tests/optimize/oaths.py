"""The promises of a pool, tested by brute force of losses: a max-flow for every loss and every slice of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rackc.compiler.optimize.problem import Loss, PoolDecision, PoolProblem, Site
from tests.optimize.flow import Edges, max_flow


@dataclass(frozen=True)
class Standing:
    """What stands: links as (host, candidate), devices as (candidate, GiB); the shelf of each candidate, and its site."""

    links: frozenset[tuple[int, str]]
    devices: tuple[tuple[str, int], ...]
    shelf: Mapping[str, int]
    site: Mapping[str, Site]

    def without_devices(self, gone: Sequence[int]) -> Standing:
        """Return what stands with some devices (positions) lost."""
        left = tuple(device for k, device in enumerate(self.devices) if k not in gone)
        return Standing(self.links, left, self.shelf, self.site)


def standing(problem: PoolProblem, decision: PoolDecision) -> Standing:
    """Return everything that was decided."""
    sites = {one.address: problem.sites[one.site] for one in problem.controllers}
    devices = tuple(
        (one.address, one.gib // max(len(one.devices), 1))
        for one in decision.controllers
        for _ in range(max(len(one.devices), 1))
    )
    links = frozenset((link.host, link.controller) for link in decision.links)
    return Standing(links, devices, {address: site.shelf for address, site in sites.items()}, sites)


def wanting(problem: PoolProblem) -> set[int]:
    """Return the hosts that need memory: their own, shared, or in the place of a lost one."""
    some = {h for row in problem.demand_gib for h, amount in enumerate(row) if amount}
    for group, column in zip(problem.sharing, zip(*problem.shared_gib, strict=True), strict=False):
        if any(column):
            some |= set(group.hosts)
    restarting = any(one.thing == "host" and one.promise != "data" for one in problem.losses)
    return set(range(len(problem.hosts))) if restarting and any(map(any, problem.demand_gib)) else some


def copies_of(problem: PoolProblem) -> int:
    """Return how many times every byte is held."""
    things = ("controller", "link", "shelf")
    return 1 + max((one.count for one in problem.losses if one.promise == "data" and one.thing in things), default=0)


def per_shelf_of(problem: PoolProblem) -> int | None:
    """Return how many copies one shelf may hold at most: losing those that may be lost leaves one."""
    shelves = max((one.count for one in problem.losses if one.promise == "data" and one.thing == "shelf"), default=0)
    return (copies_of(problem) - 1) // shelves if shelves else None


def by_link(problem: PoolProblem) -> bool:
    """Whether copies must be on different links: then one candidate holds a byte once, whatever stands behind it."""
    return any(one.promise == "data" and one.thing == "link" for one in problem.losses)


def promises_broken(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    """Yield the first slice that does not fit, of each promise; and rates that do not."""
    whole = standing(problem, decision)
    yield from broken(problem, whole)


def broken(problem: PoolProblem, whole: Standing) -> Iterator[str]:
    """As promises_broken, of what stands."""
    yield from _some_slice(problem, whole, problem.demand_gib, "intact")
    for loss in problem.losses:
        if loss.promise != "data":
            yield from _after(problem, whole, loss)
    yield from _copies(problem, whole)
    yield from _rates(problem, whole)


def _after(problem: PoolProblem, whole: Standing, loss: Loss) -> Iterator[str]:
    n = loss.count
    match loss.thing:
        case "controller":
            for gone in combinations(range(len(whole.devices)), min(n, len(whole.devices))):
                yield from _some_slice(problem, whole.without_devices(gone), problem.demand_gib, f"devices {gone} lost")
        case "link":
            for cut in combinations(sorted(whole.links), min(n, len(whole.links))):
                left = Standing(whole.links - set(cut), whole.devices, whole.shelf, whole.site)
                yield from _some_slice(problem, left, problem.demand_gib, f"links {cut} lost")
        case "shelf":
            shelves = sorted(set(whole.shelf.values()))
            for some in combinations(shelves, min(n, len(shelves))):
                gone = tuple(k for k, (where, _) in enumerate(whole.devices) if whole.shelf[where] in some)
                yield from _some_slice(problem, whole.without_devices(gone), problem.demand_gib, f"shelves {some} lost")
        case "host":
            for lost in combinations(range(len(problem.hosts)), n):
                rows = tuple(_restarted(row, lost) for row in problem.demand_gib)
                yield from _some_slice(problem, whole, rows, f"hosts {lost} lost", lost)


def _restarted(row: tuple[int, ...], lost: tuple[int, ...]) -> tuple[int, ...]:
    others = len(row) - len(lost)
    if not others:
        return (0,) * len(row)
    more = -(-sum(row[host] for host in lost) // others)
    return tuple(0 if host in lost else amount + more for host, amount in enumerate(row))


def _some_slice(
    problem: PoolProblem,
    left: Standing,
    rows: tuple[tuple[int, ...], ...],
    when: str,
    lost_hosts: tuple[int, ...] = (),
) -> Iterator[str]:
    for number, row in enumerate(rows):
        common = problem.shared_gib[number] if problem.shared_gib else (0,) * len(problem.sharing)
        kept = tuple(
            0 if set(group.hosts) <= set(lost_hosts) else amount
            for group, amount in zip(problem.sharing, common, strict=True)
        )
        short = sum(row) + sum(kept) - held(problem, left, row, kept)
        if short > 0:
            yield f"slice {number}, {when}: {short} GiB do not fit"
            return


def held(problem: PoolProblem, left: Standing, row: Sequence[int], common: Sequence[int]) -> int:
    """Return how much of a slice fits in what is left."""
    edges: Edges = {}
    for host, amount in enumerate(row):
        edges["source", ("host", host)] = amount
    for group, amount in enumerate(common):
        edges["source", ("group", group)] = amount
    for number, (where, gib) in enumerate(left.devices):
        edges[("device", number), "sink"] = gib
        for host, amount in enumerate(row):
            if (host, where) in left.links:
                edges[("host", host), ("device", number)] = amount
        for group, amount in enumerate(common):
            if all((host, where) in left.links for host in problem.sharing[group].hosts):
                edges[("group", group), ("device", number)] = amount
    return max_flow(edges, "source", "sink")


def _copies(problem: PoolProblem, whole: Standing) -> Iterator[str]:
    """Every byte so many times, on different devices (or links); of a shelf no more than may be lost with it."""
    times, limit, once = copies_of(problem), per_shelf_of(problem), by_link(problem)
    for number, row in enumerate(problem.demand_gib):
        if times == 1:
            return
        common = problem.shared_gib[number] if problem.shared_gib else (0,) * len(problem.sharing)
        edges: Edges = {}
        demands = [(("host", h), {h}, amount) for h, amount in enumerate(row)]
        demands += [(("group", g), set(problem.sharing[g].hosts), amount) for g, amount in enumerate(common)]
        for who, hosts, amount in demands:
            edges["source", who] = times * amount
            for device, (where, gib) in enumerate(whole.devices):
                edges[("device", device), "sink"] = gib
                if all((host, where) in whole.links for host in hosts):
                    shelf = (who, whole.shelf[where])
                    edges[who, shelf] = times * amount if limit is None else limit * amount
                    place = (who, where)
                    edges[shelf, place] = amount if once else times * amount
                    edges[place, ("device", device)] = amount
        short = times * (sum(row) + sum(common)) - max_flow(edges, "source", "sink")
        if short > 0:
            yield f"slice {number}: {short} GiB of copies do not fit"
            return


def _rates(problem: PoolProblem, whole: Standing) -> Iterator[str]:
    for way in ("read", "write"):
        rates = [host.read_mbps if way == "read" else host.write_mbps for host in problem.hosts]
        rates = [
            rate if host in wanting(problem) else 0 for host, rate in enumerate(rates)
        ]  # else there is nothing to move
        edges: Edges = {}
        for host, rate in enumerate(rates):
            edges["source", ("host", host)] = rate
            for where in dict(whole.devices):
                if (host, where) in whole.links:
                    edges[("host", host), where] = min(rate, problem.link_mbps or rate)
        for where in dict(whole.devices):
            most = whole.site[where].read_mbps if way == "read" else whole.site[where].write_mbps
            edges[where, "sink"] = most or sum(rates)
        short = sum(rates) - max_flow(edges, "source", "sink")
        if short > 0:
            yield f"{way}: {short} MB/s do not fit"
