# SPDX-License-Identifier: Apache-2.0
"""Which revocation lists broker and door are given: no stranger's, none that is over, and none with less in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from provisioning.authority import Authorities
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report
from provisioning.following import CUT_OFF, READ_AGAIN, Lists, follow
from tests.provisioning.conftest import make_fleet
from wire.certificates import REVOCATION_LIST_LIFE, Authority, list_pem, lists_of, new_key

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
DAY, LIFE = timedelta(days=1), REVOCATION_LIST_LIFE


class Place:
    """A machine with a broker whose folder was made offline, and what the signer wrote."""

    def __init__(self, place: Path) -> None:
        self.fleet = make_fleet(place).fleet
        folder = self.fleet / "broker"
        (place / "served").mkdir()
        self.lists = Lists(
            folder / "crl.pem", folder / "ca-clients.pem", place / "given.pem", place / "served" / "crl.pem"
        )
        self.signer = Authorities.open(self.fleet / "authority", NOW, Report()).kiosks
        self.given: x509.CertificateRevocationList | None = None

    def give(self, *serials: int, at: datetime = NOW, forget: bool = False) -> None:
        self.given = self.signer.revocation_list(None if forget else self.given, serials, at)
        self.lists.given.write_bytes(list_pem(self.given))

    def follow(self, at: datetime = NOW) -> int:
        return follow(self.lists, at, Report())

    def offline(self, at: datetime) -> None:
        """As `dipchip-provision fleet` and the playbook do each month."""
        authorities = Authorities.open(self.fleet / "authority", at, Report())
        self.lists.offline.write_bytes(authorities.revocations())

    def served(self) -> set[int]:
        lists = lists_of(self.lists.served.read_bytes())
        assert len({each.issuer for each in lists}) == 3
        return {entry.serial_number for each in lists for entry in each}

    def told(self) -> set[str]:
        """What whoever restarts services finds, and takes away."""
        found = {name for name in (CUT_OFF, READ_AGAIN) if (self.lists.served.parent / name).exists()}
        for name in found:
            (self.lists.served.parent / name).unlink()
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_before_the_signer_has_written_a_list_the_offline_ones_are_served(place: Place) -> None:
    assert place.follow() == 0
    assert place.lists.served.read_bytes() == place.lists.offline.read_bytes()


def test_a_new_entry_cuts_off_and_a_renewed_list_is_only_read_again(place: Place) -> None:
    place.give()
    place.follow()
    assert place.told() == {READ_AGAIN}
    place.give(7, at=NOW + DAY)
    assert place.follow(NOW + DAY) == 1
    assert place.served() == {7}
    assert place.told() == {CUT_OFF, READ_AGAIN}
    place.give(at=NOW + 2 * DAY)
    assert place.follow(NOW + 2 * DAY) == 0
    assert (place.served(), place.told()) == ({7}, {READ_AGAIN})
    assert place.follow(NOW + 2 * DAY) == 0
    assert place.told() == set()


def test_two_revocations_in_one_second_are_both_served(place: Place) -> None:
    place.give(7)
    place.follow()
    place.give(8)
    assert place.follow() == 1
    assert place.served() == {7, 8}


def test_the_list_that_is_made_offline_each_month_lets_nobody_back_in(place: Place) -> None:
    place.give(7)
    place.follow()
    place.offline(NOW + 20 * DAY)
    assert place.follow(NOW + 20 * DAY) == 0
    assert place.served() == {7}
    place.lists.given.unlink()
    place.offline(NOW + 30 * DAY)
    place.follow(NOW + 30 * DAY)
    assert place.served() == {7}


def test_an_older_list_of_the_signer_lets_nobody_back_in(place: Place) -> None:
    place.give()
    old = place.lists.given.read_bytes()
    place.give(7, at=NOW + DAY)
    place.follow(NOW + DAY)
    place.told()
    place.lists.given.write_bytes(old)
    assert place.follow(NOW + 2 * DAY) == 0
    assert (place.served(), place.told()) == ({7}, set())


def test_a_signer_that_forgot_is_followed_before_the_list_is_over_and_everybody_is_refused(place: Place) -> None:
    place.give(7)
    place.follow()
    later = NOW + LIFE - timedelta(hours=1)
    place.offline(later)
    place.give(8, at=later, forget=True)
    assert place.follow(later) == 1
    assert place.served() == {8}


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_what_is_no_list_is_refused_and_the_lists_before_it_stay(place: Place, content: bytes) -> None:
    place.give(7)
    place.follow()
    place.told()
    place.lists.given.write_bytes(content)
    with pytest.raises(RefusedError, match="are served on"):
        place.follow()
    assert (place.served(), place.told()) == ({7}, set())


def test_half_a_list_is_refused(place: Place) -> None:
    place.give(7)
    content = place.lists.given.read_bytes()
    place.lists.given.write_bytes(content[: len(content) // 2])
    with pytest.raises(RefusedError, match="are served on"):
        place.follow()


def test_a_strangers_list_of_the_same_name_is_refused(place: Place) -> None:
    stranger = Authority.root("DipChip kiosks", new_key(), NOW)
    place.lists.given.write_bytes(list_pem(stranger.revocation_list(None, [7], NOW)))
    with pytest.raises(RefusedError, match="not this fleet's"):
        place.follow()


def test_a_list_that_is_over_is_refused(place: Place) -> None:
    place.give(7, at=NOW - LIFE)
    with pytest.raises(RefusedError, match="is over"):
        place.follow()


def test_offline_lists_that_are_gone_are_said(place: Place) -> None:
    place.lists.offline.write_bytes(b"")
    with pytest.raises(FolderError, match="playbook"):
        place.follow()
