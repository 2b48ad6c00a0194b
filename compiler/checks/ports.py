"""Ports and links: every port used once, and both ends of a link able to speak to each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.media import MEDIA, figure, text, words
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest


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


def check_ends(model: Model) -> Iterator[Diagnostic]:
    """Yield links whose ends do not agree; one finding for each pair of port groups of a connection."""
    if not len(model.link_a):
        return
    for link, count in model.kinds_of_links():
        yield from _pair(model, link, count)
    own = np.flatnonzero(model.port_owner[model.link_a] == model.port_owner[model.link_b])
    for link in own[:1]:
        if model.link_a[link] != model.link_b[link]:
            owner = model.address(int(model.port_owner[model.link_a[link]]))
            yield Diagnostic(Code.SELF_LINK, f"{owner} is joined to itself",
                             Label(model.wirings[model.link_wiring[link]].span),
                             hints=("a link joins two different things",))  # fmt: skip


def _pair(model: Model, link: int, count: int) -> Iterator[Diagnostic]:
    a, b = int(model.link_a[link]), int(model.link_b[link])
    left, right = model.interface(a), model.interface(b)
    wiring = model.wirings[model.link_wiring[link]]
    names = f"{model.port_address(a)} and {model.port_address(b)}" + (f" ({count} links)" if count > 1 else "")
    also = (Label(left.span, "left"),) + ((Label(right.span, "right"),) if right is not left else ())
    protocol = text(left, "protocol"), text(right, "protocol")
    if protocol[0] != protocol[1]:
        yield Diagnostic(Code.PROTOCOL, f"{protocol[0]} cannot be joined to {protocol[1]}: {names}",
                         Label(wiring.span), also, ("join ports of one protocol",))  # fmt: skip
        return
    lanes = figure(left, "lanes", ""), figure(right, "lanes", "")
    if None not in lanes and lanes[0] != lanes[1]:
        yield Diagnostic(Code.LANES, f"x{lanes[0]:.0f} meets x{lanes[1]:.0f}: {names}", Label(wiring.span), also,
                         ("both ends need the same lane count; split the wider port where its part allows it",))  # fmt: skip
    plug = text(left, "connector"), text(right, "connector")
    # A cable of unlike ends joins unlike cages: a finned one of a switch, a flat one of an adapter.
    ends = words(wiring.carrier, "connectors") if wiring.carrier is not None else ()
    if all(plug) and plug[0] != plug[1] and sorted(ends) != sorted(plug):
        yield Diagnostic(Code.CONNECTOR, f"connector {plug[0]} meets {plug[1]}: {names}", Label(wiring.span), also,
                         ("use ports of one form, or a part that converts",))  # fmt: skip
    generation = figure(left, "generation", ""), figure(right, "generation", "")
    if None not in generation and generation[0] != generation[1]:
        low = min(g for g in generation if g is not None)
        yield Diagnostic(Code.TRAINS_DOWN, f"{protocol[0]} links train down to generation {low:.0f}: {names}",
                         Label(wiring.span), also, ("the slower end sets the bandwidth",))  # fmt: skip
    yield from _carrier(model, wiring.carrier, protocol[0], plug, link, names)


def _carrier(
    model: Model, carrier: Shape | None, protocol: str, plugs: tuple[str, str], link: int, names: str
) -> Iterator[Diagnostic]:
    if carrier is None:
        return
    span = model.wirings[model.link_wiring[link]].span
    if protocol not in words(carrier, "protocols"):
        yield Diagnostic(
            Code.CARRIER, f"`{carrier.name}` does not carry {protocol}: {names}", Label(span),
            (Label(carrier.span, "carrier"),), (f"it carries {', '.join(words(carrier, 'protocols')) or 'nothing'}",),
        )  # fmt: skip
        return
    medium = text(carrier, "medium")
    if medium not in MEDIA:
        said = f"`{medium}`, which is not known" if medium else "nothing"
        yield Diagnostic(Code.MEDIUM_UNKNOWN, f"`{carrier.name}` says {said} as its medium: its length is not checked",
                         Label(span), (Label(carrier.spans.get("medium", carrier.span), "carrier"),),
                         closest(medium, MEDIA) or (f"write `medium = \"…\"`: {', '.join(MEDIA)}",))  # fmt: skip
    lanes = figure(carrier, "lanes", ""), figure(model.interface(int(model.link_a[link])), "lanes", "")
    if None not in lanes and lanes[0] != lanes[1]:
        yield Diagnostic(Code.LANES, f"`{carrier.name}` has {lanes[0]:.0f} lanes, the ports have {lanes[1]:.0f}: {names}",
                         Label(span), (Label(carrier.span, "carrier"),), ("choose a carrier of that width",))  # fmt: skip
    plug = text(carrier, "connector")
    wrong = next((p for p in plugs if plug and p and p != plug), None)
    if wrong is not None:
        yield Diagnostic(Code.CONNECTOR, f"`{carrier.name}` has {plug} plugs, the port is {wrong}: {names}", Label(span),
                         (Label(carrier.span, "carrier"),), ("choose a carrier with that plug",))  # fmt: skip
