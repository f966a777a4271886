# SPDX-License-Identifier: Apache-2.0
"""Millimetres on the glass of each panel, and every state as it was accepted there.

A new state or another word changes the pictures: look at `make gallery`, then run this file with --snapshot-update.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.kiosk.screens.conftest import LANGUAGES, gallery
from tests.kiosk.screens.displays import ADVANCE, DISPLAYS, PANELS, TALLEST, Display

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from textual.geometry import Region

TARGET_MM, GAP_MM = 20.0, 8.0  # each side of a button, and what parts two that stand side by side
APART_MM = 12.5  # from middle to middle of two that stand one above the other, for which 12 lines leave no gap
OPINIONS = (
    "choice-rated_",
    "choice-about_",
    "choice-report_",
)  # a face or a reason: a neighbour does no harm
EVERY_TARGET_MM = 7.5  # the smaller side of anything that can be touched, the language among them
CAPITAL_MM = {"7-inch": 3.0, "10-inch": 4.2, "15-inch": 6.1}  # 6.1 mm is EN 301 549, 5.1.4, read from half a metre

every_display = pytest.mark.parametrize("display", DISPLAYS.values(), ids=lambda display: display.name)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def size_mm(region: Region, display: Display) -> tuple[float, float]:
    width, height = display.cell_mm
    return region.width * width, region.height * height


def apart_mm(one: Region, other: Region, display: Display) -> tuple[float, float]:
    """What parts two that stand side by side, else 0, and how far the middle of one is above that of the other."""
    width, height = display.cell_mm
    across = max(one.x, other.x) - min(one.right, other.right)
    return max(across, 0) * width, abs(one.y + one.bottom - other.y - other.bottom) / 2 * height


@every_display
def test_a_display_has_the_lines_and_columns_that_screens_are_laid_out_for(display: Display) -> None:
    columns, rows = display.cells
    assert (columns >= 46, rows) == (True, 12 if display.text == "large" else 15)


@every_display
def test_the_marks_above_a_letter_fit_into_the_line(display: Display) -> None:
    assert display.line_px >= display.font_px * (TALLEST + 0.4)
    assert display.font_px * ADVANCE <= display.cell_px[0] + 0.5


@pytest.mark.parametrize("display", PANELS, ids=lambda display: display.panel)
def test_letters_are_as_high_as_told(display: Display) -> None:
    assert display.capital_mm >= CAPITAL_MM[display.panel]


@every_language
@every_display
def test_every_button_is_wider_and_higher_than_a_thumb(display: Display, language: str) -> None:
    sizes = [
        (name, choice, size_mm(region, display))
        for name, screen in gallery(language, display.cells).items()
        for choice, region in screen.choices.items()
        if choice.startswith("choice-")
    ]
    assert [size for size in sizes if min(size[2]) < TARGET_MM] == []


@every_language
@every_display
def test_nothing_that_can_be_touched_is_smaller_than_a_fingertip(display: Display, language: str) -> None:
    sizes = [
        (name, choice, size_mm(region, display))
        for name, screen in gallery(language, display.cells).items()
        for choice, region in screen.choices.items()
    ]
    assert [size for size in sizes if min(size[2]) < EVERY_TARGET_MM] == []


@every_language
@every_display
def test_a_finger_beside_one_choice_does_not_meet_another(display: Display, language: str) -> None:
    near = []
    for name, screen in gallery(language, display.cells).items():
        for (one, left), (other, right) in combinations(screen.choices.items(), 2):
            across, down = apart_mm(left, right, display)
            if across < GAP_MM and down < APART_MM and not (one.startswith(OPINIONS) and other.startswith(OPINIONS)):
                near.append((name, one, other, across, down))
    assert near == []


@pytest.mark.parametrize("display", PANELS, ids=lambda display: display.panel)
@every_language
def test_every_state_stands_on_the_panel_as_it_was_accepted(
    display: Display, language: str, snapshot: SnapshotAssertion
) -> None:
    screens = gallery(language, display.cells)
    assert "\n".join(text for name, screen in screens.items() for text in (f"== {name}", *screen.lines)) == snapshot
