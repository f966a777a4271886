# SPDX-License-Identifier: Apache-2.0
"""The meters say what the hint says, by the same limits, and calmly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.enrollment.measures import METER_GOOD, METER_STEPS, Meters
from kiosk.face.meters import NOTHING_MEASURED, STEADY_S, Band, Steady, step
from kiosk.face.policy import QualityPolicy
from kiosk.face.quality import Component, assess
from kiosk.face.shapes import Picture
from tests.kiosk.face.puppets import lit
from tests.kiosk.face.readings import made_face

RULES = QualityPolicy()
FRONT = made_face()
LIMITS = st.floats(1.0, 400.0)
_FLASHES_A_SECOND = 3.0  # WCAG 2.2, 2.3.1


@given(nearer=st.floats(0.2, 4.0), least=LIMITS, room=LIMITS)
def test_the_distance_is_good_exactly_when_no_hint_is_about_it(nearer: float, least: float, room: float) -> None:
    rules = replace(RULES, eye_distance_at_least_px=least, eye_distance_at_most_px=least + room)
    quality = assess(lit(), [made_face(nearer=nearer)], rules)
    assert quality.meters.distance is not None
    too_far, too_near = (quality.flaw is each for each in (Component.INTER_EYE_DISTANCE, Component.HEAD_SIZE))
    assert (quality.meters.distance < METER_GOOD.start, quality.meters.distance >= METER_GOOD.stop) == (
        too_far,
        too_near,
    )


@given(light=st.floats(0.0, 8.0), dark=st.floats(10.0, 90.0), bright=st.floats(100.0, 250.0))
def test_the_light_is_good_exactly_when_no_hint_is_about_it(light: float, dark: float, bright: float) -> None:
    rules = replace(RULES, dark_below=dark, bright_above=bright)
    picture = Picture((lit().astype(np.float32) * light).clip(0, 255).astype(np.uint8))
    quality = assess(picture, [FRONT], rules)
    assert quality.meters.light is not None
    too_dark = quality.flaw is Component.UNDER_EXPOSURE_PREVENTION
    too_bright = quality.flaw is Component.OVER_EXPOSURE_PREVENTION
    assert (quality.meters.light < METER_GOOD.start, quality.meters.light >= METER_GOOD.stop) == (too_dark, too_bright)


def test_a_face_that_is_dark_in_parts_is_on_the_dark_side_whatever_its_mean() -> None:
    half = lit().copy()
    half[:280] = 0
    quality = assess(half, [FRONT], replace(RULES, dark_below=10.0))
    assert quality.flaw is Component.UNDER_EXPOSURE_PREVENTION
    assert quality.light > 10.0
    assert quality.meters.light == METER_GOOD.start - 1


@pytest.mark.parametrize("faces", [[], [FRONT, made_face(nearer=0.8, at=500)]], ids=["nobody", "two people"])
def test_nothing_is_measured_of_nobody_or_of_two(faces: list[object]) -> None:
    assert assess(lit(), faces, RULES).meters == NOTHING_MEASURED  # type: ignore[arg-type] # faces, or none


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(Band), LIMITS, LIMITS, LIMITS)
def test_a_step_stays_on_the_meter_and_in_its_band(
    value: float, band: Band, low: float, room: float, rest: float
) -> None:
    found = step(value, band, (low, low + room), low + room + rest)
    assert found in range(METER_STEPS)
    assert found // len(METER_GOOD) == band


def test_more_is_never_a_lower_step() -> None:
    steps = [assess(lit(), [made_face(nearer=nearer / 50)], RULES).meters.distance or 0 for nearer in range(5, 200)]
    assert steps == sorted(steps)
    assert set(steps) == set(range(METER_STEPS))


def test_a_meter_moves_too_seldom_to_flicker_however_the_person_does() -> None:
    steady = Steady()
    told = [steady.see(Meters(number % METER_STEPS, 4), number / 30) for number in range(300)]  # 10 s of a camera
    moves = [meters for meters in told if meters is not None]
    assert len(moves) <= 10 / STEADY_S + 1
    assert 1 / STEADY_S < _FLASHES_A_SECOND


def test_one_frame_that_sees_otherwise_moves_nothing() -> None:
    steady = Steady()
    steady.see(Meters(4, 4), 0.0)
    for number in range(1, 4):
        assert steady.see(Meters(4, 4), number / 10) is None
    assert steady.see(NOTHING_MEASURED, 0.4) == Meters(4, 4)


def test_a_face_that_is_gone_takes_its_marks_with_it() -> None:
    steady = Steady()
    steady.see(Meters(4, 4), 0.0)
    assert [steady.see(NOTHING_MEASURED, at) for at in (0.1, 0.2, 0.3)] == [None] * 3
    assert steady.see(NOTHING_MEASURED, 0.4) == NOTHING_MEASURED
