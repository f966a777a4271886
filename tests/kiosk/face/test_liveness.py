# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.enrollment.evidence import Challenge
from kiosk.face.liveness import Cause, Progress, Step, advance, asymmetry, parallax
from kiosk.face.policy import ChallengePolicy
from kiosk.face.shapes import Box, Face, Landmarks

POLICY = ChallengePolicy(turn_at_least=0.1, wrong_at_least=0.1, parallax_at_least=0.1)
TICK_S = 0.1
HEAD = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.6, 0.5), (-0.4, 1.1, 0.15), (0.4, 1.1, 0.15)])


def _face(yaw_deg: float, *, depth: float = 1.0, at: float = 320.0, mouth: bool = False) -> Face:
    yaw = np.radians(yaw_deg)
    x = HEAD[:, 0] * np.cos(yaw) + depth * HEAD[:, 2] * np.sin(yaw)
    points = [(at + 95 * u, 215 + 95 * v) for u, v in zip(x, HEAD[:, 1], strict=True)]
    marks = Landmarks(*points) if mouth else Landmarks(*points[:3])
    return Face(Box(at - 100, 120, 200, 200), marks, 1.0)


def _play(challenge: Challenge, faces: list[Face | None]) -> Progress:
    progress = Progress(challenge)
    for count, face in enumerate(faces):
        progress = advance(progress, face, count * TICK_S, POLICY)
    return progress


FRONT: list[Face | None] = [_face(0)] * 8


def _turned(yaw: float, frames: int = 4) -> list[Face | None]:
    return [_face(yaw)] * frames


def test_turning_to_the_persons_left_moves_the_nose_to_the_images_right() -> None:
    assert asymmetry(_face(25).landmarks) > 0.1 > -0.1 > asymmetry(_face(-25).landmarks)


@pytest.mark.parametrize(("challenge", "yaw"), [(Challenge.TURN_LEFT, 25), (Challenge.TURN_RIGHT, -25)])
def test_front_turn_front_passes(challenge: Challenge, yaw: float) -> None:
    progress = _play(challenge, [*FRONT, *_turned(yaw), *FRONT])
    assert progress.step is Step.PASSED
    assert progress.parallax >= POLICY.parallax_at_least


def test_one_turned_frame_is_not_a_turn() -> None:
    assert _play(Challenge.TURN_LEFT, [*FRONT, *_turned(25, 1), *FRONT]).step is Step.TURN


def test_a_turn_without_coming_back_does_not_pass() -> None:
    assert _play(Challenge.TURN_LEFT, [*FRONT, *_turned(25, 20)]).step is Step.BACK


def test_a_turn_before_it_was_asked_for_does_not_count() -> None:
    assert _play(Challenge.TURN_LEFT, [*FRONT[:2], *_turned(25, 2), *FRONT[:2]]).step is not Step.PASSED


def test_the_other_way_fails() -> None:
    progress = _play(Challenge.TURN_LEFT, [*FRONT, *_turned(-25), *FRONT, *_turned(25), *FRONT])
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.WRONG_WAY)


def test_no_turn_in_time_fails() -> None:
    progress = _play(Challenge.TURN_LEFT, [*FRONT, *_turned(0, 90)])
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.TOO_SLOW)


def test_a_face_that_jumps_is_another_track() -> None:
    progress = _play(Challenge.TURN_LEFT, [*FRONT, _face(25, at=500)])
    assert (progress.step, progress.cause) == (Step.FAILED, Cause.TRACK_LOST)


def test_a_short_loss_of_the_face_is_forgiven_and_a_long_one_is_not() -> None:
    assert _play(Challenge.TURN_LEFT, [*FRONT, *[None] * 5, *_turned(25), *FRONT]).step is Step.PASSED
    assert _play(Challenge.TURN_LEFT, [*FRONT, *[None] * 15, *_turned(25), *FRONT]).cause is Cause.TRACK_LOST


def test_a_face_lost_before_the_turn_was_asked_for_starts_again() -> None:
    assert _play(Challenge.TURN_LEFT, [*FRONT[:4], None, *FRONT[:4]]).step is Step.FORWARD


@given(yaw=st.floats(-40, 40))
def test_a_flat_print_has_no_parallax_and_a_head_has(yaw: float) -> None:
    flat = _shape(_face(yaw, depth=0.0, mouth=True))
    head = _shape(_face(yaw, mouth=True))
    front = _shape(_face(0, mouth=True))
    assert parallax(front, flat) < 1e-6
    if abs(yaw) > 20:
        assert parallax(front, head) > 0.1


def test_evidence_says_what_was_asked_and_how_long_it_took() -> None:
    evidence = _play(Challenge.TURN_LEFT, [*FRONT, *_turned(25), *FRONT]).evidence(2.0)
    assert evidence.passed
    assert evidence.challenges == (Challenge.TURN_LEFT,)
    assert 1000 <= evidence.duration_ms <= 2000


def _shape(face: Face) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    from kiosk.face.liveness import _shape as in_eye_distances  # noqa: PLC0415

    return in_eye_distances(face.landmarks)
