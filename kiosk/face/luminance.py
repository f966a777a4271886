# SPDX-License-Identifier: Apache-2.0
"""Measures of light and detail on a picture of a face: pure functions of its luminance.

Luminance is ITU-R BT.601's, 0 to 255. Every measure of an empty patch is the worst one, never an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kiosk.face.shapes import Box, Landmarks, Picture, Point

Luminance = npt.NDArray[np.float32]
"""float32[height, width], 0 to 255."""

_SAMPLES = 64  # across a face, so that distance and sensor noise count less
_CLIPPED_DARK, _CLIPPED_BRIGHT = 26.0, 247.0  # the tenth and the last part in 32 of the range, as OFIQ has them
_EYE_WIDE, _EYE_TALL = 0.25, 0.13  # half sizes of an eye's patch, in eye distances


def luminance(pixels: npt.NDArray[np.uint8]) -> Luminance:
    """Of BGR pixels."""
    return np.asarray(pixels.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32), np.float32)


def face_patch(picture: Picture, box: Box) -> Luminance:
    """The face's luminance, averaged to about 64 samples across."""
    patch = luminance(_cut(picture, box.left, box.top, box.left + box.width, box.top + box.height))
    step = max(patch.shape[1] // _SAMPLES, 1)
    tall, wide = patch.shape[0] // step, patch.shape[1] // step
    blocks = patch[: tall * step, : wide * step].reshape(tall, step, wide, step)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def crispness(patch: Luminance) -> float:
    """The Laplacian's deviation over the luminance's: 0 for a blank, larger for finer detail."""
    inner = patch[1:-1, 1:-1]
    if not inner.size:
        return 0.0
    laplacian = patch[:-2, 1:-1] + patch[2:, 1:-1] + patch[1:-1, :-2] + patch[1:-1, 2:] - 4 * inner
    return float(laplacian.std() / (inner.std() + 1.0))


def exposed(patch: Luminance) -> tuple[float, float]:
    """The shares that are almost black and almost white."""
    if not patch.size:
        return 1.0, 1.0
    return float((patch < _CLIPPED_DARK).mean()), float((patch > _CLIPPED_BRIGHT).mean())


def uniformity(patch: Luminance) -> float:
    """The darker half's mean over the lighter's, left against right: 1 in even light, less with light from a side."""
    half = patch.shape[1] // 2
    if not half or not patch.size:
        return 0.0
    left, right = float(patch[:, :half].mean()), float(patch[:, -half:].mean())
    return min(left, right) / max(left, right, 1.0)


def spread(patch: Luminance) -> float:
    """Between the 5th and the 95th percentile: small in haze, fog on the lens and light from behind."""
    if not patch.size:
        return 0.0
    low, high = np.percentile(patch, [5, 95])
    return float(high - low)


def eye_range(picture: Picture, landmarks: Landmarks, patch: Luminance) -> float:
    """How much light and dark the less visible eye holds, in the face's own median luminance.

    An open eye has iris, pupil and white close together: 0.6 and more. A lid, a strand of hair or dark glass has not.
    """
    light = float(np.median(patch)) if patch.size else 0.0
    apart = landmarks.eye_distance
    return min(_eye(picture, eye, apart) for eye in (landmarks.right_eye, landmarks.left_eye)) / max(light, 1.0)


def _eye(picture: Picture, eye: Point, apart: float) -> float:
    wide, tall = _EYE_WIDE * apart, _EYE_TALL * apart
    return spread(luminance(_cut(picture, eye[0] - wide, eye[1] - tall, eye[0] + wide, eye[1] + tall)))


def _cut(picture: Picture, left: float, top: float, right: float, bottom: float) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    rows = slice(_within(top, height), _within(bottom, height))
    columns = slice(_within(left, width), _within(right, width))
    return picture[rows, columns]


def _within(value: float, most: int) -> int:
    return int(min(max(value, 0.0), float(most))) if value == value else 0  # noqa: PLR0124 - a NaN is nowhere
