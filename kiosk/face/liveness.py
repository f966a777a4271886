# SPDX-License-Identifier: Apache-2.0
"""The head-turn challenge as a pure state machine over landmarks and time.

1. FORWARD: the person looks into the camera until the frontal place of the nose is known.
2. TURN: the nose leaves that place to the side that was asked for. To the other side, the attempt fails.
3. BACK: the person looks into the camera again.
One face, one track throughout. A flat print turned before the camera keeps its nose between its eyes and fails. A
video of the right movement does not: this is no presentation-attack detection, and is not sold as one (docs/face.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kiosk.enrollment.evidence import Challenge, Liveness

if TYPE_CHECKING:
    from kiosk.face.policy import ChallengePolicy
    from kiosk.face.shapes import Box, Face, Landmarks

Shape = npt.NDArray[np.float64]
"""float64[3 or 5, 2]: right eye, left eye, nose and perhaps the mouth, in eye distances from between the eyes."""


class Step(StrEnum):
    """Where the challenge stands."""

    FORWARD = "forward"
    TURN = "turn"
    BACK = "back"
    PASSED = "passed"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a challenge failed; for the technician, never an accusation of the person."""

    WRONG_WAY = "the head turned the other way"
    TOO_SLOW = "the turn did not come in time"
    TRACK_LOST = "the face was lost or another one came"
    FLAT = "the face turned like a flat picture"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Progress:
    """All that the challenge remembers between two frames."""

    challenge: Challenge
    step: Step = Step.FORWARD
    cause: Cause | None = None
    asked_s: float = 0.0  # when the turn was asked for
    step_s: float = 0.0  # when this step began
    seen_s: float = 0.0  # when the face was last seen
    box: Box | None = None
    frontal: tuple[Shape, ...] = ()
    streak: int = 0  # successive frames that satisfy the step
    astray: int = 0  # successive frames turned the other way
    turned: float = 0.0  # the furthest turn, in eye distances
    parallax: float = 0.0  # at the furthest turn

    def evidence(self, now_s: float) -> Liveness:
        """What is kept: no landmark, no picture."""
        passed = self.step is Step.PASSED
        return Liveness(
            (self.challenge,), passed, round((now_s - self.asked_s) * 1000), round(self.parallax, 3), pad=None
        )


def asymmetry(landmarks: Landmarks) -> float:
    """How far the nose lies off the eyes' midline, in eye distances; positive towards the person's left."""
    return float(_shape(landmarks)[2, 0])


def advance(progress: Progress, face: Face | None, now_s: float, policy: ChallengePolicy) -> Progress:
    """The challenge after one more frame; `face` is None when there was not exactly one person in it."""
    if progress.step in {Step.PASSED, Step.FAILED}:
        return progress
    if progress.step is Step.FORWARD:
        return _forward(progress, face, now_s, policy) if face else Progress(progress.challenge)
    if face is None:
        return _unseen(progress, now_s, policy)
    if now_s - progress.seen_s > policy.gap_s or _jumped(progress, face, policy):
        return _failed(progress, Cause.TRACK_LOST)
    followed = replace(progress, box=face.box, seen_s=now_s)
    judged = _turn(followed, face, now_s, policy) if progress.step is Step.TURN else _back(followed, face, policy)
    if judged.step is progress.step and now_s - judged.step_s > policy.step_s:
        return _failed(judged, Cause.TOO_SLOW)
    return judged


def _forward(progress: Progress, face: Face, now_s: float, policy: ChallengePolicy) -> Progress:
    if progress.frontal and _jumped(progress, face, policy):
        progress = Progress(progress.challenge)
    began = progress.step_s if progress.frontal else now_s
    frontal = (*progress.frontal, _shape(face.landmarks))
    progress = replace(progress, step_s=began, seen_s=now_s, box=face.box, frontal=frontal)
    if len(frontal) < policy.settle_frames or now_s - began < policy.settle_s:
        return progress
    return replace(progress, step=Step.TURN, asked_s=now_s, step_s=now_s)


def _turn(progress: Progress, face: Face, now_s: float, policy: ChallengePolicy) -> Progress:
    shape, base = _shape(face.landmarks), _base(progress)
    side = 1 if progress.challenge is Challenge.TURN_LEFT else -1
    turned = side * float(shape[2, 0] - base[2, 0])
    astray = progress.astray + 1 if turned <= -policy.wrong_at_least else 0
    if astray >= policy.turn_frames:
        return _failed(progress, Cause.WRONG_WAY)
    streak = progress.streak + 1 if turned >= policy.turn_at_least else 0
    progress = _peak(replace(progress, streak=streak, astray=astray), turned, shape, base)
    if streak < policy.turn_frames:
        return progress
    return replace(progress, step=Step.BACK, step_s=now_s, streak=0)


def _back(progress: Progress, face: Face, policy: ChallengePolicy) -> Progress:
    shape, base = _shape(face.landmarks), _base(progress)
    side = 1 if progress.challenge is Challenge.TURN_LEFT else -1
    turned = side * float(shape[2, 0] - base[2, 0])
    progress = _peak(progress, turned, shape, base)
    streak = progress.streak + 1 if abs(turned) <= policy.frontal_at_most else 0
    if streak < policy.turn_frames:
        return replace(progress, streak=streak)
    if progress.parallax < policy.parallax_at_least:
        return _failed(progress, Cause.FLAT)
    return replace(progress, step=Step.PASSED, streak=streak)


def _peak(progress: Progress, turned: float, shape: Shape, base: Shape) -> Progress:
    if turned <= progress.turned:
        return progress
    return replace(progress, turned=turned, parallax=parallax(base, shape))


def _unseen(progress: Progress, now_s: float, policy: ChallengePolicy) -> Progress:
    if now_s - progress.seen_s > policy.gap_s:
        return _failed(progress, Cause.TRACK_LOST)
    return replace(progress, streak=0, astray=0)


def _jumped(progress: Progress, face: Face, policy: ChallengePolicy) -> bool:
    return progress.box is not None and progress.box.overlap(face.box) < policy.overlap_at_least


def _failed(progress: Progress, cause: Cause) -> Progress:
    return replace(progress, step=Step.FAILED, cause=cause)


def _base(progress: Progress) -> Shape:
    return np.asarray(np.mean(progress.frontal, axis=0), np.float64)


def _shape(landmarks: Landmarks) -> Shape:
    # Rotate and scale so that the eyes lie at (-0.5, 0) and (0.5, 0), the person's left eye on the right.
    points = [landmarks.right_eye, landmarks.left_eye, landmarks.nose]
    if landmarks.right_mouth and landmarks.left_mouth:
        points += [landmarks.right_mouth, landmarks.left_mouth]
    placed = np.array([complex(*point) for point in points])
    placed = (placed - (placed[0] + placed[1]) / 2) / (placed[1] - placed[0] or 1.0)
    return np.column_stack([placed.real, placed.imag])


def parallax(frontal: Shape, turned: Shape) -> float:
    """How far the nose is from where a flat face would have it, in eye distances.

    With the mouth known: the residual of the nose under the homography of eyes and mouth, which explains every movement
    of a flat picture. Without it: how far the nose left the eyes' midline, which a flat picture turned about its own
    midline does not do.
    """
    if len(frontal) < 5:  # noqa: PLR2004 - the three points without a mouth
        return float(abs(turned[2, 0] - frontal[2, 0]))
    corners = [0, 1, 3, 4]
    warp = _homography(frontal[corners], turned[corners])
    x, y, w = warp @ np.array([frontal[2, 0], frontal[2, 1], 1.0])
    return float(np.hypot(x / w - turned[2, 0], y / w - turned[2, 1])) if w else 0.0


def _homography(source: Shape, target: Shape) -> npt.NDArray[np.float64]:
    # Direct linear transform: two equations for each of four points, the null vector by SVD.
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    return np.asarray(np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3), np.float64)
