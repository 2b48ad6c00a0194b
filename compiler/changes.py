"""What an answer changes against an earlier one, as the person with the cables in hand sees it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from rackc.compiler.optimize.problem import DecidedController, DecidedLink, PoolDecision, PoolProblem


@dataclass(frozen=True, slots=True)
class Ends:
    """A link as it is made: host port, head of a controller, cable."""

    port: str
    head: str
    carrier: str
    length_mm: int


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link that is not as it was. "moved" has another end, "recabled" the same ends and another cable."""

    kind: Literal["moved", "recabled", "added", "removed"]
    before: Ends | None
    after: Ends | None


@dataclass(frozen=True, slots=True)
class Fill:
    """What a controller holds: so many modules (in each of `devices`, behind a switch), and their memory in all."""

    module: str
    modules: int
    gib: int
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FillChange:
    """A controller whose modules are not as they were; None: it holds none."""

    controller: str
    before: Fill | None
    after: Fill | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A pool in numbers."""

    cost_cents: int
    power_mw: int
    gib: int
    links: int


@dataclass(frozen=True, slots=True)
class PoolChange:
    """What changes in one pool. `before` is None for a new pool, `after` for one that is gone."""

    address: str
    links: tuple[LinkChange, ...]
    controllers: tuple[FillChange, ...]
    before: Figures | None
    after: Figures | None

    @property
    def changed(self) -> bool:
        """Whether there is anything to do in the rack."""
        return bool(self.links or self.controllers)


def compare(
    address: str, before: PoolDecision | None, after: PoolDecision | None, problem: PoolProblem | None
) -> PoolChange:
    """Return what changes in a pool; `problem` (the later one) says which ports are of one host."""
    owner = {port: host.address for host in problem.hosts for port in host.ports} if problem is not None else {}
    return PoolChange(
        address, _links(before.links if before else (), after.links if after else (), owner),
        _fills(before.controllers if before else (), after.controllers if after else ()), _figures(before), _figures(after),
    )  # fmt: skip


def _links(
    before: tuple[DecidedLink, ...], after: tuple[DecidedLink, ...], owner: dict[str, str]
) -> tuple[LinkChange, ...]:
    """Pair links with what they were: by both ends, by host and controller, by port, by host; what is left is new, or gone."""
    old, new = list(before), list(after)
    found: list[LinkChange] = []
    keys: tuple[Callable[[DecidedLink], Hashable], ...] = (
        lambda link: (link.port, link.head),
        lambda link: (owner.get(link.port, link.port), link.controller),
        lambda link: link.port,
        lambda link: owner.get(link.port, link.port),
    )
    for key in keys:
        for link in list(new):
            was = next((one for one in old if key(one) == key(link)), None)
            if was is not None:
                old.remove(was)
                new.remove(link)
                found += _changed(_ends(was), _ends(link))
    found += [LinkChange("removed", _ends(one), None) for one in old]
    found += [LinkChange("added", None, _ends(one)) for one in new]
    return tuple(found)


def _changed(before: Ends, after: Ends) -> list[LinkChange]:
    if before == after:
        return []
    same = (before.port, before.head) == (after.port, after.head)
    return [LinkChange("recabled" if same else "moved", before, after)]


def _ends(link: DecidedLink) -> Ends:
    return Ends(link.port, link.head, link.cable.carrier, link.cable.length_mm)


def _fills(before: tuple[DecidedController, ...], after: tuple[DecidedController, ...]) -> tuple[FillChange, ...]:
    """Return the controllers that hold something else, those of the earlier answer first."""
    old, new = ({one.address: _fill(one) for one in some} for some in (before, after))
    rows = (FillChange(address, old.get(address), new.get(address)) for address in {**old, **new})
    return tuple(row for row in rows if row.before != row.after)


def _fill(one: DecidedController) -> Fill:
    return Fill(one.module, one.modules, one.gib, one.devices)


def _figures(decision: PoolDecision | None) -> Figures | None:
    if decision is None:
        return None
    gib = sum(one.gib for one in decision.controllers)
    return Figures(decision.cost_cents, decision.power_mw, gib, len(decision.links))
