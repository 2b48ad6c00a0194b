"""Targets: what a Plan can be turned into. Each is a folder here; nothing is imported until it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rackc.backends.target import Emit


def _loader(folder: str) -> Callable[[], Emit]:
    def load() -> Emit:
        emit: Emit = import_module(f"rackc.backends.{folder}").emit
        return emit

    return load


#: Name, what it is for, and how to get its emitter; in the order of `rackc targets`.
TARGETS: Final[dict[str, tuple[str, Callable[[], Emit]]]] = {
    "plan": ("the whole plan as JSON, with a schema", _loader("plan")),
    "bom": ("bill of materials, indented and rolled up, CSV and JSON", _loader("bom")),
    "report": ("capacity, bandwidth, power, cost and stranded memory, text and JSON", _loader("report")),
    "elevation": ("front elevation of each rack, SVG", _loader("elevation")),
    "fabric": ("tray-level fabrics and link matrices, SVG", _loader("fabric")),
    "pool": ("memory pool maps, SVG", _loader("pool")),
    "simgrid": ("SimGrid platform, flows and a driver that runs them", _loader("simgrid")),
    "astra-sim": ("ASTRA-sim network, system, remote memory and all-reduce traces", _loader("astra_sim")),
}
