"""What each drawing shows: trays and their contents, bundles and gaps, slices and savings."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from rackc.backends import elevation, fabric, pool
from rackc.backends.fabric.bundles import fabrics_of
from rackc.backends.fabric.grid import grid_of
from rackc.backends.pool.bands import map_of
from rackc.backends.pool.chart import thin_out, time_step
from rackc.compiler.plan import Plan
from tests.drawings import odd_plans as odd
from tests.drawings import sample_plans as sample

SVG = "{http://www.w3.org/2000/svg}"


def titles(text: bytes) -> list[str]:
    """Return the titles of all groups of a drawing."""
    return [t.text or "" for g in ET.fromstring(text).iter(f"{SVG}g") if (t := g.find(f"{SVG}title")) is not None]


def texts(text: bytes) -> list[str]:
    """Return everything written in a drawing."""
    return [t.text or "" for t in ET.fromstring(text).iter(f"{SVG}text")]


@pytest.mark.parametrize("plan", [sample.nvl72(), sample.pool8(), odd.mixed(), odd.orv3()], ids=lambda p: p.design)
def test_everything_fitted_is_in_the_elevation(plan: Plan) -> None:
    emitted = elevation.emit(plan, sample.empty_report())
    shown = titles(emitted.files["rack-front.svg"])
    for i in plan.instances:
        if i.populated and (i.place is not None or i.part.role in ("gpu", "cpu", "nic", "dpu", "switch")):
            assert any(title.startswith(f"{i.address}: ") for title in shown), i.address


def test_elevation_shows_feeds_power_cases_and_free_units() -> None:
    plan = sample.nvl72()
    written = texts(elevation.emit(plan, sample.nvl72_report(plan)).files["rack-front.svg"])
    assert written.count("A") == written.count("B") == 4
    assert "short of 1.2 kW" in written
    assert "u32\u201342 \u00b7 11 U free" in written


def test_elevation_tells_candidates_left_out_from_cards_fitted() -> None:
    shown = titles(elevation.emit(sample.pool8(), sample.empty_report()).files["rack-front.svg"])
    assert sum(title.endswith("candidate left out") for title in shown) == 10
    assert sum("4 \u00d7 128 GiB" in title for title in shown) == 6


def test_elevation_is_to_scale() -> None:
    root = ET.fromstring(elevation.emit(odd.orv3(), sample.empty_report()).files["rack-front.svg"])
    trays = [r for r in root.iter(f"{SVG}rect") if r.get("class") == "f-tray s-edge"]
    tops = sorted(float(r.get("y", 0)) for r in trays)
    wide = 600 * (tops[1] - tops[0]) / 48
    assert len(trays) == 72
    assert any(abs(float(r.get("width", 0)) - wide) < 0.2 for r in root.iter(f"{SVG}rect"))


def test_no_rack_no_elevation() -> None:
    emitted = elevation.emit(odd.bare(), sample.empty_report())
    assert (dict(emitted.files), emitted.losses) == ({}, ("the design has no rack",))


def test_nvlink_is_162_bundles_of_eight() -> None:
    nvlink = fabrics_of(sample.nvl72())[0]
    assert (nvlink.protocol, len(nvlink.bundles), nvlink.usual, nvlink.gaps) == ("NVLink", 162, 8, ())
    assert [len(column) for column in nvlink.columns] == [18, 9]


def test_trays_stand_in_rack_order() -> None:
    nvlink = fabrics_of(sample.nvl72())[0]
    units = [i.place.unit for i in nvlink.columns[0] if i.place is not None]
    assert units == sorted(units, reverse=True)


def test_links_inside_a_tray_are_a_loss() -> None:
    emitted = fabric.emit(sample.nvl72(), sample.empty_report())
    assert "C2C: 72 links inside one tray not drawn" in emitted.losses
    assert sorted(emitted.files) == ["Ethernet-matrix.svg", "NVLink-matrix.svg", "fabric.svg"]


def test_whole_matrix_has_1296_filled_cells() -> None:
    drawn = fabric.emit(sample.nvl72(), sample.empty_report()).files["NVLink-matrix.svg"]
    assert sum(title.endswith(": 1 link") for title in titles(drawn)) == 1296
    assert "no link missing" in texts(drawn)
    assert not any("neighbours have" in title for title in titles(drawn))


@pytest.mark.parametrize("missing", [0, 700, 1295])
def test_one_missing_link_is_one_missing_cell(missing: int) -> None:
    files = fabric.emit(sample.nvl72(missing), sample.empty_report()).files
    shown = titles(files["NVLink-matrix.svg"])
    assert sum(title.endswith(": 1 link") for title in shown) == 1295
    assert sum(title.endswith(": 0 links, neighbours have 1") for title in shown) == 1
    assert "17 of 18" in texts(files["NVLink-matrix.svg"])
    assert sum("others have 8" in title for title in titles(files["fabric.svg"])) == 1


def test_rails_are_no_missing_links() -> None:
    (nvlink,) = (f for f in fabrics_of(odd.mixed()) if f.protocol == "NVLink")
    grid = grid_of(odd.mixed(), nvlink)
    assert grid.usual == {}
    assert grid.totals == {"B200": 1, "Chiplet": 1, "NVSwitch": 12}
    assert grid.beyond == 24


def test_two_levels_of_switches_are_three_columns() -> None:
    (nvlink,) = (f for f in fabrics_of(odd.mixed()) if f.protocol == "NVLink")
    assert [len(column) for column in nvlink.columns] == [12, 4, 2]


def test_pool_without_switch_joins_hosts_to_shelves() -> None:
    files = fabric.emit(sample.pool8(), sample.empty_report()).files
    assert sorted(files) == ["fabric.svg"]
    (cxl,) = fabrics_of(sample.pool8())
    assert [len(column) for column in cxl.columns] == [8, 2]


def test_bands_are_as_wide_as_their_peak_slice() -> None:
    plan = sample.pool8()
    bands = map_of(plan, plan.pools[0]).bands
    assert len(bands) == 16
    scales = {round(band.left[1] / band.peak_gib, 6) for band in bands}
    assert len(scales) == 1
    assert all(abs(band.left[1] - band.right[1]) < 1e-9 for band in bands)


def test_bands_stay_inside_their_boxes() -> None:
    plan = sample.pool8(11, 10)
    layout = map_of(plan, plan.pools[0])
    for band in layout.bands:
        for (top, thick), (box, height) in (
            (band.left, layout.hosts[band.host]),
            (band.right, layout.controllers[band.controller]),
        ):
            assert box - 1e-6 <= top and top + thick <= box + height + 1e-6


def test_pool_says_what_was_proved_and_saved() -> None:
    plan = sample.pool8()
    written = texts(pool.emit(plan, sample.pool_report(plan)).files["rack.kv.svg"])
    for wanted in (
        "43,214 USD",
        "1.00%",
        "cost then power",
        "43,650 USD",
        "POOL",
        "69,100 USD",
        "multiplexing gain 1.31",
    ):
        assert wanted in written
    assert any("saves 25,450 USD against direct expansion" in one for one in written)
    assert any("module price: below 0.512 times" in one for one in written)
    assert any("states no `price`" in one for one in written)


def test_no_pool_no_map() -> None:
    emitted = pool.emit(sample.nvl72(), sample.empty_report())
    assert (dict(emitted.files), emitted.losses) == ({}, ("the design has no pool",))


@pytest.mark.parametrize("slices", [0, 1])
def test_a_demand_without_time_is_drawn(slices: int) -> None:
    plan = sample.pool8()
    (one,) = plan.pools
    still = replace(one, slice_seconds=0.0, demand_gib=one.demand_gib[:slices], slices_gib=one.slices_gib[:slices])
    assert pool.emit(replace(plan, pools=(still,)), sample.empty_report()).files


@pytest.mark.parametrize(("span", "step"), [(3540, 600), (86400, 10800), (5, 1), (30 * 86400, 4 * 86400)])
def test_time_axis_steps_as_people_count(span: float, step: float) -> None:
    assert time_step(span) == step


def test_thinning_keeps_the_fullest_slice() -> None:
    rows = (*((t, 0) for t in range(1999)), (5000, 5000))
    thin = thin_out(rows)
    assert len(thin) <= 600
    assert thin[-1] == (5000, 5000)
