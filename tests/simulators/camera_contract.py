# SPDX-License-Identifier: Apache-2.0
"""What every camera of the kiosk promises, as sentences that can be tried on any of them, also far from pytest.

Whoever tries it puts `scene()` before the camera: red to the left, blue to the right, and a white bar that moves.
"""

from __future__ import annotations

import math
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kiosk.enrollment.failures import Fault, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.face.shapes import Camera, Frame
    from tests.simulators.people_warp import Pixels

WIDTH, HEIGHT = 640, 480
SCENES = 8  # pictures until the bar is back
_FRAMES = 20
_RED, _BLUE = (40, 40, 200), (200, 40, 40)  # BGR


class Booth(Protocol):
    """A place where one kind of camera can be tried."""

    def camera(self) -> Camera:
        """A fresh adapter of the camera that is there."""

    def absent(self) -> Camera:
        """An adapter of a camera that is not there."""


def scene(count: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """What stands before the camera at one moment: uint8[height, width, 3], BGR."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = _RED, _BLUE
    left = width * (count % SCENES) // SCENES
    picture[height // 2 :, left : left + width // SCENES] = 255
    return picture


def fault_of(step: Callable[[], object]) -> Fault | None:
    """The code of the fault that a step raises, None when it raises none."""
    try:
        step()
    except FaultError as error:
        return error.fault
    return None


def _frames(camera: Camera, count: int = _FRAMES) -> list[Frame]:
    return [camera.read() for _ in range(count)]


def frames_are_pictures_of_640_by_480(booth: Booth) -> None:
    with booth.camera() as camera:
        for frame in _frames(camera):
            assert frame.picture.shape == (HEIGHT, WIDTH, 3)
            assert frame.picture.dtype == np.uint8
            assert frame.picture.flags.c_contiguous


def colours_are_blue_green_red(booth: Booth) -> None:
    with booth.camera() as camera:
        upper = camera.read().picture[20 : HEIGHT // 2 - 20].astype(float).mean(axis=0)
    left, right = upper[20 : WIDTH // 2 - 20].mean(axis=0), upper[WIDTH // 2 + 20 : -20].mean(axis=0)
    assert left[2] > left[0] + 50, f"red is to the left, not {left.round()}"
    assert right[0] > right[2] + 50, f"blue is to the right, not {right.round()}"


def the_picture_moves(booth: Booth) -> None:
    with booth.camera() as camera:
        bars = {int(frame.picture[HEIGHT * 3 // 4, :, 1].astype(int).argmax()) // 40 for frame in _frames(camera)}
    assert len(bars) > 1, "the bar stands still"


def the_sequence_grows_over_every_opening(booth: Booth) -> None:
    camera = booth.camera()
    sequence: list[int] = []
    for _ in range(2):
        with camera:
            sequence += [frame.sequence for frame in _frames(camera)]
    assert all(earlier < later for earlier, later in pairwise(sequence)), sequence


def time_never_goes_back(booth: Booth) -> None:
    camera = booth.camera()
    taken: list[float] = []
    for _ in range(2):
        with camera:
            taken += [frame.taken_s for frame in _frames(camera)]
    assert all(math.isfinite(moment) for moment in taken)
    assert all(earlier < later for earlier, later in pairwise(taken)), taken


def a_frame_stays_as_it_was(booth: Booth) -> None:
    with booth.camera() as camera:
        kept = camera.read().picture
        before = kept.copy()
        _frames(camera)
        assert np.array_equal(kept, before), "the driver writes into a frame that was handed on"


def it_opens_again_after_it_was_closed(booth: Booth) -> None:
    camera = booth.camera()
    for _ in range(3):
        camera.open()
        camera.read()
        camera.close()


def opening_twice_and_closing_twice_are_harmless(booth: Booth) -> None:
    camera = booth.camera()
    camera.close()
    camera.open()
    camera.open()
    camera.read()
    camera.close()
    camera.close()


def two_adapters_take_turns(booth: Booth) -> None:
    for _ in range(2):
        with booth.camera() as camera:
            camera.read()


def reading_before_opening_is_a_fault(booth: Booth) -> None:
    assert fault_of(booth.camera().read) is Fault.CAMERA_ABSENT


def reading_after_closing_is_a_fault(booth: Booth) -> None:
    camera = booth.camera()
    with camera:
        camera.read()
    assert fault_of(camera.read) is Fault.CAMERA_ABSENT


def a_camera_that_is_not_there_is_said_to_be_absent(booth: Booth) -> None:
    assert fault_of(booth.absent().open) is Fault.CAMERA_ABSENT


CONTRACT = MappingProxyType(
    {
        promise.__name__: promise
        for promise in (
            frames_are_pictures_of_640_by_480,
            colours_are_blue_green_red,
            the_picture_moves,
            the_sequence_grows_over_every_opening,
            time_never_goes_back,
            a_frame_stays_as_it_was,
            it_opens_again_after_it_was_closed,
            opening_twice_and_closing_twice_are_harmless,
            two_adapters_take_turns,
            reading_before_opening_is_a_fault,
            reading_after_closing_is_a_fault,
            a_camera_that_is_not_there_is_said_to_be_absent,
        )
    }
)
