"""Target `astra-sim`: one all-reduce over the scale-up fabric, for the analytical back end of ASTRA-sim 2.x."""

from __future__ import annotations

import json

from jinja2 import Environment, PackageLoader, StrictUndefined

from rackc.backends.astra_sim.bounds import ENDPOINT_DELAY_NS, algorithm, bounds, hops, injection
from rackc.backends.astra_sim.chakra import all_reduce_trace
from rackc.backends.astra_sim.memory import RemoteMemory, remote_memory
from rackc.backends.astra_sim.recognise import Fabric, recognise
from rackc.backends.target import Emitted
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan

SIZE_BYTES = 2**30
#: Used where no GPU's part states its memory bandwidth.
LOCAL_GB_PER_S = 3350.0
COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all")


def emit(plan: Plan, report: Report) -> Emitted:  # noqa: ARG001 (the signature is every target's)
    """Write the network, system, remote memory and one trace a GPU; only a README where the fabric is refused."""
    fabric = recognise(plan)
    if isinstance(fabric, str):
        readme = _render("README.txt.j2", refusal=fabric, losses=())
        return Emitted({"README.txt": readme.encode()}, (f"no network is written: {fabric}",))
    memory = remote_memory(plan)
    local, assumed = _local_memory(plan)
    losses = (*_losses(plan, fabric), *fabric.assumed, *assumed, *(memory.losses if memory else ()))
    trace = all_reduce_trace(SIZE_BYTES)
    files = {
        "README.txt": _readme(fabric, memory, local, losses).encode(),
        "network.yml": _render("network.yml.j2", fabric=fabric, **_figures(fabric)).encode(),
        "remote_memory.json": _json(_remote_memory(memory)),
        "system.json": _json(_system(fabric, local)),
    }
    files |= {f"workload/allreduce.{npu}.et": trace for npu in range(fabric.npus)}
    return Emitted(files, losses)


def _figures(fabric: Fabric) -> dict[str, str]:
    """Return the figures of a fabric as its files print them; YAML must read each as a number with a point."""
    return {
        "gb_per_s": f"{fabric.bytes_per_s / 1e9:.12g}",
        "gib_per_s": _real(fabric.bytes_per_s / 2**30),
        "latency_ns": _real(fabric.latency_ns),
    }


def _real(value: float) -> str:
    text = f"{value:.9f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _system(fabric: Fabric, local_gb_per_s: float) -> dict[str, object]:
    """One entry a collective: ASTRA-sim runs only the first dimensions where the list is shorter than the network."""
    return {
        "scheduling-policy": "LIFO",
        "endpoint-delay": ENDPOINT_DELAY_NS,
        "active-chunks-per-dimension": 1,
        "preferred-dataset-splits": 1,
        **{f"{collective}-implementation": [algorithm(fabric)] for collective in COLLECTIVES},
        "collective-optimization": "localBWAware",
        "local-mem-bw": local_gb_per_s,
        "boost-mode": 0,
    }


def _remote_memory(memory: RemoteMemory | None) -> dict[str, object]:
    if memory is None:
        return {"memory-type": "NO_MEMORY_EXPANSION"}
    return {
        "memory-type": "MEMORY_POOL",
        "remote-mem-latency": round(memory.latency_ns),
        "remote-mem-bw": memory.bytes_per_s / 1e9,
    }


def _local_memory(plan: Plan) -> tuple[float, tuple[str, ...]]:
    """Return the slowest GPU's memory bandwidth in GB/s, and what is assumed where a part states none."""
    stated = {gpu.part.name: gpu.part.typ("hbm_bandwidth", "GB/s") for gpu in plan.with_role("gpu")}
    known = [speed for speed in stated.values() if speed is not None]
    slowest = min(known, default=LOCAL_GB_PER_S)
    silent = ", ".join(sorted(name for name, speed in stated.items() if speed is None))
    return slowest, (f"no hbm_bandwidth stated of {silent}: {slowest:g} GB/s for reductions",) if silent else ()


def _losses(plan: Plan, fabric: Fabric) -> tuple[str, ...]:
    kept = "one Switch" if fabric.topology == "Switch" else "a full mesh"
    chips = f": {fabric.chips} chips striped over evenly" if fabric.chips else ""
    others = sum(1 for i in plan.instances if i.populated and i.part.role in ("cpu", "nic", "dpu"))
    lines = [
        f"the fabric is {kept} of {fabric.npus} equal NPUs{chips}; GPUs are numbered in the design's order",
        f"in-switch reduction (SHARP) is refused: the all-reduce goes through the GPUs ({algorithm(fabric)})",
        "bandwidths are those stated of the links: no congestion, packet or start-up cost",
        "latency is of links and switches: the GPUs' own share of a message's latency is not in it",
    ]
    if others:
        lines.append(f"{others:,} CPUs, NICs and DPUs, their links and any scale-out network are left out")
    return tuple(lines)


def _readme(fabric: Fabric, memory: RemoteMemory | None, local: float, losses: tuple[str, ...]) -> str:
    closed = bounds(fabric, SIZE_BYTES, local)
    return _render(
        "README.txt.j2",
        refusal="",
        fabric=fabric,
        memory=memory is not None,
        size=SIZE_BYTES,
        hops=hops(fabric),
        algorithm=algorithm(fabric),
        endpoint_ns=ENDPOINT_DELAY_NS,
        injection_gb_per_s=f"{injection(fabric) / 1e9:.12g}",
        local_gb_per_s=f"{local:.12g}",
        bound_ms=f"{closed.ring / 1e6:.6f}",
        model_ms=f"{closed.model / 1e6:.6f}",
        losses=losses,
        **_figures(fabric),
    )


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=PackageLoader("rackc.backends.astra_sim"),
        undefined=StrictUndefined,
        autoescape=False,  # plain text and YAML of our own words and numbers
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)


def _json(document: dict[str, object]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()
