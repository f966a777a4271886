# SPDX-License-Identifier: Apache-2.0
"""The signer's list of revoked certificates: written when something was revoked, daily, and never with less in it."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from sqlalchemy import delete

from fleet.devices import registry
from fleet.devices.issuing import Issuer, certify
from fleet.signer.listing import ALL_MS, ANEW, RevocationList
from fleet.store.claim_tables import given_certificate
from fleet.store.session import unit_of_work
from tests.simulators.claimant import Claimant
from tests.simulators.services import wait_until
from wire.certificates import LEAF_LIFE, Authority, chain_of, list_pem, lists_of, new_key
from wire.ids import KioskId, key_id
from wire.registration import Registration

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

MINE, OTHER = KioskId("k-udon-01"), KioskId("k-udon-02")
BEGAN = datetime(2026, 11, 27, 8, tzinfo=UTC)
ROOT = Authority.root("root", new_key(), BEGAN)
ISSUER = Issuer(ROOT.authority("DipChip kiosks", new_key(), BEGAN), ROOT.certificate)


class Desk:
    """A signer's list whose clock is set by hand."""

    def __init__(self, engine: Engine, place: Path) -> None:
        self.engine, self.file, self.now = engine, place / "kiosks.crl.pem", BEGAN
        self.restart()

    def restart(self) -> None:
        self.list = RevocationList(self.engine, ISSUER, self.file, self.now_ms)

    def now_ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def certified(self, name: KioskId) -> int:
        made = Claimant()
        pairs = enumerate((made.event, made.courier), start=1)
        keys = [key.named(key_id(f"{name}#{n}")).public().jwk() for n, key in pairs]
        with unit_of_work(self.engine) as connection:
            registry.register(connection, Registration(1, name, "10670", "41", "a7", *keys), self.now_ms())
            chain = certify(connection, ISSUER, name, made.tls.public_key(), self.now_ms())
        return chain_of(chain)[0].serial_number

    def revoke(self, name: KioskId) -> None:
        with unit_of_work(self.engine) as connection:
            registry.revoke(connection, name)

    def serials(self) -> set[int]:
        return {entry.serial_number for entry in self.listed()}

    def listed(self) -> x509.CertificateRevocationList:
        (listed,) = lists_of(self.file.read_bytes())
        assert listed.is_signature_valid(ISSUER.authority.key.public_key())
        return listed


def number(listed: x509.CertificateRevocationList) -> int:
    return listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


def test_a_revocation_stands_on_the_list_at_the_next_look_and_without_one_nothing_is_written(desk: Desk) -> None:
    mine, other = desk.certified(MINE), desk.certified(OTHER)
    assert desk.list.look()
    assert desk.serials() == set()
    assert not desk.list.look()
    desk.revoke(MINE)
    assert desk.list.look()
    assert desk.serials() == {mine}
    assert not desk.list.look()
    desk.revoke(OTHER)
    assert desk.list.look()
    assert desk.serials() == {mine, other}


def test_a_list_is_made_anew_each_day_under_a_higher_number(desk: Desk) -> None:
    desk.list.look()
    before = desk.file.read_bytes()
    desk.now += ANEW - timedelta(seconds=1)
    assert not desk.list.look()
    assert desk.file.read_bytes() == before
    desk.now += timedelta(milliseconds=ALL_MS)
    assert desk.list.look()
    (first,), second = lists_of(before), desk.listed()
    assert second.last_update_utc > first.last_update_utc
    assert (number(first), number(second)) == (1, 2)


def test_what_is_listed_stays_listed_when_the_database_was_put_back_and_the_signer_started_anew(desk: Desk) -> None:
    mine = desk.certified(MINE)
    desk.revoke(MINE)
    desk.list.look()
    with unit_of_work(desk.engine) as connection:
        connection.execute(delete(given_certificate))
    desk.restart()
    desk.now += LEAF_LIFE
    assert desk.list.look()
    assert desk.serials() == {mine}


@pytest.mark.parametrize(
    "content", [b"", b"junk", list_pem(ROOT.revocation_list(None, [7], BEGAN))], ids=["empty", "junk", "stranger"]
)
def test_what_is_not_its_own_list_is_written_over(desk: Desk, content: bytes) -> None:
    desk.file.write_bytes(content)
    assert desk.list.look()
    assert desk.serials() == set()


def test_the_list_is_for_everybody_to_read(desk: Desk) -> None:
    desk.list.look()
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o644
    assert list(desk.file.parent.iterdir()) == [desk.file]


def test_a_place_that_cannot_be_written_is_tried_again(sqlite_engine: Engine, tmp_path: Path) -> None:
    place = tmp_path / "not-there"
    desk, stop = Desk(sqlite_engine, place), threading.Event()
    kept = threading.Thread(target=desk.list.keep, args=(stop,))
    kept.start()
    place.mkdir()
    wait_until(desk.file.exists, "the list is written")
    stop.set()
    kept.join()
    assert desk.serials() == set()
