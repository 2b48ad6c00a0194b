"""Where things stand: rack positions of instances, from `at` and heights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.plan import Place
from rackc.compiler.shape import ChildGroup, Shape
from rackc.compiler.standing import ROOTS
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


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything stands: columns by instance.

    `rack` is -1 for what has no place of its own. `tray` is the thing with a place that holds an instance (itself, or
    the root where there is none), `holder` the nearest tray or shelf, or what stands directly in a rack, row, pod or
    the design. Of racks, `nth` counts them through the design, `row` is what they stand in a row of (-1 for none),
    `ends_m` what cables need at their ends, and `width_m` is how wide they are. Of rows, `nth` counts them too,
    `first` is that of the first rack, `hall` what holds the row, and `row_pitch_m` how far it is to the next (nan: not said).
    `channel_m` is how far a rack's side channels are from the middle of its face (nan: it states none), with `slack_m` for
    both ends of a cable in them together; `across_m` is how far each thing stands from that middle, by its slot.
    """

    rack: Ints
    unit: Ints
    height: Ints
    pitch_mm: Floats
    tray: Ints
    holder: Ints
    nth: Ints
    row: Ints
    ends_m: Floats
    width_m: Floats
    first: Ints
    hall: Ints
    row_pitch_m: Floats
    channel_m: Floats
    slack_m: Floats
    across_m: Floats

    @property
    def middle_mm(self) -> Floats:
        """The height of each thing's vertical middle above the first unit's lower edge."""
        return (self.unit - 1 + self.height / 2) * self.pitch_mm

    def __contains__(self, instance: int) -> bool:
        return bool(self.rack[instance] >= 0)

    def get(self, instance: int) -> Place | None:
        """Return where one thing stands, None where it has no place of its own."""
        rack, unit, height = int(self.rack[instance]), int(self.unit[instance]), int(self.height[instance])
        if rack < 0:
            return None
        pitch = float(self.pitch_mm[instance])
        return Place(rack, unit, height, pitch, (unit - 1 + height / 2) * pitch)

    def routed_m(self, left: Ints, right: Ints) -> Floats:
        """Return the length in metres that a cable needs between things of `left` and of `right`; nan where unknown.

        Routed length = vertical distance between the middles + exit and entry + slack, both ends together (the rack's
        `cable_exit` and `cable_slack`); to another rack of the same row, its width for each rack stepped over besides.
        To another row it is the `row_pitch` that rows state, for each row crossed, and along the rows as within one; without it
        nothing says how far it is. Inside one tray nobody routes a cable.

        Where racks state where their side channels are (`cable_channel`), a cable runs in these instead, port to port: in one
        rack out to the nearer channel and in again, to another through the channel between them; then only the slack is added.
        """
        a, b = self.tray[left], self.tray[right]
        near, far = self.rack[a], self.rack[b]
        known = (near >= 0) & (far >= 0) & (a != b)
        middle = self.middle_mm
        vertical = np.abs(middle[a] - middle[b]) / 1000
        ends = (self.ends_m[near] + self.ends_m[far]) / 2
        sideways = self._sideways_m(near, far)
        over = np.where(np.isnan(self.channel_m[near] + self.channel_m[far]), ends + sideways,
                        self._channelled_m(left, right, near, far, sideways))  # fmt: skip
        return np.where(known, vertical + over, np.nan)

    def _channelled_m(self, left: Ints, right: Ints, near: Ints, far: Ints, apart: Floats) -> Floats:
        """Return the way across through side channels, with slack; `apart` is how far the racks stand from each other.

        Racks of a row are numbered from left to right, and things in them seen from their front.
        """
        x, y = self.across_m[left], self.across_m[right]
        channel = (self.channel_m[near] + self.channel_m[far]) / 2
        inside = np.minimum(np.abs(channel - x) + np.abs(channel - y), np.abs(channel + x) + np.abs(channel + y))
        # The racks further right: what stands right of the middle there is further, of the left rack nearer.
        between = np.abs(apart + np.where(self.nth[far] >= self.nth[near], y - x, x - y))
        return np.where(near == far, inside, between) + (self.slack_m[near] + self.slack_m[far]) / 2

    def _sideways_m(self, near: Ints, far: Ints) -> Floats:
        """Return how far racks stand from each other on the floor, along their rows and across them; nan where unknown."""
        rows, others = self.row[near], self.row[far]
        same, both = rows == others, (rows >= 0) & (others >= 0)
        along = np.abs(self.nth[near] - self.nth[far])
        beside = np.abs((self.nth[near] - self.first[rows]) - (self.nth[far] - self.first[others]))
        across = np.abs(self.nth[rows] - self.nth[others]) * np.maximum(
            self.row_pitch_m[rows], self.row_pitch_m[others]
        )
        elsewhere = np.where(
            both & (self.hall[rows] == self.hall[others]), beside * self.width_m[near] + across, np.nan
        )
        return np.where(same, along * self.width_m[near], elsewhere)

    def apart(self, left: Ints, right: Ints) -> Flags:
        """Return whether things are in different trays, as far as trays have places or there are trays at all."""
        a, b = self.tray[left], self.tray[right]
        found: Flags = (a != b) | ((self.rack[a] < 0) & (self.holder[left] != self.holder[right]))
        return found


def places(model: Model) -> Places:
    """Return where everything stands."""
    count = len(model.parent)
    rack, unit, height, nth, row = (np.full(count, -1, np.int64) for _ in range(5))
    pitch, ends, width, slack = (np.zeros(count) for _ in range(4))
    row_pitch, channel = (np.full(count, np.nan) for _ in range(2))
    for _, shape, racks in model.standing():
        if shape.kind == "row":
            row_pitch[racks] = np.nan if (stated := figure(shape, "row_pitch", "m")) is None else stated
        if shape.kind != "rack":
            continue
        nth[racks] = racks
        row[racks] = model.parent[racks]
        slack[racks] = figure(shape, "cable_slack", "m") or 0.0
        ends[racks] = (figure(shape, "cable_exit", "m") or 0.0) + slack[racks]
        channel[racks] = np.nan if (beside := figure(shape, "cable_channel", "m")) is None else beside
        width[racks] = figure(shape, "width", "m") or _RACK_WIDTH_M
        for group in shape.children:
            if group.position_kind in _PITCH_OF:
                rows = (racks[:, None] + group.offset + np.arange(group.size) * group.shape.instances).ravel()
                rack[rows] = np.repeat(racks, group.size)
                unit[rows] = np.tile(np.array(group.positions, np.int64), len(racks))
                height[rows] = (height_of(group.shape) or (1, ""))[0]
                pitch[rows] = pitch_of(shape)[1]
    kinds = np.array([_KINDS.get(shape.kind, 0) for shape in model.shapes], np.int64)[model.shape]
    nth[nth >= 0] = np.arange(np.count_nonzero(nth >= 0))
    row[(row >= 0) & (kinds[np.maximum(row, 0)] != _ROW)] = -1
    alone = (kinds == _TRAY) | (model.parent < 0) | (kinds[np.maximum(model.parent, 0)] >= _HALL)
    tray = _nearest(model.parent, (rack >= 0) | (model.parent < 0))
    first, hall = (np.full(count, -1, np.int64) for _ in range(2))
    standing = np.flatnonzero(row >= 0)[::-1]
    first[row[standing]] = nth[standing]
    rows = np.flatnonzero(kinds == _ROW)
    nth[rows], hall[rows] = np.arange(len(rows)), model.parent[rows]
    return Places(rack, unit, height, pitch, tray, _nearest(model.parent, alone), nth, row, ends, width, first, hall,
                  row_pitch, channel, slack, _across_m(model))  # fmt: skip


def _across_m(model: Model) -> Floats:
    """Return how far each thing is from the middle of what it stands in: by its slot, where slots have a `slot_pitch`.

    The slots lie evenly about the middle, slot 1 at the left, as seen from the front; what is inside a thing in a slot stands there too.
    """
    found = np.zeros(len(model.parent))
    for _, shape, rows in model.standing():
        pitch = figure(shape, "slot_pitch", "m")
        groups = [group for group in shape.children if group.position_kind == "slot"]
        if pitch is None or not groups:
            continue
        middle = (max(max(group.positions, default=1) for group in groups) + 1) / 2
        for group in groups:
            for at, slot in enumerate(group.positions):
                inside = group.offset + at * group.shape.instances + np.arange(group.shape.instances)
                found[(rows[:, None] + inside).ravel()] = (slot - middle) * pitch
    return found


def _nearest(parent: Ints, own: Flags) -> Ints:
    """Return, for every instance, itself or the nearest thing around it that is one of `own`."""
    found = np.arange(len(parent))
    rest = np.flatnonzero(~own)
    while len(rest):
        found[rest] = parent[found[rest]]
        rest = rest[~own[found[rest]]]
    return found


_TRAY: Final = 1
_HALL: Final = 2
_ROW: Final = 3
_KINDS: Final = {"tray": _TRAY, "shelf": _TRAY, **dict.fromkeys(("rack", "pod", *ROOTS), _HALL), "row": _ROW}
#: Where a rack states no width.
_RACK_WIDTH_M: Final = 0.6
_PITCH_OF: Final = {"u": "U", "ou": "OU"}


def check_places(model: Model) -> Iterator[Diagnostic]:
    """Yield what stands outside its rack, in another pitch, on top of something else, or nowhere.

    Racks of one shape are alike: one of each is looked at.
    """
    racks = [(shape, int(rows[0])) for _, shape, rows in model.standing() if shape.kind == "rack"]
    absurd = [found for shape, rack in racks for found in _absurd(model, shape, rack)]
    yield from absurd
    if absurd:
        return
    for shape, rack in racks:
        placed = list(_placed(shape))
        yield from _misfits(model, shape, rack, placed)
        yield from _overlaps(model, shape, rack, placed)
    yield from _slots(model)
    for shape, rack in racks:
        yield from _homeless(model, shape, rack)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One thing placed in a rack: its row counted from the rack's, lowest unit and height."""

    group: ChildGroup
    row: int
    unit: int
    height: int


def _placed(rack: Shape) -> Iterator[_Standing]:
    for group in rack.children:
        if group.position_kind not in _PITCH_OF:
            continue
        height = (height_of(group.shape) or (1, ""))[0]
        for at, unit in enumerate(group.positions):
            yield _Standing(group, group.offset + at * group.shape.instances, unit, height)


#: No rack is higher; a height beyond it has a digit or a unit too many.
MAX_UNITS: Final = 1_000


def _absurd(model: Model, rack: Shape, row: int) -> Iterator[Diagnostic]:
    """Yield heights that are none: of another kind, negative, or beyond any rack."""
    told: set[int] = set()
    for group in rack.children:
        height = group.shape.values.get("height")
        if height is None or id(group.shape) in told or not group.size:
            continue
        told.add(id(group.shape))
        what = model.address(row + group.offset)
        label = Label(group.shape.spans.get("height", group.shape.span), "stated here")
        if height_of(group.shape) is None:
            yield Diagnostic(
                Code.UNIT_MISMATCH, f"the height of {what} is {described(height)}; a rack counts in U or OU", label,
                (Label(group.span, "stands in a rack"),), ("write `height = 1 U`",),
            )  # fmt: skip
        elif not 0 < height.value <= MAX_UNITS:
            yield Diagnostic(
                Code.OUTSIDE, f"the height of {what} is {height}", label,
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


def _misfits(model: Model, rack: Shape, row: int, placed: list[_Standing]) -> Iterator[Diagnostic]:
    pitch, _ = pitch_of(rack)
    units = rack.values.get("units")
    limit = int(units.value) if isinstance(units, Quantity) else None
    for one in placed:
        group, top = one.group, one.unit + one.height - 1
        if one.unit < 1 or (limit is not None and top > limit):
            where = f"{pitch}{one.unit}" + (f" to {pitch}{top}" if top > one.unit else "")
            has = (
                f"`{rack.name}` has {pitch}1 to {pitch}{limit}" if limit is not None else f"the lowest unit is {pitch}1"
            )
            yield Diagnostic(
                Code.OUTSIDE, f"{model.address(row + one.row)} stands at {where}, outside the rack",
                Label(group.span, f"{one.height} {pitch} high"), (Label(rack.span, "the rack"),), (has,),
            )  # fmt: skip
        height = height_of(group.shape)
        if group.position_kind.upper() != pitch or (height is not None and height[1] != pitch):
            said = height[1] if height is not None and height[1] != pitch else group.position_kind.upper()
            yield Diagnostic(
                Code.PITCH, f"{model.address(row + one.row)} is measured in {said}, its rack in {pitch}", Label(group.span),
                (Label(rack.spans.get("pitch", rack.span), "the rack"),),
                hints=(f"1 U is 44.45 mm and 1 OU is 48 mm: use a part of {pitch} pitch and `at {pitch.lower()}(…)`",),
            )  # fmt: skip


def _overlaps(model: Model, rack: Shape, row: int, placed: list[_Standing]) -> Iterator[Diagnostic]:
    taken: dict[int, _Standing] = {}
    told: set[tuple[int, int]] = set()
    for one in placed:
        for unit in range(one.unit, one.unit + one.height):
            other = taken.setdefault(unit, one)
            if other is one or (other.row, one.row) in told:
                continue
            told.add((other.row, one.row))
            names = f"{model.address(row + one.row)} and {model.address(row + other.row)}"
            yield Diagnostic(
                Code.OVERLAP, f"{names} both stand at unit {unit}", Label(one.group.span, "second"),
                also=() if other.group is one.group else (Label(other.group.span, "first"),),
                hints=(f"free units: {_free(rack, placed)}",),
            )  # fmt: skip


def _free(rack: Shape, placed: list[_Standing]) -> str:
    units = rack.values.get("units")
    last = min(int(units.value), MAX_UNITS) if isinstance(units, Quantity) else 0
    used = {u for one in placed for u in range(one.unit, one.unit + one.height)}
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


def _homeless(model: Model, rack: Shape, row: int) -> Iterator[Diagnostic]:
    for group in rack.children:
        if group.size and group.position_kind not in _PITCH_OF and height_of(group.shape) is not None:
            yield Diagnostic(
                Code.UNPLACED, f"{model.address(row + group.offset)} has a height but no place", Label(group.span),
                hints=("say where it stands: `at u(…)`, the lowest unit, counted from 1 at the floor",),
            )  # fmt: skip
