# SPDX-License-Identifier: Apache-2.0
"""Makes a chip's portrait from a photograph: 148x178 pixels, 36 between the eyes, a JPEG that fits the chip's room.

It turns no head and levels no eyes: what stands askew stays so. Pillow writes the JPEG, as it would be written by
somebody else's software and not by the library that reads it. Measures: card/thai-id-card and docs/face.md.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from kiosk.face.features import resize
from kiosk.face.shapes import Picture

if TYPE_CHECKING:
    from kiosk.face.shapes import Landmarks

WIDTH, HEIGHT = 148, 178
EYE_DISTANCE_PX = 36.0
EYES_MIDDLE = (74, 82)
BYTES_AT_MOST = 5118  # the chip's room for the portrait
_BEST_QUALITY, _WORST_QUALITY = 95, 5


def chip_portrait(picture: Picture, marks: Landmarks) -> bytes:
    """The portrait of the face at these eyes.

    1. Scale until the eyes are as far apart as on a card. 2. Cut out; beyond an edge, the edge goes on.
    3. Write it at the best quality that fits.
    """
    scale = EYE_DISTANCE_PX / max(marks.eye_distance, 1.0)
    height, width = picture.shape[:2]
    scaled = resize(picture, max(round(width * scale), 1), max(round(height * scale), 1))  # 1
    middle = [(one + other) / 2 * scale for one, other in zip(marks.right_eye, marks.left_eye, strict=True)]
    columns = np.clip(np.arange(WIDTH) + round(middle[0]) - EYES_MIDDLE[0], 0, scaled.shape[1] - 1)
    rows = np.clip(np.arange(HEIGHT) + round(middle[1]) - EYES_MIDDLE[1], 0, scaled.shape[0] - 1)
    return _fitted_jpeg(Picture(scaled[rows][:, columns]))  # 2, 3


def _fitted_jpeg(picture: Picture) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
    lowest, highest = _WORST_QUALITY, _BEST_QUALITY
    best = _jpeg(image, lowest)
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        written = _jpeg(image, middle)
        if len(written) <= BYTES_AT_MOST:
            lowest, best = middle, written
        else:
            highest = middle - 1
    return best


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
