# SPDX-License-Identifier: Apache-2.0
"""Frames of every shape become 640x480, what is no picture is a fault, and a folder of pictures plays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.failures import Fault
from kiosk.face.camera_file import FileCamera
from kiosk.face.frames import fit, from_nv12
from tests.simulators.camera_booths import album
from tests.simulators.camera_contract import HEIGHT, WIDTH, fault_of, scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.people_warp import Pixels


@pytest.mark.parametrize("shape", [(480, 640), (720, 1280, 3), (1080, 1920, 3), (240, 320, 3), (640, 480, 3), (1, 1)])
def test_a_frame_of_any_shape_is_cut_and_scaled_and_never_squeezed(shape: tuple[int, ...]) -> None:
    picture = np.zeros(shape, np.uint8)
    side = min(shape[:2]) // 4
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    picture[top : top + side, left : left + side] = 255
    fitted = fit(picture)
    assert fitted.shape == (HEIGHT, WIDTH, 3)
    if side:
        tall, wide = (int((fitted[:, :, 0] > 127).any(axis=axis).sum()) for axis in (1, 0))
        assert abs(tall - wide) <= 4


@pytest.mark.parametrize(
    "pixels",
    [
        None,
        np.zeros((480, 640, 3), np.uint16),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros(921_600, np.uint8),
    ],
    ids=["nothing", "sixteen bits", "four colours", "empty", "flat"],
)
def test_what_is_no_picture_is_a_fault(pixels: Pixels | None) -> None:
    assert fault_of(lambda: fit(pixels)) is Fault.CAMERA_ABSENT


@pytest.mark.parametrize("shape", [(1152, 1000), (1151, 1024), (1152, 1024, 3)])
def test_planes_that_are_no_nv12_are_a_fault(shape: tuple[int, ...]) -> None:
    assert fault_of(lambda: from_nv12(np.zeros(shape, np.uint8), 1024)) is Fault.CAMERA_ABSENT


def test_a_folder_plays_its_pictures_in_the_order_of_their_names_and_nothing_else(tmp_path: Path) -> None:
    greys = {"a.png": 10, "b.JPG": 60, "c.bmp": 110}
    for name, grey in greys.items():
        cv2.imwrite(str(tmp_path / name), np.full((480, 640, 3), grey, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture", encoding="utf-8")
    with FileCamera(tmp_path, realtime=False) as camera:
        seen = [round(float(camera.read().picture.mean())) for _ in range(4)]
    assert seen == [10, 60, 110, 10]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no picture"])
def test_a_folder_whose_only_picture_does_not_open_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.jpg").write_bytes(content)
    with FileCamera(tmp_path, realtime=False) as camera:
        assert fault_of(camera.read) is Fault.CAMERA_ABSENT


def test_a_folder_without_pictures_does_not_play(tmp_path: Path) -> None:
    assert fault_of(FileCamera(tmp_path).open) is Fault.CAMERA_ABSENT


def test_a_folder_in_real_time_keeps_fifteen_pictures_a_second(tmp_path: Path) -> None:
    with FileCamera(album(tmp_path / "show", [scene(0)])) as camera:
        began_s = time.monotonic()
        for _ in range(4):
            camera.read()
        assert time.monotonic() - began_s >= 2.5 / 15
