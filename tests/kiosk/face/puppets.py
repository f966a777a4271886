# SPDX-License-Identifier: Apache-2.0
"""An engine and an attack detector that say what a test wrote down, for what no picture can be made to show.

Each picture carries its number in its first pixel; what is seen in it is looked up by that number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.evidence import Grade
from kiosk.face.instruments import Instruments, NoMesh
from kiosk.face.policy import YUNET_DLIB
from kiosk.face.shapes import Embedding, Face, Frame, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

_NOISE = np.random.default_rng(0).integers(30, 226, (480, 640, 1), np.uint8).repeat(3, axis=2)
TICK_S = 0.1


@cache
def lit(crisp: float = 1.0) -> Picture:
    """A picture whose every part has light and dark; `crisp` 0 to 1 is how fine it is."""
    smooth = np.asarray(_NOISE, np.float64)
    for _ in range(3):
        smooth = (smooth + np.roll(smooth, 3, 0) + np.roll(smooth, 3, 1) + np.roll(smooth, (3, 3), (0, 1))) / 4
    smooth = (smooth - smooth.mean()) * (_NOISE.std() / smooth.std()) + 128
    return Picture((crisp * _NOISE + (1 - crisp) * smooth).clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Sight:
    """What is to be seen in one frame."""

    faces: tuple[Face, ...]
    embedding: tuple[float, ...] = (0.0, 0.0)
    crisp: float = 1.0
    light: float = 1.0


@dataclass
class Puppet:
    """A `FaceEngine` and the film that it sees."""

    film: list[Sight]
    name: str = YUNET_DLIB
    grade: Grade = Grade.ASSIST
    model_digests: tuple[str, ...] = ("0" * 64,)
    _drawn: dict[tuple[float, float], Picture] = field(default_factory=dict)

    def frame(self, number: int) -> Frame:
        sight = self.film[number]
        look = (sight.crisp, sight.light)
        if look not in self._drawn:
            self._drawn[look] = Picture((lit(sight.crisp) * sight.light).astype(np.uint8))
        picture = Picture(self._drawn[look].copy())
        picture[0, 0] = (number % 256, number // 256, 0)
        return Frame(picture, number * TICK_S, number)

    def detect(self, picture: Picture) -> list[Face]:
        return list(self._sight(picture).faces)

    def embed(self, picture: Picture, face: Face) -> Embedding:
        assert face in self._sight(picture).faces
        return Embedding(np.array(self._sight(picture).embedding, np.float32))

    def _sight(self, picture: Picture) -> Sight:
        low, high, _ = (int(value) for value in picture[0, 0])
        return self.film[low + 256 * high]


@dataclass
class Scores:
    """An `AttackDetector` that says `score` of every frame that it is asked about."""

    score_of: Callable[[int], float]
    model_digests: tuple[str, ...] = ("1" * 64, "2" * 64)
    asked: int = 0

    def score(self, picture: Picture, face: Face) -> float | None:
        assert picture.size
        assert face.box.width
        self.asked += 1
        return self.score_of(self.asked - 1)

    def installed(self) -> Instruments:
        return Instruments(self, NoMesh())
