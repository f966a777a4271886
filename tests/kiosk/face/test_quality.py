# SPDX-License-Identifier: Apache-2.0
"""One flaw, one hint; and measures of light that no picture can break."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kiosk.enrollment.states import Prompt
from kiosk.face.luminance import crispness, exposed, eye_range, face_patch, spread, uniformity
from kiosk.face.policy import DLIB, POLICIES, QualityPolicy
from kiosk.face.quality import HINTS, Component, Quality, assess
from kiosk.face.shapes import Box, Face, Landmarks, Mesh, Picture
from tests.kiosk.face.puppets import lit
from tests.kiosk.face.readings import made_face
from tests.simulators.people import PEOPLE, PersonId
from tests.simulators.people_warp import Pose, Staging
from tests.simulators.people_warp import picture as drawn

RULES = QualityPolicy()
FRONT = made_face()
ANAN = PersonId("demo-1")
STAGING = Staging(640, 480, 95.0, (320.0, 215.0))
PIXELS = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)))


def _lit(light: float = 1.0, *, left: float = 1.0, contrast: float = 1.0) -> Picture:
    picture = (lit().astype(np.float32) - 128) * contrast + 128
    picture[:, :320] *= left
    return Picture((picture * light).clip(0, 255).astype(np.uint8))


def _tilted(face: Face, pixels: float) -> Face:
    x, y = face.landmarks.left_eye
    return replace(face, landmarks=replace(face.landmarks, left_eye=(x, y + pixels)))


def _shifted(face: Face, across: float, down: float) -> Face:
    box = face.box
    return replace(face, box=Box(box.left + across, box.top + down, box.width, box.height))


@pytest.mark.parametrize(
    ("faces", "flaw", "hint"),
    [
        ([FRONT], None, None),
        ([], Component.NO_FACE, Prompt.NO_FACE),
        ([FRONT, made_face(nearer=0.8, at=500)], Component.SINGLE_FACE_PRESENT, Prompt.ONE_PERSON),
        ([FRONT, made_face(nearer=0.3, at=550)], None, None),
        ([made_face(nearer=0.5)], Component.INTER_EYE_DISTANCE, Prompt.COME_CLOSER),
        ([made_face(nearer=1.8)], Component.HEAD_SIZE, Prompt.STEP_BACK),
        ([_shifted(FRONT, -200, 0)], Component.LEFTWARD_CROP, Prompt.CENTRE),
        ([_shifted(FRONT, 200, 0)], Component.RIGHTWARD_CROP, Prompt.CENTRE),
        ([_shifted(FRONT, 0, -180)], Component.MARGIN_ABOVE, Prompt.CENTRE),
        ([_shifted(FRONT, 0, 120)], Component.MARGIN_BELOW, Prompt.CENTRE),
        ([_tilted(FRONT, 50)], Component.HEAD_POSE_ROLL, Prompt.HOLD_UPRIGHT),
        ([made_face(30)], Component.HEAD_POSE_YAW, Prompt.FACE_FORWARD),
        ([made_face(0, 40)], Component.HEAD_POSE_PITCH, Prompt.LEVEL_CHIN),
        ([made_face(0, -40)], Component.HEAD_POSE_PITCH, Prompt.LEVEL_CHIN),
    ],
)
def test_the_first_flaw_of_a_frame_is_the_hint(faces: list[Face], flaw: Component | None, hint: Prompt | None) -> None:
    found = assess(_lit(), faces, RULES)
    assert (found.flaw, found.hint) == (flaw, hint)


@pytest.mark.parametrize(
    ("picture", "flaw", "hint"),
    [
        (_lit(0.2), Component.UNDER_EXPOSURE_PREVENTION, Prompt.TOO_DARK),
        (_lit(4.0), Component.OVER_EXPOSURE_PREVENTION, Prompt.TOO_BRIGHT),
        (_lit(left=0.3), Component.ILLUMINATION_UNIFORMITY, Prompt.UNEVEN_LIGHT),
        (_lit(contrast=0.1), Component.DYNAMIC_RANGE, Prompt.FLAT_LIGHT),
    ],
)
def test_light_on_the_face_is_judged(picture: Picture, flaw: Component, hint: Prompt) -> None:
    found = assess(picture, [FRONT], RULES)
    assert (found.flaw, found.hint) == (flaw, hint)


def test_without_a_face_the_room_is_judged_first() -> None:
    assert assess(_lit(0.2), [], RULES).hint is Prompt.TOO_DARK
    assert assess(_lit(4.0), [], RULES).hint is Prompt.TOO_BRIGHT


def _of(person: PersonId, pose: Pose) -> Picture:
    return Picture(drawn(PEOPLE[person], STAGING, pose))


def test_a_blurred_face_is_asked_to_hold_still() -> None:
    sharp = _of(ANAN, Pose())
    blurred = Picture(np.asarray(cv2.GaussianBlur(sharp, (0, 0), 6), np.uint8))
    assert assess(sharp, [FRONT], RULES).flaw is None
    assert assess(blurred, [FRONT], replace(RULES, eye_range_at_least=0.0)).hint is Prompt.HOLD_STILL


@pytest.mark.parametrize("person", PEOPLE)
def test_an_open_eye_is_seen_and_a_covered_one_is_not(person: PersonId) -> None:
    face = made_face()
    seen = _of(person, Pose())
    assert assess(seen, [face], RULES).flaw is None
    covered = seen.copy()
    x, y = (int(value) for value in face.landmarks.left_eye)
    covered[y - 20 : y + 20, x - 35 : x + 35] = (25, 25, 25)  # one dark glass
    assert assess(Picture(covered), [face], RULES).hint is Prompt.SHOW_EYES


def test_shut_eyes_are_worth_less_than_open_ones() -> None:
    for person in PEOPLE:
        eyes = [assess(_of(person, Pose(shut=shut)), [FRONT], RULES).worth for shut in (0.0, 1.0)]
        assert eyes[1] < eyes[0]


def _mesh(*, lids: float = 0.3, tilt: float = 0.0) -> Mesh:
    points = np.zeros((468, 3))
    points[[33, 362]], points[[133, 263]] = (0, 0, 0), (30, 0, 0)
    for upper, lower in ((160, 144), (158, 153), (385, 380), (387, 373)):
        points[upper], points[lower] = (10, -15 * lids, 0), (10, 15 * lids, 0)
    points[10], points[152] = (0, -90, 0), (0, 90, -180 * np.tan(np.radians(tilt)))
    return Mesh(points)


def test_a_mesh_says_whether_the_eyes_are_open_and_the_chin_is_level() -> None:
    assert assess(_lit(), [FRONT], RULES, _mesh()).flaw is None
    assert assess(_lit(), [FRONT], RULES, _mesh(lids=0.1)).hint is Prompt.OPEN_EYES
    assert assess(_lit(), [FRONT], RULES, _mesh(tilt=25)).hint is Prompt.LEVEL_CHIN
    assert assess(_lit(), [FRONT], RULES, _mesh(tilt=-25)).hint is Prompt.LEVEL_CHIN


def test_every_component_has_one_hint_and_a_frame_without_a_flaw_none() -> None:
    assert set(HINTS) == set(Component)
    assert Quality(None).hint is None


def test_the_limits_of_pitch_are_the_engines_own() -> None:
    assert assess(_lit(), [made_face(mouth=False)], POLICIES[DLIB].quality).flaw is None
    assert assess(_lit(), [made_face(0, 40, mouth=False)], POLICIES[DLIB].quality).hint is Prompt.LEVEL_CHIN


@settings(max_examples=20)
@given(crisp=st.floats(0.05, 0.6))
def test_of_two_frames_the_finer_is_worth_more(crisp: float) -> None:
    assert assess(lit(crisp), [FRONT], RULES).worth < assess(lit(), [FRONT], RULES).worth


@settings(max_examples=20)
@given(yaw=st.floats(3, 40))
def test_of_two_frames_the_straighter_is_worth_more(yaw: float) -> None:
    assert assess(lit(), [made_face(yaw)], RULES).worth < assess(lit(), [FRONT], RULES).worth


@given(pixels=PIXELS)
def test_measures_of_light_stay_within_their_scales(pixels: npt.NDArray[np.uint8]) -> None:
    patch = face_patch(Picture(pixels), Box(0, 0, pixels.shape[1], pixels.shape[0]))
    assert crispness(patch) >= 0
    assert 0 <= uniformity(patch) <= 1
    assert 0 <= spread(patch) <= 256
    assert all(0 <= share <= 1 for share in exposed(patch))


FAR = st.floats(allow_nan=True, allow_infinity=True)


@given(pixels=PIXELS, left=FAR, top=FAR, wide=FAR, tall=FAR)
def test_no_box_and_no_landmarks_break_the_judgement(
    pixels: npt.NDArray[np.uint8], left: float, top: float, wide: float, tall: float
) -> None:
    marks = Landmarks((left, top), (wide, tall), (top, left))
    with np.errstate(all="ignore"):
        found = assess(Picture(pixels), [Face(Box(left, top, wide, tall), marks, 1.0)], RULES)
    assert found.flaw is not None  # no such box is a good face in so small a picture
    assert found.hint is not None


@given(pixels=PIXELS)
def test_an_eye_outside_the_picture_is_not_seen(pixels: npt.NDArray[np.uint8]) -> None:
    outside = Landmarks((-100.0, -100.0), (-50.0, -100.0), (-75.0, -60.0))
    assert eye_range(Picture(pixels), outside, face_patch(Picture(pixels), Box(0, 0, 24, 24))) == 0.0
