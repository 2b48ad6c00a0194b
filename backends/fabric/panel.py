"""One protocol's panel: columns of trays in rack order and a curve a bundle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rackc.backends.drawing.letters import width_of
from rackc.backends.drawing.names import counted
from rackc.backends.drawing.palette import ROLE_GROUND, count_of
from rackc.backends.drawing.stand import brief_title, common_prefix, title_of
from rackc.backends.drawing.svg import Document, group, label, num, paint, path, rect
from rackc.backends.fabric.bundles import Bundle, Fabric
from rackc.compiler.plan import Instance, Plan

HUES = ("blue", "green", "pink", "sky", "orange", "slate")
NODE_W, NODE_H, NODE_GAP = 236.0, 24.0, 5.0
#: Bundles of unequal size carry a number, and need this much of a node's edge each.
NUMBERED = 13.0
PLAIN = 2.2
MOST_NUMBERED = 60


@dataclass(frozen=True, slots=True)
class Panel:
    """Where each tray's box is (x, y, width, height), and the panel's height.

    `common` is the number of links of bundles that carry no number; 0 where there are too many to number any.
    """

    boxes: dict[int, tuple[float, float, float, float]]
    height: float
    hue: str
    common: int
    prefix: str


def plan_panel(plan: Plan, fabric: Fabric, x: float, y: float, room: float, hue: str) -> Panel:
    """Return the layout of one panel."""
    common = _common(fabric)
    degree = _degrees(fabric)
    crowded = {end for b in fabric.bundles if common and b.links != common for end in (b.a, b.b)}
    least = NODE_H if max(len(column) for column in fabric.columns) <= 24 else NODE_H - 5
    heights = [
        [max(least, degree[i.index] * (NUMBERED if i.index in crowded else PLAIN) + 2) for i in column]
        for column in fabric.columns
    ]
    tall = max(sum(column) + NODE_GAP * (len(column) - 1) for column in heights)
    wide = min(NODE_W, (room - 100) / max(len(heights), 2) - 60) if len(heights) > 2 else NODE_W
    boxes = {}
    for at, (column, sizes) in enumerate(zip(fabric.columns, heights, strict=True)):
        left = x + (room - wide) * at / max(len(heights) - 1, 1)
        boxes.update(_column(column, sizes, left, y, wide, tall))
    return Panel(boxes, tall, hue, common, common_prefix([plan.instances[i].address for i in boxes]))


def _degrees(fabric: Fabric) -> dict[int, int]:
    degree: dict[int, int] = {}
    for bundle in (*fabric.bundles, *fabric.gaps):
        for end in (bundle.a, bundle.b):
            degree[end] = degree.get(end, 0) + 1
    return degree


def _common(fabric: Fabric) -> int:
    odd = Counter(bundle.links for bundle in fabric.bundles)
    common = odd.most_common(1)[0][0]
    return common if not fabric.usual and odd.total() - odd[common] <= MOST_NUMBERED else 0


def _column(
    column: tuple[Instance, ...], sizes: list[float], x: float, y: float, wide: float, tall: float
) -> dict[int, tuple[float, float, float, float]]:
    """Spread a column over the panel's height; a short column grows its boxes rather than only its gaps."""
    spare = tall - sum(sizes) - NODE_GAP * (len(column) - 1)
    grow = min(spare / len(column), 40.0)
    gap = NODE_GAP + (spare - grow * len(column)) / max(len(column), 1)
    top = y + (gap - NODE_GAP) / 2
    boxes = {}
    for instance, size in zip(column, sizes, strict=True):
        boxes[instance.index] = (x, top, wide, size + grow)
        top += size + grow + gap
    return boxes


def draw_panel(document: Document, plan: Plan, fabric: Fabric, panel: Panel) -> None:
    """Draw curves first, then what departs from the usual over them, then the trays."""
    ends = _ends(fabric, panel)
    odd = [b for b in (*fabric.bundles, *fabric.gaps) if fabric.usual and b.links != fabric.usual]
    plain = [b for b in fabric.bundles if not fabric.usual or b.links == fabric.usual]
    most = max((bundle.links for bundle in fabric.bundles), default=1)
    for bundle in plain:
        document.add(_curve(plan, bundle, ends, panel, most, fabric))
    for bundle in odd:
        document.add(_odd_curve(plan, bundle, ends, panel, fabric.usual))
    for bundle in plain:
        if panel.common and bundle.links != panel.common:
            document.add(*_number(bundle, ends, _lean(bundle, panel)))
    for column in fabric.columns:
        for instance in column:
            document.add(_node(fabric, instance, panel))


Point = tuple[float, float]


def _ends(fabric: Fabric, panel: Panel) -> dict[Bundle, tuple[Point, Point]]:
    """Return where each bundle leaves and enters: fanned over the node's edge in the order of the other ends."""
    bundles = (*fabric.bundles, *fabric.gaps)
    at: dict[tuple[int, Bundle], float] = {}
    for index, (_, y, _, h) in panel.boxes.items():
        others = [
            (bundle.b if bundle.a == index else bundle.a, bundle) for bundle in bundles if index in (bundle.a, bundle.b)
        ]
        mine = sorted(others, key=lambda pair: (panel.boxes[pair[0]][1], pair[0]))
        for n, (_, bundle) in enumerate(mine):
            at[index, bundle] = y + 3 + (h - 6) * (n + 0.5) / len(mine)
    return {b: (_edge(b, b.a, panel, at), _edge(b, b.b, panel, at)) for b in bundles}


def _edge(bundle: Bundle, index: int, panel: Panel, at: dict[tuple[int, Bundle], float]) -> Point:
    """Return where a bundle meets a box: the sides that face each other, or one side of both in the same column."""
    x, _, w, _ = panel.boxes[index]
    lean = _lean(bundle, panel)
    right = lean > 0 if lean else index == bundle.a
    return (x + w if right else x, at[index, bundle])


def _lean(bundle: Bundle, panel: Panel) -> int:
    """Return 0 for a bundle between columns; within one, 1 to bulge to the right and -1 to the left."""
    left = panel.boxes[bundle.a][0]
    if left != panel.boxes[bundle.b][0]:
        return 0
    return 1 if left == min(box[0] for box in panel.boxes.values()) else -1


def _steps(start: Point, end: Point, lean: int) -> str:
    (x1, y1), (x2, y2) = start, end
    bend = lean * min(40 + abs(y2 - y1) * 0.3, 120) if lean else (x2 - x1) * 0.45
    second = x2 + bend if lean else x2 - bend
    return f"M{num(x1)},{num(y1)} C{num(x1 + bend)},{num(y1)} {num(second)},{num(y2)} {num(x2)},{num(y2)}"


def _spell(plan: Plan, bundle: Bundle) -> str:
    return f"{plan.instances[bundle.a].address} to {plan.instances[bundle.b].address}: {counted(bundle.links, 'link')}"


def _curve(
    plan: Plan,
    bundle: Bundle,
    ends: dict[Bundle, tuple[Point, Point]],
    panel: Panel,
    most: int,
    fabric: Fabric,
) -> str:
    width = 1.6 if fabric.usual else 1.2 + 4.8 * bundle.links / most
    opacity = 0.55 if len(fabric.bundles) > 60 else 0.8
    look = paint(stroke="blue-line" if panel.hue == "blue" else panel.hue, width=width, opacity=opacity)
    return group(_spell(plan, bundle), [path(_steps(*ends[bundle], _lean(bundle, panel)), look)])


def _odd_curve(plan: Plan, bundle: Bundle, ends: dict[Bundle, tuple[Point, Point]], panel: Panel, usual: int) -> str:
    start, end = ends[bundle]
    steps = _steps(start, end, _lean(bundle, panel))
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    text = f"{bundle.links} of {usual}"
    return group(
        f"{_spell(plan, bundle)}, others have {usual}",
        [
            path(steps, paint(stroke="paper", width=6)),
            path(steps, paint(stroke="vermilion", width=2.6, dash="7 4" if bundle.links else "2 4")),
            rect(middle[0] - 28, middle[1] - 9, 56, 18, paint("paper", "vermilion", 1.4), 9),
            label(middle[0], middle[1] + 4, text, 50, size=10, ink="alarm-ink", bold=True, anchor="middle"),
        ],
    )


def _number(bundle: Bundle, ends: dict[Bundle, tuple[Point, Point]], lean: int) -> list[str]:
    (x, y), _ = ends[bundle]
    text = f"{bundle.links:,}"
    room = width_of(text, 9.5, bold=True) + 5
    left = x + 9 if lean >= 0 else x - 9 - room
    return [
        rect(left, y - 6, room, 12, paint("paper"), 3),
        label(left + room / 2, y + 3.5, text, room, size=9.5, bold=True, anchor="middle"),
    ]


def _node(fabric: Fabric, instance: Instance, panel: Panel) -> str:
    x, y, w, h = panel.boxes[instance.index]
    role, count = fabric.holds.get(instance.index, ("", 0))
    ground = ROLE_GROUND.get(role or instance.part.role, "silver")
    name = instance.address.removeprefix(panel.prefix)
    middle = y + h / 2 + 4
    text = count_of(role, count) if role else ""
    parts = [
        rect(x, y, w, h, paint("tray", "edge"), 3),
        rect(x + 3, y + 3, 5, h - 6, paint(ground), 1.5),
    ]
    if h >= 38:
        parts.append(label(x + 16, middle - 7, name, w - 24, size=11, on="tray", bold=True, tail=True))
        below = " · ".join(part for part in (text, brief_title(instance)) if part)
        parts.append(label(x + 16, middle + 8, below, w - 24, size=10, on="tray", ink="muted"))
    else:
        beside = text or brief_title(instance)
        parts.append(label(x + 16, middle, name, w * 0.5 - 16, size=11, on="tray", bold=True, tail=True))
        parts.append(label(x + w - 8, middle, beside, w * 0.48, size=10, on="tray", ink="muted", anchor="end"))
    return group(f"{instance.address}: {title_of(instance)}", parts)
