"""Single points of failure, where a design says that it has none (`redundant = true`) or a pool promises to survive.

What is looked for is one switch, controller, link, tray or shelf whose loss cuts a host off from its CXL memory, or a GPU
from its scale-up domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.amounts import plural
from rackc.compiler.checks.domain import links_of, scale_up
from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.components import components
from rackc.compiler.cxl import Network, host_name, network
from rackc.compiler.gates import gates_of_ends
from rackc.compiler.holders import holders, where
from rackc.compiler.media import text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label

_CONTAINERS: Final = ("tray", "shelf")


@dataclass(frozen=True, slots=True)
class Ways:
    """A graph of nodes (`instance` says of what, -1 for none) with ways from `ends` to a `root`.

    `goals` are nodes at which a way has arrived: they are no gates of it. `far` are pairs of ends and things further on
    that they all need one of. `what` is what ends lose, in words.
    """

    a: Ints
    b: Ints
    instance: Ints
    ends: Ints
    root: int
    passes: Flags
    goals: Flags
    far: Ints
    what: str


def check_survival(model: Model) -> Iterator[Diagnostic]:
    """Yield what cuts things off by its loss, inside whatever says that it is redundant."""
    asked = holders(model, where(model, lambda shape: shape.values.get("redundant") is True))
    if (asked < 0).all():
        return
    ways = [_to_memory(model, asked), *(_to_domain(model, asked, protocol) for protocol in scale_up(model))]
    for way in ways:
        if way is not None and len(way.ends):
            yield from _gates(model, way, asked)
            yield from _one_link(model, way, asked)
            yield from _one_container(model, way, asked)


def _to_memory(model: Model, asked: Ints) -> Ways | None:
    """Every device leads to the root: a host is cut off when it reaches none."""
    net = network(model)
    if net is None:
        return None
    count = len(net.instance)
    whole = np.where(net.host >= 0, net.host, np.arange(count))
    devices = np.flatnonzero(net.device)
    linked = net.host[np.concatenate((net.a, net.b))]
    ends = np.unique(linked[linked >= 0])
    root = np.full(len(devices), count)
    return Ways(
        np.concatenate((whole[net.a], devices)), np.concatenate((whole[net.b], root)), np.append(net.instance, -1),
        ends[asked[ends] >= 0], count, np.append((net.fabric >= 0) | net.device, False), np.zeros(count + 1, bool),
        _devices(model, net), "CXL memory",
    )  # fmt: skip


def _devices(model: Model, net: Network) -> Ints:
    """Return pairs of hosts and devices that they reach: of each fabric the first and last, by number and by container."""
    container = _containers(model)[net.instance]
    pairs = [net.direct]
    for order in (np.arange(len(net.instance)), container):
        for way in (1, -1):
            fabric, device = net.exits[:, np.lexsort((way * order[net.exits[1]], net.exits[0]))]
            fabrics, firsts = np.unique(fabric, return_index=True)
            one = np.full(len(net.instance), -1)
            one[fabrics] = device[firsts]
            pairs.append(np.stack((net.entries[0], one[net.entries[1]])))
    found = np.concatenate(pairs, axis=1)
    return found[:, found[1] >= 0]


def _containers(model: Model) -> Ints:
    return holders(model, where(model, lambda shape: shape.kind in _CONTAINERS))


def _to_domain(model: Model, asked: Ints, protocol: str) -> Ways | None:
    """One endpoint of each domain leads to the root: others are cut off when they do not reach it."""
    links = links_of(model, protocol)
    if not len(links):
        return None
    count = len(model.parent)
    a, b = model.port_owner[model.link_a[links]], model.port_owner[model.link_b[links]]
    label = components(count, a, b)
    passes = where(model, lambda shape: text(shape, "role") == "switch" or shape.values.get("forwards") is True)
    members = np.flatnonzero(np.bincount(np.concatenate((a, b)), minlength=count))
    ends = members[~passes[members]]
    firsts = ends[np.unique(label[ends], return_index=True)[1]]
    goals = np.zeros(count + 1, bool)
    goals[firsts] = True
    ends = ends[asked[ends] >= 0]
    root = np.full(len(firsts), count)
    return Ways(
        np.concatenate((a, firsts)), np.concatenate((b, root)), np.append(np.arange(count), -1), ends, count,
        np.append(passes, False) | goals, goals, np.zeros((2, 0), np.int64), f"the {protocol} domain",
    )  # fmt: skip


def _gates(model: Model, way: Ways, asked: Ints) -> Iterator[Diagnostic]:
    gate = gates_of_ends(len(way.instance), way.a, way.b, way.root, way.passes)
    cut, example = np.zeros(len(gate), np.int64), np.full(len(gate), -1)
    ends, here = way.ends, gate[way.ends]
    while len(ends):
        going = (here >= 0) & (here != way.root)
        ends, here = ends[going], here[going]
        np.add.at(cut, here, 1)
        example[here[::-1]] = ends[::-1]
        here = gate[here]
    found = np.flatnonzero((cut > 0) & ~way.goals)
    for at, like in _alike(model, way.instance[found], example[found], asked):
        node, point = int(found[at]), int(way.instance[found[at]])
        other = f" (or of any of {like - 1:,} like it)" if like > 1 else ""
        said = f"the loss of {model.address(point)}{other} cuts {_end(model, int(example[node]), int(cut[node]))} off from {way.what}"
        yield _finding(model, said, int(example[node]), point, asked, "give each a second way")


def _alike(model: Model, things: Ints, ends: Ints, asked: Ints) -> list[tuple[int, int]]:
    """Return the first of things of one shape in one kind of redundant thing, by position, and how many they are."""
    _, firsts, many = np.unique(
        np.stack((model.shape[things], model.shape[asked[ends]])), axis=1, return_index=True, return_counts=True
    )
    return sorted(zip(firsts.tolist(), many.tolist(), strict=True))


def _end(model: Model, end: int, many: int) -> str:
    name = host_name(model, end) if text(model.shape_at(end), "role") == "cpu" else model.address(end)
    return name + (f" and {many - 1:,} more" if many > 1 else "")


def _finding(model: Model, said: str, end: int, point: int, asked: Ints, hint: str) -> Diagnostic:
    shape = model.shape_at(int(asked[end]))
    also = (Label(model.shape_at(point).span, "the single point"),) if point >= 0 else ()
    return Diagnostic(
        Code.SINGLE_POINT, said, Label(shape.spans.get("redundant", shape.span), "said to be redundant"), also, (hint,)
    )


def _one_link(model: Model, way: Ways, asked: Ints) -> Iterator[Diagnostic]:
    given = way.b != way.root
    count = np.bincount(np.concatenate((way.a[given], way.b[given])), minlength=len(way.instance))
    alone = way.ends[count[way.ends] == 1]
    for at, like in _alike(model, alone, alone, asked):
        end = int(alone[at])
        has = "have" if like > 1 else "has"
        yield _finding(
            model, f"{_end(model, end, like)} {has} one link to {way.what}", end, -1, asked, "give each a second link"
        )


def _one_container(model: Model, way: Ways, asked: Ints) -> Iterator[Diagnostic]:
    """Yield trays and shelves that hold all that an end is linked to, or all memory that it reaches, and not the end itself."""
    linked = np.stack((np.concatenate((way.a, way.b)), np.concatenate((way.b, way.a))))
    linked = linked[:, np.isin(linked[0], way.ends) & (linked[1] != way.root)]
    told = np.zeros(len(way.instance), bool)
    for pairs, what in ((linked, "it is linked to"), (way.far, "it reaches")):
        alone, holder = _in_one(model, way, pairs)
        alone, holder = alone[~told[alone]], holder[~told[alone]]
        told[alone] = True
        for at, _ in _alike(model, holder, alone, asked):
            end, cut = int(alone[at]), int((holder == holder[at]).sum())
            said = f"the loss of {model.address(int(holder[at]))} cuts {_end(model, end, cut)} off from {way.what}: all that {what} is in it"
            yield _finding(model, said, end, int(holder[at]), asked, "spread it over two trays or shelves")


def _in_one(model: Model, way: Ways, pairs: Ints) -> tuple[Ints, Ints]:
    """Return the ends whose things, several, stand in one tray or shelf that does not hold the end, and that holder."""
    container = _containers(model)
    size = len(way.instance)
    extremes = []
    for values in (container[way.instance[pairs[1]]], pairs[1]):
        least, most = np.full(size, size), np.full(size, -1)
        np.minimum.at(least, pairs[0], values)
        np.maximum.at(most, pairs[0], values)
        extremes.append((least[way.ends], most[way.ends]))
    (least, most), (nearest, farthest) = extremes
    alone = (least == most) & (most >= 0) & (nearest < farthest) & (container[way.ends] != most)
    return way.ends[alone], most[alone]


def check_pool_survival(planned: Planned) -> Iterator[Diagnostic]:
    """Say of a pool that survives a controller which hosts it does not survive a shelf for: the promise is of controllers."""
    plan, model = planned.plan, planned.model
    for pool in plan.pools:
        if not pool.survive or not pool.links:
            continue
        cards = np.array([pool.controllers[at].instance for at in pool.link_controller], np.int64)
        inside = plan.columns.within(cards, _CONTAINERS)
        at = np.array(pool.link_host)
        least, most = np.full(len(pool.hosts), len(model.parent)), np.full(len(pool.hosts), -1)
        np.minimum.at(least, at, inside)
        np.maximum.at(most, at, inside)
        alone = np.flatnonzero((least == most) & (most >= 0))
        if not len(alone):
            continue
        host, holder = pool.hosts[int(alone[0])], int(most[alone[0]])
        more = f"; so it is with {plural(len(alone) - 1, 'host', 'more ')}" if len(alone) > 1 else ""
        candidates = np.array([controller.instance for controller in pool.controllers], np.int64)
        several = len(np.unique(plan.columns.within(candidates, _CONTAINERS))) > 1
        two = "offer controllers in two shelves within reach of each host"
        hint = "say `survive 1 shelf for capacity`" if several else two
        yield Diagnostic(
            Code.SHELF, f"{pool.address} survives a controller, not a shelf: all cards of {model.address(host)} stand in "
            f"{model.address(holder)}{more}",
            Label(planned.pools[pool.address], "the pool"), (Label(model.shape_at(holder).span, "the shelf"),),
            (f"{hint}, or leave it so",),
        )  # fmt: skip
