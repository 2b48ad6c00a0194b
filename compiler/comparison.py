"""What an answer is worth beside other ways to carry the same demand: plain data, kept in the lock and shown in reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What may be scaled until the verdict turns: the prices of all controllers, of all modules, the memory asked for.
Scaled = Literal["controller price", "module price", "demand"]

#: A gap beyond this is told beside a figure.
ROUGH: Final = 0.0051

#: What the size of a pool follows from.
Decider = Literal["peak of the sum", "one host's peak", "links", "other"]


@dataclass(frozen=True, slots=True)
class Sized:
    """What a way to carry the demand takes: `devices` are controllers, modules, drives or whatever may be lost of it.

    `gap` is how far below its cost the proved bound lies; 0 where it is exact.
    """

    cost_cents: int
    gib: int
    devices: int
    power_mw: int
    gap: float = 0.0

    @property
    def rough(self) -> bool:
        """Whether it was found in the effort given, and noticeably less may do."""
        return self.gap > ROUGH


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to carry the demand: the pool itself under one assignment (`pooled`), or something in its place.

    `intact` is sized for no loss at all, `lost` for the losses promised, for one device where nothing is; None: it cannot.
    A `choice` holds the same promise and the same rates with what the design has; `why` says what another lacks. The pool
    under an assignment that is not the declared one is no choice. `latency_ns` is the least and greatest time of a read, `read_mbps`
    and `write_mbps` what the worst-off host gets at the utilisation ceiling; None: not known. `shelves`: it needs those of the candidates.
    """

    name: str
    pooled: bool
    intact: Sized | None
    lost: Sized | None
    device: str
    choice: bool
    why: str = ""
    note: str = ""
    latency_ns: tuple[int, int] | None = None
    read_mbps: int | None = None
    write_mbps: int | None = None
    shelves: bool = False


@dataclass(frozen=True, slots=True)
class Flip:
    """Where the verdict turns when something is scaled: at `factor` times what is stated, None: not within a factor of 3.

    On the `side` of the factor away from what is stated the verdict is `then`. `cents` is the scaled price of the first controller
    site, or of the module that is fitted; `closed_form` says that no design was solved for it.
    """

    of: Scaled
    factor: float | None
    side: Literal["", "above", "below"] = ""
    then: Literal["", "pool", "do not pool"] = ""
    cents: int | None = None
    closed_form: bool = False


@dataclass(frozen=True, slots=True)
class LinksTried:
    """The best pool found with so many `links` a host; 0: no pool, but controllers of its own for each host.

    `devices` are populated, `gib` and `cost_cents` of all of them with cables. `saving_cents` is against no pool, with the same parts
    and at the same `survive` (None: that is impossible); below 0 the pool loses. What cannot be built has `why`, and zeros.
    """

    links: int
    devices: int
    gib: int
    cost_cents: int
    saving_cents: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds: hosts (numbers) with a link at every port, sites (names) with every candidate fitted, what decides the size.

    `loss_cents` is what the promise of a loss adds to the cost; None where nothing is promised, or it is not known.
    """

    full_hosts: tuple[int, ...] = ()
    full_sites: tuple[str, ...] = ()
    deciders: tuple[Decider, ...] = ()
    loss_cents: int | None = None


@dataclass(frozen=True, slots=True)
class HigherReading:
    """The answer by the higher reading of what parts state as a range: `what` is that; None figures: no pool by it either."""

    what: str
    links: int | None
    cost_cents: int | None
    pays: bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer in its context.

    `declared` names the rival that is the pool as answered. It `pays` if it costs less than every choice; None: there is
    none to compare with. `against` is the cheapest choice, `margin_cents` what the pool saves against it, shelves counted. `asked`
    is the row that the promises ask for. `sum_of_peaks_gib` over `peak_of_sum_gib` is the multiplexing gain, of demand without headroom.
    """

    rivals: tuple[Rival, ...] = ()
    declared: str = ""
    asked: Literal["intact", "lost"] = "lost"
    pays: bool | None = None
    against: str = ""
    margin_cents: int = 0
    shelves_cents: int = 0
    sum_of_peaks_gib: int = 0
    peak_of_sum_gib: int = 0
    flips: tuple[Flip, ...] = ()
    binding: Binding = Binding()
    higher: HigherReading | None = None

    def rival(self, name: str) -> Rival | None:
        """Return a rival by name."""
        return next((one for one in self.rivals if one.name == name), None)

    def asked_of(self, rival: Rival) -> Sized | None:
        """Return the row of a rival that the promises ask for."""
        return rival.lost if self.asked == "lost" else rival.intact

    @property
    def gain(self) -> float:
        """The multiplexing gain: the sum of the hosts' own peaks over the peak of their sum; 1 where all peak together."""
        return self.sum_of_peaks_gib / self.peak_of_sum_gib if self.peak_of_sum_gib else 1.0

    @property
    def verdict(self) -> str:
        """The verdict in words, empty where there is nothing to compare with."""
        return "" if self.pays is None else "pool" if self.pays else "do not pool"


#: Nothing was compared.
NOTHING: Final = Comparison()
