"""Model and decisions to a Plan: every port paired, every link given its carrier and length, every pool sliced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final

import numpy as np

from rackc.compiler import media
from rackc.compiler.cages import Counts, Plugged, counts, is_cable, is_optical
from rackc.compiler.carriers import Stock, carrier_of
from rackc.compiler.choosing import Chooser, Laid
from rackc.compiler.columns import Columns, Flags, Floats, Ints, Rows
from rackc.compiler.comparison import Comparison
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.optimize.problem import PoolDecision
from rackc.compiler.places import places
from rackc.compiler.plan import (
    Carrier,
    Figure,
    Instance,
    InterfaceType,
    Link,
    PartType,
    Plan,
    Pool,
    Port,
)
from rackc.compiler.pool_rows import pool_row
from rackc.compiler.shape import Shape
from rackc.compiler.training import Trained, protocols, spoken
from rackc.compiler.values import SPOILT, plain
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class SolvedPool:
    """A pool with its answer, what else could carry the demand, and the solver that proved it."""

    posed: PosedPool
    decision: PoolDecision
    comparison: Comparison
    solver: str


@dataclass(frozen=True, slots=True)
class Realized:
    """A Plan, its links by what carries them, those over cables with their cages, and those without a carrier."""

    plan: Plan
    laid: tuple[Laid, ...]
    plugged: Plugged
    diagnostics: tuple[Diagnostic, ...]


def realize(
    model: Model, design: str, sources: dict[str, Source], posed: Sequence[PosedPool], solved: Sequence[SolvedPool]
) -> Realized:
    """Return the Plan. A pool that is posed but not solved stays out, with all its candidates unpopulated."""
    return _Realizer(model, sources, posed, solved).run(design)


@dataclass(frozen=True, slots=True)
class _Links:
    """Links as columns, as in `Columns`; `decided` says which the compiler chose a carrier or both ends for."""

    a: Ints
    b: Ints
    carrier: Ints
    length_m: Floats
    routed_m: Floats
    bandwidth: Floats
    latency_ns: Floats
    group: Ints
    protocol: Ints
    decided: Flags

    def and_then(self, more: _Links) -> _Links:
        """Return these links and then others."""
        return _Links(*(np.concatenate((getattr(self, f.name), getattr(more, f.name))) for f in fields(self)))


_NONE: Final = np.zeros(0, np.int64)
_NO_LINKS: Final = _Links(
    _NONE, _NONE, _NONE, _NONE.astype(float), _NONE.astype(float), _NONE.astype(float), _NONE.astype(float), _NONE,
    _NONE, _NONE.astype(bool),
)  # fmt: skip


def _alike(columns: Ints, order: Ints) -> tuple[Ints, Ints]:
    """Return, for columns of numbers, one column of each kind, and the kind of every column; kinds as first in `order`."""
    kind = np.zeros(columns.shape[1], np.int64)
    for row in columns:
        _, one = np.unique(row, return_inverse=True)
        _, kind = np.unique(kind * (int(one.max(initial=0)) + 1) + one, return_inverse=True)
    turn = np.argsort(order, kind="stable")[::-1]
    first = np.full(int(kind.max(initial=-1)) + 1, -1)
    first[kind[turn]] = turn
    rank = np.argsort(order[first], kind="stable")
    number = np.empty_like(rank)
    number[rank] = np.arange(len(rank))
    return first[rank], number[kind]


def _interface(shape: Shape) -> InterfaceType:
    return InterfaceType(
        shape.name, spoken(shape), int(figure(shape, "generation", "") or 0),
        int(figure(shape, "lanes", "") or 0), figure(shape, "bandwidth", "B/s") or 0.0, text(shape, "connector"),
        dict(shape.figures),
    )  # fmt: skip


def _link(of: Columns, where: Sequence[str], decided: Flags, k: int) -> Link:
    length, routed = float(of.length_m[k]), float(of.routed_m[k])
    return Link(
        k, int(of.a[k]), int(of.b[k]), of.protocols[int(of.protocol[k])], int(of.carrier[k]),
        None if math.isnan(length) else length, None if math.isnan(routed) else routed, float(of.bandwidth[k]),
        float(of.latency_ns[k]), int(of.group[k]), bool(decided[k]), where[int(of.group[k])],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Carried:
    """What every link of one kind is given: its carrier (an index), stock and routed length, bandwidth and latency."""

    shape: Shape
    link: Trained
    carrier: int
    length_m: float
    routed_m: float
    latency_ns: float
    protocol: int

    @property
    def figures(self) -> tuple[float, float, float, float]:
        """Length, routed length, bandwidth and latency, as columns hold them."""
        return self.length_m, self.routed_m, self.link.bandwidth, self.latency_ns


def part_of(shape: Shape) -> PartType:
    """Return a shape as the Plan has it: its names and figures."""
    figures = {
        name: shape.figures.get(name) or Figure(plain(value))
        for name, value in shape.values.items() if value is not SPOILT
    }  # fmt: skip
    return PartType(shape.name, shape.package, shape.kind, shape.title, text(shape, "role"), shape.lineage, figures)


class _Realizer:
    def __init__(
        self, model: Model, sources: dict[str, Source], posed: Sequence[PosedPool], solved: Sequence[SolvedPool]
    ) -> None:
        self._model = model
        self._sources = sources
        self._posed = posed
        self._solved = solved
        self._placed = places(model)
        self._parts: dict[int, PartType] = {}
        self._carriers: dict[tuple[int, float | None], int] = {}
        self._carrier_rows: list[Carrier] = []
        self._row_shapes: list[Shape] = []
        self._laid: list[Laid] = []
        self._chooser = Chooser(model, self._placed)
        self._protocols = sorted({one for group in model.port_groups for one in protocols(group.interface)})
        self._populated = self._decided()

    def run(self, design: str) -> Realized:
        """Return the Plan: tables of everything, and rows of them on demand."""
        groups = [self._words(wiring.span) for wiring in self._model.wirings]
        links = self._links()
        pools: list[Pool] = []
        for solved in self._solved:
            groups.append(self._words(solved.posed.spec.span))
            first = len(links.a)
            links = links.and_then(self._pool_links(solved, len(groups) - 1))
            at = tuple(range(first, len(links.a)))
            pools.append(pool_row(self._model, solved, len(pools), at, self.part, self._where(solved.posed.spec.span)))
        plugged = self._plugged(links)
        links = self._one_length(links, plugged)
        columns = self._columns(links)
        spans = [w.span for w in self._model.wirings] + [s.posed.spec.span for s in self._solved]
        where = [self._where(span) for span in spans]
        plan = Plan(
            design, next(iter(self._sources)),
            Rows(len(columns.parent), self._instance, columns),
            Rows(len(columns.owner), partial(self._port, columns), columns),
            self._counted(links, plugged),
            Rows(len(columns.a), partial(_link, columns, where, links.decided), columns),
            tuple(pools), tuple(groups),
        )  # fmt: skip
        return Realized(plan, tuple(self._laid), plugged, tuple(self._chooser.found))

    def _columns(self, links: _Links) -> Columns:
        model, placed = self._model, self._placed
        shapes = list({id(group.interface): group.interface for group in model.port_groups}.values())
        number = {id(shape): at for at, shape in enumerate(shapes)}
        interfaces = np.array([number[id(group.interface)] for group in model.port_groups], np.int64)
        interface = interfaces[model.port_group] if len(interfaces) else np.zeros(0, np.int64)
        return Columns(
            tuple(self.part(shape) for shape in model.shapes), tuple(_interface(shape) for shape in shapes),
            tuple(self._protocols), model.parent, model.shape, self._populated, placed.rack, placed.unit, placed.height,
            model.port_owner, interface, links.a, links.b, links.carrier,
            links.protocol, links.length_m, links.routed_m,
            links.bandwidth, links.latency_ns, links.group,
        )  # fmt: skip

    # -------- rows

    def _where(self, span: Span) -> str:
        source = self._sources.get(span.source)
        return f"{span.source}:{source.line_of(span.start)}" if source is not None else span.source

    def _words(self, span: Span) -> str:
        source = self._sources.get(span.source)
        return " ".join(source.at(span).split("{")[0].split()) if source is not None else ""

    def part(self, shape: Shape) -> PartType:
        found = self._parts.get(id(shape))
        if found is None:
            found = self._parts[id(shape)] = part_of(shape)
        return found

    def _instance(self, i: int) -> Instance:
        model = self._model
        group = model.group_at(i)
        shape = model.shape_at(i)
        key = group.keys()[model.ordinal[i]] if group is not None else None
        slot = group.positions[model.ordinal[i]] if group is not None and group.position_kind == "slot" else None
        parent = int(model.parent[i])
        depth = 0
        step = parent
        while step >= 0:
            depth, step = depth + 1, int(model.parent[step])
        return Instance(
            i, model.address(i), model.name(i), group.name if group else shape.name, key if isinstance(key, int) else None,
            self.part(shape), parent, depth, self._placed.get(i), slot, bool(self._populated[i]),
            self._where(group.span if group else shape.span),
        )  # fmt: skip

    def _decided(self) -> Flags:
        """Return which instances are there: all but candidates without a decision or decided against, with their inside."""
        populated = np.ones(len(self._model.parent), bool)
        chosen = {c.address for s in self._solved for c in s.decision.controllers}
        chosen |= {device for s in self._solved for c in s.decision.controllers for device in c.devices}
        for posed in self._posed:
            for card in (*posed.controllers, *(one for devices in posed.devices for one in devices)):
                if self._model.address(card) not in chosen:
                    populated[card : card + self._model.shape_at(card).instances] = False
        return populated

    def _port(self, columns: Columns, p: int) -> Port:
        model = self._model
        return Port(p, model.port_address(p), model.port_name(p), int(model.port_owner[p]),
                    columns.interfaces[int(columns.interface[p])])  # fmt: skip

    # -------- links

    def _links(self) -> _Links:
        """Return the links that the design states, each with its carrier; those without one are reported and left out.

        What a link is given rests on its connection, on the ports at its ends and on how far these are from each other
        within the shape that joins them: one link of each code is looked at, and of these one of each kind.
        """
        model = self._model
        first = model.first_links()
        a, b = model.port_owner[model.link_a[first]], model.port_owner[model.link_b[first]]
        need, apart = self._placed.routed_m(a, b), self._placed.apart(a, b)
        kinds = np.stack((
            model.link_wiring[first], model.port_group[model.link_a[first]], model.port_group[model.link_b[first]],
            np.where(np.isnan(need), -1, np.rint(np.nan_to_num(need) * 1e6)).astype(np.int64), apart.astype(np.int64),
            self._height_mm(a, b),
        ))  # fmt: skip
        at, kind = _alike(kinds, first)
        carried = [self._carried(int(first[k]), float(need[k]), bool(apart[k])) for k in at.tolist()]
        found = [one is not None for one in carried]
        if not any(found):
            return _NO_LINKS
        of = kind[model.link_code]
        counts = np.bincount(of, minlength=len(at)).tolist()
        self._laid += [
            self._as_laid(int(first[k]), n, one) for k, n, one in zip(at, counts, carried, strict=True) if one
        ]
        kept = np.flatnonzero(np.array(found)[of])
        of, group = of[kept], model.link_wiring[kept]
        link_a, link_b = model.link_a[kept], model.link_b[kept]
        open_ended = np.array([wiring.carrier is None for wiring in model.wirings], bool)
        figures = np.array([one.figures if one is not None else (math.nan,) * 4 for one in carried]).T
        carrier, protocol = np.array([(one.carrier, one.protocol) if one else (-1, 0) for one in carried], np.int64).T
        return _Links(
            link_a, link_b, carrier[of], figures[0][of], figures[1][of], figures[2][of], figures[3][of], group, protocol[of],
            open_ended[group],
        )  # fmt: skip

    def _as_laid(self, k: int, count: int, one: _Carried) -> Laid:
        model = self._model
        length = None if math.isnan(one.length_m) else one.length_m
        return Laid(int(model.link_a[k]), int(model.link_b[k]), count, one.shape, length, one.link,
                    model.wirings[model.link_wiring[k]].span)  # fmt: skip

    def _height_mm(self, a: Ints, b: Ints) -> Ints:
        """Return how far apart in height two things of one rack stand, in whole millimetres; -1 where they do not."""
        placed = self._placed
        left, right = placed.tray[a], placed.tray[b]
        same = (placed.rack[left] >= 0) & (placed.rack[left] == placed.rack[right])
        return np.where(same, np.rint(np.abs(placed.middle_mm[left] - placed.middle_mm[right])), -1).astype(np.int64)

    def _carried(self, k: int, need_m: float, apart: bool) -> _Carried | None:
        model = self._model
        a, b = int(model.link_a[k]), int(model.link_b[k])
        need = None if math.isnan(need_m) else need_m
        chosen = self._chooser.choose(model.wirings[model.link_wiring[k]], a, b, need, apart)
        if chosen is None:
            return None
        shape, stock = chosen
        cable = text(shape, "medium") in media.CABLES
        length = stock.length_m if stock is not None else need if cable else None
        latency = media.latency_ns(shape, length or figure(shape, "mean_length", "m") or 0.0)
        link = self._chooser.trained(a, b, shape)
        return _Carried(
            shape, link, self._carrier(shape, stock), math.nan if length is None else length, need_m if cable else math.nan,
            round(latency, 3), self._protocols.index(link.protocol),
        )  # fmt: skip

    def _carrier(self, shape: Shape, stock: Stock | None) -> int:
        key = (id(shape), stock.length_m if stock is not None else None)
        if key not in self._carriers:
            price = stock.price_cents if stock is not None else media.cents(shape.values.get("price"))
            self._carriers[key] = len(self._carrier_rows)
            self._carrier_rows.append(carrier_of(shape, self.part(shape), price))
            self._row_shapes.append(shape)
        return self._carriers[key]

    # -------- cages

    def _plugged(self, links: _Links) -> Plugged:
        """Return the links over cables."""
        shapes = list({id(shape): shape for shape in self._row_shapes}.values())
        number = {id(shape): at for at, shape in enumerate(shapes)}
        row = np.array([number[id(shape)] if is_cable(shape) else -1 for shape in self._row_shapes], np.int64)
        carrier = row[links.carrier] if len(row) else links.carrier
        at = np.flatnonzero(carrier >= 0)
        return Plugged(self._model, tuple(shapes), at, links.a[at], links.b[at], carrier[at])

    def _one_length(self, links: _Links, plugged: Plugged) -> _Links:
        """Return the links with all of one cable in one length: that of its longest leg."""
        shared = np.flatnonzero(plugged.shared)
        if not len(shared):
            return links
        at, unit = plugged.links[shared], plugged.unit[shared]
        order = np.argsort(np.nan_to_num(links.length_m[at]), kind="stable")
        longest = np.zeros(len(plugged.unit), np.int64)
        longest[unit[order]] = at[order]
        of = longest[unit]
        length, latency, carrier = links.length_m.copy(), links.latency_ns.copy(), links.carrier.copy()
        length[at], latency[at], carrier[at] = length[of], latency[of], carrier[of]
        return replace(links, length_m=length, latency_ns=latency, carrier=carrier)

    def _counted(self, links: _Links, plugged: Plugged) -> tuple[Carrier, ...]:
        """Return the carriers with how many there are of each: links, units, cages and transceivers."""
        cabled = counts(plugged, links.carrier[plugged.links], self._row_shapes)
        used = np.bincount(links.carrier, minlength=len(self._carrier_rows)).tolist()
        rows = []
        for at, (row, shape, n) in enumerate(zip(self._carrier_rows, self._row_shapes, used, strict=True)):
            one = cabled.get(at) or Counts(n, -(-n // row.links_per_unit))
            rows.append(replace(row, links=one.links, units=one.units, cages=one.cages, transceivers=one.transceivers,
                                fibre=is_optical(shape)))  # fmt: skip
        return tuple(rows)

    # -------- pools

    def _pool_links(self, solved: SolvedPool, group: int) -> _Links:
        """Return the links that the optimizer chose for a pool."""
        posed, links = solved.posed, solved.decision.links
        rows = {self._model.port_address(p): p for ports in (*posed.host_ports, *posed.heads) for p in ports}
        carriers, latencies, rates = [], [], []
        for decided in links:
            shape = next(c for c in posed.cables if c.name == decided.cable.carrier)
            length = decided.cable.length_mm / 1000
            carriers.append(self._carrier(shape, Stock(length, decided.cable.cost_cents)))
            latencies.append(round(media.latency_ns(shape, length), 3))
            ends = rows[decided.port], rows[decided.head]
            link = self._chooser.trained(*ends, shape)
            rates.append(link.bandwidth)
            self._add(Laid(*ends, 1, shape, length, link, posed.spec.span))
        return _Links(
            np.array([rows[d.port] for d in links], np.int64), np.array([rows[d.head] for d in links], np.int64),
            np.array(carriers, np.int64), np.array([d.cable.length_mm / 1000 for d in links], np.float64),
            np.array([d.cable.routed_mm / 1000 for d in links], np.float64), np.array(rates, np.float64),
            np.array(latencies, np.float64), np.full(len(links), group, np.int64),
            np.full(len(links), self._protocols.index("CXL") if links else 0, np.int64), np.ones(len(links), bool),
        )  # fmt: skip

    def _add(self, laid: Laid) -> None:
        """Count a link with those that are like it."""
        kind = self._model.port_group
        for at, one in enumerate(self._laid):
            alike = one.carrier is laid.carrier and one.length_m == laid.length_m and one.at == laid.at
            if alike and kind[one.a] == kind[laid.a] and kind[one.b] == kind[laid.b]:
                self._laid[at] = replace(one, count=one.count + 1)
                return
        self._laid.append(laid)
