# SPDX-License-Identifier: Apache-2.0
"""A folder of generated people with several pictures each, as the calibration harness reads it.

The pictures of one person differ in distance, place, light, sharpness and noise. Whatever is measured on them says
nothing about people: they are one portrait, warped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.simulators.people import PEOPLE
from tests.simulators.people_warp import Staging, picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.people_warp import Pixels

PICTURES = 6
_WIDTH, _HEIGHT = 640, 480


def people_folder(folder: Path, *, people: int = len(PEOPLE), pictures: int = PICTURES) -> Path:
    """Write `<person>/<n>.jpg`; the same bytes every time."""
    for person in list(PEOPLE)[:people]:
        place = folder / person
        place.mkdir(parents=True, exist_ok=True)
        for count in range(pictures):
            _, encoded = cv2.imencode(".jpg", _taken(list(PEOPLE).index(person), count), [cv2.IMWRITE_JPEG_QUALITY, 92])
            (place / f"{count + 1}.jpg").write_bytes(encoded.tobytes())
    return folder


def _taken(person: int, count: int) -> Pixels:
    rng = np.random.default_rng([person, count])
    middle = (float(rng.uniform(290, 350)), float(rng.uniform(200, 230)))
    staging = Staging(_WIDTH, _HEIGHT, float(rng.uniform(80, 110)), middle)
    sharp = picture(list(PEOPLE.values())[person], staging).astype(np.float32)
    image = np.asarray(cv2.GaussianBlur(sharp, (0, 0), float(rng.uniform(0.3, 1.2))), np.float32)
    left, right = (float(light) for light in rng.uniform(0.75, 1.15, 2))
    shadow = np.linspace(left, right, _WIDTH)[None, :, None]
    noise = rng.normal(0, float(rng.uniform(1, 5)), image.shape)
    return np.asarray(np.clip(image * shadow + noise, 0, 255), np.uint8)
