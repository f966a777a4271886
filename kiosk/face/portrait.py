# SPDX-License-Identifier: Apache-2.0
"""The card gate: a chip's portrait as the reference that a visit is compared with, or the failure that it is not one.

It never mends a portrait, and never takes the larger of two faces: what is not one clear face is for the staff.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.face.features import PictureError, decode_jpeg, resize

if TYPE_CHECKING:
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import Embedding, FaceEngine, Picture

_GROWTH = 2  # measured: every card portrait is found after enlarging it twice
_SIDE_AT_LEAST_PX = 48  # no face with 28 px between its eyes fits into less
_END, _PADDING = b"\xff\xd9", b"\0 "  # of a JPEG; of the chip's field


class Flaw(StrEnum):
    """Why a portrait cannot be compared; for the technician."""

    NO_PICTURE = "The chip's portrait is not a picture that can be opened."
    CUT_SHORT = "The chip's portrait is cut short."
    PICTURE_TOO_SMALL = "The chip's portrait is too small for a face."
    NOT_ONE_FACE = "The chip's portrait does not show exactly one face that the engine finds."
    FACE_TOO_SMALL = "The face in the chip's portrait is too small to compare."


def reference(portrait_jpeg: bytes, engine: FaceEngine, policy: FacePolicy) -> Embedding:
    """The portrait's description.

    1. It is a whole JPEG whose header promises a small picture; no other is decoded.
    2. It shows exactly one face that the engine finds.
    3. That face is large enough to be compared.

    Raises:
        FaceCheckError: CARD_PORTRAIT_UNUSABLE.
    """
    picture = _opened(portrait_jpeg, policy)  # 1
    faces = engine.detect(picture)
    if len(faces) != 1:  # 2
        raise _unusable(Flaw.NOT_ONE_FACE)
    if not faces[0].landmarks.eye_distance >= policy.portrait_eyes_at_least_px * _GROWTH:  # 3
        raise _unusable(Flaw.FACE_TOO_SMALL)
    return engine.embed(picture, faces[0])


def _opened(portrait_jpeg: bytes, policy: FacePolicy) -> Picture:
    if not portrait_jpeg.rstrip(_PADDING).endswith(_END):
        # A decoder would paint the missing rest of the face grey.
        raise _unusable(Flaw.CUT_SHORT)
    try:
        picture = decode_jpeg(portrait_jpeg, pixels_at_most=policy.portrait_pixels_at_most)
    except PictureError as error:
        raise _unusable(Flaw.NO_PICTURE) from error
    height, width = picture.shape[:2]
    if min(height, width) < _SIDE_AT_LEAST_PX:
        raise _unusable(Flaw.PICTURE_TOO_SMALL)
    return resize(picture, width * _GROWTH, height * _GROWTH)


def _unusable(flaw: Flaw) -> FaceCheckError:
    return FaceCheckError(Failure.CARD_PORTRAIT_UNUSABLE, f"{flaw} Staff must help.")
