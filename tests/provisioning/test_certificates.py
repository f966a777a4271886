# SPDX-License-Identifier: Apache-2.0
"""The certificates a fleet gives: what they may be used for, how long they live, what happens when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from provisioning.authority import Authorities, key_file
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report
from wire.certificates import BACKDATED, LEAF_LIFE, RENEW_BEFORE, REVOCATION_LIST_LIFE

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def authorities(tmp_path: Path) -> Authorities:
    return Authorities.make(tmp_path / "authority", NOW, Report())


def client(authorities: Authorities, place: Path, name: str = "k-one") -> x509.Certificate:
    path = place / f"{name}.crt"
    authorities.client(name, key_file(place / f"{name}.key", Report()), path)
    return x509.load_pem_x509_certificate(path.read_bytes())


def server(authorities: Authorities, place: Path, *hosts: str) -> x509.Certificate:
    authorities.server(hosts, key_file(place / "server.key", Report()), place / "server.crt")
    return x509.load_pem_x509_certificate((place / "server.crt").read_bytes())


def later(authorities: Authorities, by: timedelta) -> Authorities:
    return Authorities.open(authorities.place, authorities.now + by, Report())


def builder(authorities: Authorities, at: datetime) -> verification.PolicyBuilder:
    return verification.PolicyBuilder().store(verification.Store([authorities.root.certificate])).time(at)


def test_a_kiosks_certificate_is_good_for_a_client_and_for_nothing_else(
    authorities: Authorities, tmp_path: Path
) -> None:
    leaf, chain = client(authorities, tmp_path), [authorities.devices.certificate]
    verified = builder(authorities, NOW).build_client_verifier().verify(leaf, chain)
    assert verified.subjects == [x509.UniformResourceIdentifier("urn:dipchip:k-one")]
    with pytest.raises(verification.VerificationError):
        builder(authorities, NOW).build_server_verifier(x509.DNSName("localhost")).verify(leaf, chain)


def test_a_servers_certificate_is_good_for_its_hosts_and_not_for_a_client(
    authorities: Authorities, tmp_path: Path
) -> None:
    leaf, chain = server(authorities, tmp_path, "broker.example", "127.0.0.1"), [authorities.servers.certificate]
    builder(authorities, NOW).build_server_verifier(x509.DNSName("broker.example")).verify(leaf, chain)
    with pytest.raises(verification.VerificationError):
        builder(authorities, NOW).build_server_verifier(x509.DNSName("other.example")).verify(leaf, chain)
    with pytest.raises(verification.VerificationError):
        builder(authorities, NOW).build_client_verifier().verify(leaf, chain)


def test_a_kiosk_cannot_sign_a_certificate_for_another(authorities: Authorities, tmp_path: Path) -> None:
    leaf = client(authorities, tmp_path)
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert not leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_the_common_name_is_the_kiosks_name(authorities: Authorities, tmp_path: Path) -> None:
    names = client(authorities, tmp_path).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in names] == ["k-one"]


def test_a_kiosk_whose_clock_is_a_day_behind_believes_a_fresh_certificate(
    authorities: Authorities, tmp_path: Path
) -> None:
    leaf = client(authorities, tmp_path)
    assert leaf.not_valid_before_utc == NOW - BACKDATED
    assert leaf.not_valid_after_utc == NOW + LEAF_LIFE


def test_a_certificate_is_kept_until_its_last_month_and_then_renewed_on_the_same_key(
    authorities: Authorities, tmp_path: Path
) -> None:
    first = client(authorities, tmp_path)
    margin = LEAF_LIFE - RENEW_BEFORE
    assert client(later(authorities, margin - timedelta(seconds=1)), tmp_path) == first
    renewed = client(later(authorities, margin), tmp_path)
    assert renewed.serial_number != first.serial_number
    assert renewed.public_key() == first.public_key()


def test_a_broker_that_gets_a_new_name_gets_a_new_certificate(authorities: Authorities, tmp_path: Path) -> None:
    first = server(authorities, tmp_path, "localhost")
    assert server(authorities, tmp_path, "localhost") == first
    assert server(authorities, tmp_path, "broker.example", "localhost") != first


def test_revoking_covers_every_certificate_a_kiosk_ever_got_and_no_other(
    authorities: Authorities, tmp_path: Path
) -> None:
    given = [client(authorities, tmp_path), client(later(authorities, LEAF_LIFE), tmp_path)]
    innocent = client(authorities, tmp_path, "k-two")
    assert authorities.revoke("k-one") == len(set(given)) == 2
    listed = {entry.serial_number for entry in revocations(authorities)}
    assert listed == {certificate.serial_number for certificate in given}
    assert innocent.serial_number not in listed


def test_a_renewed_list_keeps_what_was_revoked_and_counts_up(authorities: Authorities, tmp_path: Path) -> None:
    client(authorities, tmp_path)
    authorities.revoke("k-one")
    before = revocations(authorities)
    after = revocations(later(authorities, timedelta(days=30)))
    assert [entry.serial_number for entry in after] == [entry.serial_number for entry in before]
    assert number(after) > number(before)
    assert after.next_update_utc == NOW + timedelta(days=30) + REVOCATION_LIST_LIFE


def test_a_revoked_key_gets_no_new_certificate(authorities: Authorities, tmp_path: Path) -> None:
    client(authorities, tmp_path)
    authorities.revoke("k-one")
    with pytest.raises(RefusedError, match="was revoked"):
        client(authorities, tmp_path)


def test_a_name_that_never_got_a_certificate_cannot_be_revoked(authorities: Authorities, tmp_path: Path) -> None:
    server(authorities, tmp_path, "localhost")
    with pytest.raises(RefusedError, match="Check the name"):
        authorities.revoke("localhost")


@pytest.mark.parametrize("name", ["root", "device-ca", "server-ca"])
def test_a_lost_authority_key_is_never_replaced_in_silence(authorities: Authorities, name: str) -> None:
    (authorities.place / f"{name}.key").unlink()
    with pytest.raises(FolderError, match="Restore it from your backup"):
        Authorities.make(authorities.place, NOW, Report())
    assert not (authorities.place / f"{name}.key").exists()


def revocations(authorities: Authorities) -> x509.CertificateRevocationList:
    revocation_list = x509.load_pem_x509_crl(authorities.revocations())
    assert revocation_list.is_signature_valid(authorities.devices.key.public_key())
    return revocation_list


def number(revocation_list: x509.CertificateRevocationList) -> int:
    return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
