# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.models import (
    DEMONSTRATION,
    DLIB_LANDMARKS,
    PACKS,
    ModelFile,
    Standing,
    demonstration_folder,
    installed,
    read_verified,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for model in DEMONSTRATION.files:
        shutil.copy(demonstration_folder() / model.name, tmp_path)
    return tmp_path


def _flip_a_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)[0]
        file.seek(1000)
        file.write(bytes([byte ^ 1]))


def test_the_installed_demonstration_pack_is_the_published_one() -> None:
    standings = installed(demonstration_folder(), DEMONSTRATION)
    assert [standing for _, standing in standings] == [Standing.INTACT, Standing.INTACT]


@pytest.mark.parametrize("model", DEMONSTRATION.files, ids=lambda model: model.name)
def test_one_flipped_bit_in_any_model_refuses_to_load(copied: Path, model: object) -> None:
    name = next(file.name for file in DEMONSTRATION.files if file is model)
    _flip_a_byte(copied / name)
    with pytest.raises(FaultError, match=name) as caught:
        load_engine(EngineChoice.DEMONSTRATION, copied)
    assert caught.value.fault is Fault.MODEL_ALTERED


def test_a_model_longer_than_published_is_altered(copied: Path) -> None:
    with (copied / DLIB_LANDMARKS.name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(FaultError) as caught:
        read_verified(copied, DLIB_LANDMARKS)
    assert caught.value.fault is Fault.MODEL_ALTERED


@pytest.mark.parametrize("choice", list(EngineChoice))
def test_missing_models_refuse_to_load(tmp_path: Path, choice: EngineChoice) -> None:
    with pytest.raises(FaultError) as caught:
        load_engine(choice, tmp_path)
    assert caught.value.fault is Fault.MODEL_MISSING


def test_a_listing_names_what_is_missing_and_what_is_altered(copied: Path) -> None:
    _flip_a_byte(copied / DEMONSTRATION.files[0].name)
    (copied / DEMONSTRATION.files[1].name).unlink()
    assert [standing for _, standing in installed(copied, DEMONSTRATION)] == [Standing.ALTERED, Standing.MISSING]


EVERY = {model.name: model for pack in PACKS for model in pack.files}


@pytest.mark.parametrize("model", EVERY.values(), ids=EVERY)
def test_a_file_of_the_right_size_with_other_bytes_is_altered(tmp_path: Path, model: ModelFile) -> None:
    (tmp_path / model.name).write_bytes(bytes(model.size_bytes))
    with pytest.raises(FaultError, match=model.name) as caught:
        read_verified(tmp_path, model)
    assert caught.value.fault is Fault.MODEL_ALTERED


@pytest.mark.parametrize("model", [model for pack in PACKS[2:] for model in pack.files], ids=lambda model: model.name)
def test_one_flipped_bit_in_any_model_at_hand_is_noticed(tmp_path: Path, model_folder: Path, model: ModelFile) -> None:
    shutil.copy(model_folder / model.name, tmp_path)
    assert read_verified(tmp_path, model)
    (tmp_path / model.name).chmod(0o600)
    _flip_a_byte(tmp_path / model.name)
    with pytest.raises(FaultError) as caught:
        read_verified(tmp_path, model)
    assert caught.value.fault is Fault.MODEL_ALTERED


def test_two_packs_never_disagree_about_a_file() -> None:
    named = [model for pack in PACKS for model in pack.files]
    assert len({model.name for model in named}) == len({model.sha256 for model in named}) == len(EVERY)
