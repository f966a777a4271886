# SPDX-License-Identifier: Apache-2.0
"""Portraits that are none: each is refused with its failure, by either engine, before anything is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.policy import POLICIES
from kiosk.face.portrait import Flaw, reference
from tests.simulators.people import PEOPLE, PersonId, portrait_jpeg
from tests.simulators.people_warp import Staging
from tests.simulators.people_warp import picture as drawn

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from kiosk.face.shapes import FaceEngine

ANAN, BUSABA = PersonId("demo-1"), PersonId("demo-4")
WHOLE = portrait_jpeg(ANAN)


@pytest.fixture(scope="module", params=["demonstration", "bench"])
def either(request: pytest.FixtureRequest) -> FaceEngine:
    if request.param == "bench":
        folder: Path = request.getfixturevalue("model_folder")
        return load_engine(EngineChoice.BENCH, folder)
    return load_engine(EngineChoice.DEMONSTRATION)


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def _header_says(width: int, height: int) -> bytes:
    jpeg = bytearray(WHOLE)
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(jpeg)


def _two_faces() -> npt.NDArray[np.uint8]:
    half = Staging(148, 178, 40.0, (74.0, 82.0))
    return np.hstack([drawn(PEOPLE[person], half) for person in (ANAN, BUSABA)])


def _landscape() -> npt.NDArray[np.uint8]:
    slope = np.linspace(60, 220, 178, dtype=np.uint8)[:, None, None]
    return np.tile(slope, (1, 148, 3))


NO_PORTRAITS = {
    "empty": (b"", Flaw.CUT_SHORT),
    "padding": (b"\0" * 5118, Flaw.CUT_SHORT),
    "another format": (b"GIF89a" + bytes(20), Flaw.CUT_SHORT),
    "nothing inside": (b"\xff\xd8\xff\xd9", Flaw.NO_PICTURE),
    "cut at the end": (WHOLE[:-2], Flaw.CUT_SHORT),
    "cut in the middle": (WHOLE[: len(WHOLE) // 2], Flaw.CUT_SHORT),
    "cut and closed": (WHOLE[:300] + b"\xff\xd9", Flaw.NO_PICTURE),
    "four gigapixels": (_header_says(65_535, 65_535), Flaw.NO_PICTURE),
    "no height": (_header_says(148, 0), Flaw.NO_PICTURE),
    "one pixel": (_jpeg(np.full((1, 1, 3), 128, np.uint8)), Flaw.PICTURE_TOO_SMALL),
    "a strip": (_jpeg(np.full((47, 400, 3), 128, np.uint8)), Flaw.PICTURE_TOO_SMALL),
    "black": (_jpeg(np.zeros((178, 148, 3), np.uint8)), Flaw.NOT_ONE_FACE),
    "no face": (_jpeg(_landscape()), Flaw.NOT_ONE_FACE),
    "two faces": (_jpeg(_two_faces()), Flaw.NOT_ONE_FACE),
}


@pytest.mark.parametrize("kind", NO_PORTRAITS)
def test_what_is_no_portrait_is_unusable_and_says_why(either: FaceEngine, kind: str) -> None:
    jpeg, flaw = NO_PORTRAITS[kind]
    with pytest.raises(FaceCheckError) as caught:
        reference(jpeg, either, POLICIES[either.name])
    assert caught.value.failure is Failure.CARD_PORTRAIT_UNUSABLE
    assert str(flaw) in str(caught.value)


def test_a_portrait_with_a_tiny_face_is_unusable(either: FaceEngine) -> None:
    jpeg = _jpeg(drawn(PEOPLE[ANAN], Staging(166, 124, 24.0, (83.0, 55.0))))
    with pytest.raises(FaceCheckError, match="too small") as caught:
        reference(jpeg, either, POLICIES[either.name])
    assert caught.value.failure is Failure.CARD_PORTRAIT_UNUSABLE


def test_the_padding_of_the_chips_field_does_not_matter(either: FaceEngine) -> None:
    rules = POLICIES[either.name]
    whole, padded = (reference(jpeg, either, rules) for jpeg in (WHOLE, WHOLE + b"\0" * 100))
    assert np.array_equal(whole.values, padded.values)
