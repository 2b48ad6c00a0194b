"""Ports: each carries one link, and none leads back to its own owner."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_ports_once(model: Model) -> Iterator[Diagnostic]:
    """Yield every port that carries more than one link, with both connections."""
    times = np.bincount(model.link_a, minlength=len(model.port_owner)) + np.bincount(
        model.link_b, minlength=len(model.port_owner)
    )
    if times.max(initial=0) < 2:
        return
    ends = np.concatenate((model.link_a, model.link_b))
    links = np.concatenate((np.arange(len(model.link_a)),) * 2)
    order = np.flatnonzero(times[ends] > 1)
    order = order[np.lexsort((links[order], ends[order]))]
    repeated = np.flatnonzero(ends[order][1:] == ends[order][:-1])
    used = times > 0
    told: set[tuple[int, int, int]] = set()
    for at in repeated:
        port, first, second = int(ends[order[at]]), int(links[order[at]]), int(links[order[at + 1]])
        key = (int(model.port_group[port]), int(model.link_wiring[first]), int(model.link_wiring[second]))
        if key in told:
            continue
        # The same mistake shows again at the other end of the second link.
        told |= {key, (int(model.port_group[_other(model, second, port)]), *key[1:])}
        yield _taken(model, port, first, second, used)


def _other(model: Model, link: int, port: int) -> int:
    """Return the port at the other end of a link."""
    a, b = int(model.link_a[link]), int(model.link_b[link])
    return b if a == port else a


def _taken(model: Model, port: int, first: int, second: int, used: np.typing.NDArray[np.bool_]) -> Diagnostic:
    a, b = (model.wirings[model.link_wiring[link]] for link in (first, second))
    address = model.port_address(port)
    if first == second:
        return Diagnostic(Code.SELF_LINK, f"port {address} is joined to itself", Label(a.span),
                          hints=("name another port on one side",))  # fmt: skip
    siblings = np.flatnonzero(
        (model.port_owner == model.port_owner[port]) & (model.port_group == model.port_group[port])
    )
    free = [model.port_name(int(p)) for p in siblings if not used[p]]
    owner = model.address(int(model.port_owner[port]))
    hint = f"{owner}.{free[0]} is free" if free else f"{owner} has no free port of this kind: take the first link away"
    also = () if a is b else (Label(a.span, "first link"),)
    return Diagnostic(Code.PORT_TAKEN, f"port {address} already carries a link, to "
                      f"{model.port_address(_other(model, first, port))}", Label(b.span, "second link"),
                      also=also, hints=(hint,))  # fmt: skip


def check_own_ends(model: Model) -> Iterator[Diagnostic]:
    """Yield a thing that is joined to itself."""
    own = np.flatnonzero(model.port_owner[model.link_a] == model.port_owner[model.link_b])
    for link in own[:1]:
        if model.link_a[link] != model.link_b[link]:
            owner = model.address(int(model.port_owner[model.link_a[link]]))
            yield Diagnostic(Code.SELF_LINK, f"{owner} is joined to itself",
                             Label(model.wirings[model.link_wiring[link]].span),
                             hints=("a link joins two different things",))  # fmt: skip
