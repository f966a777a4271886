# SPDX-License-Identifier: Apache-2.0
"""OpenCV's part: the engine of YuNet with SFace or with any ONNX network and its template; pictures in and out.

It never loads a model from a path and never decodes a JPEG before its header says that it is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.models import named_by_policy, read_verified
from kiosk.face.shapes import Box, Embedding, Face, Landmarks, Picture
from wire.policy import Order, RecogniserKind

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.enrollment.evidence import Grade
    from wire.policy import PinnedEngine, PinnedRecogniser

_DETECTION_SIDE_PX = 400  # longer pictures are halved: 320x240 takes 5 ms, 640x480 takes 17
_HALVED_FROM = 8  # times as large as wanted; at 4 a half would be too small for `keep_memory_private`
_SCORE_AT_LEAST = 0.7
_NUMBERS_AT_LEAST = 64  # a recogniser that is known has 128 or more
_SOMEWHERE = Face(Box(110, 70, 100, 100), Landmarks((140, 110), (180, 110), (160, 130), (145, 150), (175, 150)), 1.0)


class Recogniser(Protocol):
    """Describes the face at five landmarks, YuNet's row of fifteen numbers."""

    def describe(self, picture: Picture, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32[n], the crop averaged with its mirror image."""


class SFaceRecogniser:
    """SFace: 112x112 aligned by OpenCV, numbers scaled to unit length."""

    def __init__(self, content: bytes) -> None:
        """Load the network from verified bytes."""
        self._network = cv2.FaceRecognizerSF.create("onnx", np.frombuffer(content, np.uint8), np.empty(0, np.uint8))

    def describe(self, picture: Picture, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """See `Recogniser`."""
        chip = self._network.alignCrop(picture, row)
        both = [np.asarray(self._network.feature(side), np.float32).ravel() for side in (chip, cv2.flip(chip, 1))]
        return _averaged(both, unit_length=True)


class TemplateRecogniser:
    """Any network whose input is a chip aligned to five points; how it is fed is described to it."""

    def __init__(self, content: bytes, fed: PinnedRecogniser) -> None:
        """Load the network from verified bytes."""
        self._network = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        self._template = np.array(fed.template, np.float32)
        self._fed = fed

    def describe(self, picture: Picture, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """See `Recogniser`."""
        warp = _similarity(row[4:14].reshape(5, 2), self._template)
        chip = cv2.warpAffine(picture, warp, (self._fed.side_px, self._fed.side_px))
        both = [self._forward(side) for side in (chip, cv2.flip(chip, 1))]
        return _averaged(both, unit_length=self._fed.unit_length)

    def _forward(self, chip: cv2.typing.MatLike) -> npt.NDArray[np.float32]:
        # OpenCV takes the mean in the order that the network sees, and scales after taking it away.
        fed = self._fed
        blob = cv2.dnn.blobFromImage(chip, fed.scale, mean=fed.mean, swapRB=fed.order is Order.RGB)
        self._network.setInput(blob)
        return np.asarray(self._network.forward(), np.float32).ravel().copy()


class OpenCvEngine:
    """A `FaceEngine`: YuNet finds, a recogniser describes."""

    def __init__(self, folder: Path, pinned: PinnedEngine, *, grade: Grade) -> None:
        """Verify and load both networks, and let them look at a blank picture once.

        Raises:
            FaultError: MODEL_MISSING, MODEL_ALTERED, or MODEL_NOT_ALLOWED when a file is no such network.
        """
        self.name = pinned.name
        self.grade = grade
        self.model_digests: tuple[str, ...] = pinned.digests
        detector = read_verified(folder, named_by_policy(pinned.detector))
        recogniser = read_verified(folder, named_by_policy(pinned.recogniser))
        try:
            self._detector = cv2.FaceDetectorYN.create(
                "onnx",
                np.frombuffer(detector, np.uint8),
                np.empty(0, np.uint8),
                (320, 240),
                score_threshold=_SCORE_AT_LEAST,
            )
            self._recogniser = _recogniser(pinned.recogniser, recogniser)
            described = self._look_at_nothing()
        except cv2.error as error:
            message = (
                f"The models of the face engine {self.name} are no such networks. Install a policy that fits them."
            )
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message) from error
        if described.size < _NUMBERS_AT_LEAST or not np.isfinite(described).all():
            message = f"The recogniser of the face engine {self.name} describes nothing. Install a policy that fits it."
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message)

    def _look_at_nothing(self) -> npt.NDArray[np.float32]:
        blank = Picture(np.full((240, 320, 3), 128, np.uint8))
        self.detect(blank)
        return self._recogniser.describe(blank, _row(_SOMEWHERE))

    def detect(self, picture: Picture) -> list[Face]:
        """Find the faces, the largest first."""
        shrink = 2 if max(picture.shape[:2]) > _DETECTION_SIDE_PX else 1
        searched = resize(picture, picture.shape[1] // shrink, picture.shape[0] // shrink)
        self._detector.setInputSize((searched.shape[1], searched.shape[0]))
        _, rows = self._detector.detect(searched)
        faces = [_face(row, shrink) for row in rows] if rows is not None else []  # type: ignore[redundant-expr] # None: no face
        return sorted(faces, key=lambda face: -face.box.width)

    def embed(self, picture: Picture, face: Face) -> Embedding:
        """Describe one face of this picture."""
        return Embedding(self._recogniser.describe(picture, _row(face)))


def _recogniser(fed: PinnedRecogniser, content: bytes) -> Recogniser:
    return SFaceRecogniser(content) if fed.kind is RecogniserKind.SFACE else TemplateRecogniser(content, fed)


def _averaged(both: list[npt.NDArray[np.float32]], *, unit_length: bool) -> npt.NDArray[np.float32]:
    if unit_length:
        return _unit(_unit(both[0]) + _unit(both[1]))
    return np.asarray(np.mean(both, axis=0), np.float32)


def _similarity(points: npt.NDArray[np.float32], template: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    # Least squares over rotation, scale and shift; as complex numbers: template = turn * points + shift.
    here, there = (cloud[:, 0] + 1j * cloud[:, 1] for cloud in (points, template))
    from_middle = here - here.mean()
    turn = np.vdot(from_middle, there) / np.vdot(from_middle, from_middle)
    shift = there.mean() - turn * here.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], np.float32)


def _unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), np.float32)


def _face(row: npt.NDArray[np.float32], scale: int) -> Face:
    # YuNet's row: box; right eye, left eye, nose, right and left corner of the mouth; score.
    left, top, width, height = (float(value) * scale for value in row[:4])
    points = [(float(x) * scale, float(y) * scale) for x, y in row[4:14].reshape(5, 2)]
    return Face(Box(left, top, width, height), Landmarks(*points), float(row[14]))


def _row(face: Face) -> npt.NDArray[np.float32]:
    box, marks = face.box, face.landmarks
    mouth = (marks.right_mouth or (0.0, 0.0), marks.left_mouth or (0.0, 0.0))
    points = [value for point in (marks.right_eye, marks.left_eye, marks.nose, *mouth) for value in point]
    return np.array([box.left, box.top, box.width, box.height, *points, face.score], np.float32)


_JPEG_START, _JPEG_MARKER = b"\xff\xd8", 0xFF
_JPEG_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class PictureError(Exception):
    """Bytes that are not a picture the kiosk opens. The message never quotes them."""


def decode_jpeg(content: bytes, *, pixels_at_most: int) -> Picture:
    """Decode a JPEG whose header promises no more than `pixels_at_most`.

    Raises:
        PictureError: when it is not a JPEG, too large, or damaged.
    """
    width, height = _jpeg_size(content)
    if not 0 < width * height <= pixels_at_most:
        message = "the JPEG's header promises more pixels than a portrait has"
        raise PictureError(message)
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape[:2] != (height, width):
        message = "the JPEG cannot be decoded"
        raise PictureError(message)
    return Picture(cast("npt.NDArray[np.uint8]", picture))


def _jpeg_size(content: bytes) -> tuple[int, int]:
    # ITU-T T.81, B.2: SOI, then segments of marker and length; the frame header SOFn carries height and width.
    at = 2
    while content.startswith(_JPEG_START) and at + 9 <= len(content) and content[at] == _JPEG_MARKER:
        if content[at + 1] in _JPEG_FRAME_HEADERS:
            height, width = (int.from_bytes(content[at + start : at + start + 2], "big") for start in (5, 7))
            return width, height
        at += 2 + max(int.from_bytes(content[at + 2 : at + 4], "big"), 2)
    message = "the bytes have no JPEG frame header"
    raise PictureError(message)


def resize(picture: Picture, width: int, height: int) -> Picture:
    """The picture at another size: averaged when it shrinks, cubic when it grows.

    OpenCV averages fast by halves only, so what is eight times too large is halved first.
    """
    while picture.shape[1] >= _HALVED_FROM * width and picture.shape[0] >= _HALVED_FROM * height:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = Picture(cast("npt.NDArray[np.uint8]", cv2.resize(picture, half, interpolation=cv2.INTER_AREA)))
    how = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return Picture(cast("npt.NDArray[np.uint8]", cv2.resize(picture, (width, height), interpolation=how)))


def mirror(picture: Picture) -> Picture:
    """As a mirror shows it."""
    return Picture(np.ascontiguousarray(picture[:, ::-1]))


def rgb_bytes(picture: Picture) -> bytes:
    """Row by row, RGB: what a screen takes."""
    return picture[:, :, ::-1].tobytes()
