# SPDX-License-Identifier: Apache-2.0
"""The passive check's crops, its window and its gates."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.face.pad import crop_box, is_person, summary
from kiosk.face.policy import PadPolicy
from kiosk.face.shapes import Box, Face, Landmarks

RULES = PadPolicy()
SCORES = st.lists(st.floats(0, 1), min_size=RULES.frames_at_least, max_size=40)


def _face(box: Box, *, mouth: bool = True) -> Face:
    corner = (0.0, 0.0) if mouth else None
    return Face(box, Landmarks((0.0, 0.0), (1.0, 0.0), (0.5, 0.5), corner, corner), 1.0)


def test_one_bad_frame_in_eight_is_forgiven_and_two_are_not() -> None:
    assert is_person(summary([0.9] * 7 + [0.0], RULES), RULES)
    assert not is_person(summary([0.9] * 6 + [0.0] * 2, RULES), RULES)


def test_each_gate_stands_alone() -> None:
    assert not is_person(summary([0.6] * 20, RULES), RULES)  # the least is fine, the median is not
    assert not is_person(summary([0.99] * 14 + [0.4] * 6, RULES), RULES)  # the other way round
    assert is_person(summary([0.75] * 20, RULES), RULES)


def test_a_window_that_is_too_short_is_not_judged() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        summary([1.0] * 7, RULES)


def test_scores_that_are_no_numbers_count_as_the_worst() -> None:
    assert summary([math.nan] * 8, RULES).median == 0.0
    assert not is_person(summary([0.9] * 6 + [math.nan, math.inf], RULES), RULES)


@given(SCORES)
def test_the_trimmed_least_is_never_above_the_median(scores: list[float]) -> None:
    found = summary(scores, RULES)
    assert 0 <= found.least <= found.median <= 1
    assert found.frames == len(scores)


@given(SCORES, st.floats(0, 0.49))
def test_more_bad_frames_never_make_a_person(scores: list[float], bad: float) -> None:
    before = is_person(summary(scores, RULES), RULES)
    after = is_person(summary([*scores, *[bad] * len(scores)], RULES), RULES)
    assert not after or before
    assert not after


@given(
    left=st.floats(-400, 1000),
    top=st.floats(-400, 1000),
    wide=st.floats(0, 2000),
    tall=st.floats(0, 2000),
    scale=st.sampled_from([2.7, 4.0]),
    mouth=st.booleans(),
)
def test_a_crop_always_lies_within_the_picture(
    left: float, top: float, wide: float, tall: float, scale: float, *, mouth: bool
) -> None:
    found = crop_box(640, 480, _face(Box(left, top, wide, tall), mouth=mouth), scale)
    assert 0 <= found[0] < found[2] <= 640
    assert 0 <= found[1] < found[3] <= 480


def test_a_crop_is_the_box_enlarged_about_its_middle_and_moved_back_into_the_picture() -> None:
    assert crop_box(640, 480, _face(Box(300, 200, 40, 50)), 2.0) == (280, 175, 360, 275)
    assert crop_box(640, 480, _face(Box(0, 0, 40, 50)), 2.0) == (0, 0, 80, 100)


def test_a_square_box_from_brow_to_chin_is_made_as_tall_as_a_head() -> None:
    left, top, right, bottom = crop_box(640, 480, _face(Box(220, 140, 200, 200), mouth=False), 1.0)
    assert (right - left, bottom - top) == (192, 236)
    assert (top + bottom) / 2 < 240
