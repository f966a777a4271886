# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.entrypoints.calibrate import Asked, run
from kiosk.face.engines import EngineChoice
from kiosk.face.evaluation.record import from_bytes
from kiosk.face.models import BENCH, PAD
from kiosk.face.policy_file import draft
from tests.kiosk.face.evaluation.folders import specks
from tests.simulators.people import Act, PersonId, clip
from tests.simulators.people_folder import people_folder
from wire.policy import calibration_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people_folder(tmp_path_factory.mktemp("people"), people=3, pictures=4)


@pytest.fixture
def asked(generated: Path, model_folder: Path, tmp_path: Path) -> Asked:
    out = tmp_path / "record.json"
    return Asked(folder=generated, engine="bench", out=out, description="generated people", models=model_folder)


def refused(asked: Asked, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(asked) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert not asked.out.exists()
    return said.err


def test_a_calibration_prints_a_report_and_writes_a_record_twice_the_same(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = replace(asked, out=tmp_path / "a new folder" / "again.json")
    assert run(asked) == 0
    told = capsys.readouterr()
    assert run(again) == 0
    assert capsys.readouterr() == told
    assert asked.out.read_bytes() == again.out.read_bytes()
    assert told.out.startswith("# Calibration of opencv-yunet-dlib-resnet-v1")
    assert told.err == ""


def test_a_record_is_one_that_a_policy_can_carry(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(asked) == 0
    assert "cannot be told" in capsys.readouterr().out
    record = from_bytes(asked.out.read_bytes())
    carried = calibration_of(msgspec.json.decode(asked.out.read_bytes()))
    assert set(carried.model_digests) == {model.sha256 for model in BENCH.files}
    assert carried.data.fused_frames == record.data.fused_frames == 3
    assert carried.threshold_at(1e-2) is None  # six false pairs tell nothing


def test_slices_and_attacks_go_into_the_record(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked.models is not None
    if not (asked.models / PAD.files[0].name).exists():
        pytest.skip("no attack detector at hand: name a folder with the pad pack in DIPCHIP_FACE_MODELS")
    slices = tmp_path / "slices.csv"
    slices.write_text("demo-1,seen\ndemo-2,seen\nnobody-here,seen\n")
    attacks = tmp_path / "attacks"
    for species, act in (("print, turned", Act.FLAT_LEFT), ("bona_fide", Act.FRONT)):
        (attacks / species).mkdir(parents=True)
        clip(PersonId("demo-1"), attacks / species / "1.avi", act)
    assert run(replace(asked, slices=slices, attacks=attacks)) == 0
    told = capsys.readouterr().out
    record = from_bytes(asked.out.read_bytes())
    assert record.slices["seen"].people == 2
    assert record.attacks["print, turned"].n + record.attacks["print, turned"].not_responded == 1
    assert record.bona_fide is not None
    assert record.pad is not None
    assert set(record.pad.model_digests) == {model.sha256 for model in PAD.files}
    assert "| print, turned " in told
    assert "name nobody in the folder: 1" in told


def test_attacks_need_the_attack_detector(
    asked: Asked, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for model in BENCH.files:
        shutil.copy(model_folder / model.name, bare)
    attacks = specks(tmp_path / "attacks", "print/1.jpg")
    told = refused(replace(asked, models=bare, attacks=attacks), capsys)
    assert "Install the pad pack" in told


def test_any_network_that_rules_describe_can_be_calibrated(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = draft(EngineChoice.BENCH)
    rules = tmp_path / "rules.json"
    rules.write_bytes(msgspec.json.encode(msgspec.structs.replace(told, engine=renamed(told.engine))))
    assert run(replace(asked, engine=str(rules))) == 0
    assert capsys.readouterr().out.startswith("# Calibration of tried-network")
    assert from_bytes(asked.out.read_bytes()).engine == "tried-network"


def renamed(engine: object) -> object:
    return msgspec.structs.replace(engine, name="tried-network")  # type: ignore[type-var]


@pytest.mark.parametrize("content", [None, b"{}", b'{"engine": 1, "policy": {}}'])
def test_an_engine_is_a_word_or_rules(
    asked: Asked, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.json"
    if content is not None:
        rules.write_bytes(content)
    assert "--engine must be demonstration, production, bench" in refused(replace(asked, engine=str(rules)), capsys)


@pytest.mark.parametrize("description", ["", "x" * 65, "two\nlines", "visits of demo-1, 2569"])
def test_a_description_is_short_and_names_nobody(
    asked: Asked, description: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "never who" in refused(replace(asked, description=description), capsys)


def test_what_cannot_be_evaluated_is_said_in_one_sentence(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert "holds no JPEG" in refused(replace(asked, folder=nothing), capsys)
    dark = specks(tmp_path / "dark", "a/1.jpg", "a/2.jpg", "b/1.jpg")
    assert "In no picture was a face found" in refused(replace(asked, folder=dark), capsys)


def test_a_record_that_cannot_be_written_is_said_to_be(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    asked.out.with_name("file").touch()
    told = refused(replace(asked, out=asked.out.with_name("file") / "record.json"), capsys)
    assert "Choose another place" in told


def test_a_refused_calibration_leaves_no_file_behind(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    refused(replace(asked, description=""), capsys)
    assert list(asked.out.parent.iterdir()) == []


def test_models_are_verified_before_anything_is_measured(asked: Asked, tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        run(replace(asked, models=tmp_path))
    assert caught.value.fault is Fault.MODEL_MISSING


def test_a_pairs_file_is_compared_as_it_says(
    asked: Asked, generated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person, name in (("demo-1", "A"), ("demo-2", "B")):
        for count in (1, 2):
            shutil.copy(generated / person / f"{count}.jpg", tmp_path / f"{name}_{count:04}.jpg")
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1\nA 1 2\nA 1 B 1\nB 2 A 2\n")
    assert run(replace(asked, folder=pairs)) == 0
    assert "one frame" in capsys.readouterr().out
    record = from_bytes(asked.out.read_bytes())
    assert (record.data.genuine, record.data.impostor, record.data.fused_frames) == (1, 2, 1)
