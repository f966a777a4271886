# SPDX-License-Identifier: Apache-2.0
"""One contract for every camera, and what each does when it misbehaves.

The USB camera is OpenCV's V4L2 on a stand-in for the kernel's driver; picamera2 is a stand-in module here and the real
one in `make camera-test`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.failures import Fault
from kiosk.face.freshness import Freshness
from tests.simulators.camera_booths import Booth, FileBooth, Mood, PiBooth, UsbBooth, album, film
from tests.simulators.camera_contract import CONTRACT, SCENES, fault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kiosk.face.shapes import Camera

ENOUGH = 40  # frames: more than any watcher needs


@pytest.fixture
def usb(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsbBooth]:
    booth = UsbBooth(tmp_path, tmp_path_factory.getbasetemp() / "v4l2_camera.so")
    yield booth
    booth.leave()


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> PiBooth:
    booth = PiBooth()
    # picamera2 exists on a Pi only; `make camera-test` has the real one.
    monkeypatch.setitem(sys.modules, "picamera2", booth.machine)
    return booth


@pytest.fixture
def video(tmp_path: Path) -> FileBooth:
    return FileBooth(tmp_path, film)


@pytest.fixture
def folder(tmp_path: Path) -> FileBooth:
    return FileBooth(tmp_path, album)


def _fixture(request: pytest.FixtureRequest) -> Booth:
    booth: Booth = request.getfixturevalue(request.param)
    return booth


SENSORS, FILES = ("pi", "usb"), ("video", "folder")
booth = pytest.fixture(params=[*SENSORS, *FILES], name="booth")(_fixture)
sensor = pytest.fixture(params=SENSORS, name="sensor")(_fixture)
files = pytest.fixture(params=FILES, name="files")(_fixture)


@pytest.mark.parametrize("promise", CONTRACT.values(), ids=CONTRACT)
def test_every_camera_keeps_the_contract(booth: Booth, promise: Callable[[Booth], None]) -> None:
    promise(booth)


def _watch(camera: Camera) -> None:
    """Look at frames as the face check does."""
    freshness = Freshness()
    for _ in range(ENOUGH):
        freshness.check(camera.read(), is_sensor=camera.is_sensor)


def test_a_healthy_camera_is_called_neither_frozen_nor_absent(booth: Booth) -> None:
    with booth.camera() as camera:
        _watch(camera)


def test_a_camera_that_is_pulled_while_it_is_read_is_absent_and_can_be_closed(booth: Booth) -> None:
    camera = booth.camera()
    camera.open()
    camera.read()
    booth.turn(Mood.GONE)
    assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_ABSENT
    camera.close()
    assert fault_of(camera.read) is Fault.CAMERA_ABSENT


def test_a_camera_that_falls_silent_is_frozen_and_can_be_closed(sensor: Booth) -> None:
    with sensor.camera() as camera:
        camera.read()
        sensor.turn(Mood.SILENT)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN


@pytest.mark.parametrize("mood", [Mood.SAME_FRAME, Mood.REPLAYED])
def test_a_camera_that_shows_again_what_it_has_shown_is_frozen(sensor: Booth, mood: Mood) -> None:
    with sensor.camera() as camera:
        camera.read()
        sensor.turn(mood)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN


def test_a_film_may_stand_still_and_come_round_again(files: Booth) -> None:
    with files.camera() as camera:
        _watch(camera)
        files.turn(Mood.SAME_FRAME)
        _watch(camera)


def test_a_camera_that_goes_black_is_no_fault_and_shows_black(booth: Booth) -> None:
    with booth.camera() as camera:
        camera.read()
        booth.turn(Mood.BLACK)
        _watch(camera)
        assert camera.read().picture.max() <= 1


def test_a_camera_heals_when_it_is_opened_again(sensor: Booth) -> None:
    camera = sensor.camera()
    with camera:
        sensor.turn(Mood.SILENT)
        assert fault_of(lambda: _watch(camera)) is Fault.CAMERA_FROZEN
    sensor.turn(Mood.LIVE)
    with camera:
        _watch(camera)


def test_the_same_recording_at_the_next_try_is_refused(usb: UsbBooth) -> None:
    freshness = Freshness()
    usb.turn(Mood.REPLAYED)

    def try_once() -> None:
        with usb.camera() as camera:
            for _ in range(SCENES):
                freshness.check(camera.read(), is_sensor=True)

    try_once()
    assert [fault_of(try_once), fault_of(try_once)].count(Fault.CAMERA_FROZEN) > 0
