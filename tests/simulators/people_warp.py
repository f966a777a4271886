# SPDX-License-Identifier: Apache-2.0
"""Turns one public-domain portrait into other people by smooth warps and tones, and moves their heads.

Lengths are in eye distances, from the midpoint between the eyes: x to the image's right, y down. It never reads a file
but scikit-image's `astronaut` (a NASA picture, public domain). Method: docs/face.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from skimage.data import astronaut

from tests.simulators.people_mimic import lids_closed, mouth_opened, throat

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

_MIDPOINT = (225.0, 103.5)  # between the eyes of the source, pixels
_EYE_DISTANCE = 43.0  # of the source, pixels
_GRID_PX = 8  # maps are computed on this grid and enlarged: they are smooth

# Where a face can be moved or swollen; what is off the midline is done on both sides.
_ANCHORS = (
    (0.5, 0.0),  # eye
    (0.5, -0.35),  # brow
    (0.0, 0.62),  # nose
    (0.0, 0.15),  # bridge
    (0.18, 0.7),  # nostril
    (0.0, 1.05),  # mouth
    (0.42, 1.0),  # corner of the mouth
    (0.75, 0.6),  # cheek
    (0.8, 1.15),  # jaw
    (0.0, 1.65),  # chin
    (0.0, -0.8),  # forehead
    (0.9, -0.3),  # temple
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """One made person: the seed of every random choice, and how far the face is pulled from the source's."""

    seed: int
    strength: float


@dataclass(frozen=True, slots=True)
class Staging:
    """Where the head stands in a picture: all in pixels."""

    width: int
    height: int
    eye_distance: float
    midpoint: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is held, and what the face does. Positive yaw is to the person's left, positive pitch is up."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    shut: float = 0.0  # of the eyes, 0 open to 1
    gape: float = 0.0  # of the mouth, 0 as in the portrait to 1


FRONT = Pose()


@lru_cache(maxsize=16)
def toned(likeness: Likeness) -> Pixels:
    """The source picture in this person's skin, hair, brows, shadow and light: uint8[512, 512, 3], BGR."""
    rng = np.random.default_rng(likeness.seed + 100_000)
    image = np.ascontiguousarray(astronaut()[:, :, ::-1]).astype(np.float32) / 255  # type: ignore[no-untyped-call]
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
    x, y = (columns - _MIDPOINT[0]) / _EYE_DISTANCE, (rows - _MIDPOINT[1]) / _EYE_DISTANCE
    image = image ** rng.uniform(0.7, 1.5) * rng.uniform(0.94, 1.06, 3)
    image *= _tint(_blob(x / 1.15, (y - 0.5) / 1.5, 3), rng.uniform(0.55, 1.1))
    hair = np.clip(_blob(x / 1.8, (y + 0.1) / 2.1, 4) - _blob(x / 1.05, (y - 0.55) / 1.35, 3), 0, 1)
    image *= _tint(hair, rng.uniform(0.15, 1.2))
    if rng.random() < 0.5:  # the shadow of a beard, open at the mouth
        beard = _blob(x / 0.85, (y - 1.25) / 0.55, 2) - _blob(x / 0.4, (y - 1.02) / 0.16, 2)
        image *= _tint(np.clip(beard, 0, 1), 1 - rng.uniform(0.2, 0.6))
    for side in (-1, 1):
        image *= _tint(_blob((x - side * 0.5) / 0.33, (y + 0.33) / 0.09, 1), 1 - rng.uniform(0, 0.6))
    return (np.clip(image, 0, 1) * 255).astype(np.uint8)


def _blob(x: Floats, y: Floats, steepness: int) -> Floats:
    return cast("Floats", np.exp(-((x**2 + y**2) ** steepness)))


def _tint(where: Floats, factor: float) -> Floats:
    return cast("Floats", (1 + (factor - 1) * where)[..., None])


def picture(likeness: Likeness, staging: Staging, pose: Pose = FRONT) -> Pixels:
    """The person in this pose: uint8[height, width, 3], BGR."""
    columns = np.linspace(0, staging.width - 1, staging.width // _GRID_PX + 1)
    rows = np.linspace(0, staging.height - 1, staging.height // _GRID_PX + 1)
    grid_x, grid_y = np.meshgrid(columns, rows)
    x = ((grid_x - staging.midpoint[0]) / staging.eye_distance).astype(np.float32)
    y = ((grid_y - staging.midpoint[1]) / staging.eye_distance).astype(np.float32)
    level = _unlifted(x, y, np.deg2rad(pose.pitch_deg)) if pose.pitch_deg else y
    straight = _unturned(x, level, np.deg2rad(pose.yaw_deg)) if pose.yaw_deg else x
    source_x, source_y = _other_face(likeness, straight, level)
    # Lids and lips have edges finer than the grid: they move in the enlarged map.
    size = (staging.width, staging.height)
    across, down = (cast("Floats", cv2.resize(one.astype(np.float32), size)) for one in (source_x, source_y))
    down = lids_closed(across, down, pose.shut)
    dark = throat(across, down, pose.gape)
    down = mouth_opened(across, down, pose.gape)
    map_x = (across * _EYE_DISTANCE + _MIDPOINT[0]).astype(np.float32)
    map_y = (down * _EYE_DISTANCE + _MIDPOINT[1]).astype(np.float32)
    warped = cv2.remap(toned(likeness), map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return cast("Pixels", warped if dark is None else (warped * dark).astype(np.uint8))


def _other_face(likeness: Likeness, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(likeness.seed)
    wide, tall = 1 + rng.uniform(-0.14, 0.14, 2) * likeness.strength
    moved_x, moved_y = np.zeros_like(x), np.zeros_like(y)
    for anchor_x, anchor_y in _ANCHORS:
        shift_x, shift_y = rng.uniform(-0.15, 0.15, 2) * likeness.strength
        swelling = rng.uniform(-0.28, 0.28) * likeness.strength
        reach = rng.uniform(0.28, 0.5)
        uneven_x, uneven_y = rng.uniform(-0.03, 0.03, 2) * likeness.strength
        for side in (1, -1) if anchor_x else (0,):
            near_x, near_y = x - side * anchor_x, y - anchor_y
            weight = np.exp(-(near_x**2 + near_y**2) / (2 * reach * reach))
            moved_x += weight * (side * shift_x + uneven_x + swelling * near_x)
            moved_y += weight * (shift_y + uneven_y * side + swelling * near_y)
    head = _blob(x / 1.6, (y - 0.4) / 2.0, 2)
    return x * (1 + (wide - 1) * head) + moved_x, (y - 0.4) * (1 + (tall - 1) * head) + 0.4 + moved_y


def _unturned(x: Floats, y: Floats, yaw: float) -> Floats:
    # A turned head shows X at x = X cos + Z sin. This is solved for X by iteration, faded out round the head and neck.
    neck = 1 / (1 + np.exp((y - 1.75) * 7))
    straight = x.copy()
    for _ in range(12):
        outside = np.maximum((straight / 1.75) ** 2 + ((y - 0.25) / 2.3) ** 2 - 0.45, 0)
        mask = np.exp(-(outside**2) * 2.2) * neck
        straight = x - mask * ((_depth(straight, y) - 0.75) * np.sin(yaw) - straight * (1 - np.cos(yaw)))
    return straight.astype(np.float32)


def _unlifted(x: Floats, y: Floats, pitch: float) -> Floats:
    # The same about the ears: a lifted head shows Y, from there, at Y cos - Z sin.
    neck = 1 / (1 + np.exp((y - 1.75) * 7))
    straight = y.copy()
    for _ in range(12):
        outside = np.maximum((x / 1.75) ** 2 + ((straight - 0.25) / 2.3) ** 2 - 0.45, 0)
        mask = np.exp(-(outside**2) * 2.2) * neck
        moved = -(_depth(x, straight) - 0.75) * np.sin(pitch) - (straight - 0.4) * (1 - np.cos(pitch))
        straight = y - mask * moved
    return straight.astype(np.float32)


def _depth(x: Floats, y: Floats) -> Floats:
    skull = 1.8 * np.sqrt(np.clip(1 - (x / 1.75) ** 2 - ((y - 0.25) / 2.3) ** 2, 0.02, 1))
    nose = 0.8 * np.exp(-((x / 0.5) ** 2 + ((y - 0.6) / 0.45) ** 2))
    return cast("Floats", skull + nose)


def flat_turned(image: Pixels, yaw_deg: float) -> Pixels:
    """A flat print of `image` turned about its vertical middle before the camera: an attack, not a person."""
    height, width = image.shape[:2]
    yaw, focal = np.deg2rad(yaw_deg), 900.0
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    plane = np.array([[np.cos(yaw), 0, 0], [0, 1, 0], [-np.sin(yaw), 0, 1]])
    warp = camera @ plane @ np.linalg.inv(camera)
    return cast("Pixels", cv2.warpPerspective(image, warp, (width, height), borderMode=cv2.BORDER_REPLICATE))
