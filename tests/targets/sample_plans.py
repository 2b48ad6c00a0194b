"""Small plans made by hand for the simulator targets; hand-computed rates rest on the figures here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random

from rackc.compiler.analyse.graph import capacity_graph
from rackc.compiler.analyse.report import Report
from rackc.compiler.analyse.traffic import TRANSFER_BYTES, Flow
from rackc.compiler.comparison import NOTHING
from rackc.compiler.plan import (
    Carrier,
    Figure,
    Instance,
    InterfaceType,
    Interval,
    Link,
    PartType,
    Place,
    Plan,
    Pool,
    PoolController,
    Port,
    Proof,
    Value,
)
from rackc.dsl.units import quantity

GB = 1e9

EMPTY_REPORT = Report((), (), (), (), (), 0, (), ())


def part(name: str, role: str = "", **figures: Value) -> PartType:
    """Return a part with some figures."""
    return PartType(name, "sample", "part", name, role, (), {key: Figure(value) for key, value in figures.items()})


SERVER = part("Server", "server")
TRAY = part("Tray", "compute-tray")
GPU = part("Gpu", "gpu")
CPU = part("Cpu", "cpu", forwards=True)
PCIE_SWITCH = part("PcieSwitch", "switch", forwards=True)
NVSWITCH = part("NvSwitch", "switch", forwards=True, latency=quantity(200, "ns"))
CARD = part(
    "Card", "memory-controller", read_bandwidth=quantity(40, "GB/s"), write_bandwidth=quantity(20, "GB/s"),
    latency=Interval(quantity(280, "ns"), quantity(350, "ns"), quantity(300, "ns")),
)  # fmt: skip
UNLIMITED_CARD = part("BareCard", "memory-controller")


@dataclass
class Sketch:
    """Collects the rows of a Plan."""

    instances: list[Instance] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)

    def add(self, parent: int, name: str, kind: PartType, unit: int | None = None) -> int:
        """Add an instance within `parent` (-1: the root) and return its index."""
        above = self.instances[parent] if parent >= 0 else None
        address = f"{above.address}.{name}" if above else name
        place = Place(0, unit, 1, 44.45, 22.2) if unit is not None else None
        index, depth = len(self.instances), above.depth + 1 if above else 0
        group = name.split("[")[0]
        self.instances.append(
            Instance(index, address, name, group, None, kind, parent, depth, place, None, True, "x.rack:1")
        )
        return index

    def join(self, a: int, b: int, protocol: str, gb_per_s: float, latency_ns: float = 100.0) -> int:
        """Link two instances by a port made for it on each, and return the link's index."""
        ports = []
        for owner in (a, b):
            kind = InterfaceType(protocol, protocol, 5, 1, gb_per_s * GB, "", {})
            name = f"p[{len(self.ports)}]"
            self.ports.append(Port(len(self.ports), f"{self.instances[owner].address}.{name}", name, owner, kind))
            ports.append(len(self.ports) - 1)
        index = len(self.links)
        self.links.append(
            Link(index, ports[0], ports[1], protocol, 0, 1.0, 1.0, gb_per_s * GB, latency_ns, 0, False, "x.rack:2")
        )
        return index

    def plan(self) -> Plan:
        """Return what was collected."""
        carrier = Carrier(part("Cable"), "copper", True, 1, None, 0)
        return Plan(
            "Main", "x.rack", tuple(self.instances), tuple(self.ports), (carrier,), tuple(self.links),
            tuple(self.pools), ("connect",),
        )  # fmt: skip


def scale_up(trays: int = 2, gpus_each: int = 2, chips: int = 2, gb_per_s: float = 50.0) -> Plan:
    """Trays of GPUs, each GPU with one link to each switch chip."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    tray = [s.add(root, f"compute[{t}]", TRAY, t + 1) for t in range(trays)]
    gpus = [s.add(tray[t], f"gpu[{g}]", GPU) for t in range(trays) for g in range(gpus_each)]
    asics = [s.add(root, f"asic[{c}]", NVSWITCH) for c in range(chips)]
    for gpu in gpus:
        for asic in asics:
            s.join(gpu, asic, "NVLink", gb_per_s)
    return s.plan()


def mesh(gpus: int = 4, gb_per_s: float = 64.0) -> Plan:
    """GPUs each linked to every other."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    nodes = [s.add(root, f"gpu[{g}]", GPU) for g in range(gpus)]
    for i, a in enumerate(nodes):
        for b in nodes[i + 1 :]:
            s.join(a, b, "xGMI", gb_per_s)
    return s.plan()


def pooled(reader: str = "gpu by dma", card: PartType = CARD, gpu_gb_per_s: float = 64.0) -> Plan:
    """Two servers of two CPUs and two GPUs share one controller of two heads; the second cable is the longer."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    hosts, cpus = [], []
    for h in range(2):
        host = s.add(root, f"host[{h}]", SERVER, h + 1)
        pair = [s.add(host, f"cpu[{c}]", CPU) for c in range(2)]
        s.join(pair[0], pair[1], "UPI", 48.0, 90.0)
        for c in range(2):
            gpu = s.add(host, f"gpu[{c}]", GPU)
            s.join(pair[c], gpu, "PCIe", gpu_gb_per_s, 150.0)
        hosts.append(host)
        cpus.append(pair[0])
    memory = s.add(root, "card[0]", card)
    links = [s.join(cpus[h], memory, "CXL", 25.0, 100.0 + 300 * h) for h in range(2)]
    s.pools.append(_pool(tuple(hosts), memory, tuple(links), reader))
    return s.plan()


def expansion(card: PartType = CARD) -> Plan:
    """One host with one expansion card of its own, and a GPU behind a PCIe switch."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    host = s.add(root, "host", SERVER, 1)
    cpu = s.add(host, "cpu", CPU)
    memory = s.add(host, "card", card)
    switch = s.add(host, "switch", PCIE_SWITCH)
    gpu = s.add(host, "gpu", GPU)
    s.join(cpu, memory, "CXL", 25.0)
    s.join(cpu, memory, "CXL", 25.0)
    s.join(cpu, switch, "PCIe", 64.0)
    s.join(switch, gpu, "PCIe", 32.0)
    return s.plan()


def bare() -> Plan:
    """A design with nothing to simulate."""
    s = Sketch()
    s.add(-1, "rack", part("Rack"))
    return s.plan()


def tangle(seed: int) -> tuple[Plan, tuple[Flow, ...]]:
    """Return a plan of no sense, the same for the same seed, and flows over it that have a path."""
    draw = Random(seed)
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    kinds = (GPU, CPU, CARD, UNLIMITED_CARD, PCIE_SWITCH, NVSWITCH, part("Nic", "nic"))
    nodes = [s.add(root, f"x[{i}]", draw.choice(kinds)) for i in range(draw.randint(5, 14))]
    for _ in range(draw.randint(len(nodes), 3 * len(nodes))):
        a, b = draw.sample(nodes, 2)
        protocol, speed = draw.choice(("PCIe", "NVLink", "CXL", "UPI")), draw.choice((10, 16, 25, 25.216, 50, 64))
        s.join(a, b, protocol, speed, draw.choice((50, 100, 300)))
    plan = s.plan()
    graph = capacity_graph(plan)
    ends = [key for key, node in graph.nodes.items() if node.role != "switch"]
    pairs = [draw.sample(ends, 2) for _ in range(draw.randint(2, 14))] if len(ends) > 1 else []
    flows = (Flow(a, b, TRANSFER_BYTES, f"{a} -> {b}") for a, b in pairs if graph.path(a, b) is not None)
    return plan, tuple(flows)


def renamed(plan: Plan, addresses: Sequence[str]) -> Plan:
    """Return plan with the first instances' addresses replaced, for escaping tests."""
    changed = [replace(i, address=a) for i, a in zip(plan.instances, addresses, strict=False)]
    return replace(plan, instances=(*changed, *plan.instances[len(changed) :]))


def _pool(hosts: tuple[int, ...], memory: int, links: tuple[int, ...], reader: str) -> Pool:
    return Pool(
        index=0, address="rack.kv", owner=0, hosts=hosts,
        controllers=(PoolController(memory, True, part("Rdimm64"), 4, 256),),
        links=links, link_host=tuple(range(len(hosts))), link_controller=(0,) * len(links),
        demand_name="Chat.prefix", demand_class="prefix", reader=reader, assignment="static", slice_seconds=60.0,
        demand_gib=((100,) * len(hosts),), slices_gib=((100,) * len(links),),
        read_bytes_per_s=(1e9,) * len(hosts), write_bytes_per_s=(1e8,) * len(hosts), recompute_bytes_per_s=None, relet_delay_s=None,
        survive=0, promise="capacity",
        capacity_gib=256, cost_cents=100, power_w=50.0,
        latency_ns=Interval(quantity(400, "ns"), quantity(600, "ns"), quantity(Fraction(500), "ns")),
        goals=("cost",), proof=Proof("optimal", 1, 1, 0.0, 0.1, False, "x"), comparison=NOTHING, source="x.rack:3",
    )  # fmt: skip
