"""What a pattern gets and gives: bundles of ports in, pairs of ports out. A count that does not come out is a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from rackc.compiler.shape import Shape
from rackc.compiler.values import Fault, Offsets, fault
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span

#: Two arrays of one length: port k of the first is joined to port k of the second.
Pairs = tuple[Offsets, Offsets]
#: Ports that are joined, or looked through, at the price of one step.
PORTS_A_STEP: Final = 200
#: Ports by owner.
Bundles = tuple[Offsets, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a built-in pattern: whole numbers and ratios by name, and the sizes of a grid."""

    counts: Mapping[str, int] = field(default_factory=dict)
    ratios: Mapping[str, Fraction] = field(default_factory=dict)
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """What is to be joined: two sides, or one set with itself (`right` is None).

    Ports are offsets in `shape`, which knows their names; `span` is what a finding points at.
    """

    left: Bundles
    right: Bundles | None
    shape: Shape
    span: Span

    @property
    def sides(self) -> int:
        """How many sides there are."""
        return 1 if self.right is None else 2

    @property
    def size(self) -> int:
        """How many ports there are on both sides."""
        return sum(map(len, (*self.left, *(self.right or ()))))

    @property
    def others(self) -> Bundles:
        """The right side of a connection that has one."""
        assert self.right is not None
        return self.right

    def owner(self, bundle: Offsets) -> str:
        """Return the name of what a bundle's ports sit on."""
        return names_of(self.shape, int(bundle[0]))[0] if len(bundle) else "one of them"

    def ports(self, ports: Offsets | Sequence[int]) -> str:
        """Return the names of ports in short: one, two, or the first and the last."""
        ends = [".".join(names_of(self.shape, int(port))) for port in (ports[0], ports[-1])]
        return ends[0] if len(ports) == 1 else (" and " if len(ports) == 2 else " to ").join(ends)

    def owners(self, bundles: Sequence[Offsets]) -> str:
        """Return the names of the owners of bundles in short."""
        ends = [self.owner(bundles[0]), self.owner(bundles[-1])]
        return ends[0] if ends[0] == ends[1] else (" and " if len(bundles) == 2 else " to ").join(ends)

    def unequal(self, message: str, label: str, *hints: str) -> Fault:
        """Return the finding for counts that do not come out."""
        return fault(Code.UNEQUAL, message, self.span, label, *hints)

    def exactly(self, bundles: Bundles, side: str, wanted: int, why: str, way_out: Callable[[int], str]) -> Offsets:
        """Return bundles of `wanted` ports as the rows of a table; raises Fault where one has more or fewer.

        `why` says what the ports are for, `way_out` what to do with the ports that a bundle has.
        """
        sizes = lengths(bundles)
        wrong = np.flatnonzero(sizes != wanted)
        if len(wrong):
            bundle = bundles[int(wrong[0])]
            rest = len(bundle) - wanted
            on = f" on the {side}" if side else ""
            raise self.unequal(
                f"each of the {len(bundles)}{on} needs {counted(wanted, 'port')}, {why}; {self.owner(bundle)} has {len(bundle)}",
                f"left over: {self.ports(bundle[wanted:])}" if rest > 0 else f"{-rest} missing",
                way_out(len(bundle)),
            )  # fmt: skip
        return np.concatenate(bundles).reshape(len(bundles), wanted)

    def at_least(self, bundles: Bundles, wanted: int, why: str, way_out: Callable[[], str]) -> Offsets:
        """Return the first `wanted` ports of each bundle as the rows of a table; raises Fault where one has fewer."""
        short = np.flatnonzero(lengths(bundles) < wanted)
        if len(short):
            bundle = bundles[int(short[0])]
            missing = wanted - len(bundle)
            raise self.unequal(f"{self.owner(bundle)} needs {counted(wanted, 'port')}, {why}, and has {len(bundle)}",
                               f"{missing} missing", way_out())  # fmt: skip
        return np.concatenate([bundle[:wanted] for bundle in bundles]).reshape(len(bundles), wanted)


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number of things: `1 port`, `2 ports`."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def lengths(bundles: Bundles) -> Offsets:
    """Return how many ports each bundle has."""
    return np.fromiter(map(len, bundles), np.int64, len(bundles))


def columns(sizes: Offsets) -> Offsets:
    """Return, for bundles of these sizes laid end to end, the place of each port in its bundle."""
    starts = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum()), dtype=np.int64) - np.repeat(starts, sizes)


def names_of(shape: Shape, port: int) -> tuple[str, str]:
    """Return the names of a port's owner and of the port, as seen from the shape whose offset it is."""
    path: list[str] = []
    while True:
        child = next((c for c in shape.children
                      if 0 <= port - c.port_offset < c.size * c.shape.port_count), None)  # fmt: skip
        if child is None:
            break
        at, port = divmod(port - child.port_offset, child.shape.port_count)
        key = child.keys()[at]
        path.append(child.name if key is None else f"{child.name}[{key}]")
        shape = child.shape
    group = next(g for g in shape.ports if 0 <= port - g.offset < (1 if g.count is None else g.count))
    own = group.name if group.count is None else f"{group.name}[{port - group.offset}]"
    return ".".join(path) or shape.name, own


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a built-in pattern: a whole number from 1, or a ratio above 0.

    Without a default it must be given, unless it is optional.
    """

    name: str
    default: int | None = None
    optional: bool = False
    ratio: bool = False


#: How many parallel links stand where one would do.
LINKS: Final = Option("links", 1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A built-in pattern: how it joins, whether it takes one side, two or either, and its options.

    `sizes` says whether it may or must be given the sizes of a grid, as unnamed arguments.
    """

    run: Callable[[Joining, Given], Pairs]
    sides: tuple[int, ...]
    options: tuple[Option, ...] = ()
    sizes: Literal["", "may", "must"] = ""
