# SPDX-License-Identifier: Apache-2.0
"""Helps whom the camera sees too high or too low: who sits, is small or is tall cannot mend that as others do.

"Into the oval" is said first. Who then stays too high or too low is asked to go further back, which brings a face
nearer to the middle; where even the farthest place allowed would not, a helper has to tilt the camera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Prompt
from kiosk.face.quality import Component, eyes_apart, off_height

if TYPE_CHECKING:
    from kiosk.face.policy import QualityPolicy
    from kiosk.face.quality import Quality
    from kiosk.face.shapes import Face, Frame, Picture

_UP_OR_DOWN = frozenset({Component.MARGIN_ABOVE, Component.MARGIN_BELOW})
_LOST_S = 0.5  # a detector may lose a face at the picture's edge this long


class HeightWatch:
    """Follows one attempt; `after_s` is how long "into the oval" is given to help."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._since_s: float | None = None
        self._seen_s = float("-inf")

    @property
    def is_off(self) -> bool:
        """Whether the last face that was seen had been too high or too low for long."""
        return self._since_s is not None and self._seen_s - self._since_s >= self._after_s

    def hint(self, frame: Frame, faces: list[Face], quality: Quality, rules: QualityPolicy) -> Prompt | None:
        """Return what the person should be told: the frame's own hint, unless its height has been wrong for long."""
        now_s = frame.taken_s
        if now_s - self._seen_s > _LOST_S:
            self._since_s = None
        if quality.flaw not in _UP_OR_DOWN:
            return quality.hint
        self._seen_s = now_s
        self._since_s = now_s if self._since_s is None else self._since_s
        return remedy(frame.picture, faces[0], rules) if self.is_off else quality.hint


def remedy(picture: Picture, face: Face, rules: QualityPolicy) -> Prompt:
    """Name what would bring the face to the middle: going back as far as it may, or only the camera."""
    at_the_farthest = off_height(picture, face) * rules.eye_distance_at_least_px / eyes_apart(picture, face)
    return Prompt.FURTHER_BACK if abs(at_the_farthest) <= rules.off_centre_at_most else Prompt.CAMERA_HEIGHT
