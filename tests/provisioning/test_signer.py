# SPDX-License-Identifier: Apache-2.0
"""The signer's part of a fleet's folder, what an image is told, and the list of what the signer revokes."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from fleet.config import read as read_controller
from fleet.entrypoints.signer import issuer
from fleet.errors import ConfigError
from provisioning.authority import Authorities
from provisioning.cli import main
from provisioning.files import Report
from tests.provisioning.conftest import Made, make_fleet, run
from wire.certificates import Authority, new_key, pem, proven
from wire.claims import Introduction
from wire.envelope import decode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_fleet(tmp_path_factory.mktemp("signing"), "--https-host", "door.example", "--https-port", "8443")


def listed(authority: Authority, *serials: int) -> bytes:
    signed = authority.revocation_list(None, serials, datetime.now(UTC))
    return signed.public_bytes(serialization.Encoding.PEM)


def revoked(made: Made, place: str) -> set[int]:
    text = (made.fleet / place / "crl.pem").read_bytes()
    parts = [part + b"-----END X509 CRL-----\n" for part in text.split(b"-----END X509 CRL-----\n") if part.strip()]
    assert len(parts) == 3
    return {entry.serial_number for part in parts for entry in x509.load_pem_x509_crl(part)}


def test_the_signer_certifies_under_the_root_that_images_know(fleet: Made) -> None:
    told = read_controller(fleet.fleet / "controller/signer.toml").signer
    assert told is not None
    signs, key = issuer(told), new_key()
    leaf = signs.authority.client("k-one", key.public_key(), datetime.now(UTC))
    introduction = decode((fleet.fleet / "introduction.json").read_bytes(), Introduction)
    root = x509.load_pem_x509_certificate(introduction.root.encode())
    assert proven(signs.chain(pem(leaf).decode()), root, "k-one", datetime.now(UTC)) == leaf
    assert (introduction.door.host, introduction.door.port) == ("door.example", 8443)


def test_its_key_is_for_its_owner_only_and_a_second_run_keeps_it(fleet: Made) -> None:
    key = fleet.fleet / "controller/signer/authority.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() == (fleet.fleet / "authority/kiosk-ca.key").read_bytes()


def test_what_an_image_knows_is_no_secret(fleet: Made) -> None:
    assert "PRIVATE" not in (fleet.fleet / "introduction.json").read_text()


def test_without_a_door_there_is_nothing_to_introduce(tmp_path: Path) -> None:
    assert not (make_fleet(tmp_path).fleet / "introduction.json").exists()


def test_broker_and_door_refuse_what_the_signer_has_listed_and_what_was_listed_before(
    fleet: Made, tmp_path: Path
) -> None:
    signs = Authorities.open(fleet.fleet / "authority", datetime.now(UTC), Report()).kiosks
    first, second = tmp_path / "first.pem", tmp_path / "second.pem"
    first.write_bytes(listed(signs, 7, 8))
    second.write_bytes(listed(signs, 8, 9))
    assert "2 certificate(s) newly revoked" in run("revoke", fleet.fleet, "--list", first)
    assert "1 certificate(s) newly revoked" in run("revoke", fleet.fleet, "--list", second)
    assert revoked(fleet, "broker") == revoked(fleet, "door") == {7, 8, 9}


def test_a_list_of_somebody_else_is_refused(fleet: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = Authority.root("DipChip kiosks", new_key(), datetime.now(UTC))
    for n, content in enumerate((listed(stranger, 7), b"no list")):
        file = tmp_path / f"{n}.pem"
        file.write_bytes(content)
        with pytest.raises(SystemExit, match="2"):
            main(["revoke", str(fleet.fleet), "--list", str(file)])
        assert "not of this fleet's signer" in capsys.readouterr().err


def test_revoking_nobody_is_said_so(fleet: Made, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["revoke", str(fleet.fleet)])
    assert "--id or --list" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["authority.key", "authority.crt", "root.crt"])
def test_a_signer_does_not_start_with_a_strangers_file(fleet: Made, tmp_path: Path, name: str) -> None:
    told = read_controller(fleet.fleet / "controller/signer.toml").signer
    assert told is not None
    stranger = Authority.root("root", new_key(), datetime.now(UTC))
    key = stranger.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    other = tmp_path / name
    other.write_bytes(key if name.endswith("key") else pem(stranger.certificate))
    field = {"authority.key": "key", "authority.crt": "certificate", "root.crt": "root"}[name]
    with pytest.raises(ConfigError, match="dipchip-provision") as caught:
        issuer(told.model_copy(update={field: other}))
    assert "PRIVATE" not in str(caught.value)
