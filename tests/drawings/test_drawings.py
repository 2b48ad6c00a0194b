"""What all drawings promise: well formed, repeatable, escaped, legible, and inside their boxes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from rackc.backends import elevation, fabric, pool
from rackc.backends.drawing import palette
from rackc.backends.drawing.letters import clean, fit, fit_tail, width_of, wrap
from rackc.backends.drawing.names import file_stems
from rackc.backends.drawing.svg import label
from rackc.backends.target import Emit
from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan
from tests.drawings import odd_plans as odd
from tests.drawings import sample_plans as sample

SVG = "{http://www.w3.org/2000/svg}"
LONG = "An uncommonly long name, " * 12
HOSTILE = "]]><!--<script x='&\"'>url(#a)\ufffe\x1b[0m\u202e"
TARGETS: dict[str, Emit] = {"elevation": elevation.emit, "fabric": fabric.emit, "pool": pool.emit}
DESIGNS: dict[str, Callable[[], tuple[Plan, Report]]] = {
    "nvl72": lambda: (sample.nvl72(), sample.nvl72_report(sample.nvl72())),
    "missing": lambda: (sample.nvl72(700), sample.empty_report()),
    "pool8": lambda: (sample.pool8(), sample.pool_report(sample.pool8())),
    "pool1": lambda: (sample.pool8(1, 1), sample.pool_report(sample.pool8(1, 1))),
    "pool11": lambda: (sample.pool8(11, 10), sample.empty_report()),
    "pool_unfitted": lambda: (sample.pool8(2, 0), sample.empty_report()),
    "mixed": lambda: (odd.mixed(), sample.empty_report()),
    "orv3": lambda: (odd.orv3(), sample.empty_report()),
    "two_racks": lambda: (odd.two_racks(), sample.empty_report()),
    "row_of_racks": lambda: (odd.row_of_racks(), sample.empty_report()),
    "long_names": lambda: (odd.renamed(sample.pool8(), LONG), sample.pool_report(sample.pool8())),
    "long_names_mixed": lambda: (odd.renamed(odd.mixed(), LONG), sample.empty_report()),
    "hostile_names": lambda: (odd.renamed(sample.nvl72(), HOSTILE), sample.nvl72_report(sample.nvl72())),
    "empty_rack": lambda: (odd.empty_rack(), sample.empty_report()),
    "no_rack": lambda: (odd.bare({"gpu": "gpu"}), sample.empty_report()),
    "nothing": lambda: (odd.bare(), sample.empty_report()),
}
CASES = [pytest.param(t, d, id=f"{t}-{d}") for t in TARGETS for d in DESIGNS]


def files(target: str, design: str) -> dict[str, ET.Element]:
    """Emit one target for one design and parse what it made."""
    emitted = TARGETS[target](*DESIGNS[design]())
    return {name: ET.fromstring(text) for name, text in emitted.files.items()}


@pytest.mark.parametrize(("target", "design"), CASES)
def test_is_a_labelled_image_of_literal_colours(target: str, design: str) -> None:
    emitted = TARGETS[target](*DESIGNS[design]())
    assert emitted.files or emitted.losses
    for name, text in emitted.files.items():
        root = ET.fromstring(text)
        ids = {e.get("id") for e in root.iter() if e.get("id")}
        assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.svg", name)
        assert root.get("role") == "img"
        assert set(root.get("aria-labelledby", "").split()) <= ids
        assert b"var(" not in text
        fills = "".join(value for e in root.iter() for key, value in e.items() if key in ("fill", "stroke"))
        assert set(re.findall(r"url\(#([^)]*)\)", fills)) <= ids


@pytest.mark.parametrize(("target", "design"), CASES)
def test_same_plan_same_bytes(target: str, design: str) -> None:
    first, second = (TARGETS[target](*DESIGNS[design]()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("target", "design"), CASES)
def test_every_text_stays_on_the_sheet(target: str, design: str) -> None:
    for root in files(target, design).values():
        wide, tall = float(root.get("width", 0)), float(root.get("height", 0))
        for text in root.iter(f"{SVG}text"):
            size, content = float(text.get("font-size", 0)), text.text or ""
            x, y = float(text.get("x", 0)), float(text.get("y", 0))
            long = width_of(content, size, text.get("font-weight") == "bold")
            if text.get("transform"):
                assert y - long >= 0 and y <= tall
                continue
            share = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
            assert x - long * share >= 0 and x + long * (1 - share) <= wide, content
            assert size <= y <= tall, content


@pytest.mark.parametrize(("target", "design"), CASES)
def test_no_two_level_texts_overlap(target: str, design: str) -> None:
    for root in files(target, design).values():
        boxes = []
        for text in root.iter(f"{SVG}text"):
            if text.get("transform"):
                continue
            size, content = float(text.get("font-size", 0)), text.text or ""
            long = width_of(content, size, text.get("font-weight") == "bold")
            share = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
            x, y = float(text.get("x", 0)) - long * share, float(text.get("y", 0))
            boxes.append((y - size * 0.72, y, x, x + long, content))
        boxes.sort()
        for at, (top, foot, left, right, content) in enumerate(boxes):
            for other in boxes[at + 1 :]:
                if other[0] >= foot:
                    break
                assert other[3] <= left or other[2] >= right or other[1] <= top, (content, other[4])


@pytest.mark.parametrize(("target", "design"), CASES)
def test_every_curve_stays_on_the_sheet(target: str, design: str) -> None:
    for root in files(target, design).values():
        wide, tall = float(root.get("width", 0)), float(root.get("height", 0))
        drawn = [p for p in root.iter(f"{SVG}path") if p not in list(root.iterfind(f".//{SVG}pattern/{SVG}path"))]
        for steps in drawn:
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", steps.get("d", "")):
                assert 0 <= float(x) <= wide
                assert 0 <= float(y) <= tall


def test_hostile_names_are_text() -> None:
    emitted = elevation.emit(*DESIGNS["two_racks"]())
    text = next(iter(emitted.files.values())).decode()
    assert "<co>" not in text
    assert "&lt;co&gt;" in text
    assert "\x00" not in text
    assert sorted(emitted.files) == ["row--a---front.svg", "row--b---front.svg"]


def test_file_stems_are_safe_and_never_collide() -> None:
    assert file_stems(["a/b", "A?b", "..", ""]) == ("a-b", "A-b-2", "unnamed", "unnamed-2")
    assert file_stems(["x" * 200, "x" * 200], "-front")[1] == "x" * 120 + "-2-front"


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize(("ground", "inks"), palette.INKS.items())
def test_every_ink_is_legible_on_its_ground(ground: str, inks: tuple[str, ...], mode: int) -> None:
    for ink in inks:
        assert palette.contrast(palette.COLOURS[ink][mode], palette.COLOURS[ground][mode]) >= 4.5, (ink, ground)


def test_a_text_in_an_illegible_ink_is_refused() -> None:
    with pytest.raises(ValueError, match="not legible"):
        label(0, 0, "x", 99, on="blue", ink="dark-ink")


@pytest.mark.parametrize("text", ["compute[17]", "W" * 40, "日本語" * 9, "a\tb\x00\u202ec", ""])
@pytest.mark.parametrize("room", [0, 5, 40, 200])
def test_fitted_text_fits(text: str, room: float) -> None:
    for fitted in (fit(text, 11, room), fit_tail(text, 11, room)):
        assert width_of(fitted, 11) <= room
    assert all(width_of(line, 11) <= room for line in wrap(text, 11, room, 3))


def test_what_cannot_be_drawn_is_taken_out_of_a_text() -> None:
    assert clean("a\tb\n\x00\u202ec\ud800") == "a b c"


def test_shortening_keeps_the_telling_end() -> None:
    assert fit("compute[17]", 11, 50).startswith("compu")
    assert fit_tail("compute[17]", 11, 50).endswith("[17]")
