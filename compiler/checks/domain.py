"""NVLink domains and NVLink Fusion: how many may join, and by what."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_domain(model: Model) -> Iterator[Diagnostic]:
    """Yield a fabric that joins more endpoints than its generation supports (NV-BCM-NVL: 576 for NVLink 5)."""
    limits = np.array([figure(group.interface, "max_domain", "") or 0 for group in model.port_groups])
    if not len(model.link_a) or not limits.any():
        return
    links = np.flatnonzero(limits[model.port_group[model.link_a]] > 0)
    domain = _joined(model.port_owner[model.link_a[links]].tolist(), model.port_owner[model.link_b[links]].tolist())
    endpoints: dict[int, int] = {}
    for instance, root in domain.items():
        if model.shape_at(instance).values.get("role") != "switch":
            endpoints[root] = endpoints.get(root, 0) + 1
    for link in links.tolist():
        count = endpoints.pop(domain[int(model.port_owner[model.link_a[link]])], 0)
        group = int(model.port_group[model.link_a[link]])
        if count > limits[group]:
            name = model.port_groups[group].interface.name
            yield Diagnostic(Code.DOMAIN, f"{count:,} endpoints in one {name} domain",
                             Label(model.wirings[model.link_wiring[link]].span, "joined here"),
                             hints=(f"it supports {limits[group]:.0f}; split the fabric",))  # fmt: skip


def _joined(left: list[int], right: list[int]) -> dict[int, int]:
    """Return, for every instance that links touch, one that stands for all it is joined to (union-find)."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        parent.setdefault(i, i)
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in zip(left, right, strict=True):
        parent[root(a)] = root(b)
    return {i: root(i) for i in parent}


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
