"""What the pooling optimizer is asked, and what it answers: plain integers and names, nothing of the design.

Memory in GiB, money in USD cents, power in milliwatts, lengths in millimetres: integers throughout, because the
solver works in them and equal input must give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from rackc.compiler.comparison import NOTHING, Comparison, LinksTried

#: Bytes per second in the MB/s of a problem.
MEGA: Final = 1e6

Goal = Literal["cost", "power", "cable.length"]

#: What a budget may bound: a goal, memory fitted (GiB), controllers populated, links made.
Measure = Literal["cost", "power", "cable.length", "capacity", "controllers", "links"]

#: What may be lost. A controller is a card, or one device behind a switch; a shelf is lost with all that stands in it.
Thing = Literal["controller", "link", "host", "shelf"]

#: What holds after a loss. "capacity": every slice of time fits again in what is left, after a restart of what was lost.
#: "host": the same, and no host goes down (no region lies over more than one controller). "data": nothing is lost, by
#: copies on different things of the kind.
Promise = Literal["capacity", "host", "data"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Any `count` things of a kind may be lost, and the promise still holds. Each statement stands for itself.

    A lost host restarts on the others: its demand is added to theirs in equal parts, rounded up to whole GiB. Against the
    loss of a host "data" asks that every controller reaches count + 1 hosts, so that another can take over.
    """

    thing: Thing
    count: int
    promise: Promise = "capacity"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Hosts (numbers) that share blocks: stored once, on controllers that every one of them reaches."""

    name: str
    hosts: tuple[int, ...]


#: A budget that no pool exceeds.
NO_LIMIT: Final = 1 << 50


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget: `measure` of the whole pool is at most `most` (cents, milliwatts, millimetres, GiB, or a count).

    Where it is a bound on `stranded` memory, that share as a fraction, `most` GiB follow from what is held at once.
    """

    measure: Measure
    most: int
    stranded: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Cable:
    """The cheapest cable that reaches between a host and a site."""

    carrier: str
    length_mm: int
    routed_mm: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Slow:
    """A cable to `host` (number) that only the latency bound forbids: a read over it takes up to `latency_ns`."""

    host: int
    cable: Cable
    latency_ns: int


@dataclass(frozen=True, slots=True)
class Host:
    """A member. `ports` are addresses of its free CXL ports in order; `min_links` what its bandwidth needs
    (of no account where it has no demand). `shares` are the most of its memory, in thousandths, that one link should
    hold so that its traffic fits there: preferences, the strictest first, each given up where slices would not fit.
    `most_links` is a limit below the number of ports, `least_links` the least number of links where it is stated; hosts of different `group`s (not "") share no controller.
    `read_mbps`, `write_mbps` are its greatest rates, in 10^6 bytes/s: they must fit links and controllers while all is intact.
    """

    address: str
    ports: tuple[str, ...]
    min_links: int
    shares: tuple[int, ...] = ()
    most_links: int | None = None
    group: str = ""
    read_mbps: int = 0
    write_mbps: int = 0
    least_links: int = 0


@dataclass(frozen=True, slots=True)
class Controller:
    """A candidate. `heads` are addresses of its host-facing ports; `site` numbers its position.

    Controllers of one site are interchangeable: same part, same cables to every host. With `devices` (their addresses) it is a
    CXL switch, `heads` are its ports towards hosts, and each of the devices behind it may be populated or not.
    """

    address: str
    heads: tuple[str, ...]
    site: int
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A group of interchangeable candidates, `cables[h]` to host h or None out of reach.

    A populated controller (with a switch: device) holds one of the `populations` of modules, all of one size, and
    `max_capacity_gib` at most. `heads` are the hosts that one candidate can serve. With `devices` > 0 a candidate is a switch with so
    many bays: `cost_cents`, `power_mw` are its own when used, `device_cost_cents`, `device_power_mw` those of each populated
    device; devices in use behind one switch are populated alike. `shelf` numbers what is lost together; sites may have one in common.
    `read_mbps`, `write_mbps` bound a candidate as a whole (0: no bound). `slow` are cables that a latency bound keeps from
    hosts which have no other: of no account to the answer, they tell a conflict with the bound from one with reach.
    """

    name: str
    heads: int
    populations: tuple[int, ...]
    max_capacity_gib: int
    cost_cents: int
    power_mw: int
    cables: tuple[Cable | None, ...]
    shelf: int = 0
    devices: int = 0
    device_cost_cents: int = 0
    device_power_mw: int = 0
    read_mbps: int = 0
    write_mbps: int = 0
    slow: tuple[Slow, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A memory module that may be fitted."""

    name: str
    gib: int
    cost_cents: int
    power_mw: int


@dataclass(frozen=True, slots=True)
class Tier:
    """Another place for the demand, as the parts of the design have it.

    Host h has `pieces[h]` there (slots, drives, free GiB), each of `piece_gib` at `piece_cents`, `piece_mw`; a piece of 0 GiB
    is a slot for one of the problem's modules. With `shared` a host may use what others have, too. `read_mbps[h]`,
    `write_mbps[h]` are what host h gets each way at the utilisation ceiling with all its pieces in use (empty: not stated, and
    not asked), `latency_ns` the least and the greatest time of a read (0, 0: as local memory). `lost_with` is the smallest thing whose
    loss takes memory along. `missing` says what a part does not state: then nothing is compared.
    """

    name: str
    part: str = ""
    pieces: tuple[int, ...] = ()
    piece_gib: int = 0
    piece_cents: int = 0
    piece_mw: int = 0
    read_mbps: tuple[int, ...] = ()
    write_mbps: tuple[int, ...] = ()
    latency_ns: tuple[int, int] = (0, 0)
    shared: bool = False
    lost_with: Literal["piece", "host"] = "piece"
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The problem by the higher reading of what its parts state as a range; `what` names it ("LeoA1000 reads at 32 to 50 GB/s").

    Everything else is as in the problem, which takes the lower one.
    """

    what: str
    hosts: tuple[Host, ...]
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What the comparison needs besides the problem; nothing here bears on the answer.

    `static_gib`, `relet_gib`, `dynamic_gib` are demand by slice and host under each assignment (each like
    `PoolProblem.demand_gib`; empty: not known), `assignment` is the one declared. `free_dimm_slots` is what the hosts declare
    free (None: they do not say). `shelves_cents`, `shelves_mw` are the shelves that hold the candidates: no pool, no shelves.
    `most_latency_ns` bounds a read (0: no bound).
    """

    static_gib: tuple[tuple[int, ...], ...] = ()
    relet_gib: tuple[tuple[int, ...], ...] = ()
    dynamic_gib: tuple[tuple[int, ...], ...] = ()
    free_dimm_slots: int | None = None
    tiers: tuple[Tier, ...] = ()
    assignment: str = ""
    shelves_cents: int = 0
    shelves_mw: int = 0
    most_latency_ns: int = 0
    higher: Reading | None = None


@dataclass(frozen=True, slots=True)
class PoolProblem:
    """One pool. `demand_gib[t][h]`, every slice of time; `shared_gib[t][g]` what the hosts of `sharing[g]` have in common.

    With `one_size` the whole pool has one module size, else each controller its own. `losses` are the promises, `limits`
    the budgets. `allowed` restricts who may share: the hosts of every controller are one of these sets (empty: any).
    `link_mbps` is what one link carries each way at the utilisation ceiling (0: no bound). `churn_cents` is the price of
    a link that differs from an earlier answer. `gap` is the relative gap at which a proof is good enough; `effort` the
    limit in deterministic time.
    """

    address: str
    hosts: tuple[Host, ...]
    controllers: tuple[Controller, ...]
    sites: tuple[Site, ...]
    modules: tuple[Module, ...]
    one_size: bool
    demand_gib: tuple[tuple[int, ...], ...]
    losses: tuple[Loss, ...]
    goals: tuple[Goal, ...]
    sharing: tuple[Sharing, ...] = ()
    shared_gib: tuple[tuple[int, ...], ...] = ()
    limits: tuple[Limit, ...] = ()
    allowed: tuple[tuple[int, ...], ...] = ()
    link_mbps: int = 0
    churn_cents: int = 0
    beside: Beside = Beside()
    gap: float = 0.002
    effort: float = 60.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class DecidedController:
    """A populated controller: `modules` pieces of `module`, `gib` in all.

    A switch has so many modules in each of `devices` (addresses), the populated ones behind it.
    """

    address: str
    module: str
    modules: int
    gib: int
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecidedLink:
    """Host port to controller head, with its cable."""

    port: str
    head: str
    host: int
    controller: str
    cable: Cable


@dataclass(frozen=True, slots=True)
class DecidedShare:
    """What the hosts of `sharing[group]` have in common on one controller, slice by slice of time."""

    group: int
    controller: str
    gib: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PoolDecision:
    """An answer. `slices_gib[t][k]` is what link k carries in slice t; links in natural order of port
    address. With copies (promise "data") a host's slices add up to its demand times the copies.

    `objective` and `bound` are of the first goal; `estimate` is the closed form, a bound known before anything is solved.
    `by_links` has what a large pool comes to with other numbers of links a host.
    """

    controllers: tuple[DecidedController, ...]
    links: tuple[DecidedLink, ...]
    slices_gib: tuple[tuple[int, ...], ...]
    shares: tuple[DecidedShare, ...]
    cost_cents: int
    power_mw: int
    objective: int
    bound: int
    estimate: int
    gap: float
    proved: bool
    effort: float
    interrupted: bool
    by_links: tuple[LinksTried, ...] = ()


#: A kind of requirement. "ports": free ports of the hosts; "links", "least links": bounds on links a host; "candidates":
#: controllers and their heads; "modules": sizes and slots; "reach": cables; "latency": its bound; "survive": a promise;
#: "demand": the memory asked for; "bandwidth": rates; "isolation", "sharing", "shape": who may or must share; "budget".
Family = Literal[
    "ports", "links", "least links", "candidates", "modules", "reach", "latency", "bandwidth",
    "isolation", "sharing", "shape", "survive", "budget", "demand",
]  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One requirement: its family, and which of `losses` ("survive") or `limits` ("budget") it is."""

    family: Family
    which: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """No solution exists. `requirements` are a smallest set that cannot hold together, `families` their kinds, each once.

    `figures` says it with numbers; `relaxations` are changes to one requirement, or to two where no single one is
    enough, that make it solvable, each verified by solving again, cheapest first. With `smallest` it is verified that
    any one of the requirements less would end the conflict; else the effort did not tell for all of them.
    """

    families: tuple[str, ...]
    figures: tuple[str, ...]
    relaxations: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
    smallest: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither an answer nor a proof that there is none within the effort given."""

    effort: float
    interrupted: bool


Outcome = PoolDecision | Conflict | Unknown


@dataclass(frozen=True, slots=True)
class Question:
    """A pool to solve, and the earlier answer that it should stay near."""

    problem: PoolProblem
    prior: PoolDecision | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question, and of the other ways to carry the same demand. Questions and answers are plain data: they
    travel to other processes and machines."""

    outcome: Outcome
    comparison: Comparison = NOTHING
