"""How wide a text is, so that it never leaves its box.

Widths are those of DejaVu Sans, the first font that the drawings name and one of the widest; the fonts after it are
narrower. A letter that the table lacks counts as wide as any of its kind.
"""

from __future__ import annotations

import unicodedata
from typing import Final

#: Thousandths of an em for U+0020 to U+007E.
_BOOK: Final = (
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637, 637,
    637, 637, 637, 337, 337, 838, 838, 838, 531, 1000, 685, 687, 699, 771, 632, 576, 775, 752, 295, 295, 656, 558, 863,
    749, 788, 604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838, 500, 500, 613, 635, 550, 635,
    616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637,
    337, 637, 838,
)  # fmt: skip
_BOLD: Final = (
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373, 373, 775, 638, 996,
    837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 500, 500, 675, 716, 593, 716,
    679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583, 712,
    366, 712, 838,
)  # fmt: skip
ELLIPSIS: Final = "\u2026"
TIMES: Final = "\u00d7"
#: Between the first and the last of a range.
DASH: Final = "\u2013"
DOT: Final = "\u00b7"

_SIGNS: Final = {TIMES: 838, DASH: 500, DOT: 380, ELLIPSIS: 1000}


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Return an upper estimate of the width of `text` in pixels."""
    return sum(_letter(letter, bold) for letter in text) * size / 1000


def _letter(letter: str, bold: bool) -> int:
    code = ord(letter)
    if 32 <= code <= 126:
        return (_BOLD if bold else _BOOK)[code - 32]
    if letter in _SIGNS:
        return _SIGNS[letter]
    if code < 0x250:
        return 1200
    return 1400 if unicodedata.east_asian_width(letter) in "WF" else 2050


def clean(text: str) -> str:
    """Return `text` on one line without the characters that XML forbids, or that reorder a line of text."""
    kept = (" " if letter in "\t\r\n\x85\u2028\u2029" else letter for letter in text)
    return "".join(letter for letter in kept if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Cn", "Co"))


def fit(text: str, size: float, room: float, bold: bool = False) -> str:
    """Return `text`, shortened with an ellipsis at its end where it is wider than `room`; "" where nothing fits."""
    text = clean(text)
    if width_of(text, size, bold) <= room:
        return text
    kept, used = [], width_of(ELLIPSIS, size, bold)
    for letter in text:
        used += width_of(letter, size, bold)
        if used > room:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + ELLIPSIS if kept else ""


def fit_tail(text: str, size: float, room: float, bold: bool = False) -> str:
    """As `fit`, but keep the end: in an address the last steps tell neighbours apart."""
    text = clean(text)
    if width_of(text, size, bold) <= room:
        return text
    short = fit(text[::-1], size, room, bold)
    return short[::-1]


def wrap(text: str, size: float, room: float, lines: int) -> tuple[str, ...]:
    """Return `text` in at most `lines` lines of `room`; the last is shortened where there is more."""
    words = clean(text).split()
    rows: list[str] = []
    while words and len(rows) < lines - 1:
        row = words.pop(0)
        while words and width_of(f"{row} {words[0]}", size) <= room:
            row = f"{row} {words.pop(0)}"
        rows.append(fit(row, size, room))
    if words:
        rows.append(fit(" ".join(words), size, room))
    return tuple(rows)
