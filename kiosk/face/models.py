# SPDX-License-Identifier: Apache-2.0
"""Which model files the kiosk knows, and the only way to their bytes: by SHA-256, checked at every load.

It never downloads, and never imports the package that carries the demonstration files (its import fails with current
setuptools). Pins: SHA-256 of the published files; YuNet and SFace as OpenCV Zoo's LFS pointers state them.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NewType

from kiosk.enrollment.failures import Fault, FaultError
from wire.policy import PinnedFile, PinnedRecogniser

Digest = NewType("Digest", str)
"""SHA-256 in lower-case hexadecimal."""


class Role(StrEnum):
    """What a model file is for."""

    DETECTOR = "detector"
    LANDMARKS = "landmarks"
    RECOGNISER = "recogniser"
    ATTACK_DETECTOR = "attack detector"
    MESH = "mesh"


class Standing(StrEnum):
    """How a model file is found on this machine."""

    INTACT = "intact"
    MISSING = "missing"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file as published. `origin` says in words who publishes it, `holder` whose copyright it is.

    `addresses` are the publisher's own, where public records say that exactly these bytes are served.
    """

    name: str
    role: Role
    sha256: Digest
    size_bytes: int
    licence: str
    origin: str
    holder: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelPack:
    """The files that serve together."""

    name: str
    files: tuple[ModelFile, ...]


# OpenCV's own two places for its zoo, at the revision whose digests and sizes public records name.
_HUB = "https://huggingface.co/opencv"
_ZOO = "https://media.githubusercontent.com/media/opencv/opencv_zoo/47534e27c9851bb1128ccc0102f1145e27f23f98/models"

DLIB_LANDMARKS = ModelFile(
    "shape_predictor_5_face_landmarks.dat",
    Role.LANDMARKS,
    Digest("c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"),
    9_150_489,
    "public domain",
    "PyPI distribution face_recognition_models 0.3.0, from Davis King's dlib-models",
)
DLIB_RECOGNISER = ModelFile(
    "dlib_face_recognition_resnet_model_v1.dat",
    Role.RECOGNISER,
    Digest("55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"),
    22_466_066,
    "public domain",
    "PyPI distribution face_recognition_models 0.3.0, from Davis King's dlib-models",
)
YUNET = ModelFile(
    "face_detection_yunet_2023mar.onnx",
    Role.DETECTOR,
    Digest("8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"),
    232_589,
    "MIT",
    "OpenCV Zoo, from Shiqi Yu's libfacedetection",
    "Copyright (c) 2020 Shiqi Yu <shiqi.yu@gmail.com>",
    (
        f"{_HUB}/face_detection_yunet/resolve/3cc26e7f1014a5ee5d74a42acee58bafc9d0a310/face_detection_yunet_2023mar.onnx",
        f"{_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
    ),
)
SFACE = ModelFile(
    "face_recognition_sface_2021dec.onnx",
    Role.RECOGNISER,
    Digest("0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79"),
    38_696_353,
    "Apache-2.0",
    "OpenCV Zoo, from Yaoyao Zhong's SFace",
    "Yaoyao Zhong and the contributors of OpenCV Zoo",
    (
        f"{_HUB}/face_recognition_sface/resolve/3d7082438a6e4551e840c9b2bb60b71e8da4b524/face_recognition_sface_2021dec.onnx",
        f"{_ZOO}/face_recognition_sface/face_recognition_sface_2021dec.onnx",
    ),
)
DLIB_RECOGNISER_ONNX = ModelFile(
    "dlib_face_resnet_v1_fp16w.onnx",
    Role.RECOGNISER,
    Digest("20808f20b87fc84bec024e4784fd4ac7a7d4408d11dd5b147c1b6369f9150618"),
    11_223_774,
    "public domain",
    "converted from dlib_face_recognition_resnet_model_v1.dat, weights rounded to 16 bits",
)
MINIFASNET_V2 = ModelFile(
    "minifasnet_v2_2.7_80x80.onnx",
    Role.ATTACK_DETECTOR,
    Digest("71b3b669c06d81965cc1e6eeea9eb7aa7b7a17decd42c9e3d70d5f84ebce0271"),
    1_468_391,
    "Apache-2.0",
    "converted from minivision-ai/Silent-Face-Anti-Spoofing@b6d5f04",
    "Copyright 2020 Minivision",
)
MINIFASNET_V1SE = ModelFile(
    "minifasnet_v1se_4.0_80x80.onnx",
    Role.ATTACK_DETECTOR,
    Digest("13f6c3e7adcba665a65c36ba3a4245516b1d5575732afacca4ede86384eee394"),
    1_464_504,
    "Apache-2.0",
    "converted from minivision-ai/Silent-Face-Anti-Spoofing@b6d5f04",
    "Copyright 2020 Minivision",
)
FACE_MESH = ModelFile(
    "mediapipe_face_landmark.tflite",
    Role.MESH,
    Digest("1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"),
    1_242_398,
    "Apache-2.0",
    "PyPI distribution mediapipe 0.10.21 (face_landmark.tflite)",
    "The MediaPipe Authors",
)

DEMONSTRATION = ModelPack("demonstration", (DLIB_LANDMARKS, DLIB_RECOGNISER))
PRODUCTION = ModelPack("production", (YUNET, SFACE))
BENCH = ModelPack("bench", (YUNET, DLIB_RECOGNISER_ONNX))
"""OpenCV's detector with dlib's network: exercises the production path where SFace is not at hand."""

PAD = ModelPack("pad", (MINIFASNET_V2, MINIFASNET_V1SE))
"""Passive detection of presentation attacks; both networks serve together."""
MESH = ModelPack("mesh", (FACE_MESH,))

PACKS = (DEMONSTRATION, PRODUCTION, BENCH, PAD, MESH)


def demonstration_folder() -> Path:
    """Where the installed `face_recognition_models` keeps its files, found without importing it.

    Raises:
        FaultError: MODEL_MISSING when it is not installed.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        message = "The demonstration models are not installed. Install the `demo` extra, or use the production pack."
        raise FaultError(Fault.MODEL_MISSING, message)
    return Path(spec.origin).parent / "models"


def named_by_policy(file: PinnedFile | PinnedRecogniser) -> ModelFile:
    """A file that a signed policy pins; what else is known of it when it is one of a pack."""
    known = next((model for pack in PACKS for model in pack.files if model.sha256 == file.sha256), None)
    if known is not None and known.name == file.file:
        return known
    role = Role.RECOGNISER if isinstance(file, PinnedRecogniser) else Role.DETECTOR
    return ModelFile(file.file, role, Digest(file.sha256), file.size_bytes, "", "named by the face policy")


def read_verified(folder: Path, model: ModelFile) -> bytes:
    """Read a model once and hand on exactly the bytes that were hashed.

    Raises:
        FaultError: MODEL_MISSING or MODEL_ALTERED.
    """
    standing, content = _examine(folder, model)
    if standing is Standing.MISSING:
        message = f"Model {model.name} ({model.origin}) is missing. Install the model pack again."
        raise FaultError(Fault.MODEL_MISSING, message)
    if standing is Standing.ALTERED:
        message = f"Model {model.name} is not the published file: its SHA-256 differs. Install the model pack again."
        raise FaultError(Fault.MODEL_ALTERED, message)
    return content


def installed(folder: Path, pack: ModelPack) -> tuple[tuple[ModelFile, Standing], ...]:
    """How every file of `pack` is found in `folder`."""
    return tuple((model, _examine(folder, model)[0]) for model in pack.files)


def _examine(folder: Path, model: ModelFile) -> tuple[Standing, bytes]:
    try:
        with (folder / model.name).open("rb") as file:
            content = file.read(model.size_bytes + 1)  # one more than published is already too much
    except OSError:
        return Standing.MISSING, b""
    if hashlib.sha256(content).hexdigest() != model.sha256:
        return Standing.ALTERED, b""
    return Standing.INTACT, content
