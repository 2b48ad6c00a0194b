"""NVLink Fusion: custom processors beside NVIDIA's, and by what they may join (NV-NVLF-SEMI)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.holders import ends, of_kind, where
from rackc.compiler.media import text
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_fusion(model: Model) -> Iterator[Diagnostic]:
    """Warn where a tray of NVLink Fusion parts holds nothing of NVIDIA's (NV-NVLF-SEMI asks for it; NV-NVLF-MASH not)."""
    custom = where(model, lambda shape: shape.values.get("fusion") is True)
    if not custom.any():
        return
    trays = np.unique(of_kind(model, "tray")[custom])
    trays = trays[trays >= 0]
    theirs = np.concatenate(([0], np.cumsum(where(model, _is_nvidia))))
    bare = trays[theirs[ends(model)[trays]] == theirs[trays]]
    for tray in bare[np.unique(model.shape[bare], return_index=True)[1]].tolist():
        yield Diagnostic(
            Code.FUSION, f"no NVIDIA part is in {model.address(tray)}, a node of NVLink Fusion parts", Label(model.shape_at(tray).span),
            hints=("one source says that each node must hold NVIDIA hardware, another that it need not: ask NVIDIA",),
        )  # fmt: skip


def _is_nvidia(shape: Shape) -> bool:
    own = shape.package.startswith("nvidia.") and shape.values.get("fusion") is not True
    return text(shape, "vendor") == "NVIDIA" or own


def check_fusion_links(model: Model) -> Iterator[Diagnostic]:
    """Warn of a custom CPU joined other than by NVLink-C2C, and of a custom XPU other than by a UCIe chiplet."""
    for link, count in model.kinds_of_links():
        yield from _joined(model, link, count)


def _joined(model: Model, link: int, count: int) -> Iterator[Diagnostic]:
    """Look at both ends of a link as the custom one, in turn."""
    sides = int(model.link_a[link]), int(model.link_b[link])
    for port, other in (sides, sides[::-1]):
        owner, peer = (model.shape_at(int(model.port_owner[p])) for p in (port, other))
        way = _way_in(owner, peer, text(model.interface(port), "protocol"))
        if not way:
            continue
        names = f"{model.port_address(port)} to {model.port_address(other)}" + (
            f" ({count} links)" if count > 1 else ""
        )
        yield Diagnostic(
            Code.FUSION_LINK, f"{way[0]}: {names}", Label(model.wirings[model.link_wiring[link]].span, "joined here"),
            (Label(owner.span, "the custom part"),), (way[1],),
        )  # fmt: skip
        return


def _way_in(owner: Shape, peer: Shape, protocol: str) -> tuple[str, str] | None:
    """Return what is wrong with a link of a custom processor, and what would do; None where nothing is."""
    if owner.values.get("fusion") is not True:
        return None
    role, other = text(owner, "role"), text(peer, "role")
    if role == "cpu" and (protocol == "NVLink" or (other == "gpu" and _is_nvidia(peer) and protocol != "C2C")):
        return (
            f"a custom CPU joins NVLink by C2C, not by {protocol}",
            "give it NVLink-C2C ports, as nvidia.fusion.FusionCpu",
        )
    if role == "gpu" and protocol in ("NVLink", "C2C"):
        return (
            f"a custom XPU joins NVLink by a UCIe chiplet, not by {protocol}",
            "put nvidia.fusion.NvLinkChiplet between them",
        )
    if role == "gpu" and protocol == "UCIe" and not (other == "chiplet" and _is_nvidia(peer)):
        return "a custom XPU's UCIe link leads to no NVLink chiplet of NVIDIA's", "use nvidia.fusion.NvLinkChiplet"
    return None
