"""Space beyond places: units that nothing may take, and things deeper or wider than their rack."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.places import height_of, pitch_of
from rackc.compiler.shape import ChildGroup, Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import Quantity


def check_space(model: Model) -> Iterator[Diagnostic]:
    """Yield racks with less room than what stands in them takes; each kind of rack is looked at once."""
    for _, shape, rows in model.standing():
        if shape.kind == "rack":
            yield from _units(model.address(int(rows[0])), shape)
            yield from _sizes(shape)


def _standing(rack: Shape) -> list[ChildGroup]:
    return [group for group in rack.children if group.position_kind in ("u", "ou")]


def _units(address: str, rack: Shape) -> Iterator[Diagnostic]:
    """The heights of all that stands in a rack come to its usable units at most: those that are not reserved (R1)."""
    units, reserved = rack.values.get("units"), rack.values.get("units_reserved")
    if not isinstance(units, Quantity) or not isinstance(reserved, Quantity):
        return
    usable, pitch = max(int(units.value - reserved.value), 0), pitch_of(rack)[0]
    taken = sum(group.size * (height_of(group.shape) or (1, ""))[0] for group in _standing(rack))
    if taken > usable:
        yield Diagnostic(Code.UNITS, f"{taken} {pitch} stand in {address or rack.name}; {usable} of its {units.value} are usable",
                         Label(rack.span, "the rack"),
                         (Label(rack.spans.get("units_reserved", rack.span), f"{reserved.value} are reserved"),),
                         (f"take out what is {taken - usable} {pitch} high",))  # fmt: skip


def _sizes(rack: Shape) -> Iterator[Diagnostic]:
    """A thing is as deep and as wide as its rack at most (ORv3: 1,068 mm deep, 537 mm wide inside, OCP-RACK, OCP-WIKI)."""
    room = (("depth", "deep", figure(rack, "depth", "mm", "low")),
            ("width", "wide", figure(rack, "inner_width", "mm", "low") or figure(rack, "width", "mm", "low")))  # fmt: skip
    for group in _standing(rack):
        for name, word, limit in room:
            size = figure(group.shape, name, "mm", "high")
            if size is not None and limit is not None and size > limit:
                yield Diagnostic(Code.TOO_LARGE_FOR_RACK, f"`{group.name}` is {size:,.0f} mm {word}; `{rack.name}` has room for {limit:,.0f} mm",
                                 Label(group.span), (Label(rack.span, "the rack"),),
                                 ("use a larger rack, or a smaller part",))  # fmt: skip
