"""The Report: figures that people ask of a Plan, computed once and read by targets and by `require`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rackc.compiler.comparison import NOTHING, Comparison
from rackc.compiler.plan import Confidence

#: Confidences that a reader should be told of, weakest first, in words for one figure.
WEAK: Final[dict[Confidence, str]] = {
    "assumption": "an assumption", "unverified": "an unverified figure", "low": "a figure of low confidence",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PowerCase:
    """One power case of one rack: what the shelves can give in it (`available_w`) against the load.

    `drawn_w` is what the peak takes from the feeds, losses of the shelves included (AC). `busbar_a` flows along the busbar
    above `busbar_unit`, the worst of all heights and of all ways in which the case comes about. None where not stated.
    """

    name: str
    available_w: float
    peak_w: float
    typical_w: float
    steady_w: float = 0.0
    drawn_w: float | None = None
    busbar_a: float | None = None
    busbar_unit: int | None = None


@dataclass(frozen=True, slots=True)
class CurrentReport:
    """The current that comes nearest to the limit of an `output`, an `inlet`, a `whip` or a `breaker`, and the case.

    `things` are how many there are of the kind in the rack; `instance` is the one with the most.
    """

    instance: int
    what: str
    case: str
    amps: float
    limit_a: float
    things: int = 1


@dataclass(frozen=True, slots=True)
class CouplingReport:
    """The quick disconnects of one thing: the flow it needs against what so many pairs pass.

    `drop_kpa` is the pressure that one of them takes at its share of the flow, None where it states no `cv`.
    """

    instance: int
    pairs: int
    flow_l_min: float
    limit_l_min: float
    drop_kpa: float | None


@dataclass(frozen=True, slots=True)
class CoolingReport:
    """Where the heat of a rack goes, W at steady load, each at the unfavourable end of a range, and the flows it needs.

    Flows are None where coolant or rise are not stated. The couplings are those nearest to their limit, a row a kind.
    """

    liquid_w: float
    air_w: float
    coolant: str
    rise_k: float | None
    flow_l_min: float | None
    air_rise_k: float | None
    airflow_cfm: float | None
    couplings: tuple[CouplingReport, ...]


@dataclass(frozen=True, slots=True)
class RackReport:
    """One rack and all that are `alike` (itself first). Units used and free, mass in kg, power in W, each for one rack.

    `unweighed` and `unpowered` placed things state no mass or no power: the sums leave them out. `kg_per_foot` is the
    mass with that of the frame over the feet, None where those are not stated.
    """

    alike: tuple[int, ...]
    units: int
    used_units: int
    pitch: str
    mass_kg: float
    mass_limit_kg: float | None
    unweighed: int
    unpowered: int
    peak_w: float
    typical_w: float
    cases: tuple[PowerCase, ...]
    currents: tuple[CurrentReport, ...] = ()
    cooling: CoolingReport | None = None
    kg_per_foot: float | None = None

    @property
    def instance(self) -> int:
        """The first of these racks."""
        return self.alike[0]


#: Two ends of a figure nearer than this share are one.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure that lies from `low` to `high`: known where they are one."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        """Whether it is known."""
        return self.low >= self.high * (1 - _ROUNDING)


@dataclass(frozen=True, slots=True)
class CablingReport:
    """One kind of carrier, in all its lengths. Links, cables (or cartridges), cages, transceivers and fibres are five counts."""

    carrier: str
    medium: str
    links: int
    cables: int
    cages: int
    transceivers: int
    fibres: int


@dataclass(frozen=True, slots=True)
class DomainReport:
    """A domain, what hangs together over one protocol, and how many are `alike`; figures are those of one.

    `first` is the first instance of the first of them. A bisection and a diameter (links) are told of domains with
    switches, and of those in which every endpoint passes on; None too where they would take long.
    """

    alike: int
    first: int
    endpoints: int
    switches: int
    links: int
    bandwidth_each_way: float
    bisection: Bounds | None
    diameter: int | None


@dataclass(frozen=True, slots=True)
class FabricReport:
    """All links of one protocol, and those to management switches apart: `bandwidth_each_way` adds them up.

    `field_installed` counts those a person plugs in. `domains` are by size, `more_domains` those that are not listed.
    """

    protocol: str
    links: int
    endpoints: int
    bandwidth_each_way: float
    field_installed: int
    domains: tuple[DomainReport, ...] = ()
    more_domains: int = 0
    management: bool = False

    @property
    def only(self) -> DomainReport | None:
        """The domain, where there is but one."""
        alone = len(self.domains) == 1 and self.domains[0].alike == 1 and not self.more_domains
        return self.domains[0] if alone else None

    @property
    def bisection_each_way(self) -> float | None:
        """The bisection of the only domain, where it is known."""
        found = self.only.bisection if self.only is not None else None
        return found.high if found is not None and found.exact else None

    @property
    def diameter(self) -> int | None:
        """The diameter of the only domain."""
        return self.only.diameter if self.only is not None else None


@dataclass(frozen=True, slots=True)
class FailureReport:
    """The loss of one thing, and of `count` that come to the same; `example` is the address of the worst.

    `cut_off` endpoints are parted from the rest: the one that still reaches most no longer reaches them. `pair_left` is the least share of its bandwidth that
    a pair keeps, of those that still reach each other, `all_to_all_left` that of what each endpoint gets when all that
    are not cut off send to all. `memory_left_gib` is what hosts still reach, None where that is not asked. `spare_w` is
    what is left of the power at peak, less than nothing where it is short. `sampled`: of a large fabric one pair of each
    kind was looked at.
    """

    what: str
    of: str
    count: int
    example: str
    cut_off: int = 0
    pair_left: float | None = None
    all_to_all_left: Bounds | None = None
    memory_left_gib: float | None = None
    spare_w: float | None = None
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class WayReport:
    """Ways over a fabric between ends of two roles, by where they stand: in a tray, in a rack, between racks.

    `pairs` is how many, None where some of each kind were looked at. Hops are links, from the nearest to the farthest
    pair; latency is that of the quickest way, from its least to its greatest over all pairs, `typical_ns` the typical
    one of the slowest pair; None where something passed states none. Bandwidth is the least that a pair has to itself,
    over all its ways at once; `paths` share no link, `separate_paths` nothing between: of the pair with fewest.
    """

    fabric: str
    ends: str
    place: str
    pairs: int | None
    least_hops: int
    most_hops: int
    latency_ns: Bounds | None
    typical_ns: float | None
    bandwidth_each_way: float
    paths: int
    separate_paths: int


@dataclass(frozen=True, slots=True)
class WidthReport:
    """How wide a kind of domain is, of which there are `alike`; `first` as in `DomainReport`.

    `all_to_all` is what each endpoint gets, each way, when every one sends to every other.
    """

    fabric: str
    alike: int
    first: int
    endpoints: int
    bisection: Bounds
    all_to_all: Bounds


@dataclass(frozen=True, slots=True)
class TierReport:
    """Switches of one tier of a fabric, of which the ends are tier 0: bandwidth from below and upward, of all together.

    `worst` is the greatest oversubscription of one of them, None at the top.
    """

    fabric: str
    tier: int
    switches: int
    down_each_way: float
    up_each_way: float
    worst: float | None


@dataclass(frozen=True, slots=True)
class Depth:
    """What takes longer than a check should, and is computed for a full report."""

    widths: tuple[WidthReport, ...]
    tiers: tuple[TierReport, ...]
    ways: tuple[WayReport, ...]
    failures: tuple[FailureReport, ...]


@dataclass(frozen=True, slots=True)
class PoolReport:
    """One pool. Stranded = fitted memory that no host holds in the fullest slice; of it `reserve_gib` is kept for the loss of
    controllers (the largest, as many as may be lost), and `idle_gib` is kept for nothing.

    `stress_gib` is what the hosts would hold if all were at their own peak at once, `stress_unmet_gib` how much of that does not fit with
    nothing lost. `fetch_bytes_per_s` is what the links of the worst-off host with demand give at the utilisation ceiling. The `verdict` is "pool", "do not pool", or empty where
    nothing was compared, with the `comparison` it rests on. `largest_move_gib` is the most that one controller takes back from hosts between two slices, before others get it.
    """

    pool: int
    demand_peak_gib: int
    demand_sum_of_peaks_gib: int
    capacity_gib: int
    stranded_gib: int
    stranded_share: float
    reserve_gib: int
    largest_move_gib: int
    break_even_bytes_per_s: float | None
    idle_gib: int = 0
    stress_gib: int = 0
    stress_unmet_gib: int = 0
    fetch_bytes_per_s: float | None = None
    verdict: str = ""
    comparison: Comparison = NOTHING


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that a result rests on and that has weak backing."""

    part: str
    name: str
    value: str
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class Backing:
    """How far a headline number is to be trusted: the weakest confidence of the figures that it is made of.

    `figure` is the one of them that weighs most (`ComputeTray.mass`), with its `value` and `source`; `others` are as
    weak. The headlines: mass, power (drawn), supply (what shelves and PDUs give), cooling, cost, memory, latency, demand, recompute
    (what prefilling makes anew), and for each protocol its bandwidth (`NVLink bandwidth`).
    """

    headline: str
    confidence: Confidence
    figure: str
    value: str
    source: str
    others: int

    @property
    def is_weak(self) -> bool:
        """Whether a reader should be told."""
        return self.confidence in WEAK

    def __str__(self) -> str:
        """What the number rests on, in words, where that is weak."""
        more = f" and {self.others} more" if self.others else ""
        return f"{WEAK.get(self.confidence, self.confidence)}: {self.figure}{more}"


@dataclass(frozen=True, slots=True)
class CombinationReport:
    """One combination of the design's decisions, and what came of it: `kept`, `holds`, `fails` or `no solution`.

    `picked` are decisions and options, `goals` what the design minimizes with its value, `broken` the weight of the
    preferences that do not hold, `why` the first fault of one that fails.
    """

    picked: tuple[tuple[str, str], ...]
    outcome: str
    goals: tuple[tuple[str, str], ...]
    broken: float
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything; `counts` are populated instances by role. Costs in USD cents; `unpriced` lists parts with no price.

    `combinations` are all that were tried of the design's decisions, none where it decides nothing. `backing` says of
    each headline number how weak the weakest figure behind it is.
    """

    counts: tuple[tuple[str, int], ...]
    memory_gib: tuple[tuple[str, float], ...]
    racks: tuple[RackReport, ...]
    fabrics: tuple[FabricReport, ...]
    pools: tuple[PoolReport, ...]
    cost_cents: int
    unpriced: tuple[tuple[str, int], ...]
    assumptions: tuple[Assumption, ...]
    combinations: tuple[CombinationReport, ...] = ()
    backing: tuple[Backing, ...] = ()
    cabling: tuple[CablingReport, ...] = ()

    def backed(self, headline: str) -> Backing | None:
        """Return how far a headline number is to be trusted; None where nothing states a figure for it."""
        return next((row for row in self.backing if row.headline == headline), None)

    def rack(self, instance: int) -> RackReport | None:
        """Return the figures of a rack."""
        return next((row for row in self.racks if instance in row.alike), None)
