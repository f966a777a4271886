# SPDX-License-Identifier: Apache-2.0
"""The bare library calls behind each call of the face check: the same pictures, the same places, nothing around them.

Where a face lies is told, as its finder found it; nothing is judged, kept or ranked. The mesh's network is run once for
each of its two outputs, as OpenCV 5 does whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import dlib
import numpy as np

from kiosk.face.engines import ENGINES, EngineChoice
from kiosk.face.models import FACE_MESH, MINIFASNET_V1SE, MINIFASNET_V2
from kiosk.face.shapes import Face

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Picture

_LONG_PX = 400  # longer pictures are searched at half size, as the kiosk does
_SCORE_AT_LEAST = 0.7
_CHIP_PX = 150
_PAD_PX, _PAD_SCALES = 80, (2.7, 4.0)
_MESH_PX, _MESH_EYES, _MESH_OUTPUTS = 192, 4.0, ("conv2d_21", "conv2d_31")


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of the face check: detect, embed, score or mesh, of what picture, and where the face is."""

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
        if (folder / FACE_MESH.name).exists():
            self._pad = [cv2.dnn.readNetFromONNX(str(folder / each.name)) for each in (MINIFASNET_V2, MINIFASNET_V1SE)]
            self._mesh = cv2.dnn.readNetFromTFLite(str(folder / FACE_MESH.name))

    def make(self, call: Call) -> None:
        """Make the call."""
        match call.what, call.face:
            case "embed", Face() as face:
                self._embed(call.picture, face)
            case "score", Face() as face:
                self._score(call.picture, face)
            case "mesh", Face() as face:
                self._points(call.picture, face)
            case _:
                self._detect(call.picture)

    def _score(self, picture: Picture, face: Face) -> None:
        box = face.box
        for network, scale in zip(self._pad, _PAD_SCALES, strict=True):
            patch = (int(box.width * scale), int(box.height * scale))
            cut = cv2.getRectSubPix(picture, patch, (box.left + box.width / 2, box.top + box.height / 2))
            network.setInput(cv2.dnn.blobFromImage(cv2.resize(cut, (_PAD_PX, _PAD_PX))))
            network.forward()

    def _points(self, picture: Picture, face: Face) -> None:
        marks = face.landmarks
        middle = ((marks.right_eye[0] + marks.left_eye[0]) / 2, (marks.right_eye[1] + marks.left_eye[1]) / 2)
        warp = cv2.getRotationMatrix2D(middle, 0, _MESH_PX / (_MESH_EYES * marks.eye_distance))
        chip = cv2.warpAffine(picture, warp, (_MESH_PX, _MESH_PX))
        self._mesh.setInput(cv2.dnn.blobFromImage(chip, 1 / 255, swapRB=True))
        for output in _MESH_OUTPUTS:
            self._mesh.forward(output)

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
