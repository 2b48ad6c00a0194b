"""Where things stand: rack positions of instances, from `at` and heights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.model import Model
from rackc.compiler.plan import Place
from rackc.compiler.shape import ChildGroup, Shape
from rackc.compiler.values import described
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import Quantity

_PITCH_MM: Final = {"U": 44.45, "OU": 48.0}  # OCP-RACK


def pitch_of(rack: Shape) -> tuple[str, float]:
    """Return a rack's pitch, its name and its millimetres."""
    name = rack.values.get("pitch", "U")
    name = name if isinstance(name, str) and name in _PITCH_MM else "U"
    height = rack.values.get("pitch_height")
    return name, height.to("mm") if isinstance(height, Quantity) else _PITCH_MM[name]


def height_of(shape: Shape) -> tuple[int, str] | None:
    """Return a thing's height and its pitch (`U` or `OU`), None where it states none."""
    height = shape.values.get("height")
    if not isinstance(height, Quantity):
        return None
    for unit in _PITCH_MM:
        if height.dimension == ((unit, 1),):
            return max(1, -(-height.value.numerator // height.value.denominator)), unit
    return None


def places(model: Model) -> dict[int, Place]:
    """Return the place of every instance that stands in a rack of its own right."""
    found: dict[int, Place] = {}
    for instance in range(len(model.parent)):
        group = model.group_at(instance)
        if group is None or group.position_kind not in ("u", "ou"):
            continue
        rack = int(model.parent[instance])
        if model.shape_at(rack).kind != "rack":
            continue
        unit = group.positions[model.ordinal[instance]]
        height = (height_of(group.shape) or (1, ""))[0]
        _, mm = pitch_of(model.shape_at(rack))
        found[instance] = Place(rack, unit, height, mm, (unit - 1 + height / 2) * mm)
    return found


def check_places(model: Model) -> Iterator[Diagnostic]:
    """Yield what stands outside its rack, in another pitch, on top of something else, or nowhere."""
    placed = places(model)
    absurd = list(_absurd(model))
    yield from absurd
    if absurd:
        return
    yield from _misfits(model, placed)
    yield from _overlaps(model, placed)
    yield from _slots(model)
    yield from _homeless(model, placed)


#: No rack is higher; a height beyond it has a digit or a unit too many.
MAX_UNITS: Final = 1_000


def _absurd(model: Model) -> Iterator[Diagnostic]:
    """Yield heights that are none: of another kind, negative, or beyond any rack."""
    told: set[int] = set()
    for instance in range(len(model.parent)):
        group = model.group_at(instance)
        if group is None or id(group.shape) in told or model.shape_at(int(model.parent[instance])).kind != "rack":
            continue
        told.add(id(group.shape))
        height = group.shape.values.get("height")
        if height is None:
            continue
        label = Label(group.shape.spans.get("height", group.shape.span), "stated here")
        if height_of(group.shape) is None:
            what = model.address(instance)
            yield Diagnostic(
                Code.UNIT_MISMATCH, f"the height of {what} is {described(height)}; a rack counts in U or OU", label,
                (Label(group.span, "stands in a rack"),), ("write `height = 1 U`",),
            )  # fmt: skip
        elif not 0 < height.value <= MAX_UNITS:
            yield Diagnostic(
                Code.OUTSIDE, f"the height of {model.address(instance)} is {height}", label,
                (Label(group.span, "stands in a rack"),), (f"a height is more than 0 and at most {MAX_UNITS:,}",),
            )  # fmt: skip


def _slots(model: Model) -> Iterator[Diagnostic]:
    """Yield slots of one thing that are taken twice, and rack units claimed inside what is no rack."""
    told: set[int] = set()
    for shape in model.shapes:
        taken: dict[int, ChildGroup] = {}
        for group in shape.children:
            if group.position_kind in ("u", "ou") and shape.kind != "rack":
                yield Diagnostic(
                    Code.UNPLACED, f"`{group.name}` stands at a rack unit, but `{shape.name}` is a {shape.kind}, not a rack",
                    Label(group.span), (Label(shape.span, "no rack"),), ("write `at slot(…)`, or put it in a rack",),
                )  # fmt: skip
            for position in group.positions if group.position_kind == "slot" else ():
                first = taken.setdefault(position, group)
                again = first is not group or group.positions.count(position) > 1
                if again and id(group) not in told:
                    told.add(id(group))
                    yield Diagnostic(
                        Code.OVERLAP, f"`{group.name}` and `{first.name}` both stand in slot {position} of `{shape.name}`",
                        Label(group.span, "second"), () if first is group else (Label(first.span, "first"),),
                        ("give each a slot of its own",),
                    )  # fmt: skip


def _misfits(model: Model, placed: dict[int, Place]) -> Iterator[Diagnostic]:
    for instance, place in placed.items():
        group, rack = model.group_at(instance), model.shape_at(place.rack)
        assert group is not None
        pitch, _ = pitch_of(rack)
        units = rack.values.get("units")
        limit = int(units.value) if isinstance(units, Quantity) else None
        top = place.unit + place.height - 1
        if place.unit < 1 or (limit is not None and top > limit):
            where = f"{pitch}{place.unit}" + (f" to {pitch}{top}" if top > place.unit else "")
            has = (
                f"`{rack.name}` has {pitch}1 to {pitch}{limit}" if limit is not None else f"the lowest unit is {pitch}1"
            )
            yield Diagnostic(
                Code.OUTSIDE, f"{model.address(instance)} stands at {where}, outside the rack",
                Label(group.span, f"{place.height} {pitch} high"), (Label(rack.span, "the rack"),), (has,),
            )  # fmt: skip
        height = height_of(group.shape)
        if group.position_kind.upper() != pitch or (height is not None and height[1] != pitch):
            said = height[1] if height is not None and height[1] != pitch else group.position_kind.upper()
            yield Diagnostic(
                Code.PITCH, f"{model.address(instance)} is measured in {said}, its rack in {pitch}", Label(group.span),
                (Label(rack.spans.get("pitch", rack.span), "the rack"),),
                hints=(f"1 U is 44.45 mm and 1 OU is 48 mm: use a part of {pitch} pitch and `at {pitch.lower()}(…)`",),
            )  # fmt: skip


def _overlaps(model: Model, placed: dict[int, Place]) -> Iterator[Diagnostic]:
    taken: dict[tuple[int, int], int] = {}
    told: set[tuple[int, int]] = set()
    for instance, place in placed.items():
        group = model.group_at(instance)
        assert group is not None
        for unit in range(place.unit, place.unit + place.height):
            other = taken.setdefault((place.rack, unit), instance)
            if other == instance or (other, instance) in told:
                continue
            told.add((other, instance))
            first = model.group_at(other)
            assert first is not None
            yield Diagnostic(
                Code.OVERLAP, f"{model.address(instance)} and {model.address(other)} both stand at unit {unit}",
                Label(group.span, "second"), also=() if first is group else (Label(first.span, "first"),),
                hints=(f"free units: {_free(model, placed, place.rack)}",),
            )  # fmt: skip


def _free(model: Model, placed: dict[int, Place], rack: int) -> str:
    units = model.shape_at(rack).values.get("units")
    last = min(int(units.value), MAX_UNITS) if isinstance(units, Quantity) else 0
    used = {u for p in placed.values() if p.rack == rack for u in range(p.unit, p.unit + p.height)}
    return ranges([u for u in range(1, last + 1) if u not in used]) or "none"


def ranges(numbers: list[int]) -> str:
    """Return `5-12, 22-31` for a sorted list of numbers."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _homeless(model: Model, placed: dict[int, Place]) -> Iterator[Diagnostic]:
    told: set[int] = set()
    for instance in range(len(model.parent)):
        group = model.group_at(instance)
        if group is None or instance in placed or height_of(group.shape) is None:
            continue
        parent = model.shape_at(int(model.parent[instance]))
        if parent.kind == "rack" and id(group) not in told:
            told.add(id(group))
            yield Diagnostic(
                Code.UNPLACED, f"{model.address(instance)} has a height but no place", Label(group.span),
                hints=("say where it stands: `at u(…)`, the lowest unit, counted from 1 at the floor",),
            )  # fmt: skip
