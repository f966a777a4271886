# SPDX-License-Identifier: Apache-2.0
"""Keys are sealed by the machine's own systemd, open again as they were, and never lie open beside that."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from kiosk import config
from kiosk.courier import tls
from provisioning.device.sealing import seal
from provisioning.errors import RefusedError
from provisioning.files import Report
from tests.wire.test_wrapped_keys import WRAPPED
from wire.hello import Kept
from wire.ids import key_id
from wire.signing import Algorithm, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"event.jwk": b'{"d":"1"}\n', "courier.jwk": b'{"d":"2"}\n', "tls/kiosk.key": b"a key\nand a chain\n"}
DROP_INS = ("courier", "identity", "ui")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-creds") is None, reason="systemd-creds seals for root"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "kiosk"
    (place / "tls").mkdir(parents=True)
    for name, content in KEYS.items():
        (place / name).write_bytes(content)
    return place


def opened(place: Path, name: str) -> bytes:
    """As systemd opens it for a unit."""
    given = (f"--name={name.rpartition('/')[2]}", str(place / f"{name}.sealed"))
    command = ["systemd-creds", "--quiet", "decrypt", *given, "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def drop_in(place: Path, unit: str) -> list[str]:
    file = place.parent / f"units/dipchip-kiosk-{unit}.service.d/40-sealed.conf"
    return [line for line in file.read_text().splitlines() if "=" in line]


def test_keys_are_sealed_and_the_units_take_them_from_there(place: Path) -> None:
    seal(place, place.parent / "units", Report())
    assert {name: opened(place, name) for name in KEYS} == KEYS
    assert not any((place / name).exists() for name in KEYS)
    assert not any(content in (place / f"{name}.sealed").read_bytes() for name, content in KEYS.items())
    loads = {unit: [line for line in drop_in(place, unit) if line.startswith("Load")] for unit in DROP_INS}
    event = [f"LoadCredentialEncrypted=event.jwk:{place}/event.jwk.sealed"]
    assert (loads["ui"], loads["identity"]) == (event, event)
    assert loads["courier"] == [
        f"LoadCredentialEncrypted=courier.jwk:{place}/courier.jwk.sealed",
        f"LoadCredentialEncrypted=kiosk.key:{place}/tls/kiosk.key.sealed",
    ]


def test_a_key_that_a_renewal_brings_is_sealed_in_its_turn_and_nothing_else_changes(place: Path) -> None:
    seal(place, place.parent / "units", Report())
    before = (place / "event.jwk.sealed").read_bytes(), drop_in(place, "courier")
    assert [line for line in drop_in(place, "identity") if line.startswith("Exec")] == [
        f"ExecStartPost=+/opt/dipchip/current/bin/dipchip-provision seal {place}"
    ]
    (place / "tls/kiosk.key").write_bytes(b"the next key\n")
    seal(place, place.parent / "units", Report())
    assert opened(place, "tls/kiosk.key") == b"the next key\n"
    assert not (place / "tls/kiosk.key").exists()
    assert ((place / "event.jwk.sealed").read_bytes(), drop_in(place, "courier")) == before


def test_a_key_in_a_tpm_is_left_as_it_is(place: Path) -> None:
    (place / "tls/kiosk.key").write_bytes(WRAPPED)
    seal(place, place.parent / "units", Report())
    assert (place / "tls/kiosk.key").read_bytes() == WRAPPED
    assert not (place / "tls/kiosk.key.sealed").exists()
    assert not any("kiosk.key" in line or "Exec" in line for unit in DROP_INS for line in drop_in(place, unit))


def test_whoever_may_write_the_folder_of_the_pair_does_not_lead_root_to_another_file(place: Path) -> None:
    (place / "tls/kiosk.key").unlink()
    (place / "tls/kiosk.key").symlink_to("/etc/shadow")
    with pytest.raises(RefusedError):
        seal(place, place.parent / "units", Report())
    assert sorted(path.name for path in place.rglob("*.sealed")) == []


def test_the_kiosk_says_sealed_only_while_no_open_file_lies_there(place: Path) -> None:
    key = SigningKey.generate(key_id("k-udon-01#1"), Algorithm.ED25519)
    broker = config.Broker(
        host="b", ca=place / "ca", certificate=place / "tls/kiosk.crt", key=place / "given-to-the-unit"
    )

    def said() -> tuple[Kept, Kept]:
        return config.event_key_kept(key, place / "trust.json"), tls.kept(broker)

    broker.key.write_bytes(KEYS["tls/kiosk.key"])
    assert said() == (Kept.FILE, Kept.FILE)
    seal(place, place.parent / "units", Report())
    assert said() == (Kept.SEALED_FILE, Kept.SEALED_FILE)
    (place / "event.jwk").write_bytes(KEYS["event.jwk"])
    broker.key.write_bytes(WRAPPED)
    assert said() == (Kept.FILE, Kept.TPM)
