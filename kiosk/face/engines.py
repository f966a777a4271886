# SPDX-License-Identifier: Apache-2.0
"""Loads the face engine that is described to it: the built-in ones by their word, any other by a signed policy.

It never falls back from one engine to another. How far an engine may be trusted is decided here, by its digests, and
by nothing that describes it. Template of the dlib network: learned on 836 faces, standard deviation 2 to 5 px.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from kiosk.enrollment.evidence import Grade
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.models import (
    DLIB_LANDMARKS,
    DLIB_RECOGNISER,
    DLIB_RECOGNISER_ONNX,
    SFACE,
    YUNET,
    demonstration_folder,
    named_by_policy,
    read_verified,
)
from kiosk.face.policy import DLIB, YUNET_DLIB, YUNET_SFACE
from wire.policy import PinnedEngine, PinnedFile, PinnedRecogniser, RecogniserKind

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.models import ModelFile
    from kiosk.face.shapes import FaceEngine


class EngineChoice(StrEnum):
    """The engines that ship with a release."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"
    BENCH = "bench"


def _file(model: ModelFile) -> PinnedFile:
    return PinnedFile(model.name, model.sha256, model.size_bytes)


ENGINES = MappingProxyType(
    {
        EngineChoice.DEMONSTRATION: PinnedEngine(
            DLIB,
            _file(DLIB_LANDMARKS),
            PinnedRecogniser(
                DLIB_RECOGNISER.name,
                DLIB_RECOGNISER.sha256,
                DLIB_RECOGNISER.size_bytes,
                RecogniserKind.DLIB,
                unit_length=False,
                side_px=150,
            ),
        ),
        EngineChoice.PRODUCTION: PinnedEngine(
            YUNET_SFACE,
            _file(YUNET),
            PinnedRecogniser(SFACE.name, SFACE.sha256, SFACE.size_bytes, RecogniserKind.SFACE, unit_length=True),
        ),
        EngineChoice.BENCH: PinnedEngine(
            YUNET_DLIB,
            _file(YUNET),
            PinnedRecogniser(
                DLIB_RECOGNISER_ONNX.name,
                DLIB_RECOGNISER_ONNX.sha256,
                DLIB_RECOGNISER_ONNX.size_bytes,
                RecogniserKind.TEMPLATE,
                unit_length=False,
                template=((47.6, 44.85), (101.4, 44.85), (74.5, 77.2), (51.7, 101.8), (97.3, 101.8)),
                side_px=150,
            ),
        ),
    }
)

# dlib's network in the three spellings that are known: at a threshold that lets 0.07 % of other impostors through it
# lets 10 % of East and South-East Asian ones through (docs/face.md). No record lifts it.
_NEVER_VERIFY = frozenset(
    {
        DLIB_RECOGNISER.sha256,
        DLIB_RECOGNISER_ONNX.sha256,
        "2b2b5e97f90ffb19fb3fae0bcf3841b04f19d36054ce2b6ecbc95cbd6a3e5dbf",  # the same as ONNX with 32-bit weights
    }
)


def load_engine(choice: EngineChoice, folder: Path | None = None) -> FaceEngine:
    """Verify the models in `folder` and load a built-in engine; see `load_pinned`."""
    return load_pinned(ENGINES[choice], folder)


def load_pinned(engine: PinnedEngine, folder: Path | None = None) -> FaceEngine:
    """Verify every file that is pinned and load the engine.

    Without a folder the files of dlib are looked for where their package was installed.

    Raises:
        FaultError: MODEL_MISSING, MODEL_ALTERED, or MODEL_NOT_ALLOWED when the files are no such networks.
    """
    is_dlib = engine.recogniser.kind is RecogniserKind.DLIB
    if folder is None and not is_dlib:
        message = f"The face engine {engine.name} has no folder of models. Set models in kiosk.toml and install them."
        raise FaultError(Fault.MODEL_MISSING, message)
    place = folder or demonstration_folder()
    for file in engine.further:
        read_verified(place, named_by_policy(file))
    # The libraries are heavy and only one of them is needed, so each is imported where it is chosen.
    if is_dlib:
        from kiosk.face.features_dlib import DlibEngine  # noqa: PLC0415

        return DlibEngine(place, engine)
    from kiosk.face.features import OpenCvEngine  # noqa: PLC0415

    return OpenCvEngine(place, engine, grade=highest_grade(engine))


def highest_grade(engine: PinnedEngine) -> Grade:
    """The most that an engine may be trusted with, however well it is calibrated."""
    unfit = engine.recogniser.kind is RecogniserKind.DLIB or engine.recogniser.sha256 in _NEVER_VERIFY
    return Grade.ASSIST if unfit else Grade.VERIFY
