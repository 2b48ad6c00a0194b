"""The Report: figures that people ask of a Plan, computed once and read by targets and by `require`."""

from __future__ import annotations

from dataclasses import dataclass

from rackc.compiler.plan import Confidence


@dataclass(frozen=True, slots=True)
class PowerCase:
    """One power case of one rack: what the shelves can give in it (`available_w`) against the load."""

    name: str
    available_w: float
    peak_w: float
    typical_w: float


@dataclass(frozen=True, slots=True)
class RackReport:
    """One rack and all that are `alike` (itself first). Units used and free, mass in kg, power in W, each for one rack.

    `unweighed` and `unpowered` placed things state no mass or no power: the sums leave them out.
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

    @property
    def instance(self) -> int:
        """The first of these racks."""
        return self.alike[0]


@dataclass(frozen=True, slots=True)
class FabricReport:
    """All links of one protocol: `bandwidth_each_way` adds the links up, `field_installed` counts those a person plugs in."""

    protocol: str
    links: int
    endpoints: int
    bandwidth_each_way: float
    bisection_each_way: float | None
    diameter: int | None
    field_installed: int


@dataclass(frozen=True, slots=True)
class PoolReport:
    """One pool. Stranded = fitted memory that no host holds in the fullest slice; `reserve_gib` is kept for a failure.

    `largest_move_gib` is the most that one controller takes back from hosts between two slices, before others get it.
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


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that a result rests on and that has weak backing."""

    part: str
    name: str
    value: str
    confidence: Confidence
    source: str


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

    `combinations` are all that were tried of the design's decisions, none where it decides nothing.
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

    def rack(self, instance: int) -> RackReport | None:
        """Return the figures of a rack."""
        return next((row for row in self.racks if instance in row.alike), None)
