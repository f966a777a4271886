# SPDX-License-Identifier: Apache-2.0
"""The optional networks: absent, whole, in part or altered; and what they say of made people and made attacks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.camera_file import FileCamera
from kiosk.face.instruments import NOTHING_INSTALLED, load_instruments
from kiosk.face.models import MESH, PAD
from tests.simulators.people import Act, PersonId, clip_in

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Face, FaceEngine, Picture

ANAN = PersonId("demo-1")


@pytest.fixture
def seen_face(engine: FaceEngine, clips: Path) -> tuple[Picture, Face]:
    with FileCamera(clip_in(clips, ANAN, Act.FRONT), realtime=False) as camera:
        picture = camera.read().picture
    return picture, engine.detect(picture)[0]


@pytest.fixture
def copied(model_folder: Path, tmp_path: Path) -> Path:
    for model in (*PAD.files, *MESH.files):
        shutil.copy(model_folder / model.name, tmp_path)
        (tmp_path / model.name).chmod(0o600)
    return tmp_path


def test_where_nothing_is_installed_nothing_is_said(seen_face: tuple[Picture, Face], tmp_path: Path) -> None:
    for nothing in (NOTHING_INSTALLED, load_instruments(None), load_instruments(tmp_path)):
        assert nothing.model_digests == ()
        assert nothing.attack_detector.score(*seen_face) is None
        assert nothing.mesh_finder.find(*seen_face) is None


def test_what_is_installed_names_its_digests(copied: Path) -> None:
    every = tuple(model.sha256 for model in (*PAD.files, *MESH.files))
    assert load_instruments(copied).model_digests == every
    (copied / MESH.files[0].name).unlink()
    assert load_instruments(copied).model_digests == every[:2]


def test_half_a_pack_is_refused_and_not_left_out(copied: Path) -> None:
    (copied / PAD.files[1].name).unlink()
    with pytest.raises(FaultError, match=PAD.files[1].name) as caught:
        load_instruments(copied)
    assert caught.value.fault is Fault.MODEL_MISSING


@pytest.mark.parametrize("name", [model.name for model in (*PAD.files, *MESH.files)])
def test_one_flipped_bit_refuses_to_load(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[1000] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(FaultError, match=name) as caught:
        load_instruments(copied)
    assert caught.value.fault is Fault.MODEL_ALTERED


def test_a_made_person_is_a_person_to_the_attack_detector(model_folder: Path, seen_face: tuple[Picture, Face]) -> None:
    score = load_instruments(model_folder).attack_detector.score(*seen_face)
    assert score is not None
    assert score > 0.9


def test_the_mesh_lies_on_the_face(model_folder: Path, seen_face: tuple[Picture, Face]) -> None:
    picture, face = seen_face
    mesh = load_instruments(model_folder).mesh_finder.find(picture, face)
    assert mesh is not None
    assert mesh.points.shape == (468, 3)
    right, left = mesh.points[[33, 133], :2].mean(axis=0), mesh.points[[362, 263], :2].mean(axis=0)
    apart = face.landmarks.eye_distance
    assert abs(right - face.landmarks.right_eye).max() < 0.1 * apart
    assert abs(left - face.landmarks.left_eye).max() < 0.1 * apart
    assert "mask" in repr(mesh)


def test_no_mesh_is_found_where_there_is_no_face(model_folder: Path, seen_face: tuple[Picture, Face]) -> None:
    picture, face = seen_face
    blank = picture.copy()
    blank[:] = 128
    assert load_instruments(model_folder).mesh_finder.find(blank, face) is None
