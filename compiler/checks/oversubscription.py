"""Switches that promise more downwards than they can pass upwards, against the ratio that they state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.holders import figures, where
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.rates import link_rates
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: Protocols of trees: up is towards a processor. In any other, up is away from what the switches join.
_TREES: Final = frozenset(("PCIe", "CXL"))


def check_oversubscription(model: Model) -> Iterator[Diagnostic]:
    """Yield switches whose links down give more, by more than `max_oversubscription`, than their links up."""
    stated = figures(model, lambda shape: figure(shape, "max_oversubscription", "", "low"))
    if np.isnan(stated).all():
        return
    down, up = np.zeros(len(stated)), np.zeros(len(stated))
    protocols = np.array([text(group.interface, "protocol") for group in model.port_groups])
    for protocol in sorted({str(p) for p in protocols}):
        links = np.flatnonzero((protocols == protocol)[model.port_group[model.link_a]])
        level = _levels(model, links, protocol in _TREES)
        rate = link_rates(model, links)
        for near, far in ((model.link_a[links], model.link_b[links]), (model.link_b[links], model.link_a[links])):
            way = _ways(model, near, far, level, tree=protocol in _TREES)
            np.add.at(down, model.port_owner[near[way < 0]], rate[way < 0])
            np.add.at(up, model.port_owner[near[way > 0]], rate[way > 0])
    wrong = np.flatnonzero((up > 0) & (down > up * stated * (1 + 1e-9)))
    _, firsts, many = np.unique(model.shape[wrong], return_index=True, return_counts=True)
    for switch, like in sorted(zip(wrong[firsts].tolist(), many.tolist(), strict=True)):
        yield _finding(model, switch, like, down, up, float(stated[switch]))


def _levels(model: Model, links: Ints, tree: bool) -> Ints:
    """Return how many links every instance is from a root, a processor or in other fabrics an endpoint; large where none is."""
    a, b = model.port_owner[model.link_a[links]], model.port_owner[model.link_b[links]]
    level = np.full(len(model.parent), len(model.parent))
    level[_roots(model, tree)] = 0
    while True:
        least = level.copy()
        np.minimum.at(least, a, level[b] + 1)
        np.minimum.at(least, b, level[a] + 1)
        if np.array_equal(least, level):
            return level
        level = least


def _roots(model: Model, tree: bool) -> Flags:
    if tree:
        return where(model, lambda shape: text(shape, "role") in ("cpu", "server"))
    return where(
        model,
        lambda shape: (
            text(shape, "role") not in ("switch", "management-switch") and shape.values.get("forwards") is not True
        ),
    )


def _ways(model: Model, near: Ints, far: Ints, level: Ints, *, tree: bool) -> Ints:
    """Return 1 for ports that lead up, -1 for those that lead down, 0 for neither: as they say, else by level."""
    said = [text(group.interface, "direction") for group in model.port_groups]
    stated = np.array([{"up": 1, "down": -1}.get(word, 0) for word in said])[model.port_group[near]]
    step = np.sign(level[model.port_owner[far]] - level[model.port_owner[near]])
    return np.where(stated != 0, stated, -step if tree else step)


def _finding(model: Model, switch: int, like: int, down: Floats, up: Floats, most: float) -> Diagnostic:
    name = model.address(switch) + (f" (and {like - 1:,} like it)" if like > 1 else "")
    shape = model.shape_at(switch)
    own = [model.port_owner[end] == switch for end in (model.link_a, model.link_b)]
    at = int(np.flatnonzero(own[0] | own[1])[0])
    return Diagnostic(
        Code.OVERSUBSCRIBED, f"{name}: {down[switch] / 1e9:,.4g} GB/s down over {up[switch] / 1e9:,.4g} GB/s up is {down[switch] / up[switch]:.3g} to 1, "
        f"stated is {most:.3g}",
        Label(model.wirings[int(model.link_wiring[at])].span, "joined here"),
        (Label(shape.spans.get("max_oversubscription", shape.span), "the most"),), ("add links up, or join fewer below",),
    )  # fmt: skip
