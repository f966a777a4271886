# SPDX-License-Identifier: Apache-2.0
"""The values of the face room and the ports behind which its libraries stand.

Left and right are always the person's own. Nothing here prints a picture, a landmark or an embedding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType, Protocol, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from types import TracebackType

    from kiosk.enrollment.evidence import Grade

Picture = NewType("Picture", npt.NDArray[np.uint8])
"""uint8[height, width, 3], BGR, as the camera sees it (not mirrored)."""

Point = tuple[float, float]
"""x to the image's right, y down, in pixels."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frame:
    """One picture from a camera. `taken_s` is monotonic, in seconds; `sequence` counts up by the camera's own count."""

    picture: Picture
    taken_s: float
    sequence: int

    def __repr__(self) -> str:
        """Show no pixel."""
        return f"Frame(sequence={self.sequence}, masked)"


@dataclass(frozen=True, slots=True, repr=False)
class Landmarks:
    """Five points of a face; an engine that does not find the corners of the mouth leaves them out."""

    right_eye: Point
    left_eye: Point
    nose: Point
    right_mouth: Point | None = None
    left_mouth: Point | None = None

    def __repr__(self) -> str:
        """Show no point: the proportions of a face are biometric data."""
        return "Landmarks(masked)"

    @property
    def eye_distance(self) -> float:
        """Between the eyes, in pixels."""
        return float(np.hypot(self.left_eye[0] - self.right_eye[0], self.left_eye[1] - self.right_eye[1]))


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is, in pixels of its picture."""

    left: float
    top: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Intersection over union with `other`, 0 to 1."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        tall = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        shared = max(wide, 0.0) * max(tall, 0.0)
        union = self.width * self.height + other.width * other.height - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Face:
    """A face that an engine found. `score` is the engine's own and is comparable only within it."""

    box: Box
    landmarks: Landmarks
    score: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mesh:
    """MediaPipe's 468 points of one face: float64[468, 3], x and y in pixels of the picture, z in the same length.

    z grows away from the camera. Numbered as in MediaPipe's canonical face model.
    """

    points: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        """Show no point."""
        return "Mesh(masked)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Embedding:
    """float32[n] on the engine's own scale, averaged over a crop and its mirror image.

    SFace's is scaled to unit length. dlib's is left as the network gives it (length about 1.45): its thresholds were
    measured on that scale, and scaling it would turn them into other thresholds.
    """

    values: npt.NDArray[np.float32]

    def __repr__(self) -> str:
        """Show no number."""
        return "Embedding(masked)"


class FaceEngine(Protocol):
    """Finds faces and describes them."""

    @property
    def name(self) -> str:
        """The engine and its networks in one stable word; thresholds are looked up by it."""

    @property
    def grade(self) -> Grade:
        """The most that this engine may be trusted with, however well it is calibrated."""

    @property
    def model_digests(self) -> tuple[str, ...]:
        """SHA-256 of every model file in use, in hexadecimal."""

    def detect(self, picture: Picture) -> list[Face]:
        """Find the faces, the largest first; an empty list when there is none."""

    def embed(self, picture: Picture, face: Face) -> Embedding:
        """Describe one face of this picture, its crop averaged with the crop's mirror image."""


class AttackDetector(Protocol):
    """Tells a person from a picture or a screen by the look of one frame. It may be absent."""

    @property
    def model_digests(self) -> tuple[str, ...]:
        """SHA-256 of every model file in use, in hexadecimal; empty when it is not installed."""

    def score(self, picture: Picture, face: Face) -> float | None:
        """0 (a picture or a screen) to 1 (a person); None when it is not installed."""


class MeshFinder(Protocol):
    """Finds the fine points of a face: lids, lips, its shape in depth. It may be absent."""

    @property
    def model_digests(self) -> tuple[str, ...]:
        """SHA-256 of every model file in use, in hexadecimal; empty when it is not installed."""

    def find(self, picture: Picture, face: Face) -> Mesh | None:
        """The mesh of a face of this picture; None when it is not installed or sees no face there."""


class Camera(Protocol):
    """Delivers frames of 640x480 pixels while it is open."""

    @property
    def is_sensor(self) -> bool:
        """Whether the frames come from a sensor, whose noise makes no two lit frames alike. False for a file."""

    def open(self) -> None:
        """Begin.

        Raises:
            FaultError: CAMERA_ABSENT, or CAMERA_CHANGED when it is not the one that this kiosk was given.
        """

    def read(self) -> Frame:
        """Wait for the next frame.

        Raises:
            FaultError: CAMERA_ABSENT when it has gone, CAMERA_FROZEN when no frame comes.
        """

    def close(self) -> None:
        """End; harmless when it is not open."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
