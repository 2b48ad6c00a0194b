"""The numbers of a conflict, in short sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rackc.compiler.optimize.patterns import links_needed, peaks_gib, slots_of
from rackc.compiler.optimize.problem import PoolProblem
from rackc.compiler.optimize.promises import may_lose
from rackc.compiler.optimize.relax import largest_card_gib

#: Hosts named one by one; the others are counted.
MOST_NAMED = 3


def figures_of(problem: PoolProblem, core: tuple[str, ...]) -> tuple[str, ...]:
    """Return sentences for the families that conflict, in their order."""
    tellers: dict[str, Callable[[PoolProblem, tuple[str, ...]], Iterator[str]]] = {
        "ports": _ports,
        "candidates": _candidates,
        "modules": _modules,
        "reach": _reach,
        "survive": _survive,
        "demand": _demand,
        "bandwidth": _bandwidth,
    }
    return tuple(dict.fromkeys(sentence for name in core for sentence in tellers[name](problem, core)))


def plural(count: int, noun: str) -> str:
    """Return "1 link", "2 links"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _named(sentences: list[str]) -> Iterator[str]:
    yield from sentences[:MOST_NAMED]
    if len(sentences) > MOST_NAMED:
        yield f"the same holds for {plural(len(sentences) - MOST_NAMED, 'more host')}"


def _links_reason(problem: PoolProblem, host: int) -> str:
    """Say why a host needs its links."""
    least, bandwidth = links_needed(problem)[host], max(1, problem.hosts[host].min_links)
    if not may_lose(problem, "controller"):
        return f"its bandwidth needs {plural(least, 'link')}"
    if bandwidth == 1:
        return f"surviving the loss of 1 controller needs {plural(least, 'link')}"
    return f"its bandwidth with 1 controller lost needs {plural(least, 'link')}"


def _ports(problem: PoolProblem, core: tuple[str, ...]) -> Iterator[str]:
    least = links_needed(problem)
    lacking = [
        f"{host.address} has {plural(len(host.ports), 'free CXL port')}; {_links_reason(problem, index)}"
        for index, host in enumerate(problem.hosts)
        if len(host.ports) < least[index]
    ]
    yield from _named(lacking)
    if lacking:
        return
    full = _ports_too_few_for_peak(problem) if "demand" in core else []
    yield from _named(full)
    if not full:
        total = sum(len(host.ports) for host in problem.hosts)
        yield f"{plural(len(problem.hosts), 'host')} have {plural(total, 'CXL port')} in all"


def _ports_too_few_for_peak(problem: PoolProblem) -> list[str]:
    """Return the hosts whose own peak is more than full cards on all their ports hold."""
    largest, lost = largest_card_gib(problem), may_lose(problem, "controller")
    after = " with 1 controller lost" if lost else ""
    return [
        f"{host.address} needs {peak} GiB; {plural(len(host.ports), 'free CXL port')} reach"
        f" {max(0, len(host.ports) - lost) * largest} GiB at most{after}"
        for host, peak in zip(problem.hosts, peaks_gib(problem), strict=True)
        if peak > max(0, len(host.ports) - lost) * largest > 0
    ]


def _candidates(problem: PoolProblem, core: tuple[str, ...]) -> Iterator[str]:
    count = len(problem.controllers)
    if count == 0:
        yield "there is no candidate controller"
        return
    heads = sum(site.heads * slots for site, slots in zip(problem.sites, slots_of(problem), strict=True))
    links, hosts = sum(links_needed(problem)), sum(peak > 0 for peak in peaks_gib(problem))
    yield (
        f"{plural(count, 'candidate controller')} with {plural(heads, 'head')};"
        f" {plural(hosts, 'host')} with demand {'needs' if hosts == 1 else 'need'} {plural(links, 'link')}"
    )
    if "demand" in core:
        left = max(0, count - may_lose(problem, "controller")) * largest_card_gib(problem)
        after = ", with 1 lost" if may_lose(problem, "controller") else ""
        yield f"{plural(count, 'candidate controller')} hold {left} GiB at most{after}"


def _modules(problem: PoolProblem, _core: tuple[str, ...]) -> Iterator[str]:
    largest = largest_card_gib(problem)
    if largest:
        biggest = max(module.gib for module in problem.modules)
        yield f"the largest module is {biggest} GiB; a controller holds {largest} GiB at most"
        return
    counts = sorted({count for site in problem.sites for count in site.populations})
    yield (
        f"no allowed module fits: {plural(len(problem.modules), 'module size')},"
        f" populations {', '.join(map(str, counts)) or 'none'}"
    )


def _reach(problem: PoolProblem, _core: tuple[str, ...]) -> Iterator[str]:
    total, counts = len(problem.controllers), slots_of(problem)
    reached = [
        sum(slots for site, slots in zip(problem.sites, counts, strict=True) if site.cables[host] is not None)
        for host in range(len(problem.hosts))
    ]
    yield from _named(
        [
            f"{host.address} reaches {here} of {plural(total, 'candidate controller')}"
            for here, host in sorted(zip(reached, problem.hosts, strict=True), key=lambda pair: pair[0])
            if here < total
        ]
    )


def _survive(problem: PoolProblem, _core: tuple[str, ...]) -> Iterator[str]:
    yield f"every slice of time must still fit with {plural(may_lose(problem, 'controller'), 'controller')} lost"


def _demand(problem: PoolProblem, _core: tuple[str, ...]) -> Iterator[str]:
    peaks, sums = peaks_gib(problem), [sum(row) for row in problem.demand_gib]
    worst = peaks.index(max(peaks))
    yield f"the hosts need up to {max(sums)} GiB together (slice {sums.index(max(sums))})"
    yield f"{problem.hosts[worst].address} needs up to {peaks[worst]} GiB"


def _bandwidth(problem: PoolProblem, _core: tuple[str, ...]) -> Iterator[str]:
    most = max(host.min_links for host in problem.hosts)
    named = [host.address for host in problem.hosts if host.min_links == most]
    others = f" and {plural(len(named) - 1, 'more host')}" if len(named) > 1 else ""
    yield f"{named[0]}{others} need{'s' * (len(named) == 1)} {plural(most, 'link')} for bandwidth"
