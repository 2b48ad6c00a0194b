"""The nearest peer on racks of the same kind; runs in an environment of its own (`pip install infragraph`).

    python infragraph_peer.py RACKS

A rack is 72 GPUs and 18 switch chips with every NVLink port a node, and 72 network interfaces at a leaf switch. GPUs and
chips are devices of their own and edges are written with slices: with the rack as one device the peer takes time by the
square of its edges, 14 s for one rack. It builds a graph and checks that no node is alone; nothing of power, mass, lengths
or protocols. Prints one JSON line: links, CPU seconds, peak MB.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from infragraph import Component, DeviceEdge, Infrastructure, InfrastructureEdge
from infragraph.infragraph_service import InfraGraphService

GPUS, CHIPS = 72, 18


def infrastructure(racks: int) -> Infrastructure:
    """Return so many racks and their leaf switches."""
    made = Infrastructure(name="fleet", description="NVL72-like racks")
    for name, count, kind in (
        ("gpu", CHIPS + 1, Component.XPU),
        ("chip", GPUS, Component.SWITCH),
        ("leaf", GPUS, Component.SWITCH),
    ):
        device = made.devices.add(name=name, description=name)
        port = device.components.add(name="port", description="port", count=count)
        core = device.components.add(name="core", description="core", count=1)
        port.choice, core.choice = Component.PORT, kind
        device.links.add(name="inside", description="inside")
        edge = device.edges.add(scheme=DeviceEdge.MANY2MANY, link="inside")
        edge.ep1.component, edge.ep2.component = f"port[0:{count}]", "core[0:1]"
    for name, count in (("gpu", GPUS), ("chip", CHIPS), ("leaf", 1)):
        made.instances.add(name=name, device=name, count=count * racks)
    for name in ("nvlink", "net"):
        made.links.add(name=name, description=name)
    for rack in range(racks):
        gpus = f"gpu[{rack * GPUS}:{(rack + 1) * GPUS}]"
        for chip in range(CHIPS):
            _join(made, "nvlink", (gpus, f"port[{chip}]"), (f"chip[{rack * CHIPS + chip}]", f"port[0:{GPUS}]"))
        _join(made, "net", (gpus, f"port[{CHIPS}]"), (f"leaf[{rack}]", f"port[0:{GPUS}]"))
    return made


def _join(made: Infrastructure, link: str, left: tuple[str, str], right: tuple[str, str]) -> None:
    edge = made.edges.add(scheme=InfrastructureEdge.ONE2ONE, link=link)
    edge.ep1.instance, edge.ep1.component = left
    edge.ep2.instance, edge.ep2.component = right


def main() -> None:
    """Build the graph and print what it took."""
    racks = int(sys.argv[1])
    began = time.process_time()
    service = InfraGraphService()
    service.set_graph(infrastructure(racks))
    spent = time.process_time() - began
    links = sum(1 for _, _, link in service.get_networkx_graph().edges(data="link") if link != "inside")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"links": links, "cpu_s": spent, "peak_mb": peak}))


if __name__ == "__main__":
    main()
