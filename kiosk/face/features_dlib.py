# SPDX-License-Identifier: Apache-2.0
"""dlib's engine: its HOG detector, five landmarks and a ResNet, from verified bytes; the demonstration runs on it.

It is never fit for LIVE in Thailand: at a threshold that lets 0.07 % of other impostors through it lets 10 % of East
and South-East Asian ones through (docs/face.md), so its grade is ASSIST. dlib's five points are the corners of both
eyes and the base of the nose: eye centres are their midpoints, and the corners of the mouth are not known.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import dlib
import numpy as np
import numpy.typing as npt

from kiosk.enrollment.evidence import Grade
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.models import named_by_policy, read_verified
from kiosk.face.shapes import Box, Embedding, Face, Landmarks, Picture, Point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wire.policy import PinnedEngine

_CHIP_PX = 150  # the network's input
_CHIP_PADDING = 0.25  # as the network was trained: dlib, face_recognition_model_v1
_DETECTOR_SEES_FROM_PX = 80  # side of the smallest face that the HOG detector finds
_HALVED_FROM_PX = 480  # wider pictures are first searched at half size: a quarter of the time
_SCORE_AT_LEAST = 0.0


class DlibEngine:
    """A `FaceEngine`. The detector is built into dlib; the landmarks' file stands in its place."""

    grade = Grade.ASSIST

    def __init__(self, folder: Path, pinned: PinnedEngine) -> None:
        """Verify and load both models.

        Raises:
            FaultError: MODEL_MISSING, MODEL_ALTERED, or MODEL_NOT_ALLOWED when a file is no such network.
        """
        self.name = pinned.name
        self.model_digests: tuple[str, ...] = pinned.digests
        landmarks = read_verified(folder, named_by_policy(pinned.detector))
        recogniser = read_verified(folder, named_by_policy(pinned.recogniser))
        try:
            with _as_path(landmarks) as path:
                self._predictor = dlib.shape_predictor(path)
            with _as_path(recogniser) as path:
                self._network = dlib.face_recognition_model_v1(path)
        except RuntimeError as error:
            message = (
                f"The models of the face engine {self.name} are no such networks. Install a policy that fits them."
            )
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message) from error
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, picture: Picture) -> list[Face]:
        """Find the faces, the largest first. A face from 160 px is found at half size, smaller ones at full size."""
        rgb = _rgb(picture)
        faces = self._search(rgb, 2) if rgb.shape[1] > _HALVED_FROM_PX else []
        faces = faces or self._search(rgb, 1)
        return sorted(faces, key=lambda face: -face.box.width)

    def _search(self, rgb: npt.NDArray[np.uint8], shrink: int) -> list[Face]:
        searched = np.ascontiguousarray(_halved(rgb)) if shrink > 1 else rgb
        if min(searched.shape[:2]) < _DETECTOR_SEES_FROM_PX:
            return []
        rectangles, scores, _ = self._detector.run(searched, 0, _SCORE_AT_LEAST)
        found = []
        for rectangle, score in zip(rectangles, scores, strict=True):
            left, top = rectangle.left() * shrink, rectangle.top() * shrink
            box = Box(left, top, rectangle.width() * shrink, rectangle.height() * shrink)
            found.append(Face(box, _landmarks(self._points(rgb, box)), float(score)))
        return found

    def embed(self, picture: Picture, face: Face) -> Embedding:
        """Describe the face as the network does, averaged with the mirrored crop; the length is not made 1."""
        rgb = _rgb(picture)
        chip = dlib.get_face_chip(rgb, self._points(rgb, face.box), _CHIP_PX, _CHIP_PADDING)
        both = [chip, np.ascontiguousarray(chip[:, ::-1])]
        descriptors = np.asarray(self._network.compute_face_descriptor(both), np.float32)
        return Embedding(descriptors.mean(axis=0))

    def _points(self, rgb: npt.NDArray[np.uint8], box: Box) -> Any:  # noqa: ANN401 - dlib ships no types
        left, top = round(box.left), round(box.top)
        return self._predictor(rgb, dlib.rectangle(left, top, left + round(box.width) - 1, top + round(box.height) - 1))


def _rgb(picture: Picture) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(picture[:, :, ::-1])


def _halved(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    tall, wide = rgb.shape[0] // 2, rgb.shape[1] // 2
    blocks = rgb[: tall * 2, : wide * 2].astype(np.uint16)
    total = blocks[::2, ::2] + blocks[1::2, ::2] + blocks[::2, 1::2] + blocks[1::2, 1::2]
    return cast("npt.NDArray[np.uint8]", (total >> 2).astype(np.uint8))


def _landmarks(points: Any) -> Landmarks:  # noqa: ANN401 - dlib ships no types
    # dlib's order: outer and inner corner of the person's left eye, then of the right eye, then the base of the nose.
    left_outer, left_inner, right_outer, right_inner, nose = ((float(p.x), float(p.y)) for p in points.parts())
    return Landmarks(_middle(right_outer, right_inner), _middle(left_outer, left_inner), nose)


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)


@contextmanager
def _as_path(content: bytes) -> Iterator[str]:
    # dlib loads by path only. An anonymous memory file keeps what is loaded the same as what was hashed.
    descriptor = os.memfd_create("model")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
