# SPDX-License-Identifier: Apache-2.0
"""The camera is opened, measured for a second and let go; whoever holds it already is quoted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.face import camera_check
from kiosk.face.camera_check import Said
from kiosk.face.camera_file import FileCamera
from kiosk.findings import Code, Level

if TYPE_CHECKING:
    from pathlib import Path


def folder_of(place: Path, brightness: int) -> Path:
    """Three pictures of 1280x720 that are this bright, with a little noise."""
    noise = np.random.default_rng(1).integers(-4, 5, (720, 1280, 3))
    for at in range(3):
        picture = np.clip(brightness + noise + at, 0, 255).astype(np.uint8)
        assert cv2.imwrite(str(place / f"{at}.png"), picture)
    return place


@pytest.mark.parametrize(
    ("brightness", "code", "level"),
    [(120, "ok", Level.WELL), (20, Code.CAMERA_DARK, Level.CARE), (240, Code.CAMERA_BRIGHT, Level.CARE)],
)
def test_size_rate_and_light_are_measured(tmp_path: Path, brightness: int, code: str, level: Level) -> None:
    found = camera_check.examine(FileCamera(folder_of(tmp_path, brightness)), time.monotonic, live=False)
    assert (found.code, found.level) == (code, level)
    assert found.figures["picture"].value == "640x480"
    assert 1 < float(found.figures["rate"].value) < 31  # 15 on a machine that is not busy
    assert found.figures["brightness"].value == pytest.approx(brightness + 1, abs=3)


def test_a_file_may_not_stand_in_for_a_camera_in_live(tmp_path: Path) -> None:
    found = camera_check.examine(FileCamera(folder_of(tmp_path, 120)), time.monotonic, live=True)
    assert (found.code, found.level) == ("camera_absent", Level.FAULT)
    assert "LIVE" in found.technician


def test_a_camera_that_is_not_there_is_a_fault_with_its_cause(tmp_path: Path) -> None:
    found = camera_check.examine(FileCamera(tmp_path / "gone.mp4"), time.monotonic, live=False)
    assert (found.code, found.level) == ("camera_absent", Level.FAULT)
    assert "gone.mp4" in found.technician


@pytest.mark.parametrize(
    ("said", "code", "level"),
    [
        (Said("ok", 7), "ok", Level.WELL),
        (Said("camera_frozen", 7), "camera_frozen", Level.FAULT),
        (None, Code.CAMERA_NOT_OPENED, Level.UNKNOWN),
    ],
)
def test_a_camera_that_serves_is_not_opened_and_its_holder_is_quoted(
    said: Said | None, code: str, level: Level
) -> None:
    found = camera_check.not_opened(said)
    assert (found.code, found.level) == (code, level)
    assert found.figures["opened"].value is False
    assert ("said_ago" in found.figures) == (said is not None)
