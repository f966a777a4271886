# SPDX-License-Identifier: Apache-2.0
"""The map of provinces: outlines as paths, shades by how far a province is, and a page that does without."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.coverage.figures import Share
from fleet.coverage.kpi57 import Met, met, quarters_of_the_way
from fleet.web import map as outlines
from tests.fleet.books import bring, bring_samples
from wire.ids import ProvinceCode
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from sqlalchemy import Engine

UDON, KHON_KAEN = ProvinceCode("41"), ProvinceCode("40")
# Two squares of one degree side by side: the arc between them is walked forwards by one and backwards by the other.
SQUARES = {
    "type": "Topology",
    "transform": {"scale": [0.1, 0.1], "translate": [100, 13]},
    "arcs": [[[10, 0], [0, 10]], [[10, 10], [-10, 0], [0, -10], [10, 0]], [[10, 10], [10, 0], [0, -10], [-10, 0]]],
}


@pytest.fixture
def fresh() -> Iterator[None]:
    outlines.provinces.cache_clear()
    yield
    outlines.provinces.cache_clear()


def topology(shared: list[list[int]]) -> dict[str, object]:
    """Every province is the western square, Khon Kaen the eastern one."""
    hasc = dict(outlines.HASC)
    return {
        **SQUARES,
        "objects": {
            "THA": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "id": f"TH.{name}", "arcs": [shared[1] if code == KHON_KAEN else shared[0]]}
                    for code, name in hasc.items()
                ],
            }
        },
    }


def numbers(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", path)]


@pytest.mark.usefixtures("fresh")
def test_neighbours_walk_their_shared_border_in_opposite_directions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tha.topo.json"
    file.write_text(json.dumps(topology([[0, 1], [~0, 2]])), encoding="utf-8")
    monkeypatch.setattr(outlines, "OUTLINES", file)
    west, east = outlines.provinces()[UDON], outlines.provinces()[KHON_KAEN]
    assert west.box.right == east.box.left
    assert (west.box.top, west.box.bottom) == (east.box.top, east.box.bottom)
    assert west.box.right - west.box.left == pytest.approx(88, abs=1)  # a degree of longitude at 13.3 degrees north
    assert west.box.bottom - west.box.top == 90
    assert (west.path[0], west.path[-1]) == ("M", "z")
    assert outlines.view_of([UDON, KHON_KAEN]) == f"{west.box.left} {west.box.top} {2 * 88 - 1} 90"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("content", [None, "", "{}", '{"arcs": []}', "not json", json.dumps(topology([[99], [0]]))])
def test_outlines_that_are_not_there_or_not_outlines_make_no_map_and_no_error(
    client: FlaskClient, books: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "tha.topo.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(outlines, "OUTLINES", file)
    bring_samples(books)
    page = client.get("/coverage?year=2569&figures=official")
    assert page.status_code == 200
    assert '<svg class="map"' not in page.text


@pytest.mark.usefixtures("fresh")
def test_all_provinces_are_drawn_shaded_and_linked(client: FlaskClient, books: Engine) -> None:
    if not outlines.OUTLINES.exists():
        pytest.skip("the outlines were not fetched: run make test where npm has a network")
    bring_samples(books)
    page = client.get("/coverage?year=2569&figures=official&lang=en").text
    drawn = client.get("/outlines.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert set(re.findall(r'<path id="o(\d\d)"', drawn.text)) == set(PROVINCES)
    assert page.count("<use ") == 2 * 77
    assert 'href="/coverage/41?year=2569&amp;period=12&amp;figures=official&amp;lang=en" tabindex="-1"' in page
    assert "<title>Udon Thani · 96.49%</title>" in page
    region = client.get("/coverage?year=2569&figures=official&region=8&lang=en").text
    assert set(re.findall(r'<use href="/outlines.svg\?lang=en#o(\d\d)"', region)) == {
        "38",
        "39",
        "41",
        "42",
        "43",
        "47",
        "48",
    }


@pytest.mark.usefixtures("fresh")
def test_the_outlines_that_were_fetched_lie_where_thailand_does() -> None:
    if not outlines.OUTLINES.exists():
        pytest.skip("the outlines were not fetched: run make test where npm has a network")
    shapes = outlines.provinces()
    assert set(shapes) == set(PROVINCES)
    assert shapes[ProvinceCode("57")].box.top == min(shape.box.top for shape in shapes.values())  # Chiang Rai
    assert shapes[ProvinceCode("95")].box.bottom == max(shape.box.bottom for shape in shapes.values())  # Yala
    assert shapes[ProvinceCode("34")].box.right == max(shape.box.right for shape in shapes.values())  # Ubon Ratchathani
    assert all(len(numbers(shape.path)) >= 8 for shape in shapes.values())


def test_a_province_without_a_figure_is_hatched_and_never_the_lightest_shade(
    client: FlaskClient, books: Engine
) -> None:
    if not outlines.provinces():
        pytest.skip("the outlines were not fetched: run make test where npm has a network")
    bring(books, "official", "fiscal_year,period,province,a1,b1,a2,b2\n2569,12,41,0,10,0,10\n")
    page = client.get("/coverage?year=2569&figures=official&lang=en").text
    assert page.count('class="shade-0"') == 2
    assert page.count('class="shade-unknown" fill="url(#hatch)"') == 2 * 76


@given(a=st.integers(0, 10**8), b=st.integers(1, 10**8), percent=st.integers(1, 100))
def test_the_darkest_shade_is_exactly_what_reaches_the_target(a: int, b: int, percent: int) -> None:
    share = Share(a, b)
    quarters = quarters_of_the_way(share, percent)
    assert (quarters == 4) is (met(share, percent) is Met.PASS)
    assert quarters is not None
    assert quarters * percent * b <= 4 * 100 * a


@pytest.mark.parametrize("share", [Share(None, 10), Share(3, None), Share(0, 0)])
def test_what_cannot_be_evaluated_has_no_shade(share: Share) -> None:
    assert quarters_of_the_way(share, 50) is None
