# SPDX-License-Identifier: Apache-2.0
"""Demonstration people: the same seven every time, with a chip portrait and short looping videos before a camera.

They are made at run time and resemble nobody; no picture of a living person is stored. Left and right are the person's.
"""

from __future__ import annotations

import os
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType

import cv2
import numpy as np

from tests.simulators.people_warp import FRONT, Likeness, Pixels, Pose, Staging, flat_turned, picture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PersonId = NewType("PersonId", str)

# Chosen for being more than 0.6 apart in dlib's distance (0.58 averaged with the mirror image), and for being found by
# both detectors while turning.
PEOPLE = MappingProxyType(
    {
        PersonId("demo-1"): Likeness(28, 0.6),
        PersonId("demo-2"): Likeness(9, 0.6),
        PersonId("demo-3"): Likeness(658, 0.75),
        PersonId("demo-4"): Likeness(538, 0.75),
        PersonId("demo-5"): Likeness(298, 0.6),
        PersonId("demo-6"): Likeness(1686, 0.45),
        PersonId("demo-7"): Likeness(1597, 0.45),
    }
)

FPS = 15
PORTRAIT_BYTES = 5118  # the chip's room for the portrait
_PORTRAIT = Staging(148, 178, 36.0, (74.0, 82.0))
_KIOSK = Staging(640, 480, 95.0, (320.0, 215.0))
_HALF = Staging(320, 480, 82.0, (160.0, 225.0))
_PEAK_DEG = 31.0
_FRONT, _RAMP, _HOLD = 15, 9, 12  # frames


class Act(StrEnum):
    """What a person does in a clip, again and again. The FLAT ones are a print turned before the camera."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    FLAT_LEFT = "flat-left"
    FLAT_RIGHT = "flat-right"


def portrait_jpeg(person: PersonId) -> bytes:
    """The portrait as a chip stores it: a baseline JPEG of 148x178 pixels in at most 5,118 bytes."""
    image = picture(PEOPLE[person], _PORTRAIT)
    for quality in range(92, 20, -3):
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(encoded) <= PORTRAIT_BYTES:
            return encoded.tobytes()
    message = "the portrait does not fit the chip at any quality"
    raise ValueError(message)


def clip(person: PersonId, path: Path, act: Act) -> Path:
    """Write the person doing `act` as Motion JPEG in AVI: 640x480, 15 frames a second, four seconds, seamless."""
    made: dict[float, Pixels] = {}
    return _write(path, (_frame(made, person, act, yaw) for yaw in _yaws(act)))


def clip_in(folder: Path, person: PersonId, act: Act) -> Path:
    """The clip from `folder`, made there when it is not there yet."""
    path = folder / f"{person}-{act}.avi"
    return path if path.exists() else clip(person, path, act)


def crowd(people: tuple[PersonId, PersonId], path: Path) -> Path:
    """Write two people standing side by side before the camera."""
    image = np.hstack([picture(PEOPLE[person], _HALF) for person in people])
    return _write(path, (image for _ in range(4 * FPS)))


def darkness(path: Path) -> Path:
    """Write a room in which the lamp is out."""
    return _write(path, (np.full((480, 640, 3), 6, np.uint8) for _ in range(FPS)))


def empty_room(path: Path) -> Path:
    """Write a lit room with nobody in it."""
    return _write(path, (np.full((480, 640, 3), 130, np.uint8) for _ in range(FPS)))


def _yaws(act: Act) -> list[float]:
    side = {Act.FRONT: 0.0, Act.LEFT: 1.0, Act.FLAT_LEFT: 1.0, Act.RIGHT: -1.0, Act.FLAT_RIGHT: -1.0}[act]
    ramp = [_PEAK_DEG * (0.5 - 0.5 * np.cos(np.pi * step / (_RAMP + 1))) for step in range(1, _RAMP + 1)]
    hold = [_PEAK_DEG - step % 3 for step in range(_HOLD)]
    turn = [0.0] * _FRONT + ramp + hold + ramp[::-1] + [0.0] * _FRONT
    return [round(side * yaw, 3) for yaw in turn]


def _frame(made: dict[float, Pixels], person: PersonId, act: Act, yaw: float) -> Pixels:
    if yaw not in made:
        flat = act in {Act.FLAT_LEFT, Act.FLAT_RIGHT}
        front = picture(PEOPLE[person], _KIOSK, FRONT if flat else Pose(yaw))
        made[yaw] = flat_turned(front, yaw) if flat else front
    return made[yaw]


def _write(path: Path, frames: Iterable[Pixels]) -> Path:
    # Written beside and renamed, so that a camera which follows `path` never opens half a file.
    part = path.with_name(f".{path.stem}.{os.getpid()}.avi")
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (640, 480))
    if not writer.isOpened():
        message = f"cannot write Motion JPEG to {path.name}; check that its folder exists"
        raise OSError(message)
    noise = np.random.default_rng(1).integers(0, 6, (520, 680, 3), np.uint8)
    for count, image in enumerate(frames):
        writer.write(_as_filmed(image, noise, count))
    writer.release()
    part.replace(path)
    return path


def _as_filmed(image: Pixels, noise: Pixels, count: int) -> Pixels:
    # A standing person sways a little; a sensor is never quite still. Both close their circle with the loop.
    phase = 2 * np.pi * count / (4 * FPS)
    sway = np.array([[1, 0, 3 * np.sin(phase)], [0, 1, 1.5 * np.sin(2 * phase)]], np.float32)
    moved = cv2.warpAffine(image, sway, (640, 480), borderMode=cv2.BORDER_REPLICATE)
    top, left = count * 7 % 40, count * 11 % 40
    return np.asarray(cv2.add(moved, noise[top : top + 480, left : left + 640]), np.uint8)
