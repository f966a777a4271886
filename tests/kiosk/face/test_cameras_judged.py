# SPDX-License-Identifier: Apache-2.0
"""A camera that falls ill while somebody is looked at: a fault or a hint, never a crash and never a match."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.failures import FaceCheckError, Failure, Fault
from kiosk.enrollment.states import Prompt
from kiosk.face.camera_file import FileCamera
from kiosk.face.camera_pi import PiCamera
from kiosk.face.checks import FaceCheck
from kiosk.face.policy import POLICIES
from tests.simulators.camera_booths import Mood
from tests.simulators.camera_contract import fault_of
from tests.simulators.libcamera import CSI, Libcamera
from tests.simulators.people import Act, PersonId, clip_in, portrait_jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import FaceEngine
    from tests.kiosk.face.conftest import Watching
    from tests.simulators.people_warp import Pixels

ANAN = PersonId("demo-1")
FILM = 6  # frames


class IllCamera:
    """The Pi's camera before somebody: healthy for some frames, then in a mood."""

    def __init__(self, clip: Path, mood: Mood, *, healthy: int = FILM) -> None:
        with FileCamera(clip, realtime=False) as camera:
            self._film = [camera.read().picture for _ in range(FILM)]
        self._mood = mood
        self._healthy = healthy
        self._noise = np.random.default_rng(11).integers(0, 4, (800, 1056, 3), np.uint8)
        self._shown = 0
        self.machine = Libcamera([CSI], self._expose)

    def _expose(self, width: int, height: int) -> Pixels | None:
        self._shown += 1
        film = cv2.resize(self._film[self._shown % FILM], (width, height))
        mood = Mood.LIVE if self._shown <= self._healthy else self._mood
        match mood:
            case Mood.GONE:
                message = "Camera has been disconnected"
                raise RuntimeError(message)
            case Mood.SILENT:
                return None
            case Mood.BLACK:
                return np.zeros((height, width, 3), np.uint8)
            case Mood.SAME_FRAME:
                return np.asarray(cv2.resize(self._film[0], (width, height)), np.uint8)
            case Mood.REPLAYED:
                return np.asarray(film, np.uint8)
        top, left = self._shown % 31, self._shown % 29
        return np.asarray(cv2.add(film, self._noise[top:, left:][:height, :width]), np.uint8)


def _examine(engine: FaceEngine, seen: Watching, attempt_s: float) -> None:
    policy = replace(POLICIES[engine.name], attempt_s=attempt_s)
    check = FaceCheck(
        load_engine=lambda: engine,
        camera=PiCamera(patience_s=0.05),
        allow_assist=True,
        policies={engine.name: policy},
    )
    check.examine(portrait_jpeg(ANAN), seen, seen.stop)


@pytest.mark.parametrize(
    ("mood", "fault"),
    [
        (Mood.GONE, Fault.CAMERA_ABSENT),
        (Mood.SILENT, Fault.CAMERA_FROZEN),
        (Mood.SAME_FRAME, Fault.CAMERA_FROZEN),
        (Mood.REPLAYED, Fault.CAMERA_FROZEN),
    ],
)
def test_a_camera_that_falls_ill_during_an_attempt_is_a_fault_and_let_go(
    engine: FaceEngine, clips: Path, seen: Watching, monkeypatch: pytest.MonkeyPatch, mood: Mood, fault: Fault
) -> None:
    ill = IllCamera(clip_in(clips, ANAN, Act.FRONT), mood)
    monkeypatch.setitem(sys.modules, "picamera2", ill.machine)  # it exists on a Pi only
    assert fault_of(lambda: _examine(engine, seen, 60.0)) is fault  # it ends the attempt, on a busy machine too
    assert ill.machine.held == set()


@pytest.mark.parametrize("healthy", [1, FILM], ids=["before the challenge", "in the challenge"])
def test_a_camera_that_goes_black_fails_closed(
    engine: FaceEngine, clips: Path, seen: Watching, monkeypatch: pytest.MonkeyPatch, healthy: int
) -> None:
    ill = IllCamera(clip_in(clips, ANAN, Act.FRONT), Mood.BLACK, healthy=healthy)
    monkeypatch.setitem(sys.modules, "picamera2", ill.machine)  # it exists on a Pi only
    with pytest.raises(FaceCheckError) as caught:
        _examine(engine, seen, 3.0)
    assert caught.value.failure in {Failure.FACE_UNCLEAR, Failure.FACE_NOT_LIVE, Failure.NO_FACE}
    assert ill.machine.held == set()
    if healthy == 1:
        assert Prompt.TOO_DARK in seen.prompts
