# SPDX-License-Identifier: Apache-2.0
"""Reads a claim's QR code with the kiosk's camera: any other code is passed over, and no picture is kept.

Source: ISO/IEC 18004 by OpenCV's detector; what it holds: `wire.claims`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from wire.claims import qr_payload, scanned
from wire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.face.shapes import Camera, Picture


def seen(camera: Camera, within_s: float, monotonic_s: Callable[[], float]) -> str | None:
    """What the first claim's code before the camera holds; None when none comes in time.

    Raises:
        FaultError: the camera is not there, or shows nothing.
    """
    detector, until_s = cv2.QRCodeDetector(), monotonic_s() + within_s
    with camera:
        while monotonic_s() < until_s:
            found = _claim(detector, camera.read().picture)
            if found is not None:
                return found
    return None


def _claim(detector: cv2.QRCodeDetector, picture: Picture) -> str | None:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    try:
        # A code on a telephone is bright on dark where the telephone's looks are dark.
        texts = (detector.detectAndDecode(each)[0] for each in (grey, cv2.bitwise_not(grey)))
        return next((claim for claim in map(_parsed, texts) if claim is not None), None)
    except (cv2.error, UnicodeDecodeError):  # of a picture in which a code was only half seen
        return None


def _parsed(text: str) -> str | None:
    try:
        return qr_payload(*scanned(text))
    except Malformed:
        return None
