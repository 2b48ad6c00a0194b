"""NVLink domains and NVLink Fusion: how many may join, and by what."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_domain(model: Model) -> Iterator[Diagnostic]:
    """Yield an NVLink fabric with more endpoints than its generation supports (NV-BCM-NVL: 576 for NVLink 5)."""
    if not len(model.link_a):
        return
    ends = np.unique(np.concatenate((model.link_a, model.link_b)))
    owners: dict[int, set[int]] = {}
    for port in ends.tolist():
        group = int(model.port_group[port])
        if figure(model.port_groups[group].interface, "max_domain", "") is not None:
            owner = int(model.port_owner[port])
            if model.shape_at(owner).values.get("role") != "switch":
                owners.setdefault(id(model.port_groups[group].interface), set()).add(owner)
    for kind in model.port_groups:
        joined = owners.pop(id(kind.interface), set())
        limit = figure(kind.interface, "max_domain", "") or 0
        if len(joined) > limit and joined:
            yield Diagnostic(Code.DOMAIN, f"{len(joined)} endpoints in one {kind.interface.name} domain", Label(kind.span),
                             hints=(f"it supports {limit:.0f}; split the fabric",))  # fmt: skip


def check_fusion(model: Model) -> Iterator[Diagnostic]:
    """Warn where a tray of NVLink Fusion parts holds nothing of NVIDIA's (NV-NVLF-SEMI asks for it; NV-NVLF-MASH not)."""
    trays: dict[int, list[int]] = {}
    for instance in range(len(model.parent)):
        if model.shape_at(instance).values.get("fusion") is True:
            tray = model.ancestor(instance, "tray")
            trays.setdefault(tray, []).append(instance)
    told: set[int] = set()
    for tray in trays:
        if tray < 0 or int(model.shape[tray]) in told:
            continue
        inside = [i for i in range(len(model.parent)) if _within(model, i, tray)]
        if not any(_is_nvidia(model, i) for i in inside):
            told.add(int(model.shape[tray]))
            shape = model.shape_at(tray)
            yield Diagnostic(
                Code.FUSION, f"no NVIDIA part is in {model.address(tray)}, a node of NVLink Fusion parts", Label(shape.span),
                hints=("one source says that each node must hold NVIDIA hardware, another that it need not: ask NVIDIA",),
            )  # fmt: skip


def _within(model: Model, instance: int, tray: int) -> bool:
    while instance > tray:
        instance = int(model.parent[instance])
    return instance == tray


def _is_nvidia(model: Model, instance: int) -> bool:
    shape = model.shape_at(instance)
    return text(shape, "vendor") == "NVIDIA" or (
        shape.package.startswith("nvidia.") and shape.values.get("fusion") is not True
    )
