# SPDX-License-Identifier: Apache-2.0
"""Presentation attacks as a camera would film them: composites made at run time, no recapture of a real instrument.

They show that the gates are plumbed; they say nothing about how often real attacks get through (docs/face.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from tests.simulators.people import frames_of, write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.people import Act, PersonId
    from tests.simulators.people_warp import Pixels

_SCREEN, _BEZEL_PX, _SCREEN_TOP_PX = (592, 444), 14, 18
_HAND_PX = 6.0  # how far a hand that holds something sways


def screen(person: PersonId, path: Path, *acts: Act) -> Path:
    """A tablet held before the camera, playing the person doing `acts`."""
    shown = (_on_screen(image, count) for count, image in enumerate(frames_of(person, *acts)))
    return write_clip(path, shown)


def swapped(first: PersonId, second: PersonId, path: Path, *acts: Act) -> Path:
    """The first person does all but the last act, then the second one stands there and does it."""
    one, other = (frames_of(person, *acts) for person in (first, second))
    before = len(frames_of(first, *acts[:-1]))
    return write_clip(path, [*one[:before], *other[before:]])


def still(person: PersonId, path: Path, *acts: Act) -> Path:
    """One photograph held before the camera for as long as `acts` would take, by a hand that is not quite still."""
    photograph = frames_of(person)[0]
    return write_clip(path, (_held(photograph, count) for count in range(len(frames_of(person, *acts)))))


def _on_screen(image: Pixels, count: int) -> Pixels:
    # A screen is bluer and brighter than a face, its pixels beat with the sensor's, and its glass shines.
    wide, tall = _SCREEN
    shown = cv2.resize(image, _SCREEN, interpolation=cv2.INTER_AREA).astype(np.float32)
    shown = np.asarray(255 * (shown / 255) ** 0.8 * np.array([1.08, 1.0, 0.94]), np.float32)
    rows, columns = np.mgrid[0:tall, 0:wide].astype(np.float32)
    beat = 1 + 0.06 * np.sin(2 * np.pi * columns / 5.3) + 0.06 * np.sin(2 * np.pi * rows / 4.7)
    shine = 70 * np.exp(-(((columns - 0.8 * wide) / 60) ** 2 + ((rows - 0.2 * tall) / 90) ** 2))
    shown = np.asarray(np.clip(shown * beat[..., None] + shine[..., None], 0, 255), np.float32)
    room = np.full((480, 640, 3), (120, 128, 132), np.float32)
    left = (640 - wide) // 2
    frame = slice(_SCREEN_TOP_PX - _BEZEL_PX, _SCREEN_TOP_PX + tall + _BEZEL_PX)
    room[frame, left - _BEZEL_PX : left + wide + _BEZEL_PX] = 18
    room[_SCREEN_TOP_PX : _SCREEN_TOP_PX + tall, left : left + wide] = shown
    return _held(room.astype(np.uint8), count)


def _held(image: Pixels, count: int) -> Pixels:
    sway = np.array([[1, 0, _HAND_PX * np.sin(count / 9)], [0, 1, _HAND_PX / 2 * np.sin(count / 5)]], np.float32)
    return cast("Pixels", cv2.warpAffine(image, sway, (640, 480), borderMode=cv2.BORDER_REPLICATE))
