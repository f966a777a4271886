# SPDX-License-Identifier: Apache-2.0
"""Properties of the geometry that challenge and quality stand on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.face.gestures import Reading, asymmetry, frontal, is_frontal, moves, nose_height, parallax, shape_of
from kiosk.face.policy import DLIB, MESH_CHALLENGE, POLICIES
from kiosk.face.shapes import Box, Landmarks, Point
from tests.kiosk.face.readings import made_face, made_reading

ANYWHERE = st.tuples(st.floats(-500, 1500), st.floats(-500, 1500))
ANGLE = st.floats(-40, 40)


def _placed(landmarks: Landmarks, *, turn_deg: float, grow: float, shift: Point) -> Landmarks:
    turn = np.exp(1j * np.radians(turn_deg)) * grow

    def place(point: Point) -> Point:
        put = complex(*point) * turn + complex(*shift)
        return (put.real, put.imag)

    marks = (landmarks.right_eye, landmarks.left_eye, landmarks.nose, landmarks.right_mouth, landmarks.left_mouth)
    return Landmarks(*(place(point) for point in marks if point is not None))


def test_turning_to_the_persons_left_moves_the_nose_to_the_images_right() -> None:
    left, right = (asymmetry(shape_of(made_face(yaw).landmarks)) for yaw in (25, -25))
    assert left > 0.1 > -0.1 > right


@given(yaw=ANGLE, turn=st.floats(-180, 180), grow=st.floats(0.3, 4), shift=ANYWHERE)
def test_where_and_how_large_and_how_tilted_a_face_is_does_not_count(
    yaw: float, turn: float, grow: float, shift: Point
) -> None:
    marks = made_face(yaw).landmarks
    there = shape_of(_placed(marks, turn_deg=turn, grow=grow, shift=shift))
    assert there == pytest.approx(shape_of(marks), abs=1e-6)


@given(yaw=ANGLE, mouth=st.booleans())
def test_turning_left_and_right_mirror_each_other(yaw: float, *, mouth: bool) -> None:
    one, other = (made_reading(side * yaw, mouth=mouth) for side in (1, -1))
    base = made_reading(mouth=mouth)
    assert moves(base, one).turned == pytest.approx(-moves(base, other).turned, abs=1e-9)
    assert parallax(base.shape, one.shape) == pytest.approx(parallax(base.shape, other.shape), abs=1e-6)


@given(yaw=ANGLE)
def test_a_flat_print_has_no_parallax_and_a_head_has(yaw: float) -> None:
    front = made_reading().shape
    flat_front = made_reading(depth=0.0).shape
    assert parallax(flat_front, made_reading(yaw, depth=0.0).shape) < 1e-6
    if abs(yaw) > 20:
        assert parallax(front, made_reading(yaw).shape) > 0.1


@given(pitch=st.floats(-25, 25), mouth=st.booleans())
def test_looking_up_lifts_the_nose_and_looking_down_lowers_it(pitch: float, *, mouth: bool) -> None:
    lifted = moves(made_reading(mouth=mouth), made_reading(0, pitch, mouth=mouth)).lifted
    if abs(pitch) > 1:
        assert (lifted > 0) == (pitch > 0)


@given(pitch=st.floats(-40, 40))
def test_a_tilted_print_does_not_look_up_where_the_mouth_is_known(pitch: float) -> None:
    flat = moves(made_reading(depth=0.0), made_reading(0, pitch, depth=0.0))
    assert abs(flat.lifted) < 1e-6


@given(yaw=ANGLE, pitch=st.floats(-25, 25), nearer=st.floats(0.5, 2), mouth=st.booleans())
def test_a_reading_has_not_moved_from_itself(yaw: float, pitch: float, nearer: float, *, mouth: bool) -> None:
    reading = made_reading(yaw, pitch, nearer=nearer, mouth=mouth, lids=0.3, lips=0.1)
    seen = moves(frontal([reading] * 3), reading)
    still = [seen.turned, seen.lifted, seen.nearer, seen.shut, seen.gaping]
    assert still == pytest.approx([0.0] * 5, abs=1e-9)
    assert is_frontal(seen, MESH_CHALLENGE)


def test_eyes_that_all_but_lie_on_each_other_are_no_measure() -> None:
    near = shape_of(Landmarks((0.0, 0.0), (5e-324, 0.0), (700.0, 300.0)))
    assert near == pytest.approx(shape_of(Landmarks((0.0, 0.0), (0.0, 0.0), (700.0, 300.0))))


@given(st.lists(ANYWHERE, min_size=5, max_size=5), st.lists(ANYWHERE, min_size=5, max_size=5))
def test_no_landmarks_break_the_geometry(one: list[Point], other: list[Point]) -> None:
    for count in (3, 5):
        base, now = (shape_of(Landmarks(*points[:count])) for points in (one, other))
        box = Box(0, 0, 10, 10)
        assert np.isfinite(asymmetry(now))
        assert np.isfinite(nose_height(now))
        assert parallax(base, now) >= 0
        moves(Reading(box, base, 0.0), Reading(box, now, 90.0))


def test_without_a_mouth_parallax_is_the_turn_itself() -> None:
    base, turned = made_reading(mouth=False), made_reading(25, mouth=False)
    assert parallax(base.shape, turned.shape) == pytest.approx(moves(base, turned).turned)
    assert moves(base, turned).turned > POLICIES[DLIB].challenge.turn_at_least
