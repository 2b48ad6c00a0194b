"""An independent judge of a pool: it shares no code with the optimizer and believes none of its figures.

`violations(problem, decision)` returns what is wrong, in words; an empty list means that the decision is a true answer: no
port, head or candidate is used twice, every cable exists, budgets, groups and link counts are kept, slices add up, and so
do cost, power and the stated bound; and every promise holds, each possible loss in turn (oaths.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rackc.compiler.optimize.problem import PoolDecision, PoolProblem
from tests.optimize.oaths import by_link, copies_of, per_shelf_of, promises_broken, wanting


def violations(problem: PoolProblem, decision: PoolDecision) -> list[str]:
    """Return what is wrong with a decision, nothing when it is right."""
    found = [
        *_controllers(problem, decision),
        *_links(problem, decision),
        *_link_counts(problem, decision),
        *_company(problem, decision),
    ]
    if not found:
        found = [*_slices(problem, decision), *_sums(problem, decision), *_claims(problem, decision)]
    return found or list(promises_broken(problem, decision))


def _controllers(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    candidates = {one.address: one for one in problem.controllers}
    modules = {module.name: module for module in problem.modules}
    for address, times in Counter(one.address for one in decision.controllers).items():
        if times > 1:
            yield f"{address} is populated {times} times"
    for one in decision.controllers:
        if one.address not in candidates or one.module not in modules:
            yield f"{one.address} with {one.module}: no such candidate or module"
            continue
        candidate = candidates[one.address]
        site = problem.sites[candidate.site]
        if one.modules not in site.populations:
            yield f"{one.address}: {one.modules} modules is no allowed population"
        if site.devices:
            if not one.devices or len(set(one.devices)) < len(one.devices):
                yield f"{one.address}: devices {one.devices}"
            if not set(one.devices) <= set(candidate.devices) or len(one.devices) > site.devices:
                yield f"{one.address}: devices that it does not have"
        elif one.devices:
            yield f"{one.address} is no switch and has devices"
        each = one.modules * modules[one.module].gib
        if one.gib != each * max(len(one.devices), 1) or each > site.max_capacity_gib:
            yield f"{one.address}: {one.gib} GiB is not its modules' sum, or above {site.max_capacity_gib} GiB a device"
    if problem.one_size and len({one.module for one in decision.controllers}) > 1:
        yield "more than one module size in the pool"


def _links(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    candidates = {one.address: one for one in problem.controllers}
    populated = {one.address for one in decision.controllers}
    for name, used in (
        ("port", [link.port for link in decision.links]),
        ("head", [link.head for link in decision.links]),
        ("pair", [(link.host, link.controller) for link in decision.links]),
    ):
        for what, times in Counter(used).items():
            if times > 1:
                yield f"{name} {what} carries {times} links"
    for link in decision.links:
        if link.controller not in populated:
            yield f"{link.port} goes to {link.controller}, which is not populated"
            continue
        controller = candidates[link.controller]
        site = problem.sites[controller.site]
        if link.port not in problem.hosts[link.host].ports:
            yield f"{link.port} is no port of host {link.host}"
        if link.head not in controller.heads:
            yield f"{link.head} is no head of {link.controller}"
        if site.cables[link.host] is None or link.cable != site.cables[link.host]:
            yield f"{link.port} to {link.head}: cable {link.cable} does not exist"
    for address, count in Counter(link.controller for link in decision.links).items():
        if address in candidates and count > problem.sites[candidates[address].site].heads:
            yield f"{address} serves {count} hosts"


def spare_links(problem: PoolProblem) -> int:
    """Return how many links may go with what is lost; a device behind a switch takes none with it."""
    switched = any(site.devices for site in problem.sites)
    taking = ("link", "shelf") if switched else ("controller", "link", "shelf")
    return max((one.count for one in problem.losses if one.thing in taking), default=0)


def _link_counts(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    linked = Counter(link.host for link in decision.links)
    spare = spare_links(problem)
    for index, host in enumerate(problem.hosts):
        least = max(max(1, host.min_links) + spare, host.least_links) if index in wanting(problem) else 0
        most = len(host.ports) if host.most_links is None else host.most_links
        if not least <= linked[index] <= most:
            yield f"{host.address} has {linked[index]} links, needs {least} to {most}"
    touched = {link.controller for link in decision.links}
    for one in decision.controllers:
        if one.address not in touched:
            yield f"{one.address} is populated and touches no host"


def _company(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    """Who shares a controller: isolation, the shapes allowed, and enough hosts to take over."""
    takers = 1 + max((one.count for one in problem.losses if one.thing == "host" and one.promise == "data"), default=0)
    for one in decision.controllers:
        hosts = {link.host for link in decision.links if link.controller == one.address}
        groups = {problem.hosts[host].group for host in hosts} - {""}
        if len(groups) > 1:
            yield f"{one.address} is shared by groups {sorted(groups)}"
        if problem.allowed and hosts not in [set(some) for some in problem.allowed]:
            yield f"{one.address} serves {sorted(hosts)}, which is none of the sets allowed"
        if len(hosts) < takers:
            yield f"{one.address} serves {len(hosts)} hosts: {takers} are needed to take over"
    values = {
        "cost": decision.cost_cents,
        "power": decision.power_mw,
        "cable.length": sum(link.cable.length_mm for link in decision.links),
        "capacity": sum(one.gib for one in decision.controllers),
        "controllers": sum(max(len(one.devices), 1) for one in decision.controllers),
        "links": len(decision.links),
    }
    for limit in problem.limits:
        if values[limit.measure] > limit.most:
            yield f"{limit.measure} is {values[limit.measure]}, the budget {limit.most}"


def _slices(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    if len(decision.slices_gib) != len(problem.demand_gib):
        yield f"{len(decision.slices_gib)} slices of time, asked for {len(problem.demand_gib)}"
        return
    reached = {
        one.address: {k.host for k in decision.links if k.controller == one.address} for one in decision.controllers
    }
    for share in decision.shares:
        if not reached.get(share.controller, set()) >= set(problem.sharing[share.group].hosts):
            yield f"{share.controller} holds blocks of {problem.sharing[share.group].name}, and not all of it reaches it"
        if len(share.gib) != len(problem.demand_gib) or min(share.gib, default=0) < 0:
            yield f"{share.controller}: shares {share.gib}"
            return
    for number in range(len(problem.demand_gib)):
        yield from _one_slice(problem, decision, number)


def _one_slice(problem: PoolProblem, decision: PoolDecision, number: int) -> Iterator[str]:
    candidates = {one.address: one for one in problem.controllers}
    room = {one.address: one.gib for one in decision.controllers}
    devices = {one.address: max(len(one.devices), 1) for one in decision.controllers}
    hosts, where = len(problem.hosts), Counter[tuple[int, str]]()
    for link, amount in zip(decision.links, decision.slices_gib[number], strict=True):
        where[link.host, link.controller] += amount
        if amount < 0:
            yield f"slice {number}: {link.port} carries {amount} GiB"
    for share in decision.shares:
        where[hosts + share.group, share.controller] += share.gib[number]
    common = problem.shared_gib[number] if problem.shared_gib else (0,) * len(problem.sharing)
    times, limit = copies_of(problem), per_shelf_of(problem)
    for one, wanted in enumerate((*problem.demand_gib[number], *common)):
        mine = {address: amount for (who, address), amount in where.items() if who == one}
        if sum(mine.values()) != wanted * times:
            yield f"slice {number}: demander {one} is given {sum(mine.values())} GiB of {times} x {wanted}"
        for address, amount in mine.items():
            if times > 1 and amount > wanted * (1 if by_link(problem) else devices[address]):
                yield f"slice {number}: demander {one} has {amount} GiB on {address}: two copies of one byte"
        for shelf, amount in _by_shelf(problem, candidates, mine).items():
            if limit is not None and amount > wanted * limit:
                yield f"slice {number}: demander {one} has {amount} GiB on shelf {shelf}"
    for address, most in room.items():
        held = sum(amount for (_, there), amount in where.items() if there == address)
        if held > most:
            yield f"slice {number}: {address} holds {held} GiB of {most}"


def _by_shelf(problem: PoolProblem, candidates: dict, mine: dict[str, int]) -> Counter[int]:  # type: ignore[type-arg]
    found = Counter[int]()
    for address, amount in mine.items():
        found[problem.sites[candidates[address].site].shelf] += amount
    return found


def _sums(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    modules = {module.name: module for module in problem.modules}
    sites = {one.address: problem.sites[one.site] for one in problem.controllers}
    cost = sum(link.cable.cost_cents for link in decision.links)
    power = 0
    for one in decision.controllers:
        site, devices = sites[one.address], len(one.devices)
        pieces = one.modules * max(devices, 1)
        cost += site.cost_cents + devices * site.device_cost_cents + pieces * modules[one.module].cost_cents
        power += site.power_mw + devices * site.device_power_mw + pieces * modules[one.module].power_mw
    if cost != decision.cost_cents:
        yield f"cost {decision.cost_cents} cents is stated, the parts cost {cost}"
    if power != decision.power_mw:
        yield f"power {decision.power_mw} mW is stated, the parts draw {power}"


def _claims(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    first = problem.goals[0] if problem.goals else "cost"
    length = sum(link.cable.length_mm for link in decision.links)
    value = {"cost": decision.cost_cents, "power": decision.power_mw, "cable.length": length}[first]
    if decision.objective != value:
        yield f"objective {decision.objective} is stated, {first} is {value}"
    if decision.bound > decision.objective:
        yield f"bound {decision.bound} is above the objective {decision.objective}"
    if decision.estimate > decision.objective:
        yield f"the estimate {decision.estimate} is above the objective {decision.objective}: it is no bound"
    gap = (decision.objective - decision.bound) / decision.objective if decision.objective else 0.0
    if abs(gap - decision.gap) > 1e-9:
        yield f"gap {decision.gap} is stated, it is {gap}"
    if decision.proved and gap > problem.gap + 1e-9:
        yield f"called proved at a gap of {gap}"
