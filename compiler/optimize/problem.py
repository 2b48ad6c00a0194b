"""What the pooling optimizer is asked, and what it answers: plain integers and names, nothing of the design.

Memory in GiB, money in USD cents, power in milliwatts, lengths in millimetres: integers throughout, because the
solver works in them and equal input must give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Goal = Literal["cost", "power", "cable.length"]


@dataclass(frozen=True, slots=True)
class Cable:
    """The cheapest cable that reaches between a host and a site."""

    carrier: str
    length_mm: int
    routed_mm: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Host:
    """A member. `ports` are addresses of its free CXL ports in order; `min_links` what its bandwidth needs
    (of no account where it has no demand). `shares` are the most of its memory, in thousandths, that one link should
    hold so that its traffic fits there: preferences, the strictest first, each given up where slices would not fit.
    """

    address: str
    ports: tuple[str, ...]
    min_links: int
    shares: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Controller:
    """A candidate. `heads` are addresses of its host-facing ports; `site` numbers its position.

    Controllers of one site are interchangeable: same part, same cables to every host.
    """

    address: str
    heads: tuple[str, ...]
    site: int


@dataclass(frozen=True, slots=True)
class Site:
    """A group of interchangeable candidates: `slots` modules at most, `cables[h]` to host h or None out of reach."""

    name: str
    heads: int
    module_slots: int
    max_capacity_gib: int
    cost_cents: int
    power_mw: int
    cables: tuple[Cable | None, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """A memory module that may be fitted."""

    name: str
    gib: int
    cost_cents: int
    power_mw: int


@dataclass(frozen=True, slots=True)
class PoolProblem:
    """One pool. `demand_gib[t][h]`, every slice of time; `populations` the module counts allowed in a controller.

    A populated controller holds `populations` modules, all of one size; with `one_size` the whole pool has one size.
    `survive`: this many controllers may be lost (0 or 1) and every slice must still fit in what is left.
    `dynamic_gib` is the demand under perfect rebalancing, without headroom (a table like `demand_gib`, or empty);
    `free_dimm_slots` what the hosts declare free (None: they do not say). Both serve the comparison alone.
    `gap` is the relative gap at which a proof is good enough; `effort` the limit in deterministic time.
    """

    address: str
    hosts: tuple[Host, ...]
    controllers: tuple[Controller, ...]
    sites: tuple[Site, ...]
    modules: tuple[Module, ...]
    populations: tuple[int, ...]
    one_size: bool
    demand_gib: tuple[tuple[int, ...], ...]
    survive: int
    goals: tuple[Goal, ...]
    dynamic_gib: tuple[tuple[int, ...], ...] = ()
    free_dimm_slots: int | None = None
    gap: float = 0.002
    effort: float = 120.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class DecidedController:
    """A populated controller: `modules` pieces of `module`."""

    address: str
    module: str
    modules: int
    gib: int


@dataclass(frozen=True, slots=True)
class DecidedLink:
    """Host port to controller head, with its cable."""

    port: str
    head: str
    host: int
    controller: str
    cable: Cable


@dataclass(frozen=True, slots=True)
class PoolDecision:
    """An answer. `slices_gib[t][k]` is what link k carries in slice t; links in natural order of port
    address.

    `objective` and `bound` are of the first goal.
    """

    controllers: tuple[DecidedController, ...]
    links: tuple[DecidedLink, ...]
    slices_gib: tuple[tuple[int, ...], ...]
    cost_cents: int
    power_mw: int
    objective: int
    bound: int
    gap: float
    proved: bool
    effort: float
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """No solution exists. `families` is a smallest set of requirements that cannot hold together.

    Words: "ports" (links a host can have), "candidates" (controllers and their heads), "modules" (sizes and slots),
    "reach" (cables), "survive" (loss of a controller), "demand" (the memory asked for), "bandwidth" (min_links).
    `figures` says it with numbers; `relaxations` are changes to one family, or to two where no single one is
    enough, that make it solvable, each verified by solving again, cheapest first.
    """

    families: tuple[str, ...]
    figures: tuple[str, ...]
    relaxations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither an answer nor a proof that there is none within the effort given."""

    effort: float
    interrupted: bool


Outcome = PoolDecision | Conflict | Unknown


@dataclass(frozen=True, slots=True)
class Rival:
    """Another way to carry the same demand, at the same `survive`."""

    name: Literal["direct expansion", "host DRAM", "static slices", "dynamic slices"]
    survives: int
    cost_cents: int | None
    gib: int | None
    controllers: int | None
    power_mw: int | None
    note: str
