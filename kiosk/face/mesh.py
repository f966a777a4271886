# SPDX-License-Identifier: Apache-2.0
"""What is read off a face mesh: the five landmarks, lids, lips and pitch. Pure functions of its points.

Numbers of points: MediaPipe, canonical_face_model_uv_visualization. The eye aspect ratio is that of T. Soukupova and
J. Cech, Real-Time Eye Blink Detection using Facial Landmarks (2016); the lips' is made after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kiosk.face.shapes import Landmarks

if TYPE_CHECKING:
    from kiosk.face.shapes import Mesh, Point

_RIGHT_EYE, _LEFT_EYE = (33, 133), (362, 263)  # outer and inner corner, inner and outer corner
_RIGHT_LIDS, _LEFT_LIDS = ((160, 144), (158, 153)), ((385, 380), (387, 373))  # upper and lower, twice
_NOSE = 1
_MOUTH = (61, 291)  # the person's right corner, then the left
_LIPS, _INNER_MOUTH = (13, 14), (78, 308)
_FOREHEAD, _CHIN = 10, 152


def landmarks(mesh: Mesh) -> Landmarks:
    """The five points that an engine would give: finer, because they are fitted to the whole face."""
    right, left = _point(mesh, *_RIGHT_EYE), _point(mesh, *_LEFT_EYE)
    return Landmarks(right, left, _point(mesh, _NOSE), _point(mesh, _MOUTH[0]), _point(mesh, _MOUTH[1]))


def eye_aspect_ratio(mesh: Mesh) -> float:
    """How open the eyes are: the lids' distance in widths of the eye, the mean of both; about 0.3 when open."""
    right = _ratio(mesh, _RIGHT_LIDS, _RIGHT_EYE)
    return (right + _ratio(mesh, _LEFT_LIDS, _LEFT_EYE)) / 2


def mouth_aspect_ratio(mesh: Mesh) -> float:
    """How far the lips are apart, in widths of the mouth; about 0 when shut."""
    return _ratio(mesh, (_LIPS,), _INNER_MOUTH)


def pitch_deg(mesh: Mesh) -> float:
    """How far the head is lifted, in degrees; the mesh's depth is coarse, so a few of them say nothing."""
    x, y, z = mesh.points[_CHIN] - mesh.points[_FOREHEAD]
    return float(-np.degrees(np.arctan2(z, np.hypot(x, y))))


def _ratio(mesh: Mesh, pairs: tuple[tuple[int, int], ...], corners: tuple[int, int]) -> float:
    wide = _apart(mesh, *corners)
    return float(np.mean([_apart(mesh, *pair) for pair in pairs])) / wide if wide > 0 else 0.0


def _apart(mesh: Mesh, one: int, other: int) -> float:
    return float(np.hypot(*(mesh.points[one, :2] - mesh.points[other, :2])))


def _point(mesh: Mesh, *numbers: int) -> Point:
    x, y = mesh.points[list(numbers), :2].mean(axis=0)
    return (float(x), float(y))
