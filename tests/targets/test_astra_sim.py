"""The ASTRA-sim target: what it recognises, refuses and writes, read back without its own code."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from rackc.backends.astra_sim import emit
from rackc.backends.astra_sim.bounds import bounds
from rackc.backends.astra_sim.recognise import Fabric, recognise
from rackc.compiler.plan import Plan
from rackc.dsl.units import quantity
from tests.targets.sample_plans import EMPTY_REPORT, GPU, NVSWITCH, Sketch, bare, mesh, part, pooled, scale_up

GIB = 2**30


def files(plan: Plan) -> dict[str, bytes]:
    """Return what the target writes."""
    return dict(emit(plan, EMPTY_REPORT).files)


def network(plan: Plan) -> dict[str, list[str]]:
    """Read network.yml: flow lists of words, one a line."""
    text = files(plan)["network.yml"].decode()
    rows = re.findall(r"^(\w+): \[ (.*) \]$", text, flags=re.MULTILINE)
    assert len(rows) == len([line for line in text.splitlines() if not line.startswith("#")])
    return {key: value.split(", ") for key, value in rows}


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read one varint; returns it and the offset behind it."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Decode a protobuf message of varints and length-delimited fields."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        value, at = varint(message, at)
        if tag & 7 == 2:
            found.append((tag >> 3, message[at : at + value]))
            at += value
        else:
            assert tag & 7 == 0
            found.append((tag >> 3, value))
    assert at == len(message)
    return found


def messages(stream: bytes) -> list[bytes]:
    """Split a stream of length-delimited messages."""
    found, at = [], 0
    while at < len(stream):
        size, at = varint(stream, at)
        found.append(stream[at : at + size])
        at += size
    assert at == len(stream)
    return found


def test_gpus_behind_chiplets_of_their_own_are_attached_alike() -> None:
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    asic = [s.add(root, f"asic[{i}]", NVSWITCH) for i in range(2)]
    gpus = [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]
    xpus = [s.add(root, f"xpu[{i}]", GPU) for i in range(2)]
    chiplets = [s.add(root, f"chiplet[{i}]", part("Chiplet", "chiplet", forwards=True)) for i in range(2)]
    for xpu, chiplet in zip(xpus, chiplets, strict=True):
        s.join(xpu, chiplet, "UCIe", 900, 5)
    for end in (*gpus, *chiplets):
        for chip in asic:
            s.join(end, chip, "NVLink", 50)
    found = network(s.plan())
    assert (found["topology"], found["npus_count"], found["latency"]) == (["Switch"], ["4"], ["205.0"])
    assert float(found["bandwidth"][0]) == pytest.approx(100e9 / GIB)
    assert any("2 GPUs reach the switches through a chiplet" in line for line in emit(s.plan(), EMPTY_REPORT).losses)


def test_the_slowest_memory_counts_and_silence_is_told() -> None:
    fast = part("Fast", "gpu", hbm_bandwidth=quantity(8, "TB/s"))
    plan = scale_up()
    mixed = replace(plan, instances=tuple(replace(i, part=fast) if i.name == "gpu[0]" else i for i in plan.instances))
    assert json.loads(files(mixed)["system.json"])["local-mem-bw"] == 8000.0
    assert any("no hbm_bandwidth stated of Gpu: 8000 GB/s" in line for line in emit(mixed, EMPTY_REPORT).losses)
    assert json.loads(files(plan)["system.json"])["local-mem-bw"] == 3350.0


def test_there_is_one_trace_for_each_npu_and_no_more() -> None:
    made = files(scale_up(trays=3, gpus_each=2))
    traces = sorted(name for name in made if name.endswith(".et"))
    assert traces == [f"workload/allreduce.{npu}.et" for npu in range(6)]
    assert len({made[name] for name in traces}) == 1


def test_a_trace_reads_back_as_one_all_reduce_of_one_gib() -> None:
    metadata, node = messages(files(scale_up())["workload/allreduce.0.et"])
    assert fields(metadata) == [(1, b"0.0.4")]
    rows = fields(node)
    assert [row for row in rows if row[0] != 10] == [(1, 1), (2, b"ALL_REDUCE"), (3, 7)]
    attributes = [fields(value) for number, value in rows if number == 10 and isinstance(value, bytes)]
    assert attributes == [
        [(1, b"is_cpu_op"), (27, 0)],
        [(1, b"comm_type"), (9, 0)],
        [(1, b"comm_size"), (9, GIB)],
    ]


def test_seventy_two_gpus_on_eighteen_chips_are_one_switch() -> None:
    plan = scale_up(trays=18, gpus_each=4, chips=18)
    found = network(plan)
    assert (found["topology"], found["npus_count"]) == (["Switch"], ["72"])
    assert float(found["bandwidth"][0]) == pytest.approx(900e9 / GIB)  # GiB/s
    assert found["latency"] == ["200.0"]  # the link's 100 and half of the chip's 200
    readme = files(plan)["README.txt"].decode()
    assert "= 2.352953 ms" in readme  # 2 x 71/72 x 1 GiB / 900 GB/s
    assert "--workload-configuration=workload/allreduce" in readme


def test_gpus_joined_each_to_each_are_a_full_mesh() -> None:
    found = network(mesh(4, 64.0))
    assert (found["topology"], found["npus_count"]) == (["FullyConnected"], ["4"])
    assert float(found["bandwidth"][0]) == pytest.approx(64e9 / GIB)
    system = json.loads(files(mesh())["system.json"])
    assert system["all-reduce-implementation"] == ["direct"]


def test_the_system_lists_have_the_rank_of_the_network() -> None:
    made = files(scale_up())
    system = json.loads(made["system.json"])
    rank = len(network(scale_up())["topology"])
    lists = {key: value for key, value in system.items() if key.endswith("-implementation")}
    assert len(lists) == 4
    assert all(value == ["ring"] * rank for value in lists.values())
    assert system["endpoint-delay"] >= 1
    assert json.loads(made["remote_memory.json"]) == {"memory-type": "NO_MEMORY_EXPANSION"}


def with_gpus_on_a_switch(plan: Plan) -> Plan:
    """Return plan with all its GPUs on one scale-up switch too."""
    s = Sketch(list(plan.instances), list(plan.ports), list(plan.links), list(plan.pools))
    asic = s.add(0, "asic", NVSWITCH)
    for gpu in plan.with_role("gpu"):
        s.join(gpu.index, asic, "NVLink", 50)
    return s.plan()


def test_a_pool_is_one_fifo_at_what_all_readers_get() -> None:
    made = emit(with_gpus_on_a_switch(pooled()), EMPTY_REPORT)
    memory = json.loads(made.files["remote_memory.json"])
    # Two heads of 25 GB/s behind a read limit of 40.
    assert memory == {"memory-type": "MEMORY_POOL", "remote-mem-latency": 500, "remote-mem-bw": 40.0}
    assert any("first-in-first-out" in line and "interleave" in line for line in made.losses)


def test_the_switch_latency_says_how_well_it_is_backed() -> None:
    losses = emit(scale_up(), EMPTY_REPORT).losses
    assert any("200 ns, has weak backing (unstated)" in line for line in losses)
    silent = replace(scale_up(), instances=tuple(
        replace(i, part=part("Silent", "switch", forwards=True)) if i.part is NVSWITCH else i
        for i in scale_up().instances
    ))  # fmt: skip
    assert any("Silent is not stated: 0 ns" in line for line in emit(silent, EMPTY_REPORT).losses)
    assert network(silent)["latency"] == ["100.0"]


def missing_link() -> Plan:
    """A scale-up fabric in which one GPU lacks one of its links."""
    whole = scale_up()
    return replace(whole, links=whole.links[:-1])


def unequal() -> Plan:
    """One chip, and one GPU with two links to it."""
    s = Sketch()
    root = s.add(-1, "rack", part("Rack"))
    asic = s.add(root, "asic", NVSWITCH)
    for gpu in [s.add(root, f"gpu[{i}]", GPU) for i in range(2)]:
        s.join(gpu, asic, "NVLink", 50)
    s.join(1 + asic, asic, "NVLink", 50)
    return s.plan()


def chain() -> Plan:
    """Three GPUs in a row."""
    s = Sketch()
    gpus = [s.add(-1, f"gpu[{i}]", GPU) for i in range(3)]
    s.join(gpus[0], gpus[1], "NVLink", 50)
    s.join(gpus[1], gpus[2], "NVLink", 50)
    return s.plan()


def orphan() -> Plan:
    """A GPU that no switch reaches."""
    whole = scale_up()
    s = Sketch(list(whole.instances), list(whole.ports), list(whole.links))
    s.add(0, "gpu[9]", GPU)
    return s.plan()


REFUSED = [
    (bare(), "0 GPUs"),
    (pooled(), "no scale-up fabric"),
    (missing_link(), "2 switches or groups of switches differ"),
    (unequal(), "unequal bandwidths (50, 100 GB/s)"),
    (chain(), "2 of 3 pairs"),
    (orphan(), "1 of 5 GPUs have no link to its switches (rack.gpu[9])"),
]


@pytest.mark.parametrize(("plan", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_is_no_regular_fabric_is_refused_with_a_reason(plan: Plan, why: str) -> None:
    made = emit(plan, EMPTY_REPORT)
    assert set(made.files) == {"README.txt"}
    assert why in made.losses[0]
    assert why in made.files["README.txt"].decode()


#: ASTRA-sim's printed cycles with 4 splits, 300 ns a hop, local memory at 3350 GB/s: (fabric, bytes, cycles).
PRINTED = [
    (Fabric("Switch", 8, 450.0 * GIB, 300.0, 1, 1, ()), 64 * 2**20, 329_824),
    (Fabric("FullyConnected", 8, 64.0 * GIB, 300.0, 0, 1, ()), 64 * 2**20, 254_168),
    (Fabric("Switch", 72, 900.0 * GIB, 300.0, 18, 18, ()), GIB, 3_485_288),
]


@pytest.mark.parametrize(("fabric", "size", "cycles"), PRINTED)
def test_the_closed_form_gives_what_astra_sim_printed(fabric: Fabric, size: int, cycles: int) -> None:
    assert bounds(fabric, size, 3350.0, splits=4).model == pytest.approx(cycles, rel=3e-4)


def test_in_switch_reduction_is_refused() -> None:
    assert any("SHARP" in line for line in emit(scale_up(), EMPTY_REPORT).losses)


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert emit(scale_up(), EMPTY_REPORT) == emit(scale_up(), EMPTY_REPORT)
    assert isinstance(recognise(scale_up()), Fabric)
