# SPDX-License-Identifier: Apache-2.0
"""Engines and demonstration people, loaded and made once for all face tests."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.face.camera_v4l2 import FileCamera
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.policy import POLICIES

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import Challenge, FaceFindings
    from kiosk.enrollment.states import Prompt
    from kiosk.face.shapes import Camera, FaceEngine


@dataclass
class Watching:
    """A `FaceObserver` that remembers what a screen would have shown."""

    prompts: list[Prompt] = field(default_factory=list)
    previews: list[tuple[int, int, bytes]] = field(default_factory=list)
    stop_at: Prompt | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def prompted(self, prompt: Prompt) -> None:
        self.prompts.append(prompt)
        if prompt is self.stop_at:
            self.stop.set()

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        self.previews.append((width, height, rgb))


@dataclass(frozen=True)
class Booth:
    """A kiosk's face check before a video file, as fast as the machine can play it."""

    engine: FaceEngine

    def check(self, camera: Camera, challenge: Challenge, *, attempt_s: float = 30.0) -> FaceCheck:
        shipped = POLICIES[self.engine.name]
        # A whole turn of a clip fits into three seconds; the shipped eight would only play it twice.
        policy = replace(shipped, attempt_s=attempt_s, challenge=replace(shipped.challenge, step_s=3.0))
        return FaceCheck(
            load_engine=lambda: self.engine,
            camera=camera,
            allow_assist=True,
            choose=lambda _: challenge,
            policies={self.engine.name: policy},
        )

    def examine(
        self, video: Path, portrait: bytes, challenge: Challenge, seen: Watching, *, attempt_s: float = 30.0
    ) -> FaceFindings:
        camera = FileCamera(video, realtime=False)
        return self.check(camera, challenge, attempt_s=attempt_s).examine(portrait, seen, seen.stop)


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    return load_engine(EngineChoice.DEMONSTRATION)


@pytest.fixture(scope="session")
def booth(engine: FaceEngine) -> Booth:
    return Booth(engine)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


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
