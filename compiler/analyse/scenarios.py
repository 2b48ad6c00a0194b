"""The questions worth asking of a design, chosen from what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.analyse.graph import Graph, capacity_graph
from rackc.compiler.analyse.traffic import TRANSFER_BYTES, Flow, Scenario
from rackc.compiler.plan import Instance, Plan, Pool

#: Above this many GPUs the shift is left out: it asks nothing new and costs a simulator much.
MOST_GPUS_AT_ONCE = 128


def canonical_flows(plan: Plan) -> tuple[Scenario, ...]:
    """Return the scenarios that fit the design, empty where it has nothing of the kind."""
    graph = capacity_graph(plan)
    found = [
        *_between_gpus(plan, graph),
        *(scenario for pool in plan.pools for scenario in _pool_reads(plan, graph, pool)),
        *_expansion_reads(plan, graph),
        *_cross_socket(plan, graph),
    ]
    return tuple(scenario for scenario in found if scenario.flows)


def pool_readers(plan: Plan, graph: Graph, pool: Pool) -> tuple[Flow, ...]:
    """Return one read for each pair of controller and host that the pool's links join, in order of link.

    The reader is a GPU of the host where the pool is read by GPUs and a path exists, else whoever owns the host's
    end of the link (its CPU).
    """
    flows: dict[tuple[int, int], Flow] = {}
    rows = zip(pool.links, pool.link_host, pool.link_controller, strict=True)
    for index, host, controller in rows:
        memory, owner = _ends(plan, index, pool.controllers[controller].instance)
        reader = owner
        if "gpu" in pool.reader.casefold():
            reader = _nearest_gpu(plan, graph, memory, pool.hosts[host]) or owner
        if graph.path(memory, reader) is not None:
            flows.setdefault((memory, pool.hosts[host]), _flow(plan, memory, reader))
    return tuple(flows.values())


def expansion_cards(plan: Plan) -> tuple[tuple[int, int], ...]:
    """Return (memory controller, CPU) for each populated controller of no pool that is linked to a CPU."""
    pooled = {i for pool in plan.pools for c in pool.controllers for i in (c.instance, *c.devices)}
    cards: dict[int, int] = {}
    for link in plan.links:
        ends = (plan.ports[link.a].owner, plan.ports[link.b].owner)
        for card, cpu in (ends, ends[::-1]):
            roles = (plan.instances[card].part.role, plan.instances[cpu].part.role)
            if roles == ("memory-controller", "cpu") and card not in pooled and plan.instances[card].populated:
                cards.setdefault(card, cpu)
    return tuple(sorted(cards.items()))


def expansion_gpu(plan: Plan, graph: Graph, card: int, cpu: int) -> int | None:
    """Return the GPU of a CPU's host that can read an expansion card, None where there is none."""
    return _nearest_gpu(plan, graph, card, _host_of(plan, cpu))


def _between_gpus(plan: Plan, graph: Graph) -> Iterator[Scenario]:
    gpus = [gpu.index for gpu in plan.with_role("gpu")]
    last = next((gpu for gpu in reversed(gpus[1:]) if graph.path(gpus[0], gpu) is not None), None)
    if last is None:
        return
    yield Scenario(
        "gpu-to-gpu",
        "What does one GPU get to the GPU furthest from it in the design's order?",
        (_flow(plan, gpus[0], last),),
    )
    count = len(gpus)
    shift = [(gpus[i], gpus[(i + count // 2) % count]) for i in range(count)]
    if count <= MOST_GPUS_AT_ONCE and all(graph.path(a, b) is not None for a, b in shift):
        yield Scenario(
            "all-pairs-shift",
            f"What does each GPU get when GPU i sends to GPU i+{count // 2} (modulo {count}), all at once?",
            tuple(_flow(plan, a, b) for a, b in shift),
        )


def _pool_reads(plan: Plan, graph: Graph, pool: Pool) -> Iterator[Scenario]:
    suffix = f":{pool.address}" if len(plan.pools) > 1 else ""
    flows = pool_readers(plan, graph, pool)
    if not flows:
        return
    yield Scenario(
        f"pool-one-reader{suffix}", "What does one host get from one controller of the pool, alone?", flows[:1]
    )
    for memory in dict.fromkeys(flow.source for flow in flows):
        shared = tuple(flow for flow in flows if flow.source == memory)[:2]
        if len(shared) == 2:
            question = "What does each of two hosts get when both read one controller of the pool at once?"
            yield Scenario(f"pool-two-readers{suffix}", question, shared)
            return


def _expansion_reads(plan: Plan, graph: Graph) -> Iterator[Scenario]:
    for card, cpu in expansion_cards(plan)[:1]:
        yield Scenario("expansion-read", "What does a CPU get from its own expansion card?", (_flow(plan, card, cpu),))
        gpu = expansion_gpu(plan, graph, card, cpu)
        if gpu is not None:
            yield Scenario(
                "expansion-read-by-gpu",
                "What does a GPU get from an expansion card, through its host?",
                (_flow(plan, card, gpu),),
            )


def _cross_socket(plan: Plan, graph: Graph) -> Iterator[Scenario]:
    """The first host with two CPUs whose path stays inside that host."""
    by_host: dict[int, list[int]] = {}
    for cpu in plan.with_role("cpu"):
        by_host.setdefault(_host_of(plan, cpu.index), []).append(cpu.index)
    for host, cpus in sorted(by_host.items()):
        path = graph.path(*cpus[:2]) if len(cpus) > 1 else None
        if path is not None and all(_inside(plan, node, host) for node in path):
            question = "What does one CPU get to the other CPU of its host?"
            yield Scenario("cross-socket", question, (_flow(plan, cpus[0], cpus[1]),))
            return


def _flow(plan: Plan, source: int, target: int) -> Flow:
    name = f"{plan.instances[source].address} -> {plan.instances[target].address}"
    return Flow(source, target, TRANSFER_BYTES, name)


def _ends(plan: Plan, link: int, controller: int) -> tuple[int, int]:
    """Return the instances at the controller's and at the host's end of a pool's link."""
    a, b = plan.ports[plan.links[link].a].owner, plan.ports[plan.links[link].b].owner
    return (a, b) if _inside(plan, a, controller) else (b, a)


def _inside(plan: Plan, index: int, holder: int) -> bool:
    """Whether an instance is `holder` or somewhere within it."""
    while index >= 0 and index != holder:
        parent = plan.instances[index].parent
        index = parent if parent != index else -1
    return index == holder


def _host_of(plan: Plan, index: int) -> int:
    """Return the server or compute tray that holds an instance, else whatever has a rack position, else its parent."""
    here: Instance | None = plan.instances[index]
    while here is not None:
        if here.part.role in ("server", "compute-tray"):
            return here.index
        here = plan.instances[here.parent] if 0 <= here.parent != here.index else None
    placed = plan.placed_in(index)
    return placed.index if placed is not None else plan.instances[index].parent


def _nearest_gpu(plan: Plan, graph: Graph, memory: int, host: int) -> int | None:
    """Return the GPU within `host` that the memory reaches in the fewest hops, the first of equals."""
    paths = (
        (graph.path(memory, gpu.index), gpu.index) for gpu in plan.with_role("gpu") if _inside(plan, gpu.index, host)
    )
    reachable = [(len(path), gpu) for path, gpu in paths if path is not None]
    return min(reachable)[1] if reachable else None
