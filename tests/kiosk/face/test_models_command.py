# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk models`, as a technician types it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from kiosk.entrypoints import models as shelf
from kiosk.face.engines import ENGINES, EngineChoice
from kiosk.face.models import BENCH, MESH, PACKS, PAD, PRODUCTION, YUNET, ModelPack
from kiosk.face.policy_file import draft
from kiosk.update.errors import FetchError
from tests.kiosk.agent.process import settings
from tests.simulators.face_policies import signed
from tests.simulators.https_server import HttpsServer
from tests.simulators.services import script
from wire.ids import KeyId
from wire.policy import PolicyDraft
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _models(*words: object) -> subprocess.CompletedProcess[str]:
    command = [script("dipchip-kiosk"), "models", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _fails(*words: object) -> str:
    done = _models(*words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    return done.stderr


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with HttpsServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_a_pack_comes_from_a_folder_with_its_licence_and_a_second_run_changes_nothing(
    folder: Path, model_folder: Path
) -> None:
    first = _models("install", "pad", "--from", model_folder, "--folder", folder)
    assert (first.returncode, first.stdout.count("installed ")) == (0, 2), first.stderr
    licence = (folder / "LICENCE.pad.txt").read_text(encoding="utf-8")
    assert "Copyright 2020 Minivision" in licence
    assert licence.count("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION") == 1
    before = {path: path.stat().st_ino for path in folder.iterdir() if path.suffix == ".onnx"}
    again = _models("install", "pad", "--from", "/nowhere", "--folder", folder)
    assert (again.returncode, again.stdout.count("kept ")) == (0, 2)
    assert {path: path.stat().st_ino for path in before} == before


def test_a_pack_comes_from_an_https_address_of_one_s_own(folder: Path, model_folder: Path, server: HttpsServer) -> None:
    for model in BENCH.files:
        server.file(f"/packs/{model.name}", (model_folder / model.name).read_bytes())
    done = _models("install", "bench", "--from", server.url("/packs/"), "--folder", folder, "--ca", server.ca)
    assert (done.returncode, done.stdout.count("installed ")) == (0, 2), done.stderr
    assert _models("verify", "bench", "--folder", folder).returncode == 0


def test_a_flipped_bit_at_the_source_installs_nothing(folder: Path, model_folder: Path, server: HttpsServer) -> None:
    content = bytearray((model_folder / MESH.files[0].name).read_bytes())
    content[1000] ^= 1
    server.file(f"/{MESH.files[0].name}", bytes(content))
    said = _fails("install", "mesh", "--from", server.url(), "--folder", folder, "--ca", server.ca)
    assert "SHA-256 differs" in said
    assert list(folder.iterdir()) == []


def test_an_altered_file_is_replaced_only_by_the_true_one(folder: Path, model_folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    name = MESH.files[0].name
    (folder / name).write_bytes(b"altered")
    assert _models("verify", "--folder", folder).returncode == 1
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / name).write_bytes(b"worse")
    _fails("install", "mesh", "--from", tmp_path / "stick", "--folder", folder)
    assert (folder / name).read_bytes() == b"altered"
    assert _models("install", "mesh", "--from", model_folder, "--folder", folder).returncode == 0
    assert _models("verify", "--folder", folder).returncode == 0


@pytest.mark.parametrize("pack", ["demonstration", "bench", "pad", "mesh"])
def test_without_a_publisher_of_these_very_bytes_a_folder_is_asked_for(folder: Path, pack: str) -> None:
    pinned = next(each for each in PACKS if each.name == pack)
    unknown = ModelPack(pack, tuple(model for model in pinned.files if not model.addresses))
    assert unknown.files
    with pytest.raises(FetchError, match="--from FOLDER"):
        shelf.install(unknown, "publisher", folder, None)


def test_every_address_of_a_publisher_is_https_and_names_its_file_and_a_revision() -> None:
    for model in PRODUCTION.files:
        assert len(model.addresses) == 2
        for address in model.addresses:
            assert address.startswith("https://")
            assert address.endswith(f"/{model.name}")
            assert any(len(part) == 40 and set(part) <= set("0123456789abcdef") for part in address.split("/"))


def test_where_a_publisher_s_first_address_fails_its_second_is_asked(
    folder: Path, model_folder: Path, server: HttpsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    good = server.file("/second", (model_folder / YUNET.name).read_bytes())
    model = replace(YUNET, addresses=(server.url("/first"), good))
    shelf.install(ModelPack("test", (model,)), "publisher", folder, server.ca)
    assert "answers 404" in capsys.readouterr().err
    assert [path for path, _ in server.asked] == ["/first", "/second"]
    assert shelf.verified(folder, [ModelPack("test", (YUNET,))]) == 0


def test_an_address_in_the_clear_is_refused(folder: Path) -> None:
    assert "only https" in _fails("install", "pad", "--from", "http://localhost/packs", "--folder", folder)


def test_nothing_is_installed_into_a_folder_that_nobody_named() -> None:
    assert "--folder" in _fails("install", "pad", "--from", "/media/stick")


def test_a_folder_without_any_known_model_is_not_called_good(folder: Path) -> None:
    assert "none of the known models" in _fails("verify", "--folder", folder)


def test_a_missing_file_of_a_pack_is_not_good(folder: Path, model_folder: Path) -> None:
    folder.mkdir()
    shutil.copy(model_folder / PAD.files[0].name, folder)
    done = _models("verify", "--folder", folder)
    assert done.returncode == 1
    assert done.stdout.split()[::4] == ["intact", "missing"]


def test_the_files_of_the_policy_in_the_settings_are_looked_at_too(
    folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    key = SigningKey.generate(KeyId("policy#1"))
    public = key.public().jwk()
    (tmp_path / "face-policy.jws").write_bytes(signed(key, draft(EngineChoice.BENCH)))
    trust = {"v": 1, "receipt_key": public, "answer_key": public, "policy_key": public}
    sealing = OpeningKey.generate(KeyId("relay#1")).public().jwk()
    (tmp_path / "trust.json").write_bytes(msgspec.json.encode({**trust, "sealing_key": sealing}))
    told = f'face_policy = "face-policy.jws"\nmodels = "{folder}"'
    config = settings(tmp_path, "", told)
    assert _models("verify", "--config", config).returncode == 1
    assert _models("install", "policy", "--config", config, "--from", model_folder).returncode == 0
    done = _models("verify", "--config", config)
    assert done.returncode == 0
    assert done.stdout.count(" policy ") == 2
    (tmp_path / "face-policy.jws").write_bytes(
        signed(SigningKey.generate(KeyId("policy#1")), draft(EngineChoice.BENCH))
    )
    assert "not trusted" in _fails("verify", "--config", config)


def test_the_list_tells_a_program_what_it_tells_a_technician(folder: Path) -> None:
    rows: list[dict[str, Any]] = json.loads(_models("list", "--json", "--folder", folder).stdout)
    assert [row["name"] for row in rows] == [model.name for pack in PACKS for model in pack.files]
    assert {row["standing"] for row in rows} == {"missing"}
    plain = _models("list", "--folder", folder).stdout
    assert [row["sha256"] for row in rows if row["sha256"] not in plain] == []


@pytest.mark.parametrize("choice", EngineChoice)
def test_the_rules_of_an_engine_are_a_draft_that_can_be_signed(choice: EngineChoice) -> None:
    said = _models("rules", choice).stdout
    assert msgspec.json.decode(said, type=PolicyDraft) == draft(choice)


def test_rules_may_ask_for_the_passive_check_so_that_nobody_takes_it_away_unseen() -> None:
    said = _models("rules", "production", "--with", "pad", "--with", "mesh").stdout
    proposed = msgspec.json.decode(said, type=PolicyDraft)
    assert [file.file for file in proposed.engine.further] == [file.name for file in (*PAD.files, *MESH.files)]
    assert proposed.policy["pad"]["required"] is True
    assert not draft(EngineChoice.PRODUCTION).policy["pad"]["required"]


def test_the_files_that_a_draft_names_are_installed_by_its_digests(
    folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules.json").write_bytes(msgspec.json.encode(draft(EngineChoice.BENCH)))
    words = ("install", "policy", "--from", model_folder, "--folder", folder)
    assert _models(*words, "--rules", tmp_path / "rules.json").returncode == 0
    assert {path.name for path in folder.glob("*.onnx")} == {
        ENGINES[EngineChoice.BENCH].detector.file,
        ENGINES[EngineChoice.BENCH].recogniser.file,
    }
    assert "No face policy is set" in _fails(*words)
