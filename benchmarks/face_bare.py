# SPDX-License-Identifier: Apache-2.0
"""The bare library calls behind each call of the face check: the same pictures, the same places, nothing around them.

Where a face lies is told, as its finder found it; nothing is judged, kept or ranked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import dlib
import numpy as np

from kiosk.face.engines import ENGINES, EngineChoice

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Face, Picture

_LONG_PX = 400  # longer pictures are searched at half size, as the kiosk does
_SCORE_AT_LEAST = 0.7
_CHIP_PX = 150


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of the face check: which, of what picture, and where the face is."""

    what: str
    picture: Picture
    face: Face | None = None


class BareOpenCv:
    """YuNet, and dlib's network as ONNX."""

    def __init__(self, folder: Path) -> None:
        pinned = ENGINES[EngineChoice.BENCH]
        detector = str(folder / pinned.detector.file)
        self._detector = cv2.FaceDetectorYN.create(detector, "", (320, 240), score_threshold=_SCORE_AT_LEAST)
        self._network = cv2.dnn.readNetFromONNX(str(folder / pinned.recogniser.file))
        self._template = np.array(pinned.recogniser.template, np.float32)

    def make(self, call: Call) -> None:
        """Make the call."""
        if call.face is None:
            self._detect(call.picture)
        else:
            self._embed(call.picture, call.face)

    def _detect(self, picture: cv2.typing.MatLike) -> None:
        height, width = picture.shape[:2]
        if max(height, width) > _LONG_PX:
            width, height = width // 2, height // 2
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        self._detector.setInputSize((width, height))
        self._detector.detect(picture)

    def _embed(self, picture: Picture, face: Face) -> None:
        marks = face.landmarks
        points = np.array(
            [marks.right_eye, marks.left_eye, marks.nose, marks.right_mouth, marks.left_mouth], np.float32
        )
        warp, _ = cv2.estimateAffinePartial2D(points, self._template)
        chip = cv2.warpAffine(picture, warp, (_CHIP_PX, _CHIP_PX))
        for side in (chip, cv2.flip(chip, 1)):
            self._network.setInput(cv2.dnn.blobFromImage(side, swapRB=True))
            self._network.forward()


class BareDlib:
    """HOG, five landmarks, ResNet."""

    def __init__(self, folder: Path) -> None:
        pinned = ENGINES[EngineChoice.DEMONSTRATION]
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(folder / pinned.detector.file))
        self._network = dlib.face_recognition_model_v1(str(folder / pinned.recogniser.file))

    def make(self, call: Call) -> None:
        """Make the call."""
        rgb = cv2.cvtColor(call.picture, cv2.COLOR_BGR2RGB)
        if call.face is None:
            self._detect(rgb)
        else:
            self._embed(rgb, call.face)

    def _detect(self, rgb: cv2.typing.MatLike) -> None:
        half = rgb
        if rgb.shape[1] > _LONG_PX:
            half = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_AREA)
        faces, _, _ = self._detector.run(half, 0, 0.0)
        if not faces and half is not rgb:
            faces, _, _ = self._detector.run(rgb, 0, 0.0)
        for face in faces:
            self._predictor(half, face)

    def _embed(self, rgb: cv2.typing.MatLike, face: Face) -> None:
        box = face.box
        right, bottom = box.left + box.width - 1, box.top + box.height - 1
        points = self._predictor(rgb, dlib.rectangle(int(box.left), int(box.top), int(right), int(bottom)))
        chip = dlib.get_face_chip(rgb, points, _CHIP_PX, 0.25)
        self._network.compute_face_descriptor([chip, cv2.flip(chip, 1)])
