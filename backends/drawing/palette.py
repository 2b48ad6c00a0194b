"""Colours by what they stand for, light and dark, and which ink may stand on which ground.

Hues are Okabe and Ito's, told apart in every common colour vision. Each (ink, ground) pair in `INKS` has a contrast of at
least 4.5 in both modes, and a test computes it. Colours are literals: SVG renderers draw CSS variables black.
"""

from __future__ import annotations

from typing import Final

#: Name: (light, dark).
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#ffffff", "#14181d"),
    "panel": ("#f5f6f8", "#1c2228"),
    "tray": ("#e9ecf0", "#2b333c"),
    "frame": ("#4a545f", "#5d6874"),
    "line": ("#d5dae0", "#38414b"),
    "edge": ("#7b8592", "#7f8a98"),
    "ink": ("#14181d", "#eceff3"),
    "muted": ("#56606b", "#a9b3bf"),
    "alarm-ink": ("#a33c00", "#ff9a63"),
    "good-ink": ("#00614a", "#5fd3ad"),
    "dark-ink": ("#0b0d10", "#0b0d10"),
    "light-ink": ("#ffffff", "#ffffff"),
    "green": ("#009e73", "#009e73"),
    "blue": ("#0072b2", "#0072b2"),
    "blue-line": ("#0072b2", "#4aa8e8"),
    "orange": ("#e69f00", "#e69f00"),
    "sky": ("#56b4e9", "#56b4e9"),
    "pink": ("#cc79a7", "#cc79a7"),
    "yellow": ("#f0e442", "#f0e442"),
    "vermilion": ("#d55e00", "#d55e00"),
    "slate": ("#5b6770", "#5b6770"),
    "sand": ("#c9b48c", "#c9b48c"),
    "silver": ("#b4bcc6", "#8e99a6"),
}

#: Inks allowed on a ground, the usual one first.
INKS: Final[dict[str, tuple[str, ...]]] = {
    "paper": ("ink", "muted", "alarm-ink", "good-ink"),
    "panel": ("ink", "muted", "alarm-ink", "good-ink"),
    "tray": ("ink", "muted"),
    "green": ("dark-ink",),
    "blue": ("light-ink",),
    "orange": ("dark-ink",),
    "sky": ("dark-ink",),
    "pink": ("dark-ink",),
    "yellow": ("dark-ink",),
    "vermilion": ("dark-ink",),
    "slate": ("light-ink",),
    "sand": ("dark-ink",),
    "silver": ("dark-ink",),
}

#: The ground of each role.
ROLE_GROUND: Final[dict[str, str]] = {
    "gpu": "green",
    "cpu": "blue",
    "switch": "orange",
    "management-switch": "silver",
    "nic": "sky",
    "dpu": "slate",
    "memory-controller": "pink",
    "memory": "yellow",
    "storage": "sand",
    "power-shelf": "silver",
    "chiplet": "yellow",
}

#: Short names of the roles, for small boxes.
ROLE_SHORT: Final[dict[str, str]] = {
    "gpu": "GPU",
    "cpu": "CPU",
    "switch": "switch",
    "management-switch": "mgmt",
    "nic": "NIC",
    "dpu": "DPU",
    "memory-controller": "card",
    "memory": "memory",
    "storage": "disk",
}

_MANY: Final[dict[str, str]] = {
    "switch": "switch chips",
    "management-switch": "management switches",
    "memory-controller": "cards",
    "memory": "modules",
    "storage": "disks",
    "chiplet": "chiplets",
}
_ONE: Final[dict[str, str]] = {
    "switch": "switch chip", "management-switch": "management switch", "memory": "module",
}  # fmt: skip


def count_of(role: str, count: int) -> str:
    """Return `4 GPU`, `1 card`, `2 switch chips`."""
    name = ROLE_SHORT.get(role, role)
    return f"{count} {_ONE.get(role, name) if count == 1 else _MANY.get(role, name)}"


#: Grounds of hosts and other things without a role of their own, in order; then again with a hatch.
SERIES: Final = ("blue", "orange", "green", "pink", "sky", "vermilion", "slate", "yellow")

FEEDS: Final[dict[str, str]] = {"A": "blue", "B": "orange"}


def contrast(a: str, b: str) -> float:
    """Return the WCAG 2 contrast of two `#rrggbb` colours."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
