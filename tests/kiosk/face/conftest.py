# SPDX-License-Identifier: Apache-2.0
"""Engines and demonstration people, loaded and made once for all face tests."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.face.camera_file import FileCamera
from kiosk.face.challenges import Drawer
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.instruments import NOTHING_INSTALLED, Instruments, load_instruments
from kiosk.face.policy import POLICIES
from tests.simulators.shared import Shared

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import FaceFindings
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import Prompt
    from kiosk.face.challenges import Pair
    from kiosk.face.shapes import Camera, FaceEngine


@dataclass
class Watching:
    """A `FaceObserver` that remembers what a screen would have shown."""

    prompts: list[Prompt] = field(default_factory=list)
    previews: list[tuple[int, int, bytes]] = field(default_factory=list)
    meters: list[Meters] = field(default_factory=list)
    stop_at: Prompt | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def prompted(self, prompt: Prompt) -> None:
        self.prompts.append(prompt)
        if prompt is self.stop_at:
            self.stop.set()

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        self.previews.append((width, height, rgb))

    def measured(self, meters: Meters) -> None:
        self.meters.append(meters)


class Foreseen(Drawer):
    """Draws what a test says: a film cannot answer what it was not made for."""

    def __init__(self, asked: Pair) -> None:
        super().__init__(lambda _: asked)


@dataclass(frozen=True)
class Booth:
    """A kiosk's face check before a video file, as fast as the machine can play it."""

    engine: FaceEngine
    instruments: Instruments = NOTHING_INSTALLED

    def check(self, camera: Camera, asked: Pair, *, attempt_s: float = 30.0) -> FaceCheck:
        shipped = POLICIES[self.engine.name]
        # A whole action of a clip fits into four seconds; the shipped eight would only play it twice.
        policy = replace(
            shipped,
            attempt_s=attempt_s,
            challenge=replace(shipped.challenge, step_s=4.0),
            mesh_challenge=replace(shipped.mesh_challenge, step_s=4.0),
        )
        return FaceCheck(
            load_engine=lambda: self.engine,
            load_instruments=lambda: self.instruments,
            camera=camera,
            allow_assist=True,
            drawer=Foreseen(asked),
            policies={self.engine.name: policy},
        )

    def examine(
        self, video: Path, portrait: bytes, asked: Pair, seen: Watching, *, attempt_s: float = 30.0
    ) -> FaceFindings:
        camera = FileCamera(video, realtime=False)
        return self.check(camera, asked, attempt_s=attempt_s).examine(portrait, seen, seen.stop)


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    return load_engine(EngineChoice.DEMONSTRATION)


@pytest.fixture(scope="session")
def booth(engine: FaceEngine) -> Booth:
    return Booth(engine)


@pytest.fixture(scope="session")
def equipped(model_folder: Path) -> Booth:
    """The OpenCV engine with everything that can be installed beside it."""
    return Booth(load_engine(EngineChoice.BENCH, model_folder), load_instruments(model_folder))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shared.of(tmp_path_factory.getbasetemp(), "clips").folder


@pytest.fixture(scope="session")
def model_folder() -> Path:
    beside = Path(__file__).parents[3].parent / "shared" / "face" / "models"
    folder = Path(os.environ.get("DIPCHIP_FACE_MODELS", beside))
    if not (folder / "face_detection_yunet_2023mar.onnx").exists():
        pytest.skip("no YuNet at hand: name a folder with the bench models in DIPCHIP_FACE_MODELS")
    return folder


@pytest.fixture
def seen() -> Watching:
    return Watching()
