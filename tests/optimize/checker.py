"""An independent judge of a pool: it shares no code with the optimizer and believes none of its figures.

`violations(problem, decision)` returns what is wrong, in words; an empty list means that the decision is a true
answer: every slice of time fits, intact and with each controller lost in turn (max-flow by networkx), no port, head
or candidate is used twice, every cable exists, slices add up, and so do cost, power and the stated bound.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import networkx as nx

from rackc.compiler.optimize.problem import PoolDecision, PoolProblem


def violations(problem: PoolProblem, decision: PoolDecision) -> list[str]:
    """Return what is wrong with a decision, nothing when it is right."""
    found = [
        *_controllers(problem, decision),
        *_links(problem, decision),
        *_link_counts(problem, decision),
        *_slices(problem, decision),
        *_sums(problem, decision),
        *_claims(problem, decision),
    ]
    return found or list(_capacity_promise(problem, decision))


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
        site = problem.sites[candidates[one.address].site]
        if one.modules not in site.populations:
            yield f"{one.address}: {one.modules} modules is no allowed population"
        if one.gib != one.modules * modules[one.module].gib or one.gib > site.max_capacity_gib:
            yield f"{one.address}: {one.gib} GiB is not its modules' sum, or above {site.max_capacity_gib} GiB"
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
        if link.head not in controller.heads[: site.heads]:
            yield f"{link.head} is no head of {link.controller}"
        if site.cables[link.host] is None or link.cable != site.cables[link.host]:
            yield f"{link.port} to {link.head}: cable {link.cable} does not exist"


def _link_counts(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    linked = Counter(link.host for link in decision.links)
    touched = {link.controller for link in decision.links}
    for index, host in enumerate(problem.hosts):
        wants = any(row[index] > 0 for row in problem.demand_gib)
        least = max(1, host.min_links) + len(problem.losses) if wants else 0
        if linked[index] < least:
            yield f"{host.address} has {linked[index]} links, needs {least}"
    for one in decision.controllers:
        if one.address not in touched:
            yield f"{one.address} is populated and touches no host"


def _slices(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    if len(decision.slices_gib) != len(problem.demand_gib):
        yield f"{len(decision.slices_gib)} slices of time, asked for {len(problem.demand_gib)}"
        return
    room = {one.address: one.gib for one in decision.controllers}
    for number, (carried, demand) in enumerate(zip(decision.slices_gib, problem.demand_gib, strict=True)):
        by_host: dict[int, int] = defaultdict(int)
        by_controller: dict[str, int] = defaultdict(int)
        for link, amount in zip(decision.links, carried, strict=True):
            by_host[link.host] += amount
            by_controller[link.controller] += amount
            if amount < 0:
                yield f"slice {number}: {link.port} carries {amount} GiB"
        for host, wanted in enumerate(demand):
            if by_host[host] != wanted:
                yield f"slice {number}: host {host} is given {by_host[host]} GiB of {wanted}"
        for address, amount in by_controller.items():
            if amount > room.get(address, 0):
                yield f"slice {number}: {address} holds {amount} GiB of {room.get(address, 0)}"


def _sums(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    modules = {module.name: module for module in problem.modules}
    sites = {one.address: problem.sites[one.site] for one in problem.controllers}
    cost = sum(link.cable.cost_cents for link in decision.links)
    power = 0
    for one in decision.controllers:
        cost += sites[one.address].cost_cents + one.modules * modules[one.module].cost_cents
        power += sites[one.address].power_mw + one.modules * modules[one.module].power_mw
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
    gap = (decision.objective - decision.bound) / decision.objective if decision.objective else 0.0
    if abs(gap - decision.gap) > 1e-9:
        yield f"gap {decision.gap} is stated, it is {gap}"
    if decision.proved and gap > problem.gap + 1e-9:
        yield f"called proved at a gap of {gap}"


def _capacity_promise(problem: PoolProblem, decision: PoolDecision) -> Iterator[str]:
    """Max-flow of every slice through what is left after each loss."""
    room = {one.address: one.gib for one in decision.controllers}
    pairs = [(link.host, link.controller) for link in decision.links]
    losses: list[str | None] = [None, *room] if problem.losses else [None]
    for lost in losses:
        left = {address: gib for address, gib in room.items() if address != lost}
        for number, demand in enumerate(problem.demand_gib):
            short = sum(demand) - carried(pairs, left, demand)
            if short > 0:
                yield f"slice {number}, {'intact' if lost is None else f'{lost} lost'}: {short} GiB do not fit"


def carried(pairs: Sequence[tuple[int, str]], room: dict[str, int], demand: Sequence[int]) -> int:
    """Return how much of a demand fits."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["source", "sink"])
    for host, amount in enumerate(demand):
        graph.add_edge("source", ("host", host), capacity=amount)
    for address, gib in room.items():
        graph.add_edge(("card", address), "sink", capacity=gib)
    for host, address in pairs:
        if address in room:
            graph.add_edge(("host", host), ("card", address), capacity=demand[host])
    return int(nx.maximum_flow_value(graph, "source", "sink"))
