"""The Report: figures that people ask of a Plan, computed once and read by targets and by `require`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
