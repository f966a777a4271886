# SPDX-License-Identifier: Apache-2.0
"""The two optional networks beside an engine, run by OpenCV: the attack detector and the face mesh.

It never loads a model from a path. Attack detector: the crops and the order of classes as in minivision-ai/
Silent-Face-Anti-Spoofing, src/generate_patches.py and test.py. Mesh: the crop is turned so that the eyes lie level, as
MediaPipe's face_landmark graph does; its side was chosen so that a head fills two thirds of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face.models import FACE_MESH, MINIFASNET_V1SE, MINIFASNET_V2, read_verified
from kiosk.face.pad import crop_box
from kiosk.face.shapes import Mesh

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Face, Picture

_LIVE = 1  # of the three classes: 0 and 2 are attacks
_PAD_SIDE_PX = 80
_MESH_SIDE_PX = 192
_MESH_EYES = 4.0  # the crop's side, in eye distances
_MESH_DOWN = 0.55  # its middle below the eyes, in eye distances
_MESH_FACE = "conv2d_31"  # the output that says whether a face is there, a logit
_FACE_AT_LEAST = 0.0  # a half, as a logit


class MiniFasNets:
    """An `AttackDetector`: two networks that see the face with more and less of what is around it."""

    model_digests: tuple[str, ...] = (MINIFASNET_V2.sha256, MINIFASNET_V1SE.sha256)

    def __init__(self, folder: Path) -> None:
        """Verify and load both.

        Raises:
            FaultError: MODEL_MISSING or MODEL_ALTERED.
        """
        self._networks = tuple(
            (scale, cv2.dnn.readNetFromONNX(np.frombuffer(read_verified(folder, model), np.uint8)))
            for scale, model in ((2.7, MINIFASNET_V2), (4.0, MINIFASNET_V1SE))
        )

    def score(self, picture: Picture, face: Face) -> float | None:
        """The mean of the two networks' word for a person."""
        return float(np.mean([_live(network, picture, face, scale) for scale, network in self._networks]))


def _live(network: cv2.dnn.Net, picture: Picture, face: Face, scale: float) -> float:
    left, top, right, bottom = crop_box(picture.shape[1], picture.shape[0], face, scale)
    chip = cv2.resize(picture[top:bottom, left:right], (_PAD_SIDE_PX, _PAD_SIDE_PX))
    network.setInput(cv2.dnn.blobFromImage(chip))  # BGR, 0 to 255; the networks end in a softmax
    return float(np.asarray(network.forward()).ravel()[_LIVE])


class FaceMesh:
    """A `MeshFinder`: MediaPipe's face_landmark."""

    model_digests: tuple[str, ...] = (FACE_MESH.sha256,)

    def __init__(self, folder: Path) -> None:
        """Verify and load it.

        Raises:
            FaultError: MODEL_MISSING or MODEL_ALTERED.
        """
        self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(read_verified(folder, FACE_MESH), np.uint8))

    def find(self, picture: Picture, face: Face) -> Mesh | None:
        """See `MeshFinder`."""
        warp = _levelled(face)
        if warp is None:
            return None
        chip = cv2.warpAffine(picture, warp, (_MESH_SIDE_PX, _MESH_SIDE_PX))
        self._network.setInput(cv2.dnn.blobFromImage(chip, 1 / 255, swapRB=True))
        points = np.asarray(self._network.forward(), np.float64).reshape(-1, 3)
        if float(np.asarray(self._network.forward(_MESH_FACE)).ravel()[0]) < _FACE_AT_LEAST:
            return None
        back = cv2.invertAffineTransform(warp)
        scale = float(np.hypot(back[0, 0], back[1, 0]))
        placed = points[:, :2] @ back[:, :2].T + back[:, 2]
        return Mesh(np.column_stack([placed, points[:, 2] * scale]))


def _levelled(face: Face) -> npt.NDArray[np.float64] | None:
    # Rotate, scale and shift so that the eyes lie level and the face fills the crop.
    right, left = np.array(face.landmarks.right_eye), np.array(face.landmarks.left_eye)
    apart = face.landmarks.eye_distance
    if apart < 1:
        return None
    across = (left - right) / apart
    down = np.array([-across[1], across[0]])
    turn = np.array([across, down]) * (_MESH_SIDE_PX / (_MESH_EYES * apart))
    middle = (right + left) / 2 + down * _MESH_DOWN * apart
    shift = _MESH_SIDE_PX / 2 - turn @ middle
    return cast("npt.NDArray[np.float64]", np.column_stack([turn, shift]))
