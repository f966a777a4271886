# SPDX-License-Identifier: Apache-2.0
"""Demonstration people: the same seven every time, with a chip portrait and short looping videos before a camera.

They are made at run time and resemble nobody; no picture of a living person is stored. Left and right are the person's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
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
_TURN_DEG, _LIFT_DEG, _NEARER = 31.0, 22.0, 1.35
_FRONT, _RAMP, _SLOW_RAMP, _HOLD = 15, 9, 15, 12  # frames
_BLINK = (0.5, 1.0, 1.0, 0.5)


class Act(StrEnum):
    """What a person does in a clip, again and again. The FLAT ones are a print turned before the camera."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    CLOSER = "closer"
    BLINK = "blink"
    MOUTH = "mouth"
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


def clip(person: PersonId, path: Path, *acts: Act) -> Path:
    """Write the person doing `acts` in turn, as Motion JPEG in AVI: 640x480, 15 frames a second.

    It begins and ends with a second of looking into the camera, as does every act; one turn takes four seconds and is
    seamless when it is played again.
    """
    made: dict[_Still, Pixels] = {}
    return write_clip(path, (_frame(made, person, still) for still in _stills(acts)))


def clip_in(folder: Path, person: PersonId, *acts: Act) -> Path:
    """The clip from `folder`, made there when it is not there yet."""
    path = folder / f"{person}-{'-then-'.join(acts)}.avi"
    return path if path.exists() else clip(person, path, *acts)


def frames_of(person: PersonId, *acts: Act) -> list[Pixels]:
    """The pictures of such a clip before a sensor and a codec had them."""
    made: dict[_Still, Pixels] = {}
    return [_frame(made, person, still) for still in _stills(acts)]


def crowd(people: tuple[PersonId, PersonId], path: Path) -> Path:
    """Write two people standing side by side before the camera."""
    image = np.hstack([picture(PEOPLE[person], _HALF) for person in people])
    return write_clip(path, (image for _ in range(4 * FPS)))


def darkness(path: Path) -> Path:
    """Write a room in which the lamp is out."""
    return write_clip(path, (np.full((480, 640, 3), 6, np.uint8) for _ in range(FPS)))


def empty_room(path: Path) -> Path:
    """Write a lit room with nobody in it."""
    return write_clip(path, (np.full((480, 640, 3), 130, np.uint8) for _ in range(FPS)))


@dataclass(frozen=True, slots=True)
class _Still:
    """One frame: the pose, how much nearer than usual, and by how much a print of it is turned."""

    pose: Pose = FRONT
    nearer: float = 1.0
    flat_deg: float = 0.0


def _stills(acts: tuple[Act, ...]) -> list[_Still]:
    facing = [_Still()] * _FRONT
    stills = list(facing)
    for act in acts:
        stills += [*_moved(act), *facing]
    return stills


def _moved(act: Act) -> list[_Still]:
    match act:
        case Act.LEFT | Act.RIGHT:
            moved = [_Still(Pose(yaw_deg=_side(act) * yaw)) for yaw in _there_and_back(_TURN_DEG, _RAMP)]
        case Act.FLAT_LEFT | Act.FLAT_RIGHT:
            moved = [_Still(flat_deg=_side(act) * yaw) for yaw in _there_and_back(_TURN_DEG, _RAMP)]
        case Act.UP:
            moved = [_Still(Pose(pitch_deg=pitch)) for pitch in _there_and_back(_LIFT_DEG, _SLOW_RAMP)]
        case Act.CLOSER:
            moved = [_Still(nearer=1 + grown / 100) for grown in _there_and_back(100 * (_NEARER - 1), _SLOW_RAMP)]
        case Act.BLINK:
            moved = [_Still(Pose(shut=shut)) for shut in (*_BLINK, *[0.0] * 8, *_BLINK)]
        case Act.MOUTH:
            moved = [_Still(Pose(gape=round(gape / 100, 3))) for gape in _there_and_back(100.0, _RAMP)]
        case Act.FRONT:
            moved = [_Still()] * (2 * _RAMP + _HOLD)
    return moved


def _side(act: Act) -> int:
    return 1 if act in {Act.LEFT, Act.FLAT_LEFT} else -1


def _there_and_back(peak: float, ramp_frames: int) -> list[float]:
    ramp = [peak * (0.5 - 0.5 * np.cos(np.pi * step / (ramp_frames + 1))) for step in range(1, ramp_frames + 1)]
    hold = [peak - step % 3 for step in range(_HOLD)]
    return [round(float(value), 3) for value in (*ramp, *hold, *ramp[::-1])]


def _frame(made: dict[_Still, Pixels], person: PersonId, still: _Still) -> Pixels:
    if still not in made:
        staging = replace(_KIOSK, eye_distance=_KIOSK.eye_distance * still.nearer)
        front = picture(PEOPLE[person], staging, still.pose)
        made[still] = flat_turned(front, still.flat_deg) if still.flat_deg else front
    return made[still]


def write_clip(path: Path, frames: Iterable[Pixels]) -> Path:
    """Write pictures of 640x480 pixels as a camera films them."""
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
