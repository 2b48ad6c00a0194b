"""Plans made by hand: an NVL72-like rack, and a memory pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rackc.compiler.analyse.report import Bounds, DomainReport, FabricReport, PoolReport, PowerCase, RackReport, Report
from rackc.compiler.comparison import Binding, Comparison, Flip, Rival, Sized
from rackc.compiler.plan import (
    Carrier,
    Figure,
    Instance,
    InterfaceType,
    Link,
    PartType,
    Place,
    Plan,
    Pool,
    PoolController,
    Port,
    Proof,
)
from rackc.dsl.units import quantity

NVLINK = InterfaceType("NVLink5", "NVLink", 5, 2, 50e9, "", {})
CXL = InterfaceType("Cxl2", "CXL", 2, 8, 25e9, "CDFP", {})
ETHERNET = InterfaceType("Eth1G", "Ethernet", 1, 1, 125e6, "RJ45", {})
C2C = InterfaceType("C2C", "C2C", 1, 1, 450e9, "", {})


def part(name: str, role: str = "", kind: str = "part", title: str = "", **figures: object) -> PartType:
    """Return a part type; a figure is a text, or (value, unit)."""
    return PartType(name, "sample", kind, title or name, role, (), {k: _figure(v) for k, v in figures.items()})


def _figure(value: object) -> Figure:
    if isinstance(value, tuple):
        return Figure(quantity(value[0], value[1]))
    return Figure(str(value))


@dataclass
class Builder:
    """Collects the rows of a Plan."""

    instances: list[Instance] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def add(
        self,
        parent: int,
        name: str,
        kind: PartType,
        place: tuple[int, int, int] | None = None,
        pitch_mm: float = 44.45,
        populated: bool = True,
        slot: int | None = None,
    ) -> int:
        """Add an instance, with `place` (rack, unit, height), and return its index."""
        above = self.instances[parent] if parent >= 0 else None
        address = name if above is None or parent == 0 else f"{above.address}.{name}"
        group, _, tail = name.partition("[")
        ordinal = int(tail[:-1]) if tail[:-1].isdigit() else None
        spot = place and Place(place[0], place[1], place[2], pitch_mm, (place[1] - 1 + place[2] / 2) * pitch_mm)
        depth = above.depth + 1 if above else 0
        index = len(self.instances)
        row = Instance(
            index, address, name, group, ordinal, kind, parent, depth, spot or None, slot, populated, "x.rack:1"
        )
        self.instances.append(row)
        return index

    def link(self, a: int, b: int, interface: InterfaceType) -> int:
        """Join two instances with ports of their own and return the link's index."""
        ends = []
        for owner in (a, b):
            at = len(self.ports)
            address = f"{self.instances[owner].address}.p[{at}]"
            self.ports.append(Port(at, address, f"p[{at}]", owner, interface))
            ends.append(at)
        index = len(self.links)
        rate = interface.bandwidth_each_way
        self.links.append(
            Link(index, ends[0], ends[1], interface.protocol, 0, 1.0, 0.8, rate, 5.0, 0, False, "x.rack:2")
        )
        return index

    def plan(self, design: str = "Main", pools: Iterable[Pool] = ()) -> Plan:
        """Return the Plan."""
        cable = Carrier(part("Cable"), "copper", True, 1, 1000, 0)
        return Plan(
            design,
            "x.rack",
            tuple(self.instances),
            tuple(self.ports),
            (cable,),
            tuple(self.links),
            tuple(pools),
            ("c",),
        )


GPU, CPU = part("B200", "gpu", title="B200 GPU"), part("Grace", "cpu")
NIC, DPU, ASIC = part("CX7", "nic"), part("BF3", "dpu"), part("NVSwitch", "switch", title="NVLink switch chip")
PSU = part("Psu5500")
COMPUTE = part("ComputeTray", "compute-tray", "tray", "GB200 compute tray")
SWITCH = part("SwitchTray", "switch-tray", "tray", "NVLink switch tray")
MANAGEMENT = part("Mgmt", "management-switch", "tray", "SN2201 management switch")
EIA = part("Eia48", "", "rack", "MGX rack, 48U")
ORV3 = part("Orv3", "", "rack", "ORv3 rack, 44 OU")


def feed_shelf(feed: str) -> PartType:
    """Return a power shelf on one feed."""
    return part("PowerShelf33", "power-shelf", "shelf", "33 kW power shelf", feed=feed, rating=(33, "kW"))


def nvl72(missing: int = -1) -> Plan:
    """Return an NVL72-like rack; link number `missing` of the 1,296 is left out."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    rack = b.add(root, "rack", EIA)
    for at, unit in enumerate((1, 2, 3, 4, 43, 44, 45, 46)):
        shelf = b.add(rack, f"shelf[{at}]", feed_shelf("AB"[at % 2]), (rack, unit, 1))
        for supply in range(6):
            b.add(shelf, f"psu[{supply}]", PSU, slot=supply + 1)
    gpus, asics = [], []
    for at, unit in enumerate((*range(5, 13), *range(22, 32))):
        tray = b.add(rack, f"compute[{at}]", COMPUTE, (rack, unit, 1))
        gpus += [b.add(tray, f"gpu[{n}]", GPU) for n in range(4)]
        cpus = [b.add(tray, f"cpu[{n}]", CPU) for n in range(2)]
        for n in range(4):
            b.link(gpus[-4 + n], cpus[n // 2], C2C)
        for n in range(4):
            b.add(tray, f"nic[{n}]", NIC)
        for n in range(2):
            b.add(tray, f"dpu[{n}]", DPU)
    for at, unit in enumerate(range(13, 22)):
        tray = b.add(rack, f"sw[{at}]", SWITCH, (rack, unit, 1))
        asics += [b.add(tray, f"asic[{n}]", ASIC) for n in range(2)]
    managers = [b.add(rack, f"mgmt[{n}]", MANAGEMENT, (rack, 47 + n, 1)) for n in range(2)]
    pairs = [(gpu, asic) for gpu in gpus for asic in asics]
    for at, (gpu, asic) in enumerate(pairs):
        if at != missing:
            b.link(gpu, asic, NVLINK)
    for i in [i for i in b.instances if i.part.role in ("compute-tray", "switch-tray", "power-shelf")]:
        b.link(i.index, managers[i.part.role != "compute-tray"], ETHERNET)
    return b.plan("Nvl72")


def nvl72_report(plan: Plan) -> Report:
    """Return a report for `nvl72`."""
    cases = (
        PowerCase("all supplies", 264_000, 132_000, 115_000),
        PowerCase("lose 1 supply", 258_500, 132_000, 115_000),
        PowerCase("lose 1 shelf", 231_000, 132_000, 115_000),
        PowerCase("lose 1 feed", 132_000, 133_200, 115_000),
    )
    rack = next(i.index for i in plan.instances if i.part.kind == "rack")
    racks = (RackReport((rack,), 48, 37, "U", 1360.0, 1600.0, 4, 0, 133_200, 115_000, cases),)
    fabrics = (
        FabricReport(
            "NVLink", 1296, 72, 64.8e12, 0, (DomainReport(1, 0, 72, 18, 1296, 64.8e12, Bounds(32.4e12, 32.4e12), 2),)
        ),
        FabricReport("Ethernet", 35, 37, 4.4e9, 35),
    )
    return Report((("gpu", 72),), (), racks, fabrics, (), 0, (), ())


SERVER = part("CxlHost", "server", "tray", "Dual-socket CXL server")
SHELF = part("CxlShelf", "memory-shelf", "shelf", "CXL memory shelf, 8 slots")
CARD = part("LeoA1000", "memory-controller", title="Leo A1000")


def demand(hosts: int, times: int = 96) -> tuple[tuple[int, ...], ...]:
    """Return a day's demand with a hump that moves from host to host."""
    return tuple(
        tuple(120 + 10 * h + (abs((t * 7 + h * 13) % times - times // 2) * (3 + h % 3)) for h in range(hosts))
        for t in range(times)
    )


def pool8(hosts: int = 8, fitted: int = 6) -> Plan:
    """Return servers that share two shelves of eight candidate cards, the first `fitted` of them populated."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    rack = b.add(root, "rack", part("Eia48", "", "rack", "EIA rack, 48U"))
    servers = []
    for at in range(hosts):
        servers.append(b.add(rack, f"host[{at}]", SERVER, (rack, 1 + 4 * at, 4)))
        for n in range(8):
            b.add(servers[-1], f"gpu[{n}]", GPU)
        for n in range(2):
            b.add(servers[-1], f"cpu[{n}]", CPU)
        b.add(servers[-1], "nic[0]", NIC)
    cards = []
    for at in range(2):
        shelf = b.add(rack, f"jbom[{at}]", SHELF, (rack, 1 + 4 * hosts + 2 * at, 2))
        for n in range(8):
            used = n < (fitted + 1 - at) // 2
            cards.append(b.add(shelf, f"card[{n}]", CARD, populated=used, slot=n + 1))
    for feed in "AB":
        b.add(
            rack, f"pdu_{feed.lower()}", part("RackPdu", "pdu", title="Zero-U rack PDU", feed=feed, rating=(34, "kW"))
        )
    curve = demand(hosts)
    owner = b.add(rack, "kv", part("pool", kind="pool"))
    return b.plan("Pool8", (_pool(b, owner, servers, cards, curve),))


def _pool(b: Builder, owner: int, servers: list[int], cards: list[int], curve: tuple[tuple[int, ...], ...]) -> Pool:
    module = part("Rdimm128", "memory", title="128 GiB RDIMM", capacity=(128, "GiB"))
    fitted = [k for k, c in enumerate(cards) if b.instances[c].populated]
    controllers = tuple(
        PoolController(c, k in fitted, module if k in fitted else None, 4 * (k in fitted), 512 * (k in fitted))
        for k, c in enumerate(cards)
    )
    pairs = [(h, fitted[(h + n * 3) % len(fitted)]) for h in range(len(servers)) for n in range(min(2, len(fitted)))]
    links = tuple(b.link(servers[h], cards[k], CXL) for h, k in pairs)
    held = tuple(tuple(row[h] // 2 + (n % 2) * (row[h] % 2) for n, (h, _) in enumerate(pairs)) for row in curve)
    own = Sized(4_365_000, 3072, 6, 298_000)
    comparison = Comparison(
        (
            Rival("pool, static", True, own, Sized(5_100_000, 3500, 7, 300_000), "controllers", False, "not the assignment declared"),
            Rival("pool, re-let", True, Sized(3_900_000, 2560, 5, 250_000), own, "controllers", True, shelves=True),
            Rival("direct expansion", False, Sized(5_000_000, 3072, 8, 350_000), Sized(6_910_000, 4096, 16, 410_000), "controllers", True, shelves=True),
            Rival("host DRAM", False, Sized(5_320_000, 4608, 36, 340_000), Sized(5_520_000, 4864, 44, 360_000), "modules", False, "it takes 44 slots, 0 are free"),
            Rival("local NVMe", False, None, None, "", False, "not compared: `NvmeSsd` states no `price`"),
        ),
        "pool, re-let", "lost", True, "direct expansion", 2_545_000, 440_000, 2900, 2210,
        (Flip("controller price", None), Flip("module price", 0.512, "below", "do not pool", 49_000), Flip("demand", None, closed_form=True)),
        Binding((0,), ("jbom[0]",), ("peak of the sum",), 465_000),
    )  # fmt: skip
    return Pool(
        index=0,
        address="rack.kv",
        owner=owner,
        hosts=tuple(servers),
        controllers=controllers,
        links=links,
        link_host=tuple(h for h, _ in pairs),
        link_controller=tuple(k for _, k in pairs),
        demand_name="Chat.prefix",
        demand_class="prefix",
        reader="gpu by dma",
        assignment="re-let, 30 s",
        relet_delay_s=30.0,
        slice_seconds=900.0,
        demand_gib=curve,
        slices_gib=held,
        read_bytes_per_s=(1e9,) * len(servers),
        write_bytes_per_s=(5e8,) * len(servers),
        recompute_bytes_per_s=2.6e9,
        survive=1,
        promise="capacity",
        capacity_gib=512 * len(fitted),
        cost_cents=4_365_000,
        power_w=298.0,
        latency_ns=None,
        goals=("cost", "power"),
        proof=Proof("optimal", 4_365_000, 4_321_350, 0.01, 12.5, False, "CP-SAT"),
        comparison=comparison,
        source="x.rack:9",
    )


def pool_report(plan: Plan) -> Report:
    """Return a report for `pool8`."""
    rack = next(i.index for i in plan.instances if i.part.kind == "rack")
    cases = (PowerCase("all supplies", 17_000, 9_400, 7_000), PowerCase("lose 1 feed", 8_500, 9_400, 7_000))
    pools = tuple(PoolReport(p.index, 2210, 2900, p.capacity_gib, 862, 0.28, 512, 140, 2.6e9) for p in plan.pools)
    racks = (RackReport((rack,), 48, 36, "U", 610.0, None, 0, 0, 9_400, 7_000, cases),)
    return Report((), (), racks, (FabricReport("CXL", len(plan.links), 14, 4e11, 16),), pools, 0, (), ())


def empty_report() -> Report:
    """Return a report that says nothing."""
    return Report((), (), (), (), (), 0, (), ())
