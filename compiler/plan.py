"""The Plan: a design with every decision applied, the only thing a backend sees.

Rows refer to each other by index: `Instance.parent`, `Port.owner`, `Link.a`, `PoolController.instance`. Addresses
such as `rack.compute[3].gpu[1].nvl[7]` are stable names, unique over instances and over ports. Bandwidths are bytes
per second each way, lengths metres, latencies nanoseconds, capacities GiB, money USD cents, power watts: the unit is
in the name of each field. Spans, source text and the solver are absent on purpose; `source` is a printed
`file:line` for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from rackc.compiler.columns import Columns, Rows, columns_of
from rackc.compiler.comparison import Comparison, LinksTried
from rackc.dsl.units import Quantity


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure that its sources give as a range: `280..350 ns typ 300 ns`; `typ` is the middle where none is said."""

    low: Quantity
    high: Quantity
    typ: Quantity

    def __str__(self) -> str:
        return f"{self.low} to {self.high} (typ {self.typ})"


#: What an attribute can hold by the time a Plan exists.
Value = Quantity | Interval | str | bool | tuple["Value", ...] | None

#: Weakest first. `assumption`: a placeholder with no source. `unstated`: the author gave no source.
Confidence = Literal["assumption", "unverified", "low", "derived", "medium", "high", "unstated"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One attribute of a part: its value and where it comes from."""

    value: Value
    source: str = ""
    confidence: Confidence = "unstated"


@dataclass(frozen=True, slots=True)
class PartType:
    """One definition with one set of arguments; all its instances share it.

    `kind` is the word that defined it (part, tray, shelf, rack, pod, link); `lineage` its supertypes, nearest first;
    `role` what it does in a rack, one of ROLES or "" (an attribute of that name in the library).
    """

    name: str
    package: str
    kind: str
    title: str
    role: str
    lineage: tuple[str, ...]
    figures: Mapping[str, Figure]
    _reads: dict[tuple[str, str, str], float | None] = field(default_factory=dict, repr=False, compare=False)

    def text(self, name: str, default: str = "") -> str:
        """Return a text attribute, or `default` where it is missing."""
        figure = self.figures.get(name)
        return figure.value if figure is not None and isinstance(figure.value, str) else default

    def flag(self, name: str) -> bool:
        """Return a yes/no attribute; missing is no."""
        figure = self.figures.get(name)
        return figure is not None and figure.value is True

    def typ(self, name: str, unit: str) -> float | None:
        """Return a figure's typical value in `unit` ("" for a plain number), None where it is missing."""
        return self._read(name, unit, "typ")

    def high(self, name: str, unit: str) -> float | None:
        """As `typ`, the maximum of a range."""
        return self._read(name, unit, "high")

    def low(self, name: str, unit: str) -> float | None:
        """As `typ`, the minimum of a range."""
        return self._read(name, unit, "low")

    def _read(self, name: str, unit: str, end: Literal["low", "high", "typ"]) -> float | None:
        """Return one end of a figure as a float; converted once for all instances of the part."""
        key = (name, unit, end)
        if key not in self._reads:
            self._reads[key] = self._converted(name, unit, end)
        return self._reads[key]

    def _converted(self, name: str, unit: str, end: Literal["low", "high", "typ"]) -> float | None:
        figure = self.figures.get(name)
        value = figure.value if figure is not None else None
        if isinstance(value, Interval):
            value = {"low": value.low, "high": value.high, "typ": value.typ}[end]
        if not isinstance(value, Quantity):
            return None
        return value.to(unit) if unit else float(value.value)


#: The roles that checks and backends know. Anything else draws as a plain box.
ROLES = (
    "gpu", "cpu", "pdu", "switch", "nic", "dpu", "memory-controller", "memory", "storage", "power-shelf",
    "management-switch", "compute-tray", "switch-tray", "memory-shelf", "server", "chiplet", "blank",
    "whip", "breaker", "coupling", "manifold", "cdu", "bbu",
    "retimer", "gearbox", "transceiver",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands: `rack` (instance), lowest `unit` counted from 1 at the floor, `height` in units.

    `pitch_mm` is 44.45 for U and 48 for OU. `middle_mm` is the height of the vertical middle above the first unit's
    lower edge, for cable lengths.
    """

    rack: int
    unit: int
    height: int
    pitch_mm: float
    middle_mm: float


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing. `name` is its last step (`gpu[1]`), `group` that without its index, `ordinal` the index or None.

    `slot` is a position within the parent (1 upward), None where unstated; `place` is set on things with a rack
    position of their own (trays, shelves), None on what sits inside them. `populated` is false on a candidate that
    the optimizer left out: it is in no bill and carries no link.
    """

    index: int
    address: str
    name: str
    group: str
    ordinal: int | None
    part: PartType
    parent: int
    depth: int
    place: Place | None
    slot: int | None
    populated: bool
    source: str


@dataclass(frozen=True, slots=True)
class InterfaceType:
    """What a port speaks. `bandwidth_each_way` is bytes per second of the whole port, after encoding."""

    name: str
    protocol: str
    generation: int
    lanes: int
    bandwidth_each_way: float
    connector: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Port:
    """One port: `address` is its owner's address and `name` (`nvl[7]`)."""

    index: int
    address: str
    name: str
    owner: int
    interface: InterfaceType


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries links: a cable, cartridge, midplane, board trace or package.

    `field_installed`: someone plugs it in on site, so it has a row in the cable schedule and a line in the bill.
    `links_per_unit`: how many links one orderable unit carries (a cartridge carries hundreds). `links`, `units` and `cages`
    are how many there are of each: a cage that takes fibres of several lengths counts for one of them. `transceivers` are
    by the form of the cage they go into, `fibre` says that the units are fibres and not cables.
    """

    part: PartType
    medium: str
    field_installed: bool
    links_per_unit: int
    price_cents: int | None
    retimers: int
    links: int = 0
    units: int = 0
    cages: int = 0
    transceivers: tuple[tuple[str, int], ...] = ()
    fibre: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One link between two ports (indices `a`, `b`), with exactly one carrier.

    `length_m` is the stock length bought, `routed_m` the length needed (None where positions do not say, as inside a
    tray). `bandwidth_each_way` is what the trained link gives (the lower of its ends, times protocol efficiency where
    the interface states one). `group` numbers the `connect` statement or pool it comes from; `decided` says that the
    optimizer chose it.
    """

    index: int
    a: int
    b: int
    protocol: str
    carrier: int
    length_m: float | None
    routed_m: float | None
    bandwidth_each_way: float
    latency_ns: float
    group: int
    decided: bool
    source: str


@dataclass(frozen=True, slots=True)
class PoolController:
    """A candidate controller as decided: `modules` of `module` in all, none where it is left out.

    A switch has `devices` (instances), those behind it that are populated; their modules count for it, and a device with
    memory of its own has none. `logical_devices` are those that the hosts with a link need of each device.
    """

    instance: int
    populated: bool
    module: PartType | None
    modules: int
    capacity_gib: int
    devices: tuple[int, ...] = ()
    logical_devices: int = 0

    @property
    def pieces(self) -> int:
        """How many pieces of memory it holds: modules, or devices with memory of their own."""
        return self.modules if self.module is not None else (len(self.devices) or 1) if self.populated else 0

    @property
    def lost_gib(self) -> int:
        """What the loss of a controller takes: the whole of a card, one device behind a switch."""
        return self.capacity_gib // (len(self.devices) or 1)


@dataclass(frozen=True, slots=True)
class PoolLoss:
    """A promise: any `count` of a kind of thing (controller, link, host, shelf) may be lost, and what then holds."""

    count: int
    thing: str
    promise: str


@dataclass(frozen=True, slots=True)
class PoolRegion:
    """How a host (position in the pool) uses its links: a region interleaved over `ways` targets, or, with one way, nodes
    of its own for each link, pages going to them by `weights` (up to 255, 0 where nothing lies, in the order of the pool's links).
    """

    host: int
    ways: int
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PoolSharing:
    """Hosts (positions) with blocks in common: `gib[t][c]` in each slice of time on each of these controllers (positions)."""

    hosts: tuple[int, ...]
    controllers: tuple[int, ...]
    gib: tuple[tuple[int, ...], ...]


_STATUS: Final = {"optimal": "optimal", "within_gap": "within the gap asked for", "feasible": "feasible, not proved"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the solver proved. `effort` is deterministic time, the same on every machine.

    `status`: optimal, within_gap (of the optimum, as near as is asked for) or feasible (stopped before). `gap` is (objective - bound) /
    objective. `estimate` is the closed form, a bound known before anything is solved. `interrupted`: the user stopped the search, so the answer is not reproducible.
    """

    status: Literal["optimal", "within_gap", "feasible"]
    objective: int
    bound: int
    gap: float
    effort: float
    interrupted: bool
    solver: str
    estimate: int = 0

    @property
    def said(self) -> str:
        """How good the answer is known to be, in words."""
        return "interrupted, not reproducible" if self.interrupted else _STATUS[self.status]


@dataclass(frozen=True, slots=True)
class Pool:
    """A memory pool as decided.

    `hosts` are instances; `links` are link indices, one a head in use, and `link_host[k]`, `link_controller[k]` say
    which host (position in `hosts`) and controller (position in `controllers`) link k joins. `demand_gib[t][h]` is
    what host h must be able to hold in time slice t, with headroom and rounded up to the granule; `slices_gib[t][k]`
    what it holds over link k then. `losses` are all promises; `survive` is how many controllers may be lost with every
    slice fitting again, `promise` the first word for that. `recompute_bytes_per_s` is what one serving instance makes anew by prefilling: a
    slower fetch should recompute. `cost_cents` covers controllers, modules and cables. `stress_gib[h]` is what host h would hold if all were at their
    peak at the same time, `utilisation` the share of a link that may be planned with. `by_links` is what a large pool comes to with other
    numbers of links a host.
    """

    index: int
    address: str
    owner: int
    hosts: tuple[int, ...]
    controllers: tuple[PoolController, ...]
    links: tuple[int, ...]
    link_host: tuple[int, ...]
    link_controller: tuple[int, ...]
    demand_name: str
    demand_class: str
    reader: str
    assignment: str
    relet_delay_s: float | None
    slice_seconds: float
    demand_gib: tuple[tuple[int, ...], ...]
    slices_gib: tuple[tuple[int, ...], ...]
    read_bytes_per_s: tuple[float, ...]
    write_bytes_per_s: tuple[float, ...]
    recompute_bytes_per_s: float | None
    survive: int
    promise: str
    capacity_gib: int
    cost_cents: int
    power_w: float
    latency_ns: Interval | None
    goals: tuple[str, ...]
    proof: Proof
    comparison: Comparison
    source: str
    losses: tuple[PoolLoss, ...] = ()
    regions: tuple[PoolRegion, ...] = ()
    sharing: tuple[PoolSharing, ...] = ()
    stress_gib: tuple[int, ...] = ()
    utilisation: float = 1.0
    by_links: tuple[LinksTried, ...] = ()

    @property
    def switched(self) -> bool:
        """Whether its candidates are switches, with devices behind them."""
        return any(controller.devices for controller in self.controllers)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole design, decided. Rows are in address order of elaboration; `instances[0]` is the design's root.

    `instances`, `ports` and `links` are for reading one by one. What runs over all of them reads `columns`, the same
    rows as arrays.
    """

    design: str
    file: str
    instances: Sequence[Instance]
    ports: Sequence[Port]
    carriers: tuple[Carrier, ...]
    links: Sequence[Link]
    pools: tuple[Pool, ...]
    groups: tuple[str, ...]
    _kept: list[Columns] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def columns(self) -> Columns:
        """Instances, ports and links as parallel arrays."""
        if not self._kept:
            made = [
                rows.columns if isinstance(rows, Rows) else None for rows in (self.instances, self.ports, self.links)
            ]
            ready = made[0] if made[0] is made[1] is made[2] else None
            self._kept.append(
                ready if isinstance(ready, Columns) else columns_of(self.instances, self.ports, self.links)
            )
        return self._kept[0]

    def children(self, parent: int) -> tuple[Instance, ...]:
        """Return the instances directly inside `parent`, in order."""
        return tuple(self.instances[i] for i in self.columns.children(parent).tolist())

    def with_role(self, *roles: str) -> tuple[Instance, ...]:
        """Return every populated instance with one of these roles, in order."""
        return tuple(self.instances[i] for i in self.columns.with_role(*roles).tolist())

    def placed_in(self, index: int) -> Instance | None:
        """Return the tray or shelf (the nearest thing with a rack position) that holds an instance, or None."""
        while index >= 0:
            instance = self.instances[index]
            if instance.place is not None:
                return instance
            index = instance.parent
        return None
