# SPDX-License-Identifier: Apache-2.0
"""Chooses the face engine by its configured word. It never falls back from one engine to another."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.face.models import demonstration_folder

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import FaceEngine


class EngineChoice(StrEnum):
    """The words of the configuration."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"
    BENCH = "bench"


def load_engine(choice: EngineChoice, folder: Path | None = None) -> FaceEngine:
    """Verify the models in `folder` and load the engine; the demonstration finds its own folder when none is given.

    Raises:
        FaultError: MODEL_MISSING or MODEL_ALTERED.
    """
    # The libraries are heavy and only one of them is needed, so each is imported where it is chosen.
    if choice is EngineChoice.DEMONSTRATION:
        from kiosk.face.features_dlib import DlibEngine  # noqa: PLC0415

        return DlibEngine(folder or demonstration_folder())
    from kiosk.face.features import bench_engine, production_engine  # noqa: PLC0415

    build = production_engine if choice is EngineChoice.PRODUCTION else bench_engine
    return build(_required(folder))


def _required(folder: Path | None) -> Path:
    if folder is None:
        message = "the production and bench engines need the folder of their models; set face.models"
        raise ValueError(message)
    return folder
