"""SVG as text: shapes, escaped texts that fit, groups with a title, hatches, and the document around them.

Light colours stand in presentation attributes, which every renderer reads; dark ones in one style block, which browsers
apply. Numbers are printed with at most two decimals, so the same drawing is the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

from rackc.backends.drawing.letters import clean, fit, fit_tail
from rackc.backends.drawing.palette import COLOURS, INKS

FONT: Final = "DejaVu Sans, Arial, Helvetica, sans-serif"

Anchor = Literal["start", "middle", "end"]

#: Hatches: name, tile size, colour, path. "free" is calm, "missing" shouts.
_HATCHES: Final = {
    "free": (9.0, "line", "M-2,11 L11,-2 M-2,2 L2,-2 M7,11 L11,7", 1.0),
    "left-out": (5.0, "edge", "M-1,6 L6,-1 M-1,1 L1,-1 M4,6 L6,4", 0.8),
    "missing": (5.0, "vermilion", "M-1,-1 L6,6 M-1,6 L6,-1", 1.3),
    "repeat": (6.0, "paper", "M-1,7 L7,-1 M-1,1 L1,-1 M5,7 L7,5", 1.4),
}


def num(value: float) -> str:
    """Return a coordinate as short as it can be."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def paint(
    fill: str = "", stroke: str = "", width: float = 1, dash: str = "", opacity: float = 1, hatch: str = ""
) -> str:
    """Return the attributes that colour a shape; `hatch` is a reference made by `Document.hatch`."""
    classes = ([f"f-{fill}"] if fill else []) + ([f"s-{stroke}"] if stroke else [])
    filled = COLOURS[fill][0] if fill else hatch or "none"
    out = [f'class="{" ".join(classes)}"'] if classes else []
    out.append(f'fill="{filled}"')
    if stroke:
        out.append(f'stroke="{COLOURS[stroke][0]}" stroke-width="{num(width)}"')
    if dash:
        out.append(f'stroke-dasharray="{dash}"')
    if opacity < 1:
        out.append(f'opacity="{num(opacity)}"')
    return " ".join(out)


def rect(x: float, y: float, w: float, h: float, look: str, radius: float = 0) -> str:
    """Return a rectangle."""
    round_ = f' rx="{num(radius)}"' if radius else ""
    return f'<rect x="{num(x)}" y="{num(y)}" width="{num(max(w, 0))}" height="{num(max(h, 0))}"{round_} {look}/>'


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> str:
    """Return a straight line."""
    return f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" {look}/>'


def dots(x: float, y1: float, y2: float, step: float, radius: float, colour: str) -> str:
    """Return a column of dots from `y1` down to `y2`."""
    look = paint(stroke=colour, width=2 * radius, dash=f"0.01 {num(step - 0.01)}")
    return line(x, y1, x, y2, look + ' stroke-linecap="round"')


def circle(x: float, y: float, radius: float, look: str) -> str:
    """Return a circle."""
    return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(radius)}" {look}/>'


def path(steps: str, look: str) -> str:
    """Return a path; `steps` is made of letters and `num` coordinates."""
    return f'<path d="{steps}" {look}/>'


def label(
    x: float,
    y: float,
    text: str,
    room: float,
    size: float = 11,
    on: str = "paper",
    ink: str = "",
    bold: bool = False,
    anchor: Anchor = "start",
    tail: bool = False,
    turn: float = 0,
) -> str:
    """Return one line of text no wider than `room`, in an ink that is legible on the ground `on`; "" where none fits."""
    ink = ink or INKS[on][0]
    if ink not in INKS[on]:
        raise ValueError(f"{ink} is not legible on {on}")
    short = (fit_tail if tail else fit)(text, size, room, bold)
    if not short:
        return ""
    weight = ' font-weight="bold"' if bold else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    turned = f' transform="rotate({num(turn)} {num(x)} {num(y)})"' if turn else ""
    return (
        f'<text x="{num(x)}" y="{num(y)}" font-size="{num(size)}"{weight}{side}{turned} '
        f'class="f-{ink}" fill="{COLOURS[ink][0]}">{escape(short)}</text>'
    )


def group(title: str, parts: Iterable[str]) -> str:
    """Return `parts` as one thing with a name that a pointer or a screen reader shows."""
    body = "".join(parts)
    return f"<g><title>{escape(clean(title))}</title>{body}</g>" if body else ""


class Document:
    """One SVG being written. `slug` makes its ids unique, so that several drawings can share one page."""

    def __init__(self, slug: str, title: str, description: str) -> None:
        self.slug = slug
        self.title = title
        self.description = description
        self.body: list[str] = []
        self._hatches: set[str] = set()

    def add(self, *parts: str) -> None:
        """Append shapes."""
        self.body.extend(part for part in parts if part)

    def hatch(self, name: str) -> str:
        """Return the `hatch` argument of `paint` for one of the hatches."""
        self._hatches.add(name)
        return f"url(#{self.slug}-{name})"

    def text(self, width: float, height: float) -> bytes:
        """Return the file."""
        ids = quoteattr(f"{self.slug}-title {self.slug}-desc")
        size = f'width="{num(width)}" height="{num(height)}" viewBox="0 0 {num(width)} {num(height)}"'
        root = f'xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby={ids} font-family="{FONT}"'
        head = [
            f"<svg {root}>",
            f'<title id="{self.slug}-title">{escape(clean(self.title))}</title>',
            f'<desc id="{self.slug}-desc">{escape(clean(self.description))}</desc>',
            f"<style>{dark_style()}</style>",
            f"<defs>{''.join(self._pattern(name) for name in sorted(self._hatches))}</defs>",
            rect(0, 0, width, height, paint("paper")),
        ]
        return ("\n".join([*head, *self.body, "</svg>"]) + "\n").encode()

    def _pattern(self, name: str) -> str:
        size, colour, steps, width = _HATCHES[name]
        return (
            f'<pattern id="{self.slug}-{name}" width="{num(size)}" height="{num(size)}" patternUnits="userSpaceOnUse">'
            f"{path(steps, paint(stroke=colour, width=width))}</pattern>"
        )


def dark_style() -> str:
    """Return the rules that swap light colours for dark ones."""
    rules = "".join(
        f".f-{name}{{fill:{dark}}}.s-{name}{{stroke:{dark}}}"
        for name, (light, dark) in sorted(COLOURS.items())
        if light != dark
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"
