# SPDX-License-Identifier: Apache-2.0
"""The peers of the face check, as their users call them: no mirror image, no fusing, each with its habitual threshold.

* Plain dlib is the chain of the `face_recognition` package: HOG detector on the picture enlarged once, five landmarks,
  ResNet, Euclidean distance, 0.6. Source: face_recognition/api.py, defaults of `face_encodings`. The package itself
  cannot be imported any more (`pkg_resources`), so its calls are made here.
* Plain OpenCV is YuNet at the picture's own size with OpenCV's default limits, then `FaceRecognizerSF` with SFace
  (threshold 1.128: OpenCV's tutorial), or dlib's network as ONNX on a chip cut by OpenCV's own estimate of the
  similarity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import dlib
import numpy as np

from kiosk.face.engines import ENGINES, EngineChoice
from kiosk.face.models import SFACE, YUNET
from kiosk.face.shapes import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kiosk.face.evaluation.comparisons import Vector

_DLIB_THRESHOLD = 0.6
_SFACE_THRESHOLD = 1.128


class PlainDlib:
    """`face_recognition`'s chain on the largest face."""

    name = "plain dlib (face_recognition)"
    threshold = _DLIB_THRESHOLD

    def __init__(self, folder: Path) -> None:
        pinned = ENGINES[EngineChoice.DEMONSTRATION]
        self.detector = dlib.get_frontal_face_detector()
        self.predictor = dlib.shape_predictor(str(folder / pinned.detector.file))
        self.network = dlib.face_recognition_model_v1(str(folder / pinned.recogniser.file))

    def live(self, picture: Picture) -> Vector | None:
        """Find and describe."""
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        faces = self.detector(rgb, 1)
        if not faces:
            return None
        points = self.predictor(rgb, max(faces, key=lambda face: face.width()))
        return np.asarray(self.network.compute_face_descriptor(rgb, points, 1), np.float32)

    def card(self, portrait_jpeg: bytes) -> Vector | None:
        """The same: the chain knows no difference."""
        return self.live(_opened(portrait_jpeg))

    def fused(self, vectors: Sequence[Vector]) -> Vector:
        """It fuses nothing."""
        raise NotImplementedError


class PlainOpenCv:
    """YuNet and a recogniser, called as OpenCV's samples do, on the largest face."""

    def __init__(self, folder: Path, choice: EngineChoice) -> None:
        self.detector = cv2.FaceDetectorYN.create(str(folder / YUNET.name), "", (320, 320))
        self._sface = None
        if choice is EngineChoice.PRODUCTION:
            self.name, self.threshold = "plain OpenCV (YuNet, SFace)", _SFACE_THRESHOLD
            self._sface = cv2.FaceRecognizerSF.create(str(folder / SFACE.name), "")
        else:
            self.name, self.threshold = "plain OpenCV (YuNet, dlib's network)", _DLIB_THRESHOLD
            pinned = ENGINES[EngineChoice.BENCH].recogniser
            self._network = cv2.dnn.readNetFromONNX(str(folder / pinned.file))
            self._template = np.array(pinned.template, np.float32)
            self._side = (pinned.side_px, pinned.side_px)

    def live(self, picture: Picture) -> Vector | None:
        """Find and describe."""
        self.detector.setInputSize((picture.shape[1], picture.shape[0]))
        _, rows = self.detector.detect(picture)
        if rows is None:
            return None
        row = max(rows, key=lambda found: found[2])
        if self._sface is not None:
            described = self._sface.feature(self._sface.alignCrop(picture, row)).ravel()
            return np.asarray(described / np.linalg.norm(described), np.float32)
        warp, _ = cv2.estimateAffinePartial2D(row[4:14].reshape(5, 2), self._template, method=cv2.LMEDS)
        chip = cv2.warpAffine(picture, warp, self._side)
        self._network.setInput(cv2.dnn.blobFromImage(chip, swapRB=True))
        return np.asarray(self._network.forward(), np.float32).ravel().copy()

    def card(self, portrait_jpeg: bytes) -> Vector | None:
        """The same: the samples know no difference."""
        return self.live(_opened(portrait_jpeg))

    def fused(self, vectors: Sequence[Vector]) -> Vector:
        """It fuses nothing."""
        raise NotImplementedError


def _opened(portrait_jpeg: bytes) -> Picture:
    return Picture(np.asarray(cv2.imdecode(np.frombuffer(portrait_jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8))
