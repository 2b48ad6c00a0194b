"""Model and decisions to a Plan: every port paired, every link given its carrier and length, every pool sliced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rackc.compiler import media
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool, port_bandwidth, routed
from rackc.compiler.optimize.problem import DecidedLink, PoolDecision, Rival
from rackc.compiler.places import places
from rackc.compiler.plan import (
    Alternative,
    Carrier,
    Figure,
    Instance,
    InterfaceType,
    Link,
    PartType,
    Plan,
    Pool,
    PoolController,
    Port,
    Proof,
)
from rackc.compiler.shape import Shape, Wiring
from rackc.compiler.standing import ROOTS
from rackc.compiler.values import SPOILT, plain
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class SolvedPool:
    """A pool with its answer, what else could carry the demand, and the solver that proved it."""

    posed: PosedPool
    decision: PoolDecision
    rivals: tuple[Rival, ...]
    solver: str


@dataclass(frozen=True, slots=True)
class Realized:
    """A Plan, and the links that could not be given a carrier."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]


def realize(
    model: Model, design: str, sources: dict[str, Source], posed: Sequence[PosedPool], solved: Sequence[SolvedPool]
) -> Realized:
    """Return the Plan. A pool that is posed but not solved stays out, with all its candidates unpopulated."""
    return _Realizer(model, sources, posed, solved).run(design)


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
        self._interfaces: dict[int, InterfaceType] = {}
        self._carriers: dict[tuple[int, float | None], int] = {}
        self._carrier_rows: list[Carrier] = []
        self._lengths: dict[tuple[int, int], float | None] = {}
        self._trays: dict[int, int] = {}
        self._port_rows: dict[str, int] = {}
        self._found: list[Diagnostic] = []
        self._left_out = self._undecided()

    def run(self, design: str) -> Realized:
        instances = tuple(self._instance(i) for i in range(len(self._model.parent)))
        ports = tuple(self._port(p) for p in range(len(self._model.port_owner)))
        self._port_rows = {port.address: port.index for port in ports}
        groups = [self._words(wiring.span) for wiring in self._model.wirings]
        links = [link for k in range(len(self._model.link_a)) if (link := self._link(k)) is not None]
        links = [replace(link, index=at) for at, link in enumerate(links)]
        pools: list[Pool] = []
        for solved in self._solved:
            groups.append(self._words(solved.posed.spec.span))
            rows = [self._pool_link(d, solved.posed, len(links) + at, len(groups) - 1)
                    for at, d in enumerate(solved.decision.links)]  # fmt: skip
            links.extend(rows)
            pools.append(self._pool(solved, len(pools), tuple(row.index for row in rows)))
        plan = Plan(design, next(iter(self._sources)), instances, ports, tuple(self._carrier_rows), tuple(links),
                    tuple(pools), tuple(groups))  # fmt: skip
        return Realized(plan, tuple(self._found))

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
            figures = {
                name: shape.figures.get(name) or Figure(plain(value))
                for name, value in shape.values.items() if value is not SPOILT
            }  # fmt: skip
            found = PartType(
                shape.name, shape.package, shape.kind, shape.title, text(shape, "role"), shape.lineage, figures
            )
            self._parts[id(shape)] = found
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
            self.part(shape), parent, depth, self._placed.get(i), slot, i not in self._left_out,
            self._where(group.span if group else shape.span),
        )  # fmt: skip

    def _undecided(self) -> frozenset[int]:
        """Candidates without a decision, or decided against, with everything inside them."""
        chosen = {c.address for s in self._solved for c in s.decision.controllers}
        return frozenset(
            row
            for posed in self._posed
            for card in posed.controllers
            if self._model.address(card) not in chosen
            for row in range(card, card + self._model.shape_at(card).instances)
        )

    def _interface(self, shape: Shape) -> InterfaceType:
        found = self._interfaces.get(id(shape))
        if found is None:
            found = InterfaceType(
                shape.name, text(shape, "protocol"), int(figure(shape, "generation", "") or 0),
                int(figure(shape, "lanes", "") or 0), figure(shape, "bandwidth", "B/s") or 0.0, text(shape, "connector"),
                dict(shape.figures),
            )  # fmt: skip
            self._interfaces[id(shape)] = found
        return found

    def _port(self, p: int) -> Port:
        model = self._model
        return Port(
            p, model.port_address(p), model.port_name(p), int(model.port_owner[p]), self._interface(model.interface(p))
        )

    # -------- links

    def _tray(self, instance: int) -> int:
        found = self._trays.get(instance)
        if found is None:
            parent = int(self._model.parent[instance])
            found = instance if instance in self._placed or parent < 0 else self._tray(parent)
            self._trays[instance] = found
        return found

    def _apart(self, a: int, b: int) -> bool:
        """Whether two things are in different trays, as far as trays are placed or there are trays at all."""
        left, right = self._tray(a), self._tray(b)
        return left != right or (left not in self._placed and self._holder(a) != self._holder(b))

    def _holder(self, instance: int) -> int:
        """Return the nearest tray or shelf that holds an instance, or what stands directly in a rack or design."""
        while self._model.shape_at(instance).kind not in ("tray", "shelf"):
            parent = int(self._model.parent[instance])
            if parent < 0 or self._model.shape_at(parent).kind in ("rack", "row", "pod", *ROOTS):
                break
            instance = parent
        return instance

    def _routed(self, a: int, b: int) -> float | None:
        key = (self._tray(a), self._tray(b))
        if key not in self._lengths:
            self._lengths[key] = routed(self._model, key[0], key[1], self._placed) if key[0] != key[1] else None
        return self._lengths[key]

    def _link(self, k: int) -> Link | None:
        model = self._model
        a, b = int(model.link_a[k]), int(model.link_b[k])
        wiring = model.wirings[model.link_wiring[k]]
        need = self._routed(int(model.port_owner[a]), int(model.port_owner[b]))
        chosen = self._choose(wiring, a, b, need)
        if chosen is None:
            return None
        shape, stock = chosen
        cable = text(shape, "medium") in media.CABLES
        length = stock.length_m if stock is not None else need if cable else None
        return Link(
            k, a, b, text(model.interface(a), "protocol"), self._carrier(shape, stock), length, need if cable else None,
            min(port_bandwidth(model.interface(a)), port_bandwidth(model.interface(b))),
            round(media.latency_ns(shape, length or figure(shape, "mean_length", "m") or 0.0), 3), int(model.link_wiring[k]), wiring.carrier is None,
            self._where(wiring.span),
        )  # fmt: skip

    def _choose(self, wiring: Wiring, a: int, b: int, need: float | None) -> tuple[Shape, media.Stock | None] | None:
        """Return carrier and stock length of one link, or report why there is none."""
        names = f"{self._model.port_address(a)} to {self._model.port_address(b)}"
        if wiring.carrier is not None:
            ends = (int(self._model.port_owner[a]), int(self._model.port_owner[b]))
            return self._stated(wiring, wiring.carrier, need, names, ends)
        protocol = text(self._model.interface(a), "protocol")
        plugs = tuple(text(self._model.interface(p), "connector") for p in (a, b))
        lanes = figure(self._model.interface(a), "lanes", "")
        if need is None:
            inside = [
                c
                for c in wiring.candidates
                if c.values.get("field") is not True and media.carries(c, protocol, plugs, lanes)
            ]
            if inside:
                return min(inside, key=lambda c: c.name), None
        else:
            best = media.cheapest(wiring.candidates, protocol, plugs, need, lanes)
            if best is not None:
                return best
        known = ", ".join(c.name for c in wiring.candidates) or "none"
        said = f"over {need:.2f} m" if need is not None else "inside one tray"
        self._report_once(Diagnostic(
            Code.CARRIER, f"no imported carrier joins {protocol} ports {said}: {names}", Label(wiring.span),
            hints=(f"carriers imported here: {known}; import one that fits, or name it after `:`",),
        ))  # fmt: skip
        return None

    def _stated(
        self, wiring: Wiring, shape: Shape, need: float | None, names: str, ends: tuple[int, int]
    ) -> tuple[Shape, media.Stock | None] | None:
        apart = self._apart(*ends)
        medium = text(shape, "medium")
        if medium in media.INSIDE and apart:
            self._report_once(Diagnostic(
                Code.CARRIER, f"`{shape.name}` ({medium}) cannot leave its tray: {names}", Label(wiring.span),
                (Label(shape.span, "carrier"),), ("join trays by a cable, cartridge or midplane",),
            ))  # fmt: skip
            return None
        if medium in media.CABLES and need is None and apart:
            self._report_once(Diagnostic(
                Code.NO_LENGTH, f"the length of this cable is not known: {names}", Label(wiring.span),
                hints=("give both ends a place in a rack (`at u(…)`): reach and price follow from it",),
            ))  # fmt: skip
        if medium not in media.CABLES or need is None:
            return self._fixed(wiring, shape, ends, names)
        stock = media.stock_for(shape, need)
        reach = media.reach_m(shape)
        if stock is None and (media.stocks(shape) or (reach is not None and need > reach)):
            longest = media.stocks(shape)[-1].length_m if media.stocks(shape) else reach
            self._report_once(Diagnostic(
                Code.REACH, f"{names} needs {need:.2f} m; `{shape.name}` ends at {longest:g} m", Label(wiring.span),
                (Label(shape.span, "carrier"),), ("move the trays nearer, or use a carrier of longer reach",),
            ))  # fmt: skip
            return None
        return shape, stock

    def _fixed(
        self, wiring: Wiring, shape: Shape, ends: tuple[int, int], names: str
    ) -> tuple[Shape, media.Stock | None] | None:
        """A cartridge or midplane fixes its own length: only the height that it spans is checked against its reach."""
        left, right = (self._placed.get(self._tray(end)) for end in ends)
        reach = media.reach_m(shape)
        if left is not None and right is not None and left.rack == right.rack and reach is not None:
            span = abs(left.middle_mm - right.middle_mm) / 1000
            if span > reach:
                self._report_once(Diagnostic(
                    Code.REACH, f"{names} are {span:.2f} m apart in height; `{shape.name}` ends at {reach:g} m",
                    Label(wiring.span), (Label(shape.span, "carrier"),), ("move the trays nearer",),
                ))  # fmt: skip
                return None
        return shape, None

    def _report_once(self, diagnostic: Diagnostic) -> None:
        if not any(d.code == diagnostic.code and d.at == diagnostic.at for d in self._found):
            self._found.append(diagnostic)

    def _carrier(self, shape: Shape, stock: media.Stock | None) -> int:
        key = (id(shape), stock.length_m if stock is not None else None)
        if key not in self._carriers:
            price = stock.price_cents if stock is not None else media.cents(shape.values.get("price"))
            self._carriers[key] = len(self._carrier_rows)
            self._carrier_rows.append(media.carrier_of(shape, self.part(shape), price))
        return self._carriers[key]

    # -------- pools

    def _pool_link(self, decided: DecidedLink, posed: PosedPool, index: int, group: int) -> Link:
        shape = next(c for c in posed.cables if c.name == decided.cable.carrier)
        length = decided.cable.length_mm / 1000
        return Link(
            index, self._port_rows[decided.port], self._port_rows[decided.head], "CXL",
            self._carrier(shape, media.Stock(length, decided.cable.cost_cents)), length, decided.cable.routed_mm / 1000,
            posed.link_bandwidth, round(media.latency_ns(shape, length), 3), group, True, self._where(posed.spec.span),
        )  # fmt: skip

    def _pool(self, solved: SolvedPool, index: int, links: tuple[int, ...]) -> Pool:
        posed, decision = solved.posed, solved.decision
        fitted = {c.address: c for c in decision.controllers}
        shapes = {shape.name: shape for shape in posed.modules}
        controllers = []
        for card in posed.controllers:
            chosen = fitted.get(self._model.address(card))
            module = self.part(shapes[chosen.module]) if chosen is not None else None
            controllers.append(PoolController(card, chosen is not None, module, chosen.modules if chosen else 0,
                                              chosen.gib if chosen else 0))  # fmt: skip
        order = {self._model.address(card): at for at, card in enumerate(posed.controllers)}
        survive = posed.spec.survive
        proof = Proof(
            "optimal" if decision.proved else "feasible", decision.objective, decision.bound, decision.gap,
            decision.effort, decision.interrupted, solved.solver,
        )  # fmt: skip
        return Pool(
            index=index, address=posed.address, owner=posed.owner, hosts=posed.hosts, controllers=tuple(controllers),
            links=links, link_host=tuple(d.host for d in decision.links),
            link_controller=tuple(order[d.controller] for d in decision.links),
            demand_name=posed.demand_name, demand_class=posed.demand.kind, reader=posed.demand.reader,
            assignment=str(posed.assignment),
            relet_delay_s=posed.assignment.delay_s if posed.assignment.kind == "relet" else None, slice_seconds=posed.demand.slice_s, demand_gib=posed.demand.gib,
            slices_gib=decision.slices_gib, read_bytes_per_s=posed.demand.read_bytes_per_s,
            write_bytes_per_s=posed.demand.write_bytes_per_s,
            recompute_bytes_per_s=posed.demand.recompute_bytes_per_s, survive=survive[0] if survive else 0,
            promise=survive[2] if survive else "", capacity_gib=sum(c.gib for c in decision.controllers),
            cost_cents=decision.cost_cents, power_w=decision.power_mw / 1000, latency_ns=posed.latency_ns,
            goals=tuple(posed.problem.goals), proof=proof, alternatives=tuple(_alternative(r) for r in solved.rivals),
            source=self._where(posed.spec.span),
        )  # fmt: skip


def _alternative(rival: Rival) -> Alternative:
    power = None if rival.power_mw is None else rival.power_mw / 1000
    return Alternative(rival.name, rival.survives, rival.cost_cents, rival.gib, rival.controllers, power, rival.note)
