"""Plans that are unusual: custom silicon, OU pitch, many racks, hostile names, nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rackc.compiler.plan import Plan
from tests.drawings.sample_plans import ASIC, CARD, COMPUTE, CPU, CXL, EIA, GPU, NVLINK, ORV3, SWITCH, Builder, part


def mixed() -> Plan:
    """Return custom silicon: GPU trays with an expansion card each, XPU trays with chiplets, two levels of switches."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    rack = b.add(root, "rack", EIA)
    nodes, leaves, spines = [], [], []
    module = part("Rdimm128", "memory", title="128 GiB RDIMM", capacity=(128, "GiB"))
    for at in range(6):
        tray = b.add(rack, f"gpus[{at}]", part("GpuTray", "compute-tray", "tray", "GPU tray"), (rack, 1 + at, 1))
        nodes += [b.add(tray, f"gpu[{n}]", GPU) for n in range(4)]
        cpu, card = b.add(tray, "cpu", CPU), b.add(tray, "leo", CARD)
        for n in range(4):
            b.add(card, f"dimm[{n}]", module)
        b.link(cpu, card, CXL)
    for at in range(6):
        tray = b.add(rack, f"xpus[{at}]", part("XpuTray", "compute-tray", "tray", "XPU tray"), (rack, 7 + at, 1))
        for n in range(4):
            b.add(tray, f"xpu[{n}]", part("Xpu", "gpu"))
        nodes += [b.add(tray, f"chiplet[{n}]", part("Chiplet", "chiplet")) for n in range(4)]
    for at in range(4):
        tray = b.add(rack, f"leaf[{at}]", part("Leaf", "switch-tray", "tray", "Leaf switch"), (rack, 20 + at, 1))
        leaves.append(b.add(tray, "asic", ASIC))
    for at in range(2):
        tray = b.add(rack, f"spine[{at}]", part("Spine", "switch-tray", "tray", "Spine switch"), (rack, 30 + 2 * at, 2))
        spines.append(b.add(tray, "asic", ASIC))
    for at, node in enumerate(nodes):
        b.link(node, leaves[at % 4], NVLINK)
    for at, leaf in enumerate(leaves):
        for n, spine in enumerate(spines):
            for _ in range(2 + 2 * ((at + n) % 2)):
                b.link(leaf, spine, NVLINK)
    return b.plan("Mixed")


def orv3(trays: int = 72) -> Plan:
    """Return a rack of OU pitch with single-unit trays that say nothing about what is inside them."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    rack = b.add(root, "rack", ORV3)
    plain = part("Tray", "", "tray")
    for at in range(trays):
        b.add(rack, f"tray[{at}]", plain, (rack, at + 1, 1), pitch_mm=48)
    return b.plan("Ou")


def two_racks() -> Plan:
    """Return two racks whose addresses differ only in letters that a file name cannot hold."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    ends = []
    for name in ('row<"a">', "row<'b'>"):
        rack = b.add(root, name, EIA)
        tray = b.add(
            rack, "tray & <co>" + "x" * 300, part("T" * 200, "server", "tray", "<b>&\"'\x00" * 90), (rack, 3, 2)
        )
        ends.append(b.add(tray, "gpu<1>", GPU))
        b.add(rack, "", COMPUTE, (rack, 9, 1))
    b.link(ends[0], ends[1], replace(NVLINK, protocol="N<V>&"))
    return b.plan("<&\"'" * 60)


def row_of_racks(racks: int = 12, trays: int = 18) -> Plan:
    """Return more trays than a fabric can tell apart: racks that share one row of spine switches."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    spine = b.add(root, "spine", EIA)
    chips = [b.add(b.add(spine, f"sw[{n}]", SWITCH, (spine, 1 + n, 1)), "asic", ASIC) for n in range(4)]
    for at in range(racks):
        rack = b.add(root, f"rack[{at}]", EIA)
        for n in range(trays):
            gpu = b.add(b.add(rack, f"compute[{n}]", COMPUTE, (rack, 1 + n, 1)), "gpu", GPU)
            for chip in chips:
                b.link(gpu, chip, NVLINK)
    return b.plan("Row")


def renamed(plan: Plan, name: str) -> Plan:
    """Return `plan` with `name` in every address, title and text that a user chooses."""
    rows = tuple(
        replace(i, address=f"{i.address}.{name}{i.index}", part=replace(i.part, title=name), source=name)
        for i in plan.instances
    )
    pools = tuple(
        replace(
            p,
            address=name,
            demand_name=name,
            reader=name,
            assignment=name,
            goals=(name,) * 9,
            comparison=replace(
                p.comparison,
                rivals=tuple(replace(r, name=name, why=name, note=name) for r in p.comparison.rivals),
                against=name,
                declared=name,
            ),
        )
        for p in plan.pools
    )
    links = tuple(replace(link, protocol=name) for link in plan.links)
    return replace(plan, design=name, instances=rows, pools=pools, links=links)


def bare(children: Mapping[str, str] | None = None) -> Plan:
    """Return a design with no rack."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    for name, role in (children or {}).items():
        b.add(root, name, part(name, role))
    return b.plan()


def empty_rack() -> Plan:
    """Return a rack with nothing in it."""
    b = Builder()
    root = b.add(-1, "Main", part("Main", kind="design"))
    b.add(root, "rack", EIA)
    return b.plan()
