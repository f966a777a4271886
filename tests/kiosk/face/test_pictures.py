# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.evidence import Zone
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.camera_file import FileCamera
from kiosk.face.camera_pi import PiCamera
from kiosk.face.camera_v4l2 import UsbCamera
from kiosk.face.cameras import camera_from
from kiosk.face.comparison import fuse, one_person, zone
from kiosk.face.features import PictureError, decode_jpeg, mirror, resize
from kiosk.face.frames import from_nv12
from kiosk.face.policy import DLIB, POLICIES
from kiosk.face.shapes import Embedding, Picture
from tests.kiosk.face.readings import made_face
from tests.simulators.people import Act, PersonId, clip_in, portrait_jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Camera

RULES = POLICIES[DLIB].comparison
ANAN = PersonId("demo-1")


def _texture() -> Picture:
    return Picture(np.random.default_rng(0).integers(40, 216, (480, 640, 3), np.uint8))


def _embedding(*values: float) -> Embedding:
    return Embedding(np.array(values, np.float32))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.37, Zone.MATCH),
        (0.371, Zone.STAFF_LOOKS),
        (0.45, Zone.STAFF_LOOKS),
        (0.451, Zone.NO_MATCH),
        (float("nan"), Zone.NO_MATCH),
    ],
)
def test_a_distance_falls_into_one_of_three_zones(value: float, expected: Zone) -> None:
    assert zone(value, RULES) is expected


def test_fewer_than_three_frames_never_decide() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        fuse([_embedding(1, 0)] * 2, RULES)


def test_frames_of_two_people_are_not_one_visit() -> None:
    assert one_person([_embedding(1, 0), _embedding(1, 0.1), _embedding(1, -0.1)], RULES)
    assert not one_person([_embedding(0, 0), _embedding(0, 0), _embedding(0.6, 0), _embedding(0.6, 0)], RULES)


def test_a_jpeg_whose_header_promises_too_much_is_not_decoded() -> None:
    jpeg = bytearray(portrait_jpeg(ANAN))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # 65,535 x 65,535
    with pytest.raises(PictureError, match="promises more"):
        decode_jpeg(bytes(jpeg), pixels_at_most=1_000_000)


@pytest.mark.parametrize("length", [0, 2, 20, 100])
def test_a_truncated_jpeg_header_is_refused(length: int) -> None:
    with pytest.raises(PictureError):
        decode_jpeg(portrait_jpeg(ANAN)[:length], pixels_at_most=1_000_000)


def test_a_mirror_swaps_left_and_right() -> None:
    picture = _texture()
    assert np.array_equal(mirror(picture)[:, 0], picture[:, -1])


def test_nv12_with_padded_rows_becomes_its_colour() -> None:
    planes = np.full((768 * 3 // 2, 1088), 128, np.uint8)  # grey, 64 bytes of padding
    picture = from_nv12(planes, 1024)
    assert picture.shape == (480, 640, 3)
    assert np.abs(picture.astype(int) - 130).max() < 3


def test_a_replaced_film_plays_from_the_next_frame_on(clips: Path, tmp_path: Path) -> None:
    link = tmp_path / "camera.avi"
    link.symlink_to(clip_in(clips, ANAN, Act.LEFT))
    camera = FileCamera(link, realtime=False)
    with camera:
        first, before = camera.read(), camera.read()
        fresh = tmp_path / "next"
        fresh.symlink_to(clip_in(clips, PersonId("demo-4"), Act.LEFT))
        fresh.replace(link)
        after = camera.read()
    change = np.abs(before.picture.astype(int) - after.picture).mean()
    assert change > 2 * np.abs(before.picture.astype(int) - first.picture).mean()
    assert after.sequence == before.sequence + 1
    assert after.taken_s > before.taken_s


def test_a_film_begins_again_at_its_end(clips: Path) -> None:
    with FileCamera(clip_in(clips, ANAN, Act.LEFT), realtime=False) as camera:
        frames = [camera.read() for _ in range(61)]
    assert np.array_equal(frames[0].picture, frames[60].picture)
    assert not np.array_equal(frames[0].picture, frames[59].picture)
    assert frames[60].taken_s == pytest.approx(61 / 15)


def test_a_film_in_real_time_keeps_its_own_pace(clips: Path) -> None:
    with FileCamera(clip_in(clips, ANAN, Act.LEFT)) as camera:
        taken = [camera.read().taken_s for _ in range(5)]
    assert taken[-1] - taken[0] >= 3.5 / 15


@pytest.mark.parametrize("device", ["97", "/dev/v4l/by-path/nothing-here"])
def test_an_absent_usb_camera_is_said_to_be_absent(device: str) -> None:
    with pytest.raises(FaultError, match="Check the USB cable") as caught:
        UsbCamera(device).open()
    assert caught.value.fault is Fault.CAMERA_ABSENT


def test_a_software_camera_is_refused(tmp_path: Path) -> None:
    device = tmp_path / "video7"
    device.touch()
    (tmp_path / "devices" / "virtual" / "video7").mkdir(parents=True)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "video7").symlink_to(tmp_path / "devices" / "virtual" / "video7")
    with pytest.raises(FaultError, match="software camera"):
        UsbCamera(str(device), sysfs=tmp_path / "class").open()


@pytest.mark.parametrize(
    ("spec", "kind"), [("pi", PiCamera), ("usb:0", UsbCamera), ("file:/srv/people.avi", FileCamera)]
)
def test_a_camera_is_chosen_by_its_words(spec: str, kind: type[Camera]) -> None:
    assert isinstance(camera_from(spec), kind)


@pytest.mark.parametrize("spec", ["", "pi:0", "usb", "usb:", "file:", "webcam"])
def test_other_words_choose_no_camera(spec: str) -> None:
    with pytest.raises(ValueError, match="not one of"):
        camera_from(spec)


def test_nothing_of_a_face_shows_when_printed() -> None:
    shown = repr((_embedding(0.125), made_face(), _texture()[:0]))
    assert "0.125" not in shown
    assert "272.5" not in shown  # an eye


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 720), (641, 483)])
def test_a_picture_that_is_much_too_large_becomes_what_one_average_would_make_of_it(width: int, height: int) -> None:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = 127 + 90 * np.sin(columns / 40) + 37 * np.cos(rows / 25)
    picture = Picture(np.repeat(waves.astype(np.uint8)[:, :, None], 3, axis=2))
    small = resize(picture, 56, 42)
    assert cv2.absdiff(small, cv2.resize(picture, (56, 42), interpolation=cv2.INTER_AREA)).max() <= 6


def test_a_picture_that_is_only_much_too_wide_keeps_its_rows() -> None:
    assert resize(Picture(np.zeros((3, 4000, 3), np.uint8)), 56, 42).shape == (42, 56, 3)
