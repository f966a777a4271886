# SPDX-License-Identifier: Apache-2.0
"""Passive detection of presentation attacks, as pure functions over a window of frames: never over one.

Two gates, each alone: the least of the scores once the worst were trimmed, and their median. It is never added to the
challenge's or the comparison's figures. The networks behind it were trained by others on other cameras; it is not
certified and is not sold as such (docs/face.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.evidence import PadScores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.face.policy import PadPolicy
    from kiosk.face.shapes import Face

# dlib's box is square, from the brow to the chin; the networks were trained on boxes from the forehead to the chin.
# Both as found on the same seven demonstration people: widths, heights and middles, in widths of dlib's box.
_SQUARE_WIDTH, _SQUARE_HEIGHT, _SQUARE_UP = 0.96, 1.18, 0.045


def crop_box(width: int, height: int, face: Face, scale: float) -> tuple[int, int, int, int]:
    """The part of a picture that a network sees: left, top, right, bottom, in pixels.

    1. The face's box is enlarged `scale` times about its middle, or as far as the picture reaches.
    2. It is moved back inside the picture. Source: Silent-Face-Anti-Spoofing, src/generate_patches.py.
    """
    left, top, wide, tall = _head(face)
    scale = min(scale, (width - 1) / wide, (height - 1) / tall)
    across, down = wide * scale, tall * scale
    left = min(max(left + wide / 2 - across / 2, 0.0), width - across)
    top = min(max(top + tall / 2 - down / 2, 0.0), height - down)
    return int(left), int(top), max(int(left + across), int(left) + 1), max(int(top + down), int(top) + 1)


def _head(face: Face) -> tuple[float, float, float, float]:
    box = face.box
    wide, tall = max(box.width, 1.0), max(box.height, 1.0)
    if face.landmarks.left_mouth is not None:
        return box.left, box.top, wide, tall
    middle_x, middle_y = box.left + wide / 2, box.top + tall / 2 - _SQUARE_UP * tall
    wide, tall = wide * _SQUARE_WIDTH, tall * _SQUARE_HEIGHT
    return middle_x - wide / 2, middle_y - tall / 2, wide, tall


def enough(scores: Sequence[float], policy: PadPolicy) -> bool:
    """Whether the window is long enough to be judged."""
    return len(scores) >= policy.frames_at_least


def summary(scores: Sequence[float], policy: PadPolicy) -> PadScores:
    """The window in two figures. A score that is not a number counts as the worst.

    Raises:
        ValueError: when the window is too short.
    """
    if not enough(scores, policy):
        message = f"the passive check needs at least {policy.frames_at_least} frames"
        raise ValueError(message)
    ranked = np.sort(np.nan_to_num(np.asarray(scores, np.float64), nan=0.0, posinf=0.0, neginf=0.0))
    trimmed = int(len(ranked) * policy.trimmed)
    return PadScores(
        least=round(float(ranked[trimmed]), 3), median=round(float(np.median(ranked)), 3), frames=len(ranked)
    )


def is_person(scores: PadScores, policy: PadPolicy) -> bool:
    """Whether the window passes both gates."""
    return scores.least >= policy.least_at_least and scores.median >= policy.median_at_least
