# SPDX-License-Identifier: Apache-2.0
"""Certificates on both databases: one for a key, the next at half life or after the end, and none for the revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from sqlalchemy import func, select

from fleet.devices import registry
from fleet.devices.claims import ClaimRefusedError
from fleet.devices.issuing import Issuer, certify, renew, revocation_list
from fleet.store.claim_tables import given_certificate
from fleet.store.order_tables import kiosk_order
from fleet.store.session import reading, unit_of_work
from tests.simulators.claimant import Claimant
from wire.certificates import LEAF_LIFE, Authority, chain_of, new_key, proven
from wire.claims import Why
from wire.errors import BadSignature, Malformed
from wire.ids import KioskId, key_id
from wire.orders import Op
from wire.registration import Registration

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from sqlalchemy import Engine

NAME = KioskId("k-udon-01")
BEGAN = datetime(2026, 11, 27, 8, tzinfo=UTC)
HALF, WHOLE = LEAF_LIFE / 2, LEAF_LIFE
ROOT = Authority.root("root", new_key(), BEGAN)
ISSUER = Issuer(ROOT.authority("DipChip kiosks", new_key(), BEGAN), ROOT.certificate)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@pytest.fixture
def kiosk(engine: Engine) -> Claimant:
    return registered(engine, NAME)


def registered(engine: Engine, name: KioskId) -> Claimant:
    made = Claimant()
    keys = [
        key.named(key_id(f"{name}#{n}")).public().jwk() for n, key in enumerate((made.event, made.courier), start=1)
    ]
    with unit_of_work(engine) as connection:
        registry.register(connection, Registration(1, name, "10670", "41", "a7", *keys), ms(BEGAN))
    return made


def given(engine: Engine, key: ec.EllipticCurvePrivateKey, at: datetime = BEGAN) -> x509.Certificate:
    with unit_of_work(engine) as connection:
        chain = certify(connection, ISSUER, NAME, key.public_key(), ms(at))
    return proven(chain, ROOT.certificate, NAME, at)


def renewed(
    engine: Engine, kiosk: Claimant, key: ec.EllipticCurvePrivateKey, at: datetime, name: KioskId = NAME
) -> x509.Certificate:
    with unit_of_work(engine) as connection:
        _, chain = renew(connection, ISSUER, kiosk.renewal(name, key), ms(at))
    return proven(chain, ROOT.certificate, name, at)


def refused(engine: Engine, kiosk: Claimant, at: datetime, name: KioskId = NAME) -> Why:
    with pytest.raises(ClaimRefusedError) as caught:
        renewed(engine, kiosk, new_key(), at, name)
    return caught.value.why


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(given_certificate)).scalar_one()


def test_a_certificate_leads_to_the_root_under_the_kiosks_name(engine: Engine, kiosk: Claimant) -> None:
    leaf = given(engine, kiosk.tls)
    assert leaf.public_key() == kiosk.tls.public_key()
    assert leaf.not_valid_after_utc - BEGAN == LEAF_LIFE


def test_the_same_key_gets_the_same_certificate_until_half_of_its_life(engine: Engine, kiosk: Claimant) -> None:
    first = given(engine, kiosk.tls)
    assert given(engine, kiosk.tls, BEGAN + HALF - timedelta(minutes=1)) == first
    assert given(engine, kiosk.tls, BEGAN + HALF) != first
    assert count(engine) == 2


@pytest.mark.parametrize("later", [HALF, WHOLE - timedelta(days=1), WHOLE + timedelta(days=1), timedelta(days=1000)])
def test_it_is_renewed_at_half_life_and_whenever_it_has_ended(
    engine: Engine, kiosk: Claimant, later: timedelta
) -> None:
    given(engine, kiosk.tls)
    fresh = new_key()
    leaf = renewed(engine, kiosk, fresh, BEGAN + later)
    assert leaf.public_key() == fresh.public_key()
    assert leaf.not_valid_after_utc == BEGAN + later + LEAF_LIFE
    assert renewed(engine, kiosk, fresh, BEGAN + later + timedelta(hours=1)) == leaf
    assert count(engine) == 2


def test_it_is_not_renewed_before_so_that_asking_fills_no_table(engine: Engine, kiosk: Claimant) -> None:
    given(engine, kiosk.tls)
    assert refused(engine, kiosk, BEGAN + HALF - timedelta(minutes=1)) is Why.NOT_DUE
    assert count(engine) == 1


def ordered(engine: Engine, at: datetime, **changes: int) -> None:
    """An order for a new key that was sent to the kiosk."""
    row = {"kiosk": NAME, "n": ms(at), "op": Op.ROTATE_KEY, "asked_by": "x", "asked_ms": ms(at), "sent_ms": ms(at)}
    with unit_of_work(engine) as connection:
        connection.execute(kiosk_order.insert().values(**row | {"expires_ms": ms(at) + 3_600_000} | changes))


def test_an_order_lets_one_certificate_be_replaced_which_is_then_revoked(engine: Engine, kiosk: Claimant) -> None:
    old, later, fresh = given(engine, kiosk.tls), BEGAN + timedelta(days=1), new_key()
    ordered(engine, later)
    leaf = renewed(engine, kiosk, fresh, later + timedelta(minutes=1))
    assert leaf.public_key() == fresh.public_key()
    assert refused(engine, kiosk, later + timedelta(minutes=2)) is Why.NOT_DUE
    with reading(engine) as connection:
        listed = x509.load_pem_x509_crl(revocation_list(connection, ISSUER, ms(later) + 120_000).encode())
    assert [each.serial_number for each in listed] == [old.serial_number]


@pytest.mark.parametrize(
    "changes",
    [{"sent_ms": None}, {"ended_ms": 1}, {"expires_ms": 1}, {"op": "restart"}, {"asked_ms": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_no_other_order_lets_it_be_replaced(engine: Engine, kiosk: Claimant, changes: dict[str, int]) -> None:
    given(engine, kiosk.tls)
    ordered(engine, BEGAN + timedelta(days=1), **changes)
    assert refused(engine, kiosk, BEGAN + timedelta(days=1, minutes=1)) is Why.NOT_DUE


def test_a_kiosk_from_a_folder_renews_and_has_its_first_certificate_of_the_signer(
    engine: Engine, kiosk: Claimant
) -> None:
    renewed(engine, kiosk, new_key(), BEGAN)
    assert refused(engine, kiosk, BEGAN + timedelta(hours=1)) is Why.NOT_DUE


def test_a_revoked_kiosk_is_never_given_another(engine: Engine, kiosk: Claimant) -> None:
    given(engine, kiosk.tls)
    with unit_of_work(engine) as connection:
        registry.revoke(connection, NAME)
    for later in (timedelta(), HALF, WHOLE + timedelta(days=1), timedelta(days=1000)):
        assert refused(engine, kiosk, BEGAN + later) is Why.REVOKED


def test_only_its_own_event_key_renews_a_kiosk(engine: Engine, kiosk: Claimant) -> None:
    assert refused(engine, Claimant(), BEGAN) is Why.STRANGER
    assert refused(engine, Claimant(kiosk.courier, kiosk.event, kiosk.tls), BEGAN) is Why.STRANGER
    other = registered(engine, KioskId("k-udon-02"))
    assert refused(engine, other, BEGAN) is Why.STRANGER
    assert refused(engine, kiosk, BEGAN, KioskId("k-nobody-01")) is Why.STRANGER


def test_the_list_names_what_revoked_kiosks_were_given_and_has_not_ended(engine: Engine, kiosk: Claimant) -> None:
    mine = given(engine, kiosk.tls)
    other = registered(engine, KioskId("k-udon-02"))
    renewed(engine, other, new_key(), BEGAN, KioskId("k-udon-02"))
    assert listed(engine, BEGAN) == set()
    with unit_of_work(engine) as connection:
        registry.revoke(connection, NAME)
    assert listed(engine, BEGAN) == {mine.serial_number}
    assert listed(engine, BEGAN + LEAF_LIFE) == set()


def listed(engine: Engine, at: datetime) -> set[int]:
    with reading(engine) as connection:
        signed = x509.load_pem_x509_crl(revocation_list(connection, ISSUER, ms(at)).encode())
    assert signed.is_signature_valid(ISSUER.authority.key.public_key())
    return {entry.serial_number for entry in signed}


def test_a_chain_of_another_root_name_or_time_proves_nothing(sqlite_engine: Engine) -> None:
    registered(sqlite_engine, NAME)
    key = new_key()
    with unit_of_work(sqlite_engine) as connection:
        chain = certify(connection, ISSUER, NAME, key.public_key(), ms(BEGAN))
    assert len(chain_of(chain)) == 2
    stranger = Authority.root("root", new_key(), BEGAN).certificate
    for root, name, at in (
        (stranger, NAME, BEGAN),
        (ROOT.certificate, "k-udon-02", BEGAN),
        (ROOT.certificate, NAME, BEGAN + LEAF_LIFE + timedelta(days=1)),
        (ROOT.certificate, NAME, BEGAN - timedelta(days=2)),
    ):
        with pytest.raises(BadSignature):
            proven(chain, root, name, at)
    for nothing in ("", "no chain", "ก"):
        with pytest.raises(Malformed):
            proven(nothing, ROOT.certificate, NAME, BEGAN)
