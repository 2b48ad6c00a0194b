"""Interleave sets of CXL memory, as encoded by the specification and read by Linux (drivers/cxl, CXL-LINUX).

A region is stated on a host's tray, a controller or a pool, a root window on a processor: `interleave` (ways),
`granularity` (bytes in a row on one target), `region` and `region_base` (bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rackc.compiler.shape import Shape
from rackc.dsl.source import Span
from rackc.dsl.units import NONE, Dimension, Quantity

#: Ways that there are, with the code of each (eIW).
WAYS: Final = {1: 0, 2: 1, 3: 8, 4: 2, 6: 9, 8: 3, 12: 10, 16: 4}
#: Ways that a target need not support: it says so in capability bits 11 and 12.
CAPABILITY: Final = frozenset((3, 6, 12, 16))
#: Granularities that there are: 256 << eIG.
GRANULARITIES: Final = tuple(256 << code for code in range(7))
#: A host's windows lie at multiples of 256 MiB and have such sizes (CXL-CFMWS).
ALIGNMENT: Final = 256 << 20

_BYTES: Final[Dimension] = (("B", 1),)
#: What a region is stated by, and in what.
ATTRIBUTES: Final[dict[str, Dimension]] = {
    "interleave": NONE, "granularity": _BYTES, "region": _BYTES, "region_base": _BYTES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    """What one definition or pool states, None for what it does not; `span` is the whole of it."""

    ways: int | None
    granularity: int | None
    size: int | None
    base: int | None
    spans: Mapping[str, Span]
    span: Span

    def at(self, name: str) -> Span:
        """Return where an attribute is stated."""
        return self.spans.get(name, self.span)


def whole(value: Any, dimension: Dimension = NONE) -> int | None:
    """Return a whole figure in its base unit, None for anything else."""
    right = isinstance(value, Quantity) and value.dimension == dimension and value.value.denominator == 1
    return int(value.value) if right else None


def region(values: Mapping[str, Any], spans: Mapping[str, Span], span: Span) -> Region | None:
    """Return the region that attributes state, None where they state nothing of one."""
    if not any(name in values for name in ATTRIBUTES):
        return None
    ways, granularity, size, base = (whole(values.get(name), kind) for name, kind in ATTRIBUTES.items())
    return Region(ways, granularity, size, base, spans, span)


def numbers(shape: Shape, name: str) -> tuple[int, ...]:
    """Return a list of whole numbers of a shape, empty where it states none."""
    value = shape.values.get(name)
    found = [whole(one) for one in value] if isinstance(value, tuple) else []
    return tuple(one for one in found if one is not None)


def address_bits(ways: int, granularity: int) -> tuple[int, int] | None:
    """Return the lowest and highest bit of a host address that choose the target, None where none do (1 and 3 ways).

    With 2, 4, 8 or 16 ways the bits eIG + 8 to eIG + eIW + 7; with 6 or 12, where a division by three chooses the rest,
    eIG + 8 to eIG + eIW - 1.
    """
    code, low = WAYS[ways], GRANULARITIES.index(granularity) + 8
    high = low - 1 + code if code < 8 else low - 9 + code
    return (low, high) if high >= low else None
