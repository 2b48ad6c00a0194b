"""The numbers of a conflict, in short sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rackc.compiler.amounts import plural
from rackc.compiler.optimize.floor import least_floor
from rackc.compiler.optimize.hall import needs
from rackc.compiler.optimize.patterns import largest_card_gib, links_needed, peaks_gib, slots_of, wants
from rackc.compiler.optimize.problem import Family, Limit, PoolProblem, Requirement
from rackc.compiler.optimize.promises import copies_in_all, may_lose, most_links, spare_links
from rackc.compiler.optimize.relax import with_least_links, with_min_links, without
from rackc.compiler.optimize.saying import amount_said

#: Hosts named one by one; the others are counted.
MOST_NAMED: Final = 3

Core = tuple[Requirement, ...]


def figures_of(problem: PoolProblem, core: Core) -> tuple[str, ...]:
    """Return sentences for the requirements that conflict, in their order; what is not among them is left out of account."""
    told = _in_account(problem, core)
    return tuple(dict.fromkeys(sentence for one in core for sentence in _TELLERS[one.family](told, one, core)))


def _in_account(problem: PoolProblem, core: Core) -> PoolProblem:
    """Return the problem without promises and needs of links that are not in the core."""
    promises = (Requirement("survive", at) for at in range(len(problem.losses)))
    problem = without(problem, (one for one in promises if one not in core))
    if "bandwidth" not in _families(core):
        problem = with_min_links(problem, 0)
    return problem if "least links" in _families(core) else with_least_links(problem, 0)


def _families(core: Core) -> frozenset[Family]:
    return frozenset(one.family for one in core)


def _each(said: list[tuple[str, str]]) -> Iterator[str]:
    """Yield what holds of hosts, of those alike at once: (address, what it has)."""
    alike: dict[str, list[str]] = {}
    for address, what in said:
        alike.setdefault(what, []).append(address)
    for what, hosts in list(alike.items())[:MOST_NAMED]:
        yield f"{hosts[0]} {what}" if len(hosts) == 1 else f"each of {len(hosts)} hosts, such as {hosts[0]}, {what}"
    left = sum(len(hosts) for hosts in list(alike.values())[MOST_NAMED:])
    if left:
        yield f"{plural(left, 'more host')} {'is' if left == 1 else 'are'} short likewise"


def _lost(problem: PoolProblem) -> str:
    """Return what may be lost at once, such as " with 1 controller lost"."""
    losses = [plural(one.count, one.thing) for one in problem.losses if one.thing != "host" and one.count]
    return f" with {' or '.join(dict.fromkeys(losses))} lost" if losses else ""


def _reason(problem: PoolProblem, host: int) -> str:
    """Say why a host needs its links."""
    one, least = problem.hosts[host], links_needed(problem)[host]
    links = plural(least, "link")
    if one.least_links >= least:
        return f"`links >= {one.least_links}` asks for {links}"
    if not spare_links(problem):
        return f"its traffic needs {links}" if one.min_links > 1 else f"it needs {links}"
    if one.min_links <= 1 and copies_in_all(problem) - 1 >= spare_links(problem):
        return f"keeping its data{_lost(problem)} needs {links}"
    if one.min_links <= 1:
        return f"surviving the loss{_of_what(problem)} needs {links}"
    return f"its traffic{_lost(problem)} needs {links}"


def _of_what(problem: PoolProblem) -> str:
    return _lost(problem).replace(" with ", " of ").removesuffix(" lost") if _lost(problem) else ""


# ---------------------------------------------------------------- links


def _ports(problem: PoolProblem, _one: Requirement, core: Core) -> Iterator[str]:
    lacking = [
        (host.address, f"has {plural(len(host.ports), 'free CXL port')}; {_reason(problem, index)}")
        for index, host in enumerate(problem.hosts)
        if len(host.ports) < links_needed(problem)[index]
    ]
    yield from _each(lacking)
    if lacking:
        return
    full = _ports_too_few_for_peak(problem) if "demand" in _families(core) else []
    yield from _each(full)
    if not full:
        total = sum(len(host.ports) for host in problem.hosts)
        yield f"{plural(len(problem.hosts), 'host')} have {plural(total, 'free CXL port')} in all"


def _ports_too_few_for_peak(problem: PoolProblem) -> list[tuple[str, str]]:
    """Return the hosts whose own peak is more than full cards on all their links hold."""
    largest, lost = largest_card_gib(problem), may_lose(problem, "controller")
    after = f" with {plural(lost, 'controller')} lost" if lost else ""
    held = [max(0, most_links(problem, host) - lost) * largest for host in range(len(problem.hosts))]
    return [
        (
            host.address,
            f"needs more than {room:,} GiB, all that {plural(len(host.ports), 'free CXL port')} reach{after}",
        )
        for host, peak, room in zip(problem.hosts, peaks_gib(problem), held, strict=True)
        if peak > room > 0
    ]


def _most_links(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    yield from _each(
        [
            (host.address, f"may have {plural(host.most_links, 'link')}; {_reason(problem, index)}")
            for index, host in enumerate(problem.hosts)
            if host.most_links is not None and host.most_links < links_needed(problem)[index]
        ]
    )


def _least_links(problem: PoolProblem, _one: Requirement, core: Core) -> Iterator[str]:
    if not {"ports", "candidates"} & _families(core):
        most = max((host.least_links for host in problem.hosts), default=0)
        yield f"every host is to have {plural(most, 'link')} at least"


def _bandwidth(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    most = max(host.min_links for host in problem.hosts)
    named = [host.address for host in problem.hosts if host.min_links == most]
    others = f" and {plural(len(named) - 1, 'more host')}" if len(named) > 1 else ""
    yield f"{named[0]}{others} need{'s' * (len(named) == 1)} {plural(most, 'link')} for traffic"
    for word, rates in (
        ("read", [h.read_mbps for h in problem.hosts]),
        ("write", [h.write_mbps for h in problem.hosts]),
    ):
        given = [site.read_mbps if word == "read" else site.write_mbps for site in problem.sites]
        if any(rates) and all(given):
            yield f"the hosts {word} up to {sum(rates) / 1000:,.1f} GB/s; a controller gives {max(given) / 1000:,.1f} GB/s"


# ---------------------------------------------------------------- controllers


def _candidates(problem: PoolProblem, _one: Requirement, core: Core) -> Iterator[str]:
    count = len(problem.controllers)
    if count == 0:
        yield "there is no candidate controller"
        return
    near = [
        (site, slots) for site, slots in zip(problem.sites, slots_of(problem), strict=True)
        if slots and any(cable is not None for cable in site.cables)
    ]  # fmt: skip
    reached, heads = sum(slots for _, slots in near), sum(site.heads * slots for site, slots in near)
    links, hosts = sum(links_needed(problem)), sum(wants(problem))
    within = "" if reached == count else " within reach"
    has = (
        f"{plural(reached, 'candidate controller')}{within} {'has' if reached == 1 else 'have'} {plural(heads, 'head')}"
    )
    if any(loss.thing == "shelf" and loss.count for loss in problem.losses):
        has += f" in {plural(len({site.shelf for site, _ in near}), 'shelf')}"
    if heads < links:
        yield f"{has}; {plural(hosts, 'host')} with demand {'needs' if hosts == 1 else 'need'} {plural(links, 'link')}"
    elif "demand" not in _families(core):
        yield has
    if "demand" in _families(core):
        devices = sum(max(site.devices, 1) * slots for site, slots in near)
        lost = may_lose(problem, "controller")
        after = f", with {lost} lost" if lost else ""
        holds = "holds" if devices == 1 else "hold"
        yield f"{plural(devices, 'controller')}{within} {holds} {max(0, devices - lost) * largest_card_gib(problem):,} GiB at most{after}"


def _modules(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    largest = largest_card_gib(problem)
    if largest:
        biggest = max(module.gib for module in problem.modules)
        yield f"the largest module is {biggest:,} GiB; a controller holds {largest:,} GiB at most"
        return
    counts = sorted({count for site in problem.sites for count in site.populations})
    yield (
        f"no allowed module fits: {plural(len(problem.modules), 'module size')},"
        f" populations {', '.join(map(str, counts)) or 'none'}"
    )


def _reach(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    total, counts = len(problem.controllers), slots_of(problem)
    reached = [
        sum(slots for site, slots in zip(problem.sites, counts, strict=True) if site.cables[host] is not None)
        for host in range(len(problem.hosts))
    ]
    yield from _each(
        [
            (host.address, f"reaches {here} of {plural(total, 'candidate controller')}")
            for here, host in sorted(zip(reached, problem.hosts, strict=True), key=lambda pair: pair[0])
            if here < total
        ]
    )


def _latency(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    """Say what each bound of the paths that it forbids would bring in, the fastest of them."""
    slow = [
        (one.latency_ns, one.host, site.name, slots)
        for site, slots in zip(problem.sites, slots_of(problem), strict=True)
        for one in site.slow
    ]
    if not slow:
        return
    fastest = min(slow)
    yield (
        f"the latency bound keeps {plural(len({host for _, host, _, _ in slow}), 'host')} from {' and '.join(sorted({name for _, _, name, _ in slow})[:MOST_NAMED])};"
        f" the fastest such path, from {problem.hosts[fastest[1]].address}, takes up to {fastest[0]:,} ns"
    )


# ---------------------------------------------------------------- memory


def _survive(problem: PoolProblem, one: Requirement, core: Core) -> Iterator[str]:
    """Say what a promise asks for, where no other sentence counts with it."""
    loss = problem.losses[one.which]
    things = plural(loss.count, loss.thing)
    if loss.promise == "data":
        yield f"every byte must have {loss.count + 1} copies, so that {things} may be lost"
    elif not {"ports", "links", "candidates", "budget"} & _families(core):
        yield f"every slice of time must still fit with {things} lost"


def _demand(problem: PoolProblem, _one: Requirement, core: Core) -> Iterator[str]:
    peaks, sums = peaks_gib(problem), [sum(row) for row in problem.demand_gib]
    worst = peaks.index(max(peaks))
    yield f"the hosts need up to {max(sums):,} GiB together (slice {sums.index(max(sums))})"
    if {"ports", "links"} & _families(core):
        yield f"{problem.hosts[worst].address} needs up to {peaks[worst]:,} GiB"


def _budget(problem: PoolProblem, one: Requirement, core: Core) -> Iterator[str]:
    """Say what counting alone gives, of all that is asked; below that no pool comes."""
    limit = problem.limits[one.which]
    amount = "demand" in _families(core)
    asked = problem if amount else without(problem, (Requirement("demand"),))
    least = least_floor(asked, needs(asked), limit.measure)
    if least is None:
        return
    floor, most, what = (
        amount_said(Limit(limit.measure, least)),
        amount_said(limit),
        "the demand" if amount else "any demand",
    )
    thing = f" {limit.measure}" if limit.measure in ("controllers", "links") else ""
    if least > limit.most:
        yield f"{what} takes {floor}{thing} at least{_lost(problem)}; the budget is {most}"
    else:
        yield f"by counting alone {what} takes {floor}{thing}{_lost(problem)}; that it takes more than {most} was found by solving"


def _isolation(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    groups = {host.group for host in problem.hosts} - {""}
    yield f"hosts of {len(groups)} groups may share no controller"


def _sharing(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    largest = max(len(group.hosts) for group in problem.sharing)
    yield f"{plural(len(problem.sharing), 'group')} of up to {largest} hosts must meet on one controller"


def _shape(problem: PoolProblem, _one: Requirement, _core: Core) -> Iterator[str]:
    yield f"the shape allows {plural(len(problem.allowed), 'set')} of hosts on a controller"


_TELLERS: Final[dict[Family, Callable[[PoolProblem, Requirement, Core], Iterator[str]]]] = {
    "ports": _ports,
    "links": _most_links,
    "least links": _least_links,
    "candidates": _candidates,
    "modules": _modules,
    "reach": _reach,
    "latency": _latency,
    "bandwidth": _bandwidth,
    "isolation": _isolation,
    "sharing": _sharing,
    "shape": _shape,
    "survive": _survive,
    "budget": _budget,
    "demand": _demand,
}


# ---------------------------------------------------------------- labels


def label_of(problem: PoolProblem, one: Requirement) -> str:
    """Return what is asked for by a requirement, in a few words for its line."""
    match one.family:
        case "ports":
            return f"{_span((len(host.ports) for host in problem.hosts), 'free CXL port')} a host"
        case "links":
            return f"{_span((host.most_links or 0 for host in problem.hosts), 'link')} a host at most"
        case "least links":
            return f"{_span((host.least_links for host in problem.hosts), 'link')} a host at least"
        case "candidates":
            return f"{plural(len(problem.controllers), 'candidate')} of {_span((site.heads for site in problem.sites), 'head')}"
        case "modules":
            return f"{largest_card_gib(problem):,} GiB a controller at most"
        case "reach":
            return "these do not reach everywhere"
        case "latency":
            return "leaves out the slower cables"
        case "bandwidth":
            return f"traffic of {_span((host.min_links for host in problem.hosts), 'link')} a host"
        case "survive":
            return f"{plural(problem.losses[one.which].count, problem.losses[one.which].thing)} may be lost"
        case "budget":
            return f"{amount_said(problem.limits[one.which])} at most"
        case "demand":
            return f"{max(map(sum, problem.demand_gib), default=0):,} GiB together at the peak"
        case "isolation":
            return "kept apart"
        case "sharing":
            return "together on one controller"
        case "shape":
            return "who may share"


def _span(values: Iterable[int], noun: str) -> str:
    """Return "2 links", or "1 to 4 links"."""
    known = tuple(values)
    low, high = min(known, default=0), max(known, default=0)
    return plural(high, noun) if low == high else f"{low} to {plural(high, noun)}"
