"""Plugs and cages: one plug a cage, the links of one cable together in it, and fibres of one kind on one transceiver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rackc.compiler.cages import Plugged, is_optical, ports_per_cage
from rackc.compiler.carriers import is_splitter, links_per_unit, ways_of
from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.shape import Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_plugs(planned: Planned) -> Iterator[Diagnostic]:
    """Yield cages that would have to take two plugs, and cables whose links do not keep together."""
    of = planned.plugged
    per_cage = ports_per_cage(planned.model)
    if not len(of.a) or not (of.shared.any() or per_cage.max(initial=1) > 1):
        return
    yield from _narrow(planned, of, per_cage)
    yield from _astray(planned, of)
    yield from _crowded(planned, of)


def _alike(planned: Planned, of: Plugged, wrong: Flags) -> Iterator[tuple[int, int]]:
    """Yield the first of the wrong links of each connection and carrier, and how many there are."""
    at = np.flatnonzero(wrong)
    rows = np.stack((planned.plan.columns.group[of.links[at]], of.carrier[at]))
    _, firsts, counts = np.unique(rows, axis=1, return_index=True, return_counts=True)
    yield from sorted(zip(at[firsts].tolist(), counts.tolist(), strict=True))


def _finding(planned: Planned, of: Plugged, at: int, said: str, hint: str, *also: Label) -> Diagnostic:
    carrier = of.shapes[int(of.carrier[at])]
    labels = (Label(carrier.span, "carrier"), *also)
    return Diagnostic(Code.CAGE, said, Label(planned.joined(int(of.links[at])), "joined here"),
                      tuple(dict.fromkeys(labels)), (hint,))  # fmt: skip


def _port(of: Plugged, at: int, *, first: bool) -> int:
    """Return the port of a link at one end of its carrier."""
    return int((of.b if first == bool(of.turned[at]) else of.a)[at])


def _narrow(planned: Planned, of: Plugged, per_cage: Ints) -> Iterator[Diagnostic]:
    """A cable of several links needs a cage with as many ports at its first end."""
    port = np.where(of.turned, of.b, of.a)
    holds = per_cage[planned.model.port_group[port]]
    several = np.array([links_per_unit(shape) for shape in of.shapes], np.int64)[of.carrier]
    for at, _ in _alike(planned, of, of.shared & (holds < several)):
        end = _port(of, at, first=True)
        interface = planned.model.interface(end)
        name, carries = of.shapes[int(of.carrier[at])].name, int(several[at])
        yield _finding(planned, of, at, f"`{name}` carries {carries} links from one cage; that of {planned.model.port_address(end)} "
                       f"holds {int(holds[at])}", f"say `ports_per_cage = {carries}` of the port, or use a cable of one link",
                       Label(interface.spans.get("ports_per_cage", interface.span), "the port"))  # fmt: skip


def _astray(planned: Planned, of: Plugged) -> Iterator[Diagnostic]:
    """The links of one cable end in as many cages as it has ways."""
    pairs = np.unique(np.stack((of.unit, of.second)), axis=1)
    ends = np.bincount(pairs[0], minlength=len(of.unit))[of.unit]
    ways = np.array([ways_of(shape)[1] for shape in of.shapes], np.int64)[of.carrier]
    for at, _ in _alike(planned, of, of.shared & (ends > ways)):
        legs = np.flatnonzero(of.unit == of.unit[at])
        other = next(k for k in legs.tolist() if of.second[k] != of.second[at])
        begin, one, two = (planned.model.port_address(p) for p in (
            _port(of, at, first=True), _port(of, at, first=False), _port(of, other, first=False)))  # fmt: skip
        name = of.shapes[int(of.carrier[at])].name
        yield _finding(planned, of, at, f"one `{name}` leads from the cage of {begin} to {int(ends[at])} cages and has {int(ways[at])} "
                       f"way{'s' if ways[at] > 1 else ''}: {one} and {two}", "join ports of one cage to ports of one cage, or use a splitter",
                       Label(planned.joined(int(of.links[other])), "and here"))  # fmt: skip


def _crowded(planned: Planned, of: Plugged) -> Iterator[Diagnostic]:
    """A cage takes one plug: a cable, or a transceiver with its fibres, which are all straight or all split."""
    optical = np.array([is_optical(shape) for shape in of.shapes], bool)[of.carrier]
    split = np.array([is_splitter(shape) for shape in of.shapes], bool)[of.carrier]
    # A transceiver is one plug whatever fibres are on it; a cable is the unit that it is.
    plug = np.tile(np.where(optical, -1, of.unit), 2)
    cage, link = np.concatenate(of.ends), np.tile(np.arange(len(of.a)), 2)
    order = np.argsort(cage, kind="stable")
    near = np.flatnonzero(cage[order][1:] == cage[order][:-1])
    one, two = link[order[near]], link[order[near + 1]]
    crowded = plug[order[near]] != plug[order[near + 1]]
    yield from _pairs(planned, of, one[crowded], two[crowded], cage[order[near]][crowded], Code.CAGE)
    mixed = ~crowded & optical[one] & (split[one] != split[two])
    yield from _pairs(planned, of, one[mixed], two[mixed], cage[order[near]][mixed], Code.FIBRES_MIXED)


def _pairs(planned: Planned, of: Plugged, one: Ints, two: Ints, cage: Ints, code: Code) -> Iterator[Diagnostic]:
    """Yield one finding for each pair of connections whose links meet in a cage and must not."""
    group = planned.plan.columns.group
    rows = np.stack((group[of.links[one]], group[of.links[two]], of.carrier[one], of.carrier[two]))
    _, firsts, counts = np.unique(rows, axis=1, return_index=True, return_counts=True)
    for at, count in sorted(zip(firsts.tolist(), counts.tolist(), strict=True)):
        a, b = int(one[at]), int(two[at])
        names = [of.shapes[int(of.carrier[k])] for k in (a, b)]
        where = planned.model.port_address(int(cage[at])) + (f" (and {count - 1:,} like it)" if count > 1 else "")
        here, there = (planned.joined(int(of.links[k])) for k in (b, a))
        also = (Label(there, "first"),) if there != here else (Label(names[0].span, "carrier"),)
        yield Diagnostic(code, _said(code, where, names), Label(here, "second" if there != here else "both"), also,
                         (_HINTS[code],))  # fmt: skip


_HINTS = {
    Code.CAGE: "use one cable that carries the links of the cage (`links_per_unit`), or ports of another cage",
    Code.FIBRES_MIXED: "use fibres of one kind there, or ports of another cage",
}


def _said(code: Code, where: str, carriers: list[Shape]) -> str:
    a, b = (f"`{carrier.name}`" for carrier in carriers)
    if code is Code.FIBRES_MIXED:
        return f"the transceiver in the cage of {where} takes {a} and {b}: a straight fibre and a splitter"
    return f"the cage of {where} would take two plugs: {a} and {b}"
