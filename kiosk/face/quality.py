# SPDX-License-Identifier: Apache-2.0
"""Judges one frame before it is used, in the words of ISO/IEC 29794-5, and names at most one hint for the person.

The components carry the standard's names as its reference software OFIQ spells them; the measures and limits here are
our own, cheap enough for a kiosk, and are not the standard's algorithms. Not judged: mouth, head cover, expression,
occlusion of the lower face, compression, colour, background.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.measures import Meters
from kiosk.enrollment.states import Prompt
from kiosk.face.gestures import asymmetry, nose_height, shape_of
from kiosk.face.luminance import crispness, exposed, eye_range, face_patch, luminance, spread, uniformity
from kiosk.face.mesh import eye_aspect_ratio, pitch_deg
from kiosk.face.meters import NOTHING_MEASURED, Band, step

if TYPE_CHECKING:
    from kiosk.face.luminance import Luminance
    from kiosk.face.policy import QualityPolicy
    from kiosk.face.shapes import Face, Mesh, Picture

_DESIGN_WIDTH_PX = 640  # the policy's lengths are for this width


class Component(StrEnum):
    """What is wrong with a frame."""

    NO_FACE = "NoFace"  # not in the standard: it presumes a face
    SINGLE_FACE_PRESENT = "SingleFacePresent"
    INTER_EYE_DISTANCE = "InterEyeDistance"  # too small
    HEAD_SIZE = "HeadSize"  # too large
    LEFTWARD_CROP = "LeftwardCropOfTheFaceImage"  # too near to the picture's left edge, and so on
    RIGHTWARD_CROP = "RightwardCropOfTheFaceImage"
    MARGIN_ABOVE = "MarginAboveOfTheFaceImage"
    MARGIN_BELOW = "MarginBelowOfTheFaceImage"
    UNDER_EXPOSURE_PREVENTION = "UnderExposurePrevention"
    OVER_EXPOSURE_PREVENTION = "OverExposurePrevention"
    ILLUMINATION_UNIFORMITY = "IlluminationUniformity"
    DYNAMIC_RANGE = "DynamicRange"
    HEAD_POSE_ROLL = "HeadPoseRoll"
    HEAD_POSE_YAW = "HeadPoseYaw"
    HEAD_POSE_PITCH = "HeadPosePitch"
    EYES_VISIBLE = "EyesVisible"
    EYES_OPEN = "EyesOpen"
    SHARPNESS = "Sharpness"


HINTS = MappingProxyType(
    {
        Component.NO_FACE: Prompt.NO_FACE,
        Component.SINGLE_FACE_PRESENT: Prompt.ONE_PERSON,
        Component.INTER_EYE_DISTANCE: Prompt.COME_CLOSER,
        Component.HEAD_SIZE: Prompt.STEP_BACK,
        Component.LEFTWARD_CROP: Prompt.CENTRE,
        Component.RIGHTWARD_CROP: Prompt.CENTRE,
        Component.MARGIN_ABOVE: Prompt.CENTRE,
        Component.MARGIN_BELOW: Prompt.CENTRE,
        Component.UNDER_EXPOSURE_PREVENTION: Prompt.TOO_DARK,
        Component.OVER_EXPOSURE_PREVENTION: Prompt.TOO_BRIGHT,
        Component.ILLUMINATION_UNIFORMITY: Prompt.UNEVEN_LIGHT,
        Component.DYNAMIC_RANGE: Prompt.FLAT_LIGHT,
        Component.HEAD_POSE_ROLL: Prompt.HOLD_UPRIGHT,
        Component.HEAD_POSE_YAW: Prompt.FACE_FORWARD,
        Component.HEAD_POSE_PITCH: Prompt.LEVEL_CHIN,
        Component.EYES_VISIBLE: Prompt.SHOW_EYES,
        Component.EYES_OPEN: Prompt.OPEN_EYES,
        Component.SHARPNESS: Prompt.HOLD_STILL,
    }
)


_BANDS = MappingProxyType(
    {
        Component.INTER_EYE_DISTANCE: Band.TOO_LITTLE,
        Component.HEAD_SIZE: Band.TOO_MUCH,
        Component.UNDER_EXPOSURE_PREVENTION: Band.TOO_LITTLE,
        Component.OVER_EXPOSURE_PREVENTION: Band.TOO_MUCH,
    }
)
_BRIGHTEST = 255.0


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdict on one frame: `flaw` is the first thing to mend, `worth` ranks frames, 0 to 1.

    `worth` knows nothing of any portrait or comparison: the best frame is the best picture, not the best match.
    """

    flaw: Component | None
    worth: float = 0.0
    light: float = 0.0  # mean luminance of the face, 0 to 255
    meters: Meters = NOTHING_MEASURED

    @property
    def hint(self) -> Prompt | None:
        """What the person should be told, None when nothing."""
        return HINTS[self.flaw] if self.flaw else None


def assess(picture: Picture, faces: list[Face], rules: QualityPolicy, mesh: Mesh | None = None) -> Quality:
    """Judge a frame by the faces found in it, the largest first, and by the largest one's mesh where there is one.

    1. light, when no face is found because of it; 2. exactly one face; 3. size; 4. place; 5. light on the face;
    6. pose; 7. eyes; 8. sharpness.
    """
    if not faces:
        return Quality(_light(luminance(picture[::8, ::8]), rules) or Component.NO_FACE)
    face = faces[0]
    if has_company(faces, rules):
        return Quality(Component.SINGLE_FACE_PRESENT)
    patch = face_patch(picture, face.box)
    sharp, eyes = crispness(patch), eye_range(picture, face.landmarks, patch)
    mean = float(patch.mean()) if patch.size else 0.0
    size, light = _size(picture, face, rules), _light(patch, rules)
    flaw = (
        size
        or _place(picture, face, rules)
        or light
        or _evenness(patch, rules)
        or _pose(face, rules, mesh)
        or _eyes(eyes, rules, mesh)
        or (Component.SHARPNESS if sharp < rules.sharpness_at_least else None)
    )
    meters = Meters(_distance_step(eyes_apart(picture, face), size, rules), _light_step(mean, light, rules))
    return Quality(flaw, _worth(face, sharp, eyes, uniformity(patch)), mean, meters)


def eyes_apart(picture: Picture, face: Face) -> float:
    """The distance between the eyes, in pixels of a picture as wide as the policy's."""
    return face.landmarks.eye_distance * _DESIGN_WIDTH_PX / float(picture.shape[1])


def off_height(picture: Picture, face: Face) -> float:
    """How far the face lies below the picture's middle, in its heights; negative above."""
    return (face.box.top + face.box.height / 2) / float(picture.shape[0]) - 0.5


def has_company(faces: list[Face], rules: QualityPolicy) -> bool:
    """Whether a second face is large enough to be a second person before the camera."""
    return len(faces) > 1 and faces[1].box.width >= rules.second_face_at_least * faces[0].box.width


def _size(picture: Picture, face: Face, rules: QualityPolicy) -> Component | None:
    distance = eyes_apart(picture, face)
    # Turning shortens the distance between the eyes: that is a pose, judged later, not a small head.
    if distance < rules.eye_distance_at_least_px:
        return Component.INTER_EYE_DISTANCE
    return Component.HEAD_SIZE if distance > rules.eye_distance_at_most_px else None


def _distance_step(distance: float, flaw: Component | None, rules: QualityPolicy) -> int:
    limits = (rules.eye_distance_at_least_px, rules.eye_distance_at_most_px)
    return step(distance, _band(flaw), limits, 2 * rules.eye_distance_at_most_px)


def _light_step(mean: float, flaw: Component | None, rules: QualityPolicy) -> int:
    # A face may be too dark or too bright in parts with a mean between the limits: the band is the verdict's.
    return step(mean, _band(flaw), (rules.dark_below, rules.bright_above), _BRIGHTEST)


def _band(flaw: Component | None) -> Band:
    return _BANDS[flaw] if flaw else Band.GOOD


def _place(picture: Picture, face: Face, rules: QualityPolicy) -> Component | None:
    across = (face.box.left + face.box.width / 2) / picture.shape[1] - 0.5
    down = off_height(picture, face)
    if abs(across) > rules.off_centre_at_most:
        return Component.LEFTWARD_CROP if across < 0 else Component.RIGHTWARD_CROP
    if abs(down) > rules.off_centre_at_most:
        return Component.MARGIN_ABOVE if down < 0 else Component.MARGIN_BELOW
    return None


def _light(patch: Luminance, rules: QualityPolicy) -> Component | None:
    mean = float(patch.mean()) if patch.size else 0.0
    dark, bright = exposed(patch)
    if mean < rules.dark_below or dark > rules.dark_share_at_most:
        return Component.UNDER_EXPOSURE_PREVENTION
    if mean > rules.bright_above or bright > rules.bright_share_at_most:
        return Component.OVER_EXPOSURE_PREVENTION
    return None


def _evenness(patch: Luminance, rules: QualityPolicy) -> Component | None:
    if uniformity(patch) < rules.uniformity_at_least:
        return Component.ILLUMINATION_UNIFORMITY
    return Component.DYNAMIC_RANGE if spread(patch) < rules.dynamic_range_at_least else None


def _pose(face: Face, rules: QualityPolicy, mesh: Mesh | None) -> Component | None:
    marks, shape = face.landmarks, shape_of(face.landmarks)
    roll = np.degrees(np.arctan2(marks.left_eye[1] - marks.right_eye[1], marks.left_eye[0] - marks.right_eye[0]))
    if abs(roll) > rules.roll_at_most_deg:
        return Component.HEAD_POSE_ROLL
    if abs(asymmetry(shape)) > rules.frontal_asymmetry_at_most:
        return Component.HEAD_POSE_YAW
    if mesh is not None:
        return Component.HEAD_POSE_PITCH if abs(pitch_deg(mesh)) > rules.pitch_at_most_deg else None
    level = rules.nose_at_least <= nose_height(shape) <= rules.nose_at_most
    return None if level else Component.HEAD_POSE_PITCH


def _eyes(eyes: float, rules: QualityPolicy, mesh: Mesh | None) -> Component | None:
    if eyes < rules.eye_range_at_least:
        return Component.EYES_VISIBLE
    shut = mesh is not None and eye_aspect_ratio(mesh) < rules.eye_aspect_at_least
    return Component.EYES_OPEN if shut else None


def _worth(face: Face, sharp: float, eyes: float, evenness: float) -> float:
    # Each from 0 to 1 and a product, so that no virtue outweighs a vice.
    straight = max(1 - 2 * abs(asymmetry(shape_of(face.landmarks))), 0.0)
    return float(sharp / (sharp + 0.1) * straight * min(eyes, 1.0) * evenness)
