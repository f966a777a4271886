# SPDX-License-Identifier: Apache-2.0
"""Faces as landmarks: made from a head's depth, or flat as on a print, for tests of the pure functions."""

from __future__ import annotations

import numpy as np

from kiosk.face.gestures import Reading, shape_of
from kiosk.face.shapes import Box, Face, Landmarks

# Right eye, left eye, nose, right and left corner of the mouth: x, y and depth, in eye distances.
_HEAD = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.6, 0.45), (-0.42, 1.0, 0.05), (0.42, 1.0, 0.05)])
_EYES_PX = 95.0


def made_face(
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    *,
    nearer: float = 1.0,
    depth: float = 1.0,
    at: float = 320.0,
    mouth: bool = True,
) -> Face:
    """A face before the camera; `depth` 0 is a flat print, `at` is where it stands in the picture."""
    yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
    x, y, z = (_HEAD * [1, 1, depth]).T
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    y = y * np.cos(pitch) - z * np.sin(pitch)
    size = _EYES_PX * nearer
    points = [(at + size * across, 220 + size * down) for across, down in zip(x, y, strict=True)]
    marks = Landmarks(*points) if mouth else Landmarks(*points[:3])
    side = 2.1 * size
    return Face(Box(at - side / 2, 270 - side / 2, side, side), marks, 1.0)


def made_reading(  # noqa: PLR0913 - the same, and lids and lips
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    *,
    nearer: float = 1.0,
    depth: float = 1.0,
    at: float = 320.0,
    mouth: bool = True,
    lids: float | None = None,
    lips: float | None = None,
) -> Reading:
    """What is measured on such a face; lids and lips where there is a mesh."""
    face = made_face(yaw_deg, pitch_deg, nearer=nearer, depth=depth, at=at, mouth=mouth)
    known = () if lids is None else (lids, lids)
    return Reading(face.box, shape_of(face.landmarks), face.landmarks.eye_distance, known, lips)
