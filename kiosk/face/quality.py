# SPDX-License-Identifier: Apache-2.0
"""Judges one frame before it is used, in the words of ISO/IEC 29794-5, and names at most one hint for the person.

The components carry the standard's names as its reference software OFIQ spells them; the measures and limits here are
our own, cheap enough for a kiosk, and are not the standard's algorithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kiosk.enrollment.states import Prompt
from kiosk.face.liveness import asymmetry

if TYPE_CHECKING:
    from kiosk.face.policy import QualityPolicy
    from kiosk.face.shapes import Face, Picture

_SAMPLES = 64  # across a face, for sharpness and light
_DESIGN_WIDTH_PX = 640  # the policy's lengths are for this width


class Component(StrEnum):
    """What is wrong with a frame."""

    NO_FACE = "NoFace"  # not in the standard: it presumes a face
    SINGLE_FACE_PRESENT = "SingleFacePresent"
    HEAD_SIZE_SMALL = "HeadSize.Small"
    HEAD_SIZE_LARGE = "HeadSize.Large"
    MARGINS = "Margins"
    UNDER_EXPOSURE_PREVENTION = "UnderExposurePrevention"
    OVER_EXPOSURE_PREVENTION = "OverExposurePrevention"
    HEAD_POSE_YAW = "HeadPoseYaw"
    HEAD_POSE_ROLL = "HeadPoseRoll"
    SHARPNESS = "Sharpness"


HINTS = MappingProxyType(
    {
        Component.NO_FACE: Prompt.NO_FACE,
        Component.SINGLE_FACE_PRESENT: Prompt.ONE_PERSON,
        Component.HEAD_SIZE_SMALL: Prompt.COME_CLOSER,
        Component.HEAD_SIZE_LARGE: Prompt.STEP_BACK,
        Component.MARGINS: Prompt.CENTRE,
        Component.UNDER_EXPOSURE_PREVENTION: Prompt.TOO_DARK,
        Component.OVER_EXPOSURE_PREVENTION: Prompt.TOO_BRIGHT,
        Component.HEAD_POSE_YAW: Prompt.FACE_FORWARD,
        Component.HEAD_POSE_ROLL: Prompt.FACE_FORWARD,
        Component.SHARPNESS: Prompt.HOLD_STILL,
    }
)


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdict on one frame. `flaw` is the first thing to mend, `sharpness` ranks frames without a flaw."""

    flaw: Component | None
    sharpness: float = 0.0
    light: float = 0.0  # mean luminance of the face, 0 to 255

    @property
    def hint(self) -> Prompt | None:
        """What the person should be told, None when nothing."""
        return HINTS[self.flaw] if self.flaw else None


def assess(picture: Picture, faces: list[Face], policy: QualityPolicy) -> Quality:
    """Judge a frame by the faces found in it, the largest first.

    1. light, when no face is found because of it; 2. exactly one face; 3. size; 4. place; 5. light on the face;
    6. pose; 7. sharpness.
    """
    if not faces:
        return Quality(_light(_luminance(picture[::8, ::8]), policy) or Component.NO_FACE)
    face = faces[0]
    if has_company(faces, policy):
        return Quality(Component.SINGLE_FACE_PRESENT)
    patch = _patch(picture, face)
    crispness = sharpness(patch)
    flaw = (
        _size(picture, face, policy)
        or _place(picture, face, policy)
        or _light(patch, policy)
        or _pose(face, policy)
        or (Component.SHARPNESS if crispness < policy.sharpness_at_least else None)
    )
    return Quality(flaw, crispness, float(patch.mean()) if patch.size else 0.0)


def has_company(faces: list[Face], policy: QualityPolicy) -> bool:
    """Whether a second face is large enough to be a second person before the camera."""
    return len(faces) > 1 and faces[1].box.width >= policy.second_face_at_least * faces[0].box.width


def sharpness(patch: npt.NDArray[np.float32]) -> float:
    """The Laplacian's deviation over the luminance's: 0 for a blank, larger for finer detail."""
    inner = patch[1:-1, 1:-1]
    laplacian = patch[:-2, 1:-1] + patch[2:, 1:-1] + patch[1:-1, :-2] + patch[1:-1, 2:] - 4 * inner
    return float(laplacian.std() / (inner.std() + 1.0)) if inner.size else 0.0


def _size(picture: Picture, face: Face, policy: QualityPolicy) -> Component | None:
    distance = face.landmarks.eye_distance * _DESIGN_WIDTH_PX / picture.shape[1]
    # Turning shortens the distance between the eyes: that is a pose, judged later, not a small head.
    if distance < policy.eye_distance_at_least_px:
        return Component.HEAD_SIZE_SMALL
    return Component.HEAD_SIZE_LARGE if distance > policy.eye_distance_at_most_px else None


def _place(picture: Picture, face: Face, policy: QualityPolicy) -> Component | None:
    height, width = picture.shape[:2]
    across = (face.box.left + face.box.width / 2) / width - 0.5
    down = (face.box.top + face.box.height / 2) / height - 0.5
    return Component.MARGINS if max(abs(across), abs(down)) > policy.off_centre_at_most else None


def _light(luminance: npt.NDArray[np.float32], policy: QualityPolicy) -> Component | None:
    mean = float(luminance.mean()) if luminance.size else 0.0
    if mean < policy.dark_below:
        return Component.UNDER_EXPOSURE_PREVENTION
    return Component.OVER_EXPOSURE_PREVENTION if mean > policy.bright_above else None


def _pose(face: Face, policy: QualityPolicy) -> Component | None:
    marks = face.landmarks
    roll = np.degrees(np.arctan2(marks.left_eye[1] - marks.right_eye[1], marks.left_eye[0] - marks.right_eye[0]))
    if abs(roll) > policy.roll_at_most_deg:
        return Component.HEAD_POSE_ROLL
    return Component.HEAD_POSE_YAW if abs(asymmetry(marks)) > policy.frontal_asymmetry_at_most else None


def _patch(picture: Picture, face: Face) -> npt.NDArray[np.float32]:
    # The face's luminance, averaged to about `_SAMPLES` across so that distance and sensor noise count less.
    top, left = max(int(face.box.top), 0), max(int(face.box.left), 0)
    patch = _luminance(picture[top : int(face.box.top + face.box.height), left : int(face.box.left + face.box.width)])
    step = max(patch.shape[1] // _SAMPLES, 1) if patch.size else 1
    tall, wide = patch.shape[0] // step, patch.shape[1] // step
    blocks = patch[: tall * step, : wide * step].reshape(tall, step, wide, step)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _luminance(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    # ITU-R BT.601, from BGR.
    return np.asarray(pixels.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32), np.float32)
